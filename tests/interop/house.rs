//! A running `mox localserve` in a folder and on ports of its own, and its command line.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::peers::run;

/// How long anything may take on a busy machine with a debug build.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// What localserve adds to the port base.
const PORTS: [u16; 8] = [25, 80, 81, 143, 443, 465, 587, 993];

/// The binary under test.
pub(crate) fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_mox")
}

/// A port base whose eight ports are free, below the range that the system gives to clients.
pub(crate) fn port_base() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Neighbouring process ids must not lead to neighbouring ports.
    let start = (std::process::id().wrapping_mul(1_009) % 29_000) as u16;
    for _ in 0..29_000 {
        let base = 2_000 + (start + NEXT.fetch_add(7, Ordering::Relaxed)) % 29_000;
        if PORTS.iter().all(|port| TcpListener::bind(("127.0.0.1", base + port)).is_ok()) {
            return base;
        }
    }
    panic!("no free ports");
}

/// Starts `mox.exe` under wine, with the arguments given to it.
pub(crate) const WINDOWS_RUN: &str = "MOX_WINDOWS_RUN";

/// Which program is under test.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// The one built for this system.
    Native,
    /// The one for Windows, under wine.
    Windows,
}

impl Program {
    fn command(self) -> Command {
        match self {
            Program::Native => Command::new(binary()),
            Program::Windows => {
                let run = std::env::var(WINDOWS_RUN)
                    .unwrap_or_else(|_| panic!("{WINDOWS_RUN} does not say how to run mox.exe"));
                let mut words = run.split_whitespace();
                let mut command = Command::new(words.next().unwrap());
                command.args(words);
                command
            }
        }
    }

    /// A path as the program knows it: wine has `/` as drive Z.
    fn path(self, path: &Path) -> PathBuf {
        match self {
            Program::Native => path.to_owned(),
            Program::Windows => format!("Z:{}", path.display()).replace('/', "\\").into(),
        }
    }
}

/// A server that is killed when dropped.
pub(crate) struct House {
    program: Program,
    pub(crate) dir: PathBuf,
    pub(crate) base: u16,
    options: Vec<String>,
    preload: Vec<(String, PathBuf)>,
    /// Holds the log and the ready file.
    scratch: tempfile::TempDir,
    child: Option<Child>,
}

impl House {
    /// Starts localserve in `dir` and waits until all its listeners accept.
    pub(crate) fn start(dir: &Path, options: &[&str]) -> House {
        let mut house = House::prepare(dir, options);
        house.restart();
        house
    }

    /// The same with the program for Windows.
    pub(crate) fn start_windows(dir: &Path, options: &[&str]) -> House {
        let mut house = House::prepare_windows(dir, options);
        house.restart();
        house
    }

    /// A house that is not yet running, with the program for Windows.
    pub(crate) fn prepare_windows(dir: &Path, options: &[&str]) -> House {
        let mut house = House::prepare(dir, options);
        house.program = Program::Windows;
        house
    }

    /// A house that is not yet running.
    pub(crate) fn prepare(dir: &Path, options: &[&str]) -> House {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let scratch = tempfile::tempdir().unwrap();
        House {
            program: Program::Native,
            dir: dir.to_owned(),
            base: port_base(),
            options,
            preload: Vec::new(),
            scratch,
            child: None,
        }
    }

    /// Sets an environment variable of the server.
    pub(crate) fn env(&mut self, name: &str, value: &Path) {
        self.preload.push((name.to_owned(), value.to_owned()));
    }

    /// Starts the server again on the same folder and ports; on other ports when another test took one of them
    /// since it was looked at.
    pub(crate) fn restart(&mut self) {
        for _ in 0..5 {
            match self.try_start() {
                Ok(()) => return,
                Err(said) if said.contains("another program uses this port") => self.base = port_base(),
                Err(said) => panic!("{said}"),
            }
        }
        panic!("no free ports");
    }

    fn try_start(&mut self) -> Result<(), String> {
        let ready = self.ready_file();
        let _ = std::fs::remove_file(&ready);
        let child = self.command().spawn().unwrap();
        let child = self.child.insert(child);
        let from = Instant::now();
        while !ready.exists() {
            let status = child.try_wait().unwrap();
            if status.is_some() || from.elapsed() > PATIENCE {
                return Err(format!("no start ({status:?})\n{}", self.said()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let mut command = self.program.command();
        command.args(["localserve", "--port-base", &self.base.to_string()]);
        command.arg("--dir").arg(self.program.path(&self.dir));
        command.arg("--ready-file").arg(self.program.path(&self.ready_file())).args(&self.options);
        command.envs(self.preload.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command
    }

    /// Runs a server that is expected to give up by itself; returns how and what it said.
    pub(crate) fn fails(&self) -> (ExitStatus, String) {
        let mut child = self.command().spawn().unwrap();
        let from = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return (status, self.said());
            }
            if from.elapsed() > PATIENCE {
                let _ = child.kill();
                panic!("expected to give up, but runs\n{}", self.said());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// There while the server accepts.
    pub(crate) fn ready_file(&self) -> PathBuf {
        self.scratch.path().join("ready")
    }

    /// Everything the server said.
    fn log(&self) -> PathBuf {
        self.scratch.path().join("log")
    }

    /// Every byte the server said.
    pub(crate) fn said_all(&self) -> Vec<u8> {
        std::fs::read(self.log()).unwrap()
    }

    /// The last lines that the server said.
    pub(crate) fn said(&self) -> String {
        let text = String::from_utf8_lossy(&std::fs::read(self.log()).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// `127.0.0.1:PORT` of the MX listener.
    pub(crate) fn mx(&self) -> String {
        self.at(25)
    }

    /// Address of the listener for the well-known `port`.
    pub(crate) fn at(&self, port: u16) -> String {
        format!("127.0.0.1:{}", self.base + port)
    }

    /// Kills the server where it stands (SIGKILL).
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// `mox stop`, then waits for the process to end well.
    pub(crate) fn stop(&mut self) {
        self.mox(&["stop"]);
        let mut child = self.child.take().expect("running");
        let from = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "after mox stop: {status}\n{}", self.said());
                return;
            }
            assert!(from.elapsed() < PATIENCE, "does not stop\n{}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Runs a mox command against this house and returns what it printed; failure fails the test.
    pub(crate) fn mox(&self, arguments: &[&str]) -> String {
        run(self.program.command().arg("--config").arg(self.program.path(&self.dir)).args(arguments))
    }

    /// Runs a mox command that may fail.
    pub(crate) fn try_mox(&self, arguments: &[&str]) -> Output {
        self.program
            .command()
            .arg("--config")
            .arg(self.program.path(&self.dir))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs a mox command and reads its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.mox(arguments);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{arguments:?}: {e}\n{text}"))
    }

    /// All messages held, as `message list --json` shows them.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let Value::Array(messages) = self.json(&["message", "list", "--json", "--limit", "100000"]) else {
            panic!("message list --json is an array");
        };
        messages
    }

    /// Waits until `found` gives something and returns it.
    pub(crate) fn eventually<T>(&self, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
        let from = Instant::now();
        loop {
            if let Some(it) = found() {
                return it;
            }
            assert!(from.elapsed() < PATIENCE, "waited in vain for {what}\n{}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Checks the data of the stopped house.
    pub(crate) fn verify(&self) {
        assert!(self.child.is_none(), "stop it first");
        self.mox(&["verifydata"]);
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("last words of the server:\n{}", self.said());
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
