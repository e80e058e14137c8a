//! A TLSA record: parsed from and written as the text of zone files.
//!
//! Data is hexadecimal, in pieces as long as one likes, perhaps between parentheses. At most [`MAX_DATA`] bytes of it.
//! RFC 6698 §2.1, §2.2, §3, RFC 7671 §5.

use std::fmt::{self, Write};
use std::str::FromStr;

use mox_address::Domain;
use serde::Serialize;

use crate::{Matching, Selector, UnknownKind, Usage};

/// Most bytes of data: what a DNS record can carry.
pub const MAX_DATA: usize = 65_532;

/// Bytes of data that stand on a line of their own when there is more than one line of them.
const LINE: usize = 32;

/// A record. Displays as `3 1 1 0123…`, with `{:#}` long data stands on several lines between parentheses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Record {
    /// How a certificate is bound to the name.
    pub usage: Usage,
    /// Which part of the certificate it is about.
    pub selector: Selector,
    /// How the part is compared.
    pub matching: Matching,
    /// What it is compared with.
    #[serde(serialize_with = "as_hex")]
    pub data: Vec<u8>,
}

/// Why a text is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Usage, selector, matching type or data is missing.
    #[error("no {0}")]
    Missing(&'static str),
    /// There is no such usage, selector or matching type.
    #[error(transparent)]
    Kind(#[from] UnknownKind),
    /// The data is not hexadecimal, or has an odd number of digits.
    #[error("the data is not hexadecimal")]
    Hex,
    /// There is too much.
    #[error("more than {MAX_DATA} bytes of data")]
    TooLong,
    /// A parenthesis that is not closed, or not opened.
    #[error("parentheses do not match")]
    Parentheses,
}

impl FromStr for Record {
    type Err = RecordError;
    fn from_str(text: &str) -> Result<Record, RecordError> {
        if text.len() > MAX_DATA * 4 {
            return Err(RecordError::TooLong);
        }
        let text = strip_parentheses(text)?;
        let mut words = text.split_ascii_whitespace();
        let usage = words.next().ok_or(RecordError::Missing("certificate usage"))?.parse()?;
        let selector = words.next().ok_or(RecordError::Missing("selector"))?.parse()?;
        let matching = words.next().ok_or(RecordError::Missing("matching type"))?.parse()?;
        let mut data = Vec::new();
        let mut half = None;
        for digit in words.flat_map(str::bytes) {
            let value = char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok());
            let value = value.ok_or(RecordError::Hex)?;
            match half.take() {
                None => half = Some(value),
                Some(_) if data.len() == MAX_DATA => return Err(RecordError::TooLong),
                Some(high) => data.push(high << 4 | value),
            }
        }
        match (half, data.is_empty()) {
            (Some(_), _) => Err(RecordError::Hex),
            (None, true) => Err(RecordError::Missing("data")),
            (None, false) => Ok(Record { usage, selector, matching, data }),
        }
    }
}

/// Makes blanks of one pair of parentheses: within, line ends mean nothing.
fn strip_parentheses(text: &str) -> Result<String, RecordError> {
    let (open, close) = (text.find('('), text.rfind(')'));
    let lawful = match (open, close) {
        (None, None) => true,
        (Some(open), Some(close)) => {
            open < close && text.matches(['(', ')']).count() == 2 && text.get(close + 1..).is_some_and(blank)
        }
        _ => false,
    };
    if lawful { Ok(text.replace(['(', ')'], " ")) } else { Err(RecordError::Parentheses) }
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

impl Record {
    /// The record in an answer of DNS; none when it is of another type.
    pub fn from_dns(record: &mox_dns::Record) -> Option<Record> {
        match record {
            mox_dns::Record::Tlsa { usage, selector, matching, data } => Some(Record {
                usage: (*usage).into(),
                selector: (*selector).into(),
                matching: (*matching).into(),
                data: data.clone(),
            }),
            _ => None,
        }
    }

    /// The data in hexadecimal, lower case.
    pub fn hex(&self) -> String {
        hex(&self.data)
    }

    /// The line of a zone file that publishes it for a port of a host; several lines when the data is long.
    pub fn zone_line(&self, host: &Domain, port: u16) -> String {
        format!("{}. TLSA {self:#}", tlsa_name(host, port))
    }
}

/// The name that holds the records of a TCP port of a host, without the final dot: `_25._tcp.mail.example.org`.
pub fn tlsa_name(host: &Domain, port: u16) -> String {
    format!("_{port}._tcp.{host}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn as_hex<S: serde::Serializer>(data: &[u8], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&hex(data))
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ", self.usage.number(), self.selector.number(), self.matching.number())?;
        if !f.alternate() || self.data.len() <= LINE {
            return f.write_str(&self.hex());
        }
        f.write_str("(")?;
        self.data.chunks(LINE).try_for_each(|line| write!(f, "\n\t{}", hex(line)))?;
        f.write_str(" )")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_rfc_6698() {
        for (text, numbers, bytes) in [
            (
                "( 0 0 1 d2abde240d7cd3ee6b4b28c54df034b9\n 7983a1d16e8a410e4561cb106618e971 )",
                (Usage::PkixTa, Selector::Cert, Matching::Sha256),
                32,
            ),
            (
                "1 1 2 (92003ba34942dc74152e2f2c408d29ec\n a5a520e7f2e06bb944f4dca346baf63c\n\
                 1b177615d466f6c4b71c216a50292bd5\r\n 8c9ebdd2f74e38fe51ffd48c43326cbc)",
                (Usage::PkixEe, Selector::Spki, Matching::Sha512),
                64,
            ),
            ("3 0 0 30820307308201efa003020102020", (Usage::DaneEe, Selector::Cert, Matching::Full), 0),
            ("DANE-EE SPKI SHA2-256 0A1b", (Usage::DaneEe, Selector::Spki, Matching::Sha256), 2),
            ("255 7 9 0 0", (Usage::Other(255), Selector::Other(7), Matching::Other(9)), 1),
        ] {
            match text.parse::<Record>() {
                Ok(record) => {
                    assert_eq!((record.usage, record.selector, record.matching), numbers, "{text}");
                    assert_eq!(record.data.len(), bytes, "{text}");
                    assert_eq!(record.to_string().parse::<Record>().unwrap(), record);
                    assert_eq!(format!("{record:#}").parse::<Record>().unwrap(), record);
                }
                // The RFC breaks off in the middle of a byte.
                Err(e) => assert_eq!((e, bytes), (RecordError::Hex, 0), "{text}"),
            }
        }
    }

    #[test]
    fn what_is_no_record() {
        for (text, wrong) in [
            ("", RecordError::Missing("certificate usage")),
            ("3", RecordError::Missing("selector")),
            ("3 1", RecordError::Missing("matching type")),
            ("3 1 1", RecordError::Missing("data")),
            ("3 1 1 ()", RecordError::Missing("data")),
            ("3 1 1 0", RecordError::Hex),
            ("3 1 1 0g", RecordError::Hex),
            ("3 1 1 0x00", RecordError::Hex),
            ("3 1 1 (00", RecordError::Parentheses),
            ("3 1 1 00)", RecordError::Parentheses),
            ("3 1 1 )00(", RecordError::Parentheses),
            ("3 1 1 (00) 00", RecordError::Parentheses),
            ("3 1 1 ((00))", RecordError::Parentheses),
        ] {
            assert_eq!(text.parse::<Record>(), Err(wrong), "{text}");
        }
        assert!(matches!("300 1 1 00".parse::<Record>(), Err(RecordError::Kind(_))));
        let long = format!("3 0 0 {}", "00".repeat(MAX_DATA + 1));
        assert_eq!(long.parse::<Record>(), Err(RecordError::TooLong));
        let blanks = format!("3 0 0 00{}", " ".repeat(MAX_DATA * 4));
        assert_eq!(blanks.parse::<Record>(), Err(RecordError::TooLong));
    }

    #[test]
    fn long_data_is_split_in_zone_lines() {
        let host: Domain = "MX.example.org".parse().unwrap();
        let short: Record = "3 1 1 00ff".parse().unwrap();
        assert_eq!(short.zone_line(&host, 25), "_25._tcp.mx.example.org. TLSA 3 1 1 00ff");
        let long = Record { data: (0..40).collect(), ..short };
        assert_eq!(
            long.zone_line(&host, 465),
            "_465._tcp.mx.example.org. TLSA 3 1 1 (\n\
             \t000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\t2021222324252627 )"
        );
        let dns = mox_dns::Record::parse(mox_dns::RecordType::Tlsa, &long.to_string()).unwrap();
        assert_eq!(Record::from_dns(&dns), Some(long));
        assert_eq!(Record::from_dns(&mox_dns::Record::Ns("a".into())), None);
    }

    proptest! {
        #[test]
        fn every_record_is_written_and_read_again(usage: u8, selector: u8, matching: u8, data in proptest::collection::vec(any::<u8>(), 1..200)) {
            let record = Record { usage: usage.into(), selector: selector.into(), matching: matching.into(), data };
            prop_assert_eq!(&record.to_string().parse::<Record>().unwrap(), &record);
            prop_assert_eq!(&format!("{record:#}").parse::<Record>().unwrap(), &record);
        }

        #[test]
        fn any_text_is_read_without_panic(text in "[0-9a-f() \\n\\PC]{0,40}") {
            if let Ok(record) = text.parse::<Record>() {
                prop_assert_eq!(record.to_string().parse::<Record>().unwrap(), record);
            }
        }
    }
}
