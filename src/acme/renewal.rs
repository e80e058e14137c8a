//! When a certificate is renewed: when its issuer suggests it, else some time before its end.
//!
//! RFC 9773 §4 (renewal information).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mox_clock::{Random, Timestamp, random_below};
use mox_tls::{Certificate, Facts};
use serde::Deserialize;

use crate::web::Web;

/// How often the issuer is asked, unless it says otherwise.
const ASK_EVERY: Duration = Duration::from_secs(6 * 3600);
/// Bounds on what it says (RFC 9773 §4.3).
const ASK_BOUNDS: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(86_400));

/// How long a new certificate stays at most, where it would be renewed at once.
const LONGEST_REST: Duration = Duration::from_secs(6 * 3600);

/// How a name is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The authority, as `mox.conf` names it.
    pub authority: String,
    /// A-labels, lower case.
    pub name: String,
    /// Kind of key: `ecdsap256` or `rsa2048`.
    pub key: &'static str,
    /// Had at start; else when a client first asks for the name.
    pub essential: bool,
    /// The certificate ends; none when there is none.
    pub not_after: Option<Timestamp>,
    /// When it is renewed.
    pub renew_at: Option<Timestamp>,
    /// Why the last attempt failed, if it did.
    pub error: Option<String>,
    /// When it is tried next, while there is no certificate or the last attempt failed.
    pub next_try: Option<Timestamp>,
    /// SHA-256 of the public key, as TLSA records `3 1 1` hold it.
    pub spki_sha256: Option<[u8; 32]>,
    /// What the certificate says of itself.
    pub facts: Option<Facts>,
    /// When the issuer wants it renewed: from, until.
    pub window: Option<(Timestamp, Timestamp)>,
}

/// When a certificate is renewed without advice: `before` its end, of those with a short life a third of it.
pub(crate) fn by_age(certificate: &Certificate, before: Duration) -> Timestamp {
    let life = certificate.not_after().since(certificate.not_before());
    certificate.not_after().minus(before.min(life / 3))
}

/// A new certificate is not renewed before this time, whatever the clock and the issuer say: one that is wrong about the
/// time would have it renewed again and again, and use up what the authority allows.
pub(crate) fn rest(certificate: &Certificate) -> Duration {
    let life = certificate.not_after().since(certificate.not_before());
    LONGEST_REST.min(life / 3)
}

/// The certificate in the issuer's terms, both parts in base64url.
pub(crate) fn identifier(certificate: &Certificate) -> Option<(String, String)> {
    let (issuer, serial) = certificate.issuer_key_and_serial()?;
    Some((URL_SAFE_NO_PAD.encode(issuer), URL_SAFE_NO_PAD.encode(serial)))
}

/// What an issuer advises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Advice {
    /// When to renew; none where it does not say.
    pub(crate) renew_at: Option<Timestamp>,
    /// The time that this is a moment of.
    pub(crate) window: Option<(Timestamp, Timestamp)>,
    /// When to ask again.
    pub(crate) ask_in: Duration,
}

impl Advice {
    const NONE: Advice = Advice { renew_at: None, window: None, ask_in: ASK_EVERY };
}

/// The part of a directory that says where to ask.
#[derive(Deserialize)]
struct Directory {
    #[serde(rename = "renewalInfo")]
    renewal_info: Option<String>,
}

#[derive(Deserialize)]
struct Info {
    #[serde(rename = "suggestedWindow")]
    window: Window,
}

#[derive(Deserialize)]
struct Window {
    start: String,
    end: String,
}

/// Asks the issuer when to renew. Silence is no advice.
pub(crate) async fn advice(
    web: &Web,
    directory: &str,
    certificate: &Certificate,
    random: &dyn Random,
) -> Advice {
    let ask = async {
        let (body, _) = web.get(directory).await?;
        let at = serde_json::from_slice::<Directory>(&body).ok()?.renewal_info?;
        let (issuer, serial) = identifier(certificate)?;
        web.get(&format!("{at}/{issuer}.{serial}")).await
    };
    let Some((body, holds)) = ask.await else { return Advice::NONE };
    let window = window(&body, certificate);
    let renew_at = window.map(|window| within(window, random));
    let ask_in = holds.unwrap_or(ASK_EVERY).clamp(ASK_BOUNDS.0, ASK_BOUNDS.1);
    Advice { renew_at, window, ask_in }
}

/// A random moment of a window.
fn within((start, end): (Timestamp, Timestamp), random: &dyn Random) -> Timestamp {
    start.plus(Duration::from_secs(random_below(random, end.since(start).as_secs())))
}

/// The window that is advised; none where there is none, or it starts after the certificate's end.
fn window(body: &[u8], certificate: &Certificate) -> Option<(Timestamp, Timestamp)> {
    let window = serde_json::from_slice::<Info>(body).ok()?.window;
    let start = Timestamp::parse_rfc3339(&window.start)?;
    let end = Timestamp::parse_rfc3339(&window.end)?.min(certificate.not_after());
    (start <= end).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;
    use mox_tls::sim::Authority;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn short_lives_are_renewed_after_two_thirds() {
        let (authority, days) = (Authority::new(), |n: u64| Duration::from_secs(n * 86_400));
        for (life, want) in [(90, "2027-01-30"), (365, "2027-11-01"), (5, "2026-12-04")] {
            let made = authority.issue_valid(&["a.example"], at("2026-12-01"), days(life)).unwrap();
            // Issued certificates are valid from the day before.
            let want = want.parse::<mox_clock::Day>().unwrap();
            assert_eq!(by_age(&made, days(30)).day(), want, "{life}");
        }
    }

    #[test]
    fn a_window_is_kept_to() {
        let random = SimRandom::new(3);
        let authority = Authority::new();
        let life = Duration::from_secs(90 * 86_400);
        let made = authority.issue_valid(&["a.example"], at("2026-12-01"), life).unwrap();
        let info = |start: &str, end: &str| {
            let json = format!(r#"{{"suggestedWindow":{{"start":"{start}","end":"{end}"}}}}"#);
            window(json.as_bytes(), &made).map(|window| within(window, &random))
        };
        for _ in 0..20 {
            let found = info("2027-01-02T04:00:00Z", "2027-01-03T04:00:00Z").unwrap();
            assert!(found >= at("2027-01-02T04:00:00Z") && found < at("2027-01-03T04:00:00Z"), "{found:?}");
        }
        assert_eq!(info("2027-01-02T04:00:00Z", "2027-01-02T04:00:00Z"), Some(at("2027-01-02T04:00:00Z")));
        assert_eq!(info("2027-01-03T04:00:00Z", "2027-01-02T04:00:00Z"), None);
        assert_eq!(info("2028-01-03T04:00:00Z", "2028-01-04T04:00:00Z"), None);
        assert_eq!(info("soon", "later"), None);
        assert_eq!(window(b"{}", &made), None);
    }
}
