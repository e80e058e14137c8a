//! What is said of something that is not as it should be, and how much of it is quoted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Some readers see something else than was meant.
    Warning,
    /// Broken, or harmful.
    Error,
}

/// Something that is wrong with a link or a header field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Stable name in kebab-case: `no-https`.
    pub id: String,
    /// `info`, `warning` or `error`.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
}

impl Problem {
    pub(crate) fn new(id: &str, severity: Severity, message: impl Into<String>) -> Problem {
        Problem { id: id.to_owned(), severity, message: message.into() }
    }
}

/// The text up to `max` bytes.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
