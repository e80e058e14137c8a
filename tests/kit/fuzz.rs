//! What must hold for any bytes from outside, one function per parser: no panic, bounds kept, and a round trip.
//!
//! libFuzzer calls these from `tests/fuzz`; `tests/fuzz_replay.rs` replays the kept corpora on stable Rust.

use std::fmt::{Debug, Display};
use std::path::Path;
use std::str::FromStr;

use mox_address::{Address, Domain, IpDomain, Localpart};
use mox_config::{Config, ser};
use mox_dmarc::record::{MAX_TAGS, MAX_URIS};
use mox_message::authres::{self, Claimed, MethodResult};
use mox_message::date;
use mox_message::encodedword;
use mox_message::param::Parameterized;
use mox_message::part::Tree;
use mox_message::{AddressList, Header, summary};
use mox_net::socks::{MAX_REPLY, Progress, reply};
use mox_smtp::{Command, DataReader, Findings, Syntax, dot_stuff, is_http};
use mox_spf::macros::{MacroString, Place, Values, to_name};

/// A check that panics when it fails.
pub type Target = fn(&[u8]);

/// A target's name, which is the name of its corpus folder, and its function.
pub const TARGETS: &[(&str, Target)] = &[
    ("address", address),
    ("api_request", api_request),
    ("authres", authres),
    ("autodiscover", autodiscover),
    ("config", config),
    ("dane_record", dane_record),
    ("data_reader", data_reader),
    ("dkim_record", dkim_record),
    ("dkim_signature", dkim_signature),
    ("dkim_verify", dkim_verify),
    ("dmarc_record", dmarc_record),
    ("dmarcrpt_failure", dmarcrpt_failure),
    ("dmarcrpt_report", dmarcrpt_report),
    ("dns_anchors", dns_anchors),
    ("dns_answer", dns_answer),
    ("dns_query", dns_query),
    ("dsn", dsn),
    ("headers", headers),
    ("inspect_html", inspect_html),
    ("inspect_report", inspect_report),
    ("maildir", maildir),
    ("mbox", mbox),
    ("mtasts_policy", mtasts_policy),
    ("mtasts_record", mtasts_record),
    ("rdap", rdap),
    ("smtp_command", smtp_command),
    ("socks_reply", socks_reply),
    ("spf", spf),
    ("tar", tar),
    ("tlsrpt_record", tlsrpt_record),
    ("tlsrpt_report", tlsrpt_report),
    ("unpack", unpack),
];

/// A request to the API, `METHOD TARGET`, media type and body a line each: it is answered with a status that fits, in
/// JSON, and nothing is deleted unless something was chosen.
pub fn api_request(bytes: &[u8]) {
    crate::api::request(bytes);
}

/// Authentication-Results of others: bounded, and what is read is written as one field that says the same.
pub fn authres(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some(claimed) = Claimed::parse(&text) else { return };
    assert!(!claimed.authserv_id.is_empty() && claimed.results.len() <= authres::MAX_RESULTS);
    let id = Domain::parse("mx.example").ok().into_iter();
    for (id, found) in id.cycle().zip(&claimed.results) {
        assert!(found.properties.len() <= authres::MAX_PROPERTIES);
        let value = found.properties.first().map_or("", |(_, value)| value.as_str());
        let result =
            MethodResult::spf_mail_from("pass", value).comment(value).reason(found.reason.as_deref());
        let field = authres::format(&id, &[result], true);
        assert_eq!(Header::of(field.as_bytes()).fields().count(), 1, "{field:?}");
        let (_, body) = field.split_once(':').unwrap_or_default();
        let again = Claimed::parse(&body.replace("\r\n", ""));
        assert_eq!(again.map(|claimed| claimed.results.len()), Some(1), "{field:?}");
    }
}

/// A DMARC record: bounded, and what is written asks for the same.
pub fn dmarc_record(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(record) = mox_dmarc::Record::parse(&text) else { return };
    assert!(
        record.rua.len() <= MAX_URIS && record.ruf.len() <= MAX_URIS && record.ignored.len() <= MAX_TAGS + 1
    );
    let written = record.to_string();
    let again = mox_dmarc::Record::parse(&written).unwrap_or_default();
    assert_eq!(again.to_string(), written);
    let asked =
        |r: &mox_dmarc::Record| (r.usable(), r.policy(), r.subdomain_policy(), r.nonexistent_policy());
    assert_eq!(asked(&again), asked(&record), "{written}");
    for uri in record.rua.iter().chain(&record.ruf) {
        if let Some(address) = &uri.address {
            let made = mox_dmarc::ReportUri::mailto(address);
            assert_eq!(mox_dmarc::ReportUri::parse(&made.uri).as_ref(), Some(&made));
        }
    }
}

/// A config file: the tree gives back the file byte by byte, errors point into the file, and what loads is written as
/// what loads.
pub fn config(bytes: &[u8]) {
    match mox_config::text::parse(bytes) {
        Ok(tree) => assert_eq!(tree.text().as_bytes(), bytes, "the tree is lossless"),
        Err(faults) => {
            assert!(!faults.is_empty() && faults.len() <= mox_config::MAX_PROBLEMS);
            let lines = bytes.split(|b| *b == b'\n').count();
            assert!(faults.iter().all(|fault| (1..=lines).contains(&(fault.at.line as usize))));
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let file = Path::new("mox.conf");
    for (server, dynamic) in [(text, CONFIG_DYNAMIC), (CONFIG_SERVER, text)] {
        match Config::parse(file, server, dynamic) {
            Err(errors) => assert!(!errors.to_string().is_empty()),
            Ok(config) => {
                let written =
                    (ser::to_text(&*config.server, &|_| None), ser::to_text(&config.dynamic, &|_| None));
                if let (Ok(server), Ok(dynamic)) = written {
                    let problems = Config::parse(file, &server, &dynamic).err();
                    assert!(problems.is_none(), "{problems:?}\n{server}\n{dynamic}");
                }
            }
        }
    }
}

/// Files for the other one to go with.
const CONFIG_SERVER: &str = "DataDir: d\nHostname: h.example\nListeners:\n\tl:\n\t\tIPs:\n\t\t\t- 192.0.2.1\n\t\tMTASTSHTTPS:\n\t\t\tEnabled: true\n\t\t\tNonTLS: true\n\t\t\tPort: 81\n\t\tWebserverHTTP:\n\t\t\tEnabled: true\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\nTransports:\n\tt: nil\n";
const CONFIG_DYNAMIC: &str =
    "Domains:\n\th.example: nil\nAccounts:\n\ta:\n\t\tDomain: h.example\n\tops:\n\t\tDomain: h.example\n";

/// A command line: what is valid by the book is valid for the lenient; errors become one clean 5xx reply.
pub fn smtp_command(line: &[u8]) {
    let lenient = Command::parse(line, Syntax::Lenient);
    let pedantic = Command::parse(line, Syntax::Pedantic);
    assert!(pedantic.is_err() || lenient.is_ok(), "pedantic accepts what lenient refuses");
    for error in [lenient.err(), pedantic.err()].into_iter().flatten() {
        let reply = error.reply();
        assert!(reply.is_permanent(), "{error}");
        let text = reply.to_string();
        assert!(text.ends_with("\r\n"), "{text:?}");
        let lines = text.trim_end_matches("\r\n").split("\r\n");
        assert!(lines.flat_map(str::chars).all(|c| !c.is_control()), "{text:?}");
    }
    is_http(line);
}

/// The answer of a SOCKS5 proxy: what is needed grows to an end within the bound, the rest changes nothing.
pub fn socks_reply(bytes: &[u8]) {
    let whole = reply(bytes);
    let mut length = 0;
    let stepwise = loop {
        match reply(bytes.get(..length).unwrap_or(bytes)) {
            Ok(Progress::Need(more)) => {
                assert!(more > length && more <= MAX_REPLY, "{more} after {length}");
                if more > bytes.len() {
                    break Ok(Progress::Need(more));
                }
                length = more;
            }
            other => break other,
        }
    };
    // A refusal can be known before all that the next step would read is there.
    assert!(whole == stepwise || whole.is_err(), "{whole:?} {stepwise:?}");
    if let Ok(Progress::Connected(end)) = whole {
        assert_eq!(end, length, "no byte of the destination is read");
    }
}

/// Message data: the first byte is the size of the chunks, the rest is what the client sends.
///
/// The end is where an independent search finds it, chunks change nothing, and what was read can be sent again.
pub fn data_reader(bytes: &[u8]) {
    let Some((size, input)) = bytes.split_first() else { return };
    let (message, findings, consumed, done) = read_all(DataReader::dotted(), input, input.len().max(1));
    let chunked = read_all(DataReader::dotted(), input, usize::from(*size).max(1));
    assert_eq!((&message, findings, consumed, done), (&chunked.0, chunked.1, chunked.2, chunked.3));
    let starts = std::iter::once(0)
        .chain(input.windows(2).enumerate().filter(|(_, w)| w == b"\r\n").map(|(at, _)| at + 2));
    let end = starts
        .map(|at| (at, input.get(at..).unwrap_or_default()))
        .find(|(_, rest)| rest.starts_with(b".\r\n"));
    assert_eq!(done.then_some(consumed), end.map(|(at, _)| at + 3), "only CRLF.CRLF ends data");
    if done && !findings.bare_line_end() {
        let mut again = Vec::new();
        assert_eq!(dot_stuff(&message, &mut again), Ok(()));
        let (back, ..) = read_all(DataReader::dotted(), &again, usize::MAX);
        assert_eq!(back, message, "sent again and read again");
    }
    let (whole, findings, consumed, _) = read_all(DataReader::chunked(), input, usize::from(*size).max(1));
    assert_eq!((whole.as_slice(), consumed), (input, input.len()), "BDAT changes nothing");
    assert_eq!(findings.size, input.len() as u64);
}

fn read_all(mut reader: DataReader, input: &[u8], chunk: usize) -> (Vec<u8>, Findings, usize, bool) {
    let mut message = Vec::new();
    let mut consumed = 0;
    for piece in input.chunks(chunk) {
        let progress = reader.push(piece, &mut |bytes| message.extend_from_slice(bytes));
        consumed += progress.consumed;
        if progress.done {
            return (message, reader.findings(), consumed, true);
        }
        assert_eq!(progress.consumed, piece.len(), "all is used up before the end");
    }
    (message, reader.findings(), consumed, false)
}

/// Addresses, paths, domains: what parses is printed so that it parses to the same value.
pub fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    round_trip::<Domain>(text);
    round_trip::<IpDomain>(text);
    round_trip::<Localpart>(text);
    round_trip::<Address>(text);
    round_trip::<mox_address::Path>(text);
    if let Ok(domain) = text.parse::<Domain>() {
        assert_eq!(domain.unicode().parse().as_ref(), Ok(&domain), "U-labels mean the same domain");
        assert!(domain.ascii().is_ascii() && domain.ascii().len() <= 253);
    }
}

fn round_trip<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let printed = value.to_string();
        let again = printed.parse::<T>();
        assert!(
            again.as_ref().is_ok_and(|again| *again == value),
            "{text:?} {value:?} {printed:?} {again:?}"
        );
        assert!(!printed.chars().any(char::is_control), "{printed:?}");
    }
}

/// A message's header: fields lie one after the other in the message; every reader of values takes any text.
pub fn headers(bytes: &[u8]) {
    let header = Header::of(bytes);
    assert!(bytes.starts_with(header.bytes()));
    let mut end = 0;
    for field in header.fields() {
        assert!(field.start >= end, "fields do not overlap");
        assert_eq!(bytes.get(field.range()), Some(field.raw));
        end = field.range().end;
        let text = field.text();
        encodedword::decode(&text);
        date::parse(&text);
        Parameterized::parse(&text);
        let list = AddressList::parse(&text);
        assert!(list.mailboxes().count() <= mox_message::addresslist::MAX_MAILBOXES);
    }
    let found = summary(bytes);
    assert!(found.subject.len() <= mox_message::fields::MAX_SUBJECT);
}

/// The HTML of a message: what is made of it does nothing, and making it safe again finds nothing to cut.
pub fn inspect_html(html: &[u8]) {
    let safe = safe_html(html);
    assert!(safe.remote.len() <= mox_inspect::MAX_REMOTE && safe.removed.len() <= mox_inspect::MAX_REMOVED);
    let again = safe_html(safe.document.as_bytes());
    assert!(again.remote.is_empty(), "{:?}", again.remote);
    assert!(again.removed.is_empty(), "{:?}", again.removed);
}

fn safe_html(html: &[u8]) -> mox_inspect::SafeHtml {
    let message = [b"Content-Type: text/html; charset=utf-8\r\n\r\n", html].concat();
    let safe = mox_inspect::safe_html(&message, &Tree::parse(&message));
    assert!(safe.is_some(), "there is an HTML part");
    let safe = safe.unwrap_or_default();
    crate::html::assert_harmless(&safe.document);
    safe
}

/// A message that may be a notification: what is read is bounded, and written is read with as many recipients, whose
/// action and status are the same.
pub fn dsn(message: &[u8]) {
    use mox_message::dsn::{Dsn, MAX_RECIPIENTS, parse};
    let Ok(found) = parse(message) else { return };
    assert!((1..=MAX_RECIPIENTS).contains(&found.dsn.recipients.len()));
    for utf8 in [false, true] {
        let Ok(text) = found.dsn.format(utf8) else { continue };
        assert!(utf8 || text.is_ascii(), "{text:?}");
        let again = Dsn::parse(text.as_bytes()).map(|dsn| dsn.recipients).unwrap_or_default();
        assert_eq!(again.len(), found.dsn.recipients.len(), "{text:?}");
        for (new, old) in again.iter().zip(&found.dsn.recipients) {
            assert!(new.action == old.action && (new.status == old.status || old.status.is_empty()));
        }
    }
}

/// A message: all that is told about it is bounded and survives JSON.
pub fn inspect_report(message: &[u8]) {
    let tree = Tree::parse(message);
    if let Some(safe) = mox_inspect::safe_html(message, &tree) {
        crate::html::assert_harmless(&safe.document);
    }
    let report = mox_inspect::report(message, &tree);
    assert!(report.links.len() <= mox_inspect::links::MAX_LINKS);
    assert!(report.html.support <= 100);
    let json = serde_json::to_string(&report).unwrap_or_default();
    assert_eq!(serde_json::from_str::<mox_inspect::Report>(&json).ok().as_ref(), Some(&report));
}

/// An SPF record, or a text with macros: what parses is written so that it parses to the same; expansions are bounded,
/// and what comes of them is a name or nothing; the field about a record of strangers is one field.
pub fn spf(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match mox_spf::Record::parse(&text) {
        Ok(record) => {
            let written = record.to_string();
            assert_eq!(mox_spf::Record::parse(&written).as_ref(), Ok(&record), "{written:?}");
            assert!(mox_spf::record::is_spf(&text));
        }
        Err(error) => assert!(error.at <= text.len() && error.term.chars().count() <= 100, "{error}"),
    }
    for place in [Place::Domain, Place::Value, Place::Explanation] {
        let Ok(macros) = MacroString::parse(&text, place) else { continue };
        let written = macros.to_string();
        assert_eq!(MacroString::parse(&written, place).as_ref(), Ok(&macros), "{written:?}");
        spf_expansion(&macros);
    }
    spf_field(&text);
}

fn spf_expansion(macros: &MacroString) {
    let values = Values {
        localpart: "local-part",
        sender_domain: "sender.example.org",
        domain: "example.org",
        ip: std::net::Ipv6Addr::LOCALHOST.into(),
        helo: "client.example",
        validated_name: "unknown",
        receiver: "mx.example.net",
        now: mox_clock::Timestamp::from_secs(0),
    };
    let Some(expanded) = macros.expand(&values) else { return };
    assert!(expanded.len() <= mox_spf::macros::MAX_EXPANSION);
    if let Some(name) = to_name(&expanded) {
        assert!(
            name.len() <= mox_spf::macros::MAX_NAME && name.split('.').all(|l| (1..=63).contains(&l.len()))
        );
    }
}

fn spf_field(text: &str) {
    let Ok(helo) = "client.example".parse() else { return };
    let query = mox_spf::Query {
        ip: std::net::Ipv4Addr::LOCALHOST.into(),
        helo: &helo,
        mail_from: None,
        local_hostname: "mx.example.net",
        local_ip: None,
        now: mox_clock::Timestamp::from_secs(0),
    };
    for problem in [None, Some(text.to_owned())] {
        let outcome = mox_spf::Outcome {
            result: mox_spf::SpfResult::Neutral,
            domain: text.to_owned(),
            identity: mox_spf::Identity::Helo,
            mechanism: Some(text.to_owned()),
            explanation: None,
            problem,
            record: None,
            lookups: 0,
            void_lookups: 0,
            authentic: false,
        };
        let field = mox_spf::received_spf(&outcome, &query);
        assert!(field.is_ascii() && field.ends_with("\r\n"), "{field:?}");
        assert_eq!(Header::of(field.as_bytes()).fields().count(), 1, "{field:?}");
    }
}

/// A file of trust anchors: bounded, and spaces and comments change nothing.
pub fn dns_anchors(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        crate::dns::anchors(text);
    }
}

/// An answer of name servers, after a byte that chooses the question and one that chooses when it is given: what is
/// secure then is what the zones hold.
pub fn dns_answer(bytes: &[u8]) {
    crate::dns::answer(bytes);
}

/// A message to the name server: answers are well formed, fit, and are to this question.
pub fn dns_query(bytes: &[u8]) {
    crate::dns::query(bytes);
}

/// A TLSA record as text: written and read again, by DNS too; odd data is no reason to panic.
pub fn dane_record(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        crate::hosts::dane_record(text);
    }
}

/// A request of Outlook: an address, or a reason why not, and a response that is read as no request.
pub fn autodiscover(bytes: &[u8]) {
    crate::documents::autodiscover(bytes);
}

/// A policy file: within its bounds, and written as what is read again.
pub fn mtasts_policy(bytes: &[u8]) {
    crate::hosts::mtasts_policy(bytes);
}

/// An MTA-STS record: within its bounds, and written as what is read again.
pub fn mtasts_record(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        crate::hosts::mtasts_record(text);
    }
}

/// JSON of registries: bounded, in order, and never a server in the clear.
pub fn rdap(bytes: &[u8]) {
    crate::hosts::rdap(bytes);
}

/// A TLSRPT record: within its bounds, and written as what is read again; so are URIs made of its addresses.
pub fn tlsrpt_record(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        crate::hosts::tlsrpt_record(text);
    }
}

/// A TLS report, as a file or in a message: bounded, and what was forgiven is gone when it is written.
pub fn tlsrpt_report(bytes: &[u8]) {
    crate::hosts::tlsrpt_report(bytes);
}

/// A DMARC report, as a file or in a message: bounded, and what is written of it is read as the same.
pub fn dmarcrpt_report(bytes: &[u8]) {
    crate::documents::dmarcrpt_report(bytes);
}

/// A failure report, as a message or its fields alone: bounded, without control characters.
pub fn dmarcrpt_failure(bytes: &[u8]) {
    crate::documents::dmarcrpt_failure(bytes);
}

/// A file that may be packed: what comes out is bounded by what went in.
pub fn unpack(bytes: &[u8]) {
    crate::documents::unpack(bytes);
}

/// A key record: written as what is read again, in strings that a TXT record holds.
pub fn dkim_record(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        crate::signatures::record(text);
    }
}

/// The value of a DKIM-Signature field: bounded, and written as one field that is read as the same.
pub fn dkim_signature(bytes: &[u8]) {
    crate::signatures::field(bytes);
}

/// A message with signatures and a chain of seals, after a byte that is the size of the pieces: pieces change nothing,
/// questions to DNS are bounded, and every result but a pass has a reason.
pub fn dkim_verify(bytes: &[u8]) {
    crate::signatures::message(bytes);
}

/// An mbox file: bounded, and what was read can be written and read again.
pub fn mbox(bytes: &[u8]) {
    crate::mailboxes::mbox(bytes);
}

/// The names of a maildir, after its file of keywords and an empty line.
pub fn maildir(bytes: &[u8]) {
    crate::mailboxes::maildir(bytes);
}

/// A tar archive: bounded, and it comes to an end.
pub fn tar(bytes: &[u8]) {
    crate::mailboxes::tar(bytes);
}
