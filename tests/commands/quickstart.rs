//! `mox quickstart`: what is told and written, refusals, and a run that is ended at each of its points.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use mox_testkit::nameserver::{NameServer, SignedNameServer};
use serde_json::Value;

use crate::commands::snapshot;

/// A machine at a loopback address whose names are as they should be. Nothing listens there.
const ZONE: &str = "
    com. NS a.gtld-servers.net.
    mail.example.org. A 127.0.0.77
    77.0.0.127.in-addr.arpa. PTR mail.example.org.
";
/// Where a run can be ended.
const POINTS: [&str; 13] = [
    "begun",
    "rsa",
    "certificate",
    "ecdsa",
    "dkim",
    "dkim:2",
    "dkim:3",
    "admin",
    "domains",
    "account",
    "service",
    "server",
    "owner",
];

fn mox(folder: &Path, server: std::net::SocketAddr, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mox"));
    command.current_dir(folder).env_remove("MOXCONF").args(["quickstart", "me@example.org"]);
    command.args(["--hostname", "mail.example.org", "--ip", "127.0.0.77", "--skip-dial", "--color", "never"]);
    command.args(["--user", "nobody-here", "--resolver", &server.to_string()]).args(args);
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

/// The text without what differs from machine to machine: the service file, the time, how addresses end.
fn everywhere(text: &str) -> String {
    let mut text = text.to_owned();
    if let (Some(from), Some(to)) = (text.find("--- mox.service"), text.find("DNS records of")) {
        text.replace_range(from..to, "");
    }
    let own =
        ["mox.service", "org.mox.server.plist", "- ::1", "hosts-file", "of that line of the hosts file"];
    let lines = text.lines().filter(|line| !own.iter().any(|word| line.contains(word)));
    let mut year = None;
    let dated = lines.map(|line| {
        let at =
            line.find("PolicyID: ").map(|at| at + 10).or_else(|| line.find("STSv1; id=").map(|at| at + 10));
        match at {
            Some(at) => {
                year = line.get(at..at + 4).map(str::to_owned);
                format!("{}20YYMMDDTHHMMSSZ{}\n", &line[..at], &line[at + 16..])
            }
            None => format!("{line}\n"),
        }
    });
    let text: String = dated.collect();
    text.replace(&year.expect("a policy id"), "20YY")
}

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let (server, folder) = (SignedNameServer::start(ZONE), tempfile::tempdir().unwrap());
    let anchor = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(anchor.path(), server.zones.anchor()).unwrap();
    let anchor = anchor.path().to_str().unwrap();
    let output = mox(folder.path(), server.address, &["--dry-run", "--trust-anchor", anchor]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    snapshot::check("quickstart-dry-run.txt", &[Some(everywhere(&String::from_utf8_lossy(&output.stdout)))]);
    let output = mox(folder.path(), server.address, &["--dry-run", "--trust-anchor", anchor, "--json"]);
    let told = json(&output);
    assert_eq!((&told["passwords"], &told["dry_run"]), (&Value::Null, &true.into()));
    assert_eq!(told["doctor"], Value::Null);
    assert!(told["steps"].as_array().unwrap().len() >= 12, "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_failed_step_stops_it_before_anything_is_written() {
    let server = NameServer::start(&ZONE.replace("a.gtld-servers.net.", "a.gtld-servers.net. ; servfail"));
    let folder = tempfile::tempdir().unwrap();
    let output = mox(folder.path(), server.address, &["--json"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let told = json(&output);
    let failed = |step: &&Value| step["verdict"] == "failed";
    let steps: Vec<&Value> = told["steps"].as_array().unwrap().iter().filter(failed).collect();
    assert!(steps.len() == 1 && steps[0]["id"] == "dns" && steps[0]["fix"].is_string(), "{told}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let output = mox(folder.path(), server.address, &["--json", "--yes", "--no-acme"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(json(&output)["passwords"]["account"].is_string());
}

/// What stands in the files, by path; the database and its lock are looked at by the program.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.starts_with(folder.join("data")) {
                found.insert(
                    path.strip_prefix(folder).unwrap().display().to_string().replace('\\', "/"),
                    std::fs::read(path).unwrap(),
                );
            }
        }
    }
    found
}

#[test]
fn a_run_that_is_ended_anywhere_is_taken_up() {
    let (server, folder) = (NameServer::start(ZONE), tempfile::tempdir().unwrap());
    let run = |more: &[&str]| {
        let args = [&["--no-acme", "--dnssec", "off", "--json"], more].concat();
        mox(folder.path(), server.address, &args)
    };
    // In the order of the points, so that each run gets further than the one before.
    let mut before: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for point in POINTS {
        let output = run(&["--fault", &format!("quickstart-{point}")]);
        assert!(!output.status.success() && output.stdout.is_empty(), "{point}: {output:?}");
        let now = content(folder.path());
        assert!(now.keys().all(|path| !path.ends_with(".tmp")), "{point}: {:?}", now.keys());
        for (path, bytes) in &before {
            // The certificate without its key is made anew.
            let paired = path.ends_with("certificates/mail.example.org.pem") && point == "ecdsa";
            assert!(paired || now.get(path) == Some(bytes), "{point}: {path} stays as it was");
        }
        before = now;
    }
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = json(&output);
    assert!(told["files"].as_array().unwrap().iter().all(|file| file["state"] == "kept"), "{told}");
    // What the machine is short of is its own matter.
    let doctor = told["doctor"].as_array().unwrap();
    let severity = |id: &str| doctor.iter().find(|found| found["id"] == id).map(|found| &found["severity"]);
    assert_eq!(severity("not-running"), Some(&"info".into()), "{doctor:?}");
    assert_eq!(
        (severity("files"), severity("certificate")),
        (Some(&"ok".into()), Some(&"ok".into())),
        "{doctor:?}"
    );
    assert_eq!(severity("resolver"), None, "nobody is asked");
    let unfinished = before.remove("config/quickstart-unfinished.json");
    let unfinished: Value = serde_json::from_slice(&unfinished.unwrap()).unwrap();
    assert_eq!(unfinished["passwords"], told["passwords"]);
    assert_eq!(content(folder.path()), before);
    let kinds: Vec<&str> =
        told["records"].as_array().unwrap().iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "TLSA").count(), 2, "{kinds:?}");
    let output = run(&[]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("never changes an existing setup"));
}
