//! What must not be said: no log line, however much is logged, and nothing that commands print or pages show unasked has a
//! password, what stands for one, or a private key.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mox_testkit::house::{PATIENCE, until};

use crate::peers::{installed, is_root};
use crate::served::Served;
use crate::visitor::{Visitor, encoded};

const ADMINISTRATOR: &str = "first administrator s3cret";
const NEW_ADMINISTRATOR: &str = "second administrator s3cret";
const OWNER: &str = "first owner s3cret";
const NEW_OWNER: &str = "second owner s3cret";
const WRONG: &str = "not a password s3cret";
const HOOK: &str = "Bearer hook-s3cret";
const LOGIN: &str = "a@example.org";

/// Texts that must not be said, each with what it is.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, secret: &str) {
        assert!(secret.len() >= 8, "{what} is too short to be looked for: {secret:?}");
        self.0.push((what, secret.to_owned()));
        // As AUTH PLAIN, AUTH LOGIN and HTTP's basic authentication have it, and as a form has it.
        let coded = [format!("\0{LOGIN}\0{secret}"), secret.to_owned(), format!("{LOGIN}:{secret}")];
        // The end of base64 depends on what follows.
        self.0.extend(coded.map(|text| (what, STANDARD.encode(text).trim_end_matches('=').to_owned())));
        self.0.push((what, encoded(&[("", secret)]).trim_start_matches('=').to_owned()));
        self.0.push((what, secret.replace(' ', "+")));
    }

    /// Fails if a text has one of them.
    fn not_in(&self, place: &str, text: &str) {
        for (what, secret) in &self.0 {
            if let Some(line) = text.lines().find(|line| line.contains(secret)) {
                panic!("{place} has {what} ({secret}): {line}");
            }
        }
    }
}

/// A server with all kinds of secrets, whose smart host is itself and whose webhook is a program of the test.
fn served(hook: u16) -> Served {
    let user = if is_root() { "User: nobody\n" } else { "" };
    let more = format!("{user}AllowEgress:\n\t- 127.0.0.0/8\nAdminPasswordFile: adminpasswd\n");
    let served = Served::prepare(&more);
    let path = served.dir.join("config/mox.conf");
    let server = std::fs::read_to_string(&path).unwrap();
    let http = [("AccountHTTP", 80), ("AdminHTTP", 81), ("WebAPIHTTP", 82)]
        .map(|(name, port)| format!("\t\t{name}:\n\t\t\tEnabled: true\n\t\t\tPort: {}\n", served.port(port)));
    let smart = |name: &str, more: &str| {
        format!(
            "\t{name}:\n\t\tSubmission:\n\t\t\tHost: mail.example.org\n\t\t\tPort: {}\n\t\t\tSTARTTLSInsecureSkipVerify: true\n\
             \t\t\tAuth:\n\t\t\t\tUsername: {LOGIN}\n\t\t\t\tPassword: {OWNER}\n{more}",
            served.port(587)
        )
    };
    let plain = "\t\t\t\tMechanisms:\n\t\t\t\t\t- PLAIN\n";
    let transports = format!("Transports:\n{}{}Postmaster:", smart("scram", ""), smart("plain", plain));
    let server = server
        .replacen("\t\tWebserverHTTPS:", &format!("{}\t\tWebserverHTTPS:", http.concat()), 1)
        .replacen("Postmaster:", &transports, 1);
    std::fs::write(path, server).unwrap();
    std::fs::write(served.dir.join("keys/dkim.pem"), served.mox(&["dkim", "gened25519"])).unwrap();
    let domains = format!(
        "Domains:\n\texample.org:\n\t\tDKIM:\n\t\t\tSelectors:\n\t\t\t\ts:\n\t\t\t\t\tPrivateKeyFile: ../keys/dkim.pem\n\t\t\tSign:\n\t\t\t\t- s\n\
         Accounts:\n\ta:\n\t\tDomain: example.org\n\t\tIncomingWebhook:\n\t\t\tURL: http://127.0.0.1:{hook}/in\n\t\t\tAuthorization: {HOOK}\n\
         \t\tDestinations:\n\t\t\ta@example.org: nil\n"
    );
    std::fs::write(served.dir.join("config/domains.conf"), domains).unwrap();
    served
}

/// A program whose webhook fails, so that calls are told of. It says whether it was called with its secret.
fn hook() -> (u16, std::sync::mpsc::Receiver<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut bytes = [0; 8192];
            let read = stream.read(&mut bytes).unwrap_or(0);
            let _ = tell.send(String::from_utf8_lossy(&bytes[..read]).contains(HOOK));
            let answer = "HTTP/1.1 500 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (port, told)
}

/// Submits by swaks; answers whether it was taken.
fn submit(served: &Served, mechanism: &str, password: &str) -> bool {
    let server = format!("127.0.0.1:{}", served.port(587));
    let login = ["--auth", mechanism, "--auth-user", LOGIN, "--auth-password", password];
    let mail = ["--tls", "--server", &server, "--from", LOGIN, "--to", "c@held.example"];
    Command::new("swaks").args(login).args(mail).output().unwrap().status.success()
}

/// A call of the web API.
fn call(served: &Served, password: &str) -> u16 {
    let basic = format!("Basic {}", STANDARD.encode(format!("{LOGIN}:{password}")));
    let headers = [("Authorization", basic.as_str()), ("Content-Type", "application/json")];
    let mut program = Visitor::to(&format!("127.0.0.1:{}", served.port(82)));
    program.ask("POST", "/webapi/v0/SuppressionList", &headers, b"{}").status
}

/// Lines of a private key.
fn private_key(served: &Served, file: &str) -> String {
    let pem = std::fs::read_to_string(served.dir.join(file)).unwrap();
    pem.lines().find(|line| !line.starts_with("--")).unwrap().to_owned()
}

#[test]
fn no_secret_is_said() {
    if !installed(&["swaks"]) {
        return;
    }
    let (port, called) = hook();
    let mut served = served(port);
    let mut secrets = Secrets::default();
    for (what, secret) in [
        ("a password of the administrator", ADMINISTRATOR),
        ("a password of the administrator", NEW_ADMINISTRATOR),
        ("a password of the account, which is that of the smart host", OWNER),
        ("a password of the account", NEW_OWNER),
        ("a wrong password", WRONG),
        ("what a webhook is called with", HOOK),
        ("a key of DKIM", &private_key(&served, "keys/dkim.pem")),
        ("a key of TLS", &private_key(&served, "keys/mail.key")),
    ] {
        secrets.add(what, secret);
    }
    let mut serving = served.serving();
    serving.args(["--log-level", "trace"]);
    served.start_by(serving);
    let password = |command: &[&str], password: &str| {
        served.mox_reading(&[command, &["--password-stdin"]].concat(), format!("{password}\n").as_bytes())
    };
    let mut printed = vec![
        password(&["setadminpassword"], ADMINISTRATOR),
        password(&["setaccountpassword", "a"], OWNER),
        served.mox(&["queue", "holdrules", "add", "--to-domain", "held.example"]),
    ];

    // Programs that send.
    for mechanism in ["PLAIN", "LOGIN"] {
        assert!(submit(&served, mechanism, OWNER) && !submit(&served, mechanism, WRONG), "{mechanism}");
    }
    let app = served.json(&["config", "account", "apppassword", "add", "a", "phone"]);
    let app = app["password"].as_str().unwrap().to_owned();
    secrets.add("an app password", &app);
    assert!(submit(&served, "PLAIN", &app));
    assert_eq!([OWNER, &app, WRONG].map(|password| call(&served, password)), [200, 200, 401]);

    // A server that sends, to itself.
    let held = || served.json(&["queue", "list"]).as_array().unwrap().len();
    assert_eq!(held(), 3);
    for (at, transport) in ["scram", "plain"].into_iter().enumerate() {
        let id = served.json(&["queue", "list"])[at]["id"].to_string();
        printed.push(served.mox(&["queue", "transport", transport, &id]));
        printed.push(served.mox(&["queue", "unhold", &id]));
        let is_queued = |row: &serde_json::Value| row["id"].as_i64().is_some_and(|of| of.to_string() == id);
        let sent = || {
            let list = served.json(&["queue", "list"]);
            (!list.as_array().unwrap().iter().any(is_queued)).then_some(())
        };
        until(PATIENCE, "a message at the smart host", || served.said(), sent);
    }
    assert_eq!(held(), 3, "each came back\n{}", served.said());

    // People at pages.
    let [admin, account] = [81, 80].map(|port| format!("127.0.0.1:{}", served.port(port)));
    for (at, base) in [(&admin, "/admin/"), (&account, "/")] {
        let mut wrong = Visitor::to(at);
        let token = wrong.get(&format!("{base}login")).field("token");
        let form = [("token", token.as_str()), ("login", LOGIN), ("password", WRONG), ("next", base)];
        assert_eq!(wrong.post(&format!("{base}login"), &form).status, 403);
        secrets.add("the token of a login", &token);
    }
    let mut owner = Visitor::logged_in(&account, "/", LOGIN, OWNER);
    let csrf = owner.get("/").field("csrf");
    let form = [("csrf", csrf.as_str()), ("current", OWNER), ("password", NEW_OWNER), ("again", NEW_OWNER)];
    let answer = owner.post("/security/password", &form);
    assert_eq!(answer.status, 303, "{}", answer.text());
    let mut owner = Visitor::logged_in(&account, "/", LOGIN, NEW_OWNER);
    let mut administrator = Visitor::logged_in(&admin, "/admin/", "", ADMINISTRATOR);
    for page in
        ["config", "config/edit", "config/versions", "accounts/a", "queue", "server", "logs", "certificates"]
    {
        let answer = administrator.get(&format!("/admin/{page}"));
        assert_eq!(answer.status, 200, "{page}");
        secrets.not_in(page, &answer.text());
    }
    for page in ["", "security", "webhooks", "addresses", "logins"] {
        let answer = owner.get(&format!("/{page}"));
        assert_eq!(answer.status, 200, "{page}");
        secrets.not_in(page, &answer.text());
    }
    for visitor in [&mut owner, &mut administrator] {
        let base = if visitor.at == admin { "/admin/" } else { "/" };
        secrets.add("the token of a session", &visitor.get(base).field("csrf"));
        for cookie in visitor.cookies.values().filter(|cookie| cookie.len() >= 16) {
            secrets.0.push(("the cookie of a session", cookie.clone()));
        }
    }

    printed.push(password(&["setadminpassword"], NEW_ADMINISTRATOR));

    // A program that is called.
    served.send("call");
    assert_eq!(called.recv_timeout(PATIENCE), Ok(true), "{}", served.said());

    // What commands print.
    printed.push(served.mox(&["config", "account", "set", "a", "--full-name", "Amy"]));
    for words in [
        "config versions",
        "config diff",
        "config account show a",
        "config account apppassword list a",
        "logins a",
        "queue webhook list",
        "queue list",
        "status",
        "certificates list",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        printed.push(served.mox(&words));
        printed.push(served.json(&words).to_string());
    }
    secrets.not_in("what commands print", &printed.concat());
    served.stop();
    let said = served.said();
    assert!(said.contains(" l=debug "), "{said}");
    secrets.not_in("the log", &said);
}
