//! Values that a shell offers for arguments: asked of the running server, or nothing.
//!
//! The shell waits for us at every press of the tab key, so everything ends after [`LIMIT`] and no trouble is told.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap_complete::{CompleteEnv, CompletionCandidate};
use mox_admin::ops::{CompleteValues, ValueKind};
use mox_clock::Clock;
use mox_ctl::Client;
use mox_platform::SystemClock;

use crate::VERSION;
use crate::output::{escape, shorten};
use crate::place::Place;

/// The variable by which a shell asks this program for completions.
pub(crate) const VARIABLE: &str = "COMPLETE";

/// Longest time a shell waits.
const LIMIT: Duration = Duration::from_millis(200);

/// Answers a shell that asks for completions, and ends the process if it did.
pub(crate) fn answer_shell() {
    CompleteEnv::with_factory(crate::definition).bin("mox").completer("mox").complete();
}

pub(crate) fn queue_ids(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::QueueId, current)
}

pub(crate) fn accounts(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::Account, current)
}

pub(crate) fn message_ids(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::MessageId, current)
}

pub(crate) fn mailboxes(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::Mailbox, current)
}

pub(crate) fn policy_domains(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::PolicyDomain, current)
}

pub(crate) fn dmarc_domains(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::DmarcDomain, current)
}

pub(crate) fn suppressed_destinations(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::SuppressedDestination, current)
}

pub(crate) fn domains(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::Domain, current)
}

pub(crate) fn addresses(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::Address, current)
}

pub(crate) fn aliases(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::Alias, current)
}

pub(crate) fn client_keys(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::ClientKey, current)
}

pub(crate) fn config_versions(current: &OsStr) -> Vec<CompletionCandidate> {
    values(ValueKind::ConfigVersion, current)
}

fn values(kind: ValueKind, current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(prefix) = current.to_str() else { return Vec::new() };
    let request = CompleteValues { kind, prefix: prefix.to_owned() };
    let found = ask(&request).unwrap_or_default();
    found
        .into_iter()
        .filter(|v| v.value.starts_with(prefix) && escape(&v.value) == v.value)
        .take(CompleteValues::MAX)
        .map(|v| {
            let help = (!v.help.is_empty()).then(|| escape(&shorten(&v.help, 60)).into_owned().into());
            CompletionCandidate::new(v.value).help(help)
        })
        .collect()
}

fn ask(request: &CompleteValues) -> Option<Vec<mox_admin::ops::Completion>> {
    let place = Place::find(named_config().as_deref()).ok()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let late = clock.sleep(LIMIT);
        let asked = async {
            let mut client = Client::connect(&place.data, Arc::clone(&clock), LIMIT, VERSION).await.ok()?;
            client.call(request).await.ok()
        };
        tokio::select! {
            found = asked => found,
            () = late => None,
        }
    })
}

/// The config that the unfinished command line names, else MOXCONF.
fn named_config() -> Option<PathBuf> {
    let mut args = std::env::args_os().skip_while(|a| a != "--").skip(1);
    while let Some(arg) = args.next() {
        if arg == "--config" {
            return args.next().map(PathBuf::from);
        }
        if let Some(path) = arg.to_str().and_then(|a| a.strip_prefix("--config=")) {
            return Some(PathBuf::from(path));
        }
    }
    std::env::var_os("MOXCONF").filter(|v| !v.is_empty()).map(PathBuf::from)
}
