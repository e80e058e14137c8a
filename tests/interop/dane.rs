//! DANE between this server and those of others: Postfix and Exim get its mail when their certificate is what a signed
//! zone says, and Postfix delivers here by the record that `mox dane makerecord` makes. RFC 7672.

use std::path::{Path, PathBuf};
use std::process::Command;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedKey, DnType, IsCa, Issuer, KeyPair,
    generate_simple_self_signed,
};
use serde_json::Value;

use crate::house::House;
use crate::machine::{HOUSE, Machine, tlsa};
use crate::peers::{file, program, run, skip};

/// Where Postfix listens.
const POSTFIX: &str = "127.0.0.2:25";
/// Where Exim listens.
const EXIM: &str = "127.0.0.3";

/// A host of its own for a domain: MX and address.
fn host(domain: &str, ip: &str) -> String {
    format!("{domain}. MX 10 mx.{domain}.\nmx.{domain}. A {}\n", ip.trim_end_matches(":25"))
}

/// Writes a new key and a certificate that it signs itself; the path without its ending.
fn certificate(machine: &Machine, name: &str) -> PathBuf {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["mx.example.org".to_owned()]).unwrap();
    let path = machine.path(name);
    std::fs::write(path.with_extension("pem"), cert.pem()).unwrap();
    std::fs::write(path.with_extension("key"), signing_key.serialize_pem()).unwrap();
    path
}

/// Postfix by `postfix.sh`.
fn postfix(machine: &Machine, what: &str, domains: &str, more: &[(&str, &str)]) {
    let mut script = machine.command("bash");
    script.arg(file("postfix.sh")).arg(what).arg(machine.path("postfix")).env("LISTEN", POSTFIX);
    script.env("DOMAIN", domains).envs(more.iter().copied());
    run(&mut script);
}

/// Its environment for a certificate.
fn with_tls(pair: &Path) -> Vec<(&'static str, String)> {
    ["CERT", "KEY"]
        .into_iter()
        .zip(["pem", "key"].map(|e| pair.with_extension(e).display().to_string()))
        .collect()
}

fn borrowed<'a>(pairs: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Submits to the house.
fn submit(machine: &Machine, to: &str, subject: &str) {
    let login = ["--tls", "--auth", "--auth-user", "mox@localhost", "--auth-password", "moxmoxmox"];
    machine.submit(&format!("{HOUSE}:587"), to, subject, &login);
}

/// Waits until `mox dane dial` says that the certificate of a host is what its record says, or that it is not.
fn compared(machine: &Machine, host: &str, matches: bool) {
    let wanted = if matches { 0 } else { 3 };
    machine.eventually("another certificate", || {
        (machine.look(&["dane", "dial", host]).status.code() == Some(wanted)).then_some(())
    });
}

/// The attempts at a message that waits after a failed attempt.
fn deferred(house: &House, to: &str) -> Vec<Value> {
    house.eventually(&format!("mail to {to} to be deferred"), || {
        let Value::Array(rows) = house.json(&["queue", "list", "--json"]) else { panic!("an array") };
        let row = rows.into_iter().find(|row| row["to"] == to && !row["last_error"].is_null())?;
        let mut attempts = tries(house.json(&["queue", "show", &row["id"].to_string(), "--json"]))?;
        // The one that runs has no outcome.
        attempts.retain(|attempt| !attempt["outcome"].is_null());
        Some(attempts).filter(|attempts| !attempts.is_empty())
    })
}

/// The attempts at a message that was delivered.
fn delivered(house: &House, to: &str) -> Vec<Value> {
    house.eventually(&format!("mail to {to} to be delivered"), || {
        let rows = house.json(&["queue", "retired", "list", "--json", "--to", to, "--end", "delivered"]);
        let id = rows.as_array()?.first()?["id"].to_string();
        tries(house.json(&["queue", "retired", "show", &id, "--json"]))
    })
}

/// The results under the policy of the recipient domain (`domain`) or of its host (`host`), in words: type of the
/// policy, sessions that went well, whether some failed, and what failed, each with its reason.
fn results(house: &House, domain: &str, kind: &str) -> String {
    let rows = house.json(&["tlsrpt", "results", "--json", "--domain", domain]);
    let row = rows.as_array().unwrap().iter().find(|row| row["kind"] == kind);
    let row = row.unwrap_or_else(|| panic!("no result of kind {kind}: {rows}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let number = |value: &Value| value.as_u64().unwrap();
    let details = row["details"].as_array().unwrap();
    let told =
        details.iter().map(|d| format!("{} {}", text(&d["result-type"]), text(&d["failure-reason-code"])));
    let failed = number(&row["failed"]);
    if failed > 0 {
        // Every session that failed is told of.
        let counted: u64 = details.iter().map(|d| number(&d["failed-session-count"])).sum();
        assert_eq!(counted, failed, "{row}");
    }
    let failed = if failed > 0 { "some" } else { "none" };
    let told: Vec<String> = told.map(|words| words.trim_end().to_owned()).collect();
    format!(
        "{} {} fine, {failed} failed, {}",
        text(&row["policy_type"]),
        number(&row["successful"]),
        told.join(", ")
    )
}

fn tries(detail: Value) -> Option<Vec<Value>> {
    detail["tries"].as_array().cloned().filter(|tries| !tries.is_empty())
}

#[test]
fn postfix_gets_mail_while_its_certificate_is_what_tlsa_says() {
    let Some(mut machine) = Machine::start(&["postfix"]) else { return };
    let pair = certificate(&machine, "postfix-pair");
    let pem = pair.with_extension("pem");
    let record = tlsa(["3", "1", "1"], &pem, "mx.one.example.org");
    machine.publish(&(host("one.example.org", POSTFIX) + &record));
    let tls = with_tls(&pair);
    postfix(&machine, "start", "one.example.org", &borrowed(&tls));
    let mut house = machine.house(&["--direct", "example.org"]);
    house.restart();

    submit(&machine, "bob@one.example.org", "verified");
    let attempts = delivered(&house, "bob@one.example.org");
    assert_eq!(attempts.len(), 1, "{attempts:?}");
    assert_eq!(attempts[0]["tls"], "TLSv1.3 verified by DANE", "{attempts:?}");
    let messages = machine
        .eventually("the message", || Some(machine.maildir("postfix/mail/all")).filter(|m| !m.is_empty()));
    assert!(
        messages[0].contains("Subject: verified") && messages[0].contains("using TLSv1.3"),
        "{}",
        messages[0]
    );

    assert_eq!(results(&house, "one.example.org", "host"), "tlsa 1 fine, none failed, ");

    // The host gets another key, and its record is forgotten.
    let kept = ["pem", "key"].map(|ending| std::fs::read(pair.with_extension(ending)).unwrap());
    certificate(&machine, "postfix-pair");
    postfix(&machine, "reload", "one.example.org", &borrowed(&tls));
    compared(&machine, "mx.one.example.org", false);
    submit(&machine, "carol@one.example.org", "not verified");
    let attempts = deferred(&house, "carol@one.example.org");
    let text = attempts[0]["text"].as_str().unwrap_or_default();
    assert_eq!(attempts[0]["outcome"], "temporary", "{attempts:?}");
    assert!(text.contains("TLSA"), "{attempts:?}");
    assert_eq!(machine.maildir("postfix/mail/all").len(), 1, "nothing is delivered");
    assert!(!machine.read("postfix/maillog").contains("carol@"), "no envelope is told");
    let told = "tlsa 1 fine, some failed, validation-failure dane-no-match";
    assert_eq!(results(&house, "one.example.org", "host"), told);

    // Mended, what waits leaves.
    for (ending, bytes) in ["pem", "key"].into_iter().zip(kept) {
        std::fs::write(pair.with_extension(ending), bytes).unwrap();
    }
    postfix(&machine, "reload", "one.example.org", &borrowed(&tls));
    compared(&machine, "mx.one.example.org", true);
    let attempts = delivered(&house, "carol@one.example.org");
    assert_eq!(attempts.last().unwrap()["tls"], "TLSv1.3 verified by DANE", "{attempts:?}");
}

#[test]
fn postfix_without_starttls_gets_mail_unless_dane_asks_for_tls() {
    let Some(mut machine) = Machine::start(&["postfix"]) else { return };
    let pair = certificate(&machine, "other");
    let record = tlsa(["3", "1", "1"], &pair.with_extension("pem"), "mx.strict.example.org");
    machine
        .publish(&[host("plain.example.org", POSTFIX), host("strict.example.org", POSTFIX), record].concat());
    postfix(&machine, "start", "plain.example.org strict.example.org", &[]);
    let mut house = machine.house(&["--direct", "example.org"]);
    house.restart();

    submit(&machine, "bob@strict.example.org", "needs TLS");
    submit(&machine, "bob@plain.example.org", "in plain text");
    let attempts = delivered(&house, "bob@plain.example.org");
    assert_eq!(attempts[0]["tls"], "none", "{attempts:?}");
    let attempts = deferred(&house, "bob@strict.example.org");
    assert_eq!(attempts[0]["outcome"], "temporary", "{attempts:?}");
    let messages = machine
        .eventually("the message", || Some(machine.maildir("postfix/mail/all")).filter(|m| !m.is_empty()));
    assert_eq!(messages.len(), 1);
    for (domain, kind, told) in [
        ("plain.example.org", "domain", "no-policy-found 0 fine, none failed, starttls-not-supported"),
        ("plain.example.org", "host", "no-policy-found 0 fine, none failed, starttls-not-supported"),
        ("strict.example.org", "host", "tlsa 0 fine, some failed, starttls-not-supported"),
    ] {
        assert_eq!(results(&house, domain, kind), told, "{domain}");
    }
    assert!(
        messages[0].contains("Subject: in plain text") && !messages[0].contains("using TLS"),
        "{}",
        messages[0]
    );
}

/// Where Debian's Exim was unpacked. `None`: skipped.
fn exim() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).to_owned();
    if !root.join("exim/usr/sbin/exim4").is_file() {
        let got = program("apt-get").is_some_and(|_| {
            let mut get = Command::new("bash");
            get.arg(file("dane/exim.sh")).arg("get").arg(&root);
            get.output().is_ok_and(|output| output.status.success())
        });
        if !got {
            skip("Exim cannot be downloaded");
            return None;
        }
    }
    Some(root)
}

#[test]
fn exim_gets_mail_when_tlsa_names_the_ca_of_its_certificate() {
    let Some(root) = exim() else { return };
    let Some(mut machine) = Machine::start(&[]) else { return };
    let (leaf, ca) = issued(&machine, "mx.exim.example.org");
    let record = tlsa(["2", "1", "1"], &ca, "mx.exim.example.org");
    machine.publish(&(host("exim.example.org", EXIM) + &record));
    let mut script = machine.command("bash");
    script.arg(file("dane/exim.sh")).arg("start").arg(&root).arg(machine.path("exim")).envs(with_tls(&leaf));
    script.envs([("LISTEN", EXIM), ("MYHOST", "mx.exim.example.org"), ("DOMAIN", "exim.example.org")]);
    run(&mut script);
    // Here the resolver validates, and is believed.
    let mut house = machine.house(&["--direct", "example.org", "--dnssec", "trust-ad"]);
    house.restart();

    submit(&machine, "bob@exim.example.org", "by its CA");
    let attempts = delivered(&house, "bob@exim.example.org");
    let last = attempts.last().unwrap();
    assert_eq!(last["tls"], "TLSv1.3 verified by DANE", "{attempts:?}");
    let messages = machine
        .eventually("the message", || Some(machine.maildir("exim/mail/all")).filter(|m| !m.is_empty()));
    assert!(messages[0].contains("Subject: by its CA"), "{}", messages[0]);
    assert_eq!(results(&house, "exim.example.org", "host"), "tlsa 1 fine, none failed, ");
    let log = machine.read("exim/log/mainlog");
    assert!(log.contains("X=TLS1.3") && log.contains("SNI=mx.exim.example.org"), "{log}");
}

/// A certificate for a host with its chain, without ending, and that of the small CA that issued it.
fn issued(machine: &Machine, host: &str) -> (PathBuf, PathBuf) {
    let named = |name: &str, hosts: Vec<String>| {
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let mut params = named("A small CA", Vec::new());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let ca = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let leaf = named(host, vec![host.to_owned()]).signed_by(&key, &issuer).unwrap().pem();
    let (pair, anchor) = (machine.path("leaf"), machine.path("ca.pem"));
    std::fs::write(pair.with_extension("pem"), leaf + &ca).unwrap();
    std::fs::write(pair.with_extension("key"), key.serialize_pem()).unwrap();
    std::fs::write(&anchor, ca).unwrap();
    (pair, anchor)
}

#[test]
fn postfix_delivers_here_by_dane() {
    let Some(mut machine) = Machine::start(&["postfix"]) else { return };
    let mut house = machine.house(&[]);
    run(Command::new(env!("CARGO_BIN_EXE_mox"))
        .args(["localserve", "--init-only", "--ip", HOUSE, "--dir"])
        .arg(&house.dir));
    let other = certificate(&machine, "other");
    let right = tlsa(["3", "1", "1"], &house.dir.join("localhost.crt"), "mx.right.example.org");
    let wrong = tlsa(["3", "1", "1"], &other.with_extension("pem"), "mx.wrong.example.org");
    machine.publish(
        &[host("right.example.org", HOUSE), right, host("wrong.example.org", HOUSE), wrong].concat(),
    );
    let extra = "smtp_dns_support_level = dnssec\nsmtp_tls_security_level = dane\nsmtp_tls_loglevel = 1\n\
                 smtp_host_lookup = dns\n";
    postfix(&machine, "start", "postfix.example.org", &[("EXTRA", extra)]);
    house.restart();

    machine.submit(POSTFIX, "bob@wrong.example.org", "not for you", &[]);
    machine.submit(POSTFIX, "bob@right.example.org", "from Postfix", &[]);
    house.mox(&[
        "localserve",
        "wait",
        "--to",
        "bob@right.example.org",
        "--subject",
        "from Postfix",
        "--timeout",
        "30s",
    ]);
    let status = |to: &str| {
        machine.eventually(&format!("what Postfix says of {to}"), || {
            let log = machine.read("postfix/maillog");
            log.lines().find(|line| line.contains(to) && line.contains("status=")).map(str::to_owned)
        })
    };
    assert!(status("bob@right.example.org").contains("status=sent"));
    let refused = status("bob@wrong.example.org");
    assert!(refused.contains("status=deferred") && refused.contains("certificate not verified"), "{refused}");
    let log = machine.read("postfix/maillog");
    assert!(
        log.contains("Verified TLS connection established to mx.right.example.org[127.0.0.4]:25: TLSv1.3"),
        "{log}"
    );
    assert_eq!(house.messages().len(), 1, "nothing but the first");
}
