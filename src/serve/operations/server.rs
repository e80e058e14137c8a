//! The house itself: status, stop, log levels, configuration, passwords, values for completion.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mox_address::Address;
use mox_admin::ops::{
    ClientKeyList, CompleteValues, Completion, ConfigReload, DataProblem, DmarcResults, Done, LogLevel,
    LogLevels, LogLevelsGet, LogLevelsSet, MessageFilter, QueueCounts, QueueList, Reloaded,
    ReportSuppressList, SetAccountPassword, SetAdminPassword, Status, StatusReport, Stop, Stopped,
    TlsResults, ValueKind, Verified, VerifyData,
};
use mox_admin::{OpError, Operations, Time};
use mox_platform::files::{Access, write_durably};
use mox_store::Error;
use mox_telemetry::{Listening, level_name, parse_level};

use super::{Parts, failed};

/// Time for the answer to a stop to reach who asked.
const ANSWER_TIME: Duration = Duration::from_millis(50);

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let p = || parts.clone();
    let (status, stop, get, set, reload, account, admin, complete) = (p(), p(), p(), p(), p(), p(), p(), p());
    let checked = p();
    operations
        .on(move |op: Status| report(status.clone(), op))
        .on(move |op: Stop| end(stop.clone(), op))
        .on(move |_: LogLevelsGet| std::future::ready(Ok(levels(&get))))
        .on(move |op: LogLevelsSet| std::future::ready(set_level(&set, op)))
        .on(move |_: ConfigReload| read_again(reload.clone()))
        .on(move |op: SetAccountPassword| set_account_password(account.clone(), op))
        .on(move |op: SetAdminPassword| set_admin_password(admin.clone(), op))
        .on(move |_: VerifyData| verify(checked.clone()))
        .on(move |op: CompleteValues| values(complete.clone(), op))
}

/// How the house is.
pub(super) async fn report(parts: Arc<Parts>, _: Status) -> Result<StatusReport, OpError> {
    let look = |store: &mox_store::Store, tx: &mox_db::ReadTx<'_>| {
        Ok::<_, Error>((store.accounts(tx)?, store.unindexed(tx)?))
    };
    let (accounts, unindexed) = parts.store.read(look).await.map_err(failed)?;
    let (total, held, _) = parts.queue.counts().await.map_err(failed)?;
    let due = parts.queue.due(parts.clock.now()).await.map_err(failed)?;
    let config = parts.config.load();
    let look = config.clone();
    let unused = tokio::task::spawn_blocking(move || super::configtext::unusable(&look));
    let unused = unused.await.map_err(OpError::failed)?;
    let messages: i64 = accounts.iter().map(|a| a.messages).sum();
    let ports = parts.listeners.iter().filter_map(|l| l.address.parse::<SocketAddr>().ok());
    let open =
        |a: SocketAddr| parts.metrics.smtpserver_open.get_or_create(&Listening { port: a.port() }).get();
    let connections: i64 = ports.map(open).sum();
    Ok(StatusReport {
        version: crate::house::VERSION.to_owned(),
        pid: std::process::id(),
        started: Time(parts.started),
        config: Some(config.file.display().to_string()),
        data_dir: parts.data.display().to_string(),
        listeners: parts.listeners.clone(),
        accounts: accounts.len() as u64,
        messages: u64::try_from(messages).unwrap_or(0),
        unindexed: u64::try_from(unindexed).unwrap_or(0),
        queue: QueueCounts { total, due, held },
        connections: u64::try_from(connections).unwrap_or(0),
        disk_free: mox_platform::files::free_space(&parts.data).ok().flatten(),
        config_error: unused,
    })
}

/// What a check of the store found, as operators see it.
pub fn verified(report: mox_store::Report) -> Verified {
    let problem = |p: mox_store::Problem| DataProblem {
        kind: p.kind.to_owned(),
        subject: p.subject,
        detail: p.detail,
        fixed: p.fixed,
    };
    Verified {
        accounts: report.accounts,
        messages: report.messages,
        contents: report.contents,
        problems: report.problems.into_iter().map(problem).collect(),
    }
}

async fn verify(parts: Arc<Parts>) -> Result<Verified, OpError> {
    let store = parts.store.clone();
    let check = move || mox_store::verify(&store, &mox_queue::Queue::content_refs, false, &|_| {});
    let report = tokio::task::spawn_blocking(check).await.map_err(OpError::failed)?.map_err(failed)?;
    Ok(verified(report))
}

async fn end(parts: Arc<Parts>, _op: Stop) -> Result<Stopped, OpError> {
    let (clock, shutdown) = (parts.clock.clone(), parts.shutdown.clone());
    tokio::spawn(async move {
        clock.sleep(ANSWER_TIME).await;
        shutdown.send_replace(true);
    });
    Ok(Stopped { pid: std::process::id() })
}

fn levels(parts: &Parts) -> LogLevels {
    let default = LogLevel { package: None, level: level_name(parts.levels.default_level()).to_owned() };
    let own = parts.levels.packages().into_iter();
    let own = own.map(|(room, level)| LogLevel { package: Some(room), level: level_name(level).to_owned() });
    LogLevels(std::iter::once(default).chain(own).collect())
}

fn set_level(parts: &Parts, op: LogLevelsSet) -> Result<LogLevels, OpError> {
    let level = op.level.as_deref().map(parse_level).transpose().map_err(OpError::usage)?;
    match (op.package, level) {
        (Some(package), level) => parts.levels.set(&package, level).map_err(OpError::usage)?,
        (None, Some(level)) => parts.levels.set_default(level),
        (None, None) => return Err(OpError::usage("the default level can be changed, not removed")),
    }
    Ok(levels(parts))
}

async fn read_again(parts: Arc<Parts>) -> Result<Reloaded, OpError> {
    let (config, desk) = (parts.config.clone(), parts.desk.clone());
    let read = tokio::task::spawn_blocking(move || {
        let before = config.load().dynamic_text().to_owned();
        let warnings = desk.reload(true)?.unwrap_or_default();
        Ok::<_, mox_config::Errors>((before != config.load().dynamic_text(), warnings))
    });
    let (changed, warnings) = read.await.map_err(OpError::failed)?.map_err(|e| {
        OpError::failed(e)
            .hint("the configuration that was in effect stays in effect; mend the file and try again")
    })?;
    Ok(Reloaded { changed, warnings: warnings.iter().map(ToString::to_string).collect() })
}

async fn set_account_password(parts: Arc<Parts>, op: SetAccountPassword) -> Result<Done, OpError> {
    let config = parts.config.load();
    let by_address =
        op.account.parse::<Address>().ok().and_then(|a| config.account_of(&a).map(str::to_owned));
    let account = by_address.unwrap_or_else(|| op.account.clone());
    if !config.dynamic.accounts.contains_key(&account) {
        return Err(OpError::not_found(format!("no account \"{}\"", op.account))
            .hint("accounts stand in domains.conf"));
    }
    let worker = parts.clone();
    let derive = move || mox_sasl::Verifiers::derive(op.password.reveal(), &*worker.random);
    let verifiers =
        tokio::task::spawn_blocking(derive).await.map_err(OpError::failed)?.map_err(OpError::usage)?;
    let write = move |store: &mox_store::Store, tx: &mut mox_db::Tx<'_>| {
        store.open_account(tx, &account)?;
        store.set_password(tx, &account, &verifiers)?;
        Ok::<_, Error>(account)
    };
    let account = parts.store.write(write).await.map_err(failed)?;
    tracing::info!(account, "password changed");
    Ok(Done {})
}

async fn set_admin_password(parts: Arc<Parts>, op: SetAdminPassword) -> Result<Done, OpError> {
    let config = parts.config.load();
    let Some(file) = config.server.admin_password_file.clone() else {
        return Err(
            OpError::failed("mox.conf names no AdminPasswordFile").hint("add AdminPasswordFile: adminpasswd")
        );
    };
    let path = config.path(&file);
    let set = move || -> Result<(), OpError> {
        let hash = mox_sasl::hash_password(op.password.reveal(), &*parts.random).map_err(OpError::usage)?;
        write_durably(&path, (hash + "\n").as_bytes(), Access::Private)
            .map_err(|e| OpError::failed(format!("{}: {e}", path.display())))
    };
    tokio::task::spawn_blocking(set).await.map_err(OpError::failed)??;
    tracing::info!("administrator's password changed");
    Ok(Done {})
}

async fn values(parts: Arc<Parts>, op: CompleteValues) -> Result<Vec<Completion>, OpError> {
    let value = |value: String, help: String| Completion { value, help };
    let all: Vec<Completion> = match op.kind {
        ValueKind::QueueId => {
            let rows = parts.queue.list(QueueList { limit: Some(1000), ..QueueList::default() }).await?;
            rows.into_iter().map(|row| value(row.id.to_string(), row.to)).collect()
        }
        ValueKind::Account => {
            let config = parts.config.load();
            config.dynamic.accounts.keys().map(|name| value(name.clone(), String::new())).collect()
        }
        ValueKind::Domain => {
            let config = parts.config.load();
            let names = config.dynamic.domains.keys();
            names.map(|name| value(name.unicode().to_owned(), String::new())).collect()
        }
        ValueKind::Address => {
            let rows = super::addresses::rows(&parts.config.load(), |_, _| true);
            rows.into_iter().map(|row| value(row.address, row.account)).collect()
        }
        ValueKind::Alias => {
            let config = parts.config.load();
            let domains = config.dynamic.domains.iter();
            let all = domains.flat_map(|(domain, hosted)| {
                hosted.aliases.keys().map(move |name| format!("{name}@{}", domain.unicode()))
            });
            all.map(|alias| value(alias, String::new())).collect()
        }
        ValueKind::ClientKey => {
            let rows = super::clientkeys::all(parts.desk.clone(), ClientKeyList::default()).await?;
            rows.into_iter().map(|row| value(row.fingerprint, row.address)).collect()
        }
        ValueKind::ConfigVersion => {
            let rows = super::versions::all(parts.desk.clone()).await?;
            rows.into_iter().map(|row| value(row.version.to_string(), row.change)).collect()
        }
        ValueKind::MessageId => {
            let rows = super::messages::rows(&parts.store, MessageFilter::default(), 1000).await?;
            rows.into_iter().map(|row| value(row.id.to_string(), row.subject)).collect()
        }
        ValueKind::Mailbox => {
            mailboxes(&parts).await?.into_iter().map(|name| value(name, String::new())).collect()
        }
        ValueKind::PolicyDomain => {
            let rows = parts.reports.results(TlsResults::default()).await?;
            let domains: BTreeSet<String> = rows.into_iter().map(|row| row.policy_domain).collect();
            domains.into_iter().map(|domain| value(domain, String::new())).collect()
        }
        ValueKind::DmarcDomain => {
            let without_rows = DmarcResults { limit: Some(0), ..DmarcResults::default() };
            let found = parts.reports.dmarc_results(without_rows).await?;
            let domains: BTreeSet<String> = found.into_iter().map(|one| one.policy_domain).collect();
            domains.into_iter().map(|domain| value(domain, String::new())).collect()
        }
        ValueKind::SuppressedDestination => {
            let list = parts.reports.suppress_list(ReportSuppressList {}).await?;
            list.into_iter().map(|one| value(typed(one.uri), one.comment)).collect()
        }
    };
    Ok(all.into_iter().filter(|c| c.value.starts_with(&op.prefix)).take(CompleteValues::MAX).collect())
}

/// A destination as it is shortest to type: shells split words at colons. A percent sign means itself in an address, and
/// not in a URI.
fn typed(uri: String) -> String {
    match uri.strip_prefix("mailto:") {
        Some(address) if !address.contains([':', '%']) => address.to_owned(),
        _ => uri,
    }
}

async fn mailboxes(parts: &Parts) -> Result<Vec<String>, OpError> {
    let read = |store: &mox_store::Store, tx: &mox_db::ReadTx<'_>| {
        let mut names = Vec::new();
        for account in store.accounts(tx)? {
            names.extend(store.mailboxes(tx, account.id)?.into_iter().map(|m| m.name));
        }
        names.sort();
        names.dedup();
        Ok::<_, Error>(names)
    };
    parts.store.read(read).await.map_err(failed)
}
