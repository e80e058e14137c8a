//! Serves the metrics to Prometheus.

use std::sync::Arc;

use hyper::header::{CONTENT_TYPE, HeaderValue};
use mox_net::BoxFuture;
use mox_telemetry::Metrics;

use crate::{Method, Request, Response, Service, StatusCode, text};

/// Answers GET and HEAD with all metrics.
pub struct MetricsService(Arc<Metrics>);

impl MetricsService {
    /// Of these.
    pub fn new(metrics: Arc<Metrics>) -> MetricsService {
        MetricsService(metrics)
    }
}

impl Service for MetricsService {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        let response = if matches!(request.head.method, Method::GET | Method::HEAD) {
            let mut response = text(StatusCode::OK, mox_telemetry::expose(&self.0));
            let kind = HeaderValue::from_static(mox_telemetry::CONTENT_TYPE);
            response.headers_mut().insert(CONTENT_TYPE, kind);
            response
        } else {
            text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n")
        };
        Box::pin(async { response })
    }
}
