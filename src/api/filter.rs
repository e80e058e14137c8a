//! Which messages: the same parameters wherever messages are chosen.

use std::time::Duration;

use mox_admin::Time;
use mox_admin::ops::{MessageFilter, MessageWait};
use mox_clock::{Moment, Timestamp, parse_duration};
use mox_web::{Query, QueryError};

use crate::route::{Kind, Parameter};

pub(crate) const ACCOUNT: Parameter =
    Parameter { name: "account", kind: Kind::Text, about: "Of this account.", example: "mox" };
pub(crate) const MAILBOX: Parameter = Parameter {
    name: "mailbox",
    kind: Kind::Text,
    about: "In the mailbox of exactly this name. In localserve every address has a mailbox of its name.",
    example: "bob@example.org",
};
pub(crate) const TO: Parameter = Parameter {
    name: "to",
    kind: Kind::Text,
    about: "Part of a recipient's address (envelope or `To`/`Cc`), letter case ignored.",
    example: "bob@example.org",
};
pub(crate) const FROM: Parameter = Parameter {
    name: "from",
    kind: Kind::Text,
    about: "Part of the sender's address (`From` or reverse-path), letter case ignored.",
    example: "amy@example.com",
};
pub(crate) const SUBJECT: Parameter = Parameter {
    name: "subject",
    kind: Kind::Text,
    about: "Part of the decoded subject, letter case ignored.",
    example: "hello",
};
pub(crate) const TEXT: Parameter = Parameter {
    name: "text",
    kind: Kind::Text,
    about: "Words that all stand in the message: in its subject, addresses, text or names of attachments. The last \
            may be the beginning of a word.",
    example: "reset password",
};
pub(crate) const TAG: Parameter =
    Parameter { name: "tag", kind: Kind::Text, about: "Has this tag.", example: "signup" };
pub(crate) const SINCE: Parameter = Parameter {
    name: "since",
    kind: Kind::Moment(None),
    about: "Received at or after this time, or so long ago.",
    example: "5m",
};
/// [`SINCE`] of a wait.
pub(crate) const WAIT_SINCE: Parameter = Parameter {
    name: "since",
    kind: Kind::Moment(Some(WAITS_BACK)),
    about: "Also takes a message that was received since this time, or so long ago, before the wait began.",
    example: "1m",
};
pub(crate) const TIMEOUT: Parameter = Parameter {
    name: "timeout",
    kind: Kind::Duration("30s"),
    about: "How long to wait; at most 1h.",
    example: "10s",
};
pub(crate) const DRY_RUN: Parameter = Parameter {
    name: "dry_run",
    kind: Kind::Flag,
    about: "Changes nothing, only says what would be changed.",
    example: "true",
};

/// How far a wait looks back when nothing is said; that of `mox localserve wait`.
const WAITS_BACK: &str = "1m";

/// The filter that the parameters make; `since` is asked for apart.
fn without_since(query: &Query) -> MessageFilter {
    let text = |name| query.get(name).map(str::to_owned);
    MessageFilter {
        account: text(ACCOUNT.name),
        mailbox: text(MAILBOX.name),
        to: text(TO.name),
        from: text(FROM.name),
        subject: text(SUBJECT.name),
        text: text(TEXT.name),
        tag: text(TAG.name),
        since: None,
    }
}

/// The filter of a list or a deletion.
pub(crate) fn filter(query: &Query, now: Timestamp) -> Result<MessageFilter, QueryError> {
    let filter = without_since(query);
    let since = query.value::<Moment>(SINCE.name)?.map(|moment| Time(moment.ago(now)));
    Ok(MessageFilter { since, ..filter })
}

/// The filter of an event stream, which tells what comes.
pub(crate) fn coming(query: &Query) -> MessageFilter {
    without_since(query)
}

/// What a wait is for, and how long.
pub(crate) fn waiting(query: &Query, now: Timestamp) -> Result<(MessageFilter, Duration), QueryError> {
    let filter = without_since(query);
    let default = || WAITS_BACK.parse().unwrap_or(Moment::Away(Duration::ZERO));
    let since = query.value(SINCE.name)?.unwrap_or_else(default).ago(now);
    let wrong = |reason| QueryError::Value { name: TIMEOUT.name, reason };
    let timeout = match query.get(TIMEOUT.name) {
        Some(text) => parse_duration(text.trim()).map_err(|e| wrong(e.to_string()))?,
        None => DEFAULT_TIMEOUT,
    };
    if timeout > Duration::from_millis(MessageWait::MAX_MS) {
        return Err(wrong("longer than 1h".to_owned()));
    }
    Ok((MessageFilter { since: Some(Time(since)), ..filter }, timeout))
}

/// What [`TIMEOUT`] says.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The parameters that make this filter, for people: `to "bob@", subject "hello"`.
pub(crate) fn describe(filter: &MessageFilter) -> String {
    let parts: Vec<String> = pairs(filter).map(|(name, value)| format!("{name} {value:?}")).collect();
    parts.join(", ")
}

/// The parameters that make this filter.
pub(crate) fn pairs(filter: &MessageFilter) -> impl Iterator<Item = (&'static str, String)> {
    let MessageFilter { account, mailbox, to, from, subject, text, tag, since } = filter.clone();
    [
        (ACCOUNT.name, account),
        (MAILBOX.name, mailbox),
        (TO.name, to),
        (FROM.name, from),
        (SUBJECT.name, subject),
        (TEXT.name, text),
        (TAG.name, tag),
        (SINCE.name, since.map(|since| since.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}
