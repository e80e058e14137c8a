//! Starts a local house and keeps it until somebody ends it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mox_clock::{Clock, Random};
use mox_platform::{Signals, SystemRandom};
use mox_serve::localserve::Started;
use mox_serve::{JudgeBy, LocalserveOptions, RelayRule};
use mox_telemetry::Levels;

use super::{Dns, Options};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::running::{failed, forget, keep};

pub(super) fn run(cx: &mut Context, options: Options) -> Result<Exit, CommandError> {
    let dir = match &options.dir {
        Some(dir) => std::path::absolute(dir)?,
        None => mox_platform::paths::localserve_dir().ok_or_else(|| {
            CommandError::failed("this user has no home folder").hint("name a folder with --dir")
        })?,
    };
    let levels = options.running.log(cx)?;
    let runtime = crate::running::runtime()?;
    let dns = cx.dns_options()?;
    let choices = choices(cx, &options, dir, dns);
    let outcome = runtime.block_on(serve(cx, options, choices, levels));
    runtime.shutdown_background();
    outcome
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
    let ready_file = options.running.ready_file.clone();
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
    let clock = cx.clock.clone();
    keep(house, &mut signals, ready_file.as_deref(), &*clock).await
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
