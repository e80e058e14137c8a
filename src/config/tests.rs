//! The corpus in `tests/data/config`: files that load, files that do not, and edits of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::error::Problem;
use crate::reference::{Which, paths};
use crate::ser::{to_text, to_value};
use crate::server::InitialMailboxes;
use crate::tree::{Node, Tree, Value, join, parse};
use crate::{Config, Dynamic, Fault};

fn cases(kind: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/config").join(kind);
    let mut cases: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    cases
}

fn texts(case: &Path) -> [String; 2] {
    ["mox.conf", "domains.conf"].map(|name| fs::read_to_string(case.join(name)).unwrap())
}

fn load(case: &Path) -> Result<Config, crate::Errors> {
    let [server, dynamic] = texts(case);
    Config::parse(Path::new("mox.conf"), &server, &dynamic)
}

/// Compares with the text in a file, or writes it.
fn snapshot(file: &Path, problems: &[Problem]) {
    let text: String = problems.iter().map(|p| format!("{p}\n")).collect();
    if std::env::var_os("MOX_UPDATE").is_some() {
        return fs::write(file, text).unwrap();
    }
    let expected = fs::read_to_string(file).unwrap_or_default();
    assert_eq!(text, expected, "{}; MOX_UPDATE=1 writes it anew", file.display());
}

#[test]
fn good_files_load_with_warnings() {
    let cases = cases("good");
    assert!(cases.len() >= 4);
    for case in cases {
        let config = load(&case).unwrap_or_else(|e| panic!("{}:\n{e}", case.display()));
        snapshot(&case.join("warnings.txt"), &config.warnings);
    }
}

#[test]
fn bad_files_fail_with_every_error() {
    let cases = cases("bad");
    assert!(cases.len() >= 5);
    for case in cases {
        let errors = load(&case).err().unwrap_or_else(|| panic!("{} loads", case.display()));
        snapshot(&case.join("errors.txt"), &errors.0);
    }
}

#[test]
fn what_is_read_is_written_back_byte_for_byte() {
    for case in cases("good") {
        for text in texts(&case) {
            assert_eq!(parse(text.as_bytes()).unwrap().text(), text);
        }
    }
}

#[test]
fn a_fresh_file_reads_back_the_same() {
    for case in cases("good") {
        let config = load(&case).unwrap();
        let comment = |key: &str| (key == "Listeners").then(|| "who listens\n\nwhere".to_owned());
        let server = to_text(&*config.server, &comment).unwrap();
        let dynamic = to_text(&config.dynamic, &|_| None).unwrap();
        let again = Config::parse(Path::new("mox.conf"), &server, &dynamic);
        let again = again.unwrap_or_else(|e| panic!("{e}\n{server}\n{dynamic}"));
        assert_eq!((&again.server, &again.dynamic), (&config.server, &config.dynamic));
        assert!(server.contains("# who listens\n#\n# where\nListeners:"));
        assert_eq!(to_text(&*again.server, &comment).unwrap(), server);
        assert_eq!(to_text(&again.dynamic, &|_| None).unwrap(), dynamic);
        let not_built = |config: &Config| {
            let faults = config.warnings.iter().map(|w| w.fault.clone());
            faults.filter(|f| matches!(f, Fault::NotBuilt(_))).count()
        };
        assert_eq!(not_built(&again), not_built(&config));
    }
}

#[test]
fn every_field_is_set_by_some_good_file_and_kept() {
    let mut kept = BTreeSet::new();
    for case in cases("good") {
        let config = load(&case).unwrap();
        for value in [to_value(&*config.server), to_value(&config.dynamic)] {
            patterns(&Node::bare(value), "", &mut kept);
        }
    }
    // What does not go with TLS from the start.
    let refused =
        ["STARTTLSInsecureSkipVerify", "NoSTARTTLS"].map(|key| format!("Transports.*.Submissions.{key}"));
    for which in [Which::Static, Which::Dynamic] {
        for path in paths(which).into_iter().filter(|path| !refused.contains(path)) {
            let path = path.replace("[]", ".*");
            assert!(kept.contains(&path), "{path} has a value other than its default in no good file");
        }
    }
}

/// All paths, with each name also as `*`.
fn patterns(node: &Node, path: &str, found: &mut BTreeSet<String>) {
    let below: Vec<(&str, &Node)> = match &node.value {
        Value::Map(entries) => entries.iter().map(|e| (e.key.as_str(), &e.node)).collect(),
        Value::List(items) => items.iter().map(|item| ("*", item)).collect(),
        _ => return,
    };
    for (step, node) in below {
        for step in [step, "*"] {
            let path = if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
            patterns(node, &path, found);
            found.insert(path);
        }
    }
}

/// All paths to scalars below a node.
fn scalars(node: &Node, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let below: Vec<(String, &Node)> = match &node.value {
        Value::Map(entries) => entries.iter().map(|e| (e.key.clone(), &e.node)).collect(),
        Value::List(items) => items.iter().enumerate().map(|(n, item)| (format!("[{n}]"), item)).collect(),
        Value::Scalar(_) => return found.push(path.clone()),
        Value::Empty => return,
    };
    for (step, node) in below {
        path.push(step);
        scalars(node, path, found);
        path.pop();
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

#[test]
fn setting_any_value_changes_its_line_only() {
    for case in cases("good") {
        for text in texts(&case) {
            let tree = parse(text.as_bytes()).unwrap();
            let mut found = Vec::new();
            scalars(tree.root(), &mut Vec::new(), &mut found);
            for path in found {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let mut edited = tree.clone();
                edited.set(&path, "new value").unwrap();
                assert_eq!(edited.scalar(&path), Some("new value"));
                let changed =
                    lines(&text).iter().zip(lines(edited.text())).filter(|(a, b)| **a != *b).count();
                assert_eq!((changed, lines(&text).len()), (1, lines(edited.text()).len()), "{}", join(&path));
                edited.set(&path, tree.scalar(&path).unwrap()).unwrap();
                assert_eq!(edited, tree);
            }
        }
    }
}

#[test]
fn added_and_removed_again_leaves_every_byte() {
    let mut account = Account::new("example.org".parse().unwrap());
    account.destinations.insert("new@example.org".into(), Default::default());
    let value = to_value(&account);
    for case in cases("good") {
        let [_, text] = texts(&case);
        let before = parse(text.as_bytes()).unwrap();
        let mut tree: Tree = before.clone();
        tree.insert(&["Accounts", "new"], &value).unwrap();
        assert_eq!(tree.scalar(&["Accounts", "new", "Domain"]), Some("example.org"));
        assert!(before.text().lines().all(|line| tree.text().contains(line)));
        tree.remove(&["Accounts", "new"]).unwrap();
        assert_eq!(tree.text(), text);
    }
}

#[test]
fn what_is_in_effect_for_the_web_acme_and_new_accounts() {
    let load = |name: &str| load(cases("good").iter().find(|c| c.ends_with(name)).unwrap()).unwrap();
    let (full, quickstart, deprecated) = (load("full"), load("quickstart"), load("deprecated"));
    let ports = |config: &Config, listener: &str| -> Vec<String> {
        let ports = config.server.listeners[listener].web_ports();
        ports
            .map(|web| format!("{} {} {} {} {}", web.key, web.port, web.tls, web.path, web.forwarded))
            .collect()
    };
    assert_eq!(
        ports(&quickstart, "internal"),
        [
            "AccountHTTP 80 false / false",
            "AdminHTTP 80 false /admin/ false",
            "WebmailHTTP 80 false /webmail/ false",
            "WebAPIHTTP 80 false /webapi/ false",
        ]
    );
    assert_eq!(ports(&deprecated, "public"), ["WebmailHTTPS 443 true /mail/ false"]);
    assert_eq!(ports(&full, "a")[5], "WebmailHTTPS 8443 true /mail/ true");
    assert_eq!(
        full.server.listeners["a"].webserver_ports().collect::<Vec<_>>(),
        [(8080, false), (8443, true)]
    );

    let acme = &full.server.acme["letsencrypt"];
    assert_eq!((acme.port, acme.renew_before.to_string().as_str()), (443, "720h"));
    let issuer = |name: &str| full.server.acme[name].issuer().map(|d| d.to_string());
    assert_eq!(issuer("letsencrypt").as_deref(), Some("letsencrypt.org"));
    assert_eq!(issuer("own").as_deref(), Some("ca.example.com"));

    let (special, regular) = deprecated.server.mailboxes_of_new_account();
    assert_eq!(
        (special.sent.as_str(), special.junk.as_str(), regular.as_slice()),
        ("Sent", "", &["Work".into()][..])
    );
    let (special, regular) = full.server.mailboxes_of_new_account();
    assert_eq!((special.draft.as_str(), regular.len()), ("Entwürfe", 2));
    let empty = InitialMailboxes { special_use: Some(Default::default()), regular: Vec::new() };
    assert_eq!(empty.special_use().draft, "Drafts");
    let handlers = &full.dynamic.web_handlers;
    assert_eq!(handlers[4].web_redirect.as_ref().map(|r| r.status_code), Some(308));
    let dkim = &full.dynamic.domains[&"example.com".parse().unwrap()].dkim;
    assert_eq!(dkim.selectors["20240101"].signed_headers().len(), 11);
    assert_eq!(dkim.selectors["2025a"].signed_headers(), ["From", "To", "Subject", "Date", "Message-Id"]);
}

#[test]
fn an_empty_dynamic_file_is_the_default() {
    assert_eq!(to_text(&Dynamic::default(), &|_| None).unwrap(), "");
}

proptest::proptest! {
    // A file of failures in src/ would break the workspace.
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_text_parses_or_not_without_harm(text in "(\t{0,3}(Domains:|[a-e]:|[a-e]: [x# ]|- y|-|# c|nil|)\r?\n){0,8}[\t\r:#a -]{0,4}") {
        let _ = Config::parse(Path::new("mox.conf"), &text, &text);
        if let Ok(tree) = parse(text.as_bytes()) {
            assert_eq!(tree.text(), text);
            let mut found = Vec::new();
            scalars(tree.root(), &mut Vec::new(), &mut found);
            for path in found {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let mut edited = tree.clone();
                edited.set(&path, "v").unwrap();
                assert_eq!(edited.scalar(&path), Some("v"));
                edited.remove(&path).unwrap();
                edited.insert(&["new", "k"], &Value::Scalar("v".into())).unwrap();
                assert_eq!(edited.scalar(&["new", "k"]), Some("v"));
            }
        }
    }
}
