//! What a submitted message lacks and gets: Message-ID and Date (RFC 6409 §8.2, §8.3).

use std::collections::BTreeMap;

use mox_address::{Domain, Localpart, Path};
use mox_clock::{Random, Timestamp, random_array};
use mox_message::date;
use mox_message::header::Header;
use mox_queue::OwnPath;
use mox_smtp::{EnhancedCode, Reply};

/// Header lines to put before the message.
pub(crate) fn missing(header: &[u8], domain: &Domain, now: Timestamp, random: &dyn Random) -> String {
    let header = Header::of(header);
    let mut lines = String::new();
    if header.get("Message-ID").is_none() {
        let id: String = random_array::<12>(random).iter().map(|b| format!("{b:02x}")).collect();
        lines.push_str(&format!("Message-ID: <{id}@{domain}>\r\n"));
    }
    if header.get("Date").is_none() {
        lines.push_str(&format!("Date: {}\r\n", date::format(now)));
    }
    lines
}

/// Most fields of a message that say what to tell with each event.
const MAX_EXTRA: usize = 50;

/// What fields `X-Mox-Extra-KEY` want told with each event about the message: a JSON object of texts, by keys as
/// `Order-Id`. The fields stay in the message.
pub(crate) fn extra(header: &[u8]) -> Result<Option<String>, Reply> {
    let mut found = BTreeMap::new();
    for field in Header::of(header).fields() {
        let Some((start, key)) = field.name.split_at_checked(EXTRA.len()) else { continue };
        if !start.eq_ignore_ascii_case(EXTRA) || key.is_empty() {
            continue;
        }
        if found.insert(canonical(key), field.text().trim().to_owned()).is_some() || found.len() > MAX_EXTRA {
            let text = format!("a message may have {MAX_EXTRA} fields {EXTRA}KEY, each KEY once");
            return Err(Reply::new(554, EnhancedCode(5, 6, 0), text));
        }
    }
    Ok(if found.is_empty() { None } else { serde_json::to_string(&found).ok() })
}

/// How the names of such fields begin.
const EXTRA: &str = "X-Mox-Extra-";

/// A key with capitals where words of it begin.
fn canonical(key: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or(("", word));
        format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
    };
    key.split('-').map(word).collect::<Vec<_>>().join("-")
}

/// The reverse-path with an id behind the separator; none where that is too long for a localpart.
pub(crate) fn own_path(path: &Path, separator: &str, random: &dyn Random) -> Option<OwnPath> {
    let from_id: String = random_array::<12>(random).iter().map(|b| format!("{b:02x}")).collect();
    let localpart = format!("{}{separator}{from_id}", path.localpart.as_str());
    let localpart = Localpart::from_unquoted(&localpart).ok()?;
    Some(OwnPath { path: Path { localpart, ..path.clone() }, from_id })
}

/// The message asks to be delivered without regard to TLS policies (RFC 8689 §3).
pub(crate) fn tls_not_required(header: &[u8]) -> bool {
    Header::of(header).text("TLS-Required").is_some_and(|value| value.trim().eq_ignore_ascii_case("no"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;

    #[test]
    fn only_what_is_missing_is_added() {
        let domain = "example.org".parse().unwrap();
        let add = |header: &[u8]| missing(header, &domain, Timestamp::from_secs(0), &SimRandom::new(1));
        let all = add(b"Subject: x\r\n\r\n");
        assert!(
            all.starts_with("Message-ID: <") && all.contains("@example.org>\r\nDate: Thu, 1 Jan 1970"),
            "{all}"
        );
        assert_eq!(add(b"message-id: <a@b>\r\nDate: x\r\n\r\n"), "");
    }

    #[test]
    fn extra_fields_are_told_once_each() {
        assert_eq!(extra(b"Subject: x\r\n\r\n").unwrap(), None);
        let header = b"x-mox-extra-order-ID: 12\r\nX-Mox-Extra-B:  c \r\nX-Mox-Extra-: d\r\n\r\n";
        assert_eq!(extra(header).unwrap().as_deref(), Some("{\"B\":\"c\",\"Order-Id\":\"12\"}"));
        assert!(extra(b"X-Mox-Extra-a: 1\r\nX-Mox-Extra-A: 2\r\n\r\n").is_err());
    }

    #[test]
    fn tls_required_no() {
        assert!(tls_not_required(b"TLS-Required: no\r\n\r\n"));
        assert!(!tls_not_required(b"TLS-Required: yes\r\n\r\n") && !tls_not_required(b"\r\n"));
    }
}
