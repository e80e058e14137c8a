//! The recipients that an account sends nothing more to.

use mox_admin::ops::{SuppressAdd, SuppressList, SuppressRemove};
use mox_httpserver::{Response, StatusCode};
use mox_web::json;

use crate::Api;
use crate::call::Call;
use crate::error::{Code, Fault};
use crate::types::{EmailAddress, Empty, Present, Suppression, SuppressionAdd, Suppressions};

/// An address that can be sent to.
fn address(text: &str) -> Result<String, Fault> {
    let path: Result<mox_address::Path, _> = text.parse();
    path.map(|path| path.to_string())
        .map_err(|e| Fault::new(Code::BadAddress, format!("address {text:.200?}: {e}")))
}

async fn found(api: &Api, call: &Call, address: Option<String>) -> Result<Vec<Suppression>, Fault> {
    let account = Some(call.who.account.clone());
    let asked = SuppressList { account, address, ..SuppressList::default() };
    let rows = api.parts.queue.suppressions(asked).await?;
    let shown = |row: mox_admin::ops::Suppression| Suppression {
        created: row.added,
        base_address: row.base,
        original_address: row.address,
        manual: row.manual,
        reason: row.reason,
    };
    Ok(rows.into_iter().map(shown).collect())
}

pub(crate) async fn list(api: &Api, call: Call) -> Result<Response, Fault> {
    call.request::<Empty>()?;
    let suppressions = found(api, &call, None).await?;
    Ok(json(StatusCode::OK, &Suppressions { suppressions }))
}

pub(crate) async fn add(api: &Api, call: Call) -> Result<Response, Fault> {
    let SuppressionAdd { email_address, reason, .. } = call.request()?;
    let (account, address) = (call.who.account, address(&email_address)?);
    api.parts.queue.suppress(SuppressAdd { account, address, reason, dry_run: false }).await?;
    Ok(json(StatusCode::OK, &Empty {}))
}

pub(crate) async fn remove(api: &Api, call: Call) -> Result<Response, Fault> {
    let EmailAddress { email_address } = call.request()?;
    let (account, address) = (call.who.account, address(&email_address)?);
    api.parts.queue.unsuppress(SuppressRemove { account, address, dry_run: false }).await?;
    Ok(json(StatusCode::OK, &Empty {}))
}

pub(crate) async fn present(api: &Api, call: Call) -> Result<Response, Fault> {
    let EmailAddress { email_address } = call.request()?;
    let address = address(&email_address)?;
    let present = !found(api, &call, Some(address)).await?.is_empty();
    Ok(json(StatusCode::OK, &Present { present }))
}
