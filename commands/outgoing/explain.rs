//! All that decides whether a report about a domain goes out, and to whom.

use mox_admin::ops::{ReportExplain, ReportExplanation};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};

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

/// Shows the steps. [`Exit::Problems`] when one that is up to this server stands in the way.
pub(crate) fn run(cx: &mut Context, op: &ReportExplain) -> Result<Exit, CommandError> {
    let explanation = cx.call(op)?;
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
