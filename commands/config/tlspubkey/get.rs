//! `mox config tlspubkey get`: one key.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{ClientKeyList, ClientKeyRow};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Fingerprint of the key
    #[arg(add = ArgValueCompleter::new(complete::client_keys))]
    fingerprint: String,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config tlspubkey get 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    about: "Whose key it is",
    needs: Needs::World,
}];

impl Show for ClientKeyRow {
    fn show(&self, page: &mut Page) {
        page.field("fingerprint", &self.fingerprint);
        page.field("account", &self.account);
        page.field("address", &self.address);
        page.field("name", &self.name);
        page.field("added", self.added.0.rfc3339());
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let keys = call(cx, &ClientKeyList { account: None, fingerprint: Some(args.fingerprint) })?;
    for key in &keys {
        cx.print(key)?;
    }
    Ok(Exit::Done)
}
