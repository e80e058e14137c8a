//! Calls of webhooks of accounts: those that wait, those that ended, one of them, and what is done with those that wait.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    HookCancel, HookDetail, HookList, HookRetired, HookRow, HookSchedule, HookShow, HookState,
};
use mox_httpserver::Response;
use mox_web::show::counted;
use mox_web::{Page, Query};

use super::filter::{address, text};
use super::{ROWS, cut};
use crate::At;

/// Most calls that one form may name.
const MAX_TICKED: usize = 1000;

#[derive(Template)]
#[template(path = "queue_webhooks.html")]
struct List<'a> {
    page: Page<'a>,
    listing: Listing,
    rows: Vec<HookRow>,
    next: Option<String>,
    first: Option<String>,
}

#[derive(Template)]
#[template(path = "queue_webhook.html")]
struct One<'a> {
    page: Page<'a>,
    call: HookDetail,
}

/// Which calls the list shows.
#[derive(Default)]
struct Listing {
    account: Option<String>,
    /// `ended`, or how they ended; none for those that wait.
    state: Option<String>,
    before: Option<i64>,
}

impl Listing {
    fn read(query: &Query) -> Result<Listing, OpError> {
        let state = text(query, "state").filter(|state| state != "waits");
        let known = |word: &String| word == "ended" || HookState::end(word).is_some();
        if state.as_ref().is_some_and(|word| !known(word)) {
            return Err(OpError::usage("parameter \"state\": there is no such state"));
        }
        Ok(Listing { account: text(query, "account"), state, before: query.value("before")? })
    }

    async fn rows(&self, at: &At) -> Result<Vec<HookRow>, OpError> {
        let (account, before, limit) = (self.account.clone(), self.before, Some(ROWS + 1));
        match &self.state {
            None => at.dispatch().call(&HookList { account, before, limit }).await,
            Some(word) => {
                let state = HookState::end(word);
                at.dispatch().call(&HookRetired { account, state, before, limit }).await
            }
        }
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let all = [("account", &self.account), ("state", &self.state)];
        all.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }

    fn path(&self, more: &[(&str, &str)]) -> String {
        let pairs = self.pairs();
        let set = pairs.iter().map(|(name, value)| (*name, value.as_str()));
        address("queue/webhooks", set.chain(more.iter().copied()))
    }

    fn is(&self, state: &str) -> bool {
        self.state.as_deref() == Some(state)
    }

    fn of(&self) -> &str {
        self.account.as_deref().unwrap_or_default()
    }
}

/// `GET queue/webhooks`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let listing = Listing::read(&query)?;
    let notice = note(&query)?;
    query.finish()?;
    let mut rows = listing.rows(at).await?;
    let more = cut(&mut rows);
    let last = rows.last().filter(|_| more).map(|row| row.id.to_string());
    let next = last.map(|id| at.visit.to(&listing.path(&[("before", &id)])));
    let first = listing.before.map(|_| at.visit.to(&listing.path(&[])));
    let page = at.page("queue", "Webhook calls").notice(notice);
    Ok(at.render(&List { page, listing, rows, next, first }))
}

/// `GET queue/webhooks/ID`
pub(super) async fn one(at: &At, id: i64) -> Result<Response, OpError> {
    let query = at.query();
    let notice = note(&query)?;
    query.finish()?;
    let call = at.dispatch().call(&HookShow { id }).await?;
    let page = at.page("queue", format!("Webhook call {id}")).notice(notice);
    Ok(at.render(&One { page, call }))
}

/// `POST queue/webhooks/change`: calls that were ticked, or the one of its page, are tried now or dropped.
pub(super) async fn change(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let listing = Listing::read(&form)?;
    let (ids, one) = (form.values::<i64>("id")?, form.flag("one")?);
    let action = form.get("action").unwrap_or_default().to_owned();
    let confirmed = form.get("confirm").is_some();
    form.finish()?;
    if ids.is_empty() {
        return Err(OpError::usage("no call is ticked").hint("tick boxes in front of calls"));
    }
    if ids.len() > MAX_TICKED {
        return Err(OpError::usage(format!("at most {MAX_TICKED} calls can be ticked")));
    }
    let back = |more: &[(&str, &str)]| match ids.first() {
        Some(id) if one => address(&format!("queue/webhooks/{id}"), more.iter().copied()),
        _ => listing.path(more),
    };
    let (changed, note) = match action.as_str() {
        "now" => {
            let op = HookSchedule { ids: ids.clone(), in_ms: 0, dry_run: false };
            (at.dispatch().call(&op).await?, "scheduled")
        }
        "drop" => {
            let op = HookCancel { ids: ids.clone(), dry_run: !confirmed };
            let changed = at.dispatch().call(&op).await?;
            if !confirmed {
                let mut fields = listing.pairs();
                fields.extend(ids.iter().map(|id| ("id", id.to_string())));
                fields.push(("action", "drop".to_owned()));
                let text = format!(
                    "{} will be dropped: their URLs are not told.",
                    counted(changed.ids.len(), "call")
                );
                return Ok(at.confirm("queue", text, "queue/webhooks/change", fields, "Drop", &back(&[])));
            }
            (changed, "dropped")
        }
        _ => return Err(OpError::usage("there is no such action").hint("load the page again")),
    };
    let count = changed.ids.len().to_string();
    // What is dropped may be forgotten at once, and its page with it.
    let more = [("note", note), ("count", count.as_str())];
    Ok(at.go(&if note == "dropped" { listing.path(&more) } else { back(&more) }))
}

/// What a page says after a form did its work.
fn note(query: &Query) -> Result<Option<String>, OpError> {
    let calls = counted(query.value::<u64>("count")?.unwrap_or(1), "call");
    Ok(match query.get("note") {
        Some("scheduled") => Some(format!("{calls}: tried now")),
        Some("dropped") => Some(format!("{calls} dropped")),
        _ => None,
    })
}
