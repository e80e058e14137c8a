//! Which service answers which path. Some may take bodies while they arrive, and others whole ones.

use std::sync::Arc;

use mox_net::BoxFuture;

use crate::{Limits, Request, Response, Service, StatusCode, text, unread};

/// Services by path. A path that ends in `/` stands for all below it; the longest that fits counts.
#[derive(Default)]
pub struct Routes(Vec<(String, Arc<dyn Service>)>);

impl Routes {
    /// None: every request is answered with 404.
    pub fn new() -> Routes {
        Routes::default()
    }

    /// These and one more.
    pub fn at(mut self, path: &str, service: impl Service + 'static) -> Routes {
        self.0.push((path.to_owned(), Arc::new(service)));
        self
    }

    fn find(&self, path: &str) -> Option<&dyn Service> {
        let fits = |(route, _): &&(String, Arc<dyn Service>)| {
            route == path || (route.ends_with('/') && path.starts_with(route))
        };
        self.0.iter().filter(fits).max_by_key(|(route, _)| route.len()).map(|(_, service)| &**service)
    }
}

impl Service for Routes {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        match self.find(request.head.uri.path()) {
            Some(service) if service.streams() => service.call(request),
            Some(service) => Box::pin(whole(service, request)),
            None => Box::pin(async { text(StatusCode::NOT_FOUND, "not found\n") }),
        }
    }

    fn streams(&self) -> bool {
        self.0.iter().any(|(_, service)| service.streams())
    }
}

/// Calls a service that takes whole bodies, beside others that take them while they arrive.
async fn whole(service: &dyn Service, mut request: Request) -> Response {
    if let Some(incoming) = request.incoming.take() {
        match incoming.whole(Limits::default().body_bytes).await {
            Ok(body) => request.body = body,
            Err(status) => return unread(status),
        }
    }
    service.call(request).await
}
