//! What a domain publishes at `_dmarc`: policy, alignment, and where reports go.
//!
//! `v=DMARC1` must come first and is case-sensitive; the rest may come in any order. Unknown tags and those of RFC
//! 7489 that are gone (`pct`, `rf`, `ri`) have no effect; a tag with a bad value counts as absent; of a tag given
//! twice the first holds. [`Record::ignored`] says which and why. `parse` and `Display` are inverse for what has
//! effect. A record without valid `p`, or with a bad `sp` or `np`, asks for nothing: [`Record::usable`].
//! RFC 9989 §4.7, §4.8, §4.10.1.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::uri::ReportUri;

/// Longest record that is read, in bytes.
pub const MAX_RECORD: usize = 4096;
/// Most tags that are read.
pub const MAX_TAGS: usize = 64;
/// Most URIs that are kept of `rua`, and of `ruf`.
pub const MAX_URIS: usize = 10;

/// What a domain's owner asks for mail that does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Nothing.
    #[default]
    None,
    /// To be taken as suspicious.
    Quarantine,
    /// To be refused.
    Reject,
}

/// What is asked for one message, after everything that weakens a policy.
pub type Disposition = Policy;

impl Policy {
    /// The keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Policy::None => "none",
            Policy::Quarantine => "quarantine",
            Policy::Reject => "reject",
        }
    }

    /// Reads the keyword, in any case.
    pub fn parse(text: &str) -> Option<Policy> {
        [Policy::None, Policy::Quarantine, Policy::Reject]
            .into_iter()
            .find(|policy| text.eq_ignore_ascii_case(policy.keyword()))
    }

    /// The policy one level below: what applies while the owner tests (`t=y`).
    pub const fn weakened(self) -> Policy {
        match self {
            Policy::Reject => Policy::Quarantine,
            Policy::Quarantine | Policy::None => Policy::None,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// How alike an authenticated domain and the author's must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alignment {
    /// Of the same organization.
    #[default]
    Relaxed,
    /// Identical.
    Strict,
}

impl Alignment {
    /// The value in records: `r` or `s`.
    pub const fn letter(self) -> &'static str {
        match self {
            Alignment::Relaxed => "r",
            Alignment::Strict => "s",
        }
    }

    fn parse(text: &str) -> Option<Alignment> {
        [Alignment::Relaxed, Alignment::Strict].into_iter().find(|a| text.eq_ignore_ascii_case(a.letter()))
    }
}

/// Whether the domain is a public suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Psd {
    /// It is: others register names below it.
    #[serde(rename = "y")]
    Yes,
    /// It is not, and it is the organizational domain of what is below.
    #[serde(rename = "n")]
    No,
    /// The walk tells.
    #[default]
    #[serde(rename = "u")]
    Unknown,
}

impl Psd {
    /// The value in records: `y`, `n` or `u`.
    pub const fn letter(self) -> &'static str {
        match self {
            Psd::Yes => "y",
            Psd::No => "n",
            Psd::Unknown => "u",
        }
    }

    fn parse(text: &str) -> Option<Psd> {
        [Psd::Yes, Psd::No, Psd::Unknown].into_iter().find(|p| text.eq_ignore_ascii_case(p.letter()))
    }
}

/// When the owner wants a report about one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum FailureOption {
    /// Nothing passed and was aligned.
    #[serde(rename = "0")]
    All,
    /// Something did not pass and align.
    #[serde(rename = "1")]
    Any,
    /// A DKIM signature failed, aligned or not.
    #[serde(rename = "d")]
    Dkim,
    /// SPF failed, aligned or not.
    #[serde(rename = "s")]
    Spf,
}

impl FailureOption {
    /// The value in records.
    pub const fn letter(self) -> &'static str {
        match self {
            FailureOption::All => "0",
            FailureOption::Any => "1",
            FailureOption::Dkim => "d",
            FailureOption::Spf => "s",
        }
    }

    fn parse(text: &str) -> Option<FailureOption> {
        use FailureOption::{All, Any, Dkim, Spf};
        [All, Any, Dkim, Spf].into_iter().find(|o| text.eq_ignore_ascii_case(o.letter()))
    }
}

/// Something in a record without effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ignored {
    /// The tag, in lower case.
    pub tag: String,
    /// Its value, cut at 100 characters.
    pub value: String,
    /// Why it has no effect.
    pub reason: &'static str,
}

/// A policy record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Record {
    /// Policy for the domain.
    pub p: Option<Policy>,
    /// Policy for names below it that exist; `p` when absent.
    pub sp: Option<Policy>,
    /// Policy for names below it that do not exist; `sp` when absent.
    pub np: Option<Policy>,
    /// Alignment of DKIM.
    pub adkim: Alignment,
    /// Alignment of SPF.
    pub aspf: Alignment,
    /// When to report single failures; only with `ruf`. Empty is the default, `0`.
    pub fo: Vec<FailureOption>,
    /// Where daily reports go.
    pub rua: Vec<ReportUri>,
    /// Where reports of single failures go.
    pub ruf: Vec<ReportUri>,
    /// Whether the domain is a public suffix.
    pub psd: Psd,
    /// Whether the owner tests: policies apply one level below.
    #[serde(rename = "t")]
    pub testing: bool,
    /// What has no effect.
    pub ignored: Vec<Ignored>,
}

/// Why a text is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It does not begin with `v=DMARC1`: something else, to be passed over.
    #[error("does not begin with v=DMARC1")]
    NotDmarc,
    /// It is longer than [`MAX_RECORD`].
    #[error("record of {len} bytes, more than {MAX_RECORD}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
}

impl Record {
    /// Reads a record. What is wrong behind the version is dropped, as RFC 9989 §4.8 asks.
    pub fn parse(text: &str) -> Result<Record, Error> {
        let mut tags = text.split(';');
        if !tags.next().is_some_and(is_version) {
            return Err(Error::NotDmarc);
        }
        if text.len() > MAX_RECORD {
            return Err(Error::TooLong { len: text.len() });
        }
        let mut record = Record::default();
        let mut seen = vec!["v".to_owned()];
        for (count, part) in tags.filter(|part| !part.trim_matches(WSP).is_empty()).enumerate() {
            let Some((name, value)) = tag(part) else {
                record.ignore("", part.trim_matches(WSP), "not a tag with a value");
                continue;
            };
            if count >= MAX_TAGS {
                record.ignore(&name, value, "too many tags");
                break;
            }
            if seen.contains(&name) {
                record.ignore(&name, value, "given before");
                continue;
            }
            record.take(&name, value);
            seen.push(name);
        }
        Ok(record)
    }

    /// Takes one tag.
    fn take(&mut self, name: &str, value: &str) {
        let taken = match name {
            "p" => set(&mut self.p, Policy::parse(value).map(Some)),
            "sp" => set(&mut self.sp, Policy::parse(value).map(Some)),
            "np" => set(&mut self.np, Policy::parse(value).map(Some)),
            "adkim" => set(&mut self.adkim, Alignment::parse(value)),
            "aspf" => set(&mut self.aspf, Alignment::parse(value)),
            "psd" => set(&mut self.psd, Psd::parse(value)),
            "t" => set(&mut self.testing, yes_or_no(value)),
            "fo" => set(&mut self.fo, failure_options(value)),
            "rua" | "ruf" => return self.take_uris(name, value),
            "pct" | "rf" | "ri" => return self.ignore(name, value, "gone since RFC 9989"),
            _ => return self.ignore(name, value, "unknown tag"),
        };
        if !taken {
            self.ignore(name, value, BAD_VALUE);
        }
    }

    fn take_uris(&mut self, name: &str, value: &str) {
        for text in value.split(',').map(|text| text.trim_matches(WSP)) {
            let list = if name == "rua" { &mut self.rua } else { &mut self.ruf };
            match ReportUri::parse(text) {
                None => self.ignore(name, text, "not a valid URI"),
                Some(_) if list.len() == MAX_URIS => {
                    return self.ignore(name, text, "too many URIs");
                }
                Some(uri) => list.push(uri),
            }
        }
    }

    fn ignore(&mut self, tag: &str, value: &str, reason: &'static str) {
        if self.ignored.len() <= MAX_TAGS {
            let value = value.chars().take(100).collect();
            self.ignored.push(Ignored { tag: tag.chars().take(100).collect(), value, reason });
        }
    }

    /// Whether a policy is missing or misspelt, so that only `none` can be meant (RFC 9989 §4.10.1).
    pub fn is_flawed(&self) -> bool {
        let policy = |i: &Ignored| i.reason == BAD_VALUE && matches!(i.tag.as_str(), "sp" | "np");
        self.p.is_none() || self.ignored.iter().any(policy)
    }

    /// Whether DMARC applies to mail of the domain: a flawed record counts as `p=none` when it asks for reports, else
    /// as none.
    pub fn usable(&self) -> bool {
        !self.is_flawed() || !self.rua.is_empty()
    }

    /// The policy for the domain itself.
    pub fn policy(&self) -> Policy {
        if self.is_flawed() { Policy::None } else { self.p.unwrap_or_default() }
    }

    /// The policy for existing names below the domain.
    pub fn subdomain_policy(&self) -> Policy {
        if self.is_flawed() { Policy::None } else { self.sp.or(self.p).unwrap_or_default() }
    }

    /// The policy for names below the domain that do not exist.
    pub fn nonexistent_policy(&self) -> Policy {
        if self.is_flawed() { Policy::None } else { self.np.or(self.sp).or(self.p).unwrap_or_default() }
    }

    /// When to report single failures: nothing without `ruf`, and never to a public suffix (RFC 9991 §2).
    pub fn failure_options(&self) -> &[FailureOption] {
        match self.fo.as_slice() {
            _ if self.ruf.is_empty() || self.psd == Psd::Yes => &[],
            [] => &[FailureOption::All],
            options => options,
        }
    }
}

const BAD_VALUE: &str = "not a valid value";

/// White space as the grammar has it.
const WSP: [char; 2] = [' ', '\t'];

/// Splits `name = value`; the name in lower case. A name has only letters, a value only printable ASCII.
fn tag(part: &str) -> Option<(String, &str)> {
    let (name, value) = part.split_once('=')?;
    let (name, value) = (name.trim_matches(WSP), value.trim_matches(WSP));
    let name_ok = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic());
    let value_ok = value.bytes().all(|b| (0x20..0x7f).contains(&b));
    (name_ok && value_ok).then(|| (name.to_ascii_lowercase(), value))
}

/// Whether this is the version, which has nothing before it.
fn is_version(part: &str) -> bool {
    let Some((name, value)) = part.split_once('=') else { return false };
    name.trim_end_matches(WSP).eq_ignore_ascii_case("v") && value.trim_matches(WSP) == "DMARC1"
}

fn set<T>(field: &mut T, value: Option<T>) -> bool {
    value.map(|value| *field = value).is_some()
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" => Some(true),
        "n" | "N" => Some(false),
        _ => None,
    }
}

/// Each option once, `0` and `1` not together.
fn failure_options(text: &str) -> Option<Vec<FailureOption>> {
    let mut options = Vec::new();
    for part in text.split(':') {
        let option = FailureOption::parse(part.trim_matches(WSP))?;
        let clash = match option {
            FailureOption::All => options.contains(&FailureOption::Any),
            FailureOption::Any => options.contains(&FailureOption::All),
            _ => false,
        };
        if clash || options.contains(&option) {
            return None;
        }
        options.push(option);
    }
    Some(options)
}

impl fmt::Display for Record {
    /// Writes what has effect and is not the default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=DMARC1")?;
        let (p, sp, np) = match self.is_flawed() {
            false => (self.p, self.sp, self.np),
            true => (self.usable().then_some(Policy::None), None, None),
        };
        for (name, policy) in [("p", p), ("sp", sp), ("np", np)] {
            if let Some(policy) = policy {
                write!(f, "; {name}={policy}")?;
            }
        }
        for (name, mode) in [("adkim", self.adkim), ("aspf", self.aspf)] {
            if mode != Alignment::default() {
                write!(f, "; {name}={}", mode.letter())?;
            }
        }
        if self.psd != Psd::default() {
            write!(f, "; psd={}", self.psd.letter())?;
        }
        if self.testing {
            f.write_str("; t=y")?;
        }
        if !self.fo.is_empty() {
            let options: Vec<&str> = self.fo.iter().map(|option| option.letter()).collect();
            write!(f, "; fo={}", options.join(":"))?;
        }
        for (name, uris) in [("rua", &self.rua), ("ruf", &self.ruf)] {
            if !uris.is_empty() {
                let uris: Vec<&str> = uris.iter().map(|uri| uri.uri.as_str()).collect();
                write!(f, "; {name}={}", uris.join(","))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Record {
        Record::parse(text).unwrap()
    }

    #[test]
    fn the_version_comes_first() {
        for good in
            ["v=DMARC1", "v=DMARC1;", "V = DMARC1 ; p=none", "v\t=\tDMARC1\t;p=none", "v=DMARC1;p=none;;"]
        {
            assert!(Record::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "v",
            "v=dmarc1; p=none",
            "v=DMARC12; p=none",
            "v=DMARC1 p=none",
            "v=DMARC1, p=none",
            " v=DMARC1; p=none",
            ";v=DMARC1; p=none",
            "p=none; v=DMARC1",
            "v=spf1 -all",
            "DMARC1; p=none",
        ] {
            assert_eq!(Record::parse(bad), Err(Error::NotDmarc), "{bad}");
        }
        let long = format!("v=DMARC1; p=none; x={}", "a".repeat(MAX_RECORD));
        assert_eq!(Record::parse(&long), Err(Error::TooLong { len: long.len() }));
    }

    #[test]
    fn tags_and_defaults() {
        let record = parse(
            "v=DMARC1; P=Reject ;\tsp=quarantine;np=NONE; adkim=S; aspf=s; psd=n; t=Y; fo=1:d:s; rua=mailto:a@example.com , mailto:b@example.com!10m;ruf=mailto:c@example.com",
        );
        assert_eq!(
            (record.p, record.sp, record.np),
            (Some(Policy::Reject), Some(Policy::Quarantine), Some(Policy::None))
        );
        assert_eq!((record.adkim, record.aspf), (Alignment::Strict, Alignment::Strict));
        assert_eq!((record.psd, record.testing), (Psd::No, true));
        assert_eq!(record.fo, [FailureOption::Any, FailureOption::Dkim, FailureOption::Spf]);
        assert_eq!((record.rua.len(), record.ruf.len()), (2, 1));
        assert_eq!(record.ignored, []);
        assert_eq!(
            record.to_string(),
            "v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=s; psd=n; t=y; fo=1:d:s; \
             rua=mailto:a@example.com,mailto:b@example.com; ruf=mailto:c@example.com"
        );
        let plain = parse("v=DMARC1;p=none");
        assert_eq!(plain, Record { p: Some(Policy::None), ..Record::default() });
    }

    #[test]
    fn what_has_no_effect_is_listed() {
        let record = parse(
            "v=DMARC1; p=none; pct=50; rf=afrf; ri=3600; x-y=1; zz=1; adkim=q; t=yes; fo=0:1; \
             p=reject; junk; rua=nobody,mailto:a@example.com; v=DMARC1; psd=",
        );
        let listed: Vec<(&str, &str)> = record.ignored.iter().map(|i| (i.tag.as_str(), i.reason)).collect();
        assert_eq!(
            listed,
            [
                ("pct", "gone since RFC 9989"),
                ("rf", "gone since RFC 9989"),
                ("ri", "gone since RFC 9989"),
                ("", "not a tag with a value"),
                ("zz", "unknown tag"),
                ("adkim", BAD_VALUE),
                ("t", BAD_VALUE),
                ("fo", BAD_VALUE),
                ("p", "given before"),
                ("", "not a tag with a value"),
                ("rua", "not a valid URI"),
                ("v", "given before"),
                ("psd", BAD_VALUE),
            ]
        );
        assert_eq!((record.policy(), record.rua.len()), (Policy::None, 1));
    }

    /// RFC 9989 §4.10.1: without a valid `p`, or with a bad `sp` or `np`, only `none` is asked for, and nothing at all
    /// without `rua`.
    #[test]
    fn flawed_policies_ask_for_nothing() {
        use Policy::{None as No, Quarantine, Reject};
        let table = [
            ("p=reject", true, [Reject, Reject, Reject]),
            ("p=reject; sp=quarantine", true, [Reject, Quarantine, Quarantine]),
            ("p=reject; np=none", true, [Reject, Reject, No]),
            ("p=none; sp=quarantine; np=reject", true, [No, Quarantine, Reject]),
            ("sp=reject", false, [No, No, No]),
            ("p=rejekt", false, [No, No, No]),
            ("rua=mailto:a@example.com", true, [No, No, No]),
            ("sp=reject; rua=mailto:a@example.com", true, [No, No, No]),
            ("p=reject; sp=all; rua=mailto:a@example.com", true, [No, No, No]),
            ("p=reject; np=; rua=mailto:a@example.com", true, [No, No, No]),
            ("p=reject; np=all", false, [No, No, No]),
            ("p=; rua=a@example.com", false, [No, No, No]),
            ("p=reject; aspf=x", true, [Reject, Reject, Reject]),
        ];
        for (tags, usable, policies) in table {
            let record = parse(&format!("v=DMARC1; {tags}"));
            let found = [record.policy(), record.subdomain_policy(), record.nonexistent_policy()];
            assert_eq!((record.usable(), found), (usable, policies), "{tags}");
            let again = parse(&record.to_string());
            let found = [again.policy(), again.subdomain_policy(), again.nonexistent_policy()];
            assert_eq!((again.usable(), found), (usable, policies), "{tags}: {record}");
        }
    }

    #[test]
    fn failure_reports_need_an_address_and_no_public_suffix() {
        let options = |tags: &str| parse(&format!("v=DMARC1; p=none; {tags}")).failure_options().to_vec();
        assert_eq!(options("fo=1"), []);
        assert_eq!(options("ruf=mailto:a@example.com"), [FailureOption::All]);
        assert_eq!(options("fo=d:0; ruf=mailto:a@example.com"), [FailureOption::Dkim, FailureOption::All]);
        assert_eq!(options("fo=d; ruf=mailto:a@example.com; psd=y"), []);
    }

    #[test]
    fn bounds() {
        let many = (0..200).map(|n| format!("x{}=1;", "y".repeat(n % 7))).collect::<String>();
        assert!(parse(&format!("v=DMARC1; p=reject; {many}")).ignored.len() <= MAX_TAGS + 2);
        let uris = vec!["mailto:a@example.com"; 50].join(",");
        let record = parse(&format!("v=DMARC1; p=none; rua={uris}; ruf={uris}"));
        assert_eq!((record.rua.len(), record.ruf.len()), (MAX_URIS, MAX_URIS));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_read_is_written_and_read_alike(text in "v=DMARC1(;[ \t]?(p|sp|np|t|psd|adkim|aspf|fo|rua|ruf|x)=(none|reject|y|n|s|0:d|1:s|mailto:a@example.com!1k|\\PC{0,6})){0,8}") {
            let record = Record::parse(&text).unwrap();
            let again = Record::parse(&record.to_string()).unwrap();
            prop_assert_eq!(record.to_string(), again.to_string());
            prop_assert_eq!(record.usable(), again.usable());
            prop_assert_eq!(record.subdomain_policy(), again.subdomain_policy());
        }

        #[test]
        fn any_text_is_bounded(text in ".{0,300}", dmarc in any::<bool>()) {
            let text = if dmarc { format!("v=DMARC1;{text}") } else { text };
            if let Ok(record) = Record::parse(&text) {
                prop_assert!(record.rua.len() <= MAX_URIS && record.ignored.len() <= MAX_TAGS + 1);
            }
        }
    }
}
