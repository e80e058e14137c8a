//! `mox lab advance`: move the time of a running lab on.

use std::str::FromStr;

use mox_admin::ops::{LabAdvance, LabAdvanced, LabMove};

use crate::arguments::{duration, millis};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How far: a time like `90s`, `2h` or `7d`, or `midnight` for the next one, UTC
    by: Far,
    /// Only say what time it would be
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox lab advance midnight",
        about: "The day of the reports is over, so they are due",
        needs: Needs::Server,
    },
    Example {
        run: "mox lab advance 7d",
        about: "What is kept for a week is forgotten",
        needs: Needs::Server,
    },
];

/// The argument as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Far(LabMove);

impl FromStr for Far {
    type Err = String;
    fn from_str(text: &str) -> Result<Far, String> {
        if text == "midnight" {
            return Ok(Far(LabMove::Midnight));
        }
        let far = duration(text).map_err(|e| format!("{e}, or midnight"))?;
        match millis(far) {
            0 => Err("time only moves on".to_owned()),
            ms if ms > LabAdvance::MAX_MS => Err("at most ten years at once".to_owned()),
            ms => Ok(Far(LabMove::ByMs(ms))),
        }
    }
}

impl Show for LabAdvanced {
    fn show(&self, page: &mut Page) {
        let is = if self.dry_run { "would be" } else { "is" };
        page.line(format_args!("it was {} and {is} {} in the lab", self.before, self.now));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let advanced = cx.call(&LabAdvance { by: args.by.0, dry_run: args.dry_run })?;
    cx.print(&advanced)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_is_a_time_or_midnight() {
        for (text, want) in [
            ("midnight", LabMove::Midnight),
            ("7d", LabMove::ByMs(7 * 86_400_000)),
            ("90s", LabMove::ByMs(90_000)),
        ] {
            assert_eq!(text.parse::<Far>(), Ok(Far(want)), "{text}");
        }
        for bad in ["", "0s", "noon", "-1d", "5000d"] {
            assert!(bad.parse::<Far>().is_err(), "{bad}");
        }
    }
}
