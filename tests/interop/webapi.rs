//! The web API and webhooks of accounts of a running server, with a client that has only Python's standard library.

use std::process::{Command, Stdio};

use crate::peers::{file, installed, is_root, run};
use crate::served::Served;

const PASSWORD: &str = "a password of tests";

/// A server with accounts `a` and `b`, whose webhooks lead to a port of this machine.
fn served() -> Served {
    let user = if is_root() { "User: nobody\n" } else { "" };
    let served = Served::prepare(&format!("{user}AllowEgress:\n\t- 127.0.0.0/8\n"));
    let path = served.dir.join("config/mox.conf");
    let server = std::fs::read_to_string(&path).unwrap();
    let webapi = format!("\t\tWebAPIHTTP:\n\t\t\tEnabled: true\n\t\t\tPort: {}\n", served.port(80));
    let server = server.replacen("\t\tWebserverHTTPS:", &format!("{webapi}\t\tWebserverHTTPS:"), 1);
    std::fs::write(path, server).unwrap();
    let hook = format!("http://127.0.0.1:{}", served.port(993));
    let domains = format!(
        "Domains:\n\texample.org:\n\t\tLocalpartCatchallSeparator: +\nAccounts:\n\ta:\n\t\tDomain: example.org\n\
         \t\tOutgoingWebhook:\n\t\t\tURL: {hook}/out\n\t\t\tAuthorization: Bearer s3cret\n\
         \t\tFromIDLoginAddresses:\n\t\t\t- a@example.org\n\t\tKeepRetiredWebhookPeriod: 24h\n\
         \t\tDestinations:\n\t\t\ta@example.org: nil\n\
         \tb:\n\t\tDomain: example.org\n\t\tIncomingWebhook:\n\t\t\tURL: {hook}/in\n\
         \t\tDestinations:\n\t\t\tb@example.org: nil\n"
    );
    std::fs::write(served.dir.join("config/domains.conf"), domains).unwrap();
    served
}

/// Gives an account the password of this test.
fn password(served: &Served, account: &str) {
    use std::io::Write as _;
    let mut command = served.command(&["setaccountpassword", "--password-stdin", account]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_program_sends_is_told_reads_moves_and_deletes() {
    if !installed(&["python3"]) {
        return;
    }
    let mut served = served();
    served.start();
    password(&served, "a");
    password(&served, "b");
    let api = format!("http://127.0.0.1:{}/webapi/v0/", served.port(80));
    let mut client = Command::new("python3");
    client.arg(file("webapi.py")).env("WEBAPI", api).env("HOOK_PORT", served.port(993).to_string());
    client.env("MX_PORT", served.port(25).to_string());
    run(&mut client);
    served.stop();
}
