//! Runs the binary in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a command line did.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// As it looks to a user.
    pub(crate) fn transcript(&self, line: &str) -> String {
        let mut text = format!("$ {line}\n{}", self.stdout);
        if !self.stderr.is_empty() {
            text.push_str(&format!("--- stderr\n{}", self.stderr));
        }
        text.push_str(&format!(
            "--- exit {}\n\n",
            self.code.map_or("by signal".to_owned(), |c| c.to_string())
        ));
        text
    }
}

/// Runs a line of shell in `dir`, which is also the home and holds the config.
pub(crate) fn shell(dir: &Path, line: &str) -> Ran {
    let mox = PathBuf::from(env!("CARGO_BIN_EXE_mox"));
    let old = std::env::var_os("PATH").unwrap_or_default();
    let folders = [mox.parent().unwrap().to_owned()].into_iter().chain(std::env::split_paths(&old));
    let mut command = Command::new("sh");
    for name in ["COMPLETE", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    let done = command
        .args(["-c", line])
        .current_dir(dir)
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("HOME", dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("MOXCONF", ".")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: done.status.code(), stdout: text(done.stdout), stderr: text(done.stderr) }
}
