//! What a person or a test wants to know about a message's content, without leaving the machine.
//!
//! [`safe_html`] makes the HTML of a stranger harmless; [`report`] tells what mail programs make of it, what its
//! links are worth, and whether its List-Unsubscribe does what receivers of bulk mail ask for. Bytes in, values out:
//! nothing here reads a file, a clock or the network. Everything is bounded and takes time in proportion to what is
//! read, because anybody can send a message.

mod attributes;
mod charref;
mod choose;
mod compat;
mod css;
mod features;
mod images;
mod lex;
pub mod links;
mod nest;
mod problem;
mod reference;
mod report;
mod safe;
#[cfg(test)]
mod tests;
mod unsubscribe;
mod url_check;

pub use attributes::{MAX_REMOTE, MAX_REMOVED, MAX_URL};
pub use compat::{Finding, HtmlReport};
pub use images::MAX_IMAGES;
pub use links::Link;
pub use nest::{MAX_DEPTH, MAX_ELEMENTS, MAX_HTML};
pub use problem::{Problem, Severity};
pub use report::{Report, report};
pub use safe::{MAX_INPUT, SafeHtml, safe_html};
pub use unsubscribe::Unsubscribe;
