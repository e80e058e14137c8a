//! `mox config account`: accounts are listed, added, changed, disabled and removed.

use std::sync::Arc;

use mox_admin::ops::{
    AccountAdd, AccountDetail, AccountDisable, AccountLimits, AccountList, AccountRemove, AccountRow,
    AccountSet, AccountShow, AccountStored, ConfigChanged, HookTarget,
};
use mox_admin::{OpError, Operations, Secret, Time};
use mox_config::account::{Account, Destination};
use mox_config::domain::Dynamic;
use mox_config::edit::Draft;
use mox_config::ser::{to_text, to_value};
use mox_store::{Error, Store};

use super::addresses::row as address_row;
use super::destinations::{one_line, put};
use super::failed;
use super::lookup::{self, Place};
use crate::desk::{Desk, unedited};

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let d = || desk.clone();
    let (list, show, make, remove, disable, set) = (d(), d(), d(), d(), d(), d());
    operations
        .on(move |_: AccountList| all(list.clone()))
        .on(move |op: AccountShow| one(show.clone(), op))
        .on(move |op: AccountAdd| added(make.clone(), op))
        .on(move |op: AccountRemove| removed(remove.clone(), op))
        .on(move |op: AccountDisable| disabled(disable.clone(), op))
        .on(move |op: AccountSet| changed(set.clone(), op))
}

async fn all(desk: Arc<Desk>) -> Result<Vec<AccountRow>, OpError> {
    let draft = desk.draft().await?;
    Ok(draft.config.dynamic.accounts.iter().map(|(name, account)| row(name, account)).collect())
}

fn row(name: &str, account: &Account) -> AccountRow {
    AccountRow {
        name: name.to_owned(),
        domain: account.domain.unicode().to_owned(),
        addresses: account.destinations.len() as u64,
        login_disabled: account.login_disabled.clone(),
        full_name: account.full_name.clone(),
        description: account.description.clone(),
    }
}

async fn one(desk: Arc<Desk>, op: AccountShow) -> Result<AccountDetail, OpError> {
    let draft = desk.draft().await?;
    let config = &draft.config;
    let by_address = Place::parse(&op.account).ok().and_then(|place| place.owner(config));
    let name = by_address.map_or(op.account.clone(), |(name, _)| name.to_owned());
    let account = lookup::account(config, &name)?;
    let places = account.destinations.keys().filter_map(|key| Place::of_key(key, account));
    let aliases = places.flat_map(|place| match place {
        Place::Address(address) => lookup::memberships(&draft, &address),
        Place::Catchall(_) => Vec::new(),
    });
    let aliases = aliases.map(|(_, alias, _)| alias).collect();
    let addresses =
        account.destinations.iter().map(|(key, to)| address_row(&name, account, key, to)).collect();
    Ok(AccountDetail {
        row: row(&name, account),
        addresses,
        aliases,
        references: lookup::references(&draft, &name),
        config: text(&name, account)?,
        quota: account.quota(config.server.quota_message_size),
        limits: limits(&desk, &name, account).await?,
        no_custom_password: account.no_custom_password,
        outgoing_webhook: account.outgoing_webhook.as_ref().map(|hook| HookTarget {
            url: hook.url.as_str().to_owned(),
            authorization: !hook.authorization.expose().is_empty(),
            events: hook.events.iter().map(ToString::to_string).collect(),
        }),
        incoming_webhook: account.incoming_webhook.as_ref().map(|hook| HookTarget {
            url: hook.url.as_str().to_owned(),
            authorization: !hook.authorization.expose().is_empty(),
            events: Vec::new(),
        }),
        stored: stored(&desk, &name).await?,
    })
}

async fn limits(desk: &Arc<Desk>, name: &str, account: &Account) -> Result<AccountLimits, OpError> {
    let asked = name.to_owned();
    let look = move |store: &Store, tx: &mox_db::ReadTx<'_>| match store.sent_lately(tx, &asked) {
        Err(Error::NoSuchAccount(_)) => Ok((0, 0)),
        other => other,
    };
    let (sent, first_time) = match desk.store_if_any().await? {
        Some(store) => store.read(look).await.map_err(failed)?,
        None => (0, 0),
    };
    Ok(AccountLimits {
        quota: account.quota_message_size,
        max_outgoing: account.max_outgoing_messages_per_day,
        max_first_time: account.max_first_time_recipients_per_day,
        sent,
        first_time,
    })
}

/// The lines of an account, without passwords.
fn text(name: &str, account: &Account) -> Result<String, OpError> {
    let mut dynamic = Dynamic::default();
    dynamic.accounts.insert(name.to_owned(), account.clone());
    dynamic.hide_secrets();
    Ok(lookup::excerpt(&to_text(&dynamic, &|_| None).map_err(OpError::failed)?))
}

async fn stored(desk: &Arc<Desk>, name: &str) -> Result<Option<AccountStored>, OpError> {
    let Some(store) = desk.store_if_any().await? else { return Ok(None) };
    let name = name.to_owned();
    let look = move |store: &Store, tx: &mox_db::ReadTx<'_>| {
        let account = match store.account(tx, &name) {
            Err(Error::NoSuchAccount(_)) => return Ok(None),
            other => other?,
        };
        let client_keys = store.client_keys(tx, Some(&name))?.len() as u64;
        let has_password = store.has_password(tx, &name)?;
        Ok::<_, Error>(Some(AccountStored {
            created: Time(account.created),
            messages: account.messages,
            size: account.size,
            has_password,
            client_keys,
        }))
    };
    store.read(look).await.map_err(failed)
}

async fn added(desk: Arc<Desk>, op: AccountAdd) -> Result<ConfigChanged, OpError> {
    let address = lookup::address(&op.address)?;
    let made = op.password.is_none();
    let password = op.password.unwrap_or_else(|| Secret::new(mox_sasl::random_password(&*desk.random)));
    mox_sasl::prepare(password.reveal()).map_err(OpError::usage)?;
    let kept = kept(&desk, &op.name).await?;
    let (name, what) = (op.name.clone(), format!("account add {} {}", op.name, address.unicode()));
    let edit = move |draft: &mut Draft| {
        if draft.config.dynamic.accounts.contains_key(&name) {
            let place = lookup::at(draft, &["Accounts", &name]);
            return Err(OpError::conflict(format!("{place}: the account exists already")).hint(format!(
                "`mox config address add` gives it another address, `mox config account show {name}` shows it"
            )));
        }
        let place = Place::Address(address.clone());
        super::addresses::is_free(draft, &place)?;
        let mut account = Account::new(address.domain.clone());
        account.destinations.insert(place.key(), Destination::default());
        draft.tree.insert(&["Accounts", &name], &to_value(&account)).map_err(unedited)?;
        Ok(Vec::new())
    };
    if op.dry_run {
        return desk.change(what, true, edit).await;
    }
    // Refusals come before the store is touched, and the password is there before anybody could log in.
    desk.preview(what.clone(), edit.clone()).await?;
    set_password(&desk, &op.name, password.clone()).await?;
    let mut answer = desk.change(what, false, edit).await?;
    answer.password = made.then_some(password);
    if let Some(messages) = kept {
        answer
            .notes
            .push(format!("an earlier account of this name left {messages} messages, which it has now"));
    }
    Ok(answer)
}

/// Messages that an earlier account of the name left; an error if they wait for removal.
async fn kept(desk: &Arc<Desk>, name: &str) -> Result<Option<i64>, OpError> {
    let Some(store) = desk.store_if_any().await? else { return Ok(None) };
    let account = name.to_owned();
    let look = move |store: &Store, tx: &mox_db::ReadTx<'_>| {
        let marked = store.marked_for_removal(tx)?.contains(&account);
        let messages = store.accounts(tx)?.into_iter().find(|a| a.name == account).map(|a| a.messages);
        Ok::<_, Error>((marked, messages))
    };
    let (marked, messages) = store.read(look).await.map_err(failed)?;
    if marked {
        return Err(OpError::conflict(format!(
            "the mail of an earlier account {name} waits for removal at the next start of the server"
        ))
        .hint("start the server anew, or take another name"));
    }
    Ok(messages.filter(|count| *count > 0))
}

async fn set_password(desk: &Arc<Desk>, name: &str, password: Secret) -> Result<(), OpError> {
    let store = desk.store().await?;
    let verifiers = desk
        .work(move |desk| {
            mox_sasl::Verifiers::derive(password.reveal(), &*desk.random).map_err(OpError::usage)
        })
        .await?;
    let name = name.to_owned();
    let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
        store.open_account(tx, &name)?;
        // Of an earlier account of this name, should its removal have been cut short or made by hand.
        strip(store, tx, &name)?;
        store.set_password(tx, &name, &verifiers)
    };
    store.write(write).await.map_err(failed)
}

async fn removed(desk: Arc<Desk>, op: AccountRemove) -> Result<ConfigChanged, OpError> {
    let what = format!("account rm {}{}", op.name, if op.purge { " --purge" } else { "" });
    let (name, purge) = (op.name.clone(), op.purge);
    let edit = move |draft: &mut Draft| {
        unreferenced(draft, &name)?;
        draft.tree.remove(&["Accounts", &name]).map_err(unedited)?;
        let mail = match purge {
            true => format!(
                "the mail of {name} goes at the next start of the server, and cannot be had back then"
            ),
            false => format!(
                "the mail of {name} stays in the data folder: an account added with this name has it again"
            ),
        };
        let access = "its password, app passwords, TLS client keys, logins to pages, suppressed recipients and \
                      waiting webhook calls go at once";
        let queued = format!(
            "what it has in the queue still goes out, for it was accepted: `mox queue list --account {name}` shows \
             it, `mox queue drop --account {name}` takes it out"
        );
        Ok(vec![mail, access.to_owned(), queued])
    };
    if op.dry_run {
        return desk.change(what, true, edit).await;
    }
    if !op.purge {
        // An account that is gone already keeps its mark.
        desk.preview(what.clone(), edit.clone()).await?;
        unmark(&desk, &op.name).await?;
    }
    let answer = desk.change(what, false, edit).await?;
    if let Some(store) = desk.store_if_any().await? {
        let name = op.name.clone();
        let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| strip(store, tx, &name);
        store.write(write).await.map_err(failed)?;
    }
    // A mark before the change would take the mail of an account that is still there, should this stop in between.
    if op.purge
        && let Some(store) = desk.store_if_any().await?
    {
        let name = op.name.clone();
        let mark = move |store: &Store, tx: &mut mox_db::Tx<'_>| store.mark_for_removal(tx, &name);
        store.write(mark).await.map_err(|e| {
            failed(e)
                .hint("the account is removed, but its mail stays; add it again and remove it with --purge")
        })?;
    }
    Ok(answer)
}

/// Takes away what an account has beside its mail: what logs in to it, and what is kept for it elsewhere.
fn strip(store: &Store, tx: &mut mox_db::Tx<'_>, name: &str) -> Result<(), Error> {
    store.end_access(tx, name)?;
    mox_queue::Queue::forget_account(tx, name)?;
    mox_webhooks::calls::Calls::forget_account(tx, name)
}

/// Ends the sessions of an account's pages.
async fn end_logins(desk: &Arc<Desk>, name: &str) -> Result<(), OpError> {
    let Some(store) = desk.store_if_any().await? else { return Ok(()) };
    let name = name.to_owned();
    let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| store.end_web_sessions(tx, &name);
    store.write(write).await.map(drop).map_err(failed)
}

/// Takes away the mark of an account that was removed with its mail and came back since, by a rollback for instance.
async fn unmark(desk: &Arc<Desk>, name: &str) -> Result<(), OpError> {
    let Some(store) = desk.store_if_any().await? else { return Ok(()) };
    let name = name.to_owned();
    let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
        let listed = store.marked_for_removal(&tx.read())?.contains(&name);
        if listed { store.keep_after_all(tx, &name) } else { Ok(false) }
    };
    store.write(write).await.map(drop).map_err(failed)
}

/// Refuses to remove an account that something needs.
fn unreferenced(draft: &Draft, name: &str) -> Result<(), OpError> {
    let account = lookup::account(&draft.config, name)?;
    let needed = lookup::references(draft, name);
    if !needed.is_empty() {
        return Err(OpError::conflict(format!(
            "{name} cannot be removed, it is needed by {}",
            needed.join(", ")
        ))
        .hint("name another account there first; a change of mox.conf needs a new start of the server"));
    }
    for key in account.destinations.keys() {
        if let Some(Place::Address(address)) = Place::of_key(key, account)
            && let Some((place, alias, _)) = lookup::memberships(draft, &address).into_iter().next()
        {
            return Err(OpError::conflict(format!("{name} cannot be removed, {place} is its address {key}"))
                .hint(format!("first `mox config alias rmaddr {alias} {}`", address.unicode())));
        }
    }
    Ok(())
}

async fn changed(desk: Arc<Desk>, op: AccountSet) -> Result<ConfigChanged, OpError> {
    let AccountSet { account, full_name, description, quota, max_outgoing, max_first_time, dry_run } = op;
    let line = |what, text: Option<String>| text.map(|text| one_line(what, &text)).transpose();
    let texts =
        [("FullName", line("the name", full_name)?), ("Description", line("the description", description)?)];
    let what = format!("account set {account}");
    let edit = move |draft: &mut Draft| {
        let is = lookup::account(&draft.config, &account)?;
        let numbers = [
            ("QuotaMessageSize", quota, is.quota_message_size),
            (
                "MaxOutgoingMessagesPerDay",
                max_outgoing.map(i64::from),
                is.max_outgoing_messages_per_day.into(),
            ),
            (
                "MaxFirstTimeRecipientsPerDay",
                max_first_time.map(i64::from),
                is.max_first_time_recipients_per_day.into(),
            ),
        ];
        for (field, text) in texts.iter().filter_map(|(field, text)| Some((field, text.as_ref()?))) {
            put(&mut draft.tree, &["Accounts", &account], field, text)?;
        }
        // A default that is in effect stays unwritten.
        for (field, wanted, is) in numbers {
            let Some(wanted) = wanted.filter(|wanted| *wanted != is) else { continue };
            let text = if wanted == 0 { String::new() } else { wanted.to_string() };
            put(&mut draft.tree, &["Accounts", &account], field, &text)?;
        }
        Ok(Vec::new())
    };
    desk.change(what, dry_run, edit).await
}

async fn disabled(desk: Arc<Desk>, op: AccountDisable) -> Result<ConfigChanged, OpError> {
    let AccountDisable { name, message, dry_run } = op;
    if message.as_deref().is_some_and(|text| text.trim().is_empty()) {
        return Err(OpError::usage("the message may not be empty").hint("say why: it is shown at each login"));
    }
    let what = match &message {
        Some(message) => format!("account disable {name} {message:?}"),
        None => format!("account enable {name}"),
    };
    let ends = (message.is_some() && !dry_run).then(|| name.clone());
    let edit = move |draft: &mut Draft| {
        let account = lookup::account(&draft.config, &name)?;
        let path = ["Accounts", name.as_str(), "LoginDisabled"];
        match &message {
            Some(message) => draft.tree.set(&path, message).map_err(unedited)?,
            None if account.login_disabled.is_empty() => {}
            None => draft.tree.remove(&path).map_err(unedited)?,
        }
        Ok(Vec::new())
    };
    let answer = desk.change(what, dry_run, edit).await?;
    if let Some(name) = ends {
        end_logins(&desk, &name).await?;
    }
    Ok(answer)
}
