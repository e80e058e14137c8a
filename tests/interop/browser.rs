//! The web inbox in a real browser: live, readable without scripts, closed to other sites, harmless with hostile mail.
//!
//! What is looked at is in `browser/inbox.mjs`; screenshots stay in `target/tmp/screenshots`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::house::House;
use crate::peers::{file, installed, program, run, skip};

/// The browser, under the names that it has.
fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(program)
}

#[test]
fn the_inbox_is_live_and_closed_to_others() {
    if !installed(&["node", "swaks"]) {
        return;
    }
    let Some(chromium) = chromium() else {
        skip("chromium not installed");
        return;
    };
    let folder = file("browser");
    if !folder.join("node_modules").is_dir() {
        skip("no node_modules: run `npm ci` in tests/interop/browser");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // A relay where nobody listens: what is released stays in the queue.
    let house = House::start(dir.path(), &["--release", "127.0.0.1:9"]);
    let what = json!({
        "base": format!("http://{}", house.at(80)),
        "smtp": house.mx(),
        "shots": Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots"),
        "chromium": chromium,
    });
    let said = run(Command::new("node").arg(folder.join("inbox.mjs")).arg(what.to_string()));
    eprintln!("{said}");
    assert!(
        said.contains("ok: other sites and other hosts are refused"),
        "the last step was reached\n{said}"
    );
}
