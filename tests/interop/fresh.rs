//! From an empty folder to a mail server that others deliver to and take mail from: `mox quickstart`, its records in a
//! signed zone, certificates from pebble, `mox dnscheck`, Postfix with DANE and MTA-STS both ways, a report. All of it
//! is in `fresh/fresh.sh`, in network namespaces with addresses and ports as they are in the world.

use std::process::{Command, Stdio};

use crate::peers::{file, installed, is_root, skip};

/// Runs the script; `mode` says who validates.
fn fresh(mode: &str) {
    let programs = [
        "unshare",
        "ip",
        "bash",
        "nsd",
        "unbound",
        "ldns-signzone",
        "ldns-keygen",
        "swaks",
        "postfix",
        "pebble",
        "openssl",
        "curl",
        "python3",
        "mta-sts-daemon",
    ];
    if !installed(&programs) {
        return;
    }
    if !is_root() {
        skip("namespaces need root");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut script = Command::new("unshare");
    script.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "bash"]).arg(file("fresh/fresh.sh"));
    script.arg(env!("CARGO_BIN_EXE_mox")).arg(folder.path()).arg(mode).stdin(Stdio::null());
    let output = script.output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_fresh_server_that_trusts_its_resolver_gets_and_sends_mail() {
    fresh("trust");
}

#[test]
fn a_fresh_server_that_validates_by_itself_gets_and_sends_mail() {
    fresh("validate");
}
