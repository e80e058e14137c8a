//! The queue: what waits to leave and why, what is done about it, and what the queue does by rule.

mod change;
mod filter;
mod holdrules;
mod list;
mod one;
mod retired;
mod suppress;
mod webhooks;

use mox_admin::OpError;
use mox_httpserver::Response;
use mox_web::Query;
use mox_web::page::wrong_method;
use mox_web::show::counted;

use crate::{At, no_page};

/// Rows of a page.
const ROWS: u32 = 100;

/// Answers for paths below `queue`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match (path, at.reads()) {
        ([], true) => list::page(at).await,
        (["change"], false) => change::change(at).await,
        (["holdrules"], true) => holdrules::page(at).await,
        (["holdrules", "add"], false) => holdrules::add(at).await,
        (["holdrules", "remove"], false) => holdrules::remove(at).await,
        (["suppress"], true) => suppress::page(at).await,
        (["suppress", "add"], false) => suppress::add(at).await,
        (["suppress", "remove"], false) => suppress::remove(at).await,
        (["retired"], true) => retired::page(at).await,
        (["webhooks"], true) => webhooks::page(at).await,
        (["webhooks", "change"], false) => webhooks::change(at).await,
        ([] | ["change" | "holdrules" | "suppress" | "retired" | "webhooks"], _)
        | (["holdrules" | "suppress", "add" | "remove"] | ["webhooks", "change"], _) => {
            Ok(wrong_method(&at.site))
        }
        (["webhooks", id], true) => webhooks::one(at, number(id)?).await,
        ([id], true) => one::page(at, number(id)?).await,
        ([id, "message"], true) => one::message(at, number(id)?).await,
        _ => Err(no_page()),
    }
}

/// The queue id in a path.
fn number(text: &str) -> Result<i64, OpError> {
    match text.parse() {
        Ok(id) if id > 0 && text.bytes().all(|b| b.is_ascii_digit()) => Ok(id),
        _ => Err(no_page().hint("queue ids are digits only")),
    }
}

/// Takes the rows that a page shows of those that were asked for; answers whether there are more.
fn cut<T>(rows: &mut Vec<T>) -> bool {
    let most = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let more = rows.len() > most;
    rows.truncate(most);
    more
}

/// What a page says after a form did its work: `note` and `count` of its address.
fn note(query: &Query) -> Result<Option<String>, OpError> {
    let count = query.value::<u64>("count")?.unwrap_or(1);
    let messages = counted(count, "message");
    let said = match query.get("note") {
        Some("scheduled") => format!("{messages}: the next attempt was moved"),
        Some("held") => format!("{messages} put on hold"),
        Some("released") => format!("{messages} released from hold"),
        Some("failed") => format!("{messages} given up"),
        Some("dropped") => format!("{messages} dropped"),
        Some("transport") => format!("{messages}: the transport was changed"),
        Some("tls") => format!("{messages}: what TLS must be was changed"),
        Some("rule-added") => format!("Rule added; {messages} put on hold"),
        Some("rule-removed") => "Rule removed; what is on hold stays so".to_owned(),
        Some("suppressed") => "Recipient added".to_owned(),
        Some("unsuppressed") => "Recipient removed".to_owned(),
        _ => return Ok(None),
    };
    Ok(Some(said))
}

#[cfg(test)]
#[path = "tests/queue.rs"]
mod tests;
