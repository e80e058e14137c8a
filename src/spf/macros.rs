//! Macro strings: parsed once, expanded with the values of a client. RFC 7208 §7, RFC 3986 §2.3 (escaping).
//!
//! `FromStr`-like parsing and `Display` are inverse. Names are cut from the left to [`MAX_NAME`] octets.
//! RFC 8616 §4: localparts that are not ASCII make a name that nothing matches.

use std::fmt::{self, Write};
use std::net::IpAddr;

use mox_clock::Timestamp;

use crate::record::Problem;

/// Longest name that is looked up, in octets (RFC 7208 §7.3).
pub const MAX_NAME: usize = 253;
/// Longest text that an expansion may give before it is cut, in octets.
pub const MAX_EXPANSION: usize = 16_384;

/// A text with macros.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MacroString {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// `%%`
    Percent,
    /// `%_`
    Space,
    /// `%-`
    UrlSpace,
    Macro(Macro),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Macro {
    letter: Letter,
    /// The letter was upper-case: escape for URLs.
    escape: bool,
    /// How many right-hand parts stay.
    keep: Option<u32>,
    reverse: bool,
    /// Where parts end; none means at dots.
    delimiters: String,
}

/// What a macro stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// `s`
    Sender,
    /// `l`
    Localpart,
    /// `o`
    SenderDomain,
    /// `d`
    Domain,
    /// `i`
    Ip,
    /// `p`
    ValidatedName,
    /// `v`
    IpVersion,
    /// `h`
    Helo,
    /// `c`, in explanations
    ReadableIp,
    /// `r`, in explanations
    Receiver,
    /// `t`, in explanations
    Time,
}

const LETTERS: [(char, Letter); 11] = [
    ('s', Letter::Sender),
    ('l', Letter::Localpart),
    ('o', Letter::SenderDomain),
    ('d', Letter::Domain),
    ('i', Letter::Ip),
    ('p', Letter::ValidatedName),
    ('v', Letter::IpVersion),
    ('h', Letter::Helo),
    ('c', Letter::ReadableIp),
    ('r', Letter::Receiver),
    ('t', Letter::Time),
];

/// Where a macro string stands, which decides what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A domain-spec: ends in a top label or a macro; `c`, `r` and `t` are not allowed.
    Domain,
    /// The value of a modifier that is not known.
    Value,
    /// The text of an explanation: spaces are allowed.
    Explanation,
}

/// What macros stand for.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// The localpart of the sender, unquoted.
    pub localpart: &'a str,
    /// The domain of the sender.
    pub sender_domain: &'a str,
    /// The domain whose record is evaluated.
    pub domain: &'a str,
    /// Address of the client.
    pub ip: IpAddr,
    /// What it said in HELO.
    pub helo: &'a str,
    /// Its verified name, or `unknown`.
    pub validated_name: &'a str,
    /// Name of this host.
    pub receiver: &'a str,
    /// Now.
    pub now: Timestamp,
}

impl MacroString {
    /// Parses a text; the error is what is wrong and at which octet.
    pub fn parse(text: &str, place: Place) -> Result<MacroString, (usize, Problem)> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let Some(special) = rest.strip_prefix('%') else {
                let (literal, after) = rest.split_at(rest.find('%').unwrap_or(rest.len()));
                let allowed = |c: char| c.is_ascii_graphic() || (c == ' ' && place == Place::Explanation);
                if let Some(bad) = literal.find(|c| !allowed(c)) {
                    return Err((at + bad, Problem::BadCharacter));
                }
                parts.push(Part::Literal(literal.to_owned()));
                rest = after;
                continue;
            };
            let (part, after) = take_special(special, place).map_err(|problem| (at, problem))?;
            parts.push(part);
            rest = after;
        }
        let parsed = MacroString { parts };
        if place == Place::Domain && !parsed.ends_like_a_domain() {
            return Err((0, if text.is_empty() { Problem::MissingDomain } else { Problem::BadDomain }));
        }
        Ok(parsed)
    }

    /// `domain-end` of the grammar: a macro, or a dot and a top label with perhaps a final dot.
    fn ends_like_a_domain(&self) -> bool {
        let literal = match self.parts.last() {
            Some(Part::Literal(literal)) => literal,
            Some(_) => return true,
            None => return false,
        };
        let bare = literal.strip_suffix('.').unwrap_or(literal);
        let Some((_, label)) = bare.rsplit_once('.') else { return false };
        let alphanumeric_end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.bytes().all(|b| b.is_ascii_digit())
            && alphanumeric_end(label.chars().next())
            && alphanumeric_end(label.chars().last())
    }

    /// Whether the macro is used.
    pub fn uses(&self, letter: Letter) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Macro(m) if m.letter == letter))
    }

    /// The text, when there is nothing to expand.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with macros expanded; none when it would be longer than [`MAX_EXPANSION`].
    pub fn expand(&self, values: &Values<'_>) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Percent => out.push('%'),
                Part::Space => out.push(' '),
                Part::UrlSpace => out.push_str("%20"),
                Part::Macro(m) => m.expand(values, &mut out),
            }
            if out.len() > MAX_EXPANSION {
                return None;
            }
        }
        Some(out)
    }
}

/// What follows a `%`.
fn take_special(text: &str, place: Place) -> Result<(Part, &str), Problem> {
    for (mark, part) in [("%", Part::Percent), ("_", Part::Space), ("-", Part::UrlSpace)] {
        if let Some(rest) = text.strip_prefix(mark) {
            return Ok((part, rest));
        }
    }
    let inner = text.strip_prefix('{').ok_or(Problem::BadMacro)?;
    let (inner, rest) = inner.split_once('}').ok_or(Problem::BadMacro)?;
    let mut chars = inner.chars();
    let given = chars.next().ok_or(Problem::BadMacro)?;
    let known = LETTERS.iter().find(|(letter, _)| given.eq_ignore_ascii_case(letter));
    let letter = known.map(|(_, letter)| *letter).ok_or(Problem::BadMacro)?;
    if place == Place::Domain && matches!(letter, Letter::ReadableIp | Letter::Receiver | Letter::Time) {
        return Err(Problem::OnlyInExplanations);
    }
    let inner = chars.as_str();
    let (digits, inner) = inner.split_at(inner.find(|c: char| !c.is_ascii_digit()).unwrap_or(inner.len()));
    let keep = match digits {
        "" => None,
        // Only a number that does not fit is an error here: more parts than any name has.
        digits => Some(digits.parse::<u32>().unwrap_or(u32::MAX)),
    };
    if keep == Some(0) {
        return Err(Problem::ZeroParts);
    }
    let (reverse, delimiters) = match inner.strip_prefix(['r', 'R']) {
        Some(delimiters) => (true, delimiters),
        None => (false, inner),
    };
    if !delimiters.chars().all(|c| ".-+,/_=".contains(c)) {
        return Err(Problem::BadMacro);
    }
    let escape = given.is_ascii_uppercase();
    Ok((Part::Macro(Macro { letter, escape, keep, reverse, delimiters: delimiters.to_owned() }), rest))
}

impl Macro {
    fn expand(&self, values: &Values<'_>, out: &mut String) {
        let value = self.letter.value(values);
        let split = |c: char| if self.delimiters.is_empty() { c == '.' } else { self.delimiters.contains(c) };
        let mut parts: Vec<&str> = value.split(split).collect();
        if self.reverse {
            parts.reverse();
        }
        let keep = self.keep.and_then(|keep| usize::try_from(keep).ok()).unwrap_or(usize::MAX);
        let kept = parts.get(parts.len().saturating_sub(keep)..).unwrap_or_default();
        let text = kept.join(".");
        if !self.escape {
            out.push_str(&text);
            return;
        }
        for byte in text.bytes() {
            match byte {
                b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
                byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
                byte => {
                    let _ = write!(out, "%{byte:02X}");
                }
            }
        }
    }
}

impl Letter {
    fn value(self, values: &Values<'_>) -> String {
        match self {
            Letter::Sender => format!("{}@{}", values.localpart, values.sender_domain),
            Letter::Localpart => values.localpart.to_owned(),
            Letter::SenderDomain => values.sender_domain.to_owned(),
            Letter::Domain => values.domain.to_owned(),
            Letter::Ip => dotted(values.ip),
            Letter::ValidatedName => values.validated_name.to_owned(),
            Letter::IpVersion => if values.ip.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
            Letter::Helo => values.helo.to_owned(),
            Letter::ReadableIp => values.ip.to_string(),
            Letter::Receiver => values.receiver.to_owned(),
            Letter::Time => values.now.secs().to_string(),
        }
    }
}

/// An address as labels: octets, or the nibbles of IPv6.
fn dotted(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let nibbles = ip.octets().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
            nibbles.map(|nibble| format!("{nibble:x}")).collect::<Vec<_>>().join(".")
        }
    }
}

/// Makes a name for DNS of an expanded domain-spec: no final dot, labels cut from the left until it fits. None when it
/// is no name.
pub fn to_name(expanded: &str) -> Option<&str> {
    let mut name = expanded.strip_suffix('.').unwrap_or(expanded);
    while name.len() > MAX_NAME {
        name = name.split_once('.')?.1;
    }
    let label_ok =
        |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_graphic());
    name.split('.').all(label_ok).then_some(name)
}

impl fmt::Display for MacroString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Percent => f.write_str("%%"),
            Part::Space => f.write_str("%_"),
            Part::UrlSpace => f.write_str("%-"),
            Part::Macro(m) => m.fmt(f),
        })
    }
}

impl fmt::Display for Macro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = LETTERS.iter().find(|(_, letter)| *letter == self.letter).map_or('s', |(c, _)| *c);
        let letter = if self.escape { letter.to_ascii_uppercase() } else { letter };
        write!(f, "%{{{letter}")?;
        if let Some(keep) = self.keep {
            write!(f, "{keep}")?;
        }
        if self.reverse {
            f.write_str("r")?;
        }
        write!(f, "{}}}", self.delimiters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(ip: &str) -> Values<'_> {
        Values {
            localpart: "strong-bad",
            sender_domain: "email.example.com",
            domain: "email.example.com",
            ip: ip.parse().unwrap(),
            helo: "mx.example.org",
            validated_name: "unknown",
            receiver: "mail.example.net",
            now: Timestamp::from_secs(1_795_000_000),
        }
    }

    fn expand(text: &str, ip: &str) -> String {
        MacroString::parse(text, Place::Explanation).unwrap().expand(&values(ip)).unwrap()
    }

    /// RFC 7208 §7.4.
    #[test]
    fn examples_of_the_rfc() {
        for (text, expected) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{o}", "email.example.com"),
            ("%{d}", "email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d3}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr}", "strong-bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
            ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
            ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
        ] {
            assert_eq!(expand(text, "192.0.2.3"), expected, "{text}");
        }
        assert_eq!(
            expand("%{ir}.%{v}._spf.%{d2}", "2001:db8::cb01"),
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
        );
    }

    #[test]
    fn every_letter_and_escape() {
        for (text, expected) in [
            ("%{S}", "strong-bad%40email.example.com"),
            ("%{h1r} %{c} %{r} %{t}", "mx 192.0.2.3 mail.example.net 1795000000"),
            ("%{p}%%%_%-", "unknown% %20"),
            ("%{l99999999999999999999-}", "strong.bad"),
            ("%{D2R.-}", "example.email"),
        ] {
            assert_eq!(expand(text, "192.0.2.3"), expected, "{text}");
        }
        assert_eq!(expand("%{C}", "2001:db8::1"), "2001%3Adb8%3A%3A1");
    }

    #[test]
    fn what_is_no_macro() {
        for bad in ["%", "%a", "%{", "%{}", "%{x}", "%{d0}", "%{d00r}", "%{d*}", "%{dr2}", "%{d", "%(d)"] {
            assert!(MacroString::parse(bad, Place::Explanation).is_err(), "{bad}");
        }
        for bad in
            ["", "com", "a.", "a.1", "a.-b", "a.b-", "%{d}com", "%{d}.", "%{c}", "%{r}.a", "a b.c", "a.b/c"]
        {
            assert!(MacroString::parse(bad, Place::Domain).is_err(), "{bad}");
        }
        for good in ["a.com", "a.com.", "%{d}", "%{d}.c1", "a%%", ".a", "a.x--y", "%{d/}"] {
            let parsed = MacroString::parse(good, Place::Domain).unwrap();
            assert_eq!(parsed.to_string(), good);
        }
    }

    #[test]
    fn names_are_cut_from_the_left() {
        let long = format!("{}example.com.", "label.".repeat(60));
        let name = to_name(&long).unwrap();
        assert!(name.len() <= MAX_NAME && name.len() > MAX_NAME - 6 && name.ends_with(".label.example.com"));
        assert_eq!(to_name("a.b."), Some("a.b"));
        for bad in ["", ".", "a..b", ".a", "a b.c", "\u{fc}.c", &"a".repeat(64), &"a".repeat(300)] {
            assert_eq!(to_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn expansions_are_bounded() {
        let text = "%{s}".repeat(MAX_EXPANSION);
        let parsed = MacroString::parse(&text, Place::Explanation).unwrap();
        assert_eq!(parsed.expand(&values("192.0.2.3")), None);
    }
}
