//! One ruleset of an address: the form for a new one or one that is there, and its removal.

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{HeaderCondition, Ruleset, RulesetAdd, RulesetMove, RulesetRemove, RulesetSet};
use mox_httpserver::Response;
use mox_web::{Page, Query};

use super::{HERE, address, encoded, show, text, to};
use crate::At;

/// Fields of the form for conditions on header fields.
const HEADERS: [(&str, &str); 10] = [
    ("header_name_1", "header_value_1"),
    ("header_name_2", "header_value_2"),
    ("header_name_3", "header_value_3"),
    ("header_name_4", "header_value_4"),
    ("header_name_5", "header_value_5"),
    ("header_name_6", "header_value_6"),
    ("header_name_7", "header_value_7"),
    ("header_name_8", "header_value_8"),
    ("header_name_9", "header_value_9"),
    ("header_name_10", "header_value_10"),
];
/// Empty ones that the form has beside those that are filled in.
const SPARE: usize = 2;

#[derive(Template)]
#[template(path = "addresses_rule.html")]
struct Rule<'a> {
    page: Page<'a>,
    address: String,
    /// Empty for a new one.
    key: String,
    rule: Ruleset,
    /// Names of fields, and what they hold.
    headers: Vec<Header>,
}

struct Header {
    name: &'static str,
    value: &'static str,
    condition: HeaderCondition,
}

impl Rule<'_> {
    fn query(&self) -> String {
        encoded(&self.address)
    }
}

fn headers(rule: &Ruleset) -> Vec<Header> {
    let none = HeaderCondition { name: String::new(), value: String::new() };
    let conditions = rule.headers.iter().cloned().chain(std::iter::repeat_n(none, SPARE));
    HEADERS
        .iter()
        .zip(conditions)
        .map(|((name, value), condition)| Header { name, value, condition })
        .collect()
}

fn gone() -> OpError {
    OpError::not_found("the ruleset is not there any more, or was changed meanwhile")
        .hint("go back to the address to see its rulesets as they are")
}

/// `GET addresses/rule`: the form.
pub(super) async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let (address, key) = (address(&query)?, query.get("key").map(str::to_owned));
    query.finish()?;
    let of = show(at, &address).await?;
    let (title, key, rule) = match key {
        None => ("New ruleset", String::new(), Ruleset::default()),
        Some(key) => {
            let row = of.rulesets.into_iter().find(|row| row.key == key).ok_or_else(gone)?;
            ("Change a ruleset", row.key, row.rule)
        }
    };
    let headers = headers(&rule);
    Ok(at.render(&Rule { page: at.page(HERE, title), address: of.address, key, rule, headers }))
}

fn read(form: &Query) -> Result<Ruleset, OpError> {
    let pairs = HEADERS.iter().map(|(name, value)| (text(form, name), text(form, value)));
    let pairs = pairs.filter(|(name, value)| !name.is_empty() || !value.is_empty());
    Ok(Ruleset {
        mail_from: text(form, "mail_from"),
        msg_from: text(form, "msg_from"),
        verified_domain: text(form, "verified_domain"),
        headers: pairs.map(|(name, value)| HeaderCondition { name, value }).collect(),
        is_forward: form.flag("is_forward")?,
        list_allow_domain: text(form, "list_allow_domain"),
        accept_rejects_to_mailbox: text(form, "accept_rejects_to_mailbox"),
        mailbox: text(form, "mailbox"),
        comment: text(form, "comment"),
    })
}

/// `POST addresses/rule`: a new one, or the one of a key as it shall be.
pub(super) async fn save(at: &At, form: Query) -> Result<Response, OpError> {
    let (address, key, rule) = (address(&form)?, form.get("key").map(str::to_owned), read(&form)?);
    form.finish()?;
    let account = at.account().to_owned();
    let dry_run = false;
    match key {
        None => {
            at.dispatch().call(&RulesetAdd { account, address: address.clone(), rule, dry_run }).await?;
        }
        Some(key) => {
            let set = RulesetSet { account, address: address.clone(), key, rule, dry_run };
            at.dispatch().call(&set).await?;
        }
    }
    Ok(to(at, &address, "rule"))
}

/// `POST addresses/rule-move`: tried sooner or later than others.
pub(super) async fn reorder(at: &At, form: Query) -> Result<Response, OpError> {
    let (address, key) = (address(&form)?, text(&form, "key"));
    let to = form.value::<u64>("to")?.ok_or_else(|| OpError::usage("no place is named"))?;
    form.finish()?;
    let account = at.account().to_owned();
    let order = RulesetMove { account, address: address.clone(), key, to, dry_run: false };
    at.dispatch().call(&order).await?;
    Ok(super::to(at, &address, "rule-moved"))
}

/// `POST addresses/rule-remove`
pub(super) async fn remove(at: &At, form: Query) -> Result<Response, OpError> {
    let (address, key) = (address(&form)?, text(&form, "key"));
    let sure = form.get("confirm").is_some();
    form.finish()?;
    let account = at.account().to_owned();
    let remove = RulesetRemove { account, address: address.clone(), key: key.clone(), dry_run: !sure };
    at.dispatch().call(&remove).await?;
    if sure {
        return Ok(to(at, &address, "rule-removed"));
    }
    let text = format!("The ruleset of {address} will be removed. Mail that it moved stays where it is.");
    let back = format!("{HERE}/of?address={}", encoded(&address));
    let fields = vec![("address", address), ("key", key)];
    Ok(at.confirm(HERE, text, "addresses/rule-remove", fields, "Remove it", &back))
}
