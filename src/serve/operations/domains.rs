//! `mox config domain`: domains are added with keys to sign with, changed, disabled and removed.
//!
//! Key files are written, durably, before the configuration that names them; a crash in between leaves files that
//! nothing refers to. When the configuration is refused, they are removed again.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mox_address::Domain;
use mox_admin::ops::{
    ConfigChanged, DkimSelector, DomainAdd, DomainDetail, DomainDisable, DomainList, DomainRemove, DomainRow,
    DomainSet, DomainShow,
};
use mox_admin::{OpError, Operations};
use mox_clock::Timestamp;
use mox_config::Config;
use mox_config::account::Destination;
use mox_config::dkim::{Canonicalization, Dkim, DkimHash, Selector};
use mox_config::domain::{Dynamic, HostedDomain};
use mox_config::edit::Draft;
use mox_config::mtasts::{MtaSts, MtaStsMode};
use mox_config::reports::ReportAddress;
use mox_config::ser::{to_text, to_value};
use mox_config::tree::Tree;
use mox_config::values::Interval;
use mox_dkim::SigningKey;
use mox_platform::files::{Access, create, create_private_dir, sync_dir};

use super::destinations::{one_line, put};
use super::lookup::{self, Place};
use crate::desk::{Desk, unedited};

/// How long others keep a new policy: short, until it has proven itself.
const POLICY_AGE: Interval = Interval::secs(24 * 3600);
/// Signatures count this long: mail can be on its way for days.
const EXPIRATION: Interval = Interval::secs(72 * 3600);
const RSA_BITS: u32 = 2048;
/// Largest key file that is read, in bytes.
const MAX_KEY_FILE: u64 = 64 << 10;

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let d = || desk.clone();
    let (list, show, make, remove, disable, set) = (d(), d(), d(), d(), d(), d());
    operations
        .on(move |_: DomainList| all(list.clone()))
        .on(move |op: DomainShow| one(show.clone(), op))
        .on(move |op: DomainAdd| added(make.clone(), op))
        .on(move |op: DomainRemove| removed(remove.clone(), op))
        .on(move |op: DomainDisable| disabled(disable.clone(), op))
        .on(move |op: DomainSet| changed(set.clone(), op))
}

async fn all(desk: Arc<Desk>) -> Result<Vec<DomainRow>, OpError> {
    let draft = desk.draft().await?;
    let config = &draft.config;
    Ok(config.dynamic.domains.iter().map(|(name, hosted)| row(config, name, hosted)).collect())
}

fn row(config: &Config, domain: &Domain, hosted: &HostedDomain) -> DomainRow {
    let addresses = super::addresses::rows(config, |_, place| place.domain() == domain).len() as u64;
    DomainRow {
        domain: domain.unicode().to_owned(),
        disabled: hosted.disabled,
        reports_only: config.reports_only(domain),
        addresses,
        aliases: hosted.aliases.len() as u64,
        dkim: hosted.dkim.sign.clone(),
        mtasts: hosted.mtasts.as_ref().map(|p| p.mode.as_str().to_owned()).unwrap_or_default(),
        description: hosted.description.clone(),
    }
}

async fn one(desk: Arc<Desk>, op: DomainShow) -> Result<DomainDetail, OpError> {
    let draft = desk.draft().await?;
    let domain = lookup::domain(&op.domain)?;
    let hosted = lookup::hosted(&draft.config, &domain)?;
    let mut dynamic = Dynamic::default();
    dynamic.domains.insert(domain.clone(), hosted.clone());
    let aliases = hosted.aliases.iter();
    let client_host = hosted.client_settings_domain.as_ref().unwrap_or(&draft.config.server.hostname);
    Ok(DomainDetail {
        selectors: selectors(&draft.config, &domain, hosted),
        client_host: client_host.unicode().to_owned(),
        separators: hosted.separators().into_iter().map(str::to_owned).collect(),
        case_sensitive: hosted.localpart_case_sensitive,
        row: row(&draft.config, &domain, hosted),
        addresses: super::addresses::rows(&draft.config, |_, place| *place.domain() == domain),
        aliases: aliases.map(|(name, alias)| super::aliases::row(name, &domain, alias)).collect(),
        config: lookup::excerpt(&to_text(&dynamic, &|_| None).map_err(OpError::failed)?),
    })
}

/// The keys of a domain; those whose files cannot be read are without their records.
fn selectors(config: &Config, domain: &Domain, hosted: &HostedDomain) -> Vec<DkimSelector> {
    let row = |(name, selector): (&String, &Selector)| {
        let record = key_record(&config.path(&selector.private_key_file));
        DkimSelector {
            selector: name.clone(),
            signs: hosted.dkim.sign.contains(name),
            algorithm: record.as_ref().map(|record| record.key_type.clone()).unwrap_or_default(),
            file: selector.private_key_file.display().to_string(),
            name: format!("{name}._domainkey.{}", domain.ascii()),
            record: record.map(|record| record.to_string()).unwrap_or_default(),
        }
    };
    hosted.dkim.selectors.iter().map(row).collect()
}

fn key_record(file: &Path) -> Option<mox_dkim::Record> {
    let mut pem = Vec::new();
    std::fs::File::open(file).ok()?.take(MAX_KEY_FILE).read_to_end(&mut pem).ok()?;
    SigningKey::from_pem(&pem).and_then(|key| key.record()).ok()
}

/// A key of a new domain.
#[derive(Clone)]
struct NewKey {
    selector: String,
    rsa: bool,
    /// Relative to the folder of the configuration.
    file: PathBuf,
}

/// Two keys: old receivers know RSA only, and Ed25519 is short in DNS.
fn new_keys(domain: &Domain, now: Timestamp) -> Vec<NewKey> {
    let (year, month, day) = now.day().civil();
    let (hour, minute, second) = now.time_of_day();
    let stamp = format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}");
    let key = |letter: char, rsa: bool, kind: &str| {
        let selector = format!("{year}{letter}");
        let name = format!("{selector}._domainkey.{}.{stamp}.{kind}.privatekey.pkcs8.pem", domain.ascii());
        NewKey { selector, rsa, file: Path::new("dkim").join(name) }
    };
    vec![key('a', false, "ed25519"), key('b', true, "rsa2048")]
}

/// The section of a new domain; with a policy where there is a port that serves it.
fn section(op: &DomainAdd, keys: &[NewKey], now: Timestamp, policy: bool) -> HostedDomain {
    let selector = |key: &NewKey| Selector {
        hash: DkimHash::Sha256,
        canonicalization: Canonicalization { header_relaxed: true, body_relaxed: true },
        headers: Vec::new(),
        dont_seal_headers: false,
        expiration: EXPIRATION,
        private_key_file: key.file.clone(),
    };
    let reports = |localpart: &str, mailbox: &str| ReportAddress {
        localpart: localpart.to_owned(),
        domain: None,
        account: op.account.clone(),
        mailbox: mailbox.to_owned(),
    };
    let id: String = now.rfc3339().chars().filter(char::is_ascii_alphanumeric).collect();
    HostedDomain {
        disabled: op.disabled,
        dkim: Dkim {
            selectors: keys.iter().map(|key| (key.selector.clone(), selector(key))).collect(),
            sign: keys.iter().map(|key| key.selector.clone()).collect(),
        },
        dmarc: Some(reports("dmarcreports", "DMARC")),
        tlsrpt: Some(reports("tlsreports", "TLSRPT")),
        mtasts: policy.then(|| MtaSts {
            policy_id: id,
            mode: MtaStsMode::Testing,
            max_age: POLICY_AGE,
            mx: Vec::new(),
        }),
        ..HostedDomain::default()
    }
}

async fn added(desk: Arc<Desk>, op: DomainAdd) -> Result<ConfigChanged, OpError> {
    let domain = lookup::domain(&op.domain)?;
    let first = match &op.localpart {
        Some(localpart) => Some(Place::Address(lookup::address(&format!("{localpart}@{}", domain.ascii()))?)),
        None => None,
    };
    let now = desk.clock.now();
    let keys = new_keys(&domain, now);
    let (what, dry_run) = (format!("domain add {} {}", domain.unicode(), op.account), op.dry_run);
    let (named, files) = (domain.clone(), keys.clone());
    let edit = move |draft: &mut Draft| {
        lookup::account(&draft.config, &op.account)?;
        if draft.config.dynamic.domains.contains_key(&named) {
            let at = lookup::at(draft, &["Domains", &lookup::domain_key(draft, &named)]);
            return Err(OpError::conflict(format!("{at}: the domain exists already"))
                .hint(format!("`mox config domain show {}` shows it", named.unicode())));
        }
        let policy = draft.config.server.listeners.values().any(|listener| listener.mtasts_https.enabled);
        let value = to_value(&section(&op, &keys, now, policy));
        draft.tree.insert(&["Domains", named.unicode()], &value).map_err(unedited)?;
        if let Some(place) = &first {
            let path = ["Accounts", op.account.as_str(), "Destinations", &place.key()];
            draft.tree.insert(&path, &to_value(&Destination::default())).map_err(unedited)?;
        }
        let mut notes = vec![format!("`mox dnsrecords {}` prints the records to publish", named.unicode())];
        if !policy {
            notes.push(
                "no MTA-STS policy: no listener of mox.conf has MTASTSHTTPS enabled to serve it".to_owned(),
            );
        }
        Ok(notes)
    };
    // Refusals come before keys are made.
    let preview = desk.preview(what.clone(), edit.clone()).await?;
    if dry_run {
        return Ok(preview);
    }
    desk.hold().await?;
    let folder = desk.config.load().path(Path::new(""));
    let written = desk.work(move |_| write_keys(&folder, &files)).await?;
    match desk.change(what, false, edit).await {
        Ok(mut answer) => {
            answer.notes.splice(0..0, written.iter().map(|file| format!("key file {}", file.display())));
            Ok(answer)
        }
        Err(e) => {
            desk.work(move |_| {
                written.iter().for_each(|file| drop(std::fs::remove_file(file)));
                Ok(())
            })
            .await?;
            Err(e)
        }
    }
}

/// Makes the keys and writes their files, all or none.
fn write_keys(folder: &Path, keys: &[NewKey]) -> Result<Vec<PathBuf>, OpError> {
    let mut written = Vec::new();
    for key in keys {
        let file = folder.join(&key.file);
        if let Err(e) = write_key(&file, key.rsa) {
            written.iter().for_each(|file| drop(std::fs::remove_file(file)));
            return Err(OpError::failed(format!("{}: {e}", file.display())).hint("nothing was changed"));
        }
        written.push(file);
    }
    Ok(written)
}

fn write_key(file: &Path, rsa: bool) -> std::io::Result<()> {
    let key = if rsa { SigningKey::generate_rsa(RSA_BITS) } else { SigningKey::generate_ed25519() };
    let pem = key.and_then(|key| key.to_pem()).map_err(std::io::Error::other)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    create_private_dir(folder)?;
    let mut made = create(file, Access::Private)?;
    if let Err(e) = made.write_all(pem.as_bytes()).and_then(|()| made.sync_all()) {
        drop(std::fs::remove_file(file));
        return Err(e);
    }
    sync_dir(folder)
}

async fn removed(desk: Arc<Desk>, op: DomainRemove) -> Result<ConfigChanged, OpError> {
    let domain = lookup::domain(&op.domain)?;
    let what = format!("domain rm {}", domain.unicode());
    let edit = move |draft: &mut Draft| {
        let hosted = lookup::hosted(&draft.config, &domain)?;
        let files: Vec<String> =
            hosted.dkim.selectors.values().map(|key| key.private_key_file.display().to_string()).collect();
        unused(draft, &domain)?;
        let key = lookup::domain_key(draft, &domain);
        draft.tree.remove(&["Domains", &key]).map_err(unedited)?;
        let mut notes = vec![format!("the records of {} in DNS can go", domain.unicode())];
        if !files.is_empty() {
            notes.push(format!("its key files stay: {}", files.join(", ")));
        }
        Ok(notes)
    };
    desk.change(what, op.dry_run, edit).await
}

/// Refuses to remove a domain that something needs.
fn unused(draft: &Draft, domain: &Domain) -> Result<(), OpError> {
    let config = &draft.config;
    let cannot = |at: String| {
        OpError::conflict(format!("{} cannot be removed, it is needed by {at}", domain.unicode()))
    };
    for (name, account) in &config.dynamic.accounts {
        for key in account.destinations.keys() {
            if let Some(place) = Place::of_key(key, account)
                && place.domain() == domain
            {
                let at = lookup::at(draft, &["Accounts", name, "Destinations", key]);
                return Err(cannot(at).hint(format!("first `mox config address rm {}`", place.key())));
            }
        }
        if account.domain == *domain {
            return Err(cannot(lookup::at(draft, &["Accounts", name, "Domain"]))
                .hint("give the account another Domain first, or remove it"));
        }
    }
    for (other, hosted) in &config.dynamic.domains {
        for (field, reports) in [("DMARC", &hosted.dmarc), ("TLSRPT", &hosted.tlsrpt)] {
            if other != domain && reports.as_ref().and_then(|to| to.domain.as_ref()) == Some(domain) {
                let key = lookup::domain_key(draft, other);
                return Err(cannot(lookup::at(draft, &["Domains", &key, field, "Domain"]))
                    .hint("let its reports arrive at another domain first"));
            }
        }
    }
    Ok(())
}

async fn changed(desk: Arc<Desk>, op: DomainSet) -> Result<ConfigChanged, OpError> {
    let domain = lookup::domain(&op.domain)?;
    let description = op.description.map(|text| one_line("the description", &text)).transpose()?;
    let separators = op.separators.map(separators).transpose()?;
    let what = format!("domain set {}", domain.unicode());
    let edit = move |draft: &mut Draft| {
        let hosted = lookup::hosted(&draft.config, &domain)?.clone();
        let key = lookup::domain_key(draft, &domain);
        let path = ["Domains", key.as_str()];
        if let Some(text) = &description {
            put(&mut draft.tree, &path, "Description", text)?;
        }
        if let Some(all) = separators.as_ref().filter(|all| hosted.separators() != **all) {
            put_separators(&mut draft.tree, &path, all)?;
        }
        if let Some(sensitive) = op.case_sensitive.filter(|now| *now != hosted.localpart_case_sensitive) {
            put(&mut draft.tree, &path, "LocalpartCaseSensitive", if sensitive { "true" } else { "" })?;
        }
        Ok(Vec::new())
    };
    desk.change(what, op.dry_run, edit).await
}

/// Separators as they were given; whether the domain takes them is checked with the file.
fn separators(all: Vec<String>) -> Result<Vec<String>, OpError> {
    let all = all.iter().map(|text| one_line("a separator", text)).collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().filter(|text| !text.is_empty()).collect())
}

/// One stands in a key of its own, several in a list.
fn put_separators(tree: &mut Tree, path: &[&str], all: &[String]) -> Result<(), OpError> {
    const ONE: &str = "LocalpartCatchallSeparator";
    const SEVERAL: &str = "LocalpartCatchallSeparators";
    let at = |key| path.iter().copied().chain([key]).collect::<Vec<&str>>();
    if tree.get(&at(SEVERAL)).is_some() {
        tree.remove(&at(SEVERAL)).map_err(unedited)?;
    }
    match all {
        [] => put(tree, path, ONE, ""),
        [one] => put(tree, path, ONE, one),
        several => {
            put(tree, path, ONE, "")?;
            tree.insert(&at(SEVERAL), &to_value(&several.to_vec())).map_err(unedited)
        }
    }
}

async fn disabled(desk: Arc<Desk>, op: DomainDisable) -> Result<ConfigChanged, OpError> {
    let domain = lookup::domain(&op.domain)?;
    let what = format!("domain {} {}", if op.disabled { "disable" } else { "enable" }, domain.unicode());
    let edit = move |draft: &mut Draft| {
        let hosted = lookup::hosted(&draft.config, &domain)?;
        let key = lookup::domain_key(draft, &domain);
        let path = ["Domains", key.as_str(), "Disabled"];
        match op.disabled {
            true => draft.tree.set(&path, "true").map_err(unedited)?,
            false if hosted.disabled => draft.tree.remove(&path).map_err(unedited)?,
            false => {}
        }
        Ok(Vec::new())
    };
    desk.change(what, op.dry_run, edit).await
}
