//! `mox config alias`: addresses that lead to several others.

use std::sync::Arc;

use mox_address::{Address, Domain};
use mox_admin::ops::{
    AliasAdd, AliasList, AliasMembers, AliasRemove, AliasRow, AliasShow, AliasUpdate, ConfigChanged,
};
use mox_admin::{OpError, Operations};
use mox_config::domain::Alias;
use mox_config::edit::Draft;
use mox_config::ser::to_value;

use super::lookup::{self, Place};
use crate::desk::{Desk, unedited};

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let d = || desk.clone();
    let (list, show, make, update, remove, members) = (d(), d(), d(), d(), d(), d());
    operations
        .on(move |op: AliasList| all(list.clone(), op))
        .on(move |op: AliasShow| one(show.clone(), op))
        .on(move |op: AliasAdd| added(make.clone(), op))
        .on(move |op: AliasUpdate| updated(update.clone(), op))
        .on(move |op: AliasRemove| removed(remove.clone(), op))
        .on(move |op: AliasMembers| changed_members(members.clone(), op))
}

async fn all(desk: Arc<Desk>, op: AliasList) -> Result<Vec<AliasRow>, OpError> {
    let draft = desk.draft().await?;
    let domain = op.domain.as_deref().map(lookup::domain).transpose()?;
    if let Some(domain) = &domain {
        lookup::hosted(&draft.config, domain)?;
    }
    let domains = draft.config.dynamic.domains.iter();
    let wanted = domains.filter(|(name, _)| domain.as_ref().is_none_or(|wanted| wanted == *name));
    let rows = wanted.flat_map(|(name, hosted)| hosted.aliases.iter().map(move |(key, a)| row(key, name, a)));
    Ok(rows.collect())
}

pub(super) fn row(name: &str, domain: &Domain, alias: &Alias) -> AliasRow {
    AliasRow {
        alias: format!("{name}@{}", domain.unicode()),
        addresses: alias.addresses.iter().map(Address::unicode).collect(),
        post_public: alias.post_public,
        list_members: alias.list_members,
        allow_msg_from: alias.allow_msg_from,
    }
}

async fn one(desk: Arc<Desk>, op: AliasShow) -> Result<AliasRow, OpError> {
    let draft = desk.draft().await?;
    let address = lookup::address(&op.alias)?;
    let (key, alias) = find(&draft, &address)?;
    Ok(row(&key, &address.domain, &alias))
}

/// The alias, and the key that the file has for it.
fn find(draft: &Draft, address: &Address) -> Result<(String, Alias), OpError> {
    let found = lookup::alias(&draft.config, address);
    let found = found.map(|(key, alias)| (key.to_owned(), alias.clone()));
    found.ok_or_else(|| {
        OpError::not_found(format!("there is no alias {}", address.unicode()))
            .hint(format!("`mox config alias list {}` shows what is there", address.domain.unicode()))
    })
}

/// Path of an alias in the file.
fn path(draft: &Draft, address: &Address, key: &str) -> [String; 4] {
    let domain = lookup::domain_key(draft, &address.domain);
    ["Domains".to_owned(), domain, "Aliases".to_owned(), key.to_owned()]
}

/// Path of something below it.
fn below<'a>(path: &'a [String; 4], more: &[&'a str]) -> Vec<&'a str> {
    path.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

/// The members as addresses; each must be one of an account.
fn members(draft: &Draft, texts: &[String]) -> Result<Vec<Address>, OpError> {
    let mut all: Vec<Address> = Vec::new();
    for text in texts {
        let address = lookup::address(text)?;
        if all.iter().any(|other| lookup::same(&draft.config, other, &address)) {
            return Err(OpError::usage(format!("{text} is named twice")));
        }
        if Place::Address(address.clone()).owner(&draft.config).is_none() {
            return Err(OpError::conflict(format!("{text} cannot be a member: no account has this address"))
                .hint("members are addresses of accounts here: `mox config address list` shows them, `mox config address add` adds one"));
        }
        all.push(address);
    }
    Ok(all)
}

async fn added(desk: Arc<Desk>, op: AliasAdd) -> Result<ConfigChanged, OpError> {
    let address = lookup::address(&op.alias)?;
    if op.addresses.is_empty() {
        return Err(OpError::usage("an alias needs at least one member").hint("name addresses after it"));
    }
    let what = format!("alias add {} {}", address.unicode(), op.addresses.join(" "));
    let edit = move |draft: &mut Draft| {
        super::addresses::is_free(draft, &Place::Address(address.clone()))?;
        let addresses = members(draft, &op.addresses)?;
        let alias = Alias { addresses, post_public: false, list_members: false, allow_msg_from: false };
        let path = path(draft, &address, &address.localpart.to_string());
        draft.tree.insert(&below(&path, &[]), &to_value(&alias)).map_err(unedited)?;
        Ok(vec![format!(
            "only members may send to it; `mox config alias update {} --post-public true` lets everyone",
            address.unicode()
        )])
    };
    desk.change(what, op.dry_run, edit).await
}

async fn updated(desk: Arc<Desk>, op: AliasUpdate) -> Result<ConfigChanged, OpError> {
    let address = lookup::address(&op.alias)?;
    let wanted = [
        ("PostPublic", "--post-public", op.post_public),
        ("ListMembers", "--list-members", op.list_members),
        ("AllowMsgFrom", "--allow-msg-from", op.allow_msg_from),
    ];
    let wanted: Vec<_> = wanted.into_iter().filter_map(|(key, o, value)| Some((key, o, value?))).collect();
    if wanted.is_empty() {
        return Err(OpError::usage("nothing to change")
            .hint("give --post-public, --list-members or --allow-msg-from, each with true or false"));
    }
    let options: Vec<String> = wanted.iter().map(|(_, option, value)| format!("{option} {value}")).collect();
    let what = format!("alias update {} {}", address.unicode(), options.join(" "));
    let edit = move |draft: &mut Draft| {
        let (key, alias) = find(draft, &address)?;
        let path = path(draft, &address, &key);
        for (field, _, value) in &wanted {
            let now = match *field {
                "PostPublic" => alias.post_public,
                "ListMembers" => alias.list_members,
                _ => alias.allow_msg_from,
            };
            if now != *value {
                draft.tree.set(&below(&path, &[field]), &value.to_string()).map_err(unedited)?;
            }
        }
        Ok(Vec::new())
    };
    desk.change(what, op.dry_run, edit).await
}

async fn removed(desk: Arc<Desk>, op: AliasRemove) -> Result<ConfigChanged, OpError> {
    let address = lookup::address(&op.alias)?;
    let what = format!("alias rm {}", address.unicode());
    let edit = move |draft: &mut Draft| {
        let (key, _) = find(draft, &address)?;
        let path = path(draft, &address, &key);
        draft.tree.remove(&below(&path, &[])).map_err(unedited)?;
        Ok(Vec::new())
    };
    desk.change(what, op.dry_run, edit).await
}

async fn changed_members(desk: Arc<Desk>, op: AliasMembers) -> Result<ConfigChanged, OpError> {
    let address = lookup::address(&op.alias)?;
    let (verb, names) = match op.remove.is_empty() {
        true => ("addaddr", &op.add),
        false => ("rmaddr", &op.remove),
    };
    let what = format!("alias {verb} {} {}", address.unicode(), names.join(" "));
    let edit = move |draft: &mut Draft| {
        let (key, alias) = find(draft, &address)?;
        let path = path(draft, &address, &key);
        take_away(draft, &path, &alias, &op.remove)?;
        for member in members(draft, &op.add)? {
            if alias.addresses.iter().any(|other| lookup::same(&draft.config, other, &member)) {
                return Err(OpError::conflict(format!("{} is a member already", member.unicode()))
                    .hint(format!("`mox config alias show {}` shows the members", address.unicode())));
            }
            let value = to_value(&member);
            draft.tree.push(&below(&path, &["Addresses"]), &value).map_err(unedited)?;
        }
        Ok(Vec::new())
    };
    desk.change(what, op.dry_run, edit).await
}

/// Removes members from the list in the file, the last first so that the numbers of the others stay.
fn take_away(draft: &mut Draft, path: &[String; 4], alias: &Alias, texts: &[String]) -> Result<(), OpError> {
    let mut places = Vec::new();
    for text in texts {
        let member = lookup::address(text)?;
        let place = alias.addresses.iter().position(|other| lookup::same(&draft.config, other, &member));
        let Some(place) = place else {
            return Err(OpError::not_found(format!("{text} is not a member"))
                .hint("`mox config alias show` shows the members"));
        };
        places.push(place);
    }
    places.sort_unstable();
    places.dedup();
    if places.len() == alias.addresses.len() && !places.is_empty() {
        return Err(OpError::conflict("an alias needs at least one member")
            .hint("`mox config alias rm` removes the alias"));
    }
    for place in places.into_iter().rev() {
        draft.tree.remove(&below(path, &["Addresses", &format!("[{place}]")])).map_err(unedited)?;
    }
    Ok(())
}
