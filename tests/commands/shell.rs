//! Runs the binary in a folder of its own.

use std::io::Write;
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

/// Runs a line of shell in `dir`, which is also the home and holds the config. Where there is no shell (Windows), a
/// line that only names mox, its arguments and a file for its input runs all the same; none and `SKIPPED` on stderr for
/// any other.
pub(crate) fn shell(dir: &Path, line: &str) -> Option<Ran> {
    let mox = PathBuf::from(env!("CARGO_BIN_EXE_mox"));
    let old = std::env::var_os("PATH").unwrap_or_default();
    let mut input = Stdio::null();
    let folders = [mox.parent().unwrap().to_owned()].into_iter().chain(std::env::split_paths(&old));
    let mut command = if has_shell() {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        command
    } else if let Some((arguments, file)) = arguments(line) {
        let mut command = Command::new(&mox);
        if let Some(file) = file {
            input = std::fs::File::open(dir.join(file)).unwrap().into();
        }
        command.args(arguments);
        command
    } else {
        // Not eprintln: the test harness would keep it to itself when the test passes.
        let _ = writeln!(std::io::stderr(), "SKIPPED: no shell for: {line}");
        return None;
    };
    for name in ["COMPLETE", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    let done = command
        .current_dir(dir)
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("HOME", dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("MOXCONF", ".")
        .stdin(input)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some(Ran { code: done.status.code(), stdout: text(done.stdout), stderr: text(done.stderr) })
}

/// Whether the system has `sh`: every unix does, and its paths tell.
pub(crate) fn has_shell() -> bool {
    std::path::MAIN_SEPARATOR == '/'
}

/// The arguments of mox in a line without anything else that needs a shell: words, and words in single quotes. And the
/// file that its input comes from, which the line ends in after `<`.
fn arguments(line: &str) -> Option<(Vec<String>, Option<&str>)> {
    let (line, file) = match line.split_once('<') {
        Some((line, file)) if !file.contains([' ', '\'', '/']) => (line, Some(file)),
        _ => (line, None),
    };
    let line = line.strip_prefix("mox").filter(|rest| rest.is_empty() || rest.starts_with(' '))?;
    let mut words = Vec::new();
    for (index, piece) in line.split('\'').enumerate() {
        match index % 2 {
            0 if piece.contains(['|', '&', ';', '<', '>', '$', '"', '`', '\\'])
                || piece.contains("/dev/") =>
            {
                return None;
            }
            0 => words.extend(piece.split_whitespace().map(str::to_owned)),
            _ => words.push(piece.to_owned()),
        }
    }
    Some((words, file))
}
