//! What is published for a domain, and the record for the next step. RFC 9989 §4.7.

use std::collections::BTreeMap;

use mox_address::Domain;
use mox_admin::ops::PolicyText;
use mox_dmarc::{Discovery, Policy, Psd, Record, ReportUri, Status};

use super::ladder::{Rung, Scope, Step, Verdict, next};

/// What is published for the domain, and what follows from it.
pub(super) struct Published {
    /// Where the domain's own record stands, or would.
    name: String,
    pub(super) text: Option<PolicyText>,
    /// The record to change: its own, or what would be the same as what applies from above.
    base: Record,
    /// The policy of each scope; none where nothing is published, or DNS does not say.
    current: Option<Record>,
    /// DNS does not say what is published.
    unknown: bool,
}

impl Published {
    pub(super) fn of(domain: &Domain, found: &Discovery, rua: Option<String>) -> Published {
        let name = format!("_dmarc.{}", domain.ascii());
        let record = found.record.as_ref();
        let text = record.zip(found.policy_domain.as_ref()).map(|(record, at)| PolicyText {
            name: format!("_dmarc.{}", at.ascii()),
            text: record.text.clone(),
        });
        let current = record.filter(|_| found.status == Status::Applies).map(|record| {
            match found.policy_domain.as_ref() == Some(domain) {
                true => record.record.clone(),
                false => own(&record.record, found.policy.unwrap_or_default()),
            }
        });
        let mut base = current.clone().unwrap_or_default();
        if let (true, Some(uri)) = (base.rua.is_empty(), rua.and_then(|text| ReportUri::parse(&text))) {
            base.rua.push(uri);
        }
        Published { name, text, base, current, unknown: found.status == Status::TempError }
    }

    /// Why no record can be told for a domain that has none.
    pub(super) fn problem(&self) -> Option<String> {
        let text = "no DMARC record, and the configuration has no address for reports about this domain";
        (self.current.is_none() && self.base.rua.is_empty()).then(|| text.to_owned())
    }

    /// What applies to a scope now.
    pub(super) fn step(&self, scope: Scope) -> Option<Step> {
        let record = self.current.as_ref()?;
        Some(match scope {
            Scope::Domain => Step::of(record.policy(), record.testing),
            Scope::Below => Step::of(record.subdomain_policy(), false),
            Scope::Nonexistent => Step::of(record.nonexistent_policy(), false),
        })
    }

    /// The record for the next step of a scope.
    pub(super) fn next(&self, scope: Scope, ladders: &BTreeMap<Scope, Vec<Rung>>) -> Option<PolicyText> {
        let first = self.current.is_none();
        if self.unknown || first && (scope != Scope::Domain || self.base.rua.is_empty()) {
            return None;
        }
        let step = next(ladders.get(&scope)?, self.step(scope))?;
        let ready = |scope: Scope, policy: Policy| {
            let target = Step::of(policy, false);
            let rung = ladders.get(&scope).and_then(|rungs| rungs.iter().find(|rung| rung.step == target));
            rung.is_some_and(|rung| rung.verdict == Verdict::Ready)
        };
        let record = match scope {
            Scope::Domain => raised(&self.base, step, ready),
            _ => raised_below(&self.base, scope, step),
        };
        Some(PolicyText { name: self.name.clone(), text: record.to_string() })
    }
}

/// The record for a step of `p`. Names below, which would follow it, stay where they are while they are not ready: by
/// what applies to them, which is less than the record says while it is a test.
fn raised(current: &Record, step: Step, ready: impl Fn(Scope, Policy) -> bool) -> Record {
    let mut record = current.clone();
    let applied = |policy| if current.testing && !step.testing() { tested(policy) } else { policy };
    let (sp, np) = (applied(current.subdomain_policy()), applied(current.nonexistent_policy()));
    record.p = Some(step.policy());
    record.testing = step.testing();
    let target = record.subdomain_policy();
    if target != sp && !ready(Scope::Below, target) {
        record.sp = Some(sp);
    }
    let target = record.nonexistent_policy();
    if target != np && !ready(Scope::Nonexistent, target) {
        record.np = Some(np);
    }
    record
}

/// What a policy comes to under `t=y`: the one below it (RFC 9989 §4.7).
fn tested(policy: Policy) -> Policy {
    match policy {
        Policy::Reject => Policy::Quarantine,
        _ => Policy::None,
    }
}

/// The record for a step of `sp` or `np` alone.
fn raised_below(current: &Record, scope: Scope, step: Step) -> Record {
    let mut record = current.clone();
    if scope == Scope::Nonexistent {
        record.np = Some(step.policy());
    } else {
        record.np = record.np.or(Some(current.nonexistent_policy()).filter(|np| *np != step.policy()));
        record.sp = Some(step.policy());
    }
    record
}

/// The record of a domain that has none of its own, with the policy that applies to it from above.
fn own(above: &Record, policy: Policy) -> Record {
    Record { p: Some(policy), sp: None, np: None, psd: Psd::default(), ..above.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_for_the_next_step() {
        let record = |text| Record::parse(text).unwrap();
        for (text, step, ready, expected) in [
            (
                "v=DMARC1; p=none; rua=mailto:a@b.example",
                Step::QuarantineTest,
                true,
                "v=DMARC1; p=quarantine; t=y; rua=mailto:a@b.example",
            ),
            ("v=DMARC1; p=quarantine; t=y", Step::Quarantine, true, "v=DMARC1; p=quarantine"),
            ("v=DMARC1; p=none", Step::Quarantine, false, "v=DMARC1; p=quarantine; sp=none"),
            // The end of a test is a step for names below, too.
            ("v=DMARC1; p=quarantine; t=y", Step::Quarantine, false, "v=DMARC1; p=quarantine; sp=none"),
            ("v=DMARC1; p=reject; t=y", Step::Reject, false, "v=DMARC1; p=reject; sp=quarantine"),
            (
                "v=DMARC1; p=quarantine; sp=reject; np=reject; t=y",
                Step::Quarantine,
                false,
                "v=DMARC1; p=quarantine; sp=quarantine; np=quarantine",
            ),
            (
                "v=DMARC1; p=quarantine; sp=reject; t=y",
                Step::Quarantine,
                true,
                "v=DMARC1; p=quarantine; sp=reject",
            ),
            (
                "v=DMARC1; p=quarantine; sp=none; np=reject",
                Step::Reject,
                false,
                "v=DMARC1; p=reject; sp=none; np=reject",
            ),
        ] {
            assert_eq!(raised(&record(text), step, |_, _| ready).to_string(), expected);
        }
        let current = record("v=DMARC1; p=reject; sp=none");
        assert_eq!(
            raised_below(&current, Scope::Nonexistent, Step::Reject).to_string(),
            "v=DMARC1; p=reject; sp=none; np=reject"
        );
        assert_eq!(
            raised_below(&current, Scope::Below, Step::Quarantine).to_string(),
            "v=DMARC1; p=reject; sp=quarantine; np=none"
        );
        assert_eq!(own(&current, Policy::None).to_string(), "v=DMARC1; p=none");
    }
}
