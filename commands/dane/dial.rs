//! `mox dane dial`: does the certificate of a mail host satisfy its TLSA records?

use mox_address::IpDomain;
use mox_smtpclient::TlsMode;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::visit::{Demand, HostPort, Trip, VisitOptions, exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Mail host, and port [default: 25]; with port 465 TLS starts at once, else with STARTTLS
    #[arg(value_name = "HOST[:PORT]")]
    host: HostPort,
    #[command(flatten)]
    visit: VisitOptions,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dane dial mx.example.org",
        about: "Compare the certificate of a mail host with its TLSA records",
        needs: Needs::World,
    },
    Example {
        run: "mox dane dial mail.example.org:465 --json",
        about: "The same for submission, for a script",
        needs: Needs::World,
    },
];

/// Port of submission over TLS.
const SUBMISSIONS: u16 = 465;

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    if matches!(args.host.host, IpDomain::Ip(_)) {
        return Err(CommandError::usage("an IP address has no TLSA records")
            .hint("give the name of the host, as it stands in the MX record"));
    }
    let port = args.host.port.unwrap_or(25);
    let mode = if port == SUBMISSIONS { TlsMode::Immediate } else { TlsMode::Opportunistic };
    let asker = cx.asker()?;
    let visitor = cx.visitor(&asker, &args.visit)?;
    let demand = Demand { tls: true, pkix: false, dane: true };
    let trip = Trip { host: &args.host.host, port, mode, name: None, proved: &[], demand };
    let visit = asker.run(visitor.visit(&trip));
    cx.print(&visit)?;
    Ok(exit(&visit.problems))
}
