//! Keeps attempts to log in: sessions tell of them and go on, a task writes what came in a second at once. A flood beyond
//! what fits is counted in the log, and slows nobody down.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mox_address::Address;
use mox_clock::Clock;
use mox_config::Handle;
use mox_smtpserver::{LoginAttempt, Port};
use mox_store::{Attempt, Store};
use tokio::sync::mpsc;

/// Attempts that wait to be written.
const WAITING: usize = 1000;
/// Longest name that is kept, in bytes.
const NAME: usize = 100;
/// Time between two transactions.
const PAUSE: Duration = Duration::from_secs(1);

/// A login to pages.
pub(crate) struct WebLogin<'a> {
    /// `webadmin` or `webaccount`.
    pub(crate) protocol: &'static str,
    /// Name; empty for the administrator.
    pub(crate) login: &'a str,
    pub(crate) client: IpAddr,
    /// As in [`Attempt::result`].
    pub(crate) result: &'static str,
    pub(crate) tls: Option<&'a mox_net::TlsInfo>,
}

/// Where sessions tell of attempts.
#[derive(Clone)]
pub(crate) struct LoginLog {
    config: Arc<Handle>,
    clock: Arc<dyn Clock>,
    sender: mpsc::Sender<Attempt>,
}

impl LoginLog {
    /// And where they are taken from.
    pub(crate) fn new(config: Arc<Handle>, clock: Arc<dyn Clock>) -> (LoginLog, mpsc::Receiver<Attempt>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (LoginLog { config, clock, sender }, receiver)
    }

    /// Keeps an attempt.
    pub(crate) fn note(&self, port: Port, attempt: &LoginAttempt<'_>) {
        let name = attempt.name.get(..attempt.name.floor_char_boundary(NAME)).unwrap_or_default();
        let result = match attempt.code {
            235 => "ok",
            525 => "disabled",
            500..=599 => "badcreds",
            _ => "error",
        };
        self.keep(Attempt {
            account: self.account(attempt.name),
            login: name.to_owned(),
            remote_ip: attempt.remote.to_string(),
            protocol: port.name().to_owned(),
            mechanism: attempt.mechanism.name().to_owned(),
            result: result.to_owned(),
            tls: attempt.tls.map(|tls| format!("{} {}", tls.version, tls.cipher)).unwrap_or_default(),
            at: self.clock.now(),
        });
    }

    /// Keeps a login to pages.
    pub(crate) fn note_web(&self, login: &WebLogin<'_>) {
        let name = login.login.get(..login.login.floor_char_boundary(NAME)).unwrap_or_default();
        self.keep(Attempt {
            account: self.account(login.login),
            login: name.to_owned(),
            remote_ip: login.client.to_string(),
            protocol: login.protocol.to_owned(),
            mechanism: "password".to_owned(),
            result: login.result.to_owned(),
            tls: login.tls.map(|tls| format!("{} {}", tls.version, tls.cipher)).unwrap_or_default(),
            at: self.clock.now(),
        });
    }

    fn keep(&self, attempt: Attempt) {
        if self.sender.try_send(attempt).is_err() {
            tracing::warn!("too many attempts to log in to keep them all");
        }
    }

    /// The account that a login names; empty for none.
    fn account(&self, name: &str) -> String {
        let config = self.config.load();
        let by_address = name.parse::<Address>().ok();
        let by_address = by_address.and_then(|address| config.account_of(&address).map(str::to_owned));
        let by_name = || config.dynamic.accounts.contains_key(name).then(|| name.to_owned());
        by_address.or_else(by_name).unwrap_or_default()
    }
}

/// Writes what sessions told, until dropped.
pub(crate) async fn keep(mut attempts: mpsc::Receiver<Attempt>, store: Store, clock: Arc<dyn Clock>) {
    let mut some = Vec::new();
    while attempts.recv_many(&mut some, WAITING).await > 0 {
        let written = std::mem::take(&mut some);
        let write = store.write(move |store, tx| store.note_attempts(tx, &written));
        if let Err(error) = write.await {
            tracing::warn!(%error, "attempts to log in could not be kept");
        }
        clock.sleep(PAUSE).await;
    }
}
