//! The keys that mail from our domains is signed with: read from their files when the configuration is loaded, so
//! that a bad one is known then and not when somebody sends.
//!
//! Selectors that `Sign` does not name are not read: their keys may still, or already, be elsewhere.
//! RFC 6376 §3.3, RFC 5958 (PKCS#8).

use std::collections::HashMap;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use mox_address::Domain;
use mox_dkim::{Canon, Canonicalization, SignOptions, SigningKey};

use crate::dkim::{DkimHash, Selector};
use crate::error::{Errors, Fault, Problem, Warning};
use crate::load::Config;

/// Largest key file that is read, in bytes.
const MAX_KEY_FILE: u64 = 64 << 10;

/// Keys by domain.
pub(crate) type DkimKeys = HashMap<Domain, Vec<(SignOptions, Arc<SigningKey>)>>;

impl Config {
    /// The keys to sign mail from a domain with; none when it is not signed.
    pub fn signers(&self, domain: &Domain) -> Vec<(SignOptions, Arc<SigningKey>)> {
        self.keys.get(domain).cloned().unwrap_or_default()
    }

    /// The same configuration with the key files read.
    pub(crate) fn with_keys(mut self) -> Result<Config, Errors> {
        let (mut errors, mut keys) = (Vec::new(), DkimKeys::new());
        for (domain, hosted) in &self.dynamic.domains {
            for name in &hosted.dkim.sign {
                // One that does not exist was reported before.
                let Some(selector) = hosted.dkim.selectors.get(name) else { continue };
                let path = ["Domains", domain.unicode(), "DKIM", "Selectors", name];
                match self.key(selector) {
                    Ok(key) => {
                        let signer = (options(domain, name, selector), Arc::new(key));
                        keys.entry(domain.clone()).or_default().push(signer);
                    }
                    Err(message) => {
                        errors.push(self.problem(&[&path[..], &["PrivateKeyFile"]].concat(), message));
                    }
                }
                if selector.hash == DkimHash::Sha1 {
                    let message = "sha1 is refused by receivers; mail is signed with sha256".to_owned();
                    let warning = self.problem(&[&path[..], &["Hash"]].concat(), message);
                    self.warnings.push(warning);
                }
            }
        }
        if !errors.is_empty() {
            return Err(Errors(errors));
        }
        self.keys = Arc::new(keys);
        Ok(self)
    }

    fn key(&self, selector: &Selector) -> Result<SigningKey, String> {
        let file = self.path(&selector.private_key_file);
        let pem = read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        SigningKey::from_pem(&pem).map_err(|e| format!("{}: {e}", file.display()))
    }

    fn problem(&self, path: &[&str], message: String) -> Warning {
        Problem {
            file: self.dynamic_file.clone(),
            at: Some(self.dynamic_tree.locate(path)),
            path: path.join("."),
            fault: Fault::Rule(message),
        }
    }
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(MAX_KEY_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn options(domain: &Domain, name: &str, selector: &Selector) -> SignOptions {
    let canon = |relaxed| if relaxed { Canon::Relaxed } else { Canon::Simple };
    let mut options = SignOptions::new(domain.clone(), name);
    options.canonicalization = Canonicalization {
        header: canon(selector.canonicalization.header_relaxed),
        body: canon(selector.canonicalization.body_relaxed),
    };
    if !selector.headers.is_empty() {
        options.headers = selector.headers.clone();
    }
    options.oversign = !selector.dont_seal_headers;
    options.expiration = Some(*selector.expiration).filter(|time| !time.is_zero());
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "DataDir: data\nLogLevel: info\nHostname: mx.example.org\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 127.0.0.1\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\n";

    fn config(folder: &Path, sign: &str) -> Result<Config, Errors> {
        let dynamic = format!(
            "Domains:\n\texample.org:\n\t\tDKIM:\n\t\t\tSelectors:\n\t\t\t\tgood:\n\t\t\t\t\tPrivateKeyFile: good.pem\n\t\t\t\tbad:\n\t\t\t\t\tPrivateKeyFile: bad.pem\n\t\t\t\tgone:\n\t\t\t\t\tPrivateKeyFile: gone.pem\n\t\t\tSign:\n\t\t\t\t- {sign}\nAccounts:\n\ta:\n\t\tDomain: example.org\n"
        );
        std::fs::write(folder.join("good.pem"), SigningKey::generate_ed25519().unwrap().to_pem().unwrap())
            .unwrap();
        std::fs::write(folder.join("bad.pem"), "no key").unwrap();
        std::fs::write(folder.join("mox.conf"), SERVER).unwrap();
        std::fs::write(folder.join("domains.conf"), dynamic).unwrap();
        Config::load(&folder.join("mox.conf")).map(|(config, _)| config)
    }

    #[test]
    fn keys_are_read_when_the_configuration_is() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), "good").unwrap();
        let signers = config.signers(&"example.org".parse().unwrap());
        let (options, _) = signers.first().unwrap();
        assert_eq!((options.selector.as_str(), options.oversign, signers.len()), ("good", true, 1));
        assert_eq!(options.canonicalization.to_string(), "simple/simple");
        assert!(config.signers(&"example.net".parse().unwrap()).is_empty());
    }

    #[test]
    fn a_bad_key_is_an_error_that_names_field_and_file() {
        let folder = tempfile::tempdir().unwrap();
        for (sign, says) in [("bad", "bad.pem: no private key in pem"), ("gone", "gone.pem: ")] {
            let errors = config(folder.path(), sign).unwrap_err().to_string();
            let field = format!("Domains.example.org.DKIM.Selectors.{sign}.PrivateKeyFile");
            assert!(errors.contains(&field) && errors.contains(says), "{errors}");
        }
    }
}
