//! What a step found or did, in one line, and what to do about it.

use std::fmt;

use serde::Serialize;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It was not asked, or does not matter here.
    Skipped,
    /// Mail works, and is less trusted or protected than it could be; or it is not known.
    Warning,
    /// A mail server does not work here as things are.
    Failed,
}

impl Verdict {
    /// The word in JSON and on the screen.
    pub const fn keyword(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Skipped => "skipped",
            Verdict::Warning => "warning",
            Verdict::Failed => "failed",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// A stable word, as `reverse-dns`.
    pub id: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found or done.
    pub evidence: String,
    /// What mends it.
    pub fix: Option<String>,
}

impl Step {
    fn new(verdict: Verdict, id: &'static str, evidence: impl Into<String>) -> Step {
        Step { id, verdict, evidence: evidence.into(), fix: None }
    }

    pub(crate) fn ok(id: &'static str, evidence: impl Into<String>) -> Step {
        Step::new(Verdict::Ok, id, evidence)
    }

    pub(crate) fn skipped(id: &'static str, evidence: impl Into<String>) -> Step {
        Step::new(Verdict::Skipped, id, evidence)
    }

    pub(crate) fn warning(id: &'static str, evidence: impl Into<String>, fix: impl Into<String>) -> Step {
        Step { fix: Some(fix.into()), ..Step::new(Verdict::Warning, id, evidence) }
    }

    pub(crate) fn failed(id: &'static str, evidence: impl Into<String>, fix: impl Into<String>) -> Step {
        Step { fix: Some(fix.into()), ..Step::new(Verdict::Failed, id, evidence) }
    }
}

/// Addresses or names in a row, for evidence.
pub(crate) fn listed<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
