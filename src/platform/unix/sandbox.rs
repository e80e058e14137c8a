//! What files this process may touch: by Landlock, where the kernel has it.

use std::io;

use crate::sandbox::{Allowed, Confined};

#[cfg(target_os = "linux")]
pub(crate) fn confine(allowed: &Allowed) -> io::Result<Confined> {
    use landlock::{
        ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
        RulesetCreatedAttr, RulesetStatus,
    };
    /// Rights that this knows; older kernels have fewer.
    const KNOWN: ABI = ABI::V5;
    let rules = |paths: &[std::path::PathBuf], access| {
        // What cannot be opened cannot be used, either.
        let opened = paths.iter().filter_map(|path| Some((path.is_dir(), PathFd::new(path).ok()?)));
        // Rights that only folders have would make a rule for a file one that holds in part.
        let rights = move |folder| if folder { access } else { access & AccessFs::from_file(KNOWN) };
        opened.map(move |(folder, fd)| PathBeneath::new(fd, rights(folder))).collect::<Vec<_>>()
    };
    let result = || -> Result<RulesetStatus, landlock::RulesetError> {
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(KNOWN))?
            .create()?;
        for rule in rules(&allowed.read, AccessFs::ReadFile | AccessFs::ReadDir) {
            ruleset = ruleset.add_rule(rule)?;
        }
        for rule in rules(&allowed.write, AccessFs::from_all(KNOWN) & !AccessFs::Execute) {
            ruleset = ruleset.add_rule(rule)?;
        }
        Ok(ruleset.restrict_self()?.ruleset)
    };
    match result().map_err(io::Error::other)? {
        RulesetStatus::FullyEnforced => Ok(Confined::Fully),
        RulesetStatus::PartiallyEnforced => Ok(Confined::Partly),
        RulesetStatus::NotEnforced => Ok(Confined::Not),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn confine(_allowed: &Allowed) -> io::Result<Confined> {
    Ok(Confined::Not)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_can_be_touched() {
        let dir = tempfile::tempdir().unwrap();
        let [open, shown, shut] = ["open", "shown", "shut"].map(|name| dir.path().join(name));
        for folder in [&open, &shown, &shut] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("file"), "x").unwrap();
        }
        let allowed = Allowed { read: vec![shown.clone(), "/no/such".into()], write: vec![open.clone()] };
        // The rules hold for one thread, so the other tests do not see them.
        std::thread::spawn(move || {
            if confine(&allowed).unwrap() == Confined::Not {
                eprintln!("SKIPPED: this kernel has no Landlock");
                return;
            }
            std::fs::write(open.join("new"), "x").unwrap();
            std::fs::rename(open.join("new"), open.join("newer")).unwrap();
            std::fs::read(shown.join("file")).unwrap();
            assert!(std::fs::write(shown.join("file"), "y").is_err());
            assert!(std::fs::read(shut.join("file")).is_err());
        })
        .join()
        .unwrap();
    }
}
