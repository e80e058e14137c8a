//! Where messages are that the account sent.

use mox_admin::Time;
use mox_httpserver::{Response, StatusCode};
use mox_queue::{End, Queued};
use mox_web::json;

use crate::Api;
use crate::call::Call;
use crate::error::Fault;
use crate::types::{QueueMessage, QueueState, QueueStates, State};

/// Most messages that one call asks about.
const MAX_IDS: usize = 1000;

pub(crate) async fn state(api: &Api, call: Call) -> Result<Response, Fault> {
    let QueueState { queue_msg_ids, from_id } = call.request()?;
    if queue_msg_ids.len() > MAX_IDS {
        return Err(Fault::user(format!("more than {MAX_IDS} QueueMsgIDs")));
    }
    if queue_msg_ids.is_empty() && from_id.is_empty() {
        return Err(Fault::user("QueueMsgIDs or FromID must say which messages"));
    }
    let from_id = Some(from_id).filter(|id| !id.is_empty());
    let rows = api.parts.queue.of_account(&call.who.account, queue_msg_ids, from_id).await?;
    Ok(json(StatusCode::OK, &QueueStates { messages: rows.iter().map(shown).collect() }))
}

fn shown(q: &Queued) -> QueueMessage {
    let state = match q.end {
        Some(End::Delivered) => State::Delivered,
        Some(End::Failed) => State::Failed,
        Some(End::Dropped) => State::Canceled,
        None if q.busy => State::Delivering,
        None if q.hold => State::Held,
        None => State::Queued,
    };
    QueueMessage {
        queue_msg_id: q.id.0,
        from_id: q.from_id.clone().unwrap_or_default(),
        message_id: q.message_id.as_ref().map(|id| format!("<{id}>")).unwrap_or_default(),
        address: q.forward_path.to_string(),
        subject: q.subject.clone(),
        state,
        queued: Time(q.queued),
        attempts: q.attempts,
        next_attempt: q.end.is_none().then_some(Time(q.next_attempt)),
        ended: q.ended.map(Time),
        last_error: q.last_error.clone().unwrap_or_default(),
        smtp_code: q.last_code.unwrap_or(0),
        smtp_enhanced_code: q.last_enhanced.map(|e| format!("{}.{}", e.1, e.2)).unwrap_or_default(),
        extra: q.extra.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default(),
    }
}
