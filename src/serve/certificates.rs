//! Certificates of listeners from the files that `mox.conf` names, read again when they change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mox_clock::{Clock, Timestamp};
use mox_config::Config;
use mox_config::listener::Listener;
use mox_tls::{Certificate, Certificates};

use crate::house::Error;
use crate::secrets::Secrets;

/// How often files are looked at.
const EVERY: Duration = Duration::from_secs(60);
/// How often it is said that a certificate ends soon.
const REMIND: Duration = Duration::from_secs(86_400);

/// Certificates of one listener and the files they come from.
pub(crate) struct FromFiles {
    pub(crate) certificates: Arc<Certificates>,
    /// Certificate and key of each.
    pairs: Vec<(PathBuf, PathBuf)>,
    seen: Vec<Option<SystemTime>>,
    /// Why the files cannot be used, while that is so. They are tried again then: a mode that is changed, of a file or
    /// of a folder above it, shows in no time of the file.
    trouble: Option<String>,
    /// Start and end of the certificate that ends first.
    life: Option<(Timestamp, Timestamp)>,
    /// When it was last said that it ends soon.
    reminded: Option<Timestamp>,
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
        let loaded = load(&pairs, secrets)?;
        // What was read with the rights of root may be out of reach now.
        let trouble = load(&pairs, &Secrets::default()).err().map(|error| error.to_string());
        if let Some(error) = &trouble {
            tracing::warn!(
                error,
                "these files cannot be read again: after a renewal restart the server; or let its user read them, and restart once"
            );
        }
        Ok(Some(FromFiles::new(pairs, &loaded, trouble)))
    }

    fn new(pairs: Vec<(PathBuf, PathBuf)>, loaded: &[Certificate], trouble: Option<String>) -> FromFiles {
        let (certificates, seen) = (Certificates::new(loaded), stamps(&pairs));
        FromFiles { certificates, seen, pairs, trouble, life: life(loaded), reminded: None }
    }

    /// Reads the files again if they changed, or could not be used; bad ones keep what was in effect.
    fn refresh(&mut self, now: Timestamp) {
        let found = stamps(&self.pairs);
        if found != self.seen || self.trouble.is_some() {
            self.seen = found;
            self.read_again();
        }
        self.remind(now);
    }

    fn read_again(&mut self) {
        match load(&self.pairs, &Secrets::default()) {
            Ok(new) => {
                self.certificates.set(&new);
                (self.trouble, self.life, self.reminded) = (None, life(&new), None);
                tracing::info!(certificates = new.len(), "certificates were read again");
            }
            Err(error) => {
                let trouble = Some(error.to_string());
                if trouble != self.trouble {
                    tracing::error!(%error, "new certificates cannot be used, the old ones stay");
                }
                self.trouble = trouble;
            }
        }
    }

    /// Says once a day that a certificate is in the last sixth of its life. Answers whether it said so.
    fn remind(&mut self, now: Timestamp) -> bool {
        let Some((start, end)) = self.life else { return false };
        let soon = end.since(now) <= end.since(start) / 6;
        if !soon || self.reminded.is_some_and(|last| now >= last && now.since(last) < REMIND) {
            return false;
        }
        self.reminded = Some(now);
        let (until, trouble) = (end.rfc3339(), self.trouble.as_deref());
        let file = self.pairs.first().map(|(certificate, _)| certificate.display().to_string());
        tracing::error!(until, file, trouble, "a certificate ends soon and was not renewed");
        true
    }
}

/// Start and end of the one that ends first.
fn life(all: &[Certificate]) -> Option<(Timestamp, Timestamp)> {
    all.iter().map(|one| (one.not_before(), one.not_after())).min_by_key(|(_, end)| *end)
}

/// Looks at the files of all listeners from time to time, for ever.
pub(crate) async fn watch(mut all: Vec<FromFiles>, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(EVERY).await;
        let now = clock.now();
        let looked = tokio::task::spawn_blocking(move || {
            all.iter_mut().for_each(|files| files.refresh(now));
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
        let loaded = load(&pairs, &Secrets::default()).unwrap();
        let mut files = FromFiles::new(pairs, &loaded, None);
        let first = files.certificates.fingerprint();
        let now = mox_clock::Timestamp::from_secs(1_700_000_000);
        files.refresh(now);
        assert_eq!(files.certificates.fingerprint(), first);
        write(2);
        files.refresh(now);
        let second = files.certificates.fingerprint();
        assert_ne!(second, first);
        std::fs::write(&pair.0, "half a file").unwrap();
        touch(&pair.0, 3);
        files.refresh(now);
        assert_eq!(files.certificates.fingerprint(), second);
        assert!(files.trouble.is_some());
        // As when only a mode is changed: no time of the files tells.
        write(3);
        let key = std::fs::metadata(&pair.1).unwrap().modified().unwrap();
        files.seen = vec![files.seen[0], Some(key)];
        files.refresh(now);
        assert_ne!(files.certificates.fingerprint(), second);
        assert_eq!(files.trouble, None);
    }

    #[test]
    fn the_end_of_a_certificate_is_told_once_a_day() {
        let at = |secs: i64| Timestamp::from_secs(1_700_000_000 + secs);
        let made = mox_tls::self_signed(&["a.example"], at(0), Duration::from_secs(60 * 86_400)).unwrap();
        let one = Certificate::from_pem(made.cert_pem.as_bytes(), made.key_pem.as_bytes()).unwrap();
        let mut files = FromFiles::new(Vec::new(), &[one], None);
        let days = [0, 40, 51, 51, 52, 61, 51].map(|day| files.remind(at(day * 86_400)));
        assert_eq!(days, [false, false, true, false, true, true, true], "the clock may go back");
    }

    fn touch(path: &Path, secs: u64) {
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(secs)).unwrap();
    }
}
