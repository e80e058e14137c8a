//! Certificates of listeners from the files that `mox.conf` names, read again when they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mox_clock::Clock;
use mox_config::Config;
use mox_config::listener::Listener;
use mox_tls::{Certificate, Certificates};

use crate::house::Error;
use crate::secrets::Secrets;

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(60);

/// Certificates of one listener and the files they come from.
pub(crate) struct FromFiles {
    pub(crate) certificates: Arc<Certificates>,
    /// Certificate and key of each.
    pairs: Vec<(PathBuf, PathBuf)>,
    seen: Vec<Option<SystemTime>>,
}

impl FromFiles {
    /// Reads what a listener names; none when it names no files.
    pub(crate) fn read(
        config: &Config,
        listener: &Listener,
        secrets: &Secrets,
    ) -> Result<Option<FromFiles>, Error> {
        let named = listener.tls.iter().flat_map(|tls| &tls.key_certs);
        let pairs: Vec<_> =
            named.map(|pair| (config.path(&pair.cert_file), config.path(&pair.key_file))).collect();
        if pairs.is_empty() {
            return Ok(None);
        }
        let seen = stamps(&pairs);
        let certificates = Certificates::new(&load(&pairs, secrets)?);
        Ok(Some(FromFiles { certificates, pairs, seen }))
    }

    /// Reads the files again if they changed; bad ones keep what was in effect.
    fn refresh(&mut self) {
        let now = stamps(&self.pairs);
        if now == self.seen {
            return;
        }
        self.seen = now;
        match load(&self.pairs, &Secrets::default()) {
            Ok(new) => {
                self.certificates.set(&new);
                tracing::info!(certificates = new.len(), "certificates were read again");
            }
            Err(error) => tracing::error!(%error, "new certificates cannot be used, the old ones stay"),
        }
    }
}

/// Looks at the files of all listeners from time to time, for ever.
pub(crate) async fn watch(mut all: Vec<FromFiles>, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(EVERY).await;
        let looked = tokio::task::spawn_blocking(move || {
            all.iter_mut().for_each(FromFiles::refresh);
            all
        });
        match looked.await {
            Ok(back) => all = back,
            Err(error) => return tracing::error!(%error, "looking at certificates failed"),
        }
    }
}

fn stamps(pairs: &[(PathBuf, PathBuf)]) -> Vec<Option<SystemTime>> {
    let modified = |path: &PathBuf| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    pairs.iter().flat_map(|(cert, key)| [modified(cert), modified(key)]).collect()
}

fn load(pairs: &[(PathBuf, PathBuf)], secrets: &Secrets) -> Result<Vec<Certificate>, Error> {
    let read =
        |path: &Path| secrets.read(path).map_err(|source| Error::File { path: path.to_owned(), source });
    let one = |(cert, key): &(PathBuf, PathBuf)| {
        Certificate::from_pem(&read(cert)?, &read(key)?)
            .map_err(|e| Error::Tls { path: cert.clone(), reason: e.to_string() })
    };
    pairs.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewed_certificate_is_taken_and_a_bad_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let pair = (dir.path().join("a.crt"), dir.path().join("a.key"));
        let write = |at: u64| {
            let now = mox_clock::Timestamp::from_secs(1_700_000_000);
            let made = mox_tls::self_signed(&["a.example"], now, Duration::from_secs(86_400)).unwrap();
            std::fs::write(&pair.0, made.cert_pem).unwrap();
            std::fs::write(&pair.1, made.key_pem).unwrap();
            touch(&pair.0, at);
        };
        write(1);
        let pairs = vec![pair.clone()];
        let certificates = Certificates::new(&load(&pairs, &Secrets::default()).unwrap());
        let mut files = FromFiles { certificates, seen: stamps(&pairs), pairs };
        let first = files.certificates.fingerprint();
        files.refresh();
        assert_eq!(files.certificates.fingerprint(), first);
        write(2);
        files.refresh();
        let second = files.certificates.fingerprint();
        assert_ne!(second, first);
        std::fs::write(&pair.0, "half a file").unwrap();
        touch(&pair.0, 3);
        files.refresh();
        assert_eq!(files.certificates.fingerprint(), second);
    }

    fn touch(path: &Path, secs: u64) {
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(secs)).unwrap();
    }
}
