//! Keys that mail is signed with: those of our selectors, else of selectors that are common. RFC 6376, RFC 8301,
//! RFC 8460 §3 (a service of its own for reports).

use mox_dkim::{LookupError, PublicKey, Record};
use mox_dns::{BoxFuture, RecordType};

use crate::Finding;
use crate::ground::{Ground, all};

/// Smallest RSA key in bits that is no weakness (RFC 8301 §3.2).
const GOOD_BITS: u32 = 2048;
/// Services that the keys of a mail server are used for.
const SERVICES: [&str; 2] = ["email", "tlsrpt"];
/// Selectors that are common, for domains whose own are not known.
const COMMON: [&str; 16] = [
    "default",
    "dkim",
    "mail",
    "selector1",
    "selector2",
    "google",
    "k1",
    "k2",
    "s1",
    "s2",
    "key1",
    "smtp",
    "mx",
    "fm1",
    "protonmail",
    "20230601",
];

pub(crate) async fn check(ground: &Ground<'_>) -> Vec<Finding> {
    let checks: Vec<BoxFuture<'_, Vec<Finding>>> = match ground.ours {
        Some(ours) if ours.keys.is_empty() => {
            let text = "mail of the domain is not signed";
            let fix =
                "make a key with `mox dkim gened25519` or `mox dkim genrsa`, and name it in domains.conf";
            return vec![Finding::warning("dkim-unsigned", ground.domain.ascii(), text).fix(fix)];
        }
        Some(ours) => ours.keys.iter().map(|(selector, key)| expected(ground, selector, key)).collect(),
        None => COMMON.iter().map(|selector| guessed(ground, selector)).collect(),
    };
    let findings: Vec<Finding> = all(checks).await.into_iter().flatten().collect();
    if findings.is_empty() {
        let text = "no key at selectors that are common; which are used stands in DKIM-Signature of the mail";
        return vec![Finding::info("dkim-unknown", ground.domain.ascii(), text)];
    }
    findings
}

fn key_name(ground: &Ground<'_>, selector: &str) -> String {
    format!("{selector}._domainkey.{}", ground.domain.ascii())
}

fn expected<'a>(ground: &'a Ground<'a>, selector: &'a str, key: &'a Record) -> BoxFuture<'a, Vec<Finding>> {
    Box::pin(async move {
        let name = key_name(ground, selector);
        let fix = ground.mend(&name, RecordType::Txt, || key.to_string());
        match mox_dkim::lookup(ground.resolver, &name).await {
            Err(LookupError::Temporary(error)) => vec![Finding::unanswered(name, &error)],
            Err(LookupError::NoRecord(error)) => {
                let text = format!("{error}: signatures with this selector do not verify");
                vec![Finding::error("dkim-missing", name, text).fix(fix)]
            }
            Err(error) => vec![Finding::error("dkim-invalid", name, error.to_string()).fix(fix)],
            Ok(found) if found.record.public_key != key.public_key => {
                let text = "another key than the one that mail is signed with: signatures do not verify";
                vec![Finding::error("dkim-differs", name, text).fix(fix)]
            }
            Ok(found) => judge(&name, &found.record, &fix),
        }
    })
}

fn guessed<'a>(ground: &'a Ground<'a>, selector: &'a str) -> BoxFuture<'a, Vec<Finding>> {
    Box::pin(async move {
        let name = key_name(ground, selector);
        match mox_dkim::lookup(ground.resolver, &name).await {
            // A selector that was only guessed may have nothing, or something else.
            Err(LookupError::Temporary(error)) => {
                vec![Finding::unanswered(format!("_domainkey.{}", ground.domain.ascii()), &error)]
            }
            Err(LookupError::Malformed { text, error, .. }) if text.contains("p=") => {
                vec![Finding::error("dkim-invalid", name, error.to_string())]
            }
            Err(LookupError::Several { .. }) => {
                vec![Finding::error("dkim-invalid", name, "several keys that differ").fix("leave one")]
            }
            Err(_) => Vec::new(),
            Ok(found) => judge(&name, &found.record, "make a new key under a new selector"),
        }
    })
}

/// What a key record that is there says.
fn judge(name: &str, record: &Record, fix: &str) -> Vec<Finding> {
    if record.is_revoked() {
        return vec![Finding::info("dkim-revoked", name, "the key was withdrawn (p= is empty)")];
    }
    let key = match PublicKey::from_record(record) {
        Ok(key) => key,
        Err(error) => return vec![Finding::error("dkim-invalid", name, error.to_string()).fix(fix)],
    };
    let kind = key.key_type().keyword();
    let mut findings = vec![Finding::ok("dkim", name, format!("{kind} key of {} bits", key.bits()))];
    if kind == "rsa" && key.bits() < GOOD_BITS {
        let text = format!("an RSA key of {} bits can be broken; {GOOD_BITS} are asked for", key.bits());
        findings.push(Finding::warning("dkim-weak", name, text).fix("make a new key with `mox dkim genrsa`"));
    }
    if record.is_testing() {
        let text = "t=y: signatures are to be treated as if there were none";
        findings.push(Finding::warning("dkim-testing", name, text).fix("remove t=y"));
    }
    let [mail, reports] = SERVICES;
    match (record.serves(mail), record.serves(reports)) {
        (false, _) => {
            let text = format!("s={} does not allow to sign mail", record.services.join(":"));
            findings.push(Finding::error("dkim-service", name, text).fix("remove s="));
        }
        (true, false) => {
            let text = format!("s={} does not allow to sign reports about TLS", record.services.join(":"));
            findings
                .push(Finding::info("dkim-no-tlsrpt", name, text).fix("remove s=, or write s=email:tlsrpt"));
        }
        (true, true) => {}
    }
    findings
}
