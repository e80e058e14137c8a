//! `mox connections`: who is connected to the running server, and which networks are at a limit.

use mox_admin::ops::{ConnectionGroup, ConnectionList, ConnectionRow, Connections, RateLimitRow, RateLimits};
use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// So many connections at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox connections", about: "By listener and network, and each", needs: Needs::Server },
    Example { run: "mox connections --json", about: "The same for scripts", needs: Needs::Server },
];

/// Who is connected, and which networks are at a limit.
#[derive(Serialize)]
struct Open {
    #[serde(flatten)]
    list: ConnectionList,
    limits: Vec<RateLimitRow>,
}

impl Show for Open {
    fn show(&self, page: &mut Page) {
        page.field("connections", self.list.total);
        if !self.list.groups.is_empty() {
            let cells = |g: &ConnectionGroup| {
                vec![g.listener.clone(), g.service.clone(), g.network.clone(), g.count.to_string()]
            };
            page.line("");
            page.table(&["LISTENER", "SERVICE", "NETWORK", ">COUNT"], self.list.groups.iter().map(cells));
            let cells = |c: &ConnectionRow| {
                vec![c.since.to_string(), c.listener.clone(), c.service.clone(), c.remote.clone()]
            };
            page.line("");
            page.table(&["SINCE", "LISTENER", "SERVICE", "REMOTE"], self.list.connections.iter().map(cells));
        }
        if !self.limits.is_empty() {
            let cells = |row: &RateLimitRow| {
                let window = row.window_secs.map_or_else(|| "at once".to_owned(), |secs| format!("{secs} s"));
                let state = if row.limited { "refused" } else { "" };
                let [count, limit] = [row.count, row.limit].map(|n| n.to_string());
                vec![row.what.clone(), row.network.clone(), count, limit, window, state.to_owned()]
            };
            page.line("");
            let columns = ["LIMIT", "NETWORK", ">COUNT", ">MOST", "IN", "NOW"];
            page.table(&columns, self.limits.iter().map(cells));
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let list = cx.call(&Connections { before: None, limit: args.limit })?;
    let limits = cx.call(&RateLimits {})?;
    cx.print(&Open { list, limits })?;
    Ok(Exit::Done)
}
