//! Why a certificate could not be had, and how long to wait.

use std::time::Duration;

use mox_clock::{Backoff, Random};

/// Why a certificate could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// For people.
    pub text: String,
    pub(crate) kind: Kind,
    /// How long the authority asks to wait.
    pub(crate) retry_after: Option<Duration>,
}

/// What failed, which says when to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The authority was not reached, or has no time: nothing was used up. Concerns all names.
    Away,
    /// Something here: names without addresses, files that cannot be written.
    Here,
    /// It did not see the name's answer to its check by this method.
    Check,
    /// It refused: policy, limits.
    Refused,
}

/// Waits after what costs the authority little.
const SHORT: Backoff =
    Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(3600), jitter_percent: 20 };
/// Waits after a check that failed: authorities allow few of them in an hour.
const LONG: Backoff =
    Backoff { first: Duration::from_secs(1200), longest: Duration::from_secs(8 * 3600), jitter_percent: 20 };
/// No longer wait is believed.
pub(crate) const LONGEST: Duration = Duration::from_secs(7 * 86_400);

impl Failure {
    pub(crate) fn here(text: impl std::fmt::Display) -> Failure {
        Failure { text: text.to_string(), kind: Kind::Here, retry_after: None }
    }

    pub(crate) fn check(text: impl std::fmt::Display) -> Failure {
        Failure { text: text.to_string(), kind: Kind::Check, retry_after: None }
    }

    pub(crate) fn refused(text: String) -> Failure {
        Failure { text, kind: Kind::Refused, retry_after: None }
    }

    /// What the library says; `status` and `retry_after` are of the last answer, where there was one.
    pub(crate) fn of(
        error: &instant_acme::Error,
        status: Option<u16>,
        retry_after: Option<Duration>,
    ) -> Failure {
        let Some(problem) = problem(error) else {
            let text = format!("the certificate authority cannot be asked: {error}");
            return Failure { text, kind: Kind::Away, retry_after };
        };
        let type_of = problem.r#type.as_deref().unwrap_or_default();
        let type_of = type_of.strip_prefix("urn:ietf:params:acme:error:").unwrap_or(type_of);
        let detail = problem.detail.as_deref().unwrap_or("no reason given");
        let text = format!("the certificate authority says: {} ({type_of})", line(detail));
        let busy = matches!(status, Some(500..)) || matches!(type_of, "serverInternal" | "badNonce");
        Failure { text, kind: if busy { Kind::Away } else { Kind::Refused }, retry_after }
    }

    /// How long to wait after failure number `failures`, 1 for the first.
    pub(crate) fn wait(&self, failures: u32, random: &dyn Random) -> Duration {
        let schedule = match self.kind {
            Kind::Away | Kind::Here => SHORT,
            Kind::Check | Kind::Refused => LONG,
        };
        let wait = schedule.wait(failures, random);
        self.retry_after.map_or(wait, |asked| wait.max(asked.min(LONGEST)))
    }
}

/// What the authority said, if it was that.
pub(crate) fn problem(error: &instant_acme::Error) -> Option<&instant_acme::Problem> {
    match error {
        instant_acme::Error::Api(problem) => Some(problem),
        _ => None,
    }
}

/// One line of bounded length, of text from elsewhere.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;

    #[test]
    fn waits_grow_and_an_authority_can_lengthen_them() {
        let random = SimRandom::new(1);
        let mut failure = Failure::check("no");
        let first = failure.wait(1, &random).as_secs();
        assert!((960..=1440).contains(&first), "{first}");
        let tenth = failure.wait(10, &random).as_secs();
        assert!((8 * 3600 * 4 / 5..=8 * 3600 * 6 / 5).contains(&tenth), "{tenth}");
        failure.retry_after = Some(Duration::from_secs(100_000));
        assert_eq!(failure.wait(1, &random).as_secs(), 100_000);
        failure.retry_after = Some(Duration::from_secs(u64::MAX));
        assert_eq!(failure.wait(1, &random), LONGEST);
        let here = Failure::here("no addresses").wait(1, &random).as_secs();
        assert!((48..=72).contains(&here), "{here}");
    }

    #[test]
    fn a_problem_document_is_told_from_silence() {
        let of = |json: &str| {
            Failure::of(&instant_acme::Error::Api(serde_json::from_str(json).unwrap()), Some(400), None)
        };
        let limited =
            of(r#"{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too\nmany","status":429}"#);
        assert_eq!(limited.kind, Kind::Refused);
        assert_eq!(limited.text, "the certificate authority says: too many (rateLimited)");
        let nonce = of(r#"{"type":"urn:ietf:params:acme:error:badNonce"}"#);
        assert_eq!(nonce.kind, Kind::Away);
        let away = Failure::of(&instant_acme::Error::Str("x"), None, None);
        assert_eq!(away.kind, Kind::Away);
    }
}
