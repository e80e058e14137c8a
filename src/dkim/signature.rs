//! The DKIM-Signature field: read, with every tag checked, and written.
//!
//! Tags that nobody knows are ignored. What a verifier may not accept but can read (sha1, another query method, no
//! `From` among the fields) is kept as it stands: judging is [`crate::verify`]'s. An ARC-Message-Signature is the same
//! with another `i=` and without `v=`. RFC 6376 §3.5, §2.11 (quoted-printable), RFC 8463 §3, RFC 8616 §5, RFC 8617
//! §4.1.2.

use std::fmt;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mox_address::Domain;
use mox_clock::Timestamp;
use mox_message::fold::{Folder, SOFT};

use crate::canon::Canonicalization;
use crate::record::{BASE64, KeyType};
use crate::tags::{self, Tag, TagError, is_space};

/// Longest signature field in bytes that is read.
pub const MAX_FIELD: usize = 64 * 1024;

/// Most field names in `h=`.
pub const MAX_SIGNED_FIELDS: usize = 1000;

/// Name of the field.
pub const FIELD: &str = "DKIM-Signature";

/// The value of `a=`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSA, PKCS#1 1.5, with SHA-256.
    RsaSha256,
    /// Ed25519 over the SHA-256 hash.
    Ed25519Sha256,
    /// RSA with SHA-1: history, never verified (RFC 8301 §3.1).
    RsaSha1,
    /// Another one, in lower case.
    Other(String),
}

impl Algorithm {
    pub(crate) fn from_keyword(word: &str) -> Algorithm {
        match word.to_ascii_lowercase() {
            w if w == "rsa-sha256" => Algorithm::RsaSha256,
            w if w == "ed25519-sha256" => Algorithm::Ed25519Sha256,
            w if w == "rsa-sha1" => Algorithm::RsaSha1,
            w => Algorithm::Other(w),
        }
    }

    /// The word in `a=`.
    pub fn keyword(&self) -> &str {
        match self {
            Algorithm::RsaSha256 => "rsa-sha256",
            Algorithm::Ed25519Sha256 => "ed25519-sha256",
            Algorithm::RsaSha1 => "rsa-sha1",
            Algorithm::Other(word) => word,
        }
    }

    /// The kind of key that it takes; none when it is not verified.
    pub fn key_type(&self) -> Option<KeyType> {
        match self {
            Algorithm::RsaSha256 => Some(KeyType::Rsa),
            Algorithm::Ed25519Sha256 => Some(KeyType::Ed25519),
            Algorithm::RsaSha1 | Algorithm::Other(_) => None,
        }
    }
}

impl From<KeyType> for Algorithm {
    fn from(key: KeyType) -> Algorithm {
        match key {
            KeyType::Rsa => Algorithm::RsaSha256,
            KeyType::Ed25519 => Algorithm::Ed25519Sha256,
        }
    }
}

/// The value of `i=`: on whose behalf the domain signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Before the `@`, decoded; may be empty.
    pub localpart: String,
    /// After it: `d=` or below.
    pub domain: Domain,
}

impl fmt::Display for Identity {
    /// Decoded, for people and properties of results.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.localpart, self.domain)
    }
}

/// A signature as it stands in its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureField {
    /// `a=`.
    pub algorithm: Algorithm,
    /// `b=`, decoded.
    pub signature: Vec<u8>,
    /// `bh=`, decoded.
    pub body_hash: Vec<u8>,
    /// `c=`.
    pub canonicalization: Canonicalization,
    /// `d=`: the domain that signed.
    pub domain: Domain,
    /// `h=`: names of the signed fields, in their order, as written.
    pub headers: Vec<String>,
    /// `i=`; none means `@` and the domain.
    pub identity: Option<Identity>,
    /// `l=`: how many bytes of the canonical body are signed; none means all.
    pub body_length: Option<u64>,
    /// `q=`: how the key is to be found, lower case.
    pub query_methods: Vec<String>,
    /// `s=`.
    pub selector: String,
    /// `t=`.
    pub signed_at: Option<Timestamp>,
    /// `x=`.
    pub expires_at: Option<Timestamp>,
    /// `z=`: copies of fields, as they stand without white space.
    pub copied_fields: Option<String>,
}

/// Why a field is no signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Longer than [`MAX_FIELD`].
    #[error("longer than {MAX_FIELD} bytes")]
    TooLong,
    /// Not a tag list.
    #[error(transparent)]
    Tags(#[from] TagError),
    /// A tag that must be there.
    #[error("tag {0}= is missing")]
    Missing(&'static str),
    /// A value that the tag may not have.
    #[error("tag {0}=: {1}")]
    BadValue(&'static str, &'static str),
    /// The domain of `i=` is neither that of `d=` nor below it.
    #[error("i= is not in the domain of d=")]
    ForeignIdentity,
    /// `x=` is not after `t=`.
    #[error("x= is not after t=")]
    ExpiresBeforeSigned,
}

use SignatureError::{BadValue, Missing};

impl SignatureField {
    /// Reads the value of a DKIM-Signature field, folding included.
    pub fn parse(value: &[u8]) -> Result<SignatureField, SignatureError> {
        let tags = Tags::of(value)?;
        if tags.need("v")?.value != "1" {
            return Err(BadValue("v", "not version 1"));
        }
        let mut field = SignatureField::from_tags(&tags)?;
        field.identity = tags.get("i").map(identity).transpose()?;
        if field.identity.as_ref().is_some_and(|i| !i.domain.is_within(&field.domain)) {
            return Err(SignatureError::ForeignIdentity);
        }
        Ok(field)
    }

    /// Everything but `v=` and `i=`.
    pub(crate) fn from_tags(tags: &Tags<'_>) -> Result<SignatureField, SignatureError> {
        let time = |name| tags.get(name).map(|tag| time(tag, name)).transpose();
        let field = SignatureField {
            algorithm: Algorithm::from_keyword(tags.need("a")?.value),
            signature: base64_of(tags.need("b")?, "b")?,
            body_hash: base64_of(tags.need("bh")?, "bh")?,
            canonicalization: match tags.get("c") {
                None => Canonicalization::default(),
                Some(tag) => tag.value.parse().map_err(|_| BadValue("c", "not simple or relaxed"))?,
            },
            domain: domain(tags.need("d")?)?,
            headers: field_names(tags.need("h")?)?,
            identity: None,
            body_length: tags.get("l").map(length).transpose()?,
            query_methods: match tags.get("q") {
                None => vec![DNS_TXT.to_owned()],
                Some(tag) => tag.parts().map(str::to_ascii_lowercase).collect(),
            },
            selector: selector(tags.need("s")?)?,
            signed_at: time("t")?,
            expires_at: time("x")?,
            copied_fields: tags.get("z").map(Tag::packed),
        };
        if field.expires_at.zip(field.signed_at).is_some_and(|(x, t)| x <= t) {
            return Err(SignatureError::ExpiresBeforeSigned);
        }
        Ok(field)
    }

    /// Whether the key is in the TXT record of DNS.
    pub fn uses_dns(&self) -> bool {
        self.query_methods.iter().any(|q| q == DNS_TXT)
    }

    /// The identity, decoded; where `i=` is missing, `@` and the domain.
    pub fn identity_text(&self) -> String {
        self.identity.as_ref().map_or_else(|| format!("@{}", self.domain), ToString::to_string)
    }

    /// The name at which the key is found.
    pub fn key_name(&self) -> String {
        key_name(&self.selector, &self.domain)
    }

    /// The field up to and with `b=`, as it is signed: no line end after it. Error: values that cannot stand in a
    /// field.
    pub(crate) fn open(&self) -> Result<String, mox_message::Error> {
        let mut field = Folder::new(FIELD);
        field.word("v=1;").word(&format!("a={};", self.algorithm.keyword()));
        field.word(&format!("c={};", self.canonicalization));
        field.word(&format!("d={};", self.domain)).word(&format!("s={};", self.selector));
        if let Some(identity) = &self.identity {
            field.word(&format!("i={}@{};", quoted_printable(&identity.localpart), identity.domain));
        }
        if self.query_methods != [DNS_TXT] {
            field.word(&format!("q={};", self.query_methods.join(":")));
        }
        for (name, time) in [("t", self.signed_at), ("x", self.expires_at)] {
            if let Some(time) = time {
                field.word(&format!("{name}={};", time.secs()));
            }
        }
        if let Some(length) = self.body_length {
            field.word(&format!("l={length};"));
        }
        for (at, name) in self.headers.iter().enumerate() {
            let end = if at + 1 == self.headers.len() { ";" } else { ":" };
            let start = if at == 0 { "h=" } else { "" };
            field.word(&format!("{start}{name}{end}"));
        }
        if let Some(copied) = &self.copied_fields {
            field.word(&format!("z={copied};"));
        }
        field.word(&format!("bh={};", STANDARD.encode(&self.body_hash)));
        let mut text = field.word("b=").clone().finish()?;
        text.truncate(text.trim_end().len());
        Ok(text)
    }

    /// The whole field with its CRLF: what [`SignatureField::open`] gave, and the signature.
    pub(crate) fn close(mut open: String, signature: &[u8]) -> String {
        let mut column = open.len() - open.rfind('\n').map_or(0, |at| at + 1);
        for c in STANDARD.encode(signature).chars() {
            if column >= SOFT {
                open.push_str("\r\n ");
                column = 1;
            }
            open.push(c);
            column += 1;
        }
        open.push_str("\r\n");
        open
    }

    /// The whole field, folded, with its CRLF.
    pub fn to_field(&self) -> Result<String, mox_message::Error> {
        Ok(SignatureField::close(self.open()?, &self.signature))
    }
}

const DNS_TXT: &str = "dns/txt";

/// The name at which a key is found: `selector._domainkey.domain`.
pub fn key_name(selector: &str, domain: &Domain) -> String {
    format!("{selector}._domainkey.{domain}")
}

/// The tags of a signature or seal.
pub(crate) struct Tags<'a>(Vec<Tag<'a>>);

impl<'a> Tags<'a> {
    pub(crate) fn of(value: &'a [u8]) -> Result<Tags<'a>, SignatureError> {
        if value.len() > MAX_FIELD {
            return Err(SignatureError::TooLong);
        }
        Ok(Tags(tags::parse(value)?))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Tag<'a>> {
        self.0.iter().find(|tag| tag.name == name)
    }

    pub(crate) fn need(&self, name: &'static str) -> Result<&Tag<'a>, SignatureError> {
        self.get(name).ok_or(Missing(name))
    }
}

/// What can be said of a field that is no signature: its domain and its selector.
pub(crate) fn glimpse(value: &[u8]) -> (Option<Domain>, Option<String>) {
    let Ok(tags) = Tags::of(value) else { return (None, None) };
    (tags.get("d").and_then(|tag| domain(tag).ok()), tags.get("s").and_then(|tag| selector(tag).ok()))
}

/// Where the value of `b=` stands in a field's value.
pub(crate) fn signature_range(value: &[u8]) -> Option<Range<usize>> {
    let tags = Tags::of(value).ok()?;
    tags.get("b").map(|tag| tag.range.clone())
}

pub(crate) fn base64_of(tag: &Tag<'_>, name: &'static str) -> Result<Vec<u8>, SignatureError> {
    match BASE64.decode(tag.packed()) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        Ok(_) => Err(BadValue(name, "empty")),
        Err(_) => Err(BadValue(name, "not base64")),
    }
}

pub(crate) fn domain(tag: &Tag<'_>) -> Result<Domain, SignatureError> {
    match Domain::parse(tag.value) {
        Ok(domain) if !tag.value.ends_with('.') => Ok(domain),
        _ => Err(BadValue("d", "not a domain")),
    }
}

/// A selector is one or more labels; that of `Domain` may not end in a number, this may.
pub(crate) fn selector(tag: &Tag<'_>) -> Result<String, SignatureError> {
    parse_selector(tag.value).ok_or(BadValue("s", "not a selector"))
}

/// The selector in the form that DNS takes: lower case, A-labels.
pub fn parse_selector(text: &str) -> Option<String> {
    let name = Domain::parse(&format!("{text}._domainkey")).ok()?;
    let selector = name.ascii().strip_suffix("._domainkey")?;
    Some(selector.to_owned())
}

fn field_names(tag: &Tag<'_>) -> Result<Vec<String>, SignatureError> {
    let names: Vec<String> = tag.parts().take(MAX_SIGNED_FIELDS + 1).map(str::to_owned).collect();
    if names.len() > MAX_SIGNED_FIELDS {
        return Err(BadValue("h", "too many names"));
    }
    if names.iter().any(|name| !is_field_name(name)) {
        return Err(BadValue("h", "not names of fields"));
    }
    Ok(names)
}

/// Printable ASCII but the colon; a semicolon cannot stand in a tag list.
pub(crate) fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':' && b != b';')
}

fn length(tag: &Tag<'_>) -> Result<u64, SignatureError> {
    let digits = tag.value;
    if digits.is_empty() || digits.len() > 76 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadValue("l", "not a number"));
    }
    Ok(digits.parse().unwrap_or(u64::MAX))
}

pub(crate) fn time(tag: &Tag<'_>, name: &'static str) -> Result<Timestamp, SignatureError> {
    let digits = tag.value;
    if digits.len() > 12 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(BadValue(name, "not seconds since 1970"));
    }
    digits.parse().map(Timestamp::from_secs).map_err(|_| BadValue(name, "not seconds since 1970"))
}

fn identity(tag: &Tag<'_>) -> Result<Identity, SignatureError> {
    let (localpart, domain) = tag.value.rsplit_once('@').ok_or(BadValue("i", "no @"))?;
    let localpart = decode_quoted_printable(localpart).ok_or(BadValue("i", "not quoted-printable"))?;
    let domain = Domain::parse(domain.trim_matches(is_space))
        .map_err(|_| BadValue("i", "not a domain after the @"))?;
    Ok(Identity { localpart, domain })
}

/// Decodes `=XX`; white space says nothing.
fn decode_quoted_printable(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes().filter(|b| !is_space(char::from(*b)));
    while let Some(b) = rest.next() {
        if b != b'=' {
            bytes.push(b);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b'=' | b';' | 0..=b' ' | 0x7f.. => out.push_str(&format!("={b:02X}")),
            b => out.push(char::from(b)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "v=1; a=rsa-sha256; d=example.com; s=sel; h=from:to; bh=AQID; b=BAUG";

    fn with(tag: &str) -> Result<SignatureField, SignatureError> {
        let name = tag.split_once('=').unwrap().0;
        let mut tags: Vec<&str> = GOOD.split("; ").filter(|t| t.split_once('=').unwrap().0 != name).collect();
        tags.push(tag);
        SignatureField::parse(tags.join("; ").as_bytes())
    }

    #[test]
    fn fields_that_are_read() {
        let field = SignatureField::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(field.canonicalization.to_string(), "simple/simple");
        assert_eq!(field.identity_text(), "@example.com");
        assert_eq!(field.key_name(), "sel._domainkey.example.com");
        assert_eq!(
            (field.body_hash.as_slice(), field.signature.as_slice()),
            (&[1, 2, 3][..], &[4, 5, 6][..])
        );
        assert!(field.uses_dns());
        type Check = fn(&SignatureField) -> bool;
        let cases: [(&str, Check); 24] = [
            ("a=ed25519-sha256", |f| f.algorithm == Algorithm::Ed25519Sha256),
            ("a=RSA-SHA256", |f| f.algorithm == Algorithm::RsaSha256),
            ("a=rsa-sha1", |f| f.algorithm == Algorithm::RsaSha1 && f.algorithm.key_type().is_none()),
            ("a=dsa-md5", |f| f.algorithm == Algorithm::Other("dsa-md5".into())),
            ("b=BA\r\n UG", |f| f.signature == [4, 5, 6]),
            ("bh=A Q I D", |f| f.body_hash == [1, 2, 3]),
            ("c=relaxed", |f| f.canonicalization.to_string() == "relaxed/simple"),
            ("c=relaxed/relaxed", |f| f.canonicalization == Canonicalization::RELAXED),
            ("d=EXAMPLE.com", |f| f.domain.ascii() == "example.com"),
            ("d=bücher.example", |f| f.domain.ascii() == "xn--bcher-kva.example"),
            ("h=From : To\r\n\t: x-odd!", |f| f.headers == ["From", "To", "x-odd!"]),
            ("i=@example.com", |f| f.identity_text() == "@example.com"),
            ("i=joe=40x@sub.example.com", |f| f.identity_text() == "joe@x@sub.example.com"),
            ("i=j o=C3=A9@example.com", |f| f.identity_text() == "joé@example.com"),
            ("l=0", |f| f.body_length == Some(0)),
            ("l=99999999999999999999999", |f| f.body_length == Some(u64::MAX)),
            ("q=http/x:dns/TXT", SignatureField::uses_dns),
            ("q=http/x", |f| !f.uses_dns()),
            ("s=a.B.20261126", |f| f.selector == "a.b.20261126"),
            ("s=20261126", |f| f.key_name() == "20261126._domainkey.example.com"),
            ("t=1", |f| f.signed_at == Some(Timestamp::from_secs(1))),
            ("x=999999999999", |f| f.expires_at == Some(Timestamp::from_secs(999_999_999_999))),
            ("z=From:a|\r\n To:b", |f| f.copied_fields.as_deref() == Some("From:a|To:b")),
            ("unknown=x", |_| true),
        ];
        for (tag, check) in cases {
            let field = with(tag).unwrap_or_else(|e| panic!("{tag}: {e}"));
            assert!(check(&field), "{tag}: {field:?}");
        }
    }

    #[test]
    fn fields_that_are_not() {
        for name in ["v", "a", "d", "s", "h", "bh", "b"] {
            let tags: Vec<&str> = GOOD.split("; ").filter(|t| t.split_once('=').unwrap().0 != name).collect();
            assert_eq!(SignatureField::parse(tags.join(";").as_bytes()), Err(Missing(name)));
        }
        let cases = [
            ("v=2", "v"),
            ("v=01", "v"),
            ("b=", "b"),
            ("b=*", "b"),
            ("bh=", "bh"),
            ("c=none", "c"),
            ("d=", "d"),
            ("d=a..b", "d"),
            ("d=example.com.", "d"),
            ("h=", "h"),
            ("h=from:", "h"),
            ("h=from::to", "h"),
            ("h=from:a b", "h"),
            ("i=joe", "i"),
            ("i=joe@", "i"),
            ("i=jo=4@example.com", "i"),
            ("i=jo=FF@example.com", "i"),
            ("l=", "l"),
            ("l=-1", "l"),
            ("l=1x", "l"),
            ("s=", "s"),
            ("s=a b", "s"),
            ("s=a..b", "s"),
            ("t=", "t"),
            ("t=+1", "t"),
            ("t=1234567890123", "t"),
            ("x=soon", "x"),
        ];
        for (tag, name) in cases {
            match with(tag) {
                Err(BadValue(found, _)) => assert_eq!(found, name, "{tag}"),
                other => panic!("{tag}: {other:?}"),
            }
        }
        assert_eq!(with("i=@example.org"), Err(SignatureError::ForeignIdentity));
        assert_eq!(with("i=@badexample.com"), Err(SignatureError::ForeignIdentity));
        assert_eq!(with("t=5; x=5"), Err(SignatureError::ExpiresBeforeSigned));
        assert!(with("t=5; x=6").is_ok());
        assert!(with(&format!("h=from{}", ":a".repeat(MAX_SIGNED_FIELDS - 1))).is_ok());
        assert!(with(&format!("h=from{}", ":a".repeat(MAX_SIGNED_FIELDS))).is_err());
        assert_eq!(with(&format!("x1={}", "a".repeat(MAX_FIELD))), Err(SignatureError::TooLong));
    }

    #[test]
    fn what_can_be_seen_of_a_bad_one() {
        let (domain, selector) = glimpse(b"d=example.com; s=a; b=*");
        assert_eq!((domain.unwrap().ascii(), selector.as_deref()), ("example.com", Some("a")));
        assert_eq!(glimpse(b"d=example.com; d=x"), (None, None));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            ed in any::<bool>(),
            signature in prop::collection::vec(any::<u8>(), 1..520),
            body_hash in prop::collection::vec(any::<u8>(), 32),
            c in "(simple|relaxed)/(simple|relaxed)",
            headers in prop::collection::vec("[A-Za-z-]{1,30}", 1..40),
            localpart in prop::option::of("[ -~é]{0,12}"),
            body_length in prop::option::of(any::<u64>()),
            times in prop::option::of((0_i64..4_000_000_000, 1_i64..1_000_000)),
        ) {
            let domain = Domain::parse("mail.example.com").unwrap();
            let field = SignatureField {
                algorithm: if ed { Algorithm::Ed25519Sha256 } else { Algorithm::RsaSha256 },
                signature,
                body_hash,
                canonicalization: c.parse().unwrap(),
                headers,
                identity: localpart.map(|localpart| Identity { localpart, domain: domain.clone() }),
                domain,
                body_length,
                query_methods: vec![DNS_TXT.into()],
                selector: "sel.2026".into(),
                signed_at: times.map(|(t, _)| Timestamp::from_secs(t)),
                expires_at: times.map(|(t, x)| Timestamp::from_secs(t + x)),
                copied_fields: None,
            };
            let text = field.to_field().unwrap();
            prop_assert!(text.ends_with("\r\n") && text.lines().all(|l| l.len() <= SOFT), "{}", text);
            let header = mox_message::Header::of(text.as_bytes());
            let read = header.fields().next().unwrap();
            prop_assert_eq!(read.raw.len(), text.len());
            prop_assert_eq!(SignatureField::parse(read.value), Ok(field));
        }
    }
}
