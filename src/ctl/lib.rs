//! The control endpoint: operations of a running house for the commands of the same machine.
//!
//! HTTP/1.1 over [`mox_platform::ctlsocket`]: `POST /v1/<operation>` with a JSON request; 200 carries the reply
//! (JSON, or bytes of a raw operation), any other status `{"error":{"kind":…,"message":…,"hint":…}}`. Both sides
//! send `mox-protocol` and `mox-version` with everything they say; another protocol number is refused in words.
//! Who may open the endpoint may do everything: the endpoint's permissions are the only authorisation.
//!
//! Limits: [`MAX_REQUEST`], [`MAX_BULK`], [`MAX_REPLY`], [`MAX_RAW_REPLY`], [`MAX_CONNECTIONS`].

mod client;
mod server;

use std::path::{Path, PathBuf};

pub use client::{Client, Error};
pub use server::{serve, serve_connection};

/// Number of the protocol described here; changed when an old client could misunderstand a new server.
pub const PROTOCOL: &str = "1";
/// Most bytes of a request.
pub const MAX_REQUEST: usize = 1 << 20;
/// Most bytes of a request that carries bytes: the largest message, and a batch of others.
pub const MAX_BULK: usize = 110 << 20;
/// Most bytes of a JSON reply.
pub const MAX_REPLY: usize = 64 << 20;
/// Most bytes of a raw reply: the largest message and its envelope.
pub const MAX_RAW_REPLY: usize = 110 << 20;
/// Most connections served at a time; the next waits.
pub const MAX_CONNECTIONS: usize = 64;

const PROTOCOL_HEADER: &str = "mox-protocol";
const VERSION_HEADER: &str = "mox-version";

/// The endpoint of the house whose data is in `data_dir`.
pub fn endpoint(data_dir: &Path) -> PathBuf {
    data_dir.join("ctl")
}

/// What an unsuccessful answer looks like.
#[derive(serde::Serialize, serde::Deserialize)]
struct ErrorBody {
    error: mox_admin::OpError,
}
