//! Choosing queued messages: by id, by a file of ids, by filters, or all.

use std::path::PathBuf;
use std::str::FromStr;

use clap_complete::ArgValueCompleter;
use mox_admin::Time;
use mox_admin::ops::{Changed, QueueFilter};

use crate::arguments::{MAX_ID_FILE, Moment, parse_ids};
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};

/// Options that choose messages; all must match.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Which messages")]
pub(crate) struct Filter {
    /// Sent by this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
    /// From this address, or `@domain`
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// To this address, or `@domain`
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// On hold or not
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    hold: Option<bool>,
    /// Next attempt before (`<2h`) or after (`>2h`) a time ahead
    #[arg(long, value_name = "<|>TIME")]
    next_attempt: Option<Bound>,
    /// Queued before (`<2h`: earlier than two hours ago) or after a time
    #[arg(long, value_name = "<|>TIME")]
    queued: Option<Bound>,
    /// With this transport chosen by hand; `default` for those where routes decide
    #[arg(long, value_name = "NAME")]
    transport: Option<String>,
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err("expected `yes` or `no`".to_owned()),
    }
}

/// Before or after a moment.
#[derive(Clone, Copy)]
struct Bound {
    before: bool,
    moment: Moment,
}

impl FromStr for Bound {
    type Err = String;
    fn from_str(text: &str) -> Result<Bound, String> {
        let (before, rest) = match (text.strip_prefix('<'), text.strip_prefix('>')) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err("expected `<` or `>` before the time, in quotes: '<2h'".to_owned()),
        };
        Ok(Bound { before, moment: rest.trim_start().parse()? })
    }
}

impl Filter {
    /// The filter with moments turned into instants.
    pub(crate) fn resolve(self, cx: &Context) -> QueueFilter {
        let now = cx.now();
        let next = self.next_attempt.map(|b| (b.before, Time(b.moment.ahead(now))));
        let queued = self.queued.map(|b| (b.before, Time(b.moment.ago(now))));
        let side = |bound: Option<(bool, mox_admin::Time)>, before| {
            bound.filter(|(b, _)| *b == before).map(|(_, time)| time)
        };
        QueueFilter {
            ids: Vec::new(),
            account: self.account,
            from: self.from,
            to: self.to,
            hold: self.hold,
            next_attempt_before: side(next, true),
            next_attempt_after: side(next, false),
            queued_before: side(queued, true),
            queued_after: side(queued, false),
            transport: self.transport.map(|name| if name == "default" { String::new() } else { name }),
        }
    }
}

/// Arguments of a command that changes messages.
#[derive(clap::Args)]
pub(crate) struct Selection {
    /// Ids of messages, from `mox queue list`
    #[arg(value_name = "ID", add = ArgValueCompleter::new(complete::queue_ids))]
    ids: Vec<i64>,
    #[command(flatten)]
    change: Change,
}

impl Selection {
    /// Finds out which messages are meant, and runs the operation made for them.
    pub(crate) fn apply<Op>(
        self,
        cx: &mut Context,
        operation: impl FnOnce(QueueFilter, bool) -> Op,
    ) -> Result<Exit, CommandError>
    where
        Op: mox_admin::Operation<Reply = Changed>,
    {
        self.change.apply(cx, self.ids, operation)
    }
}

/// The options of a command that changes messages.
#[derive(clap::Args)]
pub(crate) struct Change {
    /// File of ids, separated by NUL bytes or white space; `-` is standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    id_file: Option<PathBuf>,
    /// Every queued message
    #[arg(long)]
    all: bool,
    /// Only show what would be changed
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    filter: Filter,
}

impl Change {
    /// As [`Selection::apply`], for a command with further positional arguments.
    pub(crate) fn apply<Op>(
        self,
        cx: &mut Context,
        mut ids: Vec<i64>,
        operation: impl FnOnce(QueueFilter, bool) -> Op,
    ) -> Result<Exit, CommandError>
    where
        Op: mox_admin::Operation<Reply = Changed>,
    {
        let by_id = self.id_file.is_some() || !ids.is_empty();
        if let Some(file) = self.id_file {
            ids.extend(parse_ids(&cx.read_input(&file, MAX_ID_FILE)?)?);
        }
        let filter = self.filter.resolve(cx);
        let chosen = by_id || self.all || filter != QueueFilter::default();
        if !chosen {
            return Err(CommandError::usage("which messages?")
                .hint("give ids, a filter such as --to, or --all; --dry-run shows what would be changed"));
        }
        if by_id && self.all {
            return Err(CommandError::usage("give either ids or --all, not both"));
        }
        let changed = match by_id && ids.is_empty() {
            true => Changed { ids, dry_run: self.dry_run },
            false => cx.call(&operation(QueueFilter { ids, ..filter }, self.dry_run))?,
        };
        cx.print(&changed)?;
        Ok(Exit::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_need_a_side_and_a_time() {
        let bound: Bound = "<2h".parse().unwrap();
        assert!(bound.before);
        assert!(!">now".parse::<Bound>().unwrap().before);
        for bad in ["2h", "<", ">soon", ""] {
            assert!(bad.parse::<Bound>().is_err(), "{bad}");
        }
    }
}
