//! `mox quickstart`: from a domain and a fresh machine to a mail server.

mod told;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mox_address::{Address, Domain};
use mox_dns::Hosts;
use mox_dnscheck::{Expected, Finding};
use mox_net::TcpDial;
use mox_platform::SystemRandom;
use mox_platform::faults::{Armed, Faults, NoFaults};
use mox_quickstart::{
    Acme, Begun, Error, File, LETS_ENCRYPT, State, Step, ThisMachine, Unfinished, Verdict, Wishes, World,
};

use crate::asker::Asker;
use crate::context::Context;
use crate::dnsrecords::Form;
use crate::error::{CommandError, Exit};
use crate::fetcher::WebOptions;
use crate::{Example, Needs};
use told::Report;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Your first address at the domain; mail for postmaster and reports arrive there, too
    #[arg(value_name = "USER@DOMAIN")]
    address: Address,
    /// Folder for config and data
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = clap::ValueHint::DirPath)]
    dir: PathBuf,
    /// Name of the mail host [default: the machine's full name, else the name of its address]
    #[arg(long, value_name = "NAME")]
    hostname: Option<Domain>,
    /// Address to listen on; may be given again [default: the public ones of the machine, else all]
    #[arg(long, value_name = "IP")]
    ip: Vec<IpAddr>,
    /// Address that others see, where a router forwards ports; may be given again
    #[arg(long, value_name = "IP")]
    nat_ip: Vec<IpAddr>,
    /// Leave ports 80 and 443 to the web server that is there
    #[arg(long)]
    existing_webserver: bool,
    /// System user that the server becomes
    #[arg(long, value_name = "NAME", default_value = "mox")]
    user: String,
    /// Where certificates come from
    #[arg(long, value_name = "URL", default_value = LETS_ENCRYPT, conflicts_with = "no_acme")]
    acme_directory: String,
    /// Where the certificate authority may write to [default: your address]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "no_acme")]
    acme_contact: Option<Address>,
    /// Make a certificate here, to be replaced by your own, instead of asking an authority
    #[arg(long)]
    no_acme: bool,
    /// Connect to no mail host and no registry
    #[arg(long)]
    skip_dial: bool,
    /// Go on although steps failed
    #[arg(short, long)]
    yes: bool,
    /// Look and show what would be written; write nothing
    #[arg(long)]
    dry_run: bool,
    /// How the DNS records are shown
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Form::Zone)]
    form: Form,
    /// End at a point of the writing, as a power cut would
    #[arg(long, value_name = "POINT", hide = true)]
    fault: Option<String>,
    #[command(flatten)]
    web: WebOptions,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox quickstart you@example.org --dry-run",
        about: "What is missing, and what would be written",
        needs: Needs::World,
    },
    Example {
        run: "mox quickstart you@example.org --hostname mail.example.org --dir /home/mox",
        about: "Make it, in that folder",
        needs: Needs::World,
    },
    Example {
        run: "mox quickstart you@example.org --yes --json >setup.json",
        about: "The same for a script; the file holds the passwords",
        needs: Needs::World,
    },
    Example {
        run: "mox quickstart you@example.org --ip 10.0.0.25 --nat-ip 192.0.2.25 --existing-webserver",
        about: "Behind a router, beside another web server",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let mut wishes = wishes(&args)?;
    wishes.check().map_err(|e| CommandError::new(Exit::Usage, e))?;
    let begun = mox_quickstart::begin(&wishes.dir, &wishes.address, wishes.hostname.as_ref())
        .map_err(|error| explained(error, &[]))?;
    if let Begun::Before(before) = &begun {
        cx.say(format_args!("taking up an unfinished run; what it made is kept"));
        wishes.hostname = Some(before.hostname.clone());
    }
    let (asker, world) = world(cx, &args)?;
    let mut told = Ok(());
    let (site, steps) = asker.run(mox_quickstart::look(&world, &wishes, &mut |step| {
        if told.is_ok() {
            told = told::step(cx, step);
        }
    }));
    told?;
    let mut report = Report::new(&wishes, &site, steps, args.form, args.dry_run);
    let failed = report.steps.iter().filter(|step| step.verdict == Verdict::Failed).count();
    if args.dry_run {
        let (files, config) =
            mox_quickstart::plan(&world, &wishes, &site, &begun).map_err(|error| explained(error, &[]))?;
        report.plan(files, Expected::of(&config, &wishes.address.domain));
        cx.print(&report)?;
        return Ok(if failed > 0 { Exit::Problems } else { Exit::Done });
    }
    if failed > 0 && !args.yes && !goes_on(cx, failed)? {
        if cx.global.json {
            cx.print(&report)?;
        }
        cx.say("nothing was written. hint: mend what failed and run it again, or go on with --yes");
        return Ok(Exit::Problems);
    }
    let faults: Box<dyn Faults> = match &args.fault {
        Some(point) => Box::new(Armed::new(point)),
        None => Box::new(NoFaults),
    };
    let mut files = Vec::new();
    let made = asker.run(mox_quickstart::make(&world, &wishes, &site, &begun, &*faults, &mut files));
    let made = made.map_err(|error| explained(error, &files))?;
    made.steps.iter().try_for_each(|step| told::step(cx, step))?;
    let expected = Expected::of(&made.config, &wishes.address.domain);
    let made_config = made.config.file.clone();
    report.done(made, files, expected, world.machine.manager(), &wishes);
    report.doctor = Some(doctor(cx, &args, &made_config));
    cx.print(&report)?;
    cx.flush()?;
    // Only now, as nothing else could tell the passwords again.
    Unfinished::forget(&wishes.dir).map_err(|error| explained(error, &[]))?;
    Ok(Exit::Done)
}

/// What `mox doctor` says of what was made. Everything is made by now, so that it fails says nothing against that.
fn doctor(cx: &mut Context, args: &Args, file: &Path) -> Vec<Finding> {
    let web = (!args.skip_dial).then_some(&args.web);
    crate::doctor::after_quickstart(cx, file, web).unwrap_or_else(|error| {
        let text = format!("this could not be looked at: {}", error.message());
        vec![
            Finding::warning("unfinished", file.display().to_string(), text)
                .fix("try again with `mox doctor`"),
        ]
    })
}

fn wishes(args: &Args) -> Result<Wishes, CommandError> {
    let acme = || Acme { directory: args.acme_directory.clone(), contact: args.acme_contact.clone() };
    Ok(Wishes {
        address: args.address.clone(),
        hostname: args.hostname.clone(),
        ips: args.ip.clone(),
        nat_ips: args.nat_ip.clone(),
        existing_webserver: args.existing_webserver,
        skip_dial: args.skip_dial,
        acme: (!args.no_acme).then(acme),
        ca_file: args.web.ca_file.as_ref().map(std::path::absolute).transpose()?,
        user: args.user.clone(),
        dir: std::path::absolute(&args.dir)?,
        program: std::env::current_exe()?,
    })
}

/// The world, and what runs in it. DNS is asked as others ask it: without the hosts file.
fn world(cx: &mut Context, args: &Args) -> Result<(Asker, World), CommandError> {
    let options = cx.dns_options()?;
    let clock = Arc::clone(&cx.clock);
    let asker = Asker::new(|| {
        mox_dns::resolver(&options, Hosts::default(), Arc::clone(&clock)).map_err(CommandError::failed)
    })?;
    let web = cx.web(&asker, &args.web)?;
    let world = World {
        machine: Arc::new(ThisMachine),
        resolver: asker.resolver(),
        dial: Arc::new(TcpDial::new(Arc::clone(&clock))),
        web: Arc::new(web),
        clock,
        random: Arc::new(SystemRandom),
    };
    Ok((asker, world))
}

/// Asks whether to go on, where somebody is there to answer.
fn goes_on(cx: &mut Context, failed: usize) -> Result<bool, CommandError> {
    if !cx.streams.interactive || cx.global.json {
        return Ok(false);
    }
    cx.flush()?;
    let question = match failed {
        1 => "A step failed. Write the files all the same?".to_owned(),
        n => format!("{n} steps failed. Write the files all the same?"),
    };
    let answer = dialoguer::Confirm::new().with_prompt(question).default(false).interact();
    answer.map_err(|e| CommandError::failed(format!("no answer read: {e}")))
}

/// The error with what to do next, and what is there of an unfinished run.
fn explained(error: Error, files: &[File]) -> CommandError {
    let hint = match &error {
        Error::Exists(_) => {
            "take another folder with --dir; `mox config test` and `mox dnscheck` check an existing setup"
                .to_owned()
        }
        Error::Another { path, .. } => format!(
            "finish it with the same address and --hostname, or give it up: remove {} and what it made",
            path.display()
        ),
        Error::Running(_) => "end it first: `mox stop`".to_owned(),
        _ if files.is_empty() => "mend that, and run the same command again".to_owned(),
        _ => {
            let made = files.iter().filter(|file| file.state == State::Written);
            let made: Vec<String> = made.map(|file| file.path.display().to_string()).collect();
            format!(
                "mend that, and run the same command again: it keeps what was made now: {}",
                made.join(", ")
            )
        }
    };
    CommandError::new(Exit::Failed, error).hint(hint)
}

/// Whether a step needs a second line.
fn advice(step: &Step) -> Option<&str> {
    step.fix.as_deref()
}
