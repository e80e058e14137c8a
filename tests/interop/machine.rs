//! A machine for real mail hosts: every port of 127.0.0.0/8 is free, a signed `example.org` is served, resolved and
//! validated by nsd and unbound, and /etc is its own. A set of Linux namespaces, gone with all that runs in them when
//! it is dropped. Needs root.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mox_testkit::house::PATIENCE;

use crate::house::House;
use crate::peers::{file, installed, is_root, program, run, skip};

/// Where the resolver listens.
const RESOLVER: &str = "127.0.0.1:53";
/// The house of this machine.
pub(crate) const HOUSE: &str = "127.0.0.4";

/// See the file.
pub(crate) struct Machine {
    folder: tempfile::TempDir,
    /// Holds the namespaces.
    holder: Child,
    servers: Vec<Child>,
}

impl Machine {
    /// `None` where a program is missing or namespaces cannot be made: skipped.
    pub(crate) fn start(programs: &[&str]) -> Option<Machine> {
        let all =
            ["unshare", "nsenter", "ip", "bash", "nsd", "unbound", "ldns-signzone", "ldns-keygen", "swaks"];
        if !installed(&[&all, programs].concat()) {
            return None;
        }
        if !is_root() {
            skip("namespaces need root");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut holder = Command::new("unshare")
            .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "bash"])
            .args([&file("dane/net.sh"), folder.path()])
            // Closed when this process ends, however it ends.
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let from = Instant::now();
        while !folder.path().join("ready").exists() {
            if holder.try_wait().unwrap().is_some() || from.elapsed() > PATIENCE {
                let _ = holder.kill();
                let _ = holder.wait();
                skip("namespaces cannot be made here");
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Machine { folder, holder, servers: Vec::new() })
    }

    /// A path in the folder of this machine.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What enters it, to which a command line is added. Without its own process ids, what is run can be killed.
    fn enter(&self, with_pids: bool) -> Vec<String> {
        let at = |kind: &str| format!("/proc/{}/ns/{kind}", self.holder.id());
        let mut words = vec!["nsenter".to_owned()];
        words.extend([format!("--net={}", at("net")), format!("--mount={}", at("mnt"))]);
        words.extend(with_pids.then(|| format!("--pid={}", at("pid_for_children"))));
        words
    }

    /// A command that runs in it.
    pub(crate) fn command(&self, name: &str) -> Command {
        let words = self.enter(true);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(program(name).unwrap_or_else(|| name.into())).stdin(Stdio::null());
        command
    }

    /// Publishes these records below `example.org`, signed. Once.
    pub(crate) fn publish(&mut self, records: &str) {
        let folder = self.path("dns");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("records"), records).unwrap();
        run(Command::new("bash").arg(file("dane/dns.sh")).arg(&folder));
        for name in ["nsd", "unbound"] {
            let log = std::fs::File::create(folder.join(format!("{name}.out"))).unwrap();
            let mut server = self.command(name);
            server.args(["-d", "-c"]).arg(folder.join(format!("{name}.conf")));
            server.stdout(log.try_clone().unwrap()).stderr(log);
            self.servers.push(server.spawn().unwrap());
        }
        self.eventually("names", || {
            let look = self.look(&["dns", "lookup", "soa", "example.org"]);
            look.status.success().then_some(())
        });
    }

    /// Runs a mox command that asks names of this machine.
    pub(crate) fn look(&self, arguments: &[&str]) -> Output {
        let mut look = self.command(env!("CARGO_BIN_EXE_mox"));
        look.args(arguments).args(["--resolver", RESOLVER, "--trust-anchor"]).arg(self.path("dns/root.key"));
        look.output().unwrap()
    }

    /// A house on this machine, on the well-known ports, that is not yet running. It validates by itself, unless it
    /// is told whom to believe.
    pub(crate) fn house(&self, more: &[&str]) -> House {
        let anchor = self.path("dns/root.key");
        let own = ["--trust-anchor", anchor.to_str().unwrap()];
        let own = if more.contains(&"--dnssec") { &[] } else { &own[..] };
        let options =
            ["--ip", HOUSE, "--resolver", RESOLVER, "--retry", "1s,1s,1s,1s,2s,2s,2s,5s,5s,5s,5s,5s,1m,5m"];
        let mut house = House::prepare(&self.path("house"), &[&options[..], own, more].concat());
        house.base = 0;
        house.under(&self.enter(false));
        house
    }

    /// Submits a message at a server of this machine; `more` are options of swaks.
    pub(crate) fn submit(&self, server: &str, to: &str, subject: &str, more: &[&str]) {
        let mut swaks = self.command("swaks");
        swaks.args(["--server", server, "--from", "mox@localhost", "--to", to]).args(more);
        run(swaks.args(["--header", &format!("Subject: {subject}"), "--body", "to the outside"]));
    }

    /// Waits until `found` gives something and returns it.
    pub(crate) fn eventually<T>(&self, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
        let from = Instant::now();
        loop {
            if let Some(it) = found() {
                return it;
            }
            assert!(from.elapsed() < PATIENCE, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The messages in a maildir below the folder of this machine.
    pub(crate) fn maildir(&self, name: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(name).join("new")) else { return Vec::new() };
        entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
    }

    /// A file below its folder, empty when it is not there.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn logs(&self) -> String {
        let names = [
            "postfix/maillog",
            "exim/log/mainlog",
            "exim/log/paniclog",
            "dns/nsd.out",
            "dns/nsd.log",
            "dns/unbound.out",
            "dns/unbound.log",
        ];
        names.map(|name| format!("{name}:\n{}", self.read(name))).join("\n")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.logs());
        }
        // All that runs in it ends with it.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
        for server in &mut self.servers {
            let _ = server.wait();
        }
    }
}

/// The line of a zone file that `mox dane makerecord` makes of a PEM file.
pub(crate) fn tlsa(kind: [&str; 3], pem: &Path, host: &str) -> String {
    let mut mox = Command::new(env!("CARGO_BIN_EXE_mox"));
    run(mox.args(["dane", "makerecord"]).args(kind).arg(pem).args(["--host", host]))
}
