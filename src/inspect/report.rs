//! Everything that is told about a message, together.

use mox_message::part::Tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compat::{self, HtmlReport};
use crate::links::{self, Link};
use crate::safe;
use crate::unsubscribe::{self, Unsubscribe};

/// What is known about a message's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// What mail programs make of the HTML: `html`.
    pub html: HtmlReport,
    /// Links and pictures in all its texts, in their order: `links`.
    pub links: Vec<Link>,
    /// The List-Unsubscribe fields: `unsubscribe`.
    pub unsubscribe: Unsubscribe,
}

/// Looks at a message. Nothing is fetched. Never fails: what cannot be read is not reported.
pub fn report(message: &[u8], tree: &Tree) -> Report {
    let html = safe::source(message, tree).map(|(html, _)| html);
    Report {
        html: compat::report(html.as_deref(), tree),
        links: links::find(message, tree, html.as_deref()),
        unsubscribe: unsubscribe::check(message),
    }
}
