//! The HTTP ports: metrics, and a page that says what this is. Requests for foreign host names are refused, so that
//! a page elsewhere cannot reach in through a name of its own.

use std::sync::Arc;

use mox_clock::Clock;
use mox_httpserver::{
    HostCheck, Hosts, Limits, Method, MetricsService, Request, Response, Routes, Server, Service, StatusCode,
    text,
};
use mox_net::{BoxFuture, TcpListen};
use mox_telemetry::Metrics;
use mox_tls::ServerConfig;
use tokio::sync::watch;

/// What a port serves.
pub(crate) struct Pages {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) metrics_only: bool,
    pub(crate) hostname: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stopping: watch::Receiver<bool>,
}

/// The front page.
struct Front;

impl Service for Front {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        let (status, body) = match request.head.uri.path() {
            _ if !matches!(request.head.method, Method::GET | Method::HEAD) => {
                (StatusCode::METHOD_NOT_ALLOWED, "GET only\n")
            }
            "/" => (StatusCode::OK, FRONT),
            _ => (StatusCode::NOT_FOUND, "not found\n"),
        };
        Box::pin(std::future::ready(text(status, body)))
    }
}

const FRONT: &str = "\
mox is running.

Mail that it caught: mox message list
Its figures:         /metrics
";

impl Pages {
    /// Serves until the house stops.
    pub(crate) async fn serve(self, listen: TcpListen) {
        let metrics = MetricsService::new(self.metrics.clone());
        let routes = match self.metrics_only {
            true => Routes::new().at("/metrics", metrics),
            false => Routes::new().at("/metrics", metrics).at("/", Front),
        };
        let service = Arc::new(HostCheck::new(Hosts::loopback().and(&self.hostname), routes));
        let server = Server::new(service, Limits::default(), self.clock, self.metrics);
        let server = match self.tls {
            Some(tls) => server.with_tls(tls),
            None => server,
        };
        let mut stopping = self.stopping;
        let stop = async move {
            // An error means that the house is gone.
            let _ = stopping.wait_for(|down| *down).await;
        };
        Arc::new(server).run(Box::new(listen), stop).await;
    }
}
