//! The records mail needs, as values, with their presentation form. RFC 1035 §3.3, §5.1, 2782, 3596, 6698, 8659.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::name::normalize;

/// What to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the registered ones")]
pub enum RecordType {
    A,
    Aaaa,
    Mx,
    Txt,
    Cname,
    Ptr,
    Ns,
    Soa,
    Srv,
    Tlsa,
    Caa,
}

impl RecordType {
    /// Every type.
    pub const ALL: [RecordType; 11] = [
        RecordType::A,
        RecordType::Aaaa,
        RecordType::Mx,
        RecordType::Txt,
        RecordType::Cname,
        RecordType::Ptr,
        RecordType::Ns,
        RecordType::Soa,
        RecordType::Srv,
        RecordType::Tlsa,
        RecordType::Caa,
    ];

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Mx => "MX",
            RecordType::Txt => "TXT",
            RecordType::Cname => "CNAME",
            RecordType::Ptr => "PTR",
            RecordType::Ns => "NS",
            RecordType::Soa => "SOA",
            RecordType::Srv => "SRV",
            RecordType::Tlsa => "TLSA",
            RecordType::Caa => "CAA",
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for RecordType {
    type Err = String;
    /// The error is what to tell a person.
    fn from_str(text: &str) -> Result<RecordType, String> {
        RecordType::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            format!("record type {text:?} is not one of A AAAA MX TXT CNAME PTR NS SOA SRV TLSA CAA")
        })
    }
}

/// The data of one record. Names are in lower case without the final dot, the root is `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields are those of the record's RFC")]
pub enum Record {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Mx {
        preference: u16,
        host: String,
    },
    /// Its strings joined, as SPF, DKIM and DMARC want them.
    Txt(Vec<u8>),
    Cname(String),
    Ptr(String),
    Ns(String),
    Soa {
        mname: String,
        rname: String,
        serial: u32,
        /// How often secondaries look for changes, in seconds.
        refresh: i32,
        /// How often when that fails.
        retry: i32,
        /// After which time secondaries give up.
        expire: i32,
        /// How long negative answers may be kept, in seconds (RFC 2308).
        minimum: u32,
    },
    Srv {
        priority: u16,
        weight: u16,
        port: u16,
        target: String,
    },
    Tlsa {
        usage: u8,
        selector: u8,
        matching: u8,
        data: Vec<u8>,
    },
    Caa {
        flags: u8,
        tag: String,
        value: Vec<u8>,
    },
}

impl Record {
    /// Its type.
    pub const fn kind(&self) -> RecordType {
        match self {
            Record::A(_) => RecordType::A,
            Record::Aaaa(_) => RecordType::Aaaa,
            Record::Mx { .. } => RecordType::Mx,
            Record::Txt(_) => RecordType::Txt,
            Record::Cname(_) => RecordType::Cname,
            Record::Ptr(_) => RecordType::Ptr,
            Record::Ns(_) => RecordType::Ns,
            Record::Soa { .. } => RecordType::Soa,
            Record::Srv { .. } => RecordType::Srv,
            Record::Tlsa { .. } => RecordType::Tlsa,
            Record::Caa { .. } => RecordType::Caa,
        }
    }

    /// Parses the presentation form of the data, as zone files write it. A TXT record may be several quoted
    /// strings, or one word.
    pub fn parse(kind: RecordType, data: &str) -> Option<Record> {
        let mut words = data.split_whitespace();
        let mut word = || words.next();
        let record = match kind {
            RecordType::A => Record::A(word()?.parse().ok()?),
            RecordType::Aaaa => Record::Aaaa(word()?.parse().ok()?),
            RecordType::Mx => {
                Record::Mx { preference: word()?.parse().ok()?, host: normalize(word()?).ok()? }
            }
            RecordType::Txt => return Some(Record::Txt(parse_strings(data)?)),
            RecordType::Cname => Record::Cname(normalize(word()?).ok()?),
            RecordType::Ptr => Record::Ptr(normalize(word()?).ok()?),
            RecordType::Ns => Record::Ns(normalize(word()?).ok()?),
            RecordType::Soa => {
                let (mname, rname) = (normalize(word()?).ok()?, normalize(word()?).ok()?);
                let serial = word()?.parse().ok()?;
                let mut seconds = || word()?.parse::<i32>().ok();
                let (refresh, retry, expire) = (seconds()?, seconds()?, seconds()?);
                Record::Soa { mname, rname, serial, refresh, retry, expire, minimum: word()?.parse().ok()? }
            }
            RecordType::Srv => Record::Srv {
                priority: word()?.parse().ok()?,
                weight: word()?.parse().ok()?,
                port: word()?.parse().ok()?,
                target: normalize(word()?).ok()?,
            },
            RecordType::Tlsa => {
                let (usage, selector) = (word()?.parse().ok()?, word()?.parse().ok()?);
                let matching = word()?.parse().ok()?;
                let hex: String = std::iter::from_fn(&mut word).collect();
                Record::Tlsa { usage, selector, matching, data: parse_hex(&hex)? }
            }
            RecordType::Caa => {
                let (flags, tag) = (word()?.parse().ok()?, word()?.to_owned());
                let rest: Vec<&str> = std::iter::from_fn(&mut word).collect();
                return Some(Record::Caa { flags, tag, value: parse_strings(&rest.join(" "))? });
            }
        };
        words.next().is_none().then_some(record)
    }
}

/// Most bytes of one string in a record.
const MAX_STRING: usize = 255;

/// `"a" "b"` or one word, joined; within quotes `\DDD` is a byte and `\X` is `X`.
fn parse_strings(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if !text.starts_with('"') {
        return (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.as_bytes().to_vec());
    }
    let mut out = Vec::new();
    let mut quoted = false;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match (quoted, byte) {
            (_, b'"') => quoted = !quoted,
            (true, b'\\') => out.push(match bytes.next()? {
                digit @ b'0'..=b'9' => {
                    [digit, bytes.next()?, bytes.next()?].iter().try_fold(0u8, |n, d| {
                        n.checked_mul(10)?.checked_add(d.checked_sub(b'0').filter(|d| *d < 10)?)
                    })?
                }
                other => other,
            }),
            (true, byte) => out.push(byte),
            (false, byte) if byte.is_ascii_whitespace() => {}
            (false, _) => return None,
        }
    }
    (!quoted).then_some(out)
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let byte = |[a, b]: &[u8; 2]| Some(digit(*a)? << 4 | digit(*b)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// A name with its final dot.
struct Dotted<'a>(&'a str);

impl fmt::Display for Dotted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == "." { f.write_str(".") } else { write!(f, "{}.", self.0) }
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("\"")?;
    for byte in bytes {
        match byte {
            b'"' | b'\\' => write!(f, "\\{}", char::from(*byte))?,
            b' '..=b'~' => write!(f, "{}", char::from(*byte))?,
            _ => write!(f, "\\{byte:03}")?,
        }
    }
    f.write_str("\"")
}

/// Text longer than one string can hold, as several.
fn write_strings(f: &mut fmt::Formatter<'_>, text: &[u8]) -> fmt::Result {
    let (first, rest) = text.split_at_checked(MAX_STRING).unwrap_or((text, &[]));
    write_quoted(f, first)?;
    rest.chunks(MAX_STRING).try_for_each(|string| {
        f.write_str(" ")?;
        write_quoted(f, string)
    })
}

impl fmt::Display for Record {
    /// The presentation form of the data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::A(ip) => write!(f, "{ip}"),
            Record::Aaaa(ip) => write!(f, "{ip}"),
            Record::Mx { preference, host } => write!(f, "{preference} {}", Dotted(host)),
            Record::Txt(text) => write_strings(f, text),
            Record::Cname(name) | Record::Ptr(name) | Record::Ns(name) => write!(f, "{}", Dotted(name)),
            Record::Soa { mname, rname, serial, refresh, retry, expire, minimum } => {
                let (mname, rname) = (Dotted(mname), Dotted(rname));
                write!(f, "{mname} {rname} {serial} {refresh} {retry} {expire} {minimum}")
            }
            Record::Srv { priority, weight, port, target } => {
                write!(f, "{priority} {weight} {port} {}", Dotted(target))
            }
            Record::Tlsa { usage, selector, matching, data } => {
                write!(f, "{usage} {selector} {matching} ")?;
                data.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Record::Caa { flags, tag, value } => {
                write!(f, "{flags} {tag} ")?;
                write_quoted(f, value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_round_trips() {
        for (kind, text) in [
            ("A", "192.0.2.1"),
            ("AAAA", "2001:db8::1"),
            ("MX", "10 mx.example.org."),
            ("MX", "0 ."),
            ("TXT", "\"v=spf1 -all\""),
            ("TXT", "\"a \\\"quoted\\\" \\\\ word\""),
            ("TXT", "\"line\\010b\\195\\188cher\""),
            ("CNAME", "other.example."),
            ("PTR", "host.example."),
            ("NS", "ns.example."),
            ("SOA", "ns.example. root.example. 1 7200 3600 1209600 300"),
            ("SRV", "0 1 587 mail.example."),
            ("TLSA", "3 1 1 00ff10"),
            ("CAA", "0 issue \"ca.example\""),
        ] {
            let kind: RecordType = kind.parse().unwrap();
            let record = Record::parse(kind, text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((record.kind(), record.to_string().as_str()), (kind, text));
        }
        assert_eq!(
            Record::parse(RecordType::Txt, "\"v=DKIM1; \" \"p=abc\""),
            Some(Record::Txt(b"v=DKIM1; p=abc".to_vec()))
        );
        let long = Record::Txt([b'x'; 600].to_vec());
        let strings = ["x".repeat(255), "x".repeat(255), "x".repeat(90)].map(|part| format!("\"{part}\""));
        assert_eq!(long.to_string(), strings.join(" "));
        assert_eq!(Record::parse(RecordType::Txt, &long.to_string()), Some(long));
        for (kind, bad) in [
            (RecordType::Txt, "\"\\256\""),
            (RecordType::Txt, "\"\\1x1\""),
            (RecordType::A, "192.0.2"),
            (RecordType::A, "192.0.2.1 x"),
            (RecordType::Mx, "mx.example.org."),
            (RecordType::Txt, "\"open"),
            (RecordType::Txt, "two words"),
            (RecordType::Tlsa, "3 1 1 0"),
            (RecordType::Soa, "a. b. 1 2 3"),
        ] {
            assert_eq!(Record::parse(kind, bad), None, "{bad}");
        }
    }
}
