//! Failures on demand: the rules, a form for one more, and some that are often wanted.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{Chaos, ChaosGet, ChaosRule, ChaosSet, ChaosStage};
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::page::render;
use mox_web::{Page, Query, see_other};

use crate::Pages;
use crate::listing::note;

/// Stages as they are written, with what they mean.
const STAGES: [(ChaosStage, &str, &str); 6] = [
    (ChaosStage::Hello, "hello", "at EHLO"),
    (ChaosStage::Auth, "auth", "at AUTH"),
    (ChaosStage::Mail, "mail", "at MAIL FROM"),
    (ChaosStage::Rcpt, "rcpt", "at RCPT TO"),
    (ChaosStage::Data, "data", "at DATA"),
    (ChaosStage::Message, "message", "after the message"),
];

/// A rule that is often wanted.
struct Preset {
    title: &'static str,
    about: &'static str,
    stage: &'static str,
    probability: &'static str,
    code: &'static str,
    text: &'static str,
    delay: &'static str,
}

const PRESETS: [Preset; 6] = [
    Preset {
        title: "Now and then: later",
        about: "One message in five is put off with 451. Does your program try again?",
        stage: "message",
        probability: "20",
        code: "451",
        text: "4.3.0 try again later",
        delay: "",
    },
    Preset {
        title: "Unknown recipient",
        about: "Every recipient is refused with 550.",
        stage: "rcpt",
        probability: "100",
        code: "550",
        text: "5.1.1 no such user",
        delay: "",
    },
    Preset {
        title: "Mailbox full",
        about: "Every recipient is refused with 452.",
        stage: "rcpt",
        probability: "100",
        code: "452",
        text: "4.2.2 mailbox full",
        delay: "",
    },
    Preset {
        title: "Wrong password",
        about: "No login works: 535.",
        stage: "auth",
        probability: "100",
        code: "535",
        text: "5.7.8 authentication failed",
        delay: "",
    },
    Preset {
        title: "Too busy",
        about: "Half of all connections are ended with 421.",
        stage: "hello",
        probability: "50",
        code: "421",
        text: "4.3.2 too many connections",
        delay: "",
    },
    Preset {
        title: "Slow",
        about: "The reply to every message takes three seconds.",
        stage: "message",
        probability: "100",
        code: "",
        text: "",
        delay: "3000",
    },
];

#[derive(Template)]
#[template(path = "chaos.html")]
struct Rules<'a> {
    page: Page<'a>,
    rules: Vec<Rule>,
    presets: &'a [Preset],
}

/// A rule as people read it.
struct Rule {
    stage: &'static str,
    probability: f64,
    does: String,
    only: String,
    /// The rule as JSON, by which it is found again.
    exact: String,
}

impl Rule {
    fn new(rule: &ChaosRule) -> Rule {
        let stage = STAGES.iter().find(|(stage, ..)| *stage == rule.stage).map_or("", |(_, _, what)| what);
        let mut does = Vec::new();
        if rule.delay_ms > 0 {
            does.push(format!("wait {} ms", rule.delay_ms));
        }
        if let Some(code) = rule.code {
            does.push(format!("answer {code} {}", rule.text.as_deref().unwrap_or_default()));
        }
        let only = [("from", &rule.from), ("to", &rule.to)];
        let only = only.iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_deref()?)));
        Rule {
            stage,
            probability: rule.probability,
            does: does.join(", then "),
            only: only.collect::<Vec<_>>().join(", "),
            exact: serde_json::to_string(rule).unwrap_or_default(),
        }
    }
}

/// `GET /chaos`
pub(crate) async fn page(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let query = Query::of(request);
    let notice = note(&query)?;
    query.finish()?;
    let chaos = pages.dispatch.call(&ChaosGet {}).await?;
    let rules = Rules {
        page: Page::new(&pages.site, "/chaos", "Failures on demand").notice(notice),
        rules: chaos.rules.iter().map(Rule::new).collect(),
        presets: &PRESETS,
    };
    Ok(render(StatusCode::OK, &rules))
}

/// `POST /chaos/add`
pub(crate) async fn add(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let rule = read(&Query::form(request))?;
    let mut chaos = pages.dispatch.call(&ChaosGet {}).await?;
    chaos.rules.push(rule);
    pages.dispatch.call(&ChaosSet { chaos, dry_run: false }).await?;
    Ok(see_other("/chaos?note=added"))
}

/// The rule of a form. What it says is checked by the operation.
fn read(form: &Query) -> Result<ChaosRule, OpError> {
    let text = |name| form.get(name).map(str::to_owned);
    let stage = form.get("stage").unwrap_or_default();
    let stage = STAGES.iter().find(|(_, name, _)| *name == stage).map(|(stage, ..)| *stage);
    let rule = ChaosRule {
        stage: stage.ok_or_else(|| OpError::usage("the rule names no stage that there is"))?,
        probability: form.value("probability")?.unwrap_or(100.0),
        code: form.value("code")?,
        text: text("text"),
        delay_ms: form.value("delay")?.unwrap_or(0),
        from: text("from"),
        to: text("to"),
    };
    form.finish()?;
    Ok(rule)
}

/// `POST /chaos/remove`: one rule, or with `all` every one.
pub(crate) async fn remove(pages: &Pages, request: &Request) -> Result<Response, OpError> {
    let form = Query::form(request);
    let all = form.flag("all")?;
    let exact = form.get("rule").unwrap_or_default().to_owned();
    form.finish()?;
    let mut chaos = if all { Chaos::default() } else { pages.dispatch.call(&ChaosGet {}).await? };
    if !all {
        let same = |rule: &ChaosRule| serde_json::to_string(rule).is_ok_and(|text| text == exact);
        let at = chaos.rules.iter().position(same);
        chaos.rules.remove(at.ok_or_else(|| OpError::not_found("that rule is no longer there"))?);
    }
    pages.dispatch.call(&ChaosSet { chaos, dry_run: false }).await?;
    Ok(see_other(if all { "/chaos?note=cleared" } else { "/chaos?note=removed" }))
}
