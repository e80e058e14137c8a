//! What is kept in files: the account, and each certificate with the key that was made for it.
//!
//! One file a certificate, `certificates/NAME.KIND.pem`: its key, unless that was given, then the chain. Written
//! durably, private.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use mox_platform::files::{Access, create_private_dir, write_durably};
use mox_tls::{Certificate, KeyKind, PrivateKey};

/// Most bytes of a file that are read.
const MAX_FILE: u64 = 256 * 1024;

/// The folder of one authority.
#[derive(Debug, Clone)]
pub(crate) struct Stored(pub(crate) PathBuf);

impl Stored {
    /// The account as it was kept; none at the first start.
    pub(crate) fn account(&self) -> io::Result<Option<Vec<u8>>> {
        read(&self.account_file())
    }

    /// Keeps the account.
    pub(crate) fn keep_account(&self, json: &[u8]) -> io::Result<()> {
        create_private_dir(&self.0)?;
        write_durably(&self.account_file(), json, Access::Private)
    }

    /// The key and certificate of a name. A file that cannot be used is as good as none, and said in the log.
    pub(crate) fn certificate(
        &self,
        name: &str,
        kind: KeyKind,
        given: Option<&PrivateKey>,
    ) -> (Option<PrivateKey>, Option<Certificate>) {
        let path = self.certificate_file(name, kind);
        let pem = match read(&path) {
            Ok(Some(pem)) => pem,
            Ok(None) => return (None, None),
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "a stored certificate cannot be read");
                return (None, None);
            }
        };
        let key = match given.cloned().map_or_else(|| PrivateKey::from_pem(&pem), Ok) {
            Ok(key) => key,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "the key of a stored certificate cannot be used");
                return (None, None);
            }
        };
        match key.with_chain(&pem) {
            Ok(certificate) => (Some(key), Some(certificate)),
            Err(error) => {
                let path = path.display();
                tracing::warn!(%path, %error, "a stored certificate cannot be used, it will be asked for anew");
                (Some(key), None)
            }
        }
    }

    /// Keeps a certificate; `own` is the key that was made for it.
    pub(crate) fn keep_certificate(
        &self,
        name: &str,
        kind: KeyKind,
        own: Option<&PrivateKey>,
        chain: &str,
    ) -> io::Result<()> {
        create_private_dir(&self.0.join("certificates"))?;
        let key = own.map(PrivateKey::to_pem).unwrap_or_default();
        let text = format!("{key}{chain}");
        write_durably(&self.certificate_file(name, kind), text.as_bytes(), Access::Private)
    }

    fn account_file(&self) -> PathBuf {
        self.0.join("account.json")
    }

    fn certificate_file(&self, name: &str, kind: KeyKind) -> PathBuf {
        self.0.join("certificates").join(format!("{name}.{kind}.pem"))
    }
}

/// The key that was made for the certificate of a name, in the folder of an authority; none where none was.
pub fn kept_key(dir: &Path, name: &str, kind: KeyKind) -> Option<PrivateKey> {
    Stored(dir.to_owned()).certificate(name, kind, None).0
}

/// The content of a file; none where there is no file.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::metadata(path) {
        Ok(data) if data.len() > MAX_FILE => Err(io::Error::other("too long for what it should be")),
        Ok(_) => std::fs::read(path).map(Some),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_tls::sim::Authority;
    use std::time::Duration;

    #[test]
    fn certificates_come_back_with_their_keys() {
        let dir = tempfile::tempdir().unwrap();
        let stored = Stored(dir.path().join("ca"));
        assert!(stored.account().unwrap().is_none());
        stored.keep_account(b"{}").unwrap();
        assert_eq!(stored.account().unwrap().as_deref(), Some(b"{}".as_slice()));

        let key = PrivateKey::generate(KeyKind::Ecdsa).unwrap();
        let authority = Authority::new();
        let day = Duration::from_secs(86_400);
        let made = authority.issue_for(&key.to_pem(), &["a.example"], Timestamp::from_secs(0), day).unwrap();
        let chain = crate::tests::pem(&made);
        assert!(stored.certificate("a.example", KeyKind::Ecdsa, None).1.is_none());
        stored.keep_certificate("a.example", KeyKind::Ecdsa, Some(&key), &chain).unwrap();
        let (own, certificate) = stored.certificate("a.example", KeyKind::Ecdsa, None);
        assert_eq!(own.unwrap().spki(), key.spki());
        assert_eq!(certificate.unwrap().sha256(), made.sha256());
        let file = stored.certificate_file("a.example", KeyKind::Ecdsa);
        assert!(!mox_platform::files::is_exposed(&file).unwrap());

        // With a key that was given, none is in the file; another given key means another certificate.
        stored.keep_certificate("a.example", KeyKind::Ecdsa, None, &chain).unwrap();
        assert!(stored.certificate("a.example", KeyKind::Ecdsa, None).0.is_none());
        assert!(stored.certificate("a.example", KeyKind::Ecdsa, Some(&key)).1.is_some());
        let other = PrivateKey::generate(KeyKind::Ecdsa).unwrap();
        assert!(stored.certificate("a.example", KeyKind::Ecdsa, Some(&other)).1.is_none());
    }
}
