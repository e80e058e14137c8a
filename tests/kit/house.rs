//! A running `mox localserve` in a folder and on ports of its own, and its command line.
//!
//! What fails panics and says what the server said last: this is for tests and benchmarks. They run in real time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a panic is how a test fails, and a real server needs real time"
)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take on a busy machine with a debug build.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// What localserve adds to the port base.
const PORTS: [u16; 9] = [25, 53, 80, 81, 143, 443, 465, 587, 993];

/// A port base whose eight ports are free, below the range that the system gives to clients.
pub fn port_base() -> u16 {
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

/// A mox program and how this system runs it.
#[derive(Debug, Clone)]
pub struct Program {
    /// The words that run it: the binary, behind what runs it.
    words: Vec<String>,
    /// Whether it is for Windows, under wine.
    windows: bool,
}

impl Program {
    /// A binary of this system.
    pub fn native(binary: &Path) -> Program {
        Program { words: vec![binary.to_str().expect("a path in UTF-8").to_owned()], windows: false }
    }

    /// `mox.exe`, run by a command line that takes its arguments.
    pub fn windows(run: &str) -> Program {
        Program { words: run.split_whitespace().map(str::to_owned).collect(), windows: true }
    }

    /// The same, run by another program, which gets its command line as its last arguments.
    fn under(&self, program: &[String]) -> Program {
        Program { words: program.iter().chain(&self.words).cloned().collect(), ..self.clone() }
    }

    fn command(&self) -> Command {
        let (program, arguments) = self.words.split_first().expect("a program");
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }

    /// A path as the program knows it: wine has `/` as drive Z.
    fn path(&self, path: &Path) -> PathBuf {
        match self.windows {
            false => path.to_owned(),
            true => format!("Z:{}", path.display()).replace('/', "\\").into(),
        }
    }
}

/// A server that is killed when dropped.
pub struct House {
    /// Its folder.
    pub dir: PathBuf,
    /// What is added to the well-known ports.
    pub base: u16,
    program: Program,
    /// What runs the server: the program, or strace and the like with it.
    server: Program,
    options: Vec<String>,
    preload: Vec<(String, PathBuf)>,
    /// Holds the log and the ready file.
    scratch: tempfile::TempDir,
    child: Option<Child>,
}

/// Waits for another process: until `found` gives something, which is returned. `said` is told when it was in vain.
pub fn until<T>(
    patience: Duration,
    what: &str,
    said: impl Fn() -> String,
    mut found: impl FnMut() -> Option<T>,
) -> T {
    let from = Instant::now();
    loop {
        if let Some(it) = found() {
            return it;
        }
        assert!(from.elapsed() < patience, "waited in vain for {what}\n{}", said());
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl House {
    /// A house of this program that is not yet running; [`House::restart`] starts it.
    pub fn prepare(program: &Program, dir: &Path, options: &[&str]) -> House {
        House {
            dir: dir.to_owned(),
            base: port_base(),
            program: program.clone(),
            server: program.clone(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            preload: Vec::new(),
            scratch: tempfile::tempdir().unwrap(),
            child: None,
        }
    }

    /// Runs the server under another program, which gets the server's command line as its last arguments.
    pub fn under(&mut self, program: &[String]) {
        self.server = self.program.under(program);
    }

    /// Process id of the running server, or of the program it runs under.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Sets an environment variable of the server.
    pub fn env(&mut self, name: &str, value: &Path) {
        self.preload.push((name.to_owned(), value.to_owned()));
    }

    /// Starts the server again on the same folder and ports; on other ports when another test took one of them
    /// since it was looked at.
    pub fn restart(&mut self) {
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
        let mut command = self.server.command();
        command.args(["localserve", "--port-base", &self.base.to_string()]);
        command.arg("--dir").arg(self.program.path(&self.dir));
        command.arg("--ready-file").arg(self.program.path(&self.ready_file())).args(&self.options);
        command.envs(self.preload.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command
    }

    /// Runs a server that is expected to give up by itself; returns how and what it said.
    pub fn fails(&self) -> (ExitStatus, String) {
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
    pub fn ready_file(&self) -> PathBuf {
        self.scratch.path().join("ready")
    }

    /// Everything the server said.
    fn log(&self) -> PathBuf {
        self.scratch.path().join("log")
    }

    /// Every byte the server said.
    pub fn said_all(&self) -> Vec<u8> {
        std::fs::read(self.log()).unwrap()
    }

    /// The last lines that the server said.
    pub fn said(&self) -> String {
        let text = String::from_utf8_lossy(&std::fs::read(self.log()).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// `127.0.0.1:PORT` of the MX listener.
    pub fn mx(&self) -> String {
        self.at(25)
    }

    /// Address of the listener for the well-known `port`.
    pub fn at(&self, port: u16) -> String {
        format!("127.0.0.1:{}", self.base + port)
    }

    /// Waits until the server has ended by itself.
    pub fn ends(&mut self, what: &str) {
        let from = Instant::now();
        while self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none()) {
            assert!(from.elapsed() < PATIENCE, "waited in vain for {what}\n{}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
        self.child = None;
    }

    /// Kills the server where it stands (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// `mox stop`, then waits for the process to end well.
    pub fn stop(&mut self) {
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
    pub fn mox(&self, arguments: &[&str]) -> String {
        run(&mut self.command_line(arguments))
    }

    /// Runs a mox command that may fail.
    pub fn try_mox(&self, arguments: &[&str]) -> Output {
        self.command_line(arguments).stdin(Stdio::null()).output().unwrap()
    }

    fn command_line(&self, arguments: &[&str]) -> Command {
        let mut command = self.program.command();
        command.arg("--config").arg(self.program.path(&self.dir)).args(arguments);
        command
    }

    /// Runs a mox command and reads its JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let text = self.mox(arguments);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{arguments:?}: {e}\n{text}"))
    }

    /// All messages held, as `message list --json` shows them.
    pub fn messages(&self) -> Vec<Value> {
        let Value::Array(messages) = self.json(&["message", "list", "--json", "--limit", "100000"]) else {
            panic!("message list --json is an array");
        };
        messages
    }

    /// Waits until `found` gives something and returns it.
    pub fn eventually<T>(&self, what: &str, found: impl FnMut() -> Option<T>) -> T {
        self.within(PATIENCE, what, found)
    }

    /// The same for what may take longer.
    pub fn within<T>(&self, patience: Duration, what: &str, found: impl FnMut() -> Option<T>) -> T {
        until(patience, what, || self.said(), found)
    }

    /// Checks the data of the stopped house.
    pub fn verify(&self) {
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

/// Runs a program to its end and returns its stdout; its failure fails the test with all it said.
pub fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8 output")
}
