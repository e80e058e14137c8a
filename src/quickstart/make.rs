//! The writing. Each file is whole or not there; what an earlier run made is kept; `mox.conf` comes last of the
//! configuration, so that a server never starts with half of it.

use std::io;
use std::path::{Path, PathBuf};

use mox_config::{Config, Fault};
use mox_platform::faults::Faults;
use mox_platform::files::{Access, create_private_dir, give_to, write_durably};
use serde::Serialize;

use crate::keys::{self, Host, signing};
use crate::{Begun, Passwords, Site, Step, Unfinished, Wishes, World, texts};

/// Why not everything was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is a configuration, or data.
    #[error("{0} exists: quickstart never changes an existing setup")]
    Exists(PathBuf),
    /// An earlier run for something else was interrupted.
    #[error("{path}: an unfinished run for {address} on {hostname} is here")]
    Another {
        /// For whom it was.
        address: String,
        /// Name of the mail host.
        hostname: mox_address::Domain,
        /// Where that is noted.
        path: PathBuf,
    },
    /// The file about an unfinished run.
    #[error("{path}: {reason}")]
    State {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key or a password could not be made.
    #[error("{0}")]
    Key(String),
    /// A server works in the data folder.
    #[error("{0}: a server is running in it")]
    Running(PathBuf),
    /// The database.
    #[error("{path}: {source}")]
    Store {
        /// Data folder.
        path: PathBuf,
        /// Why.
        source: mox_store::Error,
    },
    /// The configuration would not load.
    #[error("the configuration does not load: {0}")]
    Config(mox_config::Errors),
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It was made.
    Written,
    /// An earlier run made it.
    Kept,
    /// It would be made.
    Planned,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    /// Where.
    pub path: PathBuf,
    /// What became of it.
    pub state: State,
    /// What it is for.
    pub about: &'static str,
    /// What would stand in it, where that is no secret and is known before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// To be told once.
    pub passwords: Passwords,
    /// How it went.
    pub steps: Vec<Step>,
    /// As the server will load it.
    pub config: Config,
}

const DKIM: &str = "key to sign mail with (DKIM)";
const HOST_KEY: &str = "key of the mail host (TLS, DANE)";
const CERTIFICATE: &str = "certificate of the mail host, to be replaced";
const ADMIN: &str = "hash of the administrator's password";
const DOMAINS: &str = "domains and accounts";
const SERVER: &str = "the server";
const DATABASE: &str = "database with the account and its password";
const SERVICE: &str = "starts the server with the machine";

/// What would be made, and the configuration as far as it is known before there are keys. Writes nothing.
pub fn plan(
    world: &World,
    wishes: &Wishes,
    site: &Site,
    begun: &Begun,
) -> Result<(Vec<File>, Config), Error> {
    let decided = decided(world, wishes, site, begun);
    let config = wishes.dir.join("config");
    let host = Host::of(&site.hostname);
    let mut files = Vec::new();
    let mut add = |path: PathBuf, about, text| {
        files.push(File { path, state: State::Planned, about, text });
    };
    add(config.join(&host.rsa), HOST_KEY, None);
    if !wishes.has_acme() {
        add(config.join(&host.certificate), CERTIFICATE, None);
    }
    add(config.join(&host.ecdsa), HOST_KEY, None);
    for key in signing(decided.year, &wishes.address.domain) {
        add(config.join(&key.file), DKIM, None);
    }
    add(config.join("adminpasswd"), ADMIN, None);
    let (server, domains) = (texts::server(wishes, site), texts::domains(wishes, &decided));
    let loaded = Config::parse(&config.join("mox.conf"), &server, &domains).map_err(Error::Config)?;
    add(config.join("domains.conf"), DOMAINS, Some(domains));
    add(config.join("mox.conf"), SERVER, Some(server));
    add(wishes.dir.join("data").join(mox_store::DATABASE), DATABASE, None);
    if let Some((path, text)) = world.machine.manager().file(wishes) {
        add(path, SERVICE, Some(text));
    }
    Ok((files, loaded))
}

fn decided(world: &World, wishes: &Wishes, site: &Site, begun: &Begun) -> Unfinished {
    match begun {
        Begun::Before(before) => (**before).clone(),
        Begun::Fresh => {
            Unfinished::new(&wishes.address, site.hostname.clone(), &*world.clock, &*world.random)
        }
    }
}

/// The writing hand: what it did, and where a test may stop it.
struct Maker<'a> {
    files: &'a mut Vec<File>,
    faults: &'a dyn Faults,
}

impl Maker<'_> {
    /// Writes a file unless it is there; `text` is not made then.
    fn keep(
        &mut self,
        path: PathBuf,
        about: &'static str,
        text: impl FnOnce() -> Result<String, Error>,
    ) -> Result<(), Error> {
        if path.try_exists().map_err(Error::file(&path))? {
            self.files.push(File { path, state: State::Kept, about, text: None });
            return Ok(());
        }
        self.write(path, about, &text()?, Access::Private)
    }

    /// Writes a file whose text follows from what was decided, unless it is there already as it should be.
    fn write(&mut self, path: PathBuf, about: &'static str, text: &str, access: Access) -> Result<(), Error> {
        let same = std::fs::read(&path).is_ok_and(|bytes| bytes == text.as_bytes());
        if !same {
            let folder = path.parent().unwrap_or(Path::new("."));
            create_private_dir(folder).map_err(Error::file(folder))?;
            write_durably(&path, text.as_bytes(), access).map_err(Error::file(&path))?;
        }
        let state = if same { State::Kept } else { State::Written };
        self.files.push(File { path, state, about, text: None });
        Ok(())
    }

    fn keys(&mut self, world: &World, wishes: &Wishes, decided: &Unfinished) -> Result<(), Error> {
        let (config, domain) = (wishes.dir.join("config"), &wishes.address.domain);
        let host = Host::of(&decided.hostname);
        self.keep(config.join(&host.rsa), HOST_KEY, keys::rsa)?;
        self.faults.reach("quickstart-rsa");
        let (key, certificate) = (config.join(&host.ecdsa), config.join(&host.certificate));
        if key.try_exists().map_err(Error::file(&key))? {
            let state = State::Kept;
            if !wishes.has_acme() {
                self.files.push(File { path: certificate, state, about: CERTIFICATE, text: None });
            }
            self.files.push(File { path: key, state, about: HOST_KEY, text: None });
        } else {
            // The key last: where it is, the certificate that belongs to it is, too.
            let (private, own) = keys::ecdsa(&decided.hostname, domain, &*world.clock)?;
            if !wishes.has_acme() {
                self.write(certificate, CERTIFICATE, &own, Access::Private)?;
                self.faults.reach("quickstart-certificate");
            }
            self.write(key, HOST_KEY, &private, Access::Private)?;
        }
        self.faults.reach("quickstart-ecdsa");
        for key in signing(decided.year, domain) {
            self.keep(config.join(&key.file), DKIM, || key.make())?;
            self.faults.reach("quickstart-dkim");
        }
        Ok(())
    }
}

/// Makes everything that an earlier run has not made. `files` tells what is there, after an error, too.
pub async fn make(
    world: &World,
    wishes: &Wishes,
    site: &Site,
    begun: &Begun,
    faults: &dyn Faults,
    files: &mut Vec<File>,
) -> Result<Made, Error> {
    // Texts that would not load are not written.
    plan(world, wishes, site, begun)?;
    let decided = decided(world, wishes, site, begun);
    let config = wishes.dir.join("config");
    decided.keep(&wishes.dir)?;
    faults.reach("quickstart-begun");
    let mut maker = Maker { files, faults };
    maker.keys(world, wishes, &decided)?;
    let admin = || {
        let hash = mox_sasl::hash_password(&decided.passwords.admin, &*world.random);
        hash.map(|hash| hash + "\n").map_err(|e| Error::Key(e.to_string()))
    };
    maker.keep(config.join("adminpasswd"), ADMIN, admin)?;
    faults.reach("quickstart-admin");
    maker.write(config.join("domains.conf"), DOMAINS, &texts::domains(wishes, &decided), Access::Private)?;
    faults.reach("quickstart-domains");
    let data = wishes.dir.join("data");
    let made = crate::account::make(world, &data, wishes.account(), &decided.passwords.account).await?;
    let state = if made { State::Written } else { State::Kept };
    maker.files.push(File { path: data.join(mox_store::DATABASE), state, about: DATABASE, text: None });
    faults.reach("quickstart-account");
    if let Some((path, text)) = world.machine.manager().file(wishes) {
        maker.write(path, SERVICE, &text, Access::Public)?;
    }
    faults.reach("quickstart-service");
    maker.write(config.join("mox.conf"), SERVER, &texts::server(wishes, site), Access::Private)?;
    faults.reach("quickstart-server");
    let (loaded, _) = Config::load(&config.join("mox.conf")).map_err(Error::Config)?;
    let owner = owner(world, wishes)?;
    faults.reach("quickstart-owner");
    let steps = vec![written(maker.files), judged(&loaded), owner];
    Ok(Made { passwords: decided.passwords, steps, config: loaded })
}

fn written(files: &[File]) -> Step {
    let kept = files.iter().filter(|file| file.state == State::Kept).count();
    let new = files.len() - kept;
    let more = if kept > 0 { format!("; {kept} of an earlier run kept") } else { String::new() };
    Step::ok("files", format!("{new} files written{more}"))
}

fn judged(config: &Config) -> Step {
    let worth = |warning: &&mox_config::Warning| !matches!(warning.fault, Fault::NotBuilt(_));
    let warnings: Vec<String> = config.warnings.iter().filter(worth).map(ToString::to_string).collect();
    if warnings.is_empty() {
        return Step::ok("config", "the configuration loads");
    }
    Step::warning("config", warnings.join("; "), "look at it with `mox config test`")
}

/// Gives config and data to the user that the server becomes.
fn owner(world: &World, wishes: &Wishes) -> Result<Step, Error> {
    const ID: &str = "owner";
    let user = &wishes.user;
    if !world.machine.is_root() {
        return Ok(Step::skipped(ID, "files belong to whoever runs this; only root can give them away"));
    }
    if !world.machine.has_user(user) {
        let fix = "make the user and give it the folders config and data, as told below";
        return Ok(Step::warning(ID, format!("there is no system user {user}"), fix));
    }
    for folder in ["config", "data"] {
        give_all(&wishes.dir.join(folder), user)?;
    }
    Ok(Step::ok(ID, format!("config and data belong to {user}")))
}

fn give_all(path: &Path, user: &str) -> Result<(), Error> {
    let failed = || Error::file(path);
    give_to(path, user).map_err(failed())?;
    if path.symlink_metadata().map_err(failed())?.is_dir() {
        for entry in std::fs::read_dir(path).map_err(failed())? {
            give_all(&entry.map_err(failed())?.path(), user)?;
        }
    }
    Ok(())
}
