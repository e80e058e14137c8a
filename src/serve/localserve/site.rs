//! What localserve's HTTP and HTTPS ports serve.

use std::sync::Arc;

use mox_admin::Dispatch;
use mox_clock::Clock;
use mox_httpserver::{Mounted, Routes, Service};
use mox_webinbox::About;
use mox_website::Own;

use super::{LOGIN, PASSWORD};

/// The pages and the API.
pub(super) fn site(operations: Arc<dyn Dispatch>, own: &Own, clock: Arc<dyn Clock>) -> Arc<dyn Service> {
    let about = About {
        name: "mox localserve".to_owned(),
        login: LOGIN.to_owned(),
        password: PASSWORD.to_owned(),
        api: Some("/api/v1/openapi.json".to_owned()),
    };
    let pages = mox_webinbox::pages(operations.clone(), about, clock.clone());
    let below = |base: &str, service: &Arc<dyn Service>| Mounted::new(base, service.clone());
    let routes = Routes::new()
        .at("/admin/", below("/admin/", &own.admin))
        .at("/account/", below("/account/", &own.account))
        .at("/webapi/", below("/webapi/", &own.webapi))
        .at("/api/v1/", mox_api::api(operations, clock))
        .at("/", pages);
    Arc::new(routes)
}
