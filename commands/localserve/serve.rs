//! Starts a local house and keeps it until somebody ends it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mox_clock::{Clock, Random};
use mox_platform::files::{Access, write_durably};
use mox_platform::{Signal, Signals, SystemRandom};
use mox_serve::localserve::Started;
use mox_serve::{House, JudgeBy, LocalserveOptions, RelayRule};
use mox_telemetry::{Format, Level, Levels};

use super::{Dns, LogFormat, LogLevel, Options};
use crate::context::Context;
use crate::error::{CommandError, Exit};

/// Threads that serve sessions: more than cores would only add memory.
const WORKERS_MAX: usize = 4;

pub(super) fn run(cx: &mut Context, options: Options) -> Result<Exit, CommandError> {
    let dir = match &options.dir {
        Some(dir) => std::path::absolute(dir)?,
        None => mox_platform::paths::localserve_dir().ok_or_else(|| {
            CommandError::failed("this user has no home folder").hint("name a folder with --dir")
        })?,
    };
    let levels = Levels::new(level(options.log_level));
    let format = match options.log_format {
        LogFormat::Logfmt => Format::Logfmt,
        LogFormat::Json => Format::Json,
    };
    mox_telemetry::install(format, levels.clone(), cx.clock.clone()).map_err(CommandError::failed)?;
    mox_platform::return_memory();
    // More descriptors are welcome, not needed.
    let _ = mox_platform::raise_nofile_limit();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(WORKERS_MAX);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    let dns = cx.dns_options()?;
    let choices = choices(cx, &options, dir, dns);
    let outcome = runtime.block_on(serve(cx, options, choices, levels));
    runtime.shutdown_background();
    outcome
}

fn level(level: LogLevel) -> Level {
    match level {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    }
}

fn choices(cx: &Context, options: &Options, dir: PathBuf, dns: mox_dns::Options) -> LocalserveOptions {
    let asks = cx.global.resolver.is_some() || cx.global.trust_anchor.is_some();
    let judge_by = match options.dns {
        Some(Dns::Lab) => JudgeBy::Lab,
        Some(Dns::Real) => JudgeBy::Real,
        Some(Dns::Off) => JudgeBy::Nothing,
        None if asks => JudgeBy::Real,
        None => JudgeBy::Lab,
    };
    let rule =
        |domain, relay: &super::HostPort| RelayRule { domain, host: relay.host.clone(), port: relay.port };
    let of_domains = options.relay_domain.iter().map(|r| rule(Some(r.domain.clone()), &r.relay));
    LocalserveOptions {
        dir,
        ip: options.ip,
        port_base: options.port_base,
        relays: of_domains.chain(options.relay.iter().map(|relay| rule(None, relay))).collect(),
        release: options.release.as_ref().map(|relay| rule(None, relay)),
        direct: options.direct.clone(),
        lab: options.lab,
        fault: options.fault.clone(),
        keep: i64::try_from(options.keep).unwrap_or(i64::MAX),
        retry: options.retry.clone(),
        pedantic: options.pedantic,
        chaos: options.chaos.iter().map(|rule| rule.0.clone()).collect(),
        webhooks: options.webhook.clone(),
        dns,
        judge_by,
        client_ip: options.client_ip,
        enforce: options.enforce,
    }
}

async fn serve(
    cx: &mut Context,
    options: Options,
    choices: LocalserveOptions,
    levels: Levels,
) -> Result<Exit, CommandError> {
    let mut signals = Signals::new()?;
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (cx.clock.clone(), Arc::new(SystemRandom));
    let ready_file = options.ready_file.clone();
    let relays = options.relay.is_some()
        || !options.relay_domain.is_empty()
        || !options.direct.is_empty()
        || options.lab;
    if let Some(file) = &ready_file {
        forget(file)?;
    }
    let (house, started) = mox_serve::localserve(choices, levels, clock, random).await.map_err(failed)?;
    if options.init_only {
        house.stop().await;
        return Ok(Exit::Done);
    }
    announce(cx, &started, relays)?;
    if let Some(file) = &ready_file {
        write_durably(file, b"ready\n", Access::Public)
            .map_err(|e| CommandError::failed(format!("cannot write {}: {e}", file.display())))?;
    }
    let exit = end(&house, &mut signals).await;
    tracing::info!("stopping");
    if let Some(file) = &ready_file {
        forget(file)?;
    }
    tokio::select! {
        () = house.stop() => Ok(exit),
        // Asked a second time: at once. What was acknowledged is safe.
        _ = signals.next() => Ok(exit),
    }
}

/// Waits for a reason to end.
async fn end(house: &House, signals: &mut Signals) -> Exit {
    loop {
        tokio::select! {
            () = house.stopping() => return Exit::Done,
            signal = signals.next() => match signal {
                Signal::Interrupt | Signal::Terminate => return Exit::Done,
                Signal::Reload => house.reload(),
            }
        }
    }
}

/// Removes the ready file of an earlier start.
fn forget(file: &Path) -> Result<(), CommandError> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(CommandError::failed(format!("cannot remove {}: {e}", file.display())))
        }
        _ => Ok(()),
    }
}

fn failed(error: mox_serve::Error) -> CommandError {
    let hint = error.hint();
    let command = CommandError::failed(error);
    match hint {
        Some(hint) => command.hint(hint),
        None => command,
    }
}

/// Says where everything is: one line of JSON, or a few lines for people.
fn announce(cx: &mut Context, started: &Started, relays: bool) -> Result<(), CommandError> {
    if cx.global.json {
        let line = serde_json::to_string(started).map_err(CommandError::failed)?;
        cx.write(format!("{line}\n").as_bytes())?;
        return cx.flush();
    }
    let leaves = if relays { "what a --relay option names leaves, too" } else { "nothing leaves" };
    let mut text = format!("mox localserve is ready. Mail for every address is caught here; {leaves}.\n\n");
    for listener in &started.listeners {
        let tls = match listener.tls.as_str() {
            "immediate" => "TLS",
            "starttls" => "plain or STARTTLS",
            _ => "plain",
        };
        text.push_str(&format!("  {:<12} {:<22} {tls}\n", listener.service, listener.address));
    }
    text.push_str(&format!(
        "\n  login        {} / {}\n  admin        {}\n  folder       {}\n\nSee what came in: {}mox{} message list\n",
        started.login,
        started.password,
        started.admin_password,
        started.dir.display(),
        inbox(started),
        named(&started.dir)
    ));
    cx.write(text.as_bytes())?;
    cx.flush()
}

/// Where the web inbox is, before the command that shows the same.
fn inbox(started: &Started) -> String {
    let http = started.listeners.iter().find(|listener| listener.service == "http");
    http.map(|listener| format!("http://{}/ or ", listener.address)).unwrap_or_default()
}

/// The option that names a folder which is not the usual one; the quotes are right in every shell.
fn named(dir: &Path) -> String {
    if Some(dir) == mox_platform::paths::localserve_dir().as_deref() {
        String::new()
    } else if dir.to_string_lossy().contains([' ', '(', ')', '&', '\'']) {
        format!(" --config \"{}\"", dir.display())
    } else {
        format!(" --config {}", dir.display())
    }
}
