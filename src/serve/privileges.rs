//! The first moments of `mox serve`, before there are threads: everything that needs rights is done, and then the
//! rights are given up, for good.
//!
//! In this order: read the configuration; take the sockets that were handed over and open the rest; read keys; give
//! files to the user; become it; forbid new privileges; leave only the files that a server needs. Nothing stays root.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use mox_config::Config;
use mox_platform::privileges::{self, GroupMay, User};
use mox_platform::sandbox::{self, Allowed, Confined};

use crate::house::Error;
use crate::secrets::{Secrets, named};
use crate::{Sockets, addresses};

/// What a folder with data of a server has in it.
const DATABASE: &str = "mox.db";

/// What a server starts with.
#[derive(Debug)]
pub struct Prepared {
    /// Both files of the configuration.
    pub config: Config,
    /// A listening socket for each address.
    pub sockets: Sockets,
    /// Keys and certificates.
    pub secrets: Secrets,
}

/// Does what needs rights and gives them up. Call before threads start; `readable` and `writable` are files and folders
/// that the command line names.
pub fn prepare(file: &Path, readable: &[PathBuf], writable: &[PathBuf]) -> Result<Prepared, Error> {
    let inherited = mox_platform::handover::sockets().map_err(Error::System)?;
    privileges::keep_new_files_private();
    let (config, _) = Config::load(file)?;
    let user = user(&config)?;
    let wanted = addresses(&config);
    let sockets = Sockets::default();
    sockets.adopt(inherited, &wanted)?;
    sockets.open(&wanted)?;
    let secrets = Secrets::of(&config);
    // More descriptors are welcome, not needed.
    let _ = mox_platform::raise_nofile_limit();
    make(&config.data_dir)?;
    if let Some(user) = user {
        give(&config, &user)?;
        let failed = |e: std::io::Error| Error::User { name: user.name.clone(), reason: e.to_string() };
        privileges::become_user(&user).map_err(failed)?;
        tracing::info!(user = user.name, uid = user.uid, gid = user.gid, "privileges are given up");
    }
    privileges::forbid_new_privileges().map_err(Error::System)?;
    confine(&config, readable, writable);
    Ok(Prepared { config, sockets, secrets })
}

/// The user to become; none when this process is an ordinary user already.
fn user(config: &Config) -> Result<Option<User>, Error> {
    let name = &config.server.user;
    let wrong = |reason: String| Error::User { name: name.clone(), reason };
    let found = User::find(name).map_err(|e| wrong(e.to_string()))?;
    if privileges::am_root() {
        return match found {
            None => Err(wrong("there is no such user".into())),
            Some(user) if user.is_root() => Err(wrong("it may do everything".into())),
            Some(user) if !may_choose(privileges::owner(&folder(config)), &user) => Err(wrong(format!(
                "the folder {} belongs to somebody else than root and this user, who could have written that: to \
                 change User, give the folder to root (chown -R root:root)",
                folder(config).display()
            ))),
            found => Ok(found),
        };
    }
    let me = privileges::my_uid();
    if let Some(user) = found.filter(|user| me.is_some_and(|me| me != user.uid)) {
        tracing::warn!(user = user.name, uid = user.uid, me, "not started as root, so User is not used");
    }
    Ok(None)
}

/// Whether the owner (user, group) of the folder of `mox.conf` may say that this user is to become: root, and the user
/// itself, with its own group. Else whoever took the server over would choose another user for the next start.
fn may_choose(owner: Option<(u32, u32)>, user: &User) -> bool {
    owner.is_none_or(|(uid, gid)| uid == 0 || (uid == user.uid && (gid == 0 || gid == user.gid)))
}

fn make(data: &Path) -> Result<(), Error> {
    mox_platform::files::create_private_dir(data)
        .map_err(|source| Error::File { path: data.to_owned(), source })
}

/// Makes the folders of configuration and data the user's: it writes both.
fn give(config: &Config, user: &User) -> Result<(), Error> {
    if config.server.no_fix_permissions {
        return Ok(());
    }
    let name = config.file.file_name().unwrap_or_default();
    for (folder, group, mark) in [
        (folder(config), GroupMay::Read, name),
        (config.data_dir.clone(), GroupMay::Nothing, OsStr::new(DATABASE)),
    ] {
        let own = is_beside(&folder, &self::folder(config), user);
        if !privileges::can_be_given(&folder, user) || (privileges::is_of_the_system(&folder) && !own) {
            tracing::warn!(folder = %folder.display(), "a folder of the system keeps its owner");
            continue;
        }
        let changed = privileges::give(&folder, user, group, &[mark])
            .map_err(|source| Error::File { path: folder.clone(), source })?;
        if changed > 0 {
            tracing::info!(folder = %folder.display(), user = user.name, changed, "owner and mode are set");
        }
    }
    Ok(())
}

/// Whether a folder is that of `mox.conf`, in it, or beside it in a folder that is for this server; links followed.
fn is_beside(folder: &Path, configuration: &Path, user: &User) -> bool {
    let whole = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (folder, configuration) = (whole(folder), whole(configuration));
    let above = configuration.parent().filter(|above| privileges::can_be_given(above, user));
    folder.starts_with(&configuration) || above.is_some_and(|above| folder.starts_with(above))
}

/// The folder of `mox.conf`.
fn folder(config: &Config) -> PathBuf {
    match config.file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Folders that a server with this configuration writes to: its own, which are those of `mox.conf` and DataDir, and those
/// that `mox.conf` adds.
pub fn written(config: &Config) -> ([PathBuf; 2], Vec<PathBuf>) {
    let more = config.server.sandbox.write.iter().map(|path| config.path(path)).collect();
    ([folder(config), config.data_dir.clone()], more)
}

/// The folders of files that are read again when they change. A rule for a file would not hold for the one that takes its
/// place, nor for what a link leads to then.
fn beside(files: Vec<PathBuf>) -> impl Iterator<Item = PathBuf> {
    files.into_iter().flat_map(|file| {
        let led_to = std::fs::canonicalize(&file).unwrap_or_default();
        [file, led_to].into_iter().filter_map(|file| file.parent().map(Path::to_owned))
    })
}

/// The keys that `domains.conf` names.
fn dkim_keys(config: &Config) -> impl Iterator<Item = PathBuf> {
    let selectors = config.dynamic.domains.values().flat_map(|domain| domain.dkim.selectors.values());
    selectors.map(|selector| config.path(&selector.private_key_file))
}

/// Leaves the files that a server needs. That a kernel cannot is no reason not to serve.
fn confine(config: &Config, readable: &[PathBuf], writable: &[PathBuf]) {
    if config.server.sandbox.off {
        return tracing::warn!("Sandbox is off: the server can touch all files of its user");
    }
    let (own, more) = written(config);
    let roots = config.dynamic.web_handlers.iter().filter_map(|handler| handler.web_static.as_ref());
    let roots = roots.map(|files| files.root.clone());
    let listed = config.server.sandbox.read.iter().map(|path| config.path(path));
    let read =
        sandbox::of_the_system().into_iter().chain(readable.iter().cloned()).chain(roots).chain(listed);
    let allowed = Allowed {
        read: read
            .chain(beside(named(config).into_iter().chain(dkim_keys(config)).collect()))
            .chain(trust_anchors())
            .collect(),
        // Sockets of the control endpoint with long paths, and what the database sorts, are in the temporary folder.
        write: own
            .into_iter()
            .chain(more)
            .chain(writable.iter().cloned())
            .chain([std::env::temp_dir()])
            .collect(),
    };
    match sandbox::confine(&allowed) {
        Ok(Confined::Fully) => tracing::info!("only files of this server can be touched"),
        Ok(Confined::Partly) => tracing::info!("files are confined as far as this kernel can"),
        Ok(Confined::Not) => tracing::info!("this system cannot confine a server to its files"),
        Err(error) => tracing::warn!(%error, "the server is not confined to its files"),
    }
}

/// Where the environment says that certificates of authorities are.
fn trust_anchors() -> impl Iterator<Item = PathBuf> {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().filter_map(std::env::var_os).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_given_the_configuration_stays_the_user() {
        let user = User { name: "mox".to_owned(), uid: 998, gid: 997 };
        for (owner, may) in [
            (None, true),
            (Some((0, 0)), true),
            (Some((0, 997)), true),
            (Some((998, 997)), true),
            (Some((998, 0)), true),
            // As when User becomes the number, which is the group's as well, maybe that of another group.
            (Some((998, 998)), false),
            (Some((1000, 1000)), false),
        ] {
            assert_eq!(may_choose(owner, &user), may, "{owner:?}");
        }
    }

    #[test]
    fn data_is_with_the_configuration_or_elsewhere() {
        let user = User { name: "mox".to_owned(), uid: 12_345, gid: 12_345 };
        for (data, configuration, beside) in [
            ("/etc/mox", "/etc/mox", true),
            ("/etc/mox/data", "/etc/mox", true),
            ("/etc/mox/data", "/etc/mox/config", true),
            ("/etc/systemd/system/x.service.d", "/etc/mox", false),
            ("/etc/moxes", "/etc/mox", false),
        ] {
            assert_eq!(is_beside(Path::new(data), Path::new(configuration), &user), beside, "{data}");
        }
    }
}
