//! Server.

use mox_admin::OpError;
use mox_httpserver::Response;

use crate::at::{At, no_page};

/// Answers for paths below `server`.
pub(crate) async fn route(_at: &At, _path: &[&str]) -> Result<Response, OpError> {
    Err(no_page())
}
