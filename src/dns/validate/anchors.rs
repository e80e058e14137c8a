//! Trust anchors: the keys of the root, built in, or those of a file. RFC 4033 §5; the root's keys: RFC 9718.

use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DS};
use hickory_resolver::proto::dnssec::{Algorithm, DigestType, PublicKeyBuf};
use hickory_resolver::proto::rr::Name;

use super::names::{labels, same, within};
use super::signature::usable;

/// Most anchors in a file.
pub const MAX_ANCHORS: usize = 100;

/// The root's key signing keys of 2017 and 2024, as published by IANA.
const ROOT: &str = "
. DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16";

/// What is trusted of a zone.
#[derive(Debug, Clone)]
enum Trusted {
    Ds(DS),
    Key(DNSKEY),
}

/// Trust anchors by zone.
#[derive(Debug, Clone)]
pub(crate) struct Anchors(Vec<(Name, Trusted)>);

/// Why a text has no trust anchors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnchorError {
    /// A line is neither a DS nor a DNSKEY record.
    #[error("line {0} is neither a DS nor a DNSKEY record, as in: . IN DS 20326 8 2 E06D44B8...")]
    Line(usize),
    /// There are none.
    #[error("no DS and no DNSKEY record")]
    None,
    /// There are more than anybody needs.
    #[error("more than {MAX_ANCHORS} records")]
    Many,
}

impl Anchors {
    /// Those of the root of the world.
    pub(crate) fn root() -> Anchors {
        Anchors::parse(ROOT).unwrap_or(Anchors(Vec::new()))
    }

    /// Reads DS and DNSKEY records, one a line, as in a zone file; `;` and `#` begin comments, and parentheses are
    /// passed over. Owners are absolute.
    pub(crate) fn parse(text: &str) -> Result<Anchors, AnchorError> {
        let mut anchors = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split([';', '#']).next().unwrap_or_default().replace(['(', ')'], " ");
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.is_empty() || words.first().is_some_and(|word| word.starts_with('$')) {
                continue;
            }
            if anchors.len() == MAX_ANCHORS {
                return Err(AnchorError::Many);
            }
            match record(&words).ok_or(AnchorError::Line(number + 1))? {
                // Zone signing keys in the same file are not anchors of anything.
                (_, Trusted::Key(key)) if !usable(&key) => {}
                anchor => anchors.push(anchor),
            }
        }
        match anchors.is_empty() {
            true => Err(AnchorError::None),
            false => Ok(Anchors(anchors)),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The zone with an anchor that is closest above a name.
    pub(crate) fn above(&self, name: &Name) -> Option<&Name> {
        self.0.iter().map(|(zone, _)| zone).filter(|zone| within(name, zone)).max_by_key(|zone| labels(zone))
    }

    /// Whether a key of a zone is trusted.
    pub(crate) fn trusts(&self, zone: &Name, key: &DNSKEY) -> bool {
        usable(key)
            && self.0.iter().filter(|(name, _)| same(name, zone)).any(|(_, trusted)| match trusted {
                Trusted::Ds(ds) => matches(ds, zone, key),
                Trusted::Key(trusted) => {
                    trusted.public_key() == key.public_key() && trusted.flags() & !1 == key.flags() & !1
                }
            })
    }
}

/// Whether a DS record is that of a key of a zone, by a digest that is good enough.
pub(crate) fn matches(ds: &DS, zone: &Name, key: &DNSKEY) -> bool {
    digest_supported(ds.digest_type())
        && hickory_resolver::proto::dnssec::Verifier::algorithm(key) == ds.algorithm()
        && key.calculate_key_tag().is_ok_and(|tag| tag == ds.key_tag())
        && key
            .to_digest(&zone.to_lowercase(), ds.digest_type())
            .is_ok_and(|digest| digest.as_ref() == ds.digest())
}

/// Digests of keys that count; SHA-1 does not (RFC 9905 §2).
pub(crate) fn digest_supported(digest: DigestType) -> bool {
    matches!(digest, DigestType::SHA256 | DigestType::SHA384)
}

/// `owner [ttl] [IN] DS|DNSKEY data...`
fn record(words: &[&str]) -> Option<(Name, Trusted)> {
    let (owner, rest) = words.split_first()?;
    let absolute = if owner.ends_with('.') { (*owner).to_owned() } else { format!("{owner}.") };
    let owner = Name::from_ascii(&absolute).ok()?.to_lowercase();
    let skip = |word: &&&str| word.eq_ignore_ascii_case("IN") || word.bytes().all(|b| b.is_ascii_digit());
    let at = rest.iter().take_while(skip).count();
    let (kind, data) = rest.get(at..)?.split_first()?;
    let number = |n: usize| data.get(n).and_then(|word| word.parse::<u16>().ok());
    let byte = |n: usize| number(n).and_then(|value| u8::try_from(value).ok());
    let tail = |n: usize| data.get(n..).map(<[&str]>::concat).filter(|text| !text.is_empty());
    let trusted = if kind.eq_ignore_ascii_case("DS") {
        let digest = hex(&tail(3)?)?;
        Trusted::Ds(DS::new(number(0)?, Algorithm::from_u8(byte(1)?), DigestType::from(byte(2)?), digest))
    } else if kind.eq_ignore_ascii_case("DNSKEY") {
        let algorithm = Algorithm::from_u8(byte(2).filter(|_| byte(1) == Some(3))?);
        Trusted::Key(DNSKEY::with_flags(number(0)?, PublicKeyBuf::new(base64(&tail(3)?)?, algorithm)))
    } else {
        return None;
    };
    Some((owner, trusted))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_several_programs_are_read() {
        let ds = "example.\t3600 IN DS 1 13 2 ( 00112233445566778899aabbccddeeff\t00112233445566778899AABBCCDDEEFF ) ; comment";
        let key = ". IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4= ;{id = 3613 (ksk), size = 256b}";
        let anchors = Anchors::parse(&format!("# anchors\n$TTL 3600\n\n{ds}\n{key}\n")).unwrap();
        assert_eq!(anchors.0.len(), 2);
        let name = |text| Name::from_ascii(text).unwrap();
        assert!(same(anchors.above(&name("a.b.example.")).unwrap(), &name("example.")));
        assert!(anchors.above(&name("test.")).unwrap().is_root());
        assert_eq!(Anchors::root().0.len(), 2);
    }

    #[test]
    fn bad_files_say_which_line() {
        assert_eq!(Anchors::parse("; none").unwrap_err(), AnchorError::None);
        assert_eq!(Anchors::parse("\n. IN A 192.0.2.1").unwrap_err(), AnchorError::Line(2));
        assert_eq!(Anchors::parse(". DS 1 8 2 abc").unwrap_err(), AnchorError::Line(1));
        assert_eq!(
            Anchors::parse(&". DS 1 8 2 ab\n".repeat(MAX_ANCHORS + 1)).unwrap_err(),
            AnchorError::Many
        );
    }
}
