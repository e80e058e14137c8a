//! Help of every command, as users see it.

use crate::commands::shell::shell;
use crate::commands::snapshot;

/// Groups and commands, visible ones.
fn commands() -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    for (command, _) in mox::examples().iter().filter(|(c, _)| !["completion", "generate"].contains(c)) {
        if let Some((group, _)) = command.split_once(' ') {
            words.push(group.to_owned());
        }
        words.push((*command).to_owned());
    }
    words.sort();
    words.dedup();
    words
}

#[test]
fn help_is_as_reviewed() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for words in commands() {
        let line = format!("mox {words} -h").replace("  ", " ");
        let ran = shell(dir.path(), &line).expect("needs no shell");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{line}");
        assert!(ran.stdout.contains("Examples:\n"), "{line} shows no example");
        all.push(Some(ran.transcript(&line)));
    }
    snapshot::check("help.txt", &all);
}
