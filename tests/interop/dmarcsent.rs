//! DMARC reports that leave by themselves when the day of the lab is over: what arrives is valid for xmllint, read by
//! parsedmarc, verified by dkimpy, and tells of each message what the table of `mox lab list` promises. And domains that
//! report to each other come to rest. RFC 9990 §3.1, §3.5, §4.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use mox_dmarcrpt::Form;
use serde_json::{Value, json};

use crate::dmarcreports::{is_valid, read};
use crate::house::House;
use crate::peers::{installed, parsedmarc, python_with, run};
use crate::senders::{message, send};
use crate::tlsreports::verified_by_dkimpy;

/// Long enough for no second attempt while a test looks.
const ONE_ATTEMPT: [&str; 3] = ["--lab", "--retry", "1h"];

/// Domains whose reports nobody gets, and what history says of each.
const NOBODY: [(&str, &str); 3] = [
    ("dmarc-rua-unauthorised.lab.test", "mailto:dmarc@stranger.lab.test did not agree at"),
    ("dmarc-rua-gone.lab.test", "mailto:dmarc@nodomain.lab.test did not agree at"),
    ("dmarc-rua-vanishes.lab.test", "it publishes no DMARC record"),
];

/// Domains with which mail goes well, in whose name somebody else sends then: what their policies ask for.
const ABUSED: [(&str, &str); 2] = [("dmarc-pass.lab.test", "reject"), ("dkim-signed.lab.test", "quarantine")];

/// Rows of reports by policy domain, each as [`row`] writes it.
type Rows = BTreeMap<String, Vec<String>>;

fn array(value: Value) -> Vec<Value> {
    let Value::Array(values) = value else { panic!("an array") };
    values
}

/// A row in the words of the table: who, what was done, why, DKIM, SPF, how often.
fn row(words: &Value) -> String {
    words.to_string()
}

/// One message from each sender, and some in the names of others. Answers what reports tell of them. A message that was
/// refused or filed as junk is no reason for a report, where mail never went well with its domain.
fn send_all(house: &House, folder: &Path, fate: &str) -> Rows {
    let (mut rows, mut reasons) = (Rows::new(), BTreeSet::new());
    for domain in array(house.json(&["lab", "list", "--group", "senders", "--json"])) {
        let (name, expect) = (domain["name"].as_str().unwrap(), &domain["expect"]);
        let mail_from = format!("amy@{}", expect["mail_from"].as_str().unwrap_or(name));
        send(house, &mail_from, &message(house, folder, &domain));
        let (report, done) = (&expect["report"], &expect["report"][fate]);
        if done.is_object() {
            let policy_domain = report["policy_domain"].as_str().unwrap().to_owned();
            let told = json!([name, done["disposition"], done["reasons"], report["dkim"], report["spf"], 1]);
            if !["quarantine", "reject"].contains(&done["disposition"].as_str().unwrap()) {
                reasons.insert(policy_domain.clone());
            }
            rows.entry(policy_domain).or_default().push(row(&told));
        }
    }
    for (name, asked) in ABUSED {
        let forged = format!("From: <amy@{name}>\r\nSubject: forged\r\n\r\nhello\r\n");
        let refused = fate == "enforced" && asked == "reject";
        assert_eq!(send(house, "amy@dkim-only.lab.test", &forged), if refused { 550 } else { 250 }, "{name}");
        let (done, reasons): (_, &[&str]) =
            if fate == "enforced" { (asked, &[]) } else { ("none", &["local_policy"]) };
        rows.get_mut(name).unwrap().push(row(&json!([name, done, reasons, "fail", "fail", 1])));
    }
    rows.retain(|policy_domain, _| reasons.contains(policy_domain));
    rows
}

fn history(house: &House) -> Vec<Value> {
    array(house.json(&["dmarc", "history", "--json"]))
}

/// Whether each destination that was to get a report has it.
fn delivered(row: &Value) -> bool {
    let destinations = row["destinations"].as_array().unwrap();
    destinations.iter().all(|destination| destination["state"] == "delivered") && !destinations.is_empty()
}

/// The day of the lab ends, its reports are made and sent.
fn the_day_ends(house: &House, reports: usize) -> Vec<Value> {
    house.mox(&["lab", "advance", "midnight"]);
    // Days are sealed some minutes after they are over, and what is sealed leaves within the hour.
    house.mox(&["lab", "advance", "10m"]);
    house.eventually("a report to everybody is made", || (history(house).len() >= reports).then_some(()));
    house.mox(&["lab", "advance", "1h"]);
    house.eventually("a report to everybody", || {
        let rows = history(house);
        let open = |row: &&Value| row["outcome"] == "sealed";
        (!rows.iter().any(|row| open(&row))).then_some(rows)
    })
}

/// A report that arrived.
struct Arrived {
    /// As `mox message list` has it.
    listed: Value,
    /// The message.
    path: PathBuf,
}

fn arrived(house: &House, folder: &Path) -> Vec<Arrived> {
    let report = |message: &Value| message["subject"].as_str().unwrap_or("").starts_with("Report Domain: ");
    let messages = house.messages().into_iter().filter(report);
    let file = |listed: Value| {
        let id = listed["id"].to_string();
        let path = folder.join(format!("{id}.eml"));
        std::fs::write(&path, house.mox(&["message", "cat", &id])).unwrap();
        Arrived { listed, path }
    };
    messages.map(file).collect()
}

/// Writes the attached document to a file; answers that and the name it was attached by.
fn document(python: &Path, message: &Path) -> (PathBuf, String) {
    const SCRIPT: &str = "
import email, email.policy, gzip, sys
message = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
(part,) = message.iter_attachments()
assert part.get_content_type() == 'application/gzip', part.get_content_type()
open(sys.argv[2], 'wb').write(gzip.decompress(part.get_content()))
print(part.get_filename())";
    let path = message.with_extension("xml");
    let name = run(Command::new(python).args(["-c", SCRIPT]).arg(message).arg(&path));
    (path, name.trim_end().to_owned())
}

/// The rows that parsedmarc and `mox dmarc parse` both read.
fn rows(house: &House, message: &Path, report: &Value) -> Vec<String> {
    let types = |reasons: &Value, name: &str| -> Vec<Value> {
        reasons.as_array().into_iter().flatten().map(|reason| reason[name].clone()).collect()
    };
    let told = |record: &Value| {
        let done = &record["policy_evaluated"];
        let reasons = types(&done["policy_override_reasons"], "type");
        let (who, count) = (&record["identifiers"]["header_from"], &record["count"]);
        row(&json!([who, done["disposition"], reasons, done["dkim"], done["spf"], count]))
    };
    let mut by_them: Vec<String> = report["records"].as_array().unwrap().iter().map(told).collect();
    by_them.sort();

    let output = house.try_mox(&["dmarc", "parse", message.to_str().unwrap(), "--json"]);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["oddities"], json!([]), "{read}");
    let word = |passes: &Value| if passes == true { "pass" } else { "fail" };
    let told = |record: &Value| {
        let reasons = types(&record["reasons"], "type");
        let (who, count, done) = (&record["header_from"], &record["count"], &record["disposition"]);
        row(&json!([who, done, reasons, word(&record["dkim"]), word(&record["spf"]), count]))
    };
    let mut by_us: Vec<String> = read["records"].as_array().unwrap().iter().map(told).collect();
    by_us.sort();
    assert_eq!(by_us, by_them, "{read}");
    by_us
}

/// Holds a report against what peers and this program say of it; answers whose it is and its rows.
fn check(house: &House, one: &Arrived, report: &Value, form: Form, python: &Path) -> (String, Vec<String>) {
    let (metadata, domain) = (&report["report_metadata"], report["policy_published"]["domain"].clone());
    let (domain, id) = (domain.as_str().unwrap(), metadata["report_id"].as_str().unwrap());
    let (xml, name) = document(python, &one.path);
    assert_eq!(is_valid(&xml), form == Form::Rfc9990, "{domain}");

    let subject = format!("Report Domain: {domain} Submitter: mox.lab.test Report-ID: <{id}>");
    assert_eq!(one.listed["subject"], subject);
    assert_eq!(metadata["org_email"], "postmaster@mox.lab.test");
    let words: Vec<&str> = name.split('!').collect();
    let [receiver, about, begin, end, unique] = words.as_slice() else { panic!("{name}") };
    assert_eq!((*receiver, *about), ("mox.lab.test", domain), "{name}");
    assert_eq!(*unique, format!("{id}.xml.gz"), "{name}");
    let (begin, end): (u64, u64) = (begin.parse().unwrap(), end.parse().unwrap());
    assert_eq!((begin % 86_400, end - begin), (0, 86_399), "{name}");
    let text = std::fs::read_to_string(&one.path).unwrap();
    assert!(text.contains("From: postmaster@mox.lab.test\r\n"), "{text}");
    assert!(text.contains(&format!("Message-ID: <{id}.")), "{text}");
    // Signed by the domain in From, so aligned.
    verified_by_dkimpy(python, &one.path, house.base + 53, &[]);

    let [made] = array(house.json(&["dmarc", "history", domain, "--json"])).try_into().unwrap();
    assert_eq!(made["report_id"], id, "{made}");
    assert_eq!(made["file_name"], name, "{made}");
    assert_eq!(made["outcome"], "delivered", "{made}");
    let address = format!("mailto:{}", one.listed["to"].as_str().unwrap());
    assert_eq!(made["destinations"][0]["uri"], address, "{made}");
    (domain.to_owned(), rows(house, &one.path, report))
}

/// The same of all that arrived.
fn check_all(house: &House, folder: &Path, form: Form, (parsedmarc, python): &(PathBuf, PathBuf)) -> Rows {
    let messages = arrived(house, folder);
    let paths: Vec<&Path> = messages.iter().map(|one| one.path.as_path()).collect();
    let reports = read(parsedmarc, &paths);
    let of = |one: &Arrived| {
        let subject = one.listed["subject"].as_str().unwrap();
        let its = |report: &&Value| {
            subject.ends_with(&format!("<{}>", report["report_metadata"]["report_id"].as_str().unwrap()))
        };
        reports.iter().find(its).unwrap_or_else(|| panic!("parsedmarc read no report of {subject}"))
    };
    let found: Rows = messages.iter().map(|one| check(house, one, of(one), form, python)).collect();
    assert_eq!(found.len(), messages.len(), "one to each");
    found
}

/// Removes the domains whose reports nobody gets, after a look at what history says of each.
fn nobody_gets(history: &[Value], expected: &mut Rows) {
    for (domain, why) in NOBODY {
        let row = history.iter().find(|row| row["policy_domain"] == domain).unwrap();
        assert_eq!(row["outcome"], "discarded", "{row}");
        assert!(row["why"].as_str().unwrap().contains(why), "{row}");
        expected.remove(domain);
    }
}

/// What is needed to look at reports: parsedmarc, and a Python for dkimpy. `None`: skipped.
fn peers() -> Option<(PathBuf, PathBuf)> {
    installed(&["xmllint"]).then_some(())?;
    Some((parsedmarc()?, python_with("dkim, nacl, dns.resolver")?))
}

#[test]
fn when_the_day_is_over_each_domain_is_told_what_the_table_says() {
    let Some(peers) = peers() else { return };
    for (options, fate) in [(&[] as &[&str], "recorded"), (&["--enforce"], "enforced")] {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::start(&folder.path().join("house"), &[&ONE_ATTEMPT, options].concat());
        let mut expected = send_all(&house, folder.path(), fate);
        house.mox(&["lab", "step", "dmarc-rua-vanishes.lab.test"]);
        let history = the_day_ends(&house, expected.len());
        let domains: Vec<&str> = history.iter().map(|row| row["policy_domain"].as_str().unwrap()).collect();
        assert_eq!(
            domains.iter().copied().collect::<BTreeSet<_>>(),
            expected.keys().map(String::as_str).collect()
        );
        assert_eq!(domains.len(), expected.len(), "{fate}: one of each");
        nobody_gets(&history, &mut expected);
        let found = check_all(&house, folder.path(), Form::Rfc9990, &peers);
        expected.values_mut().for_each(|rows| rows.sort());
        assert_eq!(found, expected, "{fate}");
        house.stop();
        house.verify();
    }
}

#[test]
fn a_receiver_that_reads_the_old_form_alone_is_told_the_same_in_it() {
    let Some(peers) = peers() else { return };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("house");
    let mut house = House::start(&dir, &ONE_ATTEMPT);
    house.stop();
    let conf = dir.join("mox.conf");
    let mut text = std::fs::read_to_string(&conf).unwrap();
    text.push_str("OutgoingDMARCReportsRFC7489:\n\t- rua.lab.test\n");
    std::fs::write(&conf, text).unwrap();
    house.restart();
    // The old form has no word for what was done with the first, and none for why with the second.
    let names = ["dmarc-pass.lab.test", "dmarc-testing-quarantine.lab.test"];
    for name in names {
        let message = format!("From: <amy@{name}>\r\nSubject: {name}\r\n\r\nhello\r\n");
        assert_eq!(send(&house, &format!("amy@{name}"), &message), 250);
    }
    the_day_ends(&house, 2);
    let found = check_all(&house, folder.path(), Form::Rfc7489, &peers);
    let row = |name: &str, reasons: &[&str], spf: &str| {
        (name.to_owned(), vec![row(&json!([name, "none", reasons, "fail", spf, 1]))])
    };
    let expected = [row(names[0], &[], "pass"), row(names[1], &["other"], "fail")];
    assert_eq!(found, Rows::from(expected));
}

#[test]
fn domains_that_report_to_each_other_come_to_rest() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::start(&folder.path().join("house"), &ONE_ATTEMPT);
    for name in ["dmarc-loop-a.lab.test", "dmarc-loop-b.lab.test"] {
        let message = format!("From: <amy@{name}>\r\nSubject: {name}\r\n\r\nhello\r\n");
        assert_eq!(send(&house, &format!("amy@{name}"), &message), 250);
    }
    let rows = the_day_ends(&house, 2);
    assert!(rows.iter().all(delivered), "{rows:#?}");
    let messages = house.messages().len();
    for _ in 0..6 {
        house.mox(&["lab", "advance", "midnight"]);
        for _ in 0..3 {
            house.mox(&["lab", "advance", "2h"]);
        }
    }
    assert_eq!(history(&house).len(), 2, "no report was caused by a report");
    assert_eq!(house.messages().len(), messages);
    assert_eq!(house.json(&["dmarc", "results", "--json"]), json!([]));
}
