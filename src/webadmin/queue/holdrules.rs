//! Hold rules: new messages that match one wait until somebody releases them.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{HoldRule, HoldRuleAdd, HoldRuleList, HoldRuleRemove};
use mox_httpserver::Response;
use mox_web::Page;

use super::filter::text;
use super::note;
use crate::At;

#[derive(Template)]
#[template(path = "queue_holdrules.html")]
struct Rules<'a> {
    page: Page<'a>,
    rules: Vec<HoldRule>,
}

/// `GET queue/holdrules`
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = note(&query)?;
    query.finish()?;
    let rules = at.dispatch().call(&HoldRuleList {}).await?;
    let page = at.page("queue", "Hold rules").notice(notice);
    Ok(at.render(&Rules { page, rules }))
}

/// `POST queue/holdrules/add`: says first how many queued messages it would hold.
pub(super) async fn add(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let op = HoldRuleAdd {
        account: text(&form, "account"),
        from_domain: text(&form, "from_domain"),
        to_domain: text(&form, "to_domain"),
        dry_run: form.get("confirm").is_none(),
    };
    form.finish()?;
    let added = at.dispatch().call(&op).await?;
    let count = added.held.len();
    if !added.dry_run {
        return Ok(at.go(&format!("queue/holdrules?note=rule-added&count={count}")));
    }
    let queued = if count == 1 { "1 queued message".to_owned() } else { format!("{count} queued messages") };
    let text =
        format!("{} will wait until released, and {queued} will be put on hold now.", sentence(&added.rule));
    let set = [("account", op.account), ("from_domain", op.from_domain), ("to_domain", op.to_domain)];
    let fields = set.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Ok(at.confirm("queue", text, "queue/holdrules/add", fields, "Add rule", "queue/holdrules"))
}

/// What a rule holds.
fn sentence(rule: &HoldRule) -> String {
    let parts = [("of the account", &rule.account), ("from", &rule.from_domain), ("to", &rule.to_domain)];
    let parts = parts.iter().filter_map(|(word, value)| Some(format!("{word} {}", value.as_deref()?)));
    match parts.collect::<Vec<_>>().join(" ") {
        which if which.is_empty() => "All new messages".to_owned(),
        which => format!("New messages {which}"),
    }
}

/// `POST queue/holdrules/remove`
pub(super) async fn remove(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let id = form.value::<i64>("id")?.ok_or_else(|| OpError::usage("no rule is named"))?;
    let dry_run = form.get("confirm").is_none();
    form.finish()?;
    at.dispatch().call(&HoldRuleRemove { id, dry_run }).await?;
    if dry_run {
        let text = format!("Hold rule {id} will be removed. What is on hold stays so.");
        let fields = vec![("id", id.to_string())];
        return Ok(at.confirm(
            "queue",
            text,
            "queue/holdrules/remove",
            fields,
            "Remove rule",
            "queue/holdrules",
        ));
    }
    Ok(at.go("queue/holdrules?note=rule-removed"))
}
