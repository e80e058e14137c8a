//! Rules by which the server fails: checked as a whole, exchanged while it runs, asked at every stage of a session.
//!
//! Rules are tried in order; the first that applies and whose dice say so decides. They live in memory only.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_admin::ops::{Chaos, ChaosRule, ChaosStage};
use mox_clock::{Random, random_array};

use super::failing::{Choose, Failure, Moment, refusal};

/// Longest text of a reply, in bytes.
const MAX_TEXT: usize = 200;
/// Longest text to look for in an address, in bytes: as long as the longest path (RFC 5321 §4.5.3.1.3).
const MAX_FILTER: usize = 256;

/// What is wrong with a rule: a field, and what is allowed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {allowed}")]
pub struct BadRule {
    /// Name of the field.
    pub field: &'static str,
    /// What it may be.
    pub allowed: &'static str,
}

/// Why rules are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRules {
    /// One is wrong.
    #[error("rule {number}: {wrong}")]
    Rule {
        /// Its place, from 1.
        number: usize,
        /// What is wrong.
        wrong: BadRule,
    },
    /// There are too many.
    #[error("{0} rules: at most {max}", max = Chaos::MAX)]
    TooMany(usize),
}

/// Checks one rule.
pub fn check_rule(rule: &ChaosRule) -> Result<(), BadRule> {
    let wrong = |field, allowed| Err(BadRule { field, allowed });
    let printable = |text: &str| text.bytes().all(|b| (b' '..=b'~').contains(&b));
    let filter = |text: &Option<String>| text.as_ref().is_none_or(|t| (1..=MAX_FILTER).contains(&t.len()));
    // Not a number is in no range.
    if !(rule.probability > 0.0 && rule.probability <= 100.0) {
        return wrong("probability", "a percentage above 0, up to 100");
    }
    if rule.code.is_some_and(|code| !(400..600).contains(&code)) {
        return wrong("code", "400 to 599");
    }
    if rule.delay_ms > ChaosRule::MAX_DELAY_MS {
        return wrong("delay", "at most an hour");
    }
    if rule.code.is_none() && rule.delay_ms == 0 {
        return wrong("code", "a rule needs a code, a delay, or both");
    }
    if rule.text.is_some() && rule.code.is_none() {
        return wrong("text", "only with a code");
    }
    if rule.text.as_ref().is_some_and(|text| !printable(text) || !(1..=MAX_TEXT).contains(&text.len())) {
        return wrong("text", "1 to 200 characters of printable ASCII");
    }
    if !filter(&rule.from) {
        return wrong("from", "1 to 256 bytes");
    }
    if !filter(&rule.to) {
        return wrong("to", "1 to 256 bytes");
    }
    if rule.from.is_some() && rule.stage < ChaosStage::Mail {
        return wrong("from", "only at the stages mail, rcpt, data and message: before, no sender is known");
    }
    if rule.to.is_some() && rule.stage < ChaosStage::Rcpt {
        return wrong("to", "only at the stages rcpt, data and message: before, no recipient is known");
    }
    Ok(())
}

/// Checks all rules.
pub fn check_rules(chaos: &Chaos) -> Result<(), BadRules> {
    if chaos.rules.len() > Chaos::MAX {
        return Err(BadRules::TooMany(chaos.rules.len()));
    }
    for (rule, number) in chaos.rules.iter().zip(1..) {
        check_rule(rule).map_err(|wrong| BadRules::Rule { number, wrong })?;
    }
    Ok(())
}

/// The rules in force; those who share it see a change at once.
pub(crate) struct Rules {
    rules: Mutex<Arc<Chaos>>,
    random: Arc<dyn Random>,
}

impl Rules {
    /// With rules that were given at start.
    pub(crate) fn new(chaos: Chaos, random: Arc<dyn Random>) -> Result<Rules, BadRules> {
        check_rules(&chaos)?;
        Ok(Rules { rules: Mutex::new(Arc::new(chaos)), random })
    }

    /// The rules in force.
    pub(crate) fn get(&self) -> Arc<Chaos> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts others in force, or none of them when one is wrong.
    pub(crate) fn set(&self, chaos: Chaos) -> Result<(), BadRules> {
        check_rules(&chaos)?;
        *self.rules.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(chaos);
        Ok(())
    }

    fn fires(&self, probability: f64) -> bool {
        // Below 1, so that 100 always fires.
        let drawn = f64::from(u32::from_le_bytes(random_array(&*self.random))) / (f64::from(u32::MAX) + 1.0);
        drawn * 100.0 < probability
    }
}

impl Choose for Rules {
    fn choose(&self, moment: &Moment<'_>) -> Option<Failure> {
        let chaos = self.get();
        let mut numbered = chaos.rules.iter().zip(1..);
        let (rule, number) =
            numbered.find(|(rule, _)| applies(rule, moment) && self.fires(rule.probability))?;
        let text = || rule.text.clone().unwrap_or_else(|| format!("simulated failure, chaos rule {number}"));
        let reply = rule.code.map(|code| refusal(rule.stage, code, text()));
        tracing::info!(value = number, code = rule.code, "chaos rule fires");
        Some(Failure { wait: Duration::from_millis(rule.delay_ms), reply })
    }
}

/// Whether a rule is for this moment.
fn applies(rule: &ChaosRule, moment: &Moment<'_>) -> bool {
    let holds =
        |path: String, part: &String| format!("<{path}>").to_lowercase().contains(&part.to_lowercase());
    let sender =
        || moment.mail.map(|mail| mail.reverse_path.as_ref().map(ToString::to_string).unwrap_or_default());
    rule.stage == moment.stage
        && rule.from.as_ref().is_none_or(|part| sender().is_some_and(|path| holds(path, part)))
        && rule.to.as_ref().is_none_or(|part| moment.to.iter().any(|path| holds(path.to_string(), part)))
}

#[cfg(test)]
mod tests;
