//! `mox smtp dial`: what a mail host says and shows, without a message.

use mox_address::Domain;
use mox_smtpclient::TlsMode;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::visit::{Demand, HostPort, Trip, VisitOptions, exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Host to connect to, and port [default: 25, or 465 with --submission]
    #[arg(value_name = "HOST[:PORT]")]
    host: HostPort,
    /// When TLS starts [default: immediate on port 465, else opportunistic]
    #[arg(long, value_name = "MODE", value_enum)]
    tls_mode: Option<Mode>,
    /// A certificate that does not verify (PKIX) is a problem
    #[arg(long)]
    verify_cert: bool,
    /// As a mail program does: port 465, TLS a must, and a certificate that verifies
    #[arg(long)]
    submission: bool,
    /// Name that the server is asked to prove, instead of the host
    #[arg(long, value_name = "NAME")]
    remote_hostname: Option<Domain>,
    #[command(flatten)]
    visit: VisitOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    /// With the first byte
    Immediate,
    /// With STARTTLS, which is a must
    Required,
    /// With STARTTLS where it is offered
    Opportunistic,
    /// Never
    None,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox smtp dial mx.example.org",
        about: "Greeting, extensions, certificates of a mail host, judged by PKIX and DANE",
        needs: Needs::World,
    },
    Example {
        run: "mox smtp dial mx.example.org --tls-mode required --verify-cert",
        about: "Fail unless the host could be delivered to under MTA-STS",
        needs: Needs::World,
    },
    Example {
        run: "mox smtp dial --submission mail.example.org --json",
        about: "A server for mail programs, for a script",
        needs: Needs::World,
    },
];

/// Port of submission over TLS.
const SUBMISSIONS: u16 = 465;

fn mode(args: &Args, port: u16) -> TlsMode {
    match args.tls_mode {
        Some(Mode::Immediate) => TlsMode::Immediate,
        Some(Mode::Required) => TlsMode::RequiredStartTls,
        Some(Mode::Opportunistic) => TlsMode::Opportunistic,
        Some(Mode::None) => TlsMode::Skip,
        None if port == SUBMISSIONS => TlsMode::Immediate,
        None if args.submission => TlsMode::RequiredStartTls,
        None => TlsMode::Opportunistic,
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let port = args.host.port.unwrap_or(if args.submission { SUBMISSIONS } else { 25 });
    let mode = mode(&args, port);
    let pkix = args.verify_cert || args.submission;
    if mode == TlsMode::Skip && pkix {
        return Err(CommandError::usage("without TLS there is no certificate to verify"));
    }
    let asker = cx.asker()?;
    let visitor = cx.visitor(&asker, &args.visit)?;
    let trip = Trip {
        host: &args.host.host,
        port,
        mode,
        name: args.remote_hostname.as_ref(),
        proved: &[],
        demand: Demand { tls: pkix || mode == TlsMode::RequiredStartTls, pkix, dane: false },
    };
    let visit = asker.run(visitor.visit(&trip));
    cx.print(&visit)?;
    Ok(exit(&visit.problems))
}
