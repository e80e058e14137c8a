//! `mox config example`: pieces of configuration to start from, with what they mean.

use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which; all names if none is given
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(SNIPPETS.map(|snippet| snippet.name)))]
    name: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config example", about: "What there is", needs: Needs::Nothing },
    Example {
        run: "mox config example transports",
        about: "Mail through another host",
        needs: Needs::Nothing,
    },
];

/// A piece of configuration.
#[derive(Serialize, Clone, Copy)]
struct Snippet {
    name: &'static str,
    /// The file it belongs to.
    file: &'static str,
    about: &'static str,
    text: &'static str,
}

const SNIPPETS: [Snippet; 3] = [
    Snippet {
        name: "transports",
        file: "mox.conf",
        about: "Ways out besides direct delivery; Routes in domains.conf choose among them",
        text: include_str!("examples/transports.conf"),
    },
    Snippet {
        name: "webhandlers",
        file: "domains.conf",
        about: "What the web server answers: files, redirects, another server",
        text: include_str!("examples/webhandlers.conf"),
    },
    Snippet {
        name: "rulesets",
        file: "domains.conf",
        about: "Mailboxes for mailing lists, notifications and forwarded mail",
        text: include_str!("examples/rulesets.conf"),
    },
];

impl Show for Vec<Snippet> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|s| vec![s.name.to_owned(), s.file.to_owned(), s.about.to_owned()]);
        page.table(&["NAME", "FILE", "ABOUT"], rows);
    }
}

impl Show for Snippet {
    fn show(&self, page: &mut Page) {
        page.config(self.text);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    match args.name.and_then(|name| SNIPPETS.into_iter().find(|snippet| snippet.name == name)) {
        Some(snippet) => cx.print(&snippet)?,
        None => cx.print(&SNIPPETS.to_vec())?,
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_config::Config;
    use std::path::Path;

    const SERVER: &str = "DataDir: d\nHostname: example.org\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 127.0.0.1\n\t\tWebserverHTTP:\n\t\t\tEnabled: true\nPostmaster:\n\tAccount: you\n\tMailbox: Inbox\n";
    const DOMAINS: &str = "Domains:\n\texample.org: nil\n";
    const ACCOUNT: &str = "Accounts:\n\tyou:\n\t\tDomain: example.org\n";

    #[test]
    fn examples_are_valid() {
        for snippet in SNIPPETS {
            let (mut server, mut dynamic) = (SERVER.to_owned(), DOMAINS.to_owned());
            match snippet.name {
                "transports" => server.push_str(snippet.text),
                "rulesets" => dynamic.push_str(snippet.text),
                _ => dynamic.push_str(snippet.text),
            }
            if !dynamic.contains("Accounts:") {
                dynamic.push_str(ACCOUNT);
            }
            let read = Config::parse(Path::new("mox.conf"), &server, &dynamic);
            assert!(read.is_ok(), "{}: {}", snippet.name, read.unwrap_err());
        }
    }
}
