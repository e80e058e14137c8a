//! `mox config tlspubkey add`: a key that logs in.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{ClientKeyAdd, ClientKeyAdded};

use std::path::Path;

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address that it logs in as
    #[arg(add = ArgValueCompleter::new(complete::addresses))]
    address: String,
    /// What people call it
    #[arg(default_value = "")]
    name: String,
    /// Only check
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "cat laptop.cert.pem | mox config tlspubkey add bob@example.org laptop",
    about: "With a name",
    needs: Needs::World,
}];

impl Show for ClientKeyAdded {
    fn show(&self, page: &mut Page) {
        self.key.show(page);
        if self.dry_run {
            page.line("nothing was changed");
        }
    }
}

/// Largest certificate.
const MAX_PEM: u64 = 64 << 10;

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { address, name, dry_run } = args;
    let pem = cx.read_input(Path::new("-"), MAX_PEM)?;
    let certificate = String::from_utf8(pem)
        .map_err(|_| CommandError::usage("standard input is not a certificate in PEM"))?;
    let added = call(cx, &ClientKeyAdd { account: None, address, name, certificate, dry_run })?;
    cx.print(&added)?;
    Ok(Exit::Done)
}
