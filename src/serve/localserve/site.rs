//! What localserve's HTTP and HTTPS ports serve.

use std::sync::Arc;

use mox_admin::Dispatch;
use mox_clock::Clock;
use mox_httpserver::{Routes, Service};
use mox_webinbox::About;

use super::{LOGIN, PASSWORD};

/// The pages and the API.
pub(super) fn site(operations: Arc<dyn Dispatch>, clock: Arc<dyn Clock>) -> Arc<dyn Service> {
    let about = About {
        name: "mox localserve".to_owned(),
        login: LOGIN.to_owned(),
        password: PASSWORD.to_owned(),
        api: Some("/api/v1/openapi.json".to_owned()),
    };
    let pages = mox_webinbox::pages(operations.clone(), about, clock.clone());
    Arc::new(Routes::new().at("/api/v1/", mox_api::api(operations, clock)).at("/", pages))
}
