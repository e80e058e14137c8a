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
        Ok(self.found(account, login))
    }

    /// After a right password.
    fn found(&self, account: String, login: &str) -> Found {
        let who = Who { account, login: login.to_owned() };
        if self.may(&who) { Found::Right(who) } else { Found::Disabled }
    }

    /// Whether it is a program of an account: by an app password, or the password of its owner.
    fn program(&self, login: &str, password: &str) -> Result<Found, OpError> {
        // App passwords first: they are found at once, where the account's own takes long by design.
        if let Some(account) = self.account(login)
            && self.store.check_app_password(&account, password).map_err(OpError::failed)?
        {
            return Ok(self.found(account, login));
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use mox_admin::Secret;
    use mox_clock::Timestamp;
    use mox_clock::sim::{SimClock, SimRandom};
    use mox_web::session::Sessions;
    use std::time::Duration;

    const SERVER: &str = "DataDir: data\nHostname: mx.here.example\nAdminPasswordFile: adminpasswd\nListeners: nil\nPostmaster:\n\tAccount: amy\n\tMailbox: Inbox\n";
    const DOMAINS: &str = "Domains:\n\there.example: nil\nAccounts:\n\tamy:\n\t\tDomain: here.example\n\t\tDestinations:\n\t\t\tamy@here.example: nil\n";

    struct House {
        dir: tempfile::TempDir,
        keys: Arc<Keys>,
        clock: Arc<SimClock>,
        random: Arc<SimRandom>,
    }

    impl House {
        fn new() -> House {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("mox.conf"), SERVER).unwrap();
            std::fs::write(dir.path().join("domains.conf"), DOMAINS).unwrap();
            let config = mox_config::Config::load(dir.path()).unwrap_or_else(|e| panic!("{e}")).0;
            let config = Arc::new(Handle::new(config));
            let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
            let random = Arc::new(SimRandom::new(7));
            let store = Store::open(dir.path(), &[], clock.clone(), random.clone()).unwrap();
            let (logins, _) = LoginLog::new(config.clone(), clock.clone());
            let gate = Arc::new(Gate::new(clock.clone()));
            let keys = Keys::new(config, store, gate, logins, random.clone());
            House { dir, keys, clock, random }
        }

        fn administrator(&self, password: &str) {
            let hash = mox_sasl::hash_password(password, &*self.random).unwrap();
            std::fs::write(self.dir.path().join("adminpasswd"), hash + "\n").unwrap();
        }
    }

    fn attempt<'a>(login: &'a str, password: &str) -> Attempt<'a> {
        let client = [192, 0, 2, 1].into();
        Attempt { login, password: Secret::new(password), client, tls: None, user_agent: "" }
    }

    #[tokio::test]
    async fn nobody_is_in_with_a_password_that_the_administrator_has_no_more() {
        let house = House::new();
        house.administrator("first password");
        let (clock, random) = (house.clock.clone(), house.random.clone());
        let sessions = Arc::new(Memory::new(clock, random, Duration::from_secs(3600), 5));
        let keeper = ForAdministrator::new(house.keys.clone(), sessions.clone());
        let who = keeper.check(attempt("", "first password")).await.unwrap();
        let session = sessions.start(who.clone()).await.unwrap();
        assert!(keeper.knows(&who));
        house.administrator("other password");
        assert!(!keeper.knows(&who));
        assert!(sessions.find(&session.token).await.unwrap().is_none());
        assert_eq!(keeper.check(attempt("", "first password")).await, Err(Refused::Wrong));
        let who = keeper.check(attempt("", "other password")).await.unwrap();
        assert!(keeper.knows(&who));
        // A login with the next one ends those before, too.
        let session = sessions.start(who).await.unwrap();
        house.administrator("third password");
        keeper.check(attempt("", "third password")).await.unwrap();
        assert!(sessions.find(&session.token).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn app_passwords_are_guessed_no_faster_and_end_with_logins() {
        let house = House::new();
        let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
            store.open_account(tx, "amy")?;
            store.add_app_password(tx, "amy", "phone", "abcd-efgh-jkmn-pqrs").map(drop)
        };
        house.keys.store().write(write).await.unwrap();
        let programs = ForPrograms(house.keys.clone());
        programs.check(attempt("amy", "abcd-efgh-jkmn-pqrs")).await.unwrap();
        let text = DOMAINS.replace("Destinations:", "LoginDisabled: gone\n\t\tDestinations:");
        std::fs::write(house.dir.path().join("domains.conf"), text).unwrap();
        house.keys.config.reload().unwrap();
        assert_eq!(programs.check(attempt("amy", "abcd-efgh-jkmn-pqrs")).await, Err(Refused::Wrong));
        let mut last = Ok(Who::default());
        for guess in 0..200 {
            last = programs.check(attempt("amy", &format!("guess-{guess}"))).await;
            if last == Err(Refused::Often) {
                break;
            }
        }
        assert_eq!(last, Err(Refused::Often));
        assert_eq!(programs.check(attempt("amy", "abcd-efgh-jkmn-pqrs")).await, Err(Refused::Often));
    }

    #[tokio::test]
    async fn an_app_password_opens_the_api_for_programs_and_no_pages() {
        let house = House::new();
        let verifiers = mox_sasl::Verifiers::derive("own password", &*house.random).unwrap();
        let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
            store.open_account(tx, "amy")?;
            store.set_password(tx, "amy", &verifiers)?;
            store.add_app_password(tx, "amy", "phone", "abcd-efgh-jkmn-pqrs").map(drop)
        };
        house.keys.store().write(write).await.unwrap();
        let keeper = ForOwners(house.keys.clone());
        for login in ["amy", "amy@here.example"] {
            assert_eq!(keeper.check(attempt(login, "own password")).await.unwrap().account, "amy");
            assert_eq!(keeper.check(attempt(login, "abcd-efgh-jkmn-pqrs")).await, Err(Refused::Wrong));
        }
        let programs = ForPrograms(house.keys.clone());
        for password in ["own password", "abcd-efgh-jkmn-pqrs"] {
            let who = programs.check(attempt("amy@here.example", password)).await.unwrap();
            assert_eq!((who.account.as_str(), who.login.as_str()), ("amy", "amy@here.example"));
        }
        assert_eq!(programs.check(attempt("amy", "abcd-efgh-jkmn-pqrt")).await, Err(Refused::Wrong));
    }
}
