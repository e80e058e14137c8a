//! Values that config files hold as text: durations, log levels, TLS versions, domain patterns, SMTP errors.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use mox_address::Domain;

use crate::section::{Describe, Shape, choice, serde_as_text};

choice! {
    /// How much is logged: a level and all above it.
    LogLevel {
        /// The operator must act.
        "error" Error,
        /// Degraded.
        "warn" Warn,
        /// One line per session and per delivery.
        "info" Info,
        /// Decisions with reasons.
        "debug" Debug,
        /// Protocol transcripts without passwords and message content.
        "trace" Trace,
        /// Transcripts with authentication exchanges.
        "traceauth" TraceAuth,
        /// Transcripts with message content.
        "tracedata" TraceData,
    }
}

choice! {
    /// A TLS version.
    TlsVersion {
        /// No longer spoken; read as 1.2.
        "TLSv1.0" Tls10,
        /// No longer spoken; read as 1.2.
        "TLSv1.1" Tls11,
        /// RFC 5246.
        "TLSv1.2" Tls12,
        /// RFC 8446.
        "TLSv1.3" Tls13,
    }
}

choice! {
    /// A SASL mechanism for authenticating to a smart host.
    Mechanism {
        /// RFC 7677 with channel binding.
        "SCRAM-SHA-256-PLUS" ScramSha256Plus,
        /// RFC 7677.
        "SCRAM-SHA-256" ScramSha256,
        /// RFC 5802 with channel binding.
        "SCRAM-SHA-1-PLUS" ScramSha1Plus,
        /// RFC 5802.
        "SCRAM-SHA-1" ScramSha1,
        /// RFC 2195.
        "CRAM-MD5" CramMd5,
        /// RFC 4616.
        "PLAIN" Plain,
    }
}

/// A span of time, written as `1h30m`, `15s`, `1.5h`, `300ms`; units `ns us µs ms s m h`. Not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Interval(pub Duration);

impl Interval {
    /// Whole seconds.
    pub const fn secs(secs: u64) -> Interval {
        Interval(Duration::from_secs(secs))
    }
}

impl std::ops::Deref for Interval {
    type Target = Duration;
    fn deref(&self) -> &Duration {
        &self.0
    }
}

/// Units and their nanoseconds; `ms` before `m`, which it starts with.
const UNITS: [(&str, u64); 8] = [
    ("h", 3_600_000_000_000),
    ("ms", 1_000_000),
    ("m", 60_000_000_000),
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("s", 1_000_000_000),
];

impl FromStr for Interval {
    type Err = &'static str;

    /// Reads parts of a decimal number and a unit, as `1h30m`; spaces between parts are allowed; `0` needs no unit.
    fn from_str(text: &str) -> Result<Interval, &'static str> {
        const BAD: &str = "expected a duration such as 15s, 1h30m or 300ms";
        if text == "0" {
            return Ok(Interval::default());
        }
        let mut rest = text;
        let mut nanos: u64 = 0;
        loop {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(BAD)?;
            let (number, after) = rest.split_at(digits);
            let unit = UNITS.iter().find_map(|(name, n)| Some((after.strip_prefix(name)?, *n)));
            let (after, unit) = unit.ok_or(BAD)?;
            let part = decimal(number, unit).ok_or(BAD)?;
            nanos = nanos.checked_add(part).ok_or(BAD)?;
            rest = after.trim_start_matches(' ');
            if rest.is_empty() {
                return Ok(Interval(Duration::from_nanos(nanos)));
            }
        }
    }
}

/// `number` times `unit` without floating point; fractions below one are cut.
fn decimal(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |t: &str| if t.is_empty() { Some(0u64) } else { t.parse().ok() };
    let fraction = fraction.get(..fraction.len().min(15))?;
    let scale = 10u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = u128::from(digits(fraction)?) * u128::from(unit) / scale;
    digits(whole)?.checked_mul(unit)?.checked_add(u64::try_from(part).ok()?)
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut secs, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        if secs == 0 && nanos == 0 {
            return f.write_str("0s");
        }
        for (unit, size) in [("h", 3600), ("m", 60), ("s", 1)] {
            if secs >= size {
                write!(f, "{}{unit}", secs / size)?;
                secs %= size;
            }
        }
        match nanos {
            0 => Ok(()),
            n if n % 1_000_000 == 0 => write!(f, "{}ms", n / 1_000_000),
            n if n % 1_000 == 0 => write!(f, "{}us", n / 1_000),
            n => write!(f, "{n}ns"),
        }
    }
}

serde_as_text!(Interval);

impl Describe for Interval {
    fn shape() -> Shape {
        Shape::Scalar("duration")
    }
}

/// A text that is not shown in logs: `Debug` prints `***`.
#[derive(Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Describe for Secret {
    fn shape() -> Shape {
        Shape::Scalar("text")
    }
}

/// A domain, or with a leading dot a domain and all below it; a dot alone is for no domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DomainPattern {
    /// No domain: that of the null reverse-path, and of an address literal.
    None,
    /// One domain.
    Only(Domain),
    /// A domain and all below it.
    Within(Domain),
}

impl DomainPattern {
    /// Whether a domain matches; none for the null reverse-path.
    pub fn matches(&self, domain: Option<&Domain>) -> bool {
        match (self, domain) {
            (DomainPattern::None, domain) => domain.is_none(),
            (DomainPattern::Only(own), Some(domain)) => domain == own,
            (DomainPattern::Within(own), Some(domain)) => domain.is_within(own),
            (_, None) => false,
        }
    }
}

impl FromStr for DomainPattern {
    type Err = mox_address::Error;
    fn from_str(text: &str) -> Result<DomainPattern, mox_address::Error> {
        match text.strip_prefix('.') {
            Some("") => Ok(DomainPattern::None),
            Some(name) => Domain::parse(name).map(DomainPattern::Within),
            None => Domain::parse(text).map(DomainPattern::Only),
        }
    }
}

impl fmt::Display for DomainPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DomainPattern::None => f.write_str("."),
            DomainPattern::Only(domain) => domain.fmt(f),
            DomainPattern::Within(domain) => write!(f, ".{domain}"),
        }
    }
}

serde_as_text!(DomainPattern);

impl Describe for DomainPattern {
    fn shape() -> Shape {
        Shape::Scalar("domain, or .domain to match subdomains, too, or . for no domain")
    }
}

/// A reply that a destination gives instead of taking mail: `550 no longer here`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SmtpError {
    /// 421 or 550.
    pub code: u16,
    /// Printable ASCII, at most [`SmtpError::MAX_TEXT`] octets; may be empty.
    pub text: String,
}

impl SmtpError {
    /// Longest text in octets.
    pub const MAX_TEXT: usize = 256;

    /// What goes on the wire: code, enhanced code and text. 421 would close the session, so it is sent as 451.
    pub fn reply(&self) -> (u16, (u8, u16, u16), &str) {
        match self.code {
            421 => (451, (4, 3, 0), &self.text),
            code => (code, (5, 1, 1), &self.text),
        }
    }
}

impl FromStr for SmtpError {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<SmtpError, &'static str> {
        let (code, text) = text.split_once(' ').unwrap_or((text, ""));
        let code = match code {
            "421" => 421,
            "550" => 550,
            _ => return Err("expected 421 or 550, a space and a text"),
        };
        if text.len() > Self::MAX_TEXT || !text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Err("the text must be printable ASCII of at most 256 characters");
        }
        Ok(SmtpError { code, text: text.to_owned() })
    }
}

impl fmt::Display for SmtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

serde_as_text!(SmtpError);

impl Describe for SmtpError {
    fn shape() -> Shape {
        Shape::Scalar("421 or 550, and a text")
    }
}

/// A network: an address and how many of its leading bits count, as `192.0.2.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(pub mox_https::Cidr);

impl FromStr for Network {
    type Err = mox_https::BadCidr;
    fn from_str(text: &str) -> Result<Network, Self::Err> {
        text.parse().map(Network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

serde_as_text!(Network);

impl Describe for Network {
    fn shape() -> Shape {
        Shape::Scalar("network, as 192.0.2.0/24")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases = [
            ("15s", 15_000_000_000, "15s"),
            ("1h30m", 5_400_000_000_000, "1h30m"),
            ("1h 30m", 5_400_000_000_000, "1h30m"),
            ("1.5h", 5_400_000_000_000, "1h30m"),
            (".5s", 500_000_000, "500ms"),
            ("300ms", 300_000_000, "300ms"),
            ("2µs", 2_000, "2us"),
            ("1s7ns", 1_000_000_007, "1s7ns"),
            ("0", 0, "0s"),
            ("720h", 2_592_000_000_000_000, "720h"),
        ];
        for (text, nanos, shown) in cases {
            let interval: Interval = text.parse().unwrap();
            assert_eq!((interval.as_nanos(), interval.to_string().as_str()), (nanos, shown), "{text}");
            assert_eq!(shown.parse(), Ok(interval));
        }
        for bad in ["", "15", "s", ".s", "-1s", "1d", "1h30", "9999999999h", "1.2.3s", "1s x"] {
            assert!(bad.parse::<Interval>().is_err(), "{bad}");
        }
    }

    #[test]
    fn domain_patterns() {
        let (own, below) = (Domain::parse("example.org").unwrap(), Domain::parse("a.example.org").unwrap());
        let cases = [
            (".example.org", [true, true, false]),
            ("example.org", [true, false, false]),
            (".", [false, false, true]),
        ];
        for (text, expected) in cases {
            let pattern: DomainPattern = text.parse().unwrap();
            assert_eq!([Some(&own), Some(&below), None].map(|d| pattern.matches(d)), expected, "{text}");
            assert_eq!(pattern.to_string(), text);
        }
        assert!("..example.org".parse::<DomainPattern>().is_err());
    }

    #[test]
    fn smtp_errors() {
        let gone: SmtpError = "550 no longer here".parse().unwrap();
        assert_eq!(gone.reply(), (550, (5, 1, 1), "no longer here"));
        assert_eq!("421 later".parse::<SmtpError>().unwrap().reply().0, 451);
        let long = format!("550 {}", "x".repeat(257));
        for bad in ["", "450 x", "550x", "550 é", &long] {
            assert!(bad.parse::<SmtpError>().is_err(), "{bad}");
        }
    }
}
