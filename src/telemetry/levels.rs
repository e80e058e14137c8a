//! Which events are written: a level per room, changeable while running.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use tracing::{Level, Metadata};

/// Most rooms that have a level of their own.
pub(crate) const MAX_PACKAGES: usize = 256;

/// The levels in force. Clones share them.
#[derive(Clone, Debug)]
pub struct Levels(Arc<RwLock<State>>);

#[derive(Debug)]
struct State {
    default: Level,
    packages: BTreeMap<String, Level>,
}

/// A level that was not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadLevel {
    /// No level has this name.
    Unknown(String),
    /// There are too many rooms with a level of their own.
    TooMany,
}

impl std::fmt::Display for BadLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BadLevel::Unknown(name) => {
                write!(f, "unknown log level {name:?}: error, warn, info, debug or trace")
            }
            BadLevel::TooMany => write!(f, "more than {MAX_PACKAGES} packages with a log level of their own"),
        }
    }
}

impl std::error::Error for BadLevel {}

impl Levels {
    /// All rooms at `default`.
    pub fn new(default: Level) -> Levels {
        Levels(Arc::new(RwLock::new(State { default, packages: BTreeMap::new() })))
    }

    /// The level of rooms that have none of their own.
    pub fn default_level(&self) -> Level {
        self.read().default
    }

    /// Changes the level of rooms that have none of their own.
    pub fn set_default(&self, level: Level) {
        self.change(|state| state.default = level);
    }

    /// Rooms with a level of their own, by name.
    pub fn packages(&self) -> Vec<(String, Level)> {
        self.read().packages.iter().map(|(package, level)| (package.clone(), *level)).collect()
    }

    /// Gives a room (as `smtpserver`) a level of its own, or takes it away.
    pub fn set(&self, package: &str, level: Option<Level>) -> Result<(), BadLevel> {
        self.change(|state| match level {
            None => {
                state.packages.remove(package);
                Ok(())
            }
            Some(_) if state.packages.len() >= MAX_PACKAGES && !state.packages.contains_key(package) => {
                Err(BadLevel::TooMany)
            }
            Some(level) => {
                state.packages.insert(package.to_owned(), level);
                Ok(())
            }
        })
    }

    /// Replaces all at once, as a configuration that was read again does.
    pub fn replace(&self, default: Level, packages: impl IntoIterator<Item = (String, Level)>) {
        let packages = packages.into_iter().take(MAX_PACKAGES).collect();
        self.change(|state| *state = State { default, packages });
    }

    /// Whether the event is written. Code from other projects is heard at `warn` at most, unless set.
    pub(crate) fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let (package, ours) = package(metadata.target());
        let state = self.read();
        let level = match state.packages.get(package) {
            Some(level) => *level,
            None if ours => state.default,
            None => state.default.min(Level::WARN),
        };
        *metadata.level() <= level
    }

    /// The most talkative level of any room.
    pub(crate) fn most(&self) -> Level {
        let state = self.read();
        state.packages.values().copied().fold(state.default, Level::max)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
        // Call sites remember whether they are heard.
        tracing::callsite::rebuild_interest_cache();
        changed
    }
}

/// The room of an event's target, and whether it is ours: `mox_net::stream` is `net`, ours.
pub(crate) fn package(target: &str) -> (&str, bool) {
    let krate = target.split("::").next().unwrap_or(target);
    match krate.strip_prefix("mox_") {
        Some(room) => (room, true),
        None => (krate, krate == "mox"),
    }
}

/// Reads `error`, `warn`, `info`, `debug` or `trace`.
pub fn parse_level(name: &str) -> Result<Level, BadLevel> {
    match name {
        "error" => Ok(Level::ERROR),
        "warn" => Ok(Level::WARN),
        "info" => Ok(Level::INFO),
        "debug" => Ok(Level::DEBUG),
        "trace" => Ok(Level::TRACE),
        _ => Err(BadLevel::Unknown(name.chars().take(40).collect())),
    }
}

/// The name that [`parse_level`] reads.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// Held by tests that log or change levels. Which events are looked at at all is a fact of the whole process: a change
/// of levels makes it anew, by the log of the thread that changes them, if there is one.
#[cfg(test)]
pub(crate) fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_both_ways() {
        for name in ["error", "warn", "info", "debug", "trace"] {
            assert_eq!(level_name(parse_level(name).unwrap()), name);
        }
        assert_eq!(parse_level("loud"), Err(BadLevel::Unknown("loud".into())));
    }

    #[test]
    fn targets_have_rooms() {
        for (target, want) in [
            ("mox_smtpserver::session", ("smtpserver", true)),
            ("mox", ("mox", true)),
            ("mox::serve", ("mox", true)),
            ("hickory_net::udp", ("hickory_net", false)),
        ] {
            assert_eq!(package(target), want);
        }
    }

    #[test]
    fn rooms_with_own_levels_are_bounded() {
        let _alone = alone();
        let levels = Levels::new(Level::INFO);
        for n in 0..MAX_PACKAGES {
            levels.set(&n.to_string(), Some(Level::TRACE)).unwrap();
        }
        assert_eq!(levels.set("more", Some(Level::INFO)), Err(BadLevel::TooMany));
        assert_eq!(levels.most(), Level::TRACE);
        levels.replace(Level::WARN, [("a".to_owned(), Level::DEBUG)]);
        assert_eq!(
            (levels.default_level(), levels.packages()),
            (Level::WARN, vec![("a".into(), Level::DEBUG)])
        );
        levels.set("a", None).unwrap();
        assert_eq!(levels.most(), Level::WARN);
    }
}
