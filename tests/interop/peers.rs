//! What a test needs from the machine: programs, root, mounts. Missing means skipped, loudly, or failed in CI.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

/// Runs a program to its end and returns its stdout; its failure fails the test with all it said.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8 output")
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

/// Random choices of a test; `MOX_SEED` repeats them.
pub(crate) struct Chance(u64);

impl Chance {
    /// Takes the seed from `MOX_SEED` or from the system, and prints it for when the test fails.
    pub(crate) fn new() -> Chance {
        use std::hash::{BuildHasher, Hasher};
        let from_env = std::env::var("MOX_SEED").ok().map(|seed| seed.parse().expect("MOX_SEED is a number"));
        let seed = from_env.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish());
        eprintln!("MOX_SEED={seed} repeats the random choices of this run");
        Chance(seed | 1)
    }

    /// A number below `limit` (splitmix64).
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    /// Text of `size` bytes in lines that no compressor makes much smaller, ready to stand in a message.
    pub(crate) fn text(&mut self, size: usize) -> String {
        let mut text = String::with_capacity(size + 2);
        while text.len() < size {
            let letter = char::from(b'/' + self.below(79) as u8);
            text.push(letter);
            if text.len() % 78 == 76 {
                text.push_str("\r\n");
            }
        }
        text
    }
}
