//! The policy file: mode, how long it holds, and which MX hosts are the domain's.
//!
//! Lines end in CRLF or LF. Unknown keys are kept and mean nothing; of a key that stands twice the first counts, but for
//! `mx`. A `max_age` over [`MAX_AGE`] counts as that; a policy that breaks any other rule is none at all. At most
//! [`MAX_POLICY`] bytes and [`MAX_MX`] patterns.
//! RFC 8461 §3.2, §4.1.

use std::fmt;
use std::str::FromStr;

use mox_address::Domain;
use serde::Serialize;

use crate::record::is_name;

/// Longest policy file, in bytes (RFC 8461 §3.3 suggests it).
pub const MAX_POLICY: usize = 64 * 1024;

/// Longest time that a policy holds, in seconds: a year.
pub const MAX_AGE: u32 = 31_557_600;

/// Most MX patterns of a policy.
pub const MAX_MX: usize = 1000;

/// What to do with a host that does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Deliver nothing to it.
    Enforce,
    /// Deliver as if there were no policy, and report.
    Testing,
    /// As if there were no policy.
    None,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mode::Enforce => "enforce",
            Mode::Testing => "testing",
            Mode::None => "none",
        })
    }
}

impl FromStr for Mode {
    type Err = PolicyError;
    fn from_str(text: &str) -> Result<Mode, PolicyError> {
        match text {
            "enforce" => Ok(Mode::Enforce),
            "testing" => Ok(Mode::Testing),
            "none" => Ok(Mode::None),
            _ => Err(PolicyError::Mode(text.to_owned())),
        }
    }
}

/// A name, or all names with one label more. Displays as `mail.example.org` or `*.example.org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MxPattern {
    /// Whether any single label stands before the name.
    pub wildcard: bool,
    /// The name.
    pub domain: Domain,
}

impl MxPattern {
    /// Whether the host is meant.
    pub fn matches(&self, host: &Domain) -> bool {
        match self.wildcard {
            true => host.parent().is_some_and(|parent| parent == self.domain),
            false => *host == self.domain,
        }
    }
}

impl FromStr for MxPattern {
    type Err = PolicyError;
    fn from_str(text: &str) -> Result<MxPattern, PolicyError> {
        let (wildcard, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        // U-labels are not allowed here, so that all senders compare the same.
        let domain = Some(name).filter(|name| name.is_ascii()).and_then(|name| name.parse().ok());
        Ok(MxPattern { wildcard, domain: domain.ok_or_else(|| PolicyError::Mx(text.to_owned()))? })
    }
}

impl fmt::Display for MxPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.wildcard { "*." } else { "" }, self.domain)
    }
}

impl Serialize for MxPattern {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// A policy. Displays as the file, with CRLF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// What it asks for.
    pub mode: Mode,
    /// How long it holds after it was fetched, in seconds; at most [`MAX_AGE`].
    pub max_age: u32,
    /// The hosts; empty only in mode `none`.
    pub mx: Vec<MxPattern>,
    /// Keys that the RFC does not know, in their order.
    pub extensions: Vec<(String, String)>,
}

/// Why a file is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is too long.
    #[error("longer than {MAX_POLICY} bytes")]
    TooLong,
    /// It has bytes that are not UTF-8.
    #[error("not UTF-8 text")]
    NotText,
    /// A line is not `key: value`.
    #[error("line {line}: {text:?} is not like \"key: value\"")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What it holds, at most 100 characters.
        text: String,
    },
    /// A key that must be there is not.
    #[error("no {0}")]
    Missing(&'static str),
    /// The version is another.
    #[error("version {0:?} is not STSv1")]
    Version(String),
    /// There is no such mode.
    #[error("mode {0:?} is none of enforce, testing, none")]
    Mode(String),
    /// The time is not a number of seconds, of ten digits at most.
    #[error("max_age {0:?} is not a number of seconds")]
    MaxAge(String),
    /// The pattern is not a name in A-labels, or has its wildcard elsewhere than as the whole first label.
    #[error("mx {0:?} is not a host name or a name after \"*.\"")]
    Mx(String),
    /// There are too many patterns.
    #[error("more than {MAX_MX} mx")]
    TooManyMx,
}

impl Policy {
    /// Reads a policy file.
    pub fn parse(file: &[u8]) -> Result<Policy, PolicyError> {
        if file.len() > MAX_POLICY {
            return Err(PolicyError::TooLong);
        }
        let text = std::str::from_utf8(file).map_err(|_| PolicyError::NotText)?;
        // The grammar has one line end there; files made by hand have more.
        let text = text.trim_end_matches(['\r', '\n', ' ', '\t']);
        let (mut version, mut mode, mut max_age) = (None, None, None);
        let (mut mx, mut extensions) = (Vec::new(), Vec::new());
        for (index, line) in text.split('\n').enumerate() {
            let (key, value) = key_value(line).ok_or_else(|| PolicyError::Line {
                line: index.saturating_add(1),
                text: line.trim_end_matches('\r').chars().take(100).collect(),
            })?;
            // What the first says must be right, what the others say does not count.
            match key {
                "version" if version.is_some() => {}
                "mode" if mode.is_some() => {}
                "max_age" if max_age.is_some() => {}
                "version" if value == "STSv1" => version = Some(()),
                "version" => return Err(PolicyError::Version(value.to_owned())),
                "mode" => mode = Some(value.parse()?),
                "max_age" => max_age = Some(seconds(value)?.min(u64::from(MAX_AGE))),
                "mx" if mx.len() == MAX_MX => return Err(PolicyError::TooManyMx),
                "mx" => mx.push(value.parse()?),
                key => extensions.push((key.to_owned(), value.to_owned())),
            }
        }
        version.ok_or(PolicyError::Missing("version"))?;
        let mode = mode.ok_or(PolicyError::Missing("mode"))?;
        let max_age = max_age.ok_or(PolicyError::Missing("max_age"))?;
        let max_age = u32::try_from(max_age).unwrap_or(MAX_AGE);
        if mx.is_empty() && mode != Mode::None {
            return Err(PolicyError::Missing("mx"));
        }
        Ok(Policy { mode, max_age, mx, extensions })
    }

    /// Whether the policy names the MX host.
    pub fn matches(&self, host: &Domain) -> bool {
        self.mx.iter().any(|pattern| pattern.matches(host))
    }
}

/// Takes a line apart.
fn key_value(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_suffix('\r').unwrap_or(line).trim_end_matches([' ', '\t']);
    let (key, value) = line.split_once(':')?;
    let value = value.trim_start_matches([' ', '\t']);
    let good = is_name(key) && !value.is_empty() && !value.contains(|c: char| c.is_control());
    good.then_some((key, value))
}

/// What the first `max_age` of a policy file says before it is brought down to [`MAX_AGE`].
pub fn stated_max_age(file: &str) -> Option<u64> {
    let value = file
        .split('\n')
        .filter_map(key_value)
        .find_map(|(key, value)| (key == "max_age").then_some(value))?;
    seconds(value).ok()
}

fn seconds(text: &str) -> Result<u64, PolicyError> {
    let digits = (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| PolicyError::MaxAge(text.to_owned()))
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version: STSv1\r\nmode: {}\r\n", self.mode)?;
        self.mx.iter().try_for_each(|mx| write!(f, "mx: {mx}\r\n"))?;
        write!(f, "max_age: {}\r\n", self.max_age)?;
        self.extensions.iter().try_for_each(|(name, value)| write!(f, "{name}: {value}\r\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EXAMPLE: &str = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\n\
        mx: backupmx.example.com\r\nmax_age: 604800\r\n";

    fn policy(mode: Mode, max_age: u32, mx: &[&str]) -> Policy {
        let mx = mx.iter().map(|mx| mx.parse().unwrap()).collect();
        Policy { mode, max_age, mx, extensions: Vec::new() }
    }

    #[test]
    fn the_example_of_rfc_8461() {
        let expected =
            policy(Mode::Enforce, 604_800, &["mail.example.com", "*.example.net", "backupmx.example.com"]);
        assert_eq!(Policy::parse(EXAMPLE.as_bytes()).unwrap(), expected);
        assert_eq!(Policy::parse(EXAMPLE.replace("\r\n", "\n").as_bytes()).unwrap(), expected);
        assert_eq!(Policy::parse(EXAMPLE.trim_end().as_bytes()).unwrap(), expected);
        assert_eq!(expected.to_string(), EXAMPLE);
    }

    #[test]
    fn what_may_vary() {
        for (text, expected) in [
            (
                "version:STSv1 \nmode:\ttesting\t \nmx:a.example\nmax_age:0",
                policy(Mode::Testing, 0, &["a.example"]),
            ),
            ("max_age: 31557600\nmode: none\nversion: STSv1\n", policy(Mode::None, MAX_AGE, &[])),
            ("max_age: 31557601\nmode: none\nversion: STSv1\n", policy(Mode::None, MAX_AGE, &[])),
            ("max_age: 9999999999\nmode: none\nversion: STSv1\n", policy(Mode::None, MAX_AGE, &[])),
            (
                "mode: none\nmx: *.a.example\nversion: STSv1\nmax_age: 0000000001\n",
                policy(Mode::None, 1, &["*.a.example"]),
            ),
            (
                "version: STSv1\nversion: STSv2\nmode: none\nmode: x\nmax_age: 1\nmax_age: x\n",
                policy(Mode::None, 1, &[]),
            ),
            ("version: STSv1\r\nmode: none\r\nmax_age: 1\r\n\r\n \n", policy(Mode::None, 1, &[])),
            (
                "version: STSv1\nmode: enforce\nmx: MX.Example.ORG\nmax_age: 1",
                policy(Mode::Enforce, 1, &["mx.example.org"]),
            ),
        ] {
            assert_eq!(Policy::parse(text.as_bytes()).unwrap(), expected, "{text}");
        }
        let extended = "version: STSv1\nmode: none\nmax_age: 1\nX-a.b: d\u{e9}j\u{e0} vu: x\n";
        let found = Policy::parse(extended.as_bytes()).unwrap();
        assert_eq!(found.extensions, [("X-a.b".to_owned(), "d\u{e9}j\u{e0} vu: x".to_owned())]);
    }

    #[test]
    fn an_age_that_is_too_long_is_brought_down_but_can_be_told() {
        for (text, stated) in [
            ("version: STSv1\r\nmax_age: 99999999\r\nmax_age: 1\r\n", Some(99_999_999)),
            ("max_age:1", Some(1)),
            ("max_age: x\nmax_age: 1", None),
            ("mode: none", None),
        ] {
            assert_eq!(stated_max_age(text), stated, "{text}");
        }
    }

    #[test]
    fn what_is_no_policy() {
        use PolicyError as E;
        let line = |line, text: &str| E::Line { line, text: text.into() };
        for (text, wrong) in [
            ("", line(1, "")),
            ("<html>\n", line(1, "<html>")),
            ("version: STSv1\n\nmode: none\nmax_age: 1\n", line(2, "")),
            ("\nversion: STSv1\n", line(1, "")),
            ("version: STSv1\nmode: none\nmax_age: 1\nx:\n", line(4, "x:")),
            ("version : STSv1\n", line(1, "version : STSv1")),
            ("version: STSv1\rmode: none\n", line(1, "version: STSv1\rmode: none")),
            ("\u{feff}version: STSv1\n", line(1, "\u{feff}version: STSv1")),
            ("mode: none\nmax_age: 1", E::Missing("version")),
            ("version: STSv1\nmax_age: 1", E::Missing("mode")),
            ("version: STSv1\nmode: none", E::Missing("max_age")),
            ("version: STSv1\nmode: enforce\nmax_age: 1", E::Missing("mx")),
            ("version: STSv1\nmode: testing\nmax_age: 1", E::Missing("mx")),
            ("Version: STSv1\nmode: none\nmax_age: 1", E::Missing("version")),
            ("version: STSv2\nmode: none\nmax_age: 1", E::Version("STSv2".into())),
            ("version: STSv1\nmode: Enforce\nmax_age: 1", E::Mode("Enforce".into())),
            ("version: STSv1\nmode: none\nmax_age: 00000000001", E::MaxAge("00000000001".into())),
            ("version: STSv1\nmode: none\nmax_age: -1", E::MaxAge("-1".into())),
            ("version: STSv1\nmode: none\nmax_age: +1", E::MaxAge("+1".into())),
            ("version: STSv1\nmode: none\nmax_age: 1d", E::MaxAge("1d".into())),
        ] {
            assert_eq!(Policy::parse(text.as_bytes()), Err(wrong), "{text:?}");
        }
        for mx in [
            "*",
            "*.",
            "a.*.example",
            "*a.example",
            "**.example",
            ".example",
            "m\u{fc}nchen.example",
            "a b",
            "192.0.2.1",
            "[192.0.2.1]",
            "a..b",
        ] {
            let text = format!("version: STSv1\nmode: enforce\nmax_age: 1\nmx: {mx}\n");
            assert_eq!(Policy::parse(text.as_bytes()), Err(E::Mx(mx.into())), "{mx}");
        }
        assert_eq!(Policy::parse(b"version: STSv1\nmode: none\nx: \xff\nmax_age: 1"), Err(E::NotText));
        assert_eq!(Policy::parse(&[b'a'; MAX_POLICY + 1]), Err(E::TooLong));
        let many =
            format!("version: STSv1\nmode: enforce\nmax_age: 1\n{}", "mx: a.example\n".repeat(MAX_MX + 1));
        assert_eq!(Policy::parse(many.as_bytes()), Err(E::TooManyMx));
    }

    #[test]
    fn wildcards_stand_for_one_label() {
        for (pattern, host, matches) in [
            ("mail.example.com", "mail.example.com", true),
            ("mail.example.com", "MAIL.example.com.", true),
            ("mail.example.com", "x.mail.example.com", false),
            ("*.example.com", "mail.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "foo.bar.example.com", false),
            ("*.example.com", "mailexample.com", false),
            ("*.xn--mnchen-3ya.example", "mx.m\u{fc}nchen.example", true),
            ("*.com", "example.com", true),
        ] {
            let pattern: MxPattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(&host.parse().unwrap()), matches, "{pattern} {host}");
        }
        let policy = policy(Mode::Enforce, 1, &["a.example", "*.b.example"]);
        assert!(policy.matches(&"x.b.example".parse().unwrap()));
        assert!(!policy.matches(&"b.example".parse().unwrap()));
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_and_read_again(
            text in "((version: STSv1|mode: (none|testing)|max_age: [0-9]{1,8}|mx: (\\*\\.)?[a-z.]{1,8}|\\PC{0,8})\r?\n){0,8}"
        ) {
            if let Ok(policy) = Policy::parse(text.as_bytes()) {
                prop_assert_eq!(Policy::parse(policy.to_string().as_bytes()).unwrap(), policy);
            }
        }

        #[test]
        fn a_wildcard_matches_what_has_one_label_more(label in "[a-z0-9]{1,9}", name in "[a-z]{1,5}(\\.[a-z]{1,5}){1,3}") {
            let pattern: MxPattern = format!("*.{name}").parse().unwrap();
            let host = format!("{label}.{name}").parse().unwrap();
            prop_assert!(pattern.matches(&host));
            prop_assert!(!pattern.matches(&name.parse().unwrap()));
            let below = format!("{label}.{label}.{name}").parse().unwrap();
            prop_assert!(!pattern.matches(&below));
        }
    }
}
