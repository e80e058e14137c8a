//! What localserve's HTTP and HTTPS ports serve.

use std::sync::Arc;

use mox_admin::Dispatch;
use mox_httpserver::{Routes, Service};

/// The pages and the API.
pub(super) fn site(_operations: Arc<dyn Dispatch>) -> Arc<dyn Service> {
    Arc::new(Routes::new())
}
