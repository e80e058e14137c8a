//! DNSSEC verdicts equal those of unbound, on every name of signed, unsigned, forged, expired and misdelegated zones that
//! nsd serves below a root of their own (`dnssec/zones.sh`). RFC 4035 §4.3, RFC 5155.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::peers::{file, installed, program, run};

const TYPES: [(&str, u16); 11] = [
    ("a", 1),
    ("ns", 2),
    ("cname", 5),
    ("soa", 6),
    ("ptr", 12),
    ("mx", 15),
    ("txt", 16),
    ("aaaa", 28),
    ("srv", 33),
    ("tlsa", 52),
    ("caa", 257),
];

/// Zones with every kind of name, and those with a few.
const LARGE: [&str; 8] =
    ["n.test", "n3.test", "oo.test", "it.test", "u.test", "exp.test", "tam.test", "tam3.test"];
const SMALL: [&str; 18] = [
    "u.n.test",
    "s.n.test",
    "u.n3.test",
    "s.n3.test",
    "u.oo.test",
    "s.oo.test",
    "us.test",
    "rsa.test",
    "rsa512.test",
    "p384.test",
    "ed.test",
    "split.test",
    "fut.test",
    "ds.test",
    "ds2.test",
    "alg.test",
    "digest.test",
    "stripped.test",
];

/// Names within a large zone, with the types asked for beside A and MX.
const NAMES: [(&str, &[&str]); 33] = [
    ("mx", &["txt", "aaaa"]),
    ("www", &["cname"]),
    ("nothing", &["txt", "cname"]),
    ("below.www", &["txt"]),
    ("far.below.nothing", &["tlsa"]),
    ("1.rev", &["ptr"]),
    ("rev", &["ptr"]),
    ("_25._tcp.mx", &["tlsa"]),
    ("_26._tcp.mx", &["tlsa"]),
    ("_tcp.mx", &["tlsa"]),
    ("_imaps._tcp", &["srv"]),
    ("nosig", &["txt"]),
    ("nonsec", &["txt"]),
    ("deep.b.ent", &["txt"]),
    ("b.ent", &["txt"]),
    ("other.ent", &["txt"]),
    ("long", &["txt"]),
    ("any.wild", &["txt", "aaaa", "tlsa"]),
    ("any.deep.wild", &["txt", "soa"]),
    ("wild", &["txt"]),
    ("*.wild", &["txt", "srv"]),
    ("known.wild", &["txt"]),
    ("below.known.wild", &["txt"]),
    ("sel._domainkey", &["txt", "cname"]),
    ("a.b._domainkey", &["txt"]),
    ("known._domainkey", &["txt"]),
    ("any.alias", &["cname"]),
    ("any.out", &["cname", "txt"]),
    ("chain", &["cname"]),
    ("nowhere", &["cname"]),
    ("outnowhere", &["cname"]),
    ("towild", &["txt", "aaaa"]),
    ("www.tree", &["txt", "cname"]),
];

/// Where the aliases `to-X` and `all-X` lead.
const TARGETS: [&str; 11] = ["n", "n3", "oo", "it", "u", "us", "tam", "exp", "ds", "u.oo", "s.oo"];

type Question = (String, &'static str);

/// Every name and type to ask for.
fn questions() -> BTreeSet<Question> {
    let mut all = BTreeSet::new();
    let kind = |word: &str| TYPES.iter().find(|(known, _)| *known == word).unwrap().0;
    for zone in LARGE.into_iter().chain(SMALL).chain(["test", "apex.test"]) {
        for (kind, _) in TYPES {
            all.extend([(zone.to_owned(), kind), (format!("all.{zone}"), kind)]);
        }
        for word in ["a", "mx"] {
            all.extend(
                ["www", "mx", "nothing", "any.wild"].map(|name| (format!("{name}.{zone}"), kind(word))),
            );
        }
    }
    for zone in LARGE {
        for (name, more) in NAMES {
            let words = ["a", "mx"].iter().chain(more);
            all.extend(words.map(|word| (format!("{name}.{zone}"), kind(word))));
        }
        for target in TARGETS {
            all.insert((format!("to-{target}.{zone}"), "a"));
            all.insert((format!("to-{target}.{zone}"), "txt"));
        }
    }
    // Every type through aliases from a signed zone.
    for target in TARGETS {
        all.extend(TYPES.map(|(kind, _)| (format!("all-{target}.n.test"), kind)));
    }
    all.extend(["loop1.n.test", "loop1.n3.test", "loop2.u.test"].map(|name| (name.to_owned(), "a")));
    all.extend(["a", "soa", "ns", "mx"].map(|word| (".".to_owned(), kind(word))));
    all.extend(["nothing", "nothing.at.all", "ns.test"].map(|name| (name.to_owned(), "a")));
    all
}

/// What is said of a question: the status, and whether there are records.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    status: String,
    result: String,
}

impl Verdict {
    fn new(status: &str, result: &str) -> Verdict {
        Verdict { status: status.to_owned(), result: result.to_owned() }
    }
}

#[test]
fn verdicts_equal_those_of_unbound() {
    let Some(lab) = Lab::start() else { return };
    let (server, anchor) = (lab.plain.to_string(), lab.folder.path().join("root.key"));
    lab.compare(&["--resolver", &server, "--dnssec", "validate", "--trust-anchor", anchor.to_str().unwrap()]);
}

#[test]
fn a_resolver_that_validates_is_believed() {
    let Some(lab) = Lab::start() else { return };
    lab.compare(&["--resolver", &lab.validating.to_string(), "--dnssec", "trust-ad"]);
}

/// The zones, a name server for them, and two resolvers.
struct Lab {
    folder: tempfile::TempDir,
    /// Validates.
    validating: SocketAddr,
    /// Does not.
    plain: SocketAddr,
    servers: Vec<Child>,
}

impl Lab {
    /// `None` where a peer is not installed.
    fn start() -> Option<Lab> {
        if !installed(&["nsd", "unbound", "ldns-signzone", "ldns-keygen", "bash"]) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let ports: Vec<String> = free_ports().iter().map(ToString::to_string).collect();
        run(Command::new("bash").arg(file("dnssec/zones.sh")).arg(folder.path()).args(&ports));
        let address = |port: &str| SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
        let (validating, plain) = (address(&ports[1]), address(&ports[2]));
        let path = |name: &str| folder.path().join(name);
        let servers = vec![
            serve("nsd", &path("nsd.conf"), &path("nsd.out")),
            serve("unbound", &path("validating.conf"), &path("validating.out")),
            serve("unbound", &path("plain.conf"), &path("plain.out")),
        ];
        let lab = Lab { folder, validating, plain, servers };
        for server in [lab.validating, lab.plain] {
            let deadline = Instant::now() + Duration::from_secs(30);
            while ask(server, "www.n.test", 1, false).is_none_or(|reply| reply.code != 0) {
                assert!(Instant::now() < deadline, "{}", lab.logs());
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Some(lab)
    }

    fn logs(&self) -> String {
        let names = ["nsd.out", "nsd.log", "validating.out", "validating.log", "plain.out", "plain.log"];
        let read = |name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        names.map(|name| format!("{name}:\n{}", read(name))).join("\n")
    }

    /// What unbound says.
    fn theirs(&self, name: &str, kind: u16) -> Verdict {
        let answer = |check| ask(self.validating, name, kind, check).unwrap();
        let reply = answer(false);
        let status = match (reply.code, reply.authentic) {
            (0 | 3, true) => "secure",
            (0 | 3, false) => "insecure",
            // Forged, when there is an answer for who does not want it checked.
            _ if matches!(answer(true).code, 0 | 3) => "bogus",
            _ => "indeterminate",
        };
        let result = match (status, reply.code, reply.records) {
            ("bogus", ..) => "bogus",
            ("indeterminate", ..) => "error",
            (_, 3, _) => "nxdomain",
            (_, _, 0) => "nodata",
            _ => "records",
        };
        Verdict::new(status, result)
    }

    /// Asks both everything, and wants no difference.
    fn compare(&self, options: &[&str]) {
        let questions: Vec<Question> = questions().into_iter().collect();
        let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let (name, kind) = question;
                        let number = TYPES.iter().find(|(word, _)| word == kind).unwrap().1;
                        let verdicts = (ours(options, kind, name), self.theirs(name, number));
                        found.lock().unwrap().insert(question.clone(), verdicts);
                    }
                });
            }
        });
        let found = found.into_inner().unwrap();
        assert_eq!(found.len(), questions.len());
        let mut wrong = Vec::new();
        for ((name, kind), ((ours, report), theirs)) in &found {
            if ours != theirs {
                wrong.push(format!(
                    "{kind} {name}: {} {}, unbound {} {}\n    {report}",
                    ours.status, ours.result, theirs.status, theirs.result
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} of {} differ:\n{}",
            wrong.len(),
            found.len(),
            wrong[..wrong.len().min(40)].join("\n")
        );
        // That both agree means little unless the zones are what they should be.
        for (kind, _) in TYPES {
            let name = |zone: &str| {
                let apex = matches!(kind, "ns" | "soa");
                if apex { format!("{zone}.test") } else { format!("all.{zone}.test") }
            };
            for (zone, status) in
                [("n", "secure"), ("n3", "secure"), ("oo", "secure"), ("u", "insecure"), ("exp", "bogus")]
            {
                let verdict = &found[&(name(zone), kind)].1;
                let result = match (status, kind) {
                    ("bogus", _) => "bogus",
                    (_, "cname") => "nodata",
                    _ => "records",
                };
                assert_eq!(*verdict, Verdict::new(status, result), "{kind} {}", name(zone));
            }
        }
        for (name, kind, status, result) in [
            ("nothing.n.test", "a", "secure", "nxdomain"),
            ("nothing.n3.test", "a", "secure", "nxdomain"),
            ("nothing.oo.test", "a", "insecure", "nxdomain"),
            ("www.n.test", "mx", "secure", "nodata"),
            ("www.n3.test", "mx", "secure", "nodata"),
            ("b.ent.n3.test", "txt", "secure", "nodata"),
            ("nothing.u.test", "a", "insecure", "nxdomain"),
            ("nothing.exp.test", "a", "bogus", "bogus"),
            ("nothing.tam3.test", "a", "bogus", "bogus"),
            ("nosig.tam.test", "a", "bogus", "bogus"),
            ("nonsec.tam.test", "txt", "bogus", "bogus"),
            ("sel._domainkey.n.test", "txt", "secure", "records"),
            ("sel._domainkey.n3.test", "txt", "secure", "records"),
            ("any.wild.tam.test", "a", "bogus", "bogus"),
            ("to-n3.n.test", "a", "secure", "records"),
            ("to-u.n.test", "a", "insecure", "records"),
            ("to-n.u.test", "a", "insecure", "records"),
            ("to-exp.n.test", "a", "bogus", "bogus"),
            ("to-exp.u.test", "a", "bogus", "bogus"),
            ("www.ds.test", "a", "bogus", "bogus"),
            ("www.ds2.test", "a", "secure", "records"),
            ("www.stripped.test", "a", "bogus", "bogus"),
            ("www.fut.test", "a", "bogus", "bogus"),
            ("www.us.test", "a", "insecure", "records"),
            ("www.alg.test", "a", "insecure", "records"),
            ("www.digest.test", "a", "insecure", "records"),
            ("www.ed.test", "a", "secure", "records"),
            (".", "soa", "secure", "records"),
        ] {
            assert_eq!(
                found[&(name.to_owned(), kind)].1,
                Verdict::new(status, result),
                "unbound: {kind} {name}"
            );
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // Asked politely, nsd ends its own processes, too.
        for server in &mut self.servers {
            let _ = Command::new("kill").arg(server.id().to_string()).status();
        }
        for server in &mut self.servers {
            let _ = server.wait();
        }
    }
}

fn serve(name: &str, config: &Path, output: &PathBuf) -> Child {
    let log = std::fs::File::create(output).unwrap();
    Command::new(program(name).unwrap())
        .args(["-d", "-c"])
        .arg(config)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Ports of 127.0.0.1 that nobody has, neither for UDP nor for TCP.
fn free_ports() -> [u16; 3] {
    let mut held = Vec::new();
    while held.len() < 3 {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        if let Ok(udp) = UdpSocket::bind(("127.0.0.1", port)) {
            held.push((tcp, udp, port));
        }
    }
    [held[0].2, held[1].2, held[2].2]
}

/// What mox says, and its whole report.
fn ours(options: &[&str], kind: &str, name: &str) -> (Verdict, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_mox"))
        .args(["dns", "lookup", "--json", kind, name])
        .args(options)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{name}: {e}: {said}"));
    let text = |field: &str| report[field].as_str().unwrap().to_owned();
    let verdict = Verdict { status: text("status"), result: text("result") };
    let code = match verdict.result.as_str() {
        "records" => 0,
        "nodata" | "nxdomain" => 5,
        "bogus" => 3,
        _ => 1,
    };
    assert_eq!(output.status.code(), Some(code), "{report}");
    assert_eq!(report["authentic"], verdict.status == "secure", "{report}");
    assert_eq!(verdict.result == "records", !report["records"].as_array().unwrap().is_empty(), "{report}");
    (verdict, report.to_string())
}

/// The reply of a name server, as far as it matters here.
struct Reply {
    code: u8,
    authentic: bool,
    /// How many records of the type asked for it holds.
    records: usize,
}

/// Asks over TCP, which has room for every answer. `None` when nobody listens.
fn ask(server: SocketAddr, name: &str, kind: u16, checking_disabled: bool) -> Option<Reply> {
    let mut stream = TcpStream::connect(server).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // Recursion and the AD bit are asked for.
    let flags = if checking_disabled { 0x0130u16 } else { 0x0120 };
    let mut query = [0x4d58, flags, 1, 0, 0, 0].map(u16::to_be_bytes).concat();
    for label in name.split('.').filter(|label| !label.is_empty()) {
        query.push(label.len() as u8);
        query.extend_from_slice(label.as_bytes());
    }
    query.push(0);
    query.extend([kind, 1].map(u16::to_be_bytes).concat());
    let mut framed = (query.len() as u16).to_be_bytes().to_vec();
    framed.extend(&query);
    stream.write_all(&framed).ok()?;
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut reply = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut reply).ok()?;
    let number = |at: usize| u16::from_be_bytes([reply[at], reply[at + 1]]);
    let mut at = query.len();
    let mut records = 0;
    for _ in 0..number(6) {
        while !matches!(reply[at], 0 | 0xc0..) {
            at += 1 + usize::from(reply[at]);
        }
        at += if reply[at] == 0 { 1 } else { 2 };
        records += usize::from(number(at) == kind);
        at += 10 + usize::from(number(at + 8));
    }
    Some(Reply { code: reply[3] & 15, authentic: reply[3] & 0x20 != 0, records })
}
