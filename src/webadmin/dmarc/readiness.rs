//! The way from `p=none` to `p=reject`: the steps as a picture and as text, and the record to publish next.

use askama::Template;
use mox_admin::ops::{DmarcReadiness, Readiness, ReadinessScope, ReadinessStep};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_httpserver::Response;
use mox_web::Page;

use super::PLACE;
use crate::At;

#[derive(Template)]
#[template(path = "dmarc_choose.html")]
struct Choose<'a> {
    page: Page<'a>,
}

/// `GET dmarc/readiness`: asks for a domain, or leads to it.
pub(super) fn choose(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let domain = query.get("domain").map(str::to_owned);
    query.finish()?;
    let Some(domain) = domain else {
        return Ok(at.render(&Choose { page: at.page(PLACE, "Ready for a stricter policy?") }));
    };
    let plain = domain.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    if !plain {
        return Err(OpError::usage(format!("{domain:?} is not a domain as DNS has it"))
            .hint("write letters, digits, dots and hyphens; names in other scripts begin with xn--"));
    }
    Ok(at.go(&format!("dmarc/readiness/{domain}")))
}

#[derive(Template)]
#[template(path = "dmarc_readiness.html")]
struct Show<'a> {
    page: Page<'a>,
    found: Readiness,
}

impl Show<'_> {
    /// The steps of a scope as they are drawn.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn stairs(&self, scope: &ReadinessScope) -> Vec<Stair> {
        scope.ladder.iter().enumerate().map(|(at, step)| Stair::new(at, step)).collect()
    }

    /// What mail a tag is for.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn about(&self, scope: &ReadinessScope) -> &'static str {
        match scope.tag.as_str() {
            "p" => "mail from the domain itself",
            "sp" => "mail from names below the domain",
            "np" => "mail from names below the domain that do not exist",
            _ => "mail",
        }
    }
}

/// `GET dmarc/readiness/DOMAIN`
pub(super) async fn show(at: &At, domain: &str) -> Result<Response, OpError> {
    let query = at.query();
    let since = query.get("since").map(day).transpose()?;
    query.finish()?;
    let rows = Some(DmarcReadiness::PAGE_ROWS);
    let found = at.dispatch().call(&DmarcReadiness { domain: domain.to_owned(), since, rows }).await?;
    let page = at.page(PLACE, format!("Is {} ready for p=reject?", found.domain));
    Ok(at.render(&Show { page, found }))
}

/// The begin of a day of a form.
pub(super) fn day(text: &str) -> Result<Time, OpError> {
    let wrong = || {
        let text: String = text.chars().take(40).collect();
        OpError::usage(format!("{text:?} is not a day")).hint("write it as 2026-11-26")
    };
    let found = text.trim().parse::<mox_clock::Day>().map_err(|()| wrong())?;
    Timestamp::parse_rfc3339(&format!("{found}T00:00:00Z")).map(Time).ok_or_else(wrong)
}

/// A step as it is drawn, higher than the one before.
struct Stair {
    x: usize,
    y: usize,
    height: usize,
    /// The middle, for its words.
    middle: usize,
    tone: &'static str,
    step: String,
    word: &'static str,
    current: bool,
}

/// Width of a step, and how much higher each is than the last.
const WIDTH: usize = 128;
const RISE: usize = 26;
const GROUND: usize = 200;

impl Stair {
    fn new(at: usize, step: &ReadinessStep) -> Stair {
        let height = 56 + at * RISE;
        let (tone, word) = match step.verdict.as_str() {
            "ready" => ("good", "ready"),
            "not_ready" => ("bad", "not ready"),
            _ => ("soft", "too little data"),
        };
        let x = at * WIDTH;
        let y = GROUND.saturating_sub(height);
        let middle = x + WIDTH / 2;
        Stair { x, y, height, middle, tone, step: step.step.clone(), word, current: step.current }
    }
}
