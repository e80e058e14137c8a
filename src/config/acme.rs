//! ACME providers of `mox.conf`: certificates on demand.

use std::path::PathBuf;

use mox_address::Domain;

use crate::section::section;
use crate::values::Interval;
use crate::weburl::WebUrl;

/// How long before its end a certificate is renewed unless the provider's section says otherwise.
pub const DEFAULT_RENEW_BEFORE: Interval = Interval::secs(30 * 24 * 3600);
/// The directory of Let's Encrypt, whose name for CAA records is known.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

section! {
    /// A certificate authority that gives certificates on demand.
    AcmeProvider {
        /// URL of its directory, where the protocol starts. That of Let's Encrypt is
        /// https://acme-v02.api.letsencrypt.org/directory.
        "DirectoryURL" directory_url: WebUrl,
        /// How long before its end a certificate is renewed. 0 for the default of 30 days.
        "RenewBefore" renew_before: Interval = DEFAULT_RENEW_BEFORE,
        /// Address that the provider may write to about certificates. Mail to it should also arrive when the
        /// certificates here are the problem.
        "ContactEmail" contact_email: String,
        /// TCP port that the provider's checks arrive at. The provider always connects to 443, so another port needs
        /// something in front that forwards TLS connections unchanged. 0 for the default.
        "Port" port: u16 = 443,
        /// Name of the provider in CAA records, for the advice on DNS records; known for Let's Encrypt.
        "IssuerDomainName" issuer_domain_name: Option<Domain> = None,
        /// Ties the account at the provider to one made on its web site, where the provider demands that.
        "ExternalAccountBinding" external_account_binding: Option<ExternalAccountBinding> = None,
    }
}

section! {
    /// What ties an ACME account to another account.
    ExternalAccountBinding {
        /// Name of the key, from the provider.
        "KeyID" key_id: String,
        /// File with the key in base64url, from the provider, relative to the directory of mox.conf.
        "KeyFile" key_file: PathBuf,
    }
}

impl AcmeProvider {
    /// The name for CAA records, as configured or known.
    pub fn issuer(&self) -> Option<Domain> {
        let known = || {
            let ours = self.directory_url.as_str() == LETS_ENCRYPT;
            ours.then(|| Domain::parse("letsencrypt.org").ok()).flatten()
        };
        self.issuer_domain_name.clone().or_else(known)
    }

    /// Puts the default where 0 stands for it.
    pub(crate) fn fill(&mut self) {
        if self.port == 0 {
            self.port = 443;
        }
        if self.renew_before.is_zero() {
            self.renew_before = DEFAULT_RENEW_BEFORE;
        }
    }
}
