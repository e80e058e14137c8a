//! `mox tlsrpt explain`: all that decides whether a report about a domain goes out, and to whom.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{ReportExplain, ReportExplanation, ReportFamily};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

/// In the order in which it is asked; the last lines say what will happen when. Exit code 3 when nothing goes out for a
/// reason that is to be mended here: reports are off, or there is no domain with a key to sign them.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Policy domain: a domain of recipients, or an MX host
    #[arg(add = ArgValueCompleter::new(complete::policy_domains))]
    domain: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox tlsrpt explain example.org",
    about: "Why a report goes out, or not",
    needs: Needs::Server,
}];

impl Show for ReportExplanation {
    fn show(&self, page: &mut Page) {
        for step in &self.steps {
            page.verdict(step.ok, format_args!("{:<11}  {}", step.step, step.text));
        }
    }
}

/// Steps that are up to this server and its operator.
const OURS: &[&str] = &["switch", "submitter"];

fn exit(explanation: &ReportExplanation) -> Exit {
    let ours = |step: &str| OURS.contains(&step);
    match explanation.steps.iter().any(|s| ours(&s.step) && s.ok == Some(false)) {
        true => Exit::Problems,
        false => Exit::Done,
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let explanation =
        cx.call(&ReportExplain { family: ReportFamily::Tls, domain: args.domain.ascii().to_owned() })?;
    cx.print(&explanation)?;
    Ok(exit(&explanation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_admin::ops::ReportStep;

    #[test]
    fn only_our_faults_are_problems() {
        for (step, ok, expected) in [
            ("switch", Some(false), Exit::Problems),
            ("submitter", Some(false), Exit::Problems),
            ("submitter", Some(true), Exit::Done),
            ("record", Some(false), Exit::Done),
            ("next", Some(false), Exit::Done),
        ] {
            let steps = vec![ReportStep { step: step.into(), ok, text: String::new() }];
            assert_eq!(exit(&ReportExplanation { steps }), expected, "{step}");
        }
    }
}
