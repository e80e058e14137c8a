//! What the house may be built from: licences, banned crates, no crate twice. `deny.toml` says the same.
//!
//! Read from `cargo metadata`, so from every platform's and every kind of dependency at once.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::source::{read, root};

/// Licences that a binary under MIT or Apache-2.0 may contain. `WITH` exceptions are part of the name.
const LICENCES: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates that must not enter, and why.
const BANNED: [(&str, &str); 6] = [
    ("ring", "a second crypto library: everything uses aws-lc-rs"),
    ("openssl-sys", "a second TLS library"),
    ("native-tls", "a second TLS library"),
    ("chrono", "time is mox-clock"),
    ("sieve-rs", "AGPL"),
    ("serde_yaml", "unmaintained"),
];

/// Crates that may be there in several versions, and why.
const TWICE: [(&str, &str); 5] = [
    ("base64", "instant-acme has the older one"),
    ("core-foundation", "macOS only: system-configuration has the older one"),
    ("syn", "build time: half of the derive macros has moved to 3"),
    ("synstructure", "build time: follows syn"),
    ("untrusted", "aws-lc-rs and rustls-webpki"),
];

struct Package {
    name: String,
    version: String,
    licence: Option<String>,
    house: bool,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Packages that something in the house really uses, on any platform, in tests and builds too.
///
/// `resolve` also has edges of optional dependencies that no feature switches on (`"ring?/std"`); those are not
/// followed.
fn packages() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages: BTreeMap<&str, &Value> = list(&metadata["packages"]).map(|p| (text(&p["id"]), p)).collect();
    let nodes: BTreeMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).map(|n| (text(&n["id"]), n)).collect();
    let mut used = BTreeSet::new();
    let mut next: Vec<&str> = list(&metadata["workspace_members"]).map(text).collect();
    while let Some(id) = next.pop() {
        if used.insert(id) {
            let edges = list(&nodes[id]["deps"]).map(|edge| text(&edge["pkg"]));
            next.extend(
                edges.filter(|to| is_switched_on(packages[id], nodes[id], text(&packages[to]["name"]))),
            );
        }
    }
    used.into_iter()
        .map(|id| packages[id])
        .map(|package| Package {
            name: text(&package["name"]).to_owned(),
            version: text(&package["version"]).to_owned(),
            licence: package["license"].as_str().map(str::to_owned),
            house: package["source"].is_null(),
        })
        .collect()
}

/// Whether `package`, with the features of its `node`, uses the crate `name`.
fn is_switched_on(package: &Value, node: &Value, name: &str) -> bool {
    let switches: BTreeSet<&str> = list(&node["features"])
        .flat_map(|feature| list(&package["features"][text(feature)]))
        .map(text)
        .collect();
    list(&package["dependencies"]).filter(|dependency| text(&dependency["name"]) == name).any(|dependency| {
        let key = dependency["rename"].as_str().unwrap_or(name);
        let by_feature =
            |switch: &&str| *switch == format!("dep:{key}") || switch.starts_with(&format!("{key}/"));
        dependency["optional"] != true || switches.iter().any(by_feature)
    })
}

#[test]
fn optional_dependencies_count_when_a_feature_switches_them_on() {
    let package = serde_json::json!({
        "features": { "a": ["dep:x"], "b": ["x/std"], "c": ["x?/std"], "d": ["y"] },
        "dependencies": [{ "name": "x", "optional": true }, { "name": "z", "optional": false }],
    });
    for (features, name, answer) in
        [("a", "x", true), ("b", "x", true), ("c", "x", false), ("d", "x", false), ("d", "z", true)]
    {
        let node = serde_json::json!({ "features": [features] });
        assert_eq!(is_switched_on(&package, &node, name), answer, "{features} {name}");
    }
}

/// Whether an SPDX expression can be satisfied by the allowed licences. The old `/` means OR.
fn allowed(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let answer = either(&words, &mut at);
    answer && at == words.len()
}

fn either(words: &[&str], at: &mut usize) -> bool {
    let mut answer = both(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        answer |= both(words, at);
    }
    answer
}

fn both(words: &[&str], at: &mut usize) -> bool {
    let mut answer = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        answer &= one(words, at);
    }
    answer
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let answer = either(words, at);
        *at += 1;
        return answer;
    }
    let mut name = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    LICENCES.contains(&name.as_str())
}

#[test]
fn licence_expressions_are_understood() {
    for (expression, answer) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT AND GPL-3.0-only", false),
        ("MIT/Apache-2.0", true),
        ("ISC AND (Apache-2.0 OR AGPL-3.0)", true),
        ("ISC AND (LGPL-2.1 OR AGPL-3.0)", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0", true),
        ("GPL-2.0 WITH Classpath-exception-2.0", false),
        ("MIT OR", true),
        ("", false),
        ("MIT)", false),
    ] {
        assert_eq!(allowed(expression), answer, "{expression}");
    }
}

#[test]
fn licences_are_allowed() {
    let found: Vec<String> = packages()
        .iter()
        .filter(|package| !package.licence.as_deref().is_some_and(allowed))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.licence))
        .collect();
    assert!(found.is_empty(), "licences that are not on the list:\n  {}", found.join("\n  "));
}

#[test]
fn banned_crates_are_absent() {
    let packages = packages();
    let found: Vec<String> = BANNED
        .iter()
        .filter(|(banned, _)| packages.iter().any(|package| package.name == *banned))
        .map(|(banned, why)| format!("{banned}: {why} (cargo tree -i {banned})"))
        .collect();
    assert!(found.is_empty(), "banned crates in the tree:\n  {}", found.join("\n  "));
}

#[test]
fn no_crate_is_there_twice_without_a_reason() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages().into_iter().filter(|package| !package.house) {
        versions.entry(package.name).or_default().insert(package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let excused: BTreeSet<&str> = TWICE.iter().map(|(name, _)| *name).collect();
    let found: Vec<String> = versions
        .iter()
        .filter(|(name, _)| !excused.contains(name.as_str()))
        .map(|(name, versions)| format!("{name}: {versions:?} (cargo tree -d --target all)"))
        .collect();
    assert!(found.is_empty(), "the same crate in several versions:\n  {}", found.join("\n  "));
    let stale: Vec<&&str> = excused.iter().filter(|name| !versions.contains_key(**name)).collect();
    assert!(stale.is_empty(), "no longer there twice, remove the excuse: {stale:?}");
}

#[test]
fn deny_toml_says_the_same() {
    let deny = read("deny.toml");
    let names =
        LICENCES.iter().chain(BANNED.iter().map(|(name, _)| name)).chain(TWICE.iter().map(|(name, _)| name));
    let found: Vec<&&str> = names.filter(|name| !deny.contains(&format!("\"{name}\""))).collect();
    assert!(found.is_empty(), "deny.toml does not mention {found:?}");
}
