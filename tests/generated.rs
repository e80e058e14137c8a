//! The committed man pages and completions are what the commands generate.

use std::process::Command;

#[test]
fn man_and_completions_are_current() {
    let args: &[&str] = match std::env::var_os("MOX_UPDATE") {
        Some(_) => &["generate", "all"],
        None => &["generate", "all", "--check"],
    };
    let done = Command::new(env!("CARGO_BIN_EXE_mox"))
        .args(args)
        .current_dir(crate::source::root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "run `cargo run -- generate all` and commit what it writes\n{said}");
}
