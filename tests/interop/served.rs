//! A `mox serve` in a folder of its own: configuration, keys that only root reads, data; on ports that are free.
//!
//! Names are looked up at a name server of the test, so that nothing is asked outside.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use mox_testkit::house::{PATIENCE, port_base, run, until};
use mox_testkit::nameserver::NameServer;

/// See the file. The server is killed when dropped.
pub(crate) struct Served {
    /// Holds `config`, `keys` and `data`. Others may enter it, as they may the folders of a real system.
    pub(crate) dir: PathBuf,
    /// SMTP is at 25 above it, submission at 587, HTTPS at 443.
    pub(crate) base: u16,
    names: NameServer,
    /// What runs mox, and whether it is for Windows.
    program: Vec<String>,
    windows: bool,
    child: Option<Child>,
    _folder: tempfile::TempDir,
}

const NAMES: &str = "example.org. MX 10 mail.example.org.
mail.example.org. A 127.0.0.1
example.com. MX 10 mail.example.com.
example.com. TXT \"v=spf1 ip4:127.0.0.1 -all\"
mail.example.com. A 127.0.0.1
1.0.0.127.in-addr.arpa. PTR mail.example.com.
";

impl Served {
    /// The program of this system; `settings` are further lines of `mox.conf`.
    pub(crate) fn prepare(settings: &str) -> Served {
        Served::with(vec![env!("CARGO_BIN_EXE_mox").to_owned()], false, settings)
    }

    /// The program for Windows, which the words in front run.
    pub(crate) fn prepare_windows(words: &str) -> Served {
        Served::with(words.split_whitespace().map(str::to_owned).collect(), true, "")
    }

    fn with(program: Vec<String>, windows: bool, settings: &str) -> Served {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_owned();
        open(&dir);
        let base = port_base();
        for name in ["config", "keys"] {
            std::fs::create_dir(dir.join(name)).unwrap();
        }
        let made = rcgen::generate_simple_self_signed(["mail.example.org".to_owned()]).unwrap();
        std::fs::write(dir.join("keys/mail.crt"), made.cert.pem()).unwrap();
        std::fs::write(dir.join("keys/mail.key"), made.signing_key.serialize_pem()).unwrap();
        let served = Served {
            dir,
            base,
            names: NameServer::start(NAMES),
            program,
            windows,
            child: None,
            _folder: folder,
        };
        served.configure(settings);
        served
    }

    fn configure(&self, settings: &str) {
        let (smtp, submission, https) = (self.port(25), self.port(587), self.port(443));
        let server = format!(
            "DataDir: ../data\n{settings}Hostname: mail.example.org\nListeners:\n\tlocal:\n\t\tIPs:\n\t\t\t- 127.0.0.1\n\
             \t\tTLS:\n\t\t\tKeyCerts:\n\t\t\t\t-\n\t\t\t\t\tCertFile: ../keys/mail.crt\n\t\t\t\t\tKeyFile: ../keys/mail.key\n\
             \t\tSMTP:\n\t\t\tEnabled: true\n\t\t\tPort: {smtp}\n\t\t\tFirstTimeSenderDelay: 0s\n\t\tSubmission:\n\t\t\tEnabled: true\n\t\t\tPort: {submission}\n\
             \t\tWebserverHTTPS:\n\t\t\tEnabled: true\n\t\t\tPort: {https}\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\n"
        );
        let domains = "Domains:\n\texample.org: nil\nAccounts:\n\ta:\n\t\tDomain: example.org\n\t\tDestinations:\n\t\t\ta@example.org: nil\n";
        std::fs::write(self.dir.join("config/mox.conf"), server).unwrap();
        std::fs::write(self.dir.join("config/domains.conf"), domains).unwrap();
    }

    /// Puts records into the name server.
    pub(crate) fn publish(&self, zone: &str) {
        self.names.zones.add(zone).unwrap();
    }

    /// The port that stands for a well-known one.
    pub(crate) fn port(&self, number: u16) -> u16 {
        self.base + number
    }

    /// A path as the program knows it: wine has `/` as drive Z.
    fn path(&self, path: &Path) -> PathBuf {
        match self.windows {
            false => path.to_owned(),
            true => format!("Z:{}", path.display()).replace('/', "\\").into(),
        }
    }

    /// A command line of mox with this configuration.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]).arg("--config").arg(self.path(&self.dir.join("config"))).args(words);
        command.stdin(Stdio::null());
        command
    }

    /// The words that serve.
    pub(crate) fn serving(&self) -> Command {
        let resolver = self.names.address.to_string();
        let mut command = self.command(&["serve", "--console", "--resolver", &resolver, "--dnssec", "off"]);
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        command.stdout(Stdio::null()).stderr(log);
        command
    }

    /// Starts it and waits until it accepts.
    pub(crate) fn start(&mut self) {
        let command = self.serving();
        self.start_by(command);
    }

    /// Starts it by a command line that ends in that of [`Served::serving`], and waits until it accepts.
    pub(crate) fn start_by(&mut self, mut command: Command) {
        let ready = |said: String| said.matches("mox serve is ready").count();
        let before = ready(self.said());
        self.child = Some(command.spawn().unwrap());
        let from = Instant::now();
        while ready(self.said()) == before {
            let status = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(status.is_none() && from.elapsed() < PATIENCE, "no start ({status:?})\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs a server that gives up by itself: how, and what it said.
    pub(crate) fn fails(&self) -> (ExitStatus, String) {
        let output = self.serving().stderr(Stdio::piped()).output().unwrap();
        (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The process that was started.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("running").id()
    }

    fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// All that the server said.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log()).unwrap_or_default()).into_owned()
    }

    /// What a command printed; its failure fails the test.
    pub(crate) fn mox(&self, words: &[&str]) -> String {
        run(&mut self.command(words))
    }

    /// What a command said with `--json`.
    pub(crate) fn json(&self, words: &[&str]) -> serde_json::Value {
        let text = self.mox(&[words, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{words:?}: {e}\n{text}"))
    }

    /// What a command said with `--json` that asks the same name server; problems that it tells of are no failure.
    pub(crate) fn report(&self, words: &[&str]) -> serde_json::Value {
        let resolver = self.names.address.to_string();
        let dns = ["--json", "--resolver", &resolver, "--dnssec", "off"];
        let output = self.command(&[words, &dns].concat()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 3)), "{words:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{words:?}: {e}\n{said}"))
    }

    /// What a command that reads standard input printed; its failure fails the test.
    pub(crate) fn mox_reading(&self, words: &[&str], input: &[u8]) -> String {
        let mut command = self.command(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Sends a message over TLS by swaks; its certificate is what swaks saw.
    pub(crate) fn send(&self, subject: &str) -> Output {
        let server = format!("127.0.0.1:{}", self.port(25));
        let subject = format!("Subject: {subject}");
        let words = [
            "--tls",
            "--helo",
            "mail.example.com",
            "--server",
            &server,
            "--from",
            "b@example.com",
            "--to",
            "a@example.org",
            "--header",
            &subject,
        ];
        let sent = Command::new("swaks").args(words).output().unwrap();
        let said = String::from_utf8_lossy(&sent.stdout);
        assert!(sent.status.success() && said.contains("TLS started"), "{said}\n{}", self.said());
        sent
    }

    /// Waits until a message with this subject is listed.
    pub(crate) fn arrives(&self, subject: &str) {
        let listed = || self.mox(&["message", "list"]).contains(subject).then_some(());
        until(PATIENCE, subject, || self.said(), listed);
    }

    /// Ends it in order.
    pub(crate) fn stop(&mut self) {
        self.mox(&["stop"]);
        let mut child = self.child.take().expect("running");
        assert!(child.wait().unwrap().success(), "{}", self.said());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server said:\n{}", self.said());
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Lets everybody enter a folder.
pub(crate) fn open(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir, PermissionsExt::from_mode(0o755)).unwrap();
}
