//! `mox config tlspubkey`: TLS client keys that log in by themselves.

use std::sync::Arc;

use mox_admin::ops::{ClientKeyAdd, ClientKeyAdded, ClientKeyList, ClientKeyRemove, ClientKeyRow};
use mox_admin::{OpError, Operations, Time};
use mox_store::{ClientKey, Store};

use super::failed;
use super::lookup::{self, Place};
use crate::desk::Desk;

/// Longest name of a key in bytes.
const NAME_MAX: usize = 100;

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let (list, make, remove) = (desk.clone(), desk.clone(), desk.clone());
    operations
        .on(move |op: ClientKeyList| all(list.clone(), op))
        .on(move |op: ClientKeyAdd| added(make.clone(), op))
        .on(move |op: ClientKeyRemove| removed(remove.clone(), op))
}

fn row(key: ClientKey) -> ClientKeyRow {
    ClientKeyRow {
        fingerprint: hex(&key.spki_sha256),
        account: key.account,
        address: key.address,
        name: key.name,
        added: Time(key.added),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A fingerprint as people write it: colons and capitals do not matter.
fn fingerprint(text: &str) -> Result<[u8; 32], OpError> {
    let digits: Vec<u32> = text.chars().filter(|c| *c != ':').map(|c| c.to_digit(16).unwrap_or(16)).collect();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .filter_map(|pair| match pair {
            [high @ 0..=15, low @ 0..=15] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect();
    match (digits.len(), <[u8; 32]>::try_from(bytes)) {
        (64, Ok(bytes)) => Ok(bytes),
        _ => Err(OpError::usage(format!("{text:?} is not a fingerprint"))
            .hint("64 hexadecimal digits, as `mox config tlspubkey list` prints them")),
    }
}

pub(super) async fn all(desk: Arc<Desk>, op: ClientKeyList) -> Result<Vec<ClientKeyRow>, OpError> {
    let wanted = op.fingerprint.as_deref().map(fingerprint).transpose()?;
    if let Some(name) = &op.account {
        lookup::account(&desk.draft().await?.config, name)?;
    }
    let mut keys = keys(&desk, op.account).await?;
    if let Some(wanted) = wanted {
        keys.retain(|key| key.spki_sha256 == wanted);
        if keys.is_empty() {
            return Err(missing(&wanted));
        }
    }
    Ok(keys.into_iter().map(row).collect())
}

async fn keys(desk: &Arc<Desk>, account: Option<String>) -> Result<Vec<ClientKey>, OpError> {
    let Some(store) = desk.store_if_any().await? else { return Ok(Vec::new()) };
    let read = move |store: &Store, tx: &mox_db::ReadTx<'_>| store.client_keys(tx, account.as_deref());
    store.read(read).await.map_err(failed)
}

fn missing(wanted: &[u8; 32]) -> OpError {
    OpError::not_found(format!("no key has the fingerprint {}", hex(wanted)))
        .hint("`mox config tlspubkey list` shows the keys")
}

async fn added(desk: Arc<Desk>, op: ClientKeyAdd) -> Result<ClientKeyAdded, OpError> {
    let address = lookup::address(&op.address)?;
    if op.name.len() > NAME_MAX || op.name.chars().any(char::is_control) {
        return Err(OpError::usage(format!("names are one line of at most {NAME_MAX} bytes")));
    }
    let draft = desk.draft().await?;
    let place = Place::Address(address.clone());
    let Some((account, key)) = place.owner(&draft.config) else {
        return Err(OpError::not_found(format!("no account has the address {}", address.unicode()))
            .hint("`mox config address list` shows what is there"));
    };
    if op.account.as_deref().is_some_and(|only| only != account) {
        return Err(OpError::not_found(format!("{} is not an address of that account", address.unicode())));
    }
    let owner = lookup::account(&draft.config, account)?;
    let login = Place::of_key(key, owner).map_or_else(|| address.unicode(), |place| place.key());
    let spki = mox_tls::client_key(op.certificate.as_bytes()).map_err(|e| {
        OpError::usage(format!("not a certificate in PEM: {e}"))
            .hint("`mox config tlspubkey gen` makes a key and its certificate")
    })?;
    if let Some(known) = keys(&desk, None).await?.into_iter().find(|key| key.spki_sha256 == spki) {
        return Err(OpError::conflict(format!("the key logs in as {} already", known.address))
            .hint(format!("first `mox config tlspubkey rm {}`", hex(&spki))));
    }
    let key = ClientKey {
        spki_sha256: spki,
        account: account.to_owned(),
        address: login,
        name: op.name,
        added: desk.clock.now(),
    };
    if !op.dry_run {
        let new = key.clone();
        let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
            store.open_account(tx, &new.account)?;
            store.set_client_key(tx, &new.spki_sha256, &new.account, &new.address, &new.name)
        };
        desk.store().await?.write(write).await.map_err(failed)?;
        tracing::info!(account = key.account, fingerprint = hex(&spki), "TLS client key added");
    }
    Ok(ClientKeyAdded { key: row(key), dry_run: op.dry_run })
}

async fn removed(desk: Arc<Desk>, op: ClientKeyRemove) -> Result<ClientKeyAdded, OpError> {
    let wanted = fingerprint(&op.fingerprint)?;
    let found = keys(&desk, op.account).await?.into_iter().find(|key| key.spki_sha256 == wanted);
    let key = found.ok_or_else(|| missing(&wanted))?;
    if !op.dry_run {
        let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| store.remove_client_key(tx, &wanted);
        desk.store().await?.write(write).await.map_err(failed)?;
        tracing::info!(account = key.account, fingerprint = hex(&wanted), "TLS client key removed");
    }
    Ok(ClientKeyAdded { key: row(key), dry_run: op.dry_run })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_read_as_people_write_them() {
        let plain = "ab".repeat(32);
        let colons = vec!["AB"; 32].join(":");
        assert_eq!(fingerprint(&plain).unwrap(), [0xab; 32]);
        assert_eq!(fingerprint(&colons).unwrap(), [0xab; 32]);
        for bad in ["", "ab", &plain[1..], &format!("{plain}0"), &"xy".repeat(32), &"é".repeat(32)] {
            assert!(fingerprint(bad).is_err(), "{bad:?}");
        }
    }
}
