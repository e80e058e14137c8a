//! `mox config account`, `address`, `domain`, `alias`, `tlspubkey` and versions, from outside: with `mox serve` running
//! on the files, and without it. The server has no listeners, so it needs no ports.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mox_testkit::house::{PATIENCE, run};
use serde_json::Value;

use crate::commands::shell::{Ran, has_shell, shell};

const SERVER: &str = "DataDir: data\nUser: nobody\nHostname: mail.example.org\nListeners: nil\nPostmaster:\n\tAccount: amy\n\tMailbox: Postmaster\n";
const DOMAINS: &str = "# by hand\nDomains:\n\texample.org: nil # not a comment\n";
const GOOD: &str = "# by hand\nDomains:\n\t# the first\n\texample.org: nil\n\nAccounts:\n\tamy:\n\t\tDomain: example.org\n\t\tDestinations:\n\t\t\tamy@example.org: nil\n# the end\n";

/// Where root is refused nothing, a link to itself stands for a folder that the user may not enter.
#[test]
fn a_config_that_cannot_be_looked_at_is_not_taken_for_none() {
    let dir = tempfile::tempdir().unwrap();
    let Some(ran) = shell(dir.path(), "ln -s config config && unset MOXCONF && mox config test") else {
        return;
    };
    assert_ne!(ran.code, Some(0), "{}", ran.transcript("mox config test"));
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains("config/mox.conf") && told.contains("Too many levels"), "{told}");
    assert!(!told.contains("no config file"), "{told}");
}

struct Files {
    dir: tempfile::TempDir,
    server: Option<Child>,
}

impl Files {
    fn new() -> Files {
        let dir = tempfile::tempdir().unwrap();
        // A server that is started as root becomes another user, who has to get there.
        if has_shell() {
            run(Command::new("chmod").arg("755").arg(dir.path()));
        }
        std::fs::write(dir.path().join("mox.conf"), SERVER).unwrap();
        std::fs::write(dir.path().join("domains.conf"), GOOD).unwrap();
        Files { dir, server: None }
    }

    #[expect(clippy::disallowed_methods, reason = "a real process needs real time")]
    fn start(&mut self) {
        let ready = self.dir.path().join("ready");
        let log = std::fs::File::create(self.dir.path().join("log")).unwrap();
        let mox = PathBuf::from(env!("CARGO_BIN_EXE_mox"));
        let mut command = Command::new(mox);
        command.arg("--config").arg(self.dir.path()).arg("serve").arg("--ready-file").arg(&ready);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = self.server.insert(command.spawn().unwrap());
        let from = std::time::Instant::now();
        while !ready.exists() {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none() && from.elapsed() < PATIENCE, "no start: {}", log_of(self.dir.path()));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    fn stop(&mut self) {
        assert_eq!(self.run("mox stop").code, Some(0));
        let ended = self.server.take().map(|mut child| child.wait().unwrap());
        assert!(ended.is_some_and(|status| status.success()), "{}", log_of(self.dir.path()));
    }

    fn run(&self, line: &str) -> Ran {
        shell(self.dir.path(), line).unwrap()
    }

    /// Runs a line that succeeds; its standard output.
    fn ok(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, Some(0), "{}", ran.transcript(line));
        ran.stdout
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.ok(&format!("{line} --json"))).unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("domains.conf")).unwrap()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if let Some(mut child) = self.server.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn log_of(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("log")).unwrap_or_default()
}

/// What works the same with a server and without one.
fn walk(files: &Files) {
    let dry = files.run("mox config account add bob bob@example.org --dry-run");
    assert!(dry.stdout.contains("+\tbob:\n") && dry.stderr.contains("dry run"), "{}", dry.transcript(""));
    assert_eq!(files.text(), GOOD);

    let added = files.json("mox config account add bob bob@example.org");
    assert_eq!(added["password"].as_str().unwrap().len(), 19);
    let expected =
        "\tbob:\n\t\tDomain: example.org\n\t\tDestinations:\n\t\t\tbob@example.org: nil\n# the end\n";
    assert_eq!(files.text(), GOOD.replace("# the end\n", expected));
    files.ok("mox config address add sales@example.org bob --mailbox Sales");
    files.ok("mox config alias add team@example.org amy@example.org bob@example.org");
    files.ok("mox config alias update team@example.org --post-public true");
    files.ok("mox config account disable bob 'on leave'");
    let shown = files.json("mox config account show bob");
    assert_eq!(
        (&shown["row"]["login_disabled"], &shown["aliases"][0]),
        (&"on leave".into(), &"team@example.org".into())
    );
    assert_eq!(shown["stored"]["has_password"], true);

    let refused = files.run("mox config account rm bob");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("hint: first `mox config alias rmaddr team@example.org bob@example.org`"),
        "{}",
        refused.stderr
    );
    assert_eq!(files.run("mox config account show eve").code, Some(5));

    files.ok("mox config domain add example.net bob info");
    assert!(files.ok("mox dnsrecords example.net").contains("._domainkey"));
    files.ok("mox config tlspubkey gen laptop");
    files.ok("mox config tlspubkey add bob@example.org laptop <laptop.cert.pem");
    assert_eq!(files.json("mox config tlspubkey list bob")[0]["name"], "laptop");
    assert_eq!(files.run("mox config tlspubkey gen laptop").code, Some(1));

    let versions = files.json("mox config versions");
    assert_eq!(versions[0]["change"], "domain add example.net bob");
    let first = versions.as_array().unwrap().last().unwrap()["version"].clone();
    files.ok(&format!("mox config rollback {first}"));
    assert_eq!(files.text(), GOOD);
    assert!(files.ok("mox config diff").contains("-\texample.net:\n"));
    std::fs::write(files.dir.path().join("new.conf"), DOMAINS).unwrap();
    let bad = files.run("mox config apply new.conf");
    assert_eq!(bad.code, Some(1), "{}", bad.transcript(""));
    assert!(bad.stderr.contains("domains.conf:3:"), "{}", bad.stderr);
    assert_eq!(files.text(), GOOD);
}

#[test]
fn without_a_server_commands_work_on_the_files() {
    let files = Files::new();
    let listed = files.run("mox config account list");
    assert!(listed.stderr.contains("the server is not running"), "{}", listed.stderr);
    assert!(!files.dir.path().join("data").exists());
    walk(&files);
}

#[test]
fn with_a_server_changes_are_in_effect_at_once() {
    let mut files = Files::new();
    files.start();
    let listed = files.run("mox config account list");
    assert!(listed.stderr.is_empty() && listed.stdout.contains("amy"), "{}", listed.transcript(""));
    walk(&files);
    let added = |n: u8| files.ok(&format!("mox config address add n{n}@example.org amy"));
    std::thread::scope(|all| {
        for n in 1..=6 {
            all.spawn(move || added(n));
        }
    });
    let listed = files.ok("mox config address list");
    assert!((1..=6).all(|n| listed.contains(&format!("n{n}@example.org"))), "{listed}");
    files.stop();
}

#[test]
fn a_purged_account_is_gone_after_the_next_start() {
    let mut files = Files::new();
    files.ok("mox config account add bob bob@example.org");
    let removed = files.run("mox config account rm bob --purge");
    for said in ["goes at the next start", "mox queue drop --account bob"] {
        assert!(removed.stderr.contains(said), "{}", removed.stderr);
    }
    let waits = files.run("mox config account add bob bob@example.org");
    assert!(waits.stderr.contains("waits for removal"), "{}", waits.stderr);
    files.start();
    assert!(log_of(files.dir.path()).contains("removing the data of an account"));
    files.ok("mox config account add bob bob@example.org");
    files.stop();
}
