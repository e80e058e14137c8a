//! Messages: list, look closer, change, delete.

use mox_admin::ops::{
    MailboxList, MessageCat, MessageDelete, MessageEvents, MessageFilter, MessageHtml, MessageList,
    MessageMark, MessagePart, MessageRelease, MessageReport, MessageRow, MessageShow, MessageTranscript,
    TagList,
};
use mox_admin::{OpError, Operation};
use mox_httpserver::{Response, StatusCode};
use mox_web::answer::answer;
use mox_web::{download, json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::{Call, Refused};
use crate::filter::{ACCOUNT, DRY_RUN, filter};
use crate::route::{Kind, Parameter};
use crate::{Api, BASE, body};

pub(crate) const BEFORE: Parameter = Parameter {
    name: "before",
    kind: Kind::Id,
    about: "Only messages with a lower number: `next` of the page before.",
    example: "7",
};
pub(crate) const LIMIT: Parameter = Parameter {
    name: "limit",
    kind: Kind::Count { default: DEFAULT_LIMIT, max: MAX_LIMIT },
    about: "At most so many.",
    example: "20",
};
pub(crate) const ALL: Parameter = Parameter {
    name: "all",
    kind: Kind::Flag,
    about: "Every message; without it there must be a filter.",
    example: "true",
};

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;

/// The policy of a message's HTML, which was made safe: its own styles and images, nothing else.
const HTML_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; base-uri 'none'; \
                           form-action 'none'; frame-ancestors 'none'";

/// A page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct MessagePage {
    /// The messages.
    pub(crate) messages: Vec<MessageRow>,
    /// What `before` must be for the next page; null on the last one.
    pub(crate) next: Option<i64>,
}

/// What to change about a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Mark {
    /// Seen, not seen, or as it is.
    pub(crate) seen: Option<bool>,
    /// Tags to give: 1 to 64 letters, digits and `._-` each.
    #[schemars(inner(regex(pattern = r"^[A-Za-z0-9._-]{1,64}$")))]
    pub(crate) tag: Vec<String>,
    /// Tags to take.
    #[schemars(inner(regex(pattern = r"^[A-Za-z0-9._-]{1,64}$")))]
    pub(crate) untag: Vec<String>,
    /// Only look up.
    pub(crate) dry_run: bool,
}

/// Where to send a message on to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Release {
    /// Recipients; none for the one of the message's envelope.
    pub(crate) to: Vec<String>,
    /// Only look up: which recipient would go through which relay.
    pub(crate) dry_run: bool,
}

/// Asks one operation about the message that the path names.
pub(crate) async fn about<Op: Operation>(
    api: &Api,
    call: Call,
    ask: fn(i64) -> Op,
) -> Result<Response, Refused> {
    call.query.finish()?;
    reply(api, &ask(call.id()?)).await
}

/// Asks an operation and answers its reply.
pub(crate) async fn reply<Op: Operation>(api: &Api, op: &Op) -> Result<Response, Refused> {
    Ok(json(StatusCode::OK, &api.dispatch.call(op).await?))
}

pub(crate) async fn list(api: &Api, call: Call) -> Result<Response, Refused> {
    let query = &call.query;
    let filter = filter(query, api.clock.now())?;
    let before = query.value(BEFORE.name)?;
    let limit = query.value(LIMIT.name)?.unwrap_or(DEFAULT_LIMIT);
    query.finish()?;
    if limit == 0 || limit > MAX_LIMIT {
        return Err(OpError::usage(format!("parameter \"limit\": expected 1 to {MAX_LIMIT}")).into());
    }
    // One more says whether there is another page.
    let list = MessageList { filter, before, limit: Some(limit + 1) };
    let mut messages = api.dispatch.call(&list).await?;
    let more = messages.len() as u64 > u64::from(limit);
    messages.truncate(limit as usize);
    let next = messages.last().map(|row| row.id).filter(|_| more);
    Ok(json(StatusCode::OK, &MessagePage { messages, next }))
}

pub(crate) async fn show(api: &Api, call: Call) -> Result<Response, Refused> {
    about(api, call, |id| MessageShow { id }).await
}

pub(crate) async fn transcript(api: &Api, call: Call) -> Result<Response, Refused> {
    about(api, call, |id| MessageTranscript { id }).await
}

pub(crate) async fn history(api: &Api, call: Call) -> Result<Response, Refused> {
    about(api, call, |id| MessageEvents { id }).await
}

pub(crate) async fn raw(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    let id = call.id()?;
    let bytes = api.dispatch.call_raw(&MessageCat { id }).await?;
    Ok(download::save("message/rfc822", &format!("message-{id}.eml"), bytes))
}

pub(crate) async fn html(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    let bytes = api.dispatch.call_raw(&MessageHtml { id: call.id()? }).await?;
    Ok(answer(StatusCode::OK, "text/html; charset=utf-8", HTML_POLICY, bytes.into()))
}

pub(crate) async fn part(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    let id = call.id()?;
    let detail = api.dispatch.call(&MessageShow { id }).await?;
    let Some(row) = detail.parts.into_iter().find(|row| row.part == call.part()) else {
        let part: String = call.part().chars().take(100).collect();
        let error = OpError::not_found(format!("message {id} has no part {part}"));
        return Err(error.hint(format!("GET {BASE}/messages/{id} lists its parts")).into());
    };
    let bytes = api.dispatch.call_raw(&MessagePart { id, part: row.part }).await?;
    Ok(download::save(&row.content_type, row.filename.as_deref().unwrap_or_default(), bytes))
}

pub(crate) async fn report(api: &Api, call: Call) -> Result<Response, Refused> {
    about(api, call, |id| MessageReport { id }).await
}

pub(crate) async fn mark(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    let ids = vec![call.id()?];
    let Mark { seen, tag, untag, dry_run } = body::read(&call.request)?;
    if seen.is_none() && tag.is_empty() && untag.is_empty() {
        return Err(OpError::usage("nothing to change").hint("give seen, tag or untag").into());
    }
    reply(api, &MessageMark { ids, seen, tag, untag, dry_run, ..MessageMark::default() }).await
}

pub(crate) async fn release(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    let ids = vec![call.id()?];
    let Release { to, dry_run } = body::read(&call.request)?;
    reply(api, &MessageRelease { ids, to, dry_run }).await
}

pub(crate) async fn delete(api: &Api, call: Call) -> Result<Response, Refused> {
    let dry_run = call.query.flag(DRY_RUN.name)?;
    call.query.finish()?;
    let ids = vec![call.id()?];
    reply(api, &MessageDelete { ids, dry_run, ..MessageDelete::default() }).await
}

pub(crate) async fn delete_many(api: &Api, call: Call) -> Result<Response, Refused> {
    let query = &call.query;
    let filter = filter(query, api.clock.now())?;
    let (all, dry_run) = (query.flag(ALL.name)?, query.flag(DRY_RUN.name)?);
    query.finish()?;
    if filter == MessageFilter::default() && !all {
        return Err(OpError::usage("which messages?").hint("give a filter such as to=, or all=true").into());
    }
    reply(api, &MessageDelete { ids: Vec::new(), filter, all, dry_run }).await
}

pub(crate) async fn mailboxes(api: &Api, call: Call) -> Result<Response, Refused> {
    let account = call.query.get(ACCOUNT.name).map(str::to_owned);
    call.query.finish()?;
    reply(api, &MailboxList { account }).await
}

pub(crate) async fn tags(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    reply(api, &TagList {}).await
}
