//! Files that only root may read: read before privileges are given up, and asked for by their paths after.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mox_config::Config;

/// Largest file that is kept; certificates and keys are a hundredth of that.
const MAX_BYTES: u64 = 1 << 20;

/// Contents by path.
#[derive(Default, Clone)]
pub struct Secrets(HashMap<PathBuf, Vec<u8>>);

impl Secrets {
    /// Reads the certificates and keys that `mox.conf` names. What cannot be read is left out: whoever needs it says so.
    pub fn of(config: &Config) -> Secrets {
        let files = named(config).into_iter();
        Secrets(files.filter_map(|path| Some((path.clone(), whole(&path).ok()?))).collect())
    }

    /// The content of a file: what was read, or else what is there now.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.0.get(path) {
            Some(content) => Ok(content.clone()),
            None => whole(path),
        }
    }
}

/// Shows how much there is, never what.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} files", self.0.len())
    }
}

fn whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut content)?;
    match content.len() as u64 > MAX_BYTES {
        true => Err(io::Error::new(io::ErrorKind::FileTooLarge, "too large for a key or certificate")),
        false => Ok(content),
    }
}

/// Files of `mox.conf` that only root may need to read.
pub(crate) fn named(config: &Config) -> Vec<PathBuf> {
    let server = &config.server;
    let tls = server.listeners.values().filter_map(|listener| listener.tls.as_ref());
    let mut files = Vec::new();
    for tls in tls {
        files.extend(tls.key_certs.iter().flat_map(|pair| [&pair.cert_file, &pair.key_file]));
        files.extend(&tls.host_private_key_files);
    }
    files.extend(server.tls.ca.iter().flat_map(|ca| &ca.cert_files));
    let bindings = server.acme.values().filter_map(|acme| acme.external_account_binding.as_ref());
    files.extend(bindings.map(|binding| &binding.key_file));
    files.into_iter().map(|file| config.path(file)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_stays_and_the_rest_is_read_when_asked() {
        let dir = tempfile::tempdir().unwrap();
        let (kept, new) = (dir.path().join("kept"), dir.path().join("new"));
        let secrets = Secrets([(kept.clone(), b"secret".to_vec())].into());
        std::fs::write(&new, "new").unwrap();
        assert_eq!(secrets.read(&kept).unwrap(), b"secret");
        assert_eq!(secrets.read(&new).unwrap(), b"new");
        assert!(secrets.read(&dir.path().join("none")).is_err());
        assert_eq!(format!("{secrets:?}"), "1 files");
        std::fs::write(&new, vec![0; MAX_BYTES as usize + 1]).unwrap();
        assert!(secrets.read(&new).is_err());
    }
}
