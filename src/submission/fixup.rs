//! What a submitted message lacks and gets: Message-ID and Date (RFC 6409 §8.2, §8.3).

use mox_address::{Domain, Localpart, Path};
use mox_clock::{Random, Timestamp, random_array};
use mox_message::date;
use mox_message::header::Header;
use mox_queue::OwnPath;

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
    fn tls_required_no() {
        assert!(tls_not_required(b"TLS-Required: no\r\n\r\n"));
        assert!(!tls_not_required(b"TLS-Required: yes\r\n\r\n") && !tls_not_required(b"\r\n"));
    }
}
