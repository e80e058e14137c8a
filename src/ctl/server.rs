//! The serving side: reads requests, asks the house, writes replies.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use mox_admin::{Answer, Dispatch, ErrorKind, OpError};
use mox_clock::Clock;
use mox_platform::Io;
use mox_platform::ctlsocket::CtlListener;

use crate::{ErrorBody, MAX_BULK, MAX_CONNECTIONS, MAX_REQUEST, PROTOCOL, PROTOCOL_HEADER, VERSION_HEADER};

/// Pause after the system refused to accept, as when out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves connections until dropped, which also ends those still open. `version` is the house's version.
pub async fn serve(
    mut listener: CtlListener,
    dispatch: Arc<dyn Dispatch>,
    version: &'static str,
    clock: Arc<dyn Clock>,
) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        match listener.accept().await {
            Ok(io) => {
                let dispatch = Arc::clone(&dispatch);
                open.spawn(async move {
                    serve_connection(io, dispatch, version).await;
                    drop(slot);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "control endpoint does not accept");
                clock.sleep(ACCEPT_PAUSE).await;
            }
        }
        while open.try_join_next().is_some() {}
    }
}

/// Serves one connection until the peer closes it. A peer that goes away ends the operation it waits for.
pub async fn serve_connection(io: impl Io + 'static, dispatch: Arc<dyn Dispatch>, version: &'static str) {
    let service = service_fn(|request| {
        let dispatch = Arc::clone(&dispatch);
        async move { Ok::<_, Infallible>(respond(request, &*dispatch, version).await) }
    });
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(io), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "control connection ended");
    }
}

async fn respond(
    request: Request<Incoming>,
    dispatch: &dyn Dispatch,
    version: &'static str,
) -> Response<Full<Bytes>> {
    let (status, kind, body) = match answer(request, dispatch, version).await {
        Ok(Answer::Json(json)) => (StatusCode::OK, "application/json", json),
        Ok(Answer::Raw(bytes)) => (StatusCode::OK, "application/octet-stream", bytes),
        Err(error) => {
            let status = status(error.kind);
            (status, "application/json", serde_json::to_vec(&ErrorBody { error }).unwrap_or_default())
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(PROTOCOL_HEADER, HeaderValue::from_static(PROTOCOL));
    headers.insert(VERSION_HEADER, HeaderValue::from_static(version));
    response
}

async fn answer(
    request: Request<Incoming>,
    dispatch: &dyn Dispatch,
    version: &str,
) -> Result<Answer, OpError> {
    check_protocol(&request, version)?;
    let path = request.uri().path().to_owned();
    let name = match path.strip_prefix("/v1/") {
        Some(name) if request.method() == Method::POST => name,
        _ => return Err(OpError::usage("requests are POST /v1/<operation>")),
    };
    let max = if dispatch.is_bulk(name) { MAX_BULK } else { MAX_REQUEST };
    let body = Limited::new(request.into_body(), max)
        .collect()
        .await
        .map_err(|e| OpError::usage(format!("request not read: {e}")))?
        .to_bytes();
    dispatch.dispatch(name, &body).await
}

fn check_protocol(request: &Request<Incoming>, version: &str) -> Result<(), OpError> {
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("unknown");
    let theirs = header(PROTOCOL_HEADER);
    if theirs == PROTOCOL {
        return Ok(());
    }
    Err(OpError::failed(format!(
        "the running mox {version} speaks control protocol {PROTOCOL}, this mox {} speaks {theirs}",
        header(VERSION_HEADER)
    ))
    .hint("restart the server after an upgrade, or use the mox it was started with"))
}

fn status(kind: ErrorKind) -> StatusCode {
    StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
