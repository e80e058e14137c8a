//! Rules as people write them: `stage=rcpt,code=451,probability=20,delay=2s,to=@example.org,text=come back, please`.
//!
//! KEY=VALUE pairs separated by commas, each key once; `text` comes last and takes the rest, commas included.

use std::str::FromStr;

use mox_admin::ops::{ChaosRule, ChaosStage};
use mox_serve::localserve::check_rule;

use crate::arguments::{duration, millis};

/// All stages, in their order.
const STAGES: [ChaosStage; 6] = [
    ChaosStage::Hello,
    ChaosStage::Auth,
    ChaosStage::Mail,
    ChaosStage::Rcpt,
    ChaosStage::Data,
    ChaosStage::Message,
];

/// A rule from a command line, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule(pub(crate) ChaosRule);

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Rule, String> {
        let mut rule = ChaosRule {
            stage: ChaosStage::Hello,
            probability: 100.0,
            code: None,
            text: None,
            delay_ms: 0,
            from: None,
            to: None,
        };
        let mut seen: Vec<&str> = Vec::new();
        let mut rest = Some(text);
        while let Some(pairs) = rest {
            let (pair, after) = match pairs.split_once(',') {
                Some((pair, after)) if !pairs.starts_with("text=") => (pair, Some(after)),
                _ => (pairs, None),
            };
            let (key, value) = pair.split_once('=').ok_or_else(|| format!("{pair:?} is not KEY=VALUE"))?;
            if seen.contains(&key) {
                return Err(format!("{key} stands twice"));
            }
            set(&mut rule, key, value).map_err(|wrong| format!("{key}: {wrong}"))?;
            seen.push(key);
            rest = after;
        }
        if !seen.contains(&"stage") {
            return Err(format!("stage is missing: one of {}", stages()));
        }
        check_rule(&rule).map_err(|wrong| wrong.to_string())?;
        Ok(Rule(rule))
    }
}

fn stages() -> String {
    STAGES.map(super::stage).join(", ")
}

fn set(rule: &mut ChaosRule, key: &str, value: &str) -> Result<(), String> {
    match key {
        "stage" => {
            let stage = STAGES.into_iter().find(|stage| super::stage(*stage) == value);
            rule.stage = stage.ok_or_else(|| format!("one of {}", stages()))?;
        }
        "code" => rule.code = Some(value.parse().map_err(|_| "400 to 599".to_owned())?),
        "probability" => {
            let number = value.strip_suffix('%').unwrap_or(value);
            rule.probability = number.parse().map_err(|_| "a percentage above 0, up to 100".to_owned())?;
        }
        "delay" => rule.delay_ms = millis(duration(value)?),
        "from" => rule.from = Some(value.to_owned()),
        "to" => rule.to = Some(value.to_owned()),
        "text" => rule.text = Some(value.to_owned()),
        _ => return Err("no such key; there are stage, code, probability, delay, from, to, text".to_owned()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        let full = "stage=rcpt,code=451,probability=20,delay=2s,from=<>,to=@example.org,text=a, b=c, text=d";
        let rule: Rule = full.parse().unwrap();
        let expected = ChaosRule {
            stage: ChaosStage::Rcpt,
            probability: 20.0,
            code: Some(451),
            text: Some("a, b=c, text=d".into()),
            delay_ms: 2000,
            from: Some("<>".into()),
            to: Some("@example.org".into()),
        };
        assert_eq!(rule.0, expected);
        let rule: Rule = "delay=500ms,probability=0.5%,stage=hello".parse().unwrap();
        assert_eq!((rule.0.stage, rule.0.delay_ms, rule.0.probability), (ChaosStage::Hello, 500, 0.5));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, wrong) in [
            ("", "\"\" is not KEY=VALUE"),
            ("code=451", "stage is missing: one of hello, auth, mail, rcpt, data, message"),
            ("stage=quit,code=451", "stage: one of hello, auth, mail, rcpt, data, message"),
            ("stage=rcpt,code=250", "code: 400 to 599"),
            ("stage=rcpt,code=-1", "code: 400 to 599"),
            ("stage=rcpt,code=451,code=452", "code stands twice"),
            ("stage=rcpt,code=451,probability=NaN", "probability: a percentage above 0, up to 100"),
            (
                "stage=rcpt,code=451,chance=5",
                "chance: no such key; there are stage, code, probability, delay, from, to, text",
            ),
            ("stage=rcpt,code=451,", "\"\" is not KEY=VALUE"),
            ("stage=rcpt,delay=5", "delay: expected a duration like 500ms, 90s, 2h or 1d12h"),
            ("stage=rcpt,delay=2h", "delay: at most an hour"),
            ("stage=rcpt", "code: a rule needs a code, a delay, or both"),
        ] {
            assert_eq!(text.parse::<Rule>().unwrap_err(), wrong, "{text}");
        }
    }
}
