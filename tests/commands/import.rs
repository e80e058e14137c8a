//! `mox import` and `mox export` without a server: nothing twice after a kill, and what Python's mailbox module reads.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::commands::shell::{Ran, has_shell, shell};

/// A folder with a config and an empty data folder.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in ["mox.conf", "domains.conf"] {
        let from = crate::source::root().join("tests/data/config/good/localserve").join(file);
        std::fs::copy(from, dir.path().join(file)).unwrap();
    }
    std::fs::create_dir(dir.path().join("data")).unwrap();
    dir
}

fn generate(file: &Path, messages: usize) {
    let message = |n: usize| {
        format!(
            "From amy@example.org Thu Nov 26 21:50:{:02} 2026\nFrom: amy@example.org\nSubject: {n}\n\
             Status: RO\nX-Keywords: red\n\nnumber {n}\n>From here\n\n",
            n % 60
        )
    };
    std::fs::write(file, (0..messages).map(message).collect::<String>()).unwrap();
}

fn run(dir: &Path, line: &str) -> Option<(Ran, Value)> {
    let ran = shell(dir, line)?;
    let json = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
    Some((ran, json))
}

#[test]
fn a_file_that_is_no_mailbox_says_that_nothing_was_imported() {
    let dir = folder();
    std::fs::write(dir.path().join("a.mbox"), "root:x:0:0\n").unwrap();
    let Some((ran, _)) = run(dir.path(), "mox import mbox mox Inbox a.mbox") else { return };
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: nothing was imported"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("is kept"), "{}", ran.stderr);
}

#[test]
fn import_goes_on_after_a_kill_and_nothing_is_there_twice() {
    let dir = folder();
    generate(&dir.path().join("a.mbox"), 1500);
    let line = "mox import mbox mox Archive/x a.mbox --json";
    for point in [3, 5] {
        let Some((ran, _)) = run(dir.path(), &format!("{line} --fault import-written:{point}")) else {
            return;
        };
        assert_ne!(ran.code, Some(0), "{}", ran.transcript(line));
    }
    let Some((ran, report)) = run(dir.path(), line) else { return };
    assert_eq!(ran.code, Some(0), "{}", ran.transcript(line));
    assert_eq!((&report["imported"], &report["known"]), (&500.into(), &1000.into()), "{report}");
    assert_eq!(report["complete"], true);
    let (ran, report) = run(dir.path(), line).unwrap();
    assert_eq!((&report["imported"], &report["known"]), (&0.into(), &1500.into()), "{report}");
    assert!(ran.stderr.contains("--again"), "{}", ran.stderr);
    let (_, report) = run(dir.path(), "mox import mbox mox Archive/x a.mbox --json --dry-run").unwrap();
    assert_eq!(report["mailboxes"]["Archive/x"], 1500);
    let (_, report) = run(dir.path(), "mox export mbox mox out.mbox Archive/x --single --json").unwrap();
    assert_eq!(report["messages"], 1500);
    let (ran, _) = run(dir.path(), "mox verifydata data").unwrap();
    assert_eq!(ran.code, Some(0), "{}", ran.transcript("verifydata"));
}

#[test]
fn import_tells_what_is_wrong() {
    let dir = folder();
    std::fs::write(dir.path().join("no.mbox"), "Subject: a\n\nb\n").unwrap();
    generate(&dir.path().join("a.mbox"), 3);
    let cases = [
        ("mox import mbox mox Inbox no.mbox", 1, "it does not begin with a line"),
        ("mox import mbox mox Inbox nothing.mbox", 5, "nothing.mbox"),
        ("mox import mbox nobody Inbox a.mbox", 5, "no account \"nobody\""),
        ("mox import mbox mox a//b a.mbox", 2, "cannot be a mailbox name"),
        ("mox import maildir mox Inbox .", 1, "it is no maildir"),
        ("mox import archive mox a.mbox", 1, "a.mbox"),
        ("mox export mbox mox a.mbox --single", 1, "is not replaced"),
        ("mox export mbox mox b.mbox Nothing --single", 5, "no mailbox \"Nothing\""),
    ];
    let Some(_) = run(dir.path(), "mox import mbox mox Inbox a.mbox") else { return };
    for (line, code, text) in cases {
        let (ran, _) = run(dir.path(), line).unwrap();
        assert!(ran.code == Some(code) && ran.stderr.contains(text), "{}", ran.transcript(line));
    }
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("partial")), "{left:?}");
}

const PYTHON_WRITES: &str = "
import mailbox
box = mailbox.mbox('py.mbox')
for i in range(20):
    m = mailbox.mboxMessage(f'From: a{i}@example.org\\nSubject: {i}\\n\\nFrom here\\nbody {i}\\n')
    m.set_flags('RFA' if i % 2 else '')
    box.add(m)
box.flush()
root = mailbox.Maildir('py', create=True)
sent = root.add_folder('Sent.2024')
for i in range(20):
    m = mailbox.MaildirMessage(f'From: a{i}@example.org\\nSubject: maildir {i}\\n\\nbody {i}\\n')
    m.set_subdir('cur'); m.set_flags('FRS' if i % 2 else '')
    m.set_date(1700000000 + i)
    (sent if i % 4 == 0 else root).add(m)
";

const PYTHON_READS: &str = "
import mailbox
box = mailbox.mbox('out.mbox', create=False)
read = [m for m in box if set('RFA') <= set(m.get_flags())]
assert len(box) == 20 and len(read) == 10, (len(box), len(read))
assert all('From here' in m.get_payload() for m in box)
root = mailbox.Maildir('out', create=False)
sent = root.get_folder('Sent.2024')
assert (len(root), len(sent)) == (15, 5), (len(root), len(sent))
assert sorted(m.get_flags() for m in root) == [''] * 5 + ['FRS'] * 10
assert sorted(m.get_date() for m in sent) == [1700000000.0 + i for i in range(0, 20, 4)]
";

#[test]
fn import_and_export_agree_with_python() {
    let dir = folder();
    let python = |text: &str| Command::new("python3").args(["-c", text]).current_dir(dir.path()).status();
    match python(PYTHON_WRITES) {
        Err(e) => {
            // Programs for Windows run in CI beside nothing else.
            let must = std::env::var_os("CI").is_some() && has_shell();
            assert!(!must, "python3: {e}");
            let _ = std::io::Write::write_all(&mut std::io::stderr(), b"SKIPPED: no python3\n");
            return;
        }
        Ok(status) => assert!(status.success()),
    }
    for line in [
        "mox import mbox mox Archive py.mbox",
        "mox export mbox mox out.mbox Archive --single",
        "mox import maildir mox Inbox py",
        "mox export maildir mox out",
    ] {
        let Some((ran, _)) = run(dir.path(), line) else { return };
        assert_eq!(ran.code, Some(0), "{}", ran.transcript(line));
    }
    assert!(python(PYTHON_READS).unwrap().success());
}
