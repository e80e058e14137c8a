//! Who may come in to the pages: the administrator by the password of `AdminPasswordFile`, owners of accounts by
//! theirs, and programs of theirs the same way. Failed logins count with those of mail sessions, and all are kept in the login log.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mox_address::Address;
use mox_admin::OpError;
use mox_clock::Random;
use mox_config::Handle;
use mox_net::BoxFuture;
use mox_smtpserver::Gate;
use mox_store::Store;
use mox_web::door::{Attempt, Keeper, Refused};
use mox_web::session::{Memory, Who};
use tokio::sync::Semaphore;

use crate::loginlog::{LoginLog, WebLogin};

/// Passwords that are checked at once: each takes tens of milliseconds of a processor.
const AT_ONCE: usize = 2;

/// What logins are checked with.
pub(crate) struct Keys {
    config: Arc<Handle>,
    store: Store,
    gate: Arc<Gate>,
    logins: LoginLog,
    random: Arc<dyn Random>,
    checking: Semaphore,
    /// A hash that no password satisfies: names that nobody has take as long as others.
    nobody: OnceLock<String>,
}

/// What became of a check.
enum Found {
    Right(Who),
    Wrong,
    Disabled,
}

impl Keys {
    pub(crate) fn new(
        config: Arc<Handle>,
        store: Store,
        gate: Arc<Gate>,
        logins: LoginLog,
        random: Arc<dyn Random>,
    ) -> Arc<Keys> {
        let checking = Semaphore::new(AT_ONCE);
        Arc::new(Keys { config, store, gate, logins, random, checking, nobody: OnceLock::new() })
    }

    /// Where sessions of owners are kept, too.
    pub(crate) fn store(&self) -> Store {
        self.store.clone()
    }

    async fn checked(
        self: &Arc<Self>,
        attempt: Attempt<'_>,
        protocol: &'static str,
        check: impl FnOnce(&Keys, &str, &str) -> Result<Found, OpError> + Send + 'static,
    ) -> Result<Who, Refused> {
        // Before the count is looked at, so that many at once do not all pass it.
        let _turn = self.checking.acquire().await.map_err(|e| Refused::Failed(OpError::failed(e)))?;
        if !self.gate.may_authenticate(attempt.client) {
            return Err(Refused::Often);
        }
        let (keys, login) = (self.clone(), attempt.login.to_owned());
        let password = attempt.password.clone();
        let work = move || check(&keys, &login, password.reveal());
        let found = tokio::task::spawn_blocking(work).await.map_err(OpError::failed).and_then(|found| found);
        let result = match &found {
            Ok(Found::Right(_)) => "ok",
            Ok(Found::Wrong) => "badcreds",
            Ok(Found::Disabled) => "disabled",
            Err(_) => "error",
        };
        self.note(&attempt, protocol, result);
        match found {
            Ok(Found::Right(who)) => Ok(who),
            Ok(Found::Wrong | Found::Disabled) => {
                self.gate.failed_authentication(attempt.client);
                Err(Refused::Wrong)
            }
            Err(error) => {
                tracing::error!(protocol, %error, "a login could not be checked");
                Err(Refused::Failed(error))
            }
        }
    }

    fn note(&self, attempt: &Attempt<'_>, protocol: &'static str, result: &'static str) {
        let client: IpAddr = attempt.client;
        tracing::info!(protocol, login = attempt.login, %client, result, "login to pages");
        self.logins.note_web(&WebLogin { protocol, login: attempt.login, client, result, tls: attempt.tls });
    }

    /// Takes as long as a check.
    fn waste(&self, password: &str) {
        let nobody = self.nobody.get_or_init(|| {
            let unknown = mox_web::session::token(&*self.random);
            mox_sasl::hash_password(&unknown, &*self.random).unwrap_or_default()
        });
        mox_sasl::is_password_of(password, nobody);
    }

    /// What the administrator's password is checked against; none if it cannot be read.
    fn administrators_hash(&self) -> Option<String> {
        let config = self.config.load();
        let file = config.server.admin_password_file.as_ref()?;
        std::fs::read_to_string(config.path(file)).ok()
    }

    fn administrator(&self, password: &str) -> Result<Found, OpError> {
        let config = self.config.load();
        let Some(file) = config.server.admin_password_file.clone() else {
            return Err(OpError::failed("mox.conf names no AdminPasswordFile")
                .hint("add AdminPasswordFile: adminpasswd, then run `mox setadminpassword`"));
        };
        let path = config.path(&file);
        let hash = std::fs::read_to_string(&path).map_err(|e| {
            OpError::failed(format!("{}: {e}", path.display())).hint("`mox setadminpassword` makes it")
        })?;
        Ok(match mox_sasl::is_password_of(password, hash.trim()) {
            true => Found::Right(Who::default()),
            false => Found::Wrong,
        })
    }

    fn owner(&self, login: &str, password: &str) -> Result<Found, OpError> {
        let Some(account) = self.account(login) else {
            self.waste(password);
            return Ok(Found::Wrong);
        };
        let known = self.store.verifiers(&account).map_err(OpError::failed)?.is_some();
        if !known {
            self.waste(password);
        }
        if !known || !self.store.check_password(&account, password).map_err(OpError::failed)? {
            return Ok(Found::Wrong);
        }
        let who = Who { account, login: login.to_owned() };
        Ok(if self.may(&who) { Found::Right(who) } else { Found::Disabled })
    }

    /// Whether it is a program of an account: by the password of its owner.
    fn program(&self, login: &str, password: &str) -> Result<Found, OpError> {
        self.owner(login, password)
    }

    fn account(&self, login: &str) -> Option<String> {
        let config = self.config.load();
        let by_address = login.parse::<Address>().ok().and_then(|a| config.account_of(&a).map(str::to_owned));
        by_address.or_else(|| config.dynamic.accounts.contains_key(login).then(|| login.to_owned()))
    }

    /// Whether an account is there and can log in.
    fn may(&self, who: &Who) -> bool {
        let config = self.config.load();
        config.dynamic.accounts.get(&who.account).is_some_and(|account| account.login_disabled.is_empty())
    }
}

/// Lets the administrator in. Once the password is another, nobody is in any more.
pub(crate) struct ForAdministrator {
    keys: Arc<Keys>,
    sessions: Arc<Memory>,
    /// What all sessions came in with.
    hash: Mutex<Option<String>>,
}

impl ForAdministrator {
    /// For a door with these sessions.
    pub(crate) fn new(keys: Arc<Keys>, sessions: Arc<Memory>) -> ForAdministrator {
        let hash = Mutex::new(keys.administrators_hash());
        ForAdministrator { keys, sessions, hash }
    }

    /// Ends all sessions if the password is another than before; whether it is.
    fn another(&self) -> bool {
        let now = self.keys.administrators_hash();
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        if *hash == now {
            return false;
        }
        *hash = now;
        self.sessions.end_all();
        tracing::info!("the administrator's password is another: all sessions ended");
        true
    }
}

impl Keeper for ForAdministrator {
    fn check<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Who, Refused>> {
        Box::pin(async move {
            self.another();
            let check = |keys: &Keys, _: &str, password: &str| keys.administrator(password);
            let found = self.keys.checked(attempt, "webadmin", check).await?;
            // Changed while it was checked: against which of both is not known.
            if self.another() { Err(Refused::Wrong) } else { Ok(found) }
        })
    }

    fn knows(&self, _: &Who) -> bool {
        !self.another()
    }
}

/// Lets owners of accounts in.
pub(crate) struct ForOwners(pub(crate) Arc<Keys>);

impl Keeper for ForOwners {
    fn check<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Who, Refused>> {
        Box::pin(self.0.checked(attempt, "webaccount", Keys::owner))
    }

    fn knows(&self, who: &Who) -> bool {
        self.0.may(who)
    }
}

/// Lets programs of accounts in.
pub(crate) struct ForPrograms(pub(crate) Arc<Keys>);

impl Keeper for ForPrograms {
    fn check<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Who, Refused>> {
        Box::pin(self.0.checked(attempt, "webapi", Keys::program))
    }

    fn knows(&self, who: &Who) -> bool {
        self.0.may(who)
    }
}
