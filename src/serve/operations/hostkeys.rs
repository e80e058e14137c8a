//! Keys of this host: certificates in files, and the private keys that certificates are made for, now and later.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use mox_admin::ops::{FileCertificateList, FileCertificateRow, HostKeyList, HostKeyRow, HostKeyUse};
use mox_admin::{OpError, Operations, Time};
use mox_config::Config;
use mox_tls::{Facts, PublicPart};

use super::Parts;
use super::certificates::hex;
use crate::authorities::Authorities;

/// Longest file of a certificate that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (config, authorities) = (parts.config.clone(), parts.authorities.clone());
    operations
        .on(move |_: FileCertificateList| {
            let config = config.load();
            async move {
                // Files may be slow.
                let read = tokio::task::spawn_blocking(move || files(&config));
                read.await.map_err(OpError::failed)
            }
        })
        .on(move |_: HostKeyList| std::future::ready(Ok(keys(&authorities))))
}

fn files(config: &Config) -> Vec<FileCertificateRow> {
    let pairs = config.server.listeners.iter().flat_map(|(name, listener)| {
        listener.tls.iter().flat_map(|tls| &tls.key_certs).map(move |pair| (name, &pair.cert_file))
    });
    pairs.map(|(listener, file)| in_file(listener, &config.path(file))).collect()
}

fn in_file(listener: &str, path: &Path) -> FileCertificateRow {
    let row = FileCertificateRow {
        listener: listener.to_owned(),
        file: path.display().to_string(),
        ..FileCertificateRow::default()
    };
    match facts(path) {
        Ok(facts) => FileCertificateRow {
            names: facts.names,
            issuer: Some(facts.issuer),
            not_before: Some(Time(facts.not_before)),
            not_after: Some(Time(facts.not_after)),
            tlsa: Some(hex(&facts.spki_sha256)),
            ..row
        },
        Err(error) => FileCertificateRow { error: Some(error), ..row },
    }
}

fn facts(path: &Path) -> Result<Facts, String> {
    let mut pem = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(MAX_FILE).read_to_end(&mut pem).map_err(|e| e.to_string())?;
    let part = PublicPart::from_pem(&pem).map_err(|e| e.to_string())?;
    let facts = part.certificate.and_then(|der| Facts::of(&der));
    facts.ok_or_else(|| "the file has no certificate".to_owned())
}

fn keys(authorities: &Authorities) -> Vec<HostKeyRow> {
    let states = authorities.states();
    let row = |key: crate::authorities::NamedKey| {
        let served =
            |state: &&mox_acme::State| state.name == key.host && state.spki_sha256 == Some(key.spki_sha256);
        let tlsa = hex(&key.spki_sha256);
        HostKeyRow {
            served: states.iter().find(served).is_some(),
            use_: if key.first { HostKeyUse::Current } else { HostKeyUse::Next },
            record: format!("_25._tcp.{}. TLSA 3 1 1 {tlsa}", key.host),
            host: key.host,
            file: key.file,
            key: key.kind.to_owned(),
            tlsa,
        }
    };
    authorities.named_keys().into_iter().map(row).collect()
}
