//! Who logs in: a login is an address of an account, or the account's name.

use std::sync::Arc;

use mox_address::{Address, Path};
use mox_config::Handle;
use mox_sasl::{Credentials, Login, Verifiers};
use mox_smtp::{EnhancedCode, Reply};
use mox_store::{OutgoingLimits, Store};

/// Answers what sessions ask about users.
pub struct Logins {
    store: Store,
    config: Arc<Handle>,
}

/// Verifiers of an account, with the store's memory of right passwords. PLAIN and LOGIN take its app passwords, too.
struct Known {
    store: Store,
    account: String,
    verifiers: Arc<Verifiers>,
}

impl Credentials for Known {
    fn verifiers(&self) -> &Verifiers {
        &self.verifiers
    }

    fn verify_plain(&self, password: &str) -> bool {
        // App passwords first: they are found at once, where the account's own takes long by design. What cannot be
        // read is not right.
        self.store.check_app_password(&self.account, password).unwrap_or(false)
            || self.store.check_password(&self.account, password).unwrap_or(false)
    }
}

impl Logins {
    /// From the configuration as it is at that moment, and the passwords in the store.
    pub fn new(store: Store, config: Arc<Handle>) -> Logins {
        Logins { store, config }
    }

    fn account(&self, username: &str) -> Option<String> {
        let config = self.config.load();
        let by_address =
            username.parse::<Address>().ok().and_then(|a| config.account_of(&a).map(str::to_owned));
        by_address.or_else(|| config.dynamic.accounts.contains_key(username).then(|| username.to_owned()))
    }

    /// What is known of a user.
    pub fn credentials(&self, username: &str) -> Result<Option<Box<dyn Credentials>>, Reply> {
        let Some(account) = self.account(username) else { return Ok(None) };
        match self.store.verifiers(&account) {
            Ok(None) => Ok(None),
            Ok(Some(verifiers)) => {
                Ok(Some(Box::new(Known { store: self.store.clone(), account, verifiers })))
            }
            Err(e) => {
                tracing::error!(account, error = %e, "credentials could not be read");
                Err(Reply::new(
                    454,
                    EnhancedCode(4, 3, 0),
                    "authentication is not possible now, try again later",
                ))
            }
        }
    }

    /// The address whose TLS client key this is.
    pub fn identity(&self, spki_sha256: &[u8; 32]) -> Option<String> {
        self.store.client_key(spki_sha256).unwrap_or_else(|e| {
            tracing::error!(error = %e, "client keys could not be read");
            None
        })
    }

    /// What an account may send; none when the configuration does not have it any more.
    pub(crate) fn limits(&self, account: &str) -> Option<OutgoingLimits> {
        self.config.load().dynamic.accounts.get(account).map(|a| OutgoingLimits {
            messages: a.max_outgoing_messages_per_day,
            first_time: a.max_first_time_recipients_per_day,
        })
    }

    /// Bytes that an account may hold.
    pub(crate) fn quota(&self, account: &str) -> Option<u64> {
        let config = self.config.load();
        let own = config.dynamic.accounts.get(account)?;
        own.quota(config.server.quota_message_size)
    }

    /// What stands before the id in reverse-paths of a login that wants one for each message; none for others, and
    /// where the domain of the reverse-path has no separator.
    pub(crate) fn separator_of_ids(&self, login: &str, path: &Path) -> Option<String> {
        let config = self.config.load();
        let address = login.parse::<Address>().ok()?;
        let account = config.dynamic.accounts.get(config.account_of(&address)?)?;
        account.fromid_login_addresses.iter().find(|own| **own == address)?;
        let domain = config.dynamic.domains.get(path.domain.domain()?)?;
        domain.separators().first().map(|separator| (*separator).to_owned())
    }

    /// The account of a user who proved who it is.
    pub fn login(&self, login: &Login) -> Result<String, Reply> {
        let refused = || Reply::new(535, EnhancedCode(5, 7, 8), "authentication failed");
        let account = self.account(&login.username).ok_or_else(refused)?;
        let config = self.config.load();
        match config.dynamic.accounts.get(&account).map(|a| a.login_disabled.as_str()) {
            Some("") => Ok(account),
            Some(text) => Err(Reply::new(525, EnhancedCode(5, 7, 13), text)),
            None => Err(refused()),
        }
    }
}
