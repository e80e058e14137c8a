//! `GET wait`: until a message arrives.
//!
//! A wait looks back a minute unless told otherwise, so that a test may trigger the mail first and wait then. A wait
//! that outlasts its connection is sent on to a new one by a redirection, with what is left of its time.

use std::time::Duration;

use mox_admin::OpError;
use mox_admin::ops::{MessageFilter, MessageWait};
use mox_httpserver::header::{CONNECTION, HeaderValue};
use mox_httpserver::{Response, StatusCode};
use mox_web::json;

use crate::call::{Call, Refused};
use crate::filter::{TIMEOUT, describe, pairs, waiting};
use crate::{Api, BASE};

pub(crate) async fn wait(api: &Api, mut call: Call) -> Result<Response, Refused> {
    let (filter, timeout) = waiting(&call.query, api.clock.now())?;
    call.query.finish()?;
    let start = api.clock.monotonic();
    let request = MessageWait { filter, timeout_ms: millis(timeout) };
    let waited = tokio::select! {
        biased;
        waited = api.dispatch.call(&request) => waited?,
        () = call.request.ending.ended() => {
            let left = timeout.saturating_sub(api.clock.monotonic().saturating_sub(start));
            return Ok(go_on(&request.filter, left));
        }
    };
    match waited.message {
        Some(message) => Ok(json(StatusCode::OK, &message)),
        None => {
            let error = OpError::not_found(format!(
                "no such message within {} s: {}",
                timeout.as_secs_f32(),
                describe(&request.filter)
            ));
            Err(error.hint(format!("GET {BASE}/messages shows what did arrive")).into())
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(MessageWait::MAX_MS)
}

/// The same wait, on another connection.
fn go_on(filter: &MessageFilter, left: Duration) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs(filter)).append_pair(TIMEOUT.name, &format!("{}ms", millis(left)));
    let mut response = mox_web::see_other(&format!("{BASE}/wait?{}", query.finish()));
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
