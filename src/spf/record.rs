//! The record a domain publishes: `v=spf1 mx ip4:192.0.2.0/24 -all`, parsed and written. RFC 7208 §3, §4.5, §5, §6, §12.
//!
//! `parse` and `Display` are inverse; what is written is lower case, with defaults (`+`, `/32`) left out. A record with
//! one mistake is no record: nothing of it is used (§4.6).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::macros::{MacroString, Place};

/// Longest record, in octets: what a TXT record can hold.
pub const MAX_RECORD: usize = 65_535;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Its terms in order.
    pub terms: Vec<Term>,
}

/// A term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// What is tried in order until one matches.
    Directive(Directive),
    /// What holds for the whole record.
    Modifier(Modifier),
}

/// A mechanism and the result of its match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// The result.
    pub qualifier: Qualifier,
    /// The condition.
    pub mechanism: Mechanism,
}

/// The result when a mechanism matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qualifier {
    /// `+`, and the default.
    Pass,
    /// `-`
    Fail,
    /// `~`
    SoftFail,
    /// `?`
    Neutral,
}

/// A condition on the client's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mechanism {
    /// Any address.
    All,
    /// What another domain's record lets pass.
    Include(MacroString),
    /// The addresses of a name.
    A(Option<MacroString>, Prefixes),
    /// The addresses of a domain's mail hosts.
    Mx(Option<MacroString>, Prefixes),
    /// Addresses whose verified name is within a domain.
    Ptr(Option<MacroString>),
    /// An IPv4 network.
    Ip4(Ipv4Addr, u8),
    /// An IPv6 network.
    Ip6(Ipv6Addr, u8),
    /// Any address if a name has an A record.
    Exists(MacroString),
}

/// How many leading bits of addresses count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefixes {
    /// For IPv4, 0 to 32.
    pub v4: u8,
    /// For IPv6, 0 to 128.
    pub v6: u8,
}

impl Prefixes {
    /// Every bit counts.
    pub const WHOLE: Prefixes = Prefixes { v4: 32, v6: 128 };
}

/// A modifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modifier {
    /// Another domain's record decides when nothing matched.
    Redirect(MacroString),
    /// Which name holds the explanation of a fail.
    Explanation(MacroString),
    /// One this implementation does not know; it has no effect.
    Unknown(String, MacroString),
}

/// What is wrong with a record, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}: {term:?} at octet {at}")]
pub struct RecordError {
    /// What.
    pub problem: Problem,
    /// The term, cut to 100 characters.
    pub term: String,
    /// Offset in the record.
    pub at: usize,
}

/// What can be wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It does not begin with the version.
    #[error("does not begin with v=spf1")]
    NotSpf,
    /// More than [`MAX_RECORD`] octets.
    #[error("record is too long")]
    TooLong,
    /// A control character, or one outside ASCII.
    #[error("character is not allowed")]
    BadCharacter,
    /// No mechanism of that name.
    #[error("unknown mechanism")]
    UnknownMechanism,
    /// A name of a modifier that is none.
    #[error("not the name of a modifier")]
    BadModifier,
    /// The mechanism takes no argument of that kind.
    #[error("argument is not allowed here")]
    UnwantedArgument,
    /// No domain where one is needed.
    #[error("domain is missing")]
    MissingDomain,
    /// It does not end in a dot and a top label, nor in a macro.
    #[error("not a domain")]
    BadDomain,
    /// Not an address of the mechanism's family.
    #[error("not an ip address")]
    BadAddress,
    /// Not a prefix length of the family.
    #[error("not a prefix length")]
    BadPrefix,
    /// A `%` that begins no macro.
    #[error("not a macro")]
    BadMacro,
    /// Macros `c`, `r`, `t` outside explanations.
    #[error("macro is for explanations only")]
    OnlyInExplanations,
    /// A macro that keeps no part.
    #[error("macro keeps zero parts")]
    ZeroParts,
    /// A modifier that may stand once.
    #[error("modifier stands twice")]
    Twice,
}

/// Whether a TXT record is meant as an SPF record: the version, then a space or nothing.
pub fn is_spf(text: &str) -> bool {
    after_version(text).is_some()
}

fn after_version(text: &str) -> Option<&str> {
    let (version, rest) = text.split_at_checked(6)?;
    (version.eq_ignore_ascii_case("v=spf1") && (rest.is_empty() || rest.starts_with(' '))).then_some(rest)
}

impl Record {
    /// Parses a whole record.
    pub fn parse(text: &str) -> Result<Record, RecordError> {
        let error =
            |problem, term: &str, at| RecordError { problem, term: term.chars().take(100).collect(), at };
        if text.len() > MAX_RECORD {
            return Err(error(Problem::TooLong, "", MAX_RECORD));
        }
        let Some(rest) = after_version(text) else {
            return Err(error(Problem::NotSpf, text, 0));
        };
        let mut record = Record::default();
        let mut at = text.len() - rest.len();
        for word in rest.split(' ') {
            if !word.is_empty() {
                let parsed =
                    Term::parse(word).map_err(|(within, problem)| error(problem, word, at + within))?;
                record.add(parsed).map_err(|problem| error(problem, word, at))?;
            }
            at += word.len() + 1;
        }
        Ok(record)
    }

    fn add(&mut self, term: Term) -> Result<(), Problem> {
        let twice = match &term {
            Term::Modifier(Modifier::Redirect(_)) => self.redirect().is_some(),
            Term::Modifier(Modifier::Explanation(_)) => self.explanation().is_some(),
            _ => false,
        };
        if twice {
            return Err(Problem::Twice);
        }
        self.terms.push(term);
        Ok(())
    }

    /// The directives, in order.
    pub fn directives(&self) -> impl Iterator<Item = &Directive> {
        self.terms.iter().filter_map(|term| match term {
            Term::Directive(directive) => Some(directive),
            Term::Modifier(_) => None,
        })
    }

    fn modifiers(&self) -> impl Iterator<Item = &Modifier> {
        self.terms.iter().filter_map(|term| match term {
            Term::Modifier(modifier) => Some(modifier),
            Term::Directive(_) => None,
        })
    }

    /// Whose record decides when nothing matches.
    pub fn redirect(&self) -> Option<&MacroString> {
        self.modifiers().find_map(|modifier| match modifier {
            Modifier::Redirect(domain) => Some(domain),
            _ => None,
        })
    }

    /// Which name holds the explanation.
    pub fn explanation(&self) -> Option<&MacroString> {
        self.modifiers().find_map(|modifier| match modifier {
            Modifier::Explanation(domain) => Some(domain),
            _ => None,
        })
    }
}

type Parsed<T> = Result<T, (usize, Problem)>;

impl Term {
    /// Parses one term; the error has the offset in it.
    fn parse(word: &str) -> Parsed<Term> {
        if let Some(at) = word.find(|c: char| !c.is_ascii_graphic()) {
            return Err((at, Problem::BadCharacter));
        }
        let name_end = word.find([':', '/', '=']).unwrap_or(word.len());
        let (name, rest) = word.split_at(name_end);
        if let Some(value) = rest.strip_prefix('=') {
            return Modifier::parse(name, value).map(Term::Modifier).map_err(|(at, p)| match p {
                Problem::BadModifier => (0, p),
                _ => (name_end + 1 + at, p),
            });
        }
        let (qualifier, bare) = match name.chars().next() {
            Some('+') => (Qualifier::Pass, name.get(1..)),
            Some('-') => (Qualifier::Fail, name.get(1..)),
            Some('~') => (Qualifier::SoftFail, name.get(1..)),
            Some('?') => (Qualifier::Neutral, name.get(1..)),
            _ => (Qualifier::Pass, Some(name)),
        };
        let mechanism = Mechanism::parse(bare.unwrap_or_default(), rest);
        let mechanism = mechanism.map_err(|(at, problem)| match problem {
            Problem::UnknownMechanism => (0, problem),
            _ => (name_end + at, problem),
        })?;
        Ok(Term::Directive(Directive { qualifier, mechanism }))
    }

    /// The name of the mechanism or modifier, in lower case: `ip4`, `redirect`.
    pub fn name(&self) -> &str {
        match self {
            Term::Directive(directive) => directive.mechanism.name(),
            Term::Modifier(Modifier::Redirect(_)) => "redirect",
            Term::Modifier(Modifier::Explanation(_)) => "exp",
            Term::Modifier(Modifier::Unknown(name, _)) => name,
        }
    }

    /// Whether evaluating it asks DNS, so that it counts towards the limit (RFC 7208 §4.6.4).
    pub fn asks_dns(&self) -> bool {
        match self {
            Term::Directive(directive) => {
                !matches!(directive.mechanism, Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..))
            }
            Term::Modifier(modifier) => matches!(modifier, Modifier::Redirect(_)),
        }
    }
}

impl Mechanism {
    /// `rest` is what follows the name, from the `:` or `/` on.
    fn parse(name: &str, rest: &str) -> Parsed<Mechanism> {
        let lower = name.to_ascii_lowercase();
        let domain = |text: &str| MacroString::parse(text, Place::Domain).map_err(|(at, p)| (at + 1, p));
        let argument = rest.strip_prefix(':');
        let required = || argument.ok_or((0, Problem::MissingDomain));
        match lower.as_str() {
            "all" if rest.is_empty() => Ok(Mechanism::All),
            "all" => Err((0, Problem::UnwantedArgument)),
            "include" => Ok(Mechanism::Include(domain(required()?)?)),
            "exists" => Ok(Mechanism::Exists(domain(required()?)?)),
            "ptr" => match argument {
                Some(text) => Ok(Mechanism::Ptr(Some(domain(text)?))),
                None if rest.is_empty() => Ok(Mechanism::Ptr(None)),
                None => Err((0, Problem::UnwantedArgument)),
            },
            "a" | "mx" => {
                let (before, prefixes) = take_prefixes(rest)?;
                let domain = before.strip_prefix(':').map(domain).transpose()?;
                if domain.is_none() && !before.is_empty() {
                    return Err((0, Problem::BadPrefix));
                }
                let make = if lower == "a" { Mechanism::A } else { Mechanism::Mx };
                Ok(make(domain, prefixes))
            }
            "ip4" => {
                let (ip, bits) = network(argument.unwrap_or_default(), 32)?;
                Ok(Mechanism::Ip4(ip, bits))
            }
            "ip6" => {
                let (ip, bits) = network(argument.unwrap_or_default(), 128)?;
                Ok(Mechanism::Ip6(ip, bits))
            }
            _ => Err((0, Problem::UnknownMechanism)),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Mechanism::All => "all",
            Mechanism::Include(_) => "include",
            Mechanism::A(..) => "a",
            Mechanism::Mx(..) => "mx",
            Mechanism::Ptr(_) => "ptr",
            Mechanism::Ip4(..) => "ip4",
            Mechanism::Ip6(..) => "ip6",
            Mechanism::Exists(_) => "exists",
        }
    }
}

impl Modifier {
    fn parse(name: &str, value: &str) -> Parsed<Modifier> {
        let domain = || MacroString::parse(value, Place::Domain);
        match name.to_ascii_lowercase().as_str() {
            "redirect" => Ok(Modifier::Redirect(domain()?)),
            "exp" => Ok(Modifier::Explanation(domain()?)),
            lower => {
                let name_ok = lower.starts_with(|c: char| c.is_ascii_alphabetic())
                    && lower.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
                if !name_ok {
                    return Err((0, Problem::BadModifier));
                }
                Ok(Modifier::Unknown(lower.to_owned(), MacroString::parse(value, Place::Value)?))
            }
        }
    }
}

/// An address and how many of its bits count.
fn network<A: std::str::FromStr>(text: &str, max: u8) -> Parsed<(A, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, prefix(bits, max).ok_or((address.len() + 1, Problem::BadPrefix))?),
        None => (text, max),
    };
    Ok((address.parse().map_err(|_| (1, Problem::BadAddress))?, bits))
}

/// A prefix length: no sign, no leading zero.
fn prefix(digits: &str, max: u8) -> Option<u8> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    digits.parse().ok().filter(|bits| *bits <= max)
}

/// Takes `/24//64` off the end.
fn take_prefixes(text: &str) -> Parsed<(&str, Prefixes)> {
    let mut prefixes = Prefixes::WHOLE;
    let mut before = text;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if let Some((head, v6)) = before.rsplit_once("//").filter(|(_, v6)| digits(v6)) {
        prefixes.v6 = prefix(v6, 128).ok_or((head.len(), Problem::BadPrefix))?;
        before = head;
    }
    if let Some((head, v4)) = before.rsplit_once('/').filter(|(_, v4)| digits(v4)) {
        prefixes.v4 = prefix(v4, 32).ok_or((head.len(), Problem::BadPrefix))?;
        before = head;
    }
    Ok((before, prefixes))
}

impl Qualifier {
    /// Its sign.
    pub const fn sign(self) -> char {
        match self {
            Qualifier::Pass => '+',
            Qualifier::Fail => '-',
            Qualifier::SoftFail => '~',
            Qualifier::Neutral => '?',
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=spf1")?;
        self.terms.iter().try_for_each(|term| write!(f, " {term}"))
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Directive(Directive { qualifier: Qualifier::Pass, mechanism }) => mechanism.fmt(f),
            Term::Directive(d) => write!(f, "{}{}", d.qualifier.sign(), d.mechanism),
            Term::Modifier(Modifier::Redirect(domain)) => write!(f, "redirect={domain}"),
            Term::Modifier(Modifier::Explanation(domain)) => write!(f, "exp={domain}"),
            Term::Modifier(Modifier::Unknown(name, value)) => write!(f, "{name}={value}"),
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Mechanism::All => Ok(()),
            Mechanism::Include(domain) | Mechanism::Exists(domain) | Mechanism::Ptr(Some(domain)) => {
                write!(f, ":{domain}")
            }
            Mechanism::Ptr(None) => Ok(()),
            Mechanism::A(domain, prefixes) | Mechanism::Mx(domain, prefixes) => {
                if let Some(domain) = domain {
                    write!(f, ":{domain}")?;
                }
                prefixes.fmt(f)
            }
            Mechanism::Ip4(ip, 32) => write!(f, ":{ip}"),
            Mechanism::Ip4(ip, bits) => write!(f, ":{ip}/{bits}"),
            Mechanism::Ip6(ip, 128) => write!(f, ":{ip}"),
            Mechanism::Ip6(ip, bits) => write!(f, ":{ip}/{bits}"),
        }
    }
}

impl fmt::Display for Prefixes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.v4 != 32 {
            write!(f, "/{}", self.v4)?;
        }
        if self.v6 != 128 {
            write!(f, "//{}", self.v6)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_round_trip() {
        for (text, written) in [
            ("v=spf1", "v=spf1"),
            ("V=SPF1  +MX   -All ", "v=spf1 mx -all"),
            ("v=spf1 a/24//64 mx:b.example/0 ~all", "v=spf1 a/24//64 mx:b.example/0 ~all"),
            ("v=spf1 a:a.example//128 a/32", "v=spf1 a:a.example a"),
            ("v=spf1 ip4:192.0.2.1/32 ip6:2001:DB8::/32", "v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32"),
            ("v=spf1 ptr ptr:%{d2} ?exists:%{ir}.l.example", "v=spf1 ptr ptr:%{d2} ?exists:%{ir}.l.example"),
            ("v=spf1 redirect=%{d} exp=e.%{d} moo=%{c}a:/b", "v=spf1 redirect=%{d} exp=e.%{d} moo=%{c}a:/b"),
            ("v=spf1 a:%{d/}/24", "v=spf1 a:%{d/}/24"),
            ("v=spf1 moo=", "v=spf1 moo="),
        ] {
            let record = Record::parse(text).unwrap();
            assert_eq!(record.to_string(), written);
            assert_eq!(Record::parse(written).unwrap(), record);
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (text, problem, at) in [
            ("v=spf10", Problem::NotSpf, 0),
            ("spf1", Problem::NotSpf, 0),
            ("v=spf1\tall", Problem::NotSpf, 0),
            ("v=spf1 all:a.example", Problem::UnwantedArgument, 10),
            ("v=spf1 all/8", Problem::UnwantedArgument, 10),
            ("v=spf1 a foo -all", Problem::UnknownMechanism, 9),
            ("v=spf1 --all", Problem::UnknownMechanism, 7),
            ("v=spf1 -", Problem::UnknownMechanism, 7),
            ("v=spf1 include", Problem::MissingDomain, 14),
            ("v=spf1 include:", Problem::MissingDomain, 15),
            ("v=spf1 include:com", Problem::BadDomain, 15),
            ("v=spf1 include:a.example/24", Problem::BadDomain, 15),
            ("v=spf1 a:", Problem::MissingDomain, 9),
            ("v=spf1 a:/24", Problem::MissingDomain, 9),
            ("v=spf1 a/", Problem::BadPrefix, 8),
            ("v=spf1 a/33", Problem::BadPrefix, 8),
            ("v=spf1 a//129", Problem::BadPrefix, 8),
            ("v=spf1 a/024", Problem::BadPrefix, 8),
            ("v=spf1 a:b.example/24/24", Problem::BadDomain, 9),
            ("v=spf1 ptr/24", Problem::UnwantedArgument, 10),
            ("v=spf1 ip4:1.2.3", Problem::BadAddress, 11),
            ("v=spf1 ip4:1.2.3.4/33", Problem::BadPrefix, 18),
            ("v=spf1 ip4:1.2.3.4//32", Problem::BadPrefix, 18),
            ("v=spf1 ip4:::1", Problem::BadAddress, 11),
            ("v=spf1 ip4", Problem::BadAddress, 11),
            ("v=spf1 ip6:192.0.2.1", Problem::BadAddress, 11),
            ("v=spf1 ip6:::1%eth0", Problem::BadAddress, 11),
            ("v=spf1 exists:%{x}.example", Problem::BadMacro, 14),
            ("v=spf1 exists:a.%{t}", Problem::OnlyInExplanations, 16),
            ("v=spf1 exists:%{d0}", Problem::ZeroParts, 14),
            ("v=spf1 redirect=a.example redirect=b.example", Problem::Twice, 26),
            ("v=spf1 exp=a.example -all EXP=a.example", Problem::Twice, 26),
            ("v=spf1 redirect=", Problem::MissingDomain, 16),
            ("v=spf1 1up=a", Problem::BadModifier, 7),
            ("v=spf1 =a", Problem::BadModifier, 7),
            ("v=spf1 moo=%a", Problem::BadMacro, 11),
            ("v=spf1 a:caf\u{e9}.example", Problem::BadCharacter, 12),
            ("v=spf1 a\t-all", Problem::BadCharacter, 8),
        ] {
            let error = Record::parse(text).unwrap_err();
            assert_eq!((error.problem, error.at), (problem, at), "{text}: {error}");
        }
        let error = Record::parse("v=spf1 foo:b").unwrap_err();
        assert_eq!(error.to_string(), "unknown mechanism: \"foo:b\" at octet 7");
    }

    #[test]
    fn which_texts_are_meant() {
        for (text, expected) in [
            ("v=spf1", true),
            ("V=Spf1 ", true),
            ("v=spf1x", false),
            ("v=spf2.0", false),
            ("", false),
            ("\u{e9}=spf1", false),
        ] {
            assert_eq!(is_spf(text), expected, "{text}");
        }
    }

    #[test]
    fn terms_that_ask_dns() {
        let record = Record::parse(
            "v=spf1 a mx ptr exists:a.b include:a.b ip4:192.0.2.1 ip6:::1 exp=a.b x=y redirect=a.b all",
        );
        let record = record.unwrap();
        let asks: Vec<&str> = record.terms.iter().filter(|t| t.asks_dns()).map(Term::name).collect();
        assert_eq!(asks, ["a", "mx", "ptr", "exists", "include", "redirect"]);
    }
}
