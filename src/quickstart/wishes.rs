//! What the operator asks for, and which of it cannot be.

use std::net::IpAddr;
use std::path::PathBuf;

use mox_address::{Address, Domain};

/// The directory of Let's Encrypt, where certificates come from unless the operator says otherwise.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// Localparts where reports arrive.
pub(crate) const DMARC_REPORTS: &str = "dmarcreports";
pub(crate) const TLS_REPORTS: &str = "tlsreports";

/// An authority that gives certificates on demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acme {
    /// URL of its directory.
    pub directory: String,
    /// Where it may write to; the new address if none.
    pub contact: Option<Address>,
}

/// What the operator asks for.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// The first address: its domain is the one that mail is received for.
    pub address: Address,
    /// Name of the mail host; else it is found out.
    pub hostname: Option<Domain>,
    /// Addresses to listen on; else those of the machine.
    pub ips: Vec<IpAddr>,
    /// Addresses that others see.
    pub nat_ips: Vec<IpAddr>,
    /// Ports 80 and 443 belong to another web server.
    pub existing_webserver: bool,
    /// Connect to nobody.
    pub skip_dial: bool,
    /// Where certificates come from; none for one that is made here, to be replaced.
    pub acme: Option<Acme>,
    /// Certificates of authorities to trust beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// System user that the server becomes.
    pub user: String,
    /// Folder for everything, absolute.
    pub dir: PathBuf,
    /// This program, for the service file.
    pub program: PathBuf,
}

/// Why it cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The localpart is one that a config file cannot name simply.
    #[error("{0:?}: quickstart takes letters, digits and . _ - = before the @; others can be added later")]
    Localpart(String),
    /// The localpart is for reports.
    #[error("{0}: reports arrive there; take another address")]
    ForReports(Address),
    /// Not the name of a user.
    #[error("{0:?} is not the name of a system user")]
    User(String),
    /// Not the URL of a directory.
    #[error("{0:?} is not an ACME directory: it starts with https://")]
    Directory(String),
    /// A path that a config file cannot hold.
    #[error("{0:?} cannot be written into a config file")]
    Path(PathBuf),
}

impl Wishes {
    /// Whether all this can be written into the config files as it is.
    pub fn check(&self) -> Result<(), Refused> {
        let localpart = self.address.localpart.as_str();
        let simple = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '=');
        if !localpart.chars().all(simple) || localpart.starts_with('.') || localpart.len() > 64 {
            return Err(Refused::Localpart(localpart.to_owned()));
        }
        if [DMARC_REPORTS, TLS_REPORTS].iter().any(|name| localpart.eq_ignore_ascii_case(name)) {
            return Err(Refused::ForReports(self.address.clone()));
        }
        let of_user = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if self.user.is_empty() || self.user.starts_with('-') || !self.user.chars().all(of_user) {
            return Err(Refused::User(self.user.clone()));
        }
        if let Some(acme) = &self.acme {
            let blank = |c: char| c.is_whitespace() || c.is_control();
            if !acme.directory.starts_with("https://") || acme.directory.contains(blank) {
                return Err(Refused::Directory(acme.directory.clone()));
            }
        }
        for path in [Some(&self.dir), Some(&self.program), self.ca_file.as_ref()].into_iter().flatten() {
            if path.to_str().is_none_or(|text| text.contains(char::is_control)) {
                return Err(Refused::Path(path.clone()));
            }
        }
        Ok(())
    }

    /// Name of the account.
    pub(crate) fn account(&self) -> &str {
        self.address.localpart.as_str()
    }

    /// Whether certificates that others accept come by themselves.
    pub(crate) fn has_acme(&self) -> bool {
        self.acme.is_some() && !self.existing_webserver
    }
}
