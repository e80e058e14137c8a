//! What every session of a listener is given.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use mox_address::Domain;
use mox_clock::{Clock, Random};
use mox_sasl::Mechanism;
use mox_smtp::Reply;
use mox_tls::ServerConfig;

use crate::{Gate, Handler, Limits, Port};

/// The seams and settings of one listener.
pub struct Context {
    /// Mail decisions.
    pub handler: Arc<dyn Handler>,
    /// Who counts.
    pub observer: Arc<dyn Observer>,
    /// What the listener is for.
    pub port: Port,
    /// Our name.
    pub hostname: Domain,
    /// Limits and switches.
    pub limits: Limits,
    /// Certificates; none means no TLS.
    pub tls: Option<Arc<ServerConfig>>,
    /// Rates by network; shared between listeners.
    pub gate: Arc<Gate>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Secret of this host, from which salts of unknown users are made; keep it over restarts.
    pub secret: Vec<u8>,
    /// Bounds how many passwords are verified at a time (each takes some 20 MB); share it between listeners.
    pub verifying: Arc<Semaphore>,
    /// Notes what both sides say, for the handler to keep with each message.
    pub transcripts: bool,
    /// True once the house shuts down; a dropped sender means the same.
    pub shutdown: watch::Receiver<bool>,
}

/// Ends when the house shuts down.
pub(crate) async fn shut_down(signal: &mut watch::Receiver<bool>) {
    let _ = signal.wait_for(|down| *down).await;
}

/// Who counts what happens; every method may do nothing.
pub trait Observer: Send + Sync {
    /// A session began.
    fn session(&self, _port: Port) {}
    /// A session ended.
    fn session_ended(&self, _port: Port) {}
    /// A command was answered; message data counts as `DATA` or `BDAT`.
    fn command(&self, _port: Port, _verb: &'static str, _reply: &Reply, _took: Duration) {}
    /// An authentication succeeded or failed.
    fn authentication(&self, _port: Port, _attempt: &LoginAttempt<'_>) {}
    /// A transaction ended with this reply to its data.
    fn transaction(&self, _port: Port, _reply: &Reply, _octets: u64) {}
}

/// An attempt to log in.
#[derive(Debug, Clone, Copy)]
pub struct LoginAttempt<'a> {
    /// How.
    pub mechanism: Mechanism,
    /// Name that the client gave; empty if it did not come to that.
    pub name: &'a str,
    /// Where from.
    pub remote: std::net::IpAddr,
    /// What TLS says; none without.
    pub tls: Option<&'a mox_tls::TlsInfo>,
    /// Code of the reply: 235 when it succeeded.
    pub code: u16,
}

/// An observer that does nothing.
pub struct Nobody;

impl Observer for Nobody {}
