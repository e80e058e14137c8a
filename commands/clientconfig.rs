//! `mox clientconfig`: what mail programs of a domain's users have to know.

use mox_address::Domain;
use mox_config::Config;
use mox_website::settings::{ClientSettings, Tls, client_settings};
use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::place::is_there;
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A domain of the configuration
    domain: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox clientconfig localhost --config mox.conf",
        about: "Host names and ports for a mail program",
        needs: Needs::Config,
    },
    Example {
        run: "mox clientconfig localhost --json --config mox.conf",
        about: "The same for scripts",
        needs: Needs::Config,
    },
];

#[derive(Serialize)]
struct Report(ClientSettings);

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let all = self.0.incoming.iter().chain(&self.0.outgoing);
        page.table(
            &["PROTOCOL", "HOST", ">PORT", "TLS"],
            all.map(|server| {
                let tls = match server.tls {
                    Tls::Immediate => "immediate",
                    Tls::Starttls => "starttls",
                };
                vec![server.protocol.to_owned(), server.host.clone(), server.port.to_string(), tls.to_owned()]
            }),
        );
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let file = cx.place()?.config;
    if !is_there(&file) {
        return Err(CommandError::not_found(format!("there is no config file {}", file.display()))
            .hint("name one with --config; `mox config path` shows where it is looked for"));
    }
    let (config, _) = Config::load(&file).map_err(|errors| {
        CommandError::failed(format!("{} problems in the config", errors.0.len()))
            .hint("`mox config test` names them")
    })?;
    let Some(settings) = client_settings(&config, &args.domain) else {
        return Err(CommandError::not_found(format!("{} takes no mail here", args.domain))
            .hint("the domains are in domains.conf; one that is Disabled has no settings"));
    };
    if settings.incoming.is_empty() {
        cx.say("there is no IMAP yet: mail programs can send mail through this server, not read it");
    }
    if settings.outgoing.is_empty() {
        cx.say("no listener has Submissions, or Submission, and TLS");
    }
    cx.print(&Report(settings))?;
    Ok(Exit::Done)
}
