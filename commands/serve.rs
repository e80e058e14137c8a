//! `mox serve`: runs the mail server that `mox.conf` describes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mox_clock::{Clock, Random};
use mox_platform::{Signals, SystemRandom};
use mox_serve::ServeOptions;
use mox_telemetry::Levels;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::place::is_there;
use crate::running::{failed, forget, keep};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    running: crate::running::Options,
    /// Run in this console, also where a service manager could have started it (Windows)
    #[arg(long)]
    console: bool,
    /// Write the log to the end of this file, not to standard error
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    log_file: Option<PathBuf>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox serve --config /home/mox/config",
        about: "Run the server of that folder",
        needs: Needs::World,
    },
    Example {
        run: "mox serve --log-format json --ready-file /run/mox/ready",
        about: "With logs for machines, and a file that says when it is ready",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let service = !args.console && mox_platform::service::started_by_manager()?;
    let outcome = start(cx, &args);
    if service {
        let code = match &outcome {
            Ok(exit) => exit.code(),
            Err(error) => {
                tracing::error!(error = format!("{:#}", error.source), "the service did not start");
                error.kind.code()
            }
        };
        mox_platform::service::leave(code);
    }
    outcome
}

fn start(cx: &mut Context, args: &Args) -> Result<Exit, CommandError> {
    let place = cx.place()?;
    if let Some(file) = &args.log_file {
        mox_platform::service::log_to(file).map_err(|e| CommandError::file(file, e))?;
    }
    if !is_there(&place.config) {
        let error = CommandError::not_found(format!("there is no config file {}", place.config.display()));
        return Err(error.hint("`mox quickstart you@example.org` makes one; name another with --config"));
    }
    let levels = args.running.log(cx)?;
    let dns = cx.dns_options()?;
    let config = std::path::absolute(&place.config)?;
    let ready = args.running.ready_file.as_ref().map(std::path::absolute).transpose()?;
    let written: Vec<PathBuf> =
        ready.as_deref().and_then(Path::parent).map(Path::to_owned).into_iter().collect();
    let read: Vec<PathBuf> = cx.global.trust_anchor.clone().into_iter().collect();
    // Before there are threads: each of them would keep the rights that it began with.
    let prepared = mox_serve::prepare(&config, &read, &written).map_err(failed)?;
    let options = ServeOptions { prepared, dns };
    let runtime = crate::running::runtime()?;
    let outcome = runtime.block_on(serve(cx, args, options, levels));
    runtime.shutdown_background();
    outcome
}

async fn serve(
    cx: &mut Context,
    args: &Args,
    options: ServeOptions,
    levels: Levels,
) -> Result<Exit, CommandError> {
    let mut signals = Signals::new()?;
    let ready_file = args.running.ready_file.as_deref();
    if let Some(file) = ready_file {
        forget(file)?;
    }
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (cx.clock.clone(), Arc::new(SystemRandom));
    let (house, started) = mox_serve::serve(options, levels, clock, random).await.map_err(failed)?;
    if cx.global.json {
        let line = serde_json::to_string(&started).map_err(CommandError::failed)?;
        cx.write(format!("{line}\n").as_bytes())?;
        cx.flush()?;
    }
    for listener in &started.listeners {
        tracing::info!(
            listener = listener.listener,
            service = listener.service,
            address = listener.address,
            tls = listener.tls,
            "listening"
        );
    }
    tracing::info!(hostname = started.hostname, "mox serve is ready");
    let clock = cx.clock.clone();
    keep(house, &mut signals, ready_file, &*clock).await
}
