//! Replays the kept inputs of every fuzz target, on stable Rust and without libFuzzer.

use std::collections::BTreeSet;

use mox_testkit::fuzz::TARGETS;

use crate::source::{folders, read, root};

#[test]
fn fuzz_replay_of_every_corpus() {
    for (name, target) in TARGETS {
        let folder = root().join("tests/fuzz/corpus").join(name);
        let mut inputs = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let ran = std::panic::catch_unwind(|| target(&bytes));
            assert!(ran.is_ok(), "{} breaks the target {name}", path.display());
            inputs += 1;
        }
        assert!(inputs >= 10, "{name} has {inputs} inputs");
    }
}

#[test]
fn fuzz_targets_corpora_and_functions_exist_together() {
    let functions: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let corpora: BTreeSet<String> = folders("tests/fuzz/corpus").into_iter().collect();
    assert_eq!(functions, corpora);
    let manifest = read("tests/fuzz/Cargo.toml");
    for name in functions {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "tests/fuzz/Cargo.toml lacks {name}");
        assert!(
            read(&format!("tests/fuzz/{name}.rs")).contains(&format!("mox_testkit::fuzz::{name}(bytes)"))
        );
    }
}
