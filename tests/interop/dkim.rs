//! Signatures made here verify with dkimpy, OpenDKIM and Mail::DKIM, and theirs here: a thousand odd messages each way,
//! all canonicalisations, RSA and Ed25519 (RSA alone with Mail::DKIM). Chains that dkimpy seals verify here.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use mox_clock::Timestamp;
use mox_dkim::arc::{self, ArcResult};
use mox_dkim::{DkimResult, Limits, SignOptions, Signer, SigningKey, Verifier};
use mox_dns::sim::SimResolver;
use mox_message::lineends::LineEnds;

use crate::milter::Milter;
use crate::peers::{Chance, file, installed, program, python_with, run, skip};

/// How many messages; about one in six is not given to those who take only messages that mail servers could give.
const MESSAGES: usize = 1700;

/// How many are sealed.
const SEALED: usize = 60;

/// Most bytes of failures that are shown.
const MAX_SHOWN: usize = 10_000;

const WAYS: [&str; 4] = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"];

/// Keys, messages, and the folders they are written to for others.
struct Bench {
    folder: tempfile::TempDir,
    rsa: Arc<SigningKey>,
    ed: Arc<SigningKey>,
    dns: SimResolver,
    messages: Vec<Vec<u8>>,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let rsa = SigningKey::generate_rsa(2048).unwrap();
        let ed = SigningKey::generate_ed25519().unwrap();
        let (mut keys, mut zone) = (String::new(), String::new());
        for (selector, key) in [("rsa", &rsa), ("ed", &ed)] {
            std::fs::write(folder.path().join(format!("{selector}.pem")), key.to_pem().unwrap()).unwrap();
            let name = format!("{selector}._domainkey.example.org");
            let record = key.record().unwrap();
            writeln!(keys, "{name} {record}").unwrap();
            let strings: Vec<String> = record.strings().iter().map(|s| format!("\"{s}\"")).collect();
            writeln!(zone, "{name} TXT {}", strings.join(" ")).unwrap();
        }
        std::fs::write(folder.path().join("keys"), keys).unwrap();
        let mut chance = Chance::new();
        let messages = (0..MESSAGES).map(|_| message(&mut chance)).collect();
        let dns = SimResolver::from_zone(&zone).unwrap();
        Bench { folder, rsa: Arc::new(rsa), ed: Arc::new(ed), dns, messages }
    }

    /// A folder with the keys and these messages, `NNNN.eml`.
    fn lay_out(&self, name: &str, messages: impl Iterator<Item = (usize, Vec<u8>)>) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::copy(self.folder.path().join("keys"), folder.join("keys")).unwrap();
        for (number, message) in messages {
            std::fs::write(folder.join(file_name(number)), message).unwrap();
        }
        folder
    }

    fn key(&self, selector: &str) -> PathBuf {
        self.folder.path().join(format!("{selector}.pem"))
    }

    /// Whether the last line has its end. OpenDKIM (relaxed) and Mail::DKIM (simple) do not add it, which the RFC
    /// asks for; in SMTP it is always there.
    fn is_ended(&self, number: usize) -> bool {
        self.messages[number].ends_with(b"\n")
    }

    /// The message signed here.
    fn sign(&self, number: usize) -> Vec<u8> {
        let mut message = Vec::new();
        LineEnds::default().mend(&self.messages[number], &mut |piece| message.extend_from_slice(piece));
        let (selector, key) = if is_ed(number) { ("ed", &self.ed) } else { ("rsa", &self.rsa) };
        let mut options = SignOptions::new("example.org".parse().unwrap(), selector);
        options.canonicalization = WAYS[number % 4].parse().unwrap();
        options.oversign = !number.is_multiple_of(3);
        options.headers.extend(["X-Odd".to_owned(), "Received".to_owned()]);
        let mut signer = Signer::new(vec![(options, Arc::clone(key))]);
        message.chunks(1 + number).for_each(|piece| signer.write(piece));
        let mut signed = signer.finish(now()).unwrap().into_bytes();
        signed.extend_from_slice(&message);
        signed
    }

    /// The results of a message, and what is known of them.
    fn verify(&self, message: &[u8]) -> (DkimResult, String) {
        let mut verifier = Verifier::new(Limits::default());
        message.chunks(997).for_each(|piece| verifier.write(piece));
        let signatures = wait(verifier.finish(&self.dns, now()));
        (mox_dkim::summary(&signatures), format!("{signatures:?}"))
    }

    /// All messages signed by another program, in `NNNN.out`, must pass here.
    fn theirs_pass(&self, peer: &str, folder: &Path, numbers: impl Iterator<Item = usize>) {
        let mut failed = String::new();
        let mut count = 0;
        for number in numbers {
            let path = folder.join(file_name(number)).with_extension("out");
            let signed = std::fs::read(&path).unwrap_or_else(|e| panic!("{peer}: {}: {e}", path.display()));
            let (result, detail) = self.verify(&signed);
            if result != DkimResult::Pass && failed.len() < MAX_SHOWN {
                writeln!(failed, "{number} {} {detail}\n{}", WAYS[number % 4], signed.escape_ascii())
                    .unwrap();
            }
            count += 1;
        }
        assert!(failed.is_empty(), "{peer} signed these, and they do not verify here:\n{failed}");
        eprintln!("{peer}: {count} messages signed there verify here");
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_secs(since.as_secs() as i64 + 5)
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn is_ed(number: usize) -> bool {
    number / 4 % 2 == 1
}

fn file_name(number: usize) -> String {
    format!("{number:04}.eml")
}

/// A message as odd as programs make them. Lines end with CRLF, or all with LF.
fn message(chance: &mut Chance) -> Vec<u8> {
    let mut text = String::new();
    for name in ["Received", "received", "From", "To", "Cc", "subject", "Date", "X-Odd", "X-odd", "List-Id"] {
        let wanted = name == "From" || chance.below(3) > 0;
        if wanted {
            write!(text, "{name}:{}\r\n", value(chance, name == "From")).unwrap();
        }
    }
    text.push_str("\r\n");
    let lines = [0, 0, 1, 3, 8, 30][chance.below(6) as usize];
    for _ in 0..lines {
        text.push_str(&line(chance));
        text.push_str("\r\n");
    }
    match chance.below(6) {
        0 => text.push_str("\r\n\r\n\r\n"),
        1 => text.push_str(" \r\n\t \r\n"),
        2 => text.push_str("   \r\n\r\n"),
        // A last line without its end; white space at its end would be judged differently by others.
        3 => text.push_str("no end"),
        _ => {}
    }
    if chance.below(8) == 0 { text.replace("\r\n", "\n").into_bytes() } else { text.into_bytes() }
}

/// White space, words and folds.
fn value(chance: &mut Chance, from: bool) -> String {
    let mut value = [" ", "", "  ", "\t", "\r\n ", "\r\n\t  "][chance.below(6) as usize].to_owned();
    value.push_str(if from { "\"Amélie (a; b)\" <amy@example.org>" } else { "x" });
    for _ in 0..chance.below(9) {
        value.push_str(
            [" ", "  ", "\t", "\r\n ", "\r\n\t", " \r\n  ", " \t \r\n \t "][chance.below(7) as usize],
        );
        value.push_str(
            ["word", "a:b;c=d", "grüße", "=?utf-8?q?x?=", ";", "(c", "日本"][chance.below(7) as usize],
        );
    }
    value.push_str(["", "", "", " ", "\t"][chance.below(5) as usize]);
    value
}

fn line(chance: &mut Chance) -> String {
    match chance.below(9) {
        0 => String::new(),
        1 => " \t ".to_owned(),
        2 => format!("\t{}  \t", chance.text(20)),
        3 => "x".repeat(900 + chance.below(99) as usize),
        4 => "y z\t".repeat(200),
        5 => ".".to_owned(),
        6 => "Zwölf Boxkämpfer jagen Viktor \u{a0} quer über den Sylter Deich ".to_owned(),
        7 => "From here  to   there\t\tand back".to_owned(),
        _ => chance.text(60),
    }
}

/// The results that a program prints, `NNNN.eml RESULT` a line.
fn results(output: &str) -> BTreeMap<usize, String> {
    output
        .lines()
        .filter_map(|line| {
            let (name, result) = line.split_once(' ')?;
            Some((name.strip_suffix(".eml")?.parse().ok()?, result.to_owned()))
        })
        .collect()
}

/// Every one of these must have the result; what differs is shown with its message.
fn all_are(
    peer: &str,
    wanted: &str,
    folder: &Path,
    numbers: impl Iterator<Item = usize>,
    got: &BTreeMap<usize, String>,
) {
    let mut wrong = String::new();
    let mut count = 0;
    for number in numbers {
        let result = got.get(&number).map_or("no result", String::as_str);
        if result != wanted && wrong.len() < MAX_SHOWN {
            let message = std::fs::read(folder.join(file_name(number))).unwrap();
            writeln!(wrong, "{number} {}: {result}\n{}", WAYS[number % 4], message.escape_ascii()).unwrap();
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{peer} should say {wanted}:\n{wrong}");
    eprintln!("{peer}: {count} messages {wanted}");
}

/// A name server that has these TXT records and no others.
fn name_server(keys: BTreeMap<String, String>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut packet = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            let (mut labels, mut at) = (Vec::new(), 12);
            while packet[at] != 0 {
                let end = at + 1 + usize::from(packet[at]);
                labels.push(String::from_utf8_lossy(&packet[at + 1..end]).to_lowercase());
                at = end;
            }
            let question = &packet[12..at + 5];
            assert!(question.len() + 12 <= length);
            let text = keys.get(&labels.join(".")).filter(|_| question.ends_with(&[0, 16, 0, 1]));
            let mut answer = packet[..2].to_vec();
            answer.extend_from_slice(if text.is_some() { &[0x81, 0x80] } else { &[0x81, 0x83] });
            answer.extend_from_slice(&[0, 1, 0, text.is_some().into(), 0, 0, 0, 0]);
            answer.extend_from_slice(question);
            if let Some(text) = text {
                let strings: Vec<u8> = text
                    .as_bytes()
                    .chunks(255)
                    .flat_map(|s| std::iter::once(s.len() as u8).chain(s.iter().copied()))
                    .collect();
                answer.extend_from_slice(&[0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
                answer.extend_from_slice(&(strings.len() as u16).to_be_bytes());
                answer.extend_from_slice(&strings);
            }
            let _ = socket.send_to(&answer, from);
        }
    });
    address
}

#[test]
fn commands_make_keys_sign_and_verify() {
    let folder = tempfile::tempdir().unwrap();
    let mox = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mox"));
        command.args(arguments).current_dir(folder.path()).stdin(std::process::Stdio::null());
        command.output().unwrap()
    };
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let mut keys = BTreeMap::new();
    for (selector, make) in [("rsa", "genrsa"), ("ed", "gened25519")] {
        let file = format!("{selector}.pem");
        write(&file, &mox(&["dkim", make]).stdout);
        let record = String::from_utf8(mox(&["dkim", "txt", &file]).stdout).unwrap();
        keys.insert(format!("{selector}._domainkey.example.org"), record.trim().to_owned());
    }
    let server = name_server(keys).to_string();
    write("plain.eml", b"From: amy@example.org\nSubject: hello\n\nhello\n");
    let sign = ["dkim", "sign", "--domain", "example.org", "--selector", "rsa", "--key", "rsa.pem"];
    let signed = mox(&[&sign[..], &["--selector", "ed", "--key", "ed.pem", "plain.eml"]].concat()).stdout;
    write("signed.eml", &signed);
    write("unix.eml", &String::from_utf8_lossy(&signed).replace("\r\n", "\n").into_bytes());
    write(
        "changed.eml",
        &String::from_utf8_lossy(&signed).replace("Subject: hello", "Subject: hullo").into_bytes(),
    );
    for (file, code, results) in [
        ("signed.eml", 0, &["pass", "pass"][..]),
        ("unix.eml", 0, &["pass", "pass"]),
        ("changed.eml", 3, &["fail", "fail"]),
        ("plain.eml", 3, &[]),
    ] {
        let output = mox(&["dkim", "verify", file, "--json", "--dnssec", "off", "--resolver", &server]);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let got: Vec<_> = json.as_array().unwrap().iter().map(|s| s["result"].as_str().unwrap()).collect();
        assert_eq!((output.status.code(), got.as_slice()), (Some(code), results), "{file}: {output:?}");
    }
    for (selector, code) in [("rsa", 0), ("ed", 0), ("none", 3)] {
        let output =
            mox(&["dkim", "lookup", selector, "example.org", "--dnssec", "off", "--resolver", &server]);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
    let output = mox(&["arc", "verify", "signed.eml", "--json", "--dnssec", "off", "--resolver", &server]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &json["result"]), (Some(0), &"none".into()));
}

#[test]
fn dkimpy_and_mox_agree_on_a_thousand_messages() {
    let Some(python) = python_with("dkim, nacl, authres") else { return };
    let script = |arguments: &[&Path]| {
        let mut command = Command::new(&python);
        let output = run(command.arg(file("dkim/dkimpy.py")).args(arguments));
        results(&output)
    };
    let bench = Bench::new();
    let folder = bench.lay_out("ours", (0..MESSAGES).map(|n| (n, bench.sign(n))));
    all_are("dkimpy", "pass", &folder, 0..MESSAGES, &script(&[Path::new("verify"), &folder]));

    let folder = bench.lay_out("theirs", bench.messages.iter().cloned().enumerate());
    let signed = script(&[Path::new("sign"), &folder, &bench.key("rsa"), &bench.key("ed")]);
    all_are("dkimpy", "signed", &folder, 0..MESSAGES, &signed);
    bench.theirs_pass("dkimpy", &folder, 0..MESSAGES);

    let folder = bench.lay_out("sealed", bench.messages.iter().take(SEALED).cloned().enumerate());
    let sealed = script(&[Path::new("seal"), &folder, &bench.key("rsa")]);
    all_are("dkimpy", "sealed", &folder, 0..SEALED, &sealed);
    for number in 0..SEALED {
        let message = std::fs::read(folder.join(file_name(number)).with_extension("out")).unwrap();
        let mut verifier = arc::Verifier::new();
        message.chunks(997).for_each(|piece| verifier.write(piece));
        let chain = wait(verifier.finish(&bench.dns, now()));
        assert_eq!(chain.result, ArcResult::Pass, "{chain:#?}\n{}", message.escape_ascii());
        assert_eq!((chain.instances as usize, chain.oldest_pass), (1 + number % 3, Some(0)));
    }
}

#[test]
fn opendkim_and_mox_agree_on_a_thousand_messages() {
    if !installed(&["opendkim"]) {
        return;
    }
    let bench = Bench::new();
    let numbers = || (0..MESSAGES).filter(|n| bench.is_ended(*n));
    let folder = bench.lay_out("ours", numbers().map(|n| (n, bench.sign(n))));
    let mut milter = Milter::opendkim(&folder, "Mode v");
    let mut verified = BTreeMap::new();
    for number in numbers() {
        let added = milter.add(&std::fs::read(folder.join(file_name(number))).unwrap());
        let added = String::from_utf8(added).unwrap();
        let result = if added.contains("dkim=pass") { "pass".to_owned() } else { added };
        verified.insert(number, result);
    }
    drop(milter);
    all_are("opendkim", "pass", &folder, numbers(), &verified);

    // OpenDKIM 2.11 makes Ed25519 signatures over simple headers that neither it nor dkimpy verifies.
    let numbers = || numbers().filter(|n| !is_ed(*n) || WAYS[n % 4].starts_with("relaxed"));
    let folder = bench.lay_out("theirs", std::iter::empty());
    for (way, canonicalization) in WAYS.iter().enumerate() {
        for ed in [false, true] {
            let (selector, algorithm) = if ed { ("ed", "ed25519-sha256") } else { ("rsa", "rsa-sha256") };
            let config = format!(
                "Mode s\nDomain example.org\nSelector {selector}\nKeyFile {}\nSignatureAlgorithm {algorithm}\n\
                 Canonicalization {canonicalization}\nOversignHeaders From,Subject\n",
                bench.key(selector).display()
            );
            let mut milter = Milter::opendkim(&folder, &config);
            for number in numbers().filter(|n| n % 4 == way && is_ed(*n) == ed) {
                let mut message = Vec::new();
                LineEnds::default()
                    .mend(&bench.messages[number], &mut |piece| message.extend_from_slice(piece));
                let mut signed = milter.add(&message);
                signed.extend_from_slice(&message);
                std::fs::write(folder.join(file_name(number)).with_extension("out"), signed).unwrap();
            }
        }
    }
    bench.theirs_pass("opendkim", &folder, numbers());
}

#[test]
fn mail_dkim_and_mox_agree_on_rsa() {
    let there = program("perl").is_some_and(|perl| {
        let mut probe = Command::new(perl);
        probe.args(["-MMail::DKIM::Verifier", "-MNet::DNS", "-e", "1"]).stderr(std::process::Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    });
    if !there {
        skip("perl with Mail::DKIM not installed");
        return;
    }
    let script = |arguments: &[&Path]| {
        let mut command = Command::new("perl");
        results(&run(command.arg(file("dkim/maildkim.pl")).args(arguments)))
    };
    let bench = Bench::new();
    let numbers = || (0..MESSAGES).filter(|n| !is_ed(*n) && bench.is_ended(*n));
    let folder = bench.lay_out("ours", numbers().map(|n| (n, bench.sign(n))));
    all_are("Mail::DKIM", "pass", &folder, numbers(), &script(&[Path::new("verify"), &folder]));
    let folder = bench.lay_out("theirs", numbers().map(|n| (n, bench.messages[n].clone())));
    let signed = script(&[Path::new("sign"), &folder, &bench.key("rsa")]);
    all_are("Mail::DKIM", "signed", &folder, numbers(), &signed);
    bench.theirs_pass("Mail::DKIM", &folder, numbers());
}
