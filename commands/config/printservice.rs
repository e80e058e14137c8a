//! `mox config printservice`: the definition of the service, as a service manager takes it.

use mox_platform::service::{self, Kind};
use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::service::{Manager, definition};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Service manager [default: that of this system]
    #[arg(long, value_name = "KIND", value_enum)]
    kind: Option<Manager>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config printservice --kind systemd",
        about: "A unit for systemd; `mox service install` writes it",
        needs: Needs::Config,
    },
    Example {
        run: "mox config printservice --kind launchd",
        about: "A property list for macOS",
        needs: Needs::Config,
    },
];

#[derive(Serialize)]
struct Report {
    kind: Kind,
    text: String,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        page.config(&self.text);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let kind = Manager::kind(args.kind);
    let definition = definition(cx, kind, true)?;
    cx.print(&Report { kind, text: service::text(kind, &definition) })?;
    Ok(Exit::Done)
}
