//! What a check says: one fact, how bad it is, what shows it, and what mends it.

use std::fmt;

use mox_dns::Error;
use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Info,
    /// Mail works, and is worse protected or less trusted than it could be; or nobody knows.
    Warning,
    /// Mail is lost or refused, or a record has no effect.
    Error,
}

impl Severity {
    /// The word in JSON.
    pub const fn keyword(self) -> &'static str {
        match self {
            Severity::Ok => "ok",
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// Whether something is to be done.
    pub fn is_problem(self) -> bool {
        self >= Severity::Warning
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// One fact about a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable word, the check first: `spf-missing`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The name or address that it is about.
    pub subject: String,
    /// A sentence: what was found, and its consequence.
    pub evidence: String,
    /// The record to publish or the step to take.
    pub fix: Option<String>,
}

impl Finding {
    fn new(
        severity: Severity,
        id: &'static str,
        subject: impl Into<String>,
        evidence: impl Into<String>,
    ) -> Finding {
        Finding { id, severity, subject: subject.into(), evidence: evidence.into(), fix: None }
    }

    /// As it should be.
    pub fn ok(id: &'static str, subject: impl Into<String>, evidence: impl Into<String>) -> Finding {
        Finding::new(Severity::Ok, id, subject, evidence)
    }

    /// Worth knowing.
    pub fn info(id: &'static str, subject: impl Into<String>, evidence: impl Into<String>) -> Finding {
        Finding::new(Severity::Info, id, subject, evidence)
    }

    /// Something could be better, or nobody knows.
    pub fn warning(id: &'static str, subject: impl Into<String>, evidence: impl Into<String>) -> Finding {
        Finding::new(Severity::Warning, id, subject, evidence)
    }

    /// Something is wrong.
    pub fn error(id: &'static str, subject: impl Into<String>, evidence: impl Into<String>) -> Finding {
        Finding::new(Severity::Error, id, subject, evidence)
    }

    /// With what mends it.
    pub fn fix(self, fix: impl Into<String>) -> Finding {
        Finding { fix: Some(fix.into()), ..self }
    }

    /// DNS gave no usable answer: a forged one is the owner's to mend, else nobody knows.
    pub(crate) fn unanswered(subject: impl Into<String>, error: &Error) -> Finding {
        match error {
            Error::Bogus { .. } => {
                let text = format!("{error}; validating resolvers give no answer, and mail waits");
                Finding::error("dnssec-bogus", subject, text)
                    .fix("sign the zone anew, or remove the DS record at the registry until it is mended")
            }
            _ => Finding::warning("dns-unanswered", subject, format!("not known now: {error}")),
        }
    }
}
