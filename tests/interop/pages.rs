//! All pages in a real browser: `mox serve` as administrator and as owner of an account, and localserve without login.
//!
//! The walk knows no page: it follows links from the first. What it looks at is in `browser/pages.mjs`, forms that it
//! sends without scripts are in `browser/forms.mjs`; screenshots stay in `target/tmp/screenshots/pages`, the list of what
//! was seen beside them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::filled::{ADMINISTRATOR, Filled, LOGIN, NAMES, OWNER};
use crate::house::House;
use crate::peers::{file, installed, program, run, skip};
use crate::visitor::Visitor;

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
const INBOX: [&str; 3] = ["", "chaos", "help"];

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
    for to in ["bob@example.org", "bob@sts-expired.lab.test", "bob@loop-a.lab.test"] {
        let mut session = mox_testkit::sender::Session::open(&house.mx()).unwrap();
        assert_eq!(session.send(to, crate::filled::HOSTILE, "hello").unwrap().0, 250, "{to}");
    }
    let mox = [env!("CARGO_BIN_EXE_mox"), "--config", house.dir.to_str().unwrap()];
    let base = format!("http://{}", house.at(80));
    let sites = json!([
        {"name": "inbox", "start": format!("{base}/"), "mox": mox, "places": INBOX, "apart": ["admin/", "account/", "api/", "webapi/"]},
        {"name": "localadmin", "start": format!("{base}/admin/"), "mox": mox, "places": ADMIN},
    ]);
    walk("localserve", &sites);
}

/// Pages whose rows are those of a command: the site, the path below its first page, the words of the command, where
/// its JSON has the rows, and the field that is the key of a row.
const SAME: [(&str, &str, &[&str], &str, &str); 1] =
    [("account", "suppression", &["queue", "suppress", "list"], "", "base")];

/// A row of a page: its key, and the text of its fields.
type Row = (String, Vec<(String, String)>);

/// The rows of a page.
fn rows(page: &str) -> Vec<Row> {
    let all = page.split(" data-key=\"").skip(1).map(|row| {
        let (key, rest) = row.split_once('"').unwrap();
        let fields = rest.split("</tr>").next().unwrap().split(" data-field=\"").skip(1).map(|field| {
            let (name, rest) = field.split_once('"').unwrap();
            let content = rest.split_once('>').unwrap().1;
            (name.to_owned(), text(content.split("</td>").next().unwrap()))
        });
        (plain(key), fields.collect())
    });
    all.collect()
}

/// The text of a cell; the exact time where it is one.
fn text(content: &str) -> String {
    if let Some((_, rest)) = content.split_once("datetime=\"") {
        return rest.split('"').next().unwrap().to_owned();
    }
    let parts = content.split('<').enumerate();
    let parts = parts
        .map(|(at, part)| if at == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) });
    plain(parts.collect::<String>().trim())
}

/// Without escapes.
fn plain(text: &str) -> String {
    let names = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    names.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// As a page has a value of JSON.
fn shown(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

/// Times are as exact as each has them.
fn equal(page: &str, json: &str) -> bool {
    let is_time = |text: &str| text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
    page == json || is_time(page) && is_time(json) && page[..19] == json[..19]
}

#[test]
fn pages_show_what_commands_print() {
    if !installed(&["swaks"]) {
        return;
    }
    let filled = Filled::start();
    filled.fill();
    let mut admin = Visitor::logged_in(&filled.admin(), "/admin/", "", ADMINISTRATOR);
    let mut owner = Visitor::logged_in(&filled.account(), "/", LOGIN, OWNER);
    for (site, path, command, pointer, key) in SAME {
        let answer = match site {
            "admin" => admin.get(&format!("/admin/{path}")),
            _ => owner.get(&format!("/{path}")),
        };
        assert_eq!(answer.status, 200, "{site} {path}: {}", answer.text());
        let found = rows(&answer.text());
        let json = filled.served.json(command);
        let wanted =
            json.pointer(pointer).and_then(|rows| rows.as_array()).unwrap_or_else(|| panic!("{json}"));
        let keys = |all: Vec<String>| all.into_iter().collect::<std::collections::BTreeSet<_>>();
        let expected = keys(wanted.iter().map(|row| shown(&row[key])).collect());
        assert_eq!(keys(found.iter().map(|(key, _)| key.clone()).collect()), expected, "{site} {path}");
        assert!(!found.is_empty(), "{site} {path}: nothing to compare");
        for (name, fields) in &found {
            let row = wanted.iter().find(|row| shown(&row[key]) == *name).unwrap();
            for (field, text) in fields {
                let said = shown(&row[field]);
                assert!(
                    equal(text, &said),
                    "{site} {path}: {name}: {field} is {text:?}, and {said:?} in JSON"
                );
            }
        }
    }
}
