//! The keys: two for TLS, so that DANE records can be published before a certificate is there, and three for DKIM.
//!
//! DKIM: an RSA key, which every receiver verifies, and an Ed25519 key beside it (RFC 8463) sign; a second RSA key is
//! published and kept for the day when the first has to go. TLS: RSA and ECDSA P-256, as authorities issue for both.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mox_address::Domain;
use mox_clock::Clock;
use mox_dkim::SigningKey;

use crate::make::Error;

/// How long a certificate of our own is valid: nobody verifies it, so there is no use in an end.
const LIFETIME: Duration = Duration::from_secs(10 * 365 * 86_400);

/// A DKIM key to be.
pub(crate) struct Signing {
    /// Its selector.
    pub(crate) selector: String,
    /// File, relative to the folder of domains.conf.
    pub(crate) file: PathBuf,
    /// RSA, else Ed25519.
    pub(crate) rsa: bool,
    /// Whether mail is signed with it from the start.
    pub(crate) signs: bool,
}

/// The DKIM keys of a domain.
pub(crate) fn signing(year: i64, domain: &Domain) -> [Signing; 3] {
    [("a", true, true), ("ae", false, true), ("b", true, false)].map(|(letter, rsa, signs)| {
        let selector = format!("{year}{letter}");
        let kind = if rsa { "rsa2048" } else { "ed25519" };
        let file = Path::new("dkim").join(format!("{selector}._domainkey.{}.{kind}.pem", domain.ascii()));
        Signing { selector, file, rsa, signs }
    })
}

impl Signing {
    pub(crate) fn make(&self) -> Result<String, Error> {
        let key = if self.rsa { SigningKey::generate_rsa(2048) } else { SigningKey::generate_ed25519() };
        key.and_then(|key| key.to_pem()).map_err(|e| Error::Key(e.to_string()))
    }
}

/// Where the keys and the certificate of a host are, relative to the folder of mox.conf.
pub(crate) struct Host {
    pub(crate) rsa: PathBuf,
    pub(crate) ecdsa: PathBuf,
    pub(crate) certificate: PathBuf,
}

impl Host {
    pub(crate) fn of(host: &Domain) -> Host {
        let name = host.ascii();
        let keys = Path::new("hostkeys");
        Host {
            rsa: keys.join(format!("{name}.rsa2048.pem")),
            ecdsa: keys.join(format!("{name}.ecdsap256.pem")),
            certificate: Path::new("certificates").join(format!("{name}.pem")),
        }
    }
}

pub(crate) fn rsa() -> Result<String, Error> {
    let key = SigningKey::generate_rsa(2048).and_then(|key| key.to_pem());
    key.map_err(|e| Error::Key(e.to_string()))
}

/// An ECDSA key, and a certificate that it signed itself.
pub(crate) fn ecdsa(host: &Domain, domain: &Domain, clock: &dyn Clock) -> Result<(String, String), Error> {
    let policy_host = format!("mta-sts.{}", domain.ascii());
    let pair = mox_tls::self_signed(&[host.ascii(), &policy_host], clock.now(), LIFETIME);
    let pair = pair.map_err(|e| Error::Key(e.to_string()))?;
    Ok((pair.key_pem, pair.cert_pem))
}
