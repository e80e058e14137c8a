//! `mox queue schedule`: move the next attempt of messages.

use std::str::FromStr;
use std::time::Duration;

use clap_complete::ArgValueCompleter;
use mox_admin::Time;
use mox_admin::ops::{QueueSchedule, When};
use mox_clock::Timestamp;

use super::select::Change;
use crate::arguments::{duration, millis};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// `now`, a time ahead like `2h`, `+2h` or `-2h` from each message's present time, or 2026-11-22T10:20:30Z
    #[arg(allow_hyphen_values = true)]
    when: Target,
    /// Ids of messages, from `mox queue list`
    #[arg(value_name = "ID", add = ArgValueCompleter::new(complete::queue_ids))]
    ids: Vec<i64>,
    #[command(flatten)]
    change: Change,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox queue schedule now 5", about: "Try again at once", needs: Needs::Server },
    Example {
        run: "mox queue schedule +2h --to @example.org",
        about: "Give it two hours more",
        needs: Needs::Server,
    },
];

/// The time as typed.
#[derive(Clone, Copy)]
struct Target(When);

impl FromStr for Target {
    type Err = String;
    fn from_str(text: &str) -> Result<Target, String> {
        let signed = |text: &str| -> Result<i64, String> {
            i64::try_from(millis(duration(text)?)).map_err(|e| e.to_string())
        };
        let when = match (text, text.split_at_checked(1)) {
            ("now", _) => When::InMs(millis(Duration::ZERO)),
            (_, Some(("+", rest))) => When::ByMs(signed(rest)?),
            (_, Some(("-", rest))) => When::ByMs(-signed(rest)?),
            _ => match Timestamp::parse_rfc3339(text) {
                Some(at) => When::At(Time(at)),
                None => When::InMs(millis(duration(text)?)),
            },
        };
        Ok(Target(when))
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Target(when) = args.when;
    args.change.apply(cx, args.ids, |filter, dry_run| QueueSchedule { filter, when, dry_run })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_ahead_or_relative() {
        for (text, expected) in [
            ("now", When::InMs(0)),
            ("2h", When::InMs(7_200_000)),
            ("+1m", When::ByMs(60_000)),
            ("-1m", When::ByMs(-60_000)),
            ("1970-01-01T00:00:01Z", When::At(Time(Timestamp::from_secs(1)))),
        ] {
            assert_eq!(text.parse::<Target>().unwrap().0, expected, "{text}");
        }
        for bad in ["", "+", "-x", "later"] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }
}
