//! All pages in a real browser: `mox serve` as administrator and as owner of an account, and localserve without login.
//!
//! The walk knows no page: it follows links from the first. What it looks at is in `browser/pages.mjs`, forms that it
//! sends without scripts are in `browser/forms/`; screenshots stay in `target/tmp/screenshots/pages`, the list of what
//! was seen beside them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::filled::{ADMINISTRATOR, Filled, LOGIN, NAMES, OWNER};
use crate::house::House;
use crate::peers::{file, installed, program, run, skip};

/// What must be reached, by paths below the first page.
const ADMIN: [&str; 11] = [
    "",
    "domains",
    "accounts",
    "queue",
    "tlsrpt",
    "dmarc",
    "mtasts",
    "certificates",
    "config",
    "server",
    "logs",
];
const ACCOUNT: [&str; 6] = ["", "addresses", "security", "logins", "mail", "suppression"];
const INBOX: [&str; 4] = ["", "chaos", "lab", "help"];

/// The browser and the folder of its scripts, if all is installed.
fn browser() -> Option<(PathBuf, PathBuf)> {
    if !installed(&["node", "swaks"]) {
        return None;
    }
    let Some(chromium) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(program)
    else {
        skip("chromium not installed");
        return None;
    };
    let folder = file("browser");
    if !folder.join("node_modules").is_dir() {
        skip("no node_modules: run `npm ci` in tests/interop/browser");
        return None;
    }
    Some((chromium, folder))
}

/// Walks sites; says what was walked.
fn walk(name: &str, sites: &serde_json::Value) -> Option<String> {
    let (chromium, folder) = browser()?;
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots/pages");
    let what = json!({
        "sites": sites,
        "names": NAMES,
        "list": shots.join(format!("{name}.txt")),
        "shots": shots,
        "chromium": chromium,
    });
    let said = run(Command::new("node").arg(folder.join("pages.mjs")).arg(what.to_string()));
    eprintln!("{said}");
    assert!(said.contains("ok: all pages"), "the last step was reached\n{said}");
    Some(said)
}

fn words(command: &Command) -> Vec<String> {
    let all = std::iter::once(command.get_program()).chain(command.get_args());
    all.map(|word| word.to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_page_of_administrator_and_owner_is_fine() {
    if browser().is_none() {
        return;
    }
    let filled = Filled::start();
    filled.fill();
    let mox = words(&filled.served.command(&[]));
    let sites = json!([
        {"name": "admin", "start": format!("http://{}/admin/", filled.admin()), "mox": mox, "places": ADMIN,
         "login": {"password": ADMINISTRATOR}},
        {"name": "account", "start": format!("http://{}/", filled.account()), "mox": mox, "places": ACCOUNT,
         "login": {"login": LOGIN, "password": OWNER}},
    ]);
    walk("serve", &sites);
}

#[test]
fn every_page_of_localserve_is_fine() {
    if browser().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let house =
        House::start(&folder.path().join("house"), &["--lab", "--retry", "1h", "--release", "127.0.0.1:9"]);
    let local = ["bob@example.org", "amy@example.org", "carol@example.org"];
    for to in local.into_iter().chain(["bob@sts-expired.lab.test", "bob@loop-a.lab.test"]) {
        let mut session = mox_testkit::sender::Session::open(&house.mx()).unwrap();
        assert_eq!(session.send(to, crate::filled::HOSTILE, "hello").unwrap().0, 250, "{to}");
    }
    let mox = [env!("CARGO_BIN_EXE_mox"), "--config", house.dir.to_str().unwrap()];
    let base = format!("http://{}", house.at(80));
    // The forms of the inbox move time on, and what waits is gone then: they come last.
    let sites = json!([
        {"name": "localadmin", "start": format!("{base}/admin/"), "mox": mox, "places": ADMIN},
        {"name": "inbox", "start": format!("{base}/"), "mox": mox, "places": INBOX, "apart": ["admin/", "account/", "api/", "webapi/"]},
    ]);
    walk("localserve", &sites);
}
