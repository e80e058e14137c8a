//! `mox spf check`: the verdict that a receiver of mail would come to.

use std::net::IpAddr;

use serde::Serialize;

use mox_address::{Domain, IpDomain, Path};
use mox_spf::{Outcome, Query, SpfResult};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Domain of the reverse-path
    #[arg(requires = "address", conflicts_with_all = ["ip", "mail_from", "helo"])]
    domain: Option<Domain>,
    /// Address of the client
    #[arg(value_name = "IP")]
    address: Option<IpAddr>,
    /// Address of the client
    #[arg(long)]
    ip: Option<IpAddr>,
    /// Reverse-path of the message: an address, a domain, or <> for none
    #[arg(long, value_name = "ADDR", value_parser = reverse_path)]
    mail_from: Option<Reverse>,
    /// Name that the client gives in HELO or EHLO, or an address literal [default: the literal of IP]
    #[arg(long, value_name = "NAME")]
    helo: Option<IpDomain>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox spf check --ip 192.0.2.1 --mail-from user@example.org --helo mail.example.org",
        about: "Judge a delivery",
        needs: Needs::World,
    },
    Example {
        run: "mox spf check example.org 192.0.2.1 --json",
        about: "May this address send for this domain?",
        needs: Needs::World,
    },
    Example {
        run: "mox spf check --ip 2001:db8::1 --mail-from '<>' --helo mail.example.org",
        about: "Judge a bounce, by the name that the client gives",
        needs: Needs::World,
    },
];

/// A reverse-path, perhaps null.
#[derive(Debug, Clone)]
struct Reverse(Option<Path>);

fn reverse_path(text: &str) -> Result<Reverse, String> {
    let inner = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
    if inner.is_empty() {
        return Ok(Reverse(None));
    }
    // A domain stands for its postmaster, as in SPF itself.
    let address = if inner.contains('@') { inner.to_owned() } else { postmaster_at(inner) };
    address.parse().map(|path| Reverse(Some(path))).map_err(|error: mox_address::Error| error.to_string())
}

fn postmaster_at(domain: &str) -> String {
    format!("postmaster@{domain}")
}

#[derive(Serialize)]
struct Report {
    ip: IpAddr,
    #[serde(flatten)]
    outcome: Outcome,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let outcome = &self.outcome;
        let good = match outcome.result {
            SpfResult::Pass => Some(true),
            SpfResult::Fail | SpfResult::SoftFail | SpfResult::PermError | SpfResult::TempError => {
                Some(false)
            }
            SpfResult::Neutral | SpfResult::None => None,
        };
        page.verdict(good, outcome.result);
        page.field("ip", self.ip);
        page.field("domain", format!("{} ({})", outcome.domain, outcome.identity.keyword()));
        for (name, value) in [
            ("mechanism", &outcome.mechanism),
            ("explanation", &outcome.explanation),
            ("problem", &outcome.problem),
            ("record", &outcome.record),
        ] {
            if let Some(value) = value {
                page.field(name, value);
            }
        }
        page.field("lookups", format!("{}, {} of them void", outcome.lookups, outcome.void_lookups));
        page.field("authentic", if outcome.authentic { "yes" } else { "no" });
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Some(ip) = args.address.or(args.ip) else {
        return Err(CommandError::usage("no address to check")
            .hint("`mox spf check DOMAIN IP`, or --ip with --mail-from or --helo"));
    };
    let mail_from: Option<Path> = match (args.domain, args.mail_from) {
        (Some(domain), _) => Some(postmaster_at(domain.ascii()).parse().map_err(CommandError::usage)?),
        (None, path) => path.and_then(|Reverse(path)| path),
    };
    if mail_from.is_none() && args.helo.is_none() {
        return Err(CommandError::usage("no domain to check").hint("add --mail-from ADDR or --helo NAME"));
    }
    let helo = args.helo.unwrap_or(IpDomain::Ip(ip));
    let asker = cx.asker()?;
    let query = Query {
        ip,
        helo: &helo,
        mail_from: mail_from.as_ref(),
        local_hostname: "",
        local_ip: None,
        now: cx.now(),
    };
    let resolver = asker.resolver();
    let outcome = asker.run(mox_spf::check(&*resolver, &query));
    let exit = match outcome.result {
        SpfResult::Pass | SpfResult::Neutral | SpfResult::None => Exit::Done,
        SpfResult::Fail | SpfResult::SoftFail | SpfResult::PermError => Exit::Problems,
        SpfResult::TempError => Exit::Failed,
    };
    cx.print(&Report { ip, outcome })?;
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reverse_paths_of_every_kind() {
        let text = |given: &str| reverse_path(given).map(|Reverse(path)| path.map(|path| path.to_string()));
        for (given, expected) in [
            ("a@b.example", Some("a@b.example")),
            ("<a@b.example>", Some("a@b.example")),
            ("b.example", Some("postmaster@b.example")),
            ("<>", None),
            ("", None),
        ] {
            assert_eq!(text(given).unwrap().as_deref(), expected, "{given}");
        }
        assert!(text("a@").is_err());
    }
}
