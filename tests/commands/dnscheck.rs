//! `mox dnscheck` and `mox dnsrecords` over the wire: views, names in JSON, exit codes, what changed.

use std::path::Path;
use std::process::{Command, Output};

use mox_testkit::nameserver::NameServer;
use serde_json::Value;

use crate::commands::snapshot;

const CONF: &str = "DataDir: data
Hostname: mail.example.org
Listeners:
	public:
		IPs:
			- 203.0.113.99
		TLS:
			KeyCerts:
				-
					CertFile: cert.pem
					KeyFile: key.pem
		SMTP:
			Enabled: true
		Submissions:
			Enabled: true
		MTASTSHTTPS:
			Enabled: true
Postmaster:
	Account: a
	Mailbox: Postmaster
HostTLSRPT:
	Account: a
	Mailbox: TLSRPT
	Localpart: tls-reports
";
const DOMAINS: &str = "Domains:
	example.org:
		ClientSettingsDomain: imap.example.org
		DMARC:
			Localpart: dmarc
			Account: a
			Mailbox: DMARC
		MTASTS:
			PolicyID: 20261126
			Mode: enforce
			MaxAge: 168h
		TLSRPT:
			Localpart: tls
			Account: a
			Mailbox: TLSRPT
Accounts:
	a:
		Domain: example.org
		Destinations:
			a: nil
";
/// A domain of others: two errors, and a warning for each thing that protects mail and is not there.
const OTHERS: &str = "
    shop.example. MX 10 mx.shop.example.
    mx.shop.example. A 127.0.0.78
    shop.example. TXT \"v=spf1 mx -all\"
    shop.example. TXT \"v=DMARC1; p=reject\"
    78.0.0.127.in-addr.arpa. PTR mx.shop.example.
    null.example. MX 0 .
    null.example. TXT \"v=spf1 -all\"
    _dmarc.null.example. TXT \"v=DMARC1; p=reject; rua=mailto:a@null.example\"
    _smtp._tls.null.example. TXT \"v=TLSRPTv1; rua=mailto:a@null.example\"
    null.example. CAA 0 issue \"ca.example\"
    down.example. ANY ; servfail
";

/// The mail host, where nothing listens.
const HOST: &str = "mail.example.org. A 127.0.0.77\n77.0.0.127.in-addr.arpa. PTR mail.example.org.\n";

fn mox(server: &NameServer, folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mox"));
    command.current_dir(folder).env_remove("MOXCONF").args(args);
    for home in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
        command.env(home, folder);
    }
    if args.contains(&"dnscheck") {
        // Hosts are at loopback addresses, where nothing listens: tests reach nobody.
        command.args(["--allow-egress", "127.0.0.0/8"]);
    }
    command.args(["--dnssec", "off", "--color", "never", "--resolver", &server.address.to_string()]);
    command.output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

fn ids(json: &Value, severity: &str) -> Vec<String> {
    let findings = json["findings"].as_array().unwrap();
    let found = findings.iter().filter(|finding| finding["severity"] == severity);
    found.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_domain_of_others_is_judged_without_a_configuration() {
    let (server, folder) = (NameServer::start(OTHERS), tempfile::tempdir().unwrap());
    let output = mox(&server, folder.path(), &["dnscheck", "shop.example", "--json"]);
    let found = json(&output);
    assert_eq!(output.status.code(), Some(3), "{found}");
    assert_eq!((&found["domain"], &found["ours"]), (&"shop.example".into(), &false.into()));
    assert_eq!(ids(&found, "error"), ["dmarc-missing", "record-wrong-name"]);
    let first = &found["findings"][0];
    assert_eq!(first["subject"], "_dmarc.shop.example");
    assert!(first["fix"].as_str().unwrap().contains("_dmarc.shop.example. 300 IN TXT"), "{first}");
    let output = mox(&server, folder.path(), &["config", "dnscheck", "null.example", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", json(&output));
    let output = mox(&server, folder.path(), &["dnscheck", "down.example", "--json"]);
    assert_eq!((output.status.code(), ids(&json(&output), "ok").len()), (Some(3), 0), "{}", json(&output));
}

#[test]
fn what_changed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let zone = OTHERS.replace("null.example", "changing.example");
    let run = |zone: &str| {
        let server = NameServer::start(zone);
        json(&mox(&server, folder.path(), &["dnscheck", "changing.example", "--json", "--diff"]))
    };
    // What an earlier run of these tests left, where the system says where the cache folder is.
    run(&zone);
    assert_eq!(run(&zone)["changes"], serde_json::json!([]));
    let gone = zone.replace("_dmarc.changing.example. TXT", "# ");
    let changes = run(&gone)["changes"].clone();
    let told: Vec<(&str, &str)> = changes
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["change"].as_str().unwrap(), change["id"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("new", "dmarc-missing"), ("gone", "dmarc")], "{changes}");
}

#[test]
fn records_and_findings_are_readable() {
    let (server, folder) = (NameServer::start(OTHERS), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("mox.conf"), CONF).unwrap();
    let without = folder.path().join("plain");
    std::fs::create_dir(&without).unwrap();
    std::fs::write(without.join("mox.conf"), CONF).unwrap();
    std::fs::write(folder.path().join("domains.conf"), DOMAINS).unwrap();
    let plain: Vec<&str> = DOMAINS.split("\t\tMTASTS:\n").collect();
    let (_, rest) = plain[1].split_once("168h\n").unwrap();
    std::fs::write(without.join("domains.conf"), format!("{}{rest}", plain[0])).unwrap();
    let lines = [
        "mox dnscheck null.example",
        "mox dnscheck example.org --config plain",
        "mox dnsrecords example.org --config mox.conf",
        "mox dnsrecords example.org --form table --config mox.conf",
        "mox dnsrecords example.net --config mox.conf",
    ];
    let transcripts: Vec<Option<String>> = lines
        .iter()
        .map(|line| {
            let args: Vec<&str> = line.split(' ').skip(1).collect();
            let output = mox(&server, folder.path(), &args);
            let (out, err) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            let code = output.status.code().unwrap_or(-1);
            Some(format!("$ {line}\n{out}{err}exit {code}\n\n"))
        })
        .collect();
    snapshot::check("dnscheck.txt", &transcripts);
}

/// What is printed for the zone file satisfies the check: nothing is asked for that is not printed.
#[test]
fn what_is_to_be_published_satisfies_the_check() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mox.conf"), CONF.replace("203.0.113.99", "0.0.0.0")).unwrap();
    std::fs::write(folder.path().join("domains.conf"), DOMAINS).unwrap();
    let nobody = NameServer::start(OTHERS);
    let records =
        mox(&nobody, folder.path(), &["dnsrecords", "example.org", "--json", "--config", "mox.conf"]);
    let records = json(&records);
    let mut zone = String::from(HOST);
    for record in records["records"].as_array().unwrap() {
        let at = |name: &str| record[name].as_str().unwrap();
        zone += &format!("{}. {} {}\n", at("name"), at("type"), at("data"));
    }
    let server = NameServer::start(&zone);
    let found =
        json(&mox(&server, folder.path(), &["dnscheck", "example.org", "--json", "--config", "mox.conf"]));
    assert_eq!(found["ours"], true);
    assert_eq!(ids(&found, "error"), [""; 0], "{found}");
}

/// A healthy domain, nothing in a cache: how long it takes is told, for people.
#[test]
#[expect(clippy::disallowed_methods, reason = "it tells how long it took")]
fn a_healthy_domain_is_checked_soon() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mox.conf"), CONF.replace("203.0.113.99", "0.0.0.0")).unwrap();
    let plain: String = DOMAINS.split_inclusive('\n').filter(|line| !is_policy(line)).collect();
    std::fs::write(folder.path().join("domains.conf"), plain).unwrap();
    let nobody = NameServer::start("");
    let records =
        json(&mox(&nobody, folder.path(), &["dnsrecords", "example.org", "--json", "--config", "mox.conf"]));
    let mut zone = String::from(HOST);
    for record in records["records"].as_array().unwrap() {
        let at = |name: &str| record[name].as_str().unwrap();
        zone += &format!("{}. {} {}\n", at("name"), at("type"), at("data"));
    }
    zone += "2026a._domainkey.example.org. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n";
    let server = NameServer::start(&zone);
    let begun = std::time::Instant::now();
    let output = mox(&server, folder.path(), &["dnscheck", "example.org", "--json", "--config", "mox.conf"]);
    let took = begun.elapsed();
    let found = json(&output);
    println!("mox dnscheck of a healthy domain: {} ms", took.as_millis());
    assert_eq!(ids(&found, "error"), [""; 0], "{found}");
    assert!(ids(&found, "warning").iter().all(|id| id != "unfinished" && id != "dns-unanswered"), "{found}");
}

/// Lines of the MTA-STS policy, whose host is nowhere in these tests.
fn is_policy(line: &str) -> bool {
    ["MTASTS:", "PolicyID:", "Mode: enforce", "MaxAge:"].iter().any(|word| line.contains(word))
}
