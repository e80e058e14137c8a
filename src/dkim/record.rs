//! Key records: the TXT record at `selector._domainkey.domain` that holds a public key.
//!
//! What a record does not say has the value the RFC gives it; tags that nobody knows are ignored. A record whose
//! `p=` is empty is a key that was revoked.
//! RFC 6376 §3.6.1, RFC 8463 §4 (ed25519), RFC 8301 §3.1 (sha1 is history).

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use serde::Serialize;

use crate::tags::{self, Tag, TagError};

/// Longest record in bytes that is read.
pub const MAX_RECORD: usize = 16 * 1024;

/// Longest string in a TXT record (RFC 1035 §3.3.14).
pub const MAX_STRING: usize = 255;

/// Base64 as mail has it: with or without padding.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// RSA.
    Rsa,
    /// Ed25519.
    Ed25519,
}

impl KeyType {
    /// The word in `k=` and at the front of `a=`.
    pub fn keyword(self) -> &'static str {
        match self {
            KeyType::Rsa => "rsa",
            KeyType::Ed25519 => "ed25519",
        }
    }
}

/// A key record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// `h=`: the hash algorithms that may be used with the key; none means all.
    pub hashes: Option<Vec<String>>,
    /// `k=`: kind of key, lower case; `rsa` and `ed25519` are known.
    pub key_type: String,
    /// `n=`: notes for people, as they stand.
    pub notes: Option<String>,
    /// `p=`: the public key, decoded; empty when it was revoked.
    #[serde(serialize_with = "as_base64")]
    pub public_key: Vec<u8>,
    /// `s=`: for which services; `*` is all.
    pub services: Vec<String>,
    /// `t=`: flags, lower case.
    pub flags: Vec<String>,
}

fn as_base64<S: serde::Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&STANDARD.encode(bytes))
}

/// Why a text is no key record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Longer than [`MAX_RECORD`].
    #[error("longer than {MAX_RECORD} bytes")]
    TooLong,
    /// Not a tag list.
    #[error(transparent)]
    Tags(#[from] TagError),
    /// `v=` is not the first tag.
    #[error("v= is not the first tag")]
    VersionNotFirst,
    /// Another version than `DKIM1`.
    #[error("version {0:?} is not DKIM1")]
    Version(String),
    /// No `p=`.
    #[error("no public key (p=)")]
    NoKey,
    /// `p=` is not base64.
    #[error("p= is not base64")]
    BadKey,
    /// A list with an empty or odd word in it.
    #[error("tag {0}=: not a list of words")]
    BadList(&'static str),
}

impl Record {
    /// A record for a key: for all services, all hashes, without flags.
    pub fn new(key_type: KeyType, public_key: Vec<u8>) -> Record {
        Record {
            hashes: None,
            key_type: key_type.keyword().to_owned(),
            notes: None,
            public_key,
            services: vec!["*".to_owned()],
            flags: Vec::new(),
        }
    }

    /// Reads the text of a TXT record, its strings joined.
    pub fn parse(text: &str) -> Result<Record, RecordError> {
        if text.len() > MAX_RECORD {
            return Err(RecordError::TooLong);
        }
        let tags = tags::parse(text.as_bytes())?;
        if let Some(at) = tags.iter().position(|tag| tag.name == "v") {
            let version = tags.get(at).map(|tag| tag.value).unwrap_or_default();
            if version != "DKIM1" {
                return Err(RecordError::Version(version.chars().take(40).collect()));
            }
            if at != 0 {
                return Err(RecordError::VersionNotFirst);
            }
        }
        let find = |name: &str| tags.iter().find(|tag| tag.name == name);
        let key = find("p").ok_or(RecordError::NoKey)?;
        Ok(Record {
            hashes: find("h").map(|tag| words(tag, "h")).transpose()?,
            key_type: find("k").map_or(Ok("rsa".to_owned()), |tag| word(tag.value, "k"))?,
            notes: find("n").map(|tag| tag.value.to_owned()),
            public_key: BASE64.decode(key.packed()).map_err(|_| RecordError::BadKey)?,
            services: find("s").map_or(Ok(vec!["*".to_owned()]), |tag| words(tag, "s"))?,
            flags: find("t").map_or(Ok(Vec::new()), |tag| words(tag, "t"))?,
        })
    }

    /// Whether the owner withdrew the key.
    pub fn is_revoked(&self) -> bool {
        self.public_key.is_empty()
    }

    /// `t=y`: the domain only tests; failures should be treated as if there were no signature.
    pub fn is_testing(&self) -> bool {
        self.flags.iter().any(|flag| flag == "y")
    }

    /// `t=s`: the domain of `i=` must be that of `d=`, not one below it.
    pub fn is_strict(&self) -> bool {
        self.flags.iter().any(|flag| flag == "s")
    }

    /// Whether the key may be used for this service, such as `email` or `tlsrpt`.
    pub fn serves(&self, service: &str) -> bool {
        self.services.iter().any(|s| s == "*" || s == service)
    }

    /// Whether the key may be used with this hash algorithm, such as `sha256`.
    pub fn allows_hash(&self, hash: &str) -> bool {
        self.hashes.as_ref().is_none_or(|hashes| hashes.iter().any(|h| h == hash))
    }

    /// The text cut into strings of at most [`MAX_STRING`] bytes.
    pub fn strings(&self) -> Vec<String> {
        let text = self.to_string();
        let mut strings = vec![String::new()];
        for c in text.chars() {
            match strings.last_mut() {
                Some(last) if last.len() + c.len_utf8() <= MAX_STRING => last.push(c),
                _ => strings.push(c.to_string()),
            }
        }
        strings
    }
}

fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphanumeric())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn word(text: &str, name: &'static str) -> Result<String, RecordError> {
    if !is_word(text) {
        return Err(RecordError::BadList(name));
    }
    Ok(text.to_ascii_lowercase())
}

/// Words between colons. An empty value says nothing.
fn words(tag: &Tag<'_>, name: &'static str) -> Result<Vec<String>, RecordError> {
    tag.parts()
        .map(|part| if part == "*" && name == "s" { Ok("*".to_owned()) } else { word(part, name) })
        .collect()
}

impl FromStr for Record {
    type Err = RecordError;

    fn from_str(text: &str) -> Result<Record, RecordError> {
        Record::parse(text)
    }
}

impl fmt::Display for Record {
    /// The text of the record; what has its default is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = vec![("v", "DKIM1".to_owned())];
        if let Some(hashes) = &self.hashes {
            list.push(("h", hashes.join(":")));
        }
        if self.key_type != "rsa" {
            list.push(("k", self.key_type.clone()));
        }
        if let Some(notes) = &self.notes {
            list.push(("n", notes.clone()));
        }
        if self.services != ["*"] {
            list.push(("s", self.services.join(":")));
        }
        if !self.flags.is_empty() {
            list.push(("t", self.flags.join(":")));
        }
        list.push(("p", STANDARD.encode(&self.public_key)));
        f.write_str(&tags::join(list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_that_are_read() {
        let plain = Record::new(KeyType::Rsa, vec![1, 2, 3]);
        let cases = [
            ("p=AQID", plain.clone()),
            ("v=DKIM1; p=AQID", plain.clone()),
            ("v=DKIM1;p=AQ ID;", plain.clone()),
            ("k=rsa; p=AQID; x=unknown; s=*", plain.clone()),
            ("v=DKIM1; k=RSA; p=AQID", plain.clone()),
            ("k=ed25519; p=AQID", Record { key_type: "ed25519".into(), ..plain.clone() }),
            ("k=new; p=AQID", Record { key_type: "new".into(), ..plain.clone() }),
            (
                "h=sha1 : sha256; p=AQID",
                Record { hashes: Some(vec!["sha1".into(), "sha256".into()]), ..plain.clone() },
            ),
            ("n=a note; p=AQID", Record { notes: Some("a note".into()), ..plain.clone() }),
            (
                "p=AQID; s=email:tlsrpt",
                Record { services: vec!["email".into(), "tlsrpt".into()], ..plain.clone() },
            ),
            ("p=AQID; t=y:s", Record { flags: vec!["y".into(), "s".into()], ..plain.clone() }),
            ("v=DKIM1; p=", Record { public_key: vec![], ..plain.clone() }),
        ];
        for (text, expected) in cases {
            assert_eq!(Record::parse(text), Ok(expected), "{text}");
        }
        let all = Record::parse("p=AQID; t=y:s; s=email; h=sha256").unwrap();
        assert!(all.is_testing() && all.is_strict() && all.serves("email") && !all.serves("tlsrpt"));
        assert!(all.allows_hash("sha256") && !all.allows_hash("sha1"));
        assert!(
            !plain.is_testing() && !plain.is_strict() && plain.serves("email") && plain.allows_hash("sha1")
        );
        assert!(Record::parse("p=").unwrap().is_revoked());
    }

    #[test]
    fn records_that_are_not() {
        let cases = [
            ("", RecordError::Tags(TagError::Empty)),
            ("v=DKIM1", RecordError::NoKey),
            ("k=rsa", RecordError::NoKey),
            ("p=AQID; v=DKIM1", RecordError::VersionNotFirst),
            ("v=DKIM2; p=AQID", RecordError::Version("DKIM2".into())),
            ("v=dkim1; p=AQID", RecordError::Version("dkim1".into())),
            ("v=spf1 -all", RecordError::Version("spf1 -all".into())),
            ("p=A", RecordError::BadKey),
            ("p=A*ID", RecordError::BadKey),
            ("p=AQID; p=AQID", RecordError::Tags(TagError::Duplicate("p".into()))),
            ("h=; p=AQID", RecordError::BadList("h")),
            ("h=a::b; p=AQID", RecordError::BadList("h")),
            ("k=; p=AQID", RecordError::BadList("k")),
            ("s=a_b; p=AQID", RecordError::BadList("s")),
            ("t=*; p=AQID", RecordError::BadList("t")),
        ];
        for (text, expected) in cases {
            assert_eq!(Record::parse(text), Err(expected), "{text}");
        }
        assert_eq!(Record::parse(&format!("p={}", "A".repeat(MAX_RECORD))), Err(RecordError::TooLong));
    }

    #[test]
    fn long_records_are_cut_in_strings() {
        let record = Record::new(KeyType::Rsa, vec![7; 550]);
        let strings = record.strings();
        assert_eq!(strings.len(), 3);
        assert!(strings.iter().all(|s| s.len() <= MAX_STRING));
        assert_eq!(Record::parse(&strings.concat()), Ok(record));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            hashes in prop::option::of(prop::collection::vec("[a-z][a-z0-9]{0,6}", 1..3)),
            key_type in "rsa|ed25519|[a-z][a-z0-9-]{0,6}",
            notes in prop::option::of("[a-z]([a-z =]{0,9}[a-z])?"),
            public_key in prop::collection::vec(any::<u8>(), 0..400),
            services in prop::collection::vec("[a-z]{1,6}", 1..3),
            flags in prop::collection::vec("[a-z]", 0..3),
        ) {
            let record = Record { hashes, key_type, notes, public_key, services, flags };
            prop_assert_eq!(Record::parse(&record.to_string()), Ok(record));
        }
    }
}
