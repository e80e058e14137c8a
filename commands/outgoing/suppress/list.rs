//! `suppress list`: which destinations get no reports now.

use mox_admin::ops::{ReportSuppressList, ReportSuppressRow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const TLSRPT: &[Example] = &[Example {
    run: "mox tlsrpt suppress list",
    about: "Who gets no reports, until when",
    needs: Needs::Server,
}];
pub(crate) const DMARC: &[Example] = &[Example {
    run: "mox dmarc suppress list",
    about: "Who gets no reports, until when",
    needs: Needs::Server,
}];

impl Show for Vec<ReportSuppressRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|s| {
            vec![
                shorten(&s.uri, 50),
                s.since.to_string(),
                s.until.to_string(),
                super::by(s).to_owned(),
                s.failures.to_string(),
                shorten(&s.comment, 60),
            ]
        });
        page.table(&["DESTINATION", "SINCE", "UNTIL", "BY", ">FAILURES", "WHY"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, _: Args) -> Result<Exit, CommandError> {
    let list = cx.call(&ReportSuppressList {})?;
    if list.is_empty() && !cx.global.json {
        cx.say("no destination is suppressed");
    } else {
        cx.print(&list)?;
    }
    Ok(Exit::Done)
}
