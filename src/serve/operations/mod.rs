//! What the control endpoint can do with a running house: every operation of `mox_admin::ops`, on this house.

mod accounts;
mod addresses;
mod aliases;
mod apppasswords;
mod backup;
mod certificates;
mod chaos;
mod clientkeys;
pub(crate) mod configtext;
mod destinations;
mod dmarcpaged;
mod dmarcreports;
mod dnsrecords;
mod doctor;
mod domains;
pub(crate) mod feed;
mod hooks;
mod hostkeys;
mod inbox;
mod insight;
mod lab;
mod logins;
mod lookup;
#[cfg(test)]
mod managing_tests;
mod messages;
mod outgoing;
mod owner;
mod policies;
mod server;
mod tlspaged;
mod tlsreports;
mod transfer;
mod versions;
mod waiting;
mod watching;

pub use server::verified;
pub use transfer::find_account;

use std::path::PathBuf;
use std::sync::Arc;

use mox_admin::ops::{
    HoldRuleAdd, HoldRuleList, HoldRuleRemove, QueueDrop, QueueDump, QueueExplain, QueueFail, QueueHold,
    QueueList, QueueRequireTls, QueueSchedule, QueueShow, QueueTransport, QueueUnhold, QueueWait, QueueWatch,
    RelayRow, RetiredList, RetiredShow, SuppressAdd, SuppressList, SuppressRemove,
};
use mox_admin::{OpError, Operations};
use mox_clock::{Clock, Random, Timestamp};
use mox_config::Handle;
use mox_queue::{Policies, Queue, Router};
use mox_reports::Reports;
use mox_store::{Error, Store};
use mox_telemetry::{Levels, Metrics};
use tokio::sync::watch;

use crate::desk::Desk;

/// What the operations work on.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) queue: Queue,
    pub(crate) reports: Reports,
    pub(crate) config: Arc<Handle>,
    /// Where the configuration is changed.
    pub(crate) desk: Arc<Desk>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) levels: Levels,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) listeners: Vec<mox_admin::ops::ListenerRow>,
    pub(crate) started: Timestamp,
    pub(crate) data: PathBuf,
    pub(crate) chaos: Option<Arc<crate::localserve::Rules>>,
    pub(crate) shutdown: watch::Sender<bool>,
    pub(crate) feed: Arc<feed::Feed>,
    pub(crate) router: Arc<dyn Router>,
    pub(crate) relays: Vec<RelayRow>,
    /// MTA-STS policies; none where nothing is delivered to the world.
    pub(crate) policies: Option<Policies>,
    pub(crate) lab: Option<Arc<crate::localserve::LabControl>>,
    /// Who gives certificates on demand.
    pub(crate) authorities: crate::authorities::Authorities,
    /// Where tests end the process.
    pub(crate) faults: Arc<dyn mox_platform::faults::Faults>,
    /// Rates by network.
    pub(crate) gate: Arc<mox_smtpserver::Gate>,
    /// Connections that are open.
    pub(crate) sessions: crate::sessions::Sessions,
    /// How much mail comes and goes.
    pub(crate) traffic: crate::traffic::Traffic,
    /// What lies outside.
    pub(crate) outside: crate::outside::Outside,
    /// Files that were read while that was possible.
    pub(crate) secrets: crate::Secrets,
    /// Calls of webhooks.
    pub(crate) calls: mox_webhooks::calls::Calls,
}

/// All operations.
pub(crate) fn all(parts: Parts) -> Operations {
    let parts = Arc::new(parts);
    let operations = managing(queue(Operations::new(), &parts.queue), &parts.desk);
    let adds = [
        messages::add,
        inbox::add,
        waiting::add,
        chaos::add,
        server::add,
        backup::add,
        policies::add,
        certificates::add,
        hostkeys::add,
        tlsreports::add,
        tlspaged::add,
        outgoing::add,
        hooks::add,
        dmarcreports::add,
        dnsrecords::add,
        dmarcpaged::add,
        insight::add,
        lab::add,
        logins::add,
        transfer::add,
        doctor::add,
        watching::add,
    ];
    adds.into_iter().fold(operations, |operations, add| add(operations, &parts))
}

/// Those on the configuration: they work without a running house, too.
pub(crate) fn managing(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let adds = [
        accounts::add,
        addresses::add,
        domains::add,
        aliases::add,
        clientkeys::add,
        versions::add,
        configtext::add,
        apppasswords::add,
        owner::add,
        destinations::add,
    ];
    adds.into_iter().fold(operations, |operations, add| add(operations, desk))
}

fn queue(operations: Operations, queue: &Queue) -> Operations {
    /// A function that hands the operation to a method of the queue.
    macro_rules! to {
        ($method:ident) => {{
            let queue = queue.clone();
            move |op| {
                let queue = queue.clone();
                async move { queue.$method(op).await }
            }
        }};
    }
    operations
        .on::<QueueList, _, _>(to!(list))
        .on::<QueueShow, _, _>(to!(show))
        .on::<QueueHold, _, _>(to!(hold))
        .on::<QueueUnhold, _, _>(to!(unhold))
        .on::<QueueSchedule, _, _>(to!(schedule))
        .on::<QueueFail, _, _>(to!(fail))
        .on::<QueueDrop, _, _>(to!(drop_messages))
        .on::<QueueWait, _, _>(to!(wait))
        .on::<QueueWatch, _, _>(to!(watch))
        .on::<QueueExplain, _, _>(to!(explain))
        .on::<QueueTransport, _, _>(to!(transport))
        .on::<QueueRequireTls, _, _>(to!(require_tls))
        .on::<HoldRuleList, _, _>(to!(hold_rules))
        .on::<HoldRuleAdd, _, _>(to!(add_hold_rule))
        .on::<HoldRuleRemove, _, _>(to!(remove_hold_rule))
        .on::<SuppressList, _, _>(to!(suppressions))
        .on::<SuppressAdd, _, _>(to!(suppress))
        .on::<SuppressRemove, _, _>(to!(unsuppress))
        .on::<RetiredList, _, _>(to!(retired))
        .on::<RetiredShow, _, _>(to!(retired_one))
        .on_raw::<QueueDump, _, _>(to!(dump))
}

/// What a caller is told of a failure of the store.
pub(crate) fn failed(e: Error) -> OpError {
    match e {
        Error::NoSuchMessage(_) => OpError::not_found(e).hint("`mox message list` shows what is there"),
        Error::NoSuchAccount(_) | Error::NoSuchMailbox(_) => OpError::not_found(e),
        Error::BadMailboxName { .. } => OpError::usage(e),
        e => OpError::failed(e),
    }
}
