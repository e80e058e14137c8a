//! Which messages a page of the queue shows: the filter in its address and in its forms.

use form_urlencoded::Serializer;
use mox_admin::ops::{QueueFilter, QueueKey, QueueSort};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_web::Query;

/// A filter, an order and where the page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) filter: QueueFilter,
    pub(super) sort: QueueSort,
    pub(super) descending: bool,
    pub(super) after: Option<QueueKey>,
}

/// Stands for messages whose transport routes decide, as an empty field stands for any.
const ROUTED: &str = "-";

impl Listing {
    /// Of the parameters of an address, or the fields of a form.
    pub(super) fn read(query: &Query) -> Result<Listing, OpError> {
        let text = |name| text(query, name);
        let filter = QueueFilter {
            ids: Vec::new(),
            account: text("account"),
            from: text("from"),
            to: text("to"),
            hold: match query.get("hold") {
                None => None,
                Some("yes") => Some(true),
                Some("no") => Some(false),
                Some(_) => return Err(OpError::usage("parameter \"hold\": expected yes or no")),
            },
            next_attempt_before: moment(query, "next_before")?,
            next_attempt_after: moment(query, "next_after")?,
            queued_before: moment(query, "queued_before")?,
            queued_after: moment(query, "queued_after")?,
            transport: text("transport").map(|name| if name == ROUTED { String::new() } else { name }),
        };
        let (sort, descending) = match query.get("sort") {
            None | Some("next") => (QueueSort::NextAttempt, false),
            Some("next-desc") => (QueueSort::NextAttempt, true),
            Some("queued") => (QueueSort::Queued, false),
            Some("queued-desc") => (QueueSort::Queued, true),
            Some(_) => return Err(OpError::usage("parameter \"sort\": there is no such order")),
        };
        Ok(Listing { filter, sort, descending, after: key(query)? })
    }

    /// What is set, as parameters; without where the page begins.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let f = &self.filter;
        let hold = f.hold.map(|hold| if hold { "yes" } else { "no" }.to_owned());
        let routed = |name: &String| if name.is_empty() { ROUTED.to_owned() } else { name.clone() };
        let sort = match (self.sort, self.descending) {
            (QueueSort::NextAttempt, false) => None,
            (QueueSort::NextAttempt, true) => Some("next-desc"),
            (QueueSort::Queued, false) => Some("queued"),
            (QueueSort::Queued, true) => Some("queued-desc"),
        };
        let all = [
            ("account", f.account.clone()),
            ("from", f.from.clone()),
            ("to", f.to.clone()),
            ("transport", f.transport.as_ref().map(routed)),
            ("hold", hold),
            ("next_before", f.next_attempt_before.as_ref().map(local)),
            ("next_after", f.next_attempt_after.as_ref().map(local)),
            ("queued_before", f.queued_before.as_ref().map(local)),
            ("queued_after", f.queued_after.as_ref().map(local)),
            ("sort", sort.map(str::to_owned)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// The value of a field of the form; empty where it is not set.
    pub(super) fn text(&self, name: &str) -> String {
        let pairs = self.pairs();
        pairs.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value).unwrap_or_default()
    }

    /// Whether a field of the form has this value.
    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.text(name) == value
    }

    /// Whether it chooses some of all messages.
    pub(super) fn chooses(&self) -> bool {
        self.filter != QueueFilter::default()
    }

    /// The path of the list with this filter, and with these parameters more.
    pub(super) fn path(&self, more: &[(&str, &str)]) -> String {
        address(
            "queue",
            self.pairs().iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()),
        )
    }
}

/// A parameter without blanks around it; none where nothing is left.
pub(super) fn text(query: &Query, name: &'static str) -> Option<String> {
    query.get(name).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// A path with its parameters.
pub(super) fn address<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A time in UTC, as a field for times has it or as RFC 3339 writes it.
pub(super) fn moment(query: &Query, name: &'static str) -> Result<Option<Time>, OpError> {
    let Some(text) = query.get(name).map(str::trim) else { return Ok(None) };
    let forms = [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")];
    match forms.iter().find_map(|form| Timestamp::parse_rfc3339(form)) {
        Some(time) => Ok(Some(Time(time))),
        None => {
            let text: String = text.chars().take(40).collect();
            Err(OpError::usage(format!("parameter \"{name}\": {text:?} is not a time"))
                .hint("write it as 2026-11-22T10:20, in UTC"))
        }
    }
}

/// A time as a field for times wants it.
pub(super) fn local(time: &Time) -> String {
    time.0.rfc3339_millis().get(..19).unwrap_or_default().to_owned()
}

/// Where a page begins: `after=TIME/ID`.
pub(super) fn key(query: &Query) -> Result<Option<QueueKey>, OpError> {
    let Some(text) = query.get("after") else { return Ok(None) };
    let read = || {
        let (at, id) = text.split_once('/')?;
        Some(QueueKey { at: Time(Timestamp::parse_rfc3339(at)?), id: id.parse().ok()? })
    };
    let wrong =
        || OpError::usage("parameter \"after\" is not where a page ends").hint("begin at the first page");
    read().map(Some).ok_or_else(wrong)
}

/// The same as a parameter.
pub(super) fn key_text(at: &Time, id: i64) -> String {
    format!("{}/{id}", at.0.rfc3339_millis())
}
