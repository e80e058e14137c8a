//! The `_mta-sts` TXT record: that there is a policy, and the id of its present version.
//!
//! Names, values and delimiters as the grammar has them: white space may surround a semicolon and nothing else. Of
//! several ids the first counts. At most [`MAX_RECORD`] bytes. RFC 8461 §3.1.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// Longest record that is read, in bytes.
pub const MAX_RECORD: usize = 4096;

/// Longest id, in characters.
pub const MAX_ID: usize = 32;

/// What every record begins with.
const VERSION: &str = "v=STSv1";

/// A record. Displays as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Of the policy's present version: 1 to 32 letters and digits, compared for equality only.
    pub id: String,
    /// Fields that the RFC does not know, in their order.
    pub extensions: Vec<(String, String)>,
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
    /// The id is not 1 to 32 letters and digits.
    #[error("{0:?} is not an id of 1 to {MAX_ID} letters and digits")]
    Id(String),
    /// There is no id.
    #[error("no id")]
    NoId,
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
        let (mut id, mut extensions) = (None, Vec::new());
        while let Some(field) = fields.next() {
            if field.is_empty() && fields.peek().is_none() {
                break;
            }
            let (name, value) = field.split_once('=').ok_or_else(|| RecordError::Field(field.to_owned()))?;
            if !is_name(name) {
                return Err(RecordError::Name(name.to_owned()));
            }
            if name == "id" {
                id.get_or_insert(checked_id(value)?);
            } else if is_value(value) {
                extensions.push((name.to_owned(), value.to_owned()));
            } else {
                return Err(RecordError::Value { name: name.to_owned(), value: value.to_owned() });
            }
        }
        Ok(Record { id: id.ok_or(RecordError::NoId)?, extensions })
    }
}

fn checked_id(value: &str) -> Result<String, RecordError> {
    let good = (1..=MAX_ID).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric());
    if good { Ok(value.to_owned()) } else { Err(RecordError::Id(value.to_owned())) }
}

/// Of an extension; the same in records and policies.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

fn is_value(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic() && b != b'=' && b != b';')
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}; id={}", self.id)?;
        self.extensions.iter().try_for_each(|(name, value)| write!(f, "; {name}={value}"))?;
        f.write_str(";")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(id: &str, extensions: &[(&str, &str)]) -> Record {
        let extensions = extensions.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Record { id: id.to_owned(), extensions }
    }

    #[test]
    fn records_as_the_rfc_has_them() {
        for (text, expected) in [
            ("v=STSv1; id=20160831085700Z;", record("20160831085700Z", &[])),
            ("v=STSv1;id=1", record("1", &[])),
            ("v=STSv1 \t;\t id=1 ; ", record("1", &[])),
            ("v=STSv1; x-a.b_c=/+:!; id=A1z", record("A1z", &[("x-a.b_c", "/+:!")])),
            ("v=STSv1; id=1; id=2; a=1; a=2", record("1", &[("a", "1"), ("a", "2")])),
            ("v=STSv1; v=STSv1; id=1", record("1", &[("v", "STSv1")])),
            ("v=STSv1; id=abcdefghijklmnopqrstuvwxyz012345", record("abcdefghijklmnopqrstuvwxyz012345", &[])),
        ] {
            assert_eq!(text.parse::<Record>().unwrap(), expected, "{text}");
            assert_eq!(expected.to_string().parse::<Record>().unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_record() {
        use RecordError as E;
        let value = |name: &str, value: &str| E::Value { name: name.into(), value: value.into() };
        for (text, wrong) in [
            ("", E::Version),
            ("v=STSv10; id=1", E::Version),
            ("v=STSv1 id=1", E::Version),
            ("V=STSv1; id=1", E::Version),
            ("v=stsv1; id=1", E::Version),
            (" v=STSv1; id=1", E::Version),
            ("v = STSv1; id=1", E::Version),
            ("id=1; v=STSv1", E::Version),
            ("v=spf1 -all", E::Version),
            ("v=STSv1", E::Version),
            ("v=STSv1;", E::NoId),
            ("v=STSv1; ID=1", E::NoId),
            ("v=STSv1; a=b", E::NoId),
            ("v=STSv1; id=", E::Id(String::new())),
            ("v=STSv1; id= 1", E::Id(" 1".into())),
            ("v=STSv1; id =1", E::Name("id ".into())),
            ("v=STSv1; id=1-2", E::Id("1-2".into())),
            ("v=STSv1; id=1 2", E::Id("1 2".into())),
            ("v=STSv1; id=\u{fffd}", E::Id("\u{fffd}".into())),
            ("v=STSv1; id=1; id=-", E::Id("-".into())),
            (
                "v=STSv1; id=abcdefghijklmnopqrstuvwxyz0123456",
                E::Id("abcdefghijklmnopqrstuvwxyz0123456".into()),
            ),
            ("v=STSv1; id", E::Field("id".into())),
            ("v=STSv1;; id=1", E::Field(String::new())),
            ("v=STSv1; id=1;;", E::Field(String::new())),
            ("v=STSv1; id=1; a=", value("a", "")),
            ("v=STSv1; id=1; a=b=c", value("a", "b=c")),
            ("v=STSv1; id=1; a=\u{e9}", value("a", "\u{e9}")),
            ("v=STSv1; id=1; a=b c", value("a", "b c")),
            ("v=STSv1; id=1; -a=b", E::Name("-a".into())),
            ("v=STSv1; id=1; =b", E::Name(String::new())),
        ] {
            assert_eq!(text.parse::<Record>(), Err(wrong), "{text}");
        }
        let long = format!("v=STSv1; id=1; a={}", "b".repeat(MAX_RECORD));
        assert_eq!(long.parse::<Record>(), Err(E::TooLong));
        let name = format!("v=STSv1; id=1; {}=b", "b".repeat(33));
        assert!(matches!(name.parse::<Record>(), Err(E::Name(_))));
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_and_read_again(text in "(v=STSv1)?([; \\t]{0,3}(id=)?[a-z0-9=\\PC]{0,6}){0,5}") {
            if let Ok(record) = text.parse::<Record>() {
                prop_assert_eq!(record.to_string().parse::<Record>().unwrap(), record);
            }
        }

        #[test]
        fn lawful_records_are_read(id in "[a-zA-Z0-9]{1,32}", name in "[a-z0-9][a-z0-9_.-]{0,9}", value in "[!-:<>-~]{1,9}") {
            prop_assume!(name != "id");
            let text = format!("v=STSv1;{name}={value} ;\tid={id}");
            prop_assert_eq!(text.parse::<Record>().unwrap(), record(&id, &[(&name, &value)]));
        }
    }
}
