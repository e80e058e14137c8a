//! What becomes of the results of each policy domain and day, and why, without the reports themselves.

use mox_admin::ops::{DmarcOutlookRow, TlsOutlookRow};
use serde::Serialize;

use super::about;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};

impl Show for Vec<TlsOutlookRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|row| {
            let about = about(&row.policy_domain, &row.kind);
            vec![row.day.clone(), about, row.state.clone(), shorten(&row.why, 100)]
        });
        page.table(&["DAY", "ABOUT", "STATE", "WHY"], rows);
    }
}

impl Show for Vec<DmarcOutlookRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|row| {
            vec![row.day.clone(), shorten(&row.policy_domain, 40), row.state.clone(), shorten(&row.why, 100)]
        });
        page.table(&["DAY", "ABOUT", "STATE", "WHY"], rows);
    }
}

/// Prints all rows; `ask` gets those behind a key, with the key of the last when there are more.
pub(crate) fn run<T>(
    cx: &mut Context,
    ask: impl Fn(&mut Context, Option<String>) -> Result<(Vec<T>, Option<String>), CommandError>,
) -> Result<Exit, CommandError>
where
    Vec<T>: Show + Serialize,
{
    let (mut all, mut after) = ask(cx, None)?;
    while after.is_some() {
        let (more, next) = ask(cx, after)?;
        all.extend(more);
        after = next;
    }
    if all.is_empty() && !cx.global.json {
        cx.say("no results wait for a report");
    } else {
        cx.print(&all)?;
    }
    Ok(Exit::Done)
}
