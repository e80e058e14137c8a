//! `mox config address`: addresses of accounts, and catchalls.

use std::sync::Arc;

use mox_admin::ops::{AddressAdd, AddressList, AddressRemove, AddressRow, ConfigChanged};
use mox_admin::{OpError, Operations};
use mox_config::Config;
use mox_config::account::{Account, Destination};
use mox_config::edit::Draft;
use mox_config::ser::to_value;

use super::lookup::{self, Place};
use crate::desk::{Desk, unedited};

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let (list, make, remove) = (desk.clone(), desk.clone(), desk.clone());
    operations
        .on(move |op: AddressList| all(list.clone(), op))
        .on(move |op: AddressAdd| added(make.clone(), op))
        .on(move |op: AddressRemove| removed(remove.clone(), op))
}

async fn all(desk: Arc<Desk>, op: AddressList) -> Result<Vec<AddressRow>, OpError> {
    let draft = desk.draft().await?;
    if let Some(name) = &op.account {
        lookup::account(&draft.config, name)?;
    }
    let domain = op.domain.as_deref().map(lookup::domain).transpose()?;
    if let Some(domain) = &domain {
        lookup::hosted(&draft.config, domain)?;
    }
    Ok(rows(&draft.config, |name, place| {
        op.account.as_deref().is_none_or(|wanted| wanted == name)
            && domain.as_ref().is_none_or(|wanted| wanted == place.domain())
    }))
}

/// The addresses that are wanted, by account.
pub(super) fn rows(config: &Config, wanted: impl Fn(&str, &Place) -> bool) -> Vec<AddressRow> {
    let mut rows = Vec::new();
    for (name, account) in &config.dynamic.accounts {
        for (key, destination) in &account.destinations {
            if Place::of_key(key, account).is_some_and(|place| wanted(name, &place)) {
                rows.push(row(name, account, key, destination));
            }
        }
    }
    rows
}

pub(super) fn row(name: &str, account: &Account, key: &str, destination: &Destination) -> AddressRow {
    AddressRow {
        address: Place::of_key(key, account).map_or_else(|| key.to_owned(), |place| place.key()),
        account: name.to_owned(),
        mailbox: destination.mailbox().to_owned(),
        rulesets: destination.rulesets.len() as u64,
        smtp_error: destination.smtp_error.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// Refuses an address that is somebody's, or of a domain that is not here.
pub(super) fn is_free(draft: &Draft, place: &Place) -> Result<(), OpError> {
    let config = &draft.config;
    lookup::hosted(config, place.domain())?;
    if let Some((account, key)) = place.owner(config) {
        let at = lookup::at(draft, &["Accounts", account, "Destinations", key]);
        return Err(OpError::conflict(format!(
            "{at}: {} is an address of account {account} already",
            place.key()
        ))
        .hint(format!("`mox config address rm {}` takes it away there", place.key())));
    }
    if let Place::Address(address) = place
        && let Some((alias, _)) = lookup::alias(config, address)
    {
        let domain = lookup::domain_key(draft, &address.domain);
        let at = lookup::at(draft, &["Domains", &domain, "Aliases", alias]);
        return Err(OpError::conflict(format!("{at}: {} is an alias", place.key())).hint(format!(
            "`mox config alias rm {}` removes it, `mox config alias addaddr` gives it members",
            place.key()
        )));
    }
    Ok(())
}

async fn added(desk: Arc<Desk>, op: AddressAdd) -> Result<ConfigChanged, OpError> {
    let AddressAdd { account, mailbox, dry_run, .. } = op;
    let place = Place::parse(&op.address)?;
    let what = format!("address add {} {account}", place.key());
    let edit = move |draft: &mut Draft| {
        lookup::account(&draft.config, &account)?;
        is_free(draft, &place)?;
        let destination =
            Destination { mailbox: mailbox.clone().unwrap_or_default(), ..Destination::default() };
        let path = ["Accounts", account.as_str(), "Destinations", &place.key()];
        draft.tree.insert(&path, &to_value(&destination)).map_err(unedited)?;
        Ok(Vec::new())
    };
    desk.change(what, dry_run, edit).await
}

async fn removed(desk: Arc<Desk>, op: AddressRemove) -> Result<ConfigChanged, OpError> {
    let place = Place::parse(&op.address)?;
    let what = format!("address rm {}", place.key());
    let edit = move |draft: &mut Draft| {
        let Some((account, key)) = place.owner(&draft.config) else { return Err(unknown(draft, &place)) };
        let (account, key) = (account.to_owned(), key.to_owned());
        if let Place::Address(address) = &place {
            not_needed(draft, address, &account)?;
        }
        draft.tree.remove(&["Accounts", &account, "Destinations", &key]).map_err(unedited)?;
        let left = lookup::account(&draft.config, &account)?.destinations.len();
        let none = format!(
            "account {account} has no address any more; `mox config account rm {account}` removes it"
        );
        Ok(if left == 1 { vec![none] } else { Vec::new() })
    };
    desk.change(what, op.dry_run, edit).await
}

fn unknown(draft: &Draft, place: &Place) -> OpError {
    let alias = match place {
        Place::Address(address) => lookup::alias(&draft.config, address).is_some(),
        Place::Catchall(_) => false,
    };
    let error = OpError::not_found(format!("no account has the address {}", place.key()));
    error.hint(match alias {
        true => format!("it is an alias: `mox config alias rm {}`", place.key()),
        false => "`mox config address list` shows what is there".to_owned(),
    })
}

/// Refuses to remove an address that an alias or a login needs.
fn not_needed(draft: &Draft, address: &mox_address::Address, account: &str) -> Result<(), OpError> {
    let cannot =
        |at: &str| OpError::conflict(format!("{} cannot be removed, it is in {at}", address.unicode()));
    if let Some((at, alias, _)) = lookup::memberships(draft, address).into_iter().next() {
        let mend = format!("first `mox config alias rmaddr {alias} {}`", address.unicode());
        return Err(cannot(&at).hint(mend));
    }
    let logins = &lookup::account(&draft.config, account)?.fromid_login_addresses;
    if let Some(n) = logins.iter().position(|login| lookup::same(&draft.config, login, address)) {
        let at = lookup::at(draft, &["Accounts", account, "FromIDLoginAddresses", &format!("[{n}]")]);
        return Err(cannot(&at).hint("remove it there first"));
    }
    Ok(())
}
