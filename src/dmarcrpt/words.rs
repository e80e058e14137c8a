//! Single values as others write them, each with what is odd about it.

use std::net::IpAddr;

use mox_clock::Timestamp;

use crate::read::Notes;
use crate::{AuthResult, ReasonKind};

/// Most messages that a record is believed to count.
pub(crate) const MAX_COUNT: u64 = 1_000_000_000_000;

/// A moment in whole seconds, and what it is written as if not as seconds since the epoch.
pub(crate) fn time(text: &str) -> Option<(Timestamp, Option<&'static str>)> {
    let sane = |secs: &i64| (0..=253_402_300_799).contains(secs);
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (whole, fraction) =
        digits.split_once(['.', ',']).map_or((digits.as_str(), None), |(a, b)| (a, Some(b)));
    let numeric = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !whole.is_empty() && numeric(whole) && fraction.is_none_or(numeric) {
        let number: i64 = whole.parse().ok()?;
        let (secs, odd) = match number {
            100_000_000_000_000.. => (number / 1_000_000, Some("in microseconds")),
            100_000_000_000.. => (number / 1000, Some("in milliseconds")),
            _ if fraction.is_some() => (number, Some("a number with a fraction")),
            _ if digits.len() < text.len() => (number, Some("a number with blanks in it")),
            _ => (number, None),
        };
        return Some(secs).filter(sane).map(|secs| (Timestamp::from_secs(secs), odd));
    }
    let date = Timestamp::parse_rfc3339(text)
        .or_else(|| Timestamp::parse_rfc3339(&format!("{text}Z")))
        .or_else(|| mox_message::date::parse(text))?;
    Some(date.secs())
        .filter(sane)
        .map(|secs| (Timestamp::from_secs(secs), Some("a date, not a number of seconds")))
}

/// The address a message came from.
pub(crate) fn ip(text: &str, notes: &mut Notes) -> Option<IpAddr> {
    let found = text.parse().ok().or_else(|| {
        let bare = text.trim_start_matches("IPv6:").trim_matches(['[', ']']);
        let bare = bare.split(['/', '%', ' ']).next().unwrap_or_default();
        let found = bare.parse().ok();
        match found {
            Some(_) => notes.odd("the source IP is an address with something around it"),
            None => notes.odd(format!("the source IP is {}, no IP address", Notes::quote(text))),
        }
        found
    })?;
    let canonical = IpAddr::to_canonical(&found);
    if canonical != found {
        notes.odd("the source IP is an IPv4 address written as IPv6");
    }
    Some(canonical)
}

/// A number of messages; one where there is none.
pub(crate) fn count(text: Option<&str>, notes: &mut Notes) -> u64 {
    let Some(text) = text else {
        notes.odd("a record has no count: one message is meant");
        return 1;
    };
    let whole = text.split_once('.').filter(|(_, zeros)| zeros.bytes().all(|b| b == b'0'));
    match text.parse::<u64>().ok().or_else(|| whole.and_then(|(whole, _)| whole.parse().ok())) {
        Some(0) => {
            notes.odd("a record counts no message");
            0
        }
        Some(count) if count > MAX_COUNT => {
            notes.odd(format!(
                "a count is {}, which nobody believes: one message is meant",
                Notes::quote(text)
            ));
            1
        }
        Some(count) => count,
        None => {
            notes.odd(format!("a count is {}: one message is meant", Notes::quote(text)));
            1
        }
    }
}

/// A domain, of which some write an address, or a dot at the end.
pub(crate) fn domain(text: &str, field: &str, notes: &mut Notes) -> String {
    let bare = text.trim_matches(['<', '>', ' ']);
    let domain = bare.rsplit_once('@').map_or(bare, |(_, domain)| domain);
    if domain.len() < text.len() {
        notes.odd(format!("{field} is an address, not a domain"));
    }
    let name = domain.strip_suffix('.').unwrap_or(domain);
    if name.len() < domain.len() {
        notes.odd(format!("{field} ends in a dot"));
    }
    name.to_owned()
}

/// A word without what some put between its parts.
fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// A result of SPF or DKIM. Names of before RFC 7208 are those that RFC 7489 appendix C tells of.
pub(crate) fn result(text: Option<&str>, method: &str, notes: &mut Notes) -> AuthResult {
    let Some(text) = text else {
        notes.odd(format!("a result of {method} is missing: none is meant"));
        return AuthResult::None;
    };
    if let Some(result) = AuthResult::parse(text) {
        if text != result.keyword() {
            notes.odd(format!("a result of {method} is in upper case"));
        }
        return result;
    }
    let meant = match bare(text).as_str() {
        "hardfail" | "failed" | "failure" | "invalid" => AuthResult::Fail,
        "softfail" => AuthResult::SoftFail,
        "unknown" | "permerror" | "permanenterror" | "permfail" => AuthResult::PermError,
        "error" | "temperror" | "temporaryerror" | "tempfail" | "timeout" => AuthResult::TempError,
        "passed" | "ok" => AuthResult::Pass,
        _ => AuthResult::None,
    };
    notes.odd(format!(
        "a result of {method} is {}: {meant_word} is meant",
        Notes::quote(text),
        meant_word = meant.keyword()
    ));
    meant
}

/// The type of a reason, as it is meant.
pub(crate) fn reason(text: &str, notes: &mut Notes) -> ReasonKind {
    if let Some(kind) = ReasonKind::ALL.into_iter().find(|kind| kind.keyword() == text) {
        return kind;
    }
    let word = bare(text);
    let meant = ReasonKind::ALL.into_iter().find(|kind| bare(kind.keyword()) == word);
    let meant = meant.unwrap_or(match word.as_str() {
        "forwarder" | "forwarding" | "forward" => ReasonKind::Forwarded,
        "list" | "maillist" | "mailinglists" => ReasonKind::MailingList,
        "local" | "localpolicyoverride" | "policyoverride" => ReasonKind::LocalPolicy,
        "sampled" | "samplingout" | "pct" => ReasonKind::SampledOut,
        "testmode" | "testing" => ReasonKind::PolicyTestMode,
        "trusted" | "trustedforward" | "arc" => ReasonKind::TrustedForwarder,
        _ => ReasonKind::Other,
    });
    notes.odd(format!("the type of a reason is {}: {} is meant", Notes::quote(text), meant.keyword()));
    meant
}
