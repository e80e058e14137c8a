//! The `_smtp._tls` TXT record: URIs that want reports.
//!
//! Several `rua` fields, and several URIs in one, are one list. A comma, semicolon or exclamation mark within a URI is
//! percent-encoded. URIs of other schemes are kept, but nothing can be sent there. At most [`MAX_RECORD`] bytes and
//! [`MAX_URIS`] URIs. RFC 8460 §3, RFC 3986 §2.1, §3.1, RFC 6068 §2.

use std::fmt;
use std::str::FromStr;

use mox_address::Address;
use mox_https::Url;
use serde::Serialize;

/// Longest record that is read, in bytes.
pub const MAX_RECORD: usize = 4096;

/// Most URIs of a record.
pub const MAX_URIS: usize = 20;

/// What every record begins with.
const VERSION: &str = "v=TLSRPTv1";

/// A record. Displays as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Where reports go, in their order; at least one.
    pub rua: Vec<Uri>,
    /// Fields that the RFC does not know, in their order.
    pub extensions: Vec<(String, String)>,
}

/// Where a report goes. Displays, and is serialized, as it stands in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    /// As published, percent-encoded.
    pub text: String,
    /// What it means.
    pub target: Target,
}

/// What a URI means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A mail to this address.
    Mail(Address),
    /// A POST to this URL.
    Https(Url),
    /// A scheme for which the RFC says nothing.
    Unsupported,
}

/// Why a text is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is about something else, and is as good as not there.
    #[error("does not begin with \"{VERSION};\"")]
    Version,
    /// There is nothing like `name=value` between two semicolons.
    #[error("{0:?} is not a field like name=value")]
    Field(String),
    /// A name is not of letters, digits and, within, `_`, `-`, `.`; or longer than 32.
    #[error("{0:?} is not a field name")]
    Name(String),
    /// A value has characters that are not allowed, or none at all.
    #[error("{value:?} is not a value for {name:?}")]
    Value {
        /// Of the field.
        name: String,
        /// What it holds.
        value: String,
    },
    /// A destination is none.
    #[error("rua {uri:?}: {reason}")]
    Uri {
        /// As published.
        uri: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no `rua`.
    #[error("no rua")]
    NoRua,
    /// There are too many destinations.
    #[error("more than {MAX_URIS} rua")]
    TooManyUris,
    /// It is too long.
    #[error("longer than {MAX_RECORD} bytes")]
    TooLong,
}

impl Record {
    /// Whether the text begins as records do, with the version and a semicolon; others at the same name are not
    /// counted.
    pub fn is_one(text: &str) -> bool {
        text.strip_prefix(VERSION).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(';'))
    }

    /// Whether somebody meant it to be one.
    pub(crate) fn resembles(text: &str) -> bool {
        text.strip_prefix(VERSION).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    }
}

impl FromStr for Record {
    type Err = RecordError;
    fn from_str(text: &str) -> Result<Record, RecordError> {
        if !Record::is_one(text) {
            return Err(RecordError::Version);
        }
        if text.len() > MAX_RECORD {
            return Err(RecordError::TooLong);
        }
        let mut fields = text.split(';').map(|field| field.trim_matches([' ', '\t'])).peekable();
        fields.next();
        let (mut rua, mut extensions) = (Vec::new(), Vec::new());
        while let Some(field) = fields.next() {
            if field.is_empty() && fields.peek().is_none() {
                break;
            }
            let (name, value) = field.split_once('=').ok_or_else(|| RecordError::Field(field.to_owned()))?;
            if !is_name(name) {
                return Err(RecordError::Name(name.to_owned()));
            }
            if name == "rua" {
                for uri in value.split(',') {
                    if rua.len() == MAX_URIS {
                        return Err(RecordError::TooManyUris);
                    }
                    rua.push(uri.trim_matches([' ', '\t']).parse()?);
                }
            } else if is_value(value) {
                extensions.push((name.to_owned(), value.to_owned()));
            } else {
                return Err(RecordError::Value { name: name.to_owned(), value: value.to_owned() });
            }
        }
        if rua.is_empty() { Err(RecordError::NoRua) } else { Ok(Record { rua, extensions }) }
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

fn is_value(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic() && b != b'=' && b != b';')
}

impl FromStr for Uri {
    type Err = RecordError;
    fn from_str(text: &str) -> Result<Uri, RecordError> {
        let wrong =
            |reason: &dyn fmt::Display| RecordError::Uri { uri: text.to_owned(), reason: reason.to_string() };
        if let Some(bad) = text.chars().find(|c| !c.is_ascii_graphic() || "!,;\"<>\\^`{|}".contains(*c)) {
            return Err(wrong(&format_args!("{bad:?} must be percent-encoded")));
        }
        let scheme = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme));
        let (scheme, rest) = scheme.ok_or_else(|| wrong(&"no scheme like mailto: or https:"))?;
        let target = match scheme.to_ascii_lowercase().as_str() {
            "mailto" => {
                // Fields behind the question mark (RFC 6068 §2) are not for reports, which have fields of their own.
                let address = rest.split('?').next().unwrap_or_default();
                let address = percent_decode(address).ok_or_else(|| wrong(&"bad percent-encoding"))?;
                Target::Mail(address.parse().map_err(|e: mox_address::Error| wrong(&e))?)
            }
            "https" => Target::Https(text.parse().map_err(|e: mox_https::BadUrl| wrong(&e))?),
            _ => Target::Unsupported,
        };
        Ok(Uri { text: text.to_owned(), target })
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// Undoes percent-encoding; none when it is broken, or not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => out.push(digit(bytes.next()?)? << 4 | digit(bytes.next()?)?),
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).ok()
}

impl Uri {
    /// The URI for mail to an address, encoded as a record needs it.
    pub fn mail(address: Address) -> Uri {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~@$'()*+:/".contains(&b);
        let encoded = address.to_string().bytes().fold(String::from("mailto:"), |text, b| match plain(b) {
            true => text + char::from(b).encode_utf8(&mut [0; 4]),
            false => text + &format!("%{b:02X}"),
        });
        Uri { text: encoded, target: Target::Mail(address) }
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Uri {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}; rua=")?;
        for (index, uri) in self.rua.iter().enumerate() {
            write!(f, "{}{uri}", if index == 0 { "" } else { "," })?;
        }
        self.extensions.iter().try_for_each(|(name, value)| write!(f, "; {name}={value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Address or URL of each destination, as text.
    fn targets(text: &str) -> Vec<String> {
        let record: Record = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(record.to_string().parse::<Record>().unwrap(), record);
        let target = |uri: &Uri| match &uri.target {
            Target::Mail(address) => address.to_string(),
            Target::Https(url) => url.to_string(),
            Target::Unsupported => format!("unsupported {uri}"),
        };
        record.rua.iter().map(target).collect()
    }

    #[test]
    fn records_as_the_rfc_has_them() {
        for (text, expected) in [
            ("v=TLSRPTv1;rua=mailto:reports@example.com", &["reports@example.com"][..]),
            (
                "v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt",
                &["https://reporting.example.com/v1/tlsrpt"],
            ),
            (
                "v=TLSRPTv1 ;\trua=mailto:a@example.com \t,\t https://b.example/?a=b&c=d ; ",
                &["a@example.com", "https://b.example/?a=b&c=d"],
            ),
            (
                "v=TLSRPTv1; rua=mailto:a@example.com; x=y; rua=mailto:b@example.com;",
                &["a@example.com", "b@example.com"],
            ),
            ("v=TLSRPTv1; rua=MAILTO:a%21b%3D@example.com", &["a!b=@example.com"]),
            ("v=TLSRPTv1; rua=mailto:%22a%2Cb%3b%22@example.com", &["\"a,b;\"@example.com"]),
            ("v=TLSRPTv1; rua=mailto:j%C3%B6rn@m%C3%BCnchen.example", &["j\u{f6}rn@xn--mnchen-3ya.example"]),
            ("v=TLSRPTv1; rua=mailto:a@example.com?subject=tls", &["a@example.com"]),
            ("v=TLSRPTv1; rua=https://a.example/x%21y%2Cz", &["https://a.example/x%21y%2Cz"]),
            (
                "v=TLSRPTv1; rua=ftp://a.example/, mailto:a@b.example",
                &["unsupported ftp://a.example/", "a@b.example"],
            ),
            ("v=TLSRPTv1; rua=http://a.example/", &["unsupported http://a.example/"]),
        ] {
            assert_eq!(targets(text), expected, "{text}");
        }
        let record: Record = "v=TLSRPTv1; a=1; rua=mailto:a@b.example; a=2".parse().unwrap();
        assert_eq!(record.extensions, [("a".into(), "1".into()), ("a".into(), "2".into())]);
    }

    #[test]
    fn what_is_no_record() {
        use RecordError as E;
        for (text, wrong) in [
            ("", E::Version),
            ("v=TLSRPTv10; rua=mailto:a@b.example", E::Version),
            ("v=TLSRPTv1 rua=mailto:a@b.example", E::Version),
            ("v=tlsrptv1; rua=mailto:a@b.example", E::Version),
            (" v=TLSRPTv1; rua=mailto:a@b.example", E::Version),
            ("rua=mailto:a@b.example; v=TLSRPTv1", E::Version),
            ("v=TLSRPTv1", E::Version),
            ("v=TLSRPTv1;", E::NoRua),
            ("v=TLSRPTv1; RUA=x", E::NoRua),
            ("v=TLSRPTv1; rua", E::Field("rua".into())),
            ("v=TLSRPTv1;; rua=mailto:a@b.example", E::Field(String::new())),
            ("v=TLSRPTv1; rua =mailto:a@b.example", E::Name("rua ".into())),
            ("v=TLSRPTv1; rua=mailto:a@b.example; x=", E::Value { name: "x".into(), value: String::new() }),
            ("v=TLSRPTv1; rua=mailto:a@b.example; x=a=b", E::Value { name: "x".into(), value: "a=b".into() }),
        ] {
            assert_eq!(text.parse::<Record>(), Err(wrong), "{text}");
        }
        for (uri, reason) in [
            ("", "no scheme like mailto: or https:"),
            ("reports@example.com", "no scheme like mailto: or https:"),
            ("1a:b", "no scheme like mailto: or https:"),
            ("mailto:a@b.example!10m", "'!' must be percent-encoded"),
            ("mailto: a@b.example", "' ' must be percent-encoded"),
            ("mailto:\"a\"@b.example", "'\"' must be percent-encoded"),
            ("mailto:\u{e9}@b.example", "'\u{e9}' must be percent-encoded"),
            ("mailto:a%2@b.example", "bad percent-encoding"),
            ("mailto:a%", "bad percent-encoding"),
            ("mailto:%ff@b.example", "bad percent-encoding"),
            ("https://", ""),
            ("https://user:pw@b.example/", ""),
            ("mailto:", ""),
            ("mailto:a", ""),
            ("mailto:a@b.example%0d%0aBcc:x", ""),
            ("mailto:a@b.example%2cc@d.example", ""),
        ] {
            match format!("v=TLSRPTv1; rua={uri}").parse::<Record>() {
                Err(E::Uri { uri: found, reason: because }) => {
                    assert_eq!(found, uri);
                    assert!(reason.is_empty() || because == reason, "{uri}: {because}");
                }
                other => panic!("{uri}: {other:?}"),
            }
        }
        let list = |n| format!("v=TLSRPTv1; rua={}", vec!["mailto:a@b.example"; n].join(","));
        assert_eq!(list(MAX_URIS).parse::<Record>().unwrap().rua.len(), MAX_URIS);
        assert_eq!(list(MAX_URIS + 1).parse::<Record>(), Err(E::TooManyUris));
        assert_eq!(list(1000).parse::<Record>(), Err(E::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_and_read_again(text in "(v=TLSRPTv1)?([;, \\t]{0,2}(rua=)?(mailto:|https://)?[a-z0-9%@=.\\PC]{0,9}){0,5}") {
            if let Ok(record) = text.parse::<Record>() {
                prop_assert_eq!(record.to_string().parse::<Record>().unwrap(), record);
            }
        }

        #[test]
        fn any_address_has_a_uri(local in "[!-~\u{e0}-\u{ff}]{1,20}") {
            if let Ok(localpart) = mox_address::Localpart::from_unquoted(&local) {
                let uri = Uri::mail(Address { localpart, domain: "example.org".parse().unwrap() });
                prop_assert_eq!(uri.text.parse::<Uri>().unwrap(), uri);
            }
        }
    }
}
