//! The HTTP ports: metrics, and pages. Requests for foreign host names and those that pages elsewhere make a browser
//! send are refused.

use std::sync::Arc;

use mox_admin::Dispatch;
use mox_clock::Clock;
use mox_httpserver::{
    Handover, HostCheck, Hosts, Limits, MetricsService, OriginCheck, Routes, Server, Service,
};
use mox_net::{Accepted, Listen};
use mox_telemetry::Metrics;
use mox_tls::ServerConfig;
use mox_website::Own;
use tokio::sync::watch;

/// What the ports with pages serve besides the metrics, made of the operations of a running house.
pub(crate) type Site = Arc<dyn Fn(Arc<dyn Dispatch>, &Own) -> Arc<dyn Service>>;

/// What a port serves.
pub(crate) struct Pages {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) metrics_only: bool,
    pub(crate) hostname: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Pages {
    /// Serves until the house stops.
    pub(crate) async fn serve(self, listen: Box<dyn Listen>, site: Arc<dyn Service>) {
        let metrics = MetricsService::new(self.metrics.clone());
        let routes = match self.metrics_only {
            true => Routes::new().at("/metrics", metrics),
            false => Routes::new().at("/metrics", metrics).at("/", OriginCheck::new(site)),
        };
        let hosts = Hosts::loopback().and(&self.hostname);
        self.run(listen, Arc::new(HostCheck::new(hosts, routes)), Limits::default(), None).await;
    }

    /// Serves the web server of a listener, which knows its hosts, until the house stops. Connections whose clients
    /// ask for `smtp` by ALPN go to `submissions`, where that is given.
    pub(crate) async fn serve_website(
        self,
        listen: Box<dyn Listen>,
        website: Arc<dyn Service>,
        submissions: Option<Arc<mox_smtpserver::Context>>,
    ) {
        self.run(listen, website, mox_website::limits(), submissions).await;
    }

    async fn run(
        self,
        listen: Box<dyn Listen>,
        service: Arc<dyn Service>,
        limits: Limits,
        submissions: Option<Arc<mox_smtpserver::Context>>,
    ) {
        let server = Server::new(service, limits, self.clock, self.metrics);
        let server = match submissions {
            Some(context) => server.on_alpn(b"smtp", move |handover| {
                let Handover { io, remote, local, tls } = handover;
                let accepted = Accepted { io, remote, local };
                Box::pin(mox_smtpserver::serve_one(accepted, tls, context.clone()))
            }),
            None => server,
        };
        let server = match self.tls {
            Some(tls) => server.with_tls(tls),
            None => server,
        };
        let mut stopping = self.stopping;
        let stop = async move {
            // An error means that the house is gone.
            let _ = stopping.wait_for(|down| *down).await;
        };
        Arc::new(server).run(listen, stop).await;
    }
}
