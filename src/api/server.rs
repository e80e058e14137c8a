//! The server itself: how it is, its relays, failures on demand, and this API.

use mox_admin::ops::{Chaos, ChaosGet, ChaosSet, RelayList, Status};
use mox_httpserver::{Response, StatusCode};
use mox_web::answer::{DATA_POLICY, answer};
use mox_web::json;
use schemars::JsonSchema;
use serde::Serialize;

use crate::call::{Call, Refused};
use crate::filter::DRY_RUN;
use crate::messages::reply;
use crate::{Api, body, openapi};

/// The server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Health {
    /// `ok`.
    pub(crate) status: String,
}

pub(crate) async fn health(_: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    Ok(json(StatusCode::OK, &Health { status: "ok".to_owned() }))
}

pub(crate) async fn status(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    reply(api, &Status {}).await
}

pub(crate) async fn relays(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    reply(api, &RelayList {}).await
}

pub(crate) async fn chaos(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    reply(api, &ChaosGet {}).await
}

pub(crate) async fn set_chaos(api: &Api, call: Call) -> Result<Response, Refused> {
    let dry_run = call.query.flag(DRY_RUN.name)?;
    call.query.finish()?;
    let chaos: Chaos = body::read(&call.request)?;
    reply(api, &ChaosSet { chaos, dry_run }).await
}

pub(crate) async fn end_chaos(api: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    reply(api, &ChaosSet::default()).await
}

pub(crate) async fn document(_: &Api, call: Call) -> Result<Response, Refused> {
    call.query.finish()?;
    Ok(answer(StatusCode::OK, "application/json", DATA_POLICY, openapi().into()))
}
