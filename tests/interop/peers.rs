//! What a test needs from the machine: programs, root, mounts. Missing means skipped, loudly, or failed in CI.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) use mox_testkit::chance::Chance;
pub(crate) use mox_testkit::house::run;

/// The full path of a program, also where daemons live.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(system).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Whether all of `programs` are installed. Otherwise the test is skipped, or fails when `CI=true`.
pub(crate) fn installed(programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|name| program(name).is_none()).collect();
    missing.is_empty() || skip(&format!("{} not installed", missing.join(", ")))
}

/// A Python that has some modules. Those of Debian's packages belong to Debian's Python, whatever `python3` is.
pub(crate) fn python_with(modules: &str) -> Option<PathBuf> {
    let candidates = program("python3").into_iter().chain([PathBuf::from("/usr/bin/python3")]);
    let found = candidates.into_iter().find(|python| {
        let mut import = Command::new(python);
        import.args(["-c", &format!("import {modules}")]).stderr(Stdio::null());
        import.status().is_ok_and(|status| status.success())
    });
    if found.is_none() {
        skip(&format!("python3 with {modules} not installed"));
    }
    found
}

/// Says that the running test is skipped and why; returns false. Fails the test when `CI=true`.
pub(crate) fn skip(why: &str) -> bool {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "{test}: {why}, and CI=true forbids skipping"
    );
    // Not eprintln: the test harness would keep it to itself when the test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
    false
}

/// parsedmarc, installed when it is not yet there. `None`: skipped.
pub(crate) fn parsedmarc() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut install = Command::new("bash");
    install.arg(file("tlsreports/parsedmarc.sh")).arg(root);
    match install.output() {
        Ok(output) if output.status.success() => Some(root.join("parsedmarc/bin/parsedmarc")),
        _ => {
            skip("parsedmarc cannot be installed");
            None
        }
    }
}

/// A file of this folder.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("interop").join(name)
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// A small file system of its own, unmounted on drop.
pub(crate) struct Mount(pub(crate) PathBuf);

impl Mount {
    /// Mounts a tmpfs of `size` (such as `16m`) on a new folder. `None` where that is not possible: skipped.
    pub(crate) fn new(folder: PathBuf, size: &str) -> Option<Mount> {
        std::fs::create_dir_all(&folder).unwrap();
        let option = format!("size={size},mode=755");
        let mounted = is_root()
            && Command::new("mount")
                .args(["-t", "tmpfs", "-o", &option, "tmpfs"])
                .arg(&folder)
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success());
        if !mounted {
            skip("mounting a tmpfs needs root");
            return None;
        }
        Some(Mount(folder))
    }

    /// Changes an option: `ro`, `rw`, `size=64m`.
    pub(crate) fn remount(&self, option: &str) {
        run(Command::new("mount").args(["-o", &format!("remount,{option}")]).arg(&self.0));
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
