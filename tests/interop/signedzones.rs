//! Zones that sign themselves are what they are meant to be: `delv` validates them over the network and comes to the
//! verdicts of `mox dns lookup`, and both to those that the zone text says. RFC 4035 §4.3.

use std::path::Path;
use std::process::Command;

use mox_testkit::nameserver::SignedNameServer;
use serde_json::Value;

use crate::peers::installed;

const ZONE: &str = "
    mail.lab.test. ZONE
    mail.lab.test. MX 10 mx.mail.lab.test.
    mx.mail.lab.test. A 127.0.0.1
    _25._tcp.mx.mail.lab.test. TLSA 3 1 1 00ff10
    alias.mail.lab.test. CNAME mx.mail.lab.test.
    out.mail.lab.test. CNAME host.plain.lab.test.
    a.b.ent.mail.lab.test. TXT \"deep\"
    *.wild.mail.lab.test. TXT \"any\"
    *.wild.mail.lab.test. CAA 0 issue \"ca.test\"
    *.away.mail.lab.test. CNAME mx.mail.lab.test.
    child.mail.lab.test. ZONE
    www.child.mail.lab.test. A 127.0.0.2
    inside.lab.test. TXT \"v=spf1 -all\"
    plain.lab.test. ANY ; insecure
    host.plain.lab.test. A 127.0.0.3
    _25._tcp.inside.lab.test. TLSA 3 1 1 00 ; insecure
    spoiled.lab.test. A 127.0.0.5 ; bogus
    spoiled.lab.test. TXT \"good\"
    nothing.lab.test. MX ; bogus
    old.lab.test. A 127.0.0.7 ; expired
    badkey.lab.test. ZONE ; bogus
    badkey.lab.test. A 127.0.0.8
    stale.lab.test. ZONE ; expired
    www.stale.lab.test. A 127.0.0.9
    fails.lab.test. MX ; servfail
    1.0.0.127.in-addr.arpa. PTR mx.mail.lab.test.
";

const SECURE: [(&str, &str); 19] = [
    ("mail.lab.test", "mx"),
    ("_25._tcp.mx.mail.lab.test", "tlsa"),
    ("alias.mail.lab.test", "a"),
    ("x.y.wild.mail.lab.test", "txt"),
    ("q.wild.mail.lab.test", "caa"),
    ("q.away.mail.lab.test", "a"),
    ("www.child.mail.lab.test", "a"),
    ("spoiled.lab.test", "txt"),
    ("long.lab.test", "txt"),
    ("1.0.0.127.in-addr.arpa", "ptr"),
    (".", "soa"),
    ("mail.lab.test", "caa"),
    ("b.ent.mail.lab.test", "txt"),
    ("x.wild.mail.lab.test", "a"),
    ("test", "a"),
    ("_25._tcp.alias.mail.lab.test", "tlsa"),
    ("missing.mail.lab.test", "a"),
    ("aaa.lab.test", "txt"),
    ("example.org", "mx"),
];

const INSECURE: [(&str, &str); 4] = [
    ("host.plain.lab.test", "a"),
    ("other.plain.lab.test", "a"),
    ("out.mail.lab.test", "a"),
    ("_25._tcp.inside.lab.test", "tlsa"),
];

const FAILED: [(&str, &str); 6] = [
    ("spoiled.lab.test", "a"),
    ("nothing.lab.test", "mx"),
    ("old.lab.test", "a"),
    ("badkey.lab.test", "a"),
    ("www.stale.lab.test", "a"),
    ("fails.lab.test", "mx"),
];

/// The verdict of delv: the last, since CNAMEs have one each.
fn delv(server: &SignedNameServer, folder: &Path, name: &str, kind: &str) -> &'static str {
    let port = server.address.port().to_string();
    let mut command = Command::new("delv");
    command.current_dir(folder).args(["@127.0.0.1", "-p", &port, "-a", "lab.keys", "+root=.", name, kind]);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let verdict = |line: &str| match line {
        said if said.starts_with("; ") && said.ends_with("fully validated") => Some("secure"),
        said if said.starts_with("; ") && said.ends_with("unsigned answer") => Some("insecure"),
        _ => None,
    };
    text.lines().filter_map(verdict).next_back().unwrap_or("failed")
}

fn mox(server: &SignedNameServer, folder: &Path, name: &str, kind: &str) -> &'static str {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mox"));
    command.current_dir(folder).env_remove("MOXCONF").args(["dns", "lookup", kind, name, "--json"]);
    command.args(["--resolver", &server.address.to_string(), "--trust-anchor", "lab.key"]);
    let json: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap_or_default();
    match json["status"].as_str().unwrap() {
        "secure" => "secure",
        "insecure" => "insecure",
        _ => "failed",
    }
}

#[test]
fn delv_comes_to_the_same_verdicts() {
    if !installed(&["delv"]) {
        return;
    }
    let (server, folder) = (SignedNameServer::start(ZONE), tempfile::tempdir().unwrap());
    server.zones.add(&format!("long.lab.test. TXT \"{}\"", "x".repeat(4000))).unwrap();
    let anchor = server.zones.anchor();
    std::fs::write(folder.path().join("lab.key"), &anchor).unwrap();
    let [_, _, _, tag, algorithm, digest_type, digest] = anchor.split_whitespace().collect::<Vec<_>>()[..]
    else {
        panic!("{anchor}")
    };
    let keys = format!("trust-anchors {{ . static-ds {tag} {algorithm} {digest_type} \"{digest}\"; }};\n");
    std::fs::write(folder.path().join("lab.keys"), keys).unwrap();
    for (questions, verdict) in [(&SECURE[..], "secure"), (&INSECURE, "insecure"), (&FAILED, "failed")] {
        for (name, kind) in questions {
            assert_eq!(delv(&server, folder.path(), name, kind), verdict, "delv {name} {kind}");
            assert_eq!(mox(&server, folder.path(), name, kind), verdict, "mox {name} {kind}");
        }
    }
}
