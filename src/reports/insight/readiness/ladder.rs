//! Whether mail would suffer under each policy from lax to strict. Facts in, ladder out.
//!
//! What counts is mail that looks legitimate and does not pass. Forwarded mail is told apart: it suffers under reject
//! above all, and RFC 9989 §7.4 asks domains whose people post to mailing lists not to publish that. `t=y` is for
//! receivers that know RFC 9989; older ones apply the policy as it stands.

use mox_dmarc::Policy;

use super::judge::messages;

/// Messages without which there is no verdict.
pub(crate) const MIN_MESSAGES: u64 = 100;
/// Days with reports.
pub(crate) const MIN_DAYS: u64 = 14;
/// Reporters.
pub(crate) const MIN_REPORTERS: u64 = 3;

/// A tag of the record, and the mail it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// `p`: of the domain itself.
    Domain,
    /// `sp`: of names below that exist.
    Below,
    /// `np`: of names below that do not.
    Nonexistent,
}

impl Scope {
    pub(crate) const ALL: [Scope; 3] = [Scope::Domain, Scope::Below, Scope::Nonexistent];

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Scope::Domain => "p",
            Scope::Below => "sp",
            Scope::Nonexistent => "np",
        }
    }

    /// The steps for it: `t` is for the whole record, so only `p` is tested.
    fn steps(self) -> &'static [Step] {
        match self {
            Scope::Domain => &Step::ALL,
            _ => &[Step::None, Step::Quarantine, Step::Reject],
        }
    }
}

/// A policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    None,
    QuarantineTest,
    Quarantine,
    RejectTest,
    Reject,
}

impl Step {
    const ALL: [Step; 5] =
        [Step::None, Step::QuarantineTest, Step::Quarantine, Step::RejectTest, Step::Reject];

    pub(crate) const fn keyword(self) -> &'static str {
        match self {
            Step::None => "none",
            Step::QuarantineTest => "quarantine t=y",
            Step::Quarantine => "quarantine",
            Step::RejectTest => "reject t=y",
            Step::Reject => "reject",
        }
    }

    /// The step that a published policy is.
    pub(crate) fn of(policy: Policy, testing: bool) -> Step {
        match (policy, testing) {
            (Policy::None, _) => Step::None,
            (Policy::Quarantine, true) => Step::QuarantineTest,
            (Policy::Quarantine, false) => Step::Quarantine,
            (Policy::Reject, true) => Step::RejectTest,
            (Policy::Reject, false) => Step::Reject,
        }
    }

    pub(super) const fn policy(self) -> Policy {
        match self {
            Step::None => Policy::None,
            Step::QuarantineTest | Step::Quarantine => Policy::Quarantine,
            Step::RejectTest | Step::Reject => Policy::Reject,
        }
    }

    pub(super) const fn testing(self) -> bool {
        matches!(self, Step::QuarantineTest | Step::RejectTest)
    }

    /// The largest share of legitimate mail that may suffer.
    const fn bearable(self) -> f64 {
        match self {
            Step::None => 1.0,
            Step::QuarantineTest => 0.05,
            Step::Quarantine | Step::RejectTest => 0.01,
            Step::Reject => 0.001,
        }
    }
}

/// The largest share of forwarded mail, and of mail that passes by SPF alone, under reject.
const BEARABLE_INDIRECT: f64 = 0.01;

/// Messages of one scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) passed: u64,
    /// Of those, by SPF alone.
    pub(crate) spf_only: u64,
    /// Failed, and ours, of a service, or unclear.
    pub(crate) at_risk: u64,
    pub(crate) forwarded: u64,
    pub(crate) forged: u64,
}

impl Flow {
    fn legitimate(&self) -> u64 {
        self.passed.saturating_add(self.at_risk).saturating_add(self.forwarded)
    }

    fn share(&self, part: u64) -> f64 {
        if part == 0 { 0.0 } else { part as f64 / self.legitimate().max(1) as f64 }
    }
}

/// What is left without what one organization reports.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct View {
    /// The organization.
    pub(crate) reporter: String,
    /// Its share of all messages.
    pub(crate) share: f64,
    /// What the others report.
    pub(crate) flow: Flow,
}

/// Whether a policy may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Ready,
    NotReady,
    TooLittleData,
}

impl Verdict {
    pub(crate) const fn keyword(self) -> &'static str {
        match self {
            Verdict::Ready => "ready",
            Verdict::NotReady => "not_ready",
            Verdict::TooLittleData => "too_little_data",
        }
    }
}

/// A step with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rung {
    pub(crate) step: Step,
    pub(crate) verdict: Verdict,
    pub(crate) suffer: u64,
    pub(crate) percent: f64,
    pub(crate) reasons: Vec<String>,
}

/// What is missing for a verdict.
pub(crate) fn missing(messages: u64, days: u64, reporters: u64) -> Vec<String> {
    let mut missing = Vec::new();
    for (have, want, what) in [
        (messages, MIN_MESSAGES, "messages"),
        (days, MIN_DAYS, "days with reports"),
        (reporters, MIN_REPORTERS, "reporters"),
    ] {
        if have < want {
            missing.push(format!("{have} of {want} {what}"));
        }
    }
    missing
}

/// All steps for one scope. `views` are what it looks like without each reporter; `current` is what applies now, none
/// where nothing is published.
pub(crate) fn ladder(
    scope: Scope,
    flow: &Flow,
    views: &[View],
    current: Option<Step>,
    missing: &[String],
) -> Vec<Rung> {
    scope.steps().iter().map(|step| rung(*step, flow, views, current, missing)).collect()
}

fn rung(step: Step, flow: &Flow, views: &[View], current: Option<Step>, missing: &[String]) -> Rung {
    let suffer = match step {
        Step::None | Step::QuarantineTest => 0,
        Step::Quarantine | Step::RejectTest => flow.at_risk,
        Step::Reject => flow.at_risk.saturating_add(flow.forwarded),
    };
    let mut against = against(step, flow);
    one_against_all(step, views, &mut against);
    let verdict = match (step, missing) {
        (Step::None, _) => Verdict::Ready,
        (_, [_, ..]) => Verdict::TooLittleData,
        (_, []) if against.is_empty() => Verdict::Ready,
        (_, []) => Verdict::NotReady,
    };
    let mut reasons = if verdict == Verdict::Ready { in_favour(step, flow) } else { against };
    let early = step == Step::Reject && current.is_none_or(|now| now < Step::Quarantine);
    if early && verdict != Verdict::TooLittleData {
        reasons.push("RFC 9989 §7.4 asks for a month at quarantine before".to_owned());
    }
    Rung { step, verdict, suffer, percent: percent(flow.share(suffer)), reasons }
}

/// A share in percent, with two digits after the point.
fn percent(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}

/// What speaks against a step.
fn against(step: Step, flow: &Flow) -> Vec<String> {
    let mut against = Vec::new();
    let mut say = |text: String| against.push(text);
    let (risk, bearable) = (flow.share(flow.at_risk), step.bearable());
    if risk > bearable {
        let who = if step == Step::QuarantineTest { ", at receivers that do not know t=y" } else { "" };
        say(format!(
            "{} that look legitimate ({} %) do not pass{who}: at most {} % should",
            messages(flow.at_risk),
            percent(risk),
            percent(bearable),
        ));
    }
    if step != Step::Reject {
        return against;
    }
    if flow.share(flow.forwarded) > BEARABLE_INDIRECT {
        say(format!(
            "{} ({} %) were forwarded or went through mailing lists and would be refused: domains whose people post to \
             lists should stay at quarantine (RFC 9989 §7.4)",
            messages(flow.forwarded),
            percent(flow.share(flow.forwarded)),
        ));
    }
    if flow.share(flow.spf_only) > BEARABLE_INDIRECT {
        say(format!(
            "{} ({} %) pass by SPF alone, which forwarding breaks: sign them with DKIM first (RFC 9989 §7.4)",
            messages(flow.spf_only),
            percent(flow.share(flow.spf_only)),
        ));
    }
    against
}

/// What speaks against a step when one reporter is not believed, where all together speak for it; or that he alone
/// speaks against it.
fn one_against_all(step: Step, views: &[View], reasons: &mut Vec<String>) {
    let without = |view: &View| against(step, &view.flow);
    let who = |view: &View| format!("{} ({} % of all messages)", view.reporter, percent(view.share));
    if reasons.is_empty() {
        let found = views.iter().find_map(|view| Some((view, without(view).into_iter().next()?)));
        reasons.extend(found.map(|(view, reason)| format!("without what {} reports: {reason}", who(view))));
        return;
    }
    let mut alone = views.iter().filter(|view| without(view).is_empty());
    if let (Some(view), None) = (alone.next(), alone.next()) {
        reasons.push(format!("{} alone reports that: nothing speaks against it without", who(view)));
    }
}

/// What speaks for a step.
fn in_favour(step: Step, flow: &Flow) -> Vec<String> {
    let mut reasons = Vec::new();
    if step == Step::None {
        return vec!["nothing suffers: reports arrive, and that is all".to_owned()];
    }
    if flow.legitimate() == 0 {
        reasons.push("no mail that looks legitimate was seen".to_owned());
    } else if flow.at_risk == 0 {
        reasons.push(format!("all of {} that look legitimate pass", messages(flow.passed)));
    } else {
        reasons.push(format!(
            "{} that look legitimate ({} %) do not pass, which is little",
            messages(flow.at_risk),
            percent(flow.share(flow.at_risk)),
        ));
    }
    if flow.forwarded > 0 {
        let harm = if step == Step::Reject { "would be refused" } else { "may be taken as suspicious" };
        reasons.push(format!("{} were forwarded, and {harm}", messages(flow.forwarded)));
    }
    if flow.forged > 0 {
        reasons.push(format!("{} look forged", messages(flow.forged)));
    }
    reasons
}

/// The step to take next: the one after the current, when it may be taken.
pub(crate) fn next(ladder: &[Rung], current: Option<Step>) -> Option<Step> {
    let next = ladder.iter().find(|rung| current.is_none_or(|now| rung.step > now))?;
    (next.verdict == Verdict::Ready).then_some(next.step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: Flow = Flow { passed: 1000, spf_only: 0, at_risk: 0, forwarded: 0, forged: 50 };

    fn verdicts(flow: &Flow, missing: &[String]) -> String {
        let letter = |rung: &Rung| match rung.verdict {
            Verdict::Ready => 'r',
            Verdict::NotReady => 'n',
            Verdict::TooLittleData => '?',
        };
        ladder(Scope::Domain, flow, &[], Some(Step::None), missing).iter().map(letter).collect()
    }

    #[test]
    fn ladders() {
        for (name, flow, expected) in [
            ("clean", CLEAN, "rrrrr"),
            ("no mail", Flow { passed: 0, ..CLEAN }, "rrrrr"),
            ("one in a thousand", Flow { passed: 999, at_risk: 1, ..CLEAN }, "rrrrr"),
            ("two in a thousand", Flow { passed: 998, at_risk: 2, ..CLEAN }, "rrrrn"),
            ("two percent", Flow { passed: 980, at_risk: 20, ..CLEAN }, "rrnnn"),
            ("ten percent", Flow { passed: 900, at_risk: 100, ..CLEAN }, "rnnnn"),
            ("forwarded", Flow { passed: 900, forwarded: 100, ..CLEAN }, "rrrrn"),
            ("little forwarded", Flow { passed: 995, forwarded: 5, ..CLEAN }, "rrrrr"),
            ("spf alone", Flow { spf_only: 300, ..CLEAN }, "rrrrn"),
            ("forged only", Flow { forged: 1_000_000, ..CLEAN }, "rrrrr"),
        ] {
            assert_eq!(verdicts(&flow, &[]), expected, "{name}");
        }
        assert_eq!(verdicts(&CLEAN, &["9 of 14 days".to_owned()]), "r????");
    }

    #[test]
    fn steps_have_numbers_and_reasons() {
        let flow = Flow { passed: 900, spf_only: 300, at_risk: 20, forwarded: 80, forged: 7 };
        let rungs = ladder(Scope::Domain, &flow, &[], Some(Step::Quarantine), &[]);
        let numbers: Vec<_> =
            rungs.iter().map(|rung| (rung.step.keyword(), rung.suffer, rung.percent)).collect();
        assert_eq!(
            numbers,
            [
                ("none", 0, 0.0),
                ("quarantine t=y", 0, 0.0),
                ("quarantine", 20, 2.0),
                ("reject t=y", 20, 2.0),
                ("reject", 100, 10.0)
            ]
        );
        assert_eq!(rungs[4].reasons.len(), 3, "{:?}", rungs[4]);
        assert!(rungs[2].reasons[0].starts_with("20 messages that look legitimate (2 %) do not pass"));
        let below = ladder(Scope::Below, &CLEAN, &[], None, &[]);
        assert_eq!(below.len(), 3);
        assert!(below[2].reasons.iter().any(|text| text.contains("a month at quarantine")));
    }

    #[test]
    fn no_reporter_decides_alone() {
        let view = |reporter: &str, share, flow| View { reporter: reporter.to_owned(), share, flow };
        let real = Flow { passed: 900, at_risk: 100, ..CLEAN };
        let drowned = Flow { passed: 1_000_000_000_900, at_risk: 100, ..CLEAN };
        let rung = |flow: &Flow, views: &[View]| ladder(Scope::Domain, flow, views, None, &[]).remove(2);
        let told = rung(&drowned, &[view("a.example", 0.0, drowned), view("evil.example", 0.99999, real)]);
        assert_eq!(told.verdict, Verdict::NotReady);
        assert_eq!(
            told.reasons,
            [
                "without what evil.example (100 % of all messages) reports: 100 messages that look legitimate (10 %) do \
              not pass: at most 1 % should"
            ]
        );
        let told = rung(&real, &[view("a.example", 0.5, real), view("evil.example", 0.2, CLEAN)]);
        assert_eq!(told.verdict, Verdict::NotReady);
        assert_eq!(
            told.reasons[1],
            "evil.example (20 % of all messages) alone reports that: nothing speaks against it without"
        );
        assert_eq!(rung(&CLEAN, &[view("a.example", 0.5, CLEAN)]).verdict, Verdict::Ready);
    }

    #[test]
    fn data_is_asked_for() {
        assert!(missing(100, 14, 3).is_empty());
        assert_eq!(missing(99, 13, 3), ["99 of 100 messages", "13 of 14 days with reports"]);
    }

    #[test]
    fn one_step_at_a_time() {
        let rungs = ladder(Scope::Domain, &CLEAN, &[], None, &[]);
        for (current, expected) in [
            (None, Some(Step::None)),
            (Some(Step::None), Some(Step::QuarantineTest)),
            (Some(Step::QuarantineTest), Some(Step::Quarantine)),
            (Some(Step::RejectTest), Some(Step::Reject)),
            (Some(Step::Reject), None),
        ] {
            assert_eq!(next(&rungs, current), expected);
        }
        let bad = ladder(Scope::Domain, &Flow { passed: 0, at_risk: 9, ..CLEAN }, &[], None, &[]);
        assert_eq!(next(&bad, Some(Step::None)), None);
    }
}
