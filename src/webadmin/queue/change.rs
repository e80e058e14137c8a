//! What is done with messages of the queue: one, those that were ticked, or all that match the filter.
//!
//! What ends messages, and what is done with all that match, is asked for first, with how many that would be.

use mox_admin::OpError;
use mox_admin::ops::{
    Changed, QueueDrop, QueueFail, QueueFilter, QueueHold, QueueRequireTls, QueueSchedule, QueueTransport,
    QueueUnhold, When,
};
use mox_httpserver::Response;
use mox_web::Query;
use mox_web::show::counted;

use super::filter::{Listing, local, moment};
use crate::At;

/// Most messages that one form may name.
const MAX_TICKED: usize = 1000;
/// Longest time that an attempt is moved by, in minutes: a year.
const MAX_MINUTES: u64 = 366 * 24 * 60;

/// Something that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    Schedule(When),
    Hold,
    Unhold,
    Fail,
    Drop,
    Transport(Option<String>),
    RequireTls(Option<bool>),
}

impl Action {
    fn read(form: &Query) -> Result<Action, OpError> {
        // All fields of the form are known, whichever button was pressed.
        let (at, minutes, shift) = (moment(form, "at")?, form.value::<u64>("minutes")?, form.flag("shift")?);
        let transport = form.get("new_transport").map(|name| name.trim().to_owned());
        let tls = form.get("tls").unwrap_or_default().to_owned();
        let action = form.get("action").unwrap_or_default();
        let written = [
            ("schedule", "a time for the next attempt", at.is_some() || minutes.is_some()),
            ("transport", "a transport", transport.as_ref().is_some_and(|name| !name.is_empty())),
        ];
        // Enter in a field presses the first button of the form.
        if let Some((_, what, _)) = written.iter().find(|(of, _, is)| *is && *of != action) {
            return Err(OpError::usage(format!("{what} is written, but another button was pressed"))
                .hint("press the button beside the field, or empty it; nothing was changed"));
        }
        match action {
            "now" => Ok(Action::Schedule(When::InMs(0))),
            "schedule" => schedule(at, minutes, shift).map(Action::Schedule),
            "hold" => Ok(Action::Hold),
            "unhold" => Ok(Action::Unhold),
            "fail" => Ok(Action::Fail),
            "drop" => Ok(Action::Drop),
            "transport" => Ok(Action::Transport(transport)),
            "requiretls" => match tls.as_str() {
                "required" => Ok(Action::RequireTls(Some(true))),
                "none" => Ok(Action::RequireTls(Some(false))),
                "" | "opportunistic" => Ok(Action::RequireTls(None)),
                _ => Err(OpError::usage("parameter \"tls\": expected required, none or opportunistic")),
            },
            _ => Err(OpError::usage("there is no such action").hint("load the page again")),
        }
    }

    async fn run(&self, at: &At, filter: QueueFilter, dry_run: bool) -> Result<Changed, OpError> {
        let ask = at.dispatch();
        match self.clone() {
            Action::Schedule(when) => ask.call(&QueueSchedule { filter, when, dry_run }).await,
            Action::Hold => ask.call(&QueueHold { filter, dry_run }).await,
            Action::Unhold => ask.call(&QueueUnhold { filter, dry_run }).await,
            Action::Fail => ask.call(&QueueFail { filter, dry_run }).await,
            Action::Drop => ask.call(&QueueDrop { filter, dry_run }).await,
            Action::Transport(transport) => ask.call(&QueueTransport { filter, transport, dry_run }).await,
            Action::RequireTls(require) => ask.call(&QueueRequireTls { filter, require, dry_run }).await,
        }
    }

    /// It cannot be undone.
    fn ends(&self) -> bool {
        matches!(self, Action::Fail | Action::Drop)
    }

    /// The fields of a form that asks for the same.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let one = |action: &str| vec![("action", action.to_owned())];
        let with = |action: &str, name, value| vec![("action", action.to_owned()), (name, value)];
        let minutes = |ms: u64| (ms / 60_000).to_string();
        match self {
            Action::Schedule(When::InMs(0)) => one("now"),
            Action::Schedule(When::InMs(ms)) => with("schedule", "minutes", minutes(*ms)),
            Action::Schedule(When::ByMs(ms)) => {
                let mut fields = with("schedule", "minutes", minutes(ms.unsigned_abs()));
                fields.push(("shift", "yes".to_owned()));
                fields
            }
            Action::Schedule(When::At(time)) => with("schedule", "at", local(time)),
            Action::Hold => one("hold"),
            Action::Unhold => one("unhold"),
            Action::Fail => one("fail"),
            Action::Drop => one("drop"),
            Action::Transport(name) => with("transport", "new_transport", name.clone().unwrap_or_default()),
            Action::RequireTls(require) => with("requiretls", "tls", tls_text(*require).to_owned()),
        }
    }

    /// What will happen to messages.
    fn sentence(&self) -> String {
        match self {
            Action::Schedule(When::InMs(0)) => "will be tried now".to_owned(),
            Action::Schedule(When::InMs(ms)) => format!("will be tried in {}", minutes(*ms)),
            Action::Schedule(When::ByMs(ms)) => format!("will be tried {} later than planned", minutes(*ms)),
            Action::Schedule(When::At(time)) => format!("will be tried at {time}"),
            Action::Hold => "will be put on hold".to_owned(),
            Action::Unhold => "will be released from hold".to_owned(),
            Action::Fail => "will be given up: senders will be told that they were not delivered".to_owned(),
            Action::Drop => "will be dropped without telling their senders".to_owned(),
            Action::Transport(Some(name)) => format!("will leave by the transport {name:?}"),
            Action::Transport(None) => "will leave by the transport that routes choose".to_owned(),
            Action::RequireTls(require) => format!("will be delivered with TLS: {}", tls_text(*require)),
        }
    }

    /// What the button of the question says, and the note of the page afterwards.
    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Action::Schedule(_) => ("Move the attempt", "scheduled"),
            Action::Hold => ("Put on hold", "held"),
            Action::Unhold => ("Release", "released"),
            Action::Fail => ("Give up", "failed"),
            Action::Drop => ("Drop", "dropped"),
            Action::Transport(_) => ("Change transport", "transport"),
            Action::RequireTls(_) => ("Change TLS", "tls"),
        }
    }
}

/// A time that an attempt is moved by.
fn minutes(ms: impl Into<i128>) -> String {
    counted(ms.into() / 60_000, "minute")
}

fn tls_text(require: Option<bool>) -> &'static str {
    match require {
        Some(true) => "required",
        Some(false) => "none",
        None => "opportunistic",
    }
}

fn schedule(at: Option<mox_admin::Time>, minutes: Option<u64>, shift: bool) -> Result<When, OpError> {
    match (at, minutes) {
        (Some(_), Some(_)) => {
            Err(OpError::usage("both minutes and a time are given").hint("leave one empty"))
        }
        (Some(at), None) => Ok(When::At(at)),
        (None, Some(minutes)) if minutes > MAX_MINUTES => {
            Err(OpError::usage(format!("parameter \"minutes\": at most {MAX_MINUTES}")))
        }
        (None, Some(minutes)) if shift => Ok(When::ByMs(i64::try_from(minutes * 60_000).unwrap_or(i64::MAX))),
        (None, Some(minutes)) => Ok(When::InMs(minutes * 60_000)),
        (None, None) => Err(OpError::usage("no time is given for the next attempt")
            .hint("write minutes, or a time, beside the button")),
    }
}

/// Which messages a form means.
struct Chosen {
    listing: Listing,
    filter: QueueFilter,
    /// All that match the filter, on whatever page.
    all: bool,
    /// The page of one message asks.
    one: bool,
}

impl Chosen {
    fn read(form: &Query) -> Result<Chosen, OpError> {
        let listing = Listing::read(form)?;
        let (ids, all, one) = (form.values::<i64>("id")?, form.flag("all")?, form.flag("one")?);
        if ids.len() > MAX_TICKED {
            return Err(OpError::usage(format!("at most {MAX_TICKED} messages can be ticked")));
        }
        let filter = match (all, ids.is_empty()) {
            (true, _) => listing.filter.clone(),
            (false, true) => {
                return Err(OpError::usage("no message is ticked")
                    .hint("tick boxes in front of messages, or choose all that match the filter"));
            }
            (false, false) => QueueFilter { ids, ..QueueFilter::default() },
        };
        Ok(Chosen { listing, filter, all, one })
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = self.listing.pairs();
        fields.extend(self.filter.ids.iter().map(|id| ("id", id.to_string())));
        fields.extend(self.all.then(|| ("all", "yes".to_owned())));
        fields.extend(self.one.then(|| ("one", "yes".to_owned())));
        fields
    }

    /// The page that the form was on, with parameters more.
    fn back(&self, more: &[(&str, &str)]) -> String {
        match self.filter.ids.first() {
            Some(id) if self.one => super::filter::address(&format!("queue/{id}"), more.iter().copied()),
            _ => self.listing.path(more),
        }
    }
}

/// `POST queue/change`
pub(super) async fn change(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let chosen = Chosen::read(&form)?;
    let action = Action::read(&form)?;
    let (said, confirmed) = (form.value::<u64>("count")?, form.get("confirm").is_some());
    form.finish()?;
    // A dialog of the page cannot know how many match.
    let sure = if chosen.all { confirmed && said.is_some() } else { confirmed || !action.ends() };
    if !sure {
        return ask(at, &chosen, &action).await;
    }
    let changed = action.run(at, chosen.filter.clone(), false).await?;
    let (_, note) = action.words();
    Ok(at.go(&chosen.back(&[("note", note), ("count", &changed.ids.len().to_string())])))
}

async fn ask(at: &At, chosen: &Chosen, action: &Action) -> Result<Response, OpError> {
    let count = action.run(at, chosen.filter.clone(), true).await?.ids.len();
    if count == 0 {
        return Err(OpError::not_found("no queued message matches the filter"));
    }
    let messages = counted(count, "message");
    let which = match (chosen.all, chosen.listing.chooses()) {
        (true, true) => ", all that match the filter,",
        (true, false) => ", the whole queue,",
        (false, _) => "",
    };
    let text = format!("{messages}{which} {}.", action.sentence());
    let mut fields = chosen.fields();
    fields.extend(action.fields());
    fields.push(("count", count.to_string()));
    Ok(at.confirm("queue", text, "queue/change", fields, action.words().0, &chosen.back(&[])))
}
