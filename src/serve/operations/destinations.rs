//! What happens to mail for an address of an account: its settings and its rulesets. All is for one account, which the
//! address must be of; whether it is of another is not told.

use std::sync::Arc;

use mox_admin::ops::{
    ConfigChanged, DestinationDetail, DestinationSet, DestinationSettings, DestinationShow, HeaderCondition,
    Ruleset, RulesetAdd, RulesetMove, RulesetRemove, RulesetRow, RulesetSet,
};
use mox_admin::{OpError, Operations};
use mox_config::account::Destination;
use mox_config::edit::Draft;
use mox_config::pattern::Pattern;
use mox_config::ruleset::Ruleset as Configured;
use mox_config::ser::to_value;
use mox_config::tree::{Tree, Value};

use super::lookup::{self, Place};
use crate::desk::{Desk, unedited};

/// Most rulesets of an address, and most conditions on header fields of one.
const RULESETS: usize = 50;
const HEADERS: usize = 10;
/// Longest value in bytes.
const VALUE: usize = 1000;

/// Fields of a ruleset in the file.
const FIELDS: [&str; 9] = [
    "SMTPMailFromRegexp",
    "MsgFromRegexp",
    "VerifiedDomain",
    "HeadersRegexp",
    "IsForward",
    "ListAllowDomain",
    "AcceptRejectsToMailbox",
    "Mailbox",
    "Comment",
];

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let d = || desk.clone();
    let (show, set, make, change, remove, order) = (d(), d(), d(), d(), d(), d());
    operations
        .on(move |op: DestinationShow| one(show.clone(), op))
        .on(move |op: DestinationSet| set_one(set.clone(), op))
        .on(move |op: RulesetAdd| added(make.clone(), op))
        .on(move |op: RulesetSet| changed(change.clone(), op))
        .on(move |op: RulesetRemove| removed(remove.clone(), op))
        .on(move |op: RulesetMove| moved(order.clone(), op))
}

/// The file, if it can be edited. What is wrong in it is not for owners of accounts.
pub(super) async fn editable(desk: &Arc<Desk>) -> Result<Draft, OpError> {
    let read = |desk: &Desk| {
        desk.config.draft().map_err(|error| {
            tracing::warn!(%error, "domains.conf cannot be edited");
            OpError::conflict("the configuration has errors, which the administrator must mend first")
                .hint("`mox config test` names them")
        })
    };
    desk.work(read).await
}

/// A value that fits a line of the file.
pub(super) fn one_line(what: &str, text: &str) -> Result<String, OpError> {
    let text = text.trim();
    if text.len() > VALUE || text.chars().any(char::is_control) {
        return Err(OpError::usage(format!("{what} is one line of at most {VALUE} bytes")));
    }
    match text {
        "nil" => Err(OpError::usage(format!("{what} cannot be \"nil\": in the file that stands for none"))),
        text => Ok(text.to_owned()),
    }
}

/// Sets a key, or removes it for an empty value; one that has the value already stays as it is written.
pub(super) fn put(tree: &mut Tree, path: &[&str], key: &str, value: &str) -> Result<(), OpError> {
    let mut path = path.to_vec();
    path.push(key);
    match (value, tree.scalar(&path)) {
        (value, Some(now)) if value == now => Ok(()),
        ("", _) if tree.get(&path).is_none() => Ok(()),
        ("", _) => tree.remove(&path).map_err(unedited),
        (value, _) => tree.set(&path, value).map_err(unedited),
    }
}

/// An address of an account: how the file writes it, and what the file says.
fn owned<'a>(draft: &'a Draft, account: &str, address: &str) -> Result<(&'a str, &'a Destination), OpError> {
    let place = Place::parse(address)?;
    let of = lookup::account(&draft.config, account)?;
    let owner = place.owner(&draft.config).filter(|(owner, _)| *owner == account);
    let found = owner.and_then(|(_, key)| Some((key, of.destinations.get(key)?)));
    found.ok_or_else(|| {
        OpError::not_found(format!("{} is not an address of account {account}", place.key()))
            .hint(format!("`mox config account addresses {account}` shows those that are"))
    })
}

async fn one(desk: Arc<Desk>, op: DestinationShow) -> Result<DestinationDetail, OpError> {
    let draft = editable(&desk).await?;
    let (key, destination) = owned(&draft, &op.account, &op.address)?;
    let account = lookup::account(&draft.config, &op.account)?;
    Ok(DestinationDetail {
        address: Place::of_key(key, account).map_or_else(|| key.to_owned(), |place| place.key()),
        settings: DestinationSettings {
            mailbox: destination.mailbox.clone(),
            smtp_error: destination.smtp_error.as_ref().map(ToString::to_string).unwrap_or_default(),
            auth_required_error: destination.message_auth_required_smtp_error.clone(),
            full_name: destination.full_name.clone(),
        },
        rulesets: rows(destination),
        account: op.account,
    })
}

fn rows(destination: &Destination) -> Vec<RulesetRow> {
    destination.rulesets.iter().enumerate().map(|(n, rule)| row(n, rule)).collect()
}

fn row(n: usize, rule: &Configured) -> RulesetRow {
    let text =
        |pattern: &Option<Pattern>| pattern.as_ref().map(|p| p.as_str().to_owned()).unwrap_or_default();
    let domain = |domain: &Option<mox_address::Domain>| {
        domain.as_ref().map(|d| d.unicode().to_owned()).unwrap_or_default()
    };
    let header = |(name, value): (&Pattern, &Pattern)| HeaderCondition {
        name: name.as_str().to_owned(),
        value: value.as_str().to_owned(),
    };
    let rule = Ruleset {
        mail_from: text(&rule.smtp_mail_from),
        msg_from: text(&rule.msg_from),
        verified_domain: domain(&rule.verified_domain),
        headers: rule.headers.iter().map(header).collect(),
        is_forward: rule.is_forward,
        list_allow_domain: domain(&rule.list_allow_domain),
        accept_rejects_to_mailbox: rule.accept_rejects_to_mailbox.clone(),
        mailbox: rule.mailbox.clone(),
        comment: rule.comment.clone(),
    };
    let exact = format!("{n} {}", serde_json::to_string(&rule).unwrap_or_default());
    let hash = mox_sasl::hash_random(&exact);
    RulesetRow { key: hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect(), rule }
}

/// The rule as the file has it.
fn configured(rule: &Ruleset) -> Result<Configured, OpError> {
    let pattern = |what: &str, text: &str| {
        Ok::<_, OpError>(Some(one_line(what, text)?).filter(|text| !text.is_empty()).map(Pattern::new))
    };
    let domain = |what: &str, text: &str| match one_line(what, text)?.as_str() {
        "" => Ok(None),
        text => lookup::domain(text).map(Some),
    };
    let mut made = Configured {
        smtp_mail_from: pattern("the pattern for the reverse-path", &rule.mail_from)?,
        msg_from: pattern("the pattern for From", &rule.msg_from)?,
        verified_domain: domain("the verified domain", &rule.verified_domain)?,
        headers: Default::default(),
        is_forward: rule.is_forward,
        list_allow_domain: domain("the domain of the list", &rule.list_allow_domain)?,
        accept_rejects_to_mailbox: one_line("the mailbox for junk", &rule.accept_rejects_to_mailbox)?,
        mailbox: one_line("the mailbox", &rule.mailbox)?,
        comment: one_line("the comment", &rule.comment)?,
    };
    if rule.headers.len() > HEADERS {
        return Err(OpError::usage(format!("a ruleset has at most {HEADERS} conditions on header fields")));
    }
    for HeaderCondition { name, value } in &rule.headers {
        let (name, value) =
            (one_line("the name of a field", name)?, one_line("the value of a field", value)?);
        if name.is_empty() || value.is_empty() {
            return Err(OpError::usage("a condition on a header field has a name and a value")
                .hint("as ^list-id$ and <announce\\.lists\\.example\\.org>"));
        }
        if made.headers.insert(Pattern::new(name.clone()), Pattern::new(value)).is_some() {
            return Err(OpError::usage(format!("there are two conditions on {name:?}"))
                .hint("make one pattern of both values, as (one|other)"));
        }
    }
    if made.mailbox.is_empty() {
        return Err(
            OpError::usage("a ruleset needs a mailbox").hint("name the mailbox for mail that matches")
        );
    }
    if !made.has_condition() {
        return Err(OpError::usage("a ruleset without a condition would match all mail")
            .hint("fill in one of: reverse-path, From, verified domain, header fields"));
    }
    Ok(made)
}

async fn set_one(desk: Arc<Desk>, op: DestinationSet) -> Result<ConfigChanged, OpError> {
    let DestinationSet { account, address, settings, dry_run } = op;
    owned(&editable(&desk).await?, &account, &address)?;
    let what = format!("address settings {}", address.escape_debug());
    let fields = [
        ("Mailbox", one_line("the mailbox", &settings.mailbox)?),
        ("SMTPError", one_line("the reply", &settings.smtp_error)?),
        ("MessageAuthRequiredSMTPError", one_line("the text", &settings.auth_required_error)?),
        ("FullName", one_line("the name", &settings.full_name)?),
    ];
    let edit = move |draft: &mut Draft| {
        let key = owned(draft, &account, &address)?.0.to_owned();
        let path = ["Accounts", account.as_str(), "Destinations", &key];
        for (field, value) in &fields {
            put(&mut draft.tree, &path, field, value)?;
        }
        Ok(Vec::new())
    };
    desk.change(what, dry_run, edit).await
}

async fn added(desk: Arc<Desk>, op: RulesetAdd) -> Result<ConfigChanged, OpError> {
    let RulesetAdd { account, address, rule, dry_run } = op;
    owned(&editable(&desk).await?, &account, &address)?;
    let (rule, what) = (configured(&rule)?, format!("ruleset add {}", address.escape_debug()));
    let edit = move |draft: &mut Draft| {
        let (key, destination) = owned(draft, &account, &address)?;
        if destination.rulesets.len() >= RULESETS {
            return Err(OpError::conflict(format!("an address has at most {RULESETS} rulesets"))
                .hint("remove one, or make one of several"));
        }
        let key = key.to_owned();
        let path = ["Accounts", &account, "Destinations", &key, "Rulesets"];
        draft.tree.push(&path, &to_value(&rule)).map_err(unedited)?;
        Ok(Vec::new())
    };
    desk.change(what, dry_run, edit).await
}

/// The place of the ruleset that is meant, and how many there are.
fn place(draft: &Draft, account: &str, address: &str, key: &str) -> Result<(String, String, usize), OpError> {
    let (name, destination) = owned(draft, account, address)?;
    let rules = rows(destination);
    let n = rules.iter().position(|row| row.key == key).ok_or_else(|| {
        OpError::not_found("the ruleset is not there any more, or was changed meanwhile")
            .hint("load the page again to see the rulesets as they are")
    })?;
    Ok((name.to_owned(), format!("[{n}]"), rules.len()))
}

async fn changed(desk: Arc<Desk>, op: RulesetSet) -> Result<ConfigChanged, OpError> {
    let RulesetSet { account, address, key, rule, dry_run } = op;
    place(&editable(&desk).await?, &account, &address, &key)?;
    let (rule, what) = (configured(&rule)?, format!("ruleset change {}", address.escape_debug()));
    let edit = move |draft: &mut Draft| {
        let (name, step, _) = place(draft, &account, &address, &key)?;
        let path = ["Accounts", account.as_str(), "Destinations", &name, "Rulesets", &step];
        let Value::Map(new) = to_value(&rule) else { return Ok(Vec::new()) };
        for field in FIELDS {
            let value = new.iter().find(|entry| entry.key == field).map(|entry| &entry.node.value);
            replace(&mut draft.tree, &path, field, value)?;
        }
        Ok(Vec::new())
    };
    desk.change(what, dry_run, edit).await
}

/// Makes a field of a ruleset what it shall be; lines that say so already stay.
fn replace(tree: &mut Tree, path: &[&str], field: &str, value: Option<&Value>) -> Result<(), OpError> {
    let Some(Value::Map(wanted)) = value else {
        let value = match value {
            Some(Value::Scalar(text)) => text.as_str(),
            _ => "",
        };
        return put(tree, path, field, value);
    };
    let mut path = path.to_vec();
    path.push(field);
    let says = |value: &Value| match value {
        Value::Map(entries) => {
            entries.iter().map(|e| (e.key.clone(), e.node.value.clone())).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    };
    if let Some(now) = tree.get(&path) {
        if says(&now.value) == says(&Value::Map(wanted.clone())) {
            return Ok(());
        }
        tree.remove(&path).map_err(unedited)?;
    }
    tree.insert(&path, &Value::Map(wanted.clone())).map_err(unedited)
}

async fn removed(desk: Arc<Desk>, op: RulesetRemove) -> Result<ConfigChanged, OpError> {
    let RulesetRemove { account, address, key, dry_run } = op;
    place(&editable(&desk).await?, &account, &address, &key)?;
    let what = format!("ruleset rm {}", address.escape_debug());
    let edit = move |draft: &mut Draft| {
        let (name, step, count) = place(draft, &account, &address, &key)?;
        let path = ["Accounts", account.as_str(), "Destinations", &name, "Rulesets", &step];
        let path = if count == 1 { path.get(..5).unwrap_or(&path) } else { &path };
        draft.tree.remove(path).map_err(unedited)?;
        Ok(Vec::new())
    };
    desk.change(what, dry_run, edit).await
}

async fn moved(desk: Arc<Desk>, op: RulesetMove) -> Result<ConfigChanged, OpError> {
    let RulesetMove { account, address, key, to, dry_run } = op;
    place(&editable(&desk).await?, &account, &address, &key)?;
    let what = format!("ruleset move {}", address.escape_debug());
    let edit = move |draft: &mut Draft| {
        let (name, step, count) = place(draft, &account, &address, &key)?;
        let to = usize::try_from(to).ok().filter(|to| (1..=count).contains(to)).ok_or_else(|| {
            OpError::usage(format!("{to} is no place for a ruleset of {count}")).hint("places count from 1")
        })?;
        let list = ["Accounts", account.as_str(), "Destinations", &name, "Rulesets"];
        let from = step.trim_matches(['[', ']']).parse().unwrap_or(0);
        draft.tree.move_item(&list, from, to - 1).map_err(unedited)?;
        Ok(Vec::new())
    };
    desk.change(what, dry_run, edit).await
}
