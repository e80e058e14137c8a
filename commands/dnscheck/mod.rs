//! `mox dnscheck`: what is wrong with a domain's records for mail, and what mends it.

mod last;

use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_config::Config;
use mox_dnscheck::{Expected, Finding, Severity, World, check};
use mox_platform::SystemRandom;
use serde::Serialize;

use crate::asker::Asker;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::fetcher::WebOptions;
use crate::output::{Page, Show};
use crate::place::is_there;
use crate::{Example, Needs};
use last::Change;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain, one of the configuration or any other
    domain: Domain,
    /// Tell what is new and what is gone since the last run of this user
    #[arg(long)]
    diff: bool,
    /// Check again and again, so many seconds apart, and tell what changes, until interrupted
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86400))]
    watch: Option<u64>,
    #[command(flatten)]
    web: WebOptions,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dnscheck example.org",
        about: "What is wrong, the worst first, each with what mends it",
        needs: Needs::World,
    },
    Example {
        run: "mox dnscheck example.org --json --diff",
        about: "The same for a script, and what changed since the last time",
        needs: Needs::World,
    },
    Example {
        run: "mox dnscheck example.org --watch 30",
        about: "While records are being published",
        needs: Needs::World,
    },
];

/// The same command below `mox config`.
pub(crate) const CONFIG_EXAMPLES: &[Example] = &[Example {
    run: "mox config dnscheck example.org",
    about: "What is wrong with a domain's records, and what mends it",
    needs: Needs::World,
}];

/// Everything found out about a domain.
#[derive(Serialize)]
struct Report {
    domain: Domain,
    /// Whether it was compared with the configuration.
    ours: bool,
    findings: Vec<Finding>,
    /// What is not as it was the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<Change>>,
}

impl Report {
    fn exit(&self) -> Exit {
        if self.findings.iter().any(|finding| finding.severity.is_problem()) {
            Exit::Problems
        } else {
            Exit::Done
        }
    }

    fn with(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.severity == severity)
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let groups = [
            (Severity::Error, "errors: mail is lost or refused, or a record has no effect"),
            (Severity::Warning, "warnings: mail works and could be better protected, or nobody knows"),
            (Severity::Info, "worth knowing"),
            (Severity::Ok, "as it should be"),
        ];
        for (severity, heading) in groups {
            if self.with(severity).next().is_none() {
                continue;
            }
            page.line(heading);
            self.with(severity).for_each(|finding| show(finding, page));
            page.line("");
        }
        for change in self.changes.iter().flatten() {
            page.line(format_args!(
                "{}: {} {}, {}",
                change.change, change.severity, change.id, change.subject
            ));
        }
        let count = |severity| self.with(severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let compared = if self.ours { "compared with the configuration" } else { "judged by what is public" };
        let text = format!("{}: {errors} errors, {warnings} warnings, {compared}", self.domain.unicode());
        page.verdict(Some(self.exit() == Exit::Done), text);
    }
}

/// A finding and below it what mends it.
pub(crate) fn show(finding: &Finding, page: &mut Page) {
    let ok = match finding.severity {
        Severity::Ok => Some(true),
        Severity::Info => None,
        Severity::Warning | Severity::Error => Some(false),
    };
    page.verdict(ok, format_args!("{}  {}: {}", finding.id, finding.subject, finding.evidence));
    for line in finding.fix.iter().flat_map(|fix| fix.lines()) {
        page.line(format_args!("      mend: {line}"));
    }
}

/// The configuration, if there is one; an error when one is named that is not there, or when it is bad.
pub(crate) fn configuration(cx: &mut Context) -> Result<Option<Config>, CommandError> {
    let named = cx.global.config.is_some();
    let Ok(place) = cx.place() else { return Ok(None) };
    // Nobody meant a config that only lies here and that others alone may read.
    let there = if named { is_there(&place.config) } else { place.config.is_file() };
    if !there {
        return match named {
            true => {
                Err(CommandError::not_found(format!("there is no config file {}", place.config.display())))
            }
            false => Ok(None),
        };
    }
    let (config, _) = Config::load(&place.config).map_err(|errors| {
        CommandError::failed(format!("{} problems in the config", errors.0.len()))
            .hint("`mox config test` names them")
    })?;
    Ok(Some(config))
}

/// What a configuration expects of a domain; nothing when the domain is not in it.
pub(crate) fn expected(cx: &mut Context, config: Option<&Config>, domain: &Domain) -> Option<Expected> {
    let config = config?;
    let found = Expected::of(config, domain);
    if found.is_none() {
        cx.detail(format_args!("{domain} is not in {}", config.dynamic_file.display()));
    }
    found
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let config = configuration(cx)?;
    let ours = expected(cx, config.as_ref(), &args.domain);
    let asker = cx.asker()?;
    // What the configuration trusts counts for domains of it.
    let world = world(cx, &asker, &args.web, config.as_ref().filter(|_| ours.is_some()))?;
    let one = |changes: bool| {
        let findings = asker.run(check(&world, &args.domain, ours.as_ref()));
        let found = last::compare(&args.domain, &findings);
        let changes = found.filter(|_| changes);
        Report { domain: args.domain.clone(), ours: ours.is_some(), findings, changes }
    };
    let first = one(args.diff);
    let Some(seconds) = args.watch else {
        cx.print(&first)?;
        return Ok(first.exit());
    };
    cx.print_item(&first)?;
    loop {
        asker.run(cx.clock.sleep(Duration::from_secs(seconds)));
        let report = one(true);
        if report.changes.as_ref().is_none_or(|changes| !changes.is_empty()) {
            cx.print_item(&report)?;
        }
    }
}

/// Where everything is asked.
pub(crate) fn world(
    cx: &mut Context,
    asker: &Asker,
    options: &WebOptions,
    config: Option<&Config>,
) -> Result<World, CommandError> {
    let mut web = cx.web(asker, options)?;
    let mut reachable = options.allow_egress.clone();
    if let Some(config) = config {
        let mut roots = (*web.roots).clone();
        let trusted =
            mox_serve::trust(config, &mox_serve::Secrets::default()).map_err(crate::running::failed)?;
        roots.roots.extend(trusted.roots.iter().cloned());
        web.roots = Arc::new(roots);
        reachable.extend(config.server.allow_egress.iter().map(|network| network.0));
        web.egress = mox_https::Egress::Public { allow: reachable.clone() };
    }
    Ok(World {
        resolver: asker.resolver(),
        dial: Arc::clone(&web.dial),
        reachable,
        roots: Arc::clone(&web.roots),
        clock: Arc::clone(&cx.clock),
        random: Arc::new(SystemRandom),
        web: Arc::new(web),
    })
}
