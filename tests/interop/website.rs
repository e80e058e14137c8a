//! `mox serve` with the web servers of a listener, asked by curl and Python: policies, files, redirects, a server behind
//! and a WebSocket through it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mox_clock::Clock as _;
use mox_platform::SystemClock;
use mox_testkit::house::until;

use crate::peers::{installed, program};

const PATIENCE: Duration = Duration::from_secs(30);

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    let held = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

struct Site {
    folder: tempfile::TempDir,
    http: u16,
    https: u16,
    behind: u16,
    socket: u16,
    _mox: Running,
}

impl Site {
    fn start() -> Site {
        let folder = tempfile::tempdir().unwrap();
        let [http, https, submissions, behind, socket] = free_ports();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        let text: String = (0..50_000).map(|n| format!("{n}\n")).collect();
        std::fs::write(root.join("numbers.txt"), text).unwrap();
        let names =
            ["mail.example.org", "www.example.org", "mta-sts.example.org", "autodiscover.example.org"];
        let now = SystemClock.now();
        let made = mox_tls::self_signed(&names, now, Duration::from_secs(86_400)).unwrap();
        for (name, pem) in
            [("ca.pem", &made.cert_pem), ("cert.pem", &made.cert_pem), ("key.pem", &made.key_pem)]
        {
            std::fs::write(folder.path().join(name), pem).unwrap();
        }
        let server = format!(
            "DataDir: data\nUser: 54321\nHostname: mail.example.org\nListeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 127.0.0.1\n\t\tTLS:\n\
             \t\t\tKeyCerts:\n\t\t\t\t-\n\t\t\t\t\tCertFile: cert.pem\n\t\t\t\t\tKeyFile: key.pem\n\
             \t\tSubmissions:\n\t\t\tEnabled: true\n\t\t\tPort: {submissions}\n\
             \t\tMTASTSHTTPS:\n\t\t\tEnabled: true\n\t\t\tPort: {https}\n\
             \t\tAutoconfigHTTPS:\n\t\t\tEnabled: true\n\t\t\tPort: {https}\n\
             \t\tWebserverHTTP:\n\t\t\tEnabled: true\n\t\t\tPort: {http}\n\
             \t\tWebserverHTTPS:\n\t\t\tEnabled: true\n\t\t\tPort: {https}\n\
             Postmaster:\n\tAccount: a\n\tMailbox: Postmaster\n"
        );
        std::fs::write(folder.path().join("mox.conf"), server).unwrap();
        let handler = |path: &str, lines: &str| {
            format!("\t-\n\t\tDomain: www.example.org\n\t\tPathRegexp: ^{path}\n{lines}")
        };
        let domains = format!(
            "Domains:\n\texample.org:\n\t\tMTASTS:\n\t\t\tPolicyID: 1\n\t\t\tMode: enforce\n\t\t\tMaxAge: 24h\n\
             Accounts:\n\ta:\n\t\tDomain: example.org\n\t\tDestinations:\n\t\t\ta@example.org: nil\nWebHandlers:\n{}{}{}",
            handler(
                "/files/",
                &format!(
                    "\t\tCompress: true\n\t\tWebStatic:\n\t\t\tStripPrefix: /files\n\t\t\tRoot: {}\n",
                    root.display()
                )
            ),
            handler(
                "/app/",
                &format!("\t\tWebForward:\n\t\t\tStripPath: true\n\t\t\tURL: http://127.0.0.1:{behind}\n")
            ),
            handler(
                "/socket",
                &format!(
                    "\t\tDontRedirectPlainHTTP: true\n\t\tWebForward:\n\t\t\tURL: http://127.0.0.1:{socket}\n"
                )
            ),
        );
        std::fs::write(folder.path().join("domains.conf"), domains).unwrap();
        let mut mox = Command::new(env!("CARGO_BIN_EXE_mox"));
        mox.args(["serve", "--config", "mox.conf"]).current_dir(folder.path());
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mox = Running(mox.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let site = Site { folder, http, https, behind, socket, _mox: mox };
        listens(http, &site.folder.path().join("log"));
        site
    }

    /// What curl prints for arguments.
    fn curl(&self, arguments: &[&str]) -> Vec<u8> {
        let to = |port| format!("::127.0.0.1:{port}");
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--cacert", "ca.pem", "--connect-to"]);
        curl.arg(to(if arguments.iter().any(|a| a.starts_with("http:")) { self.http } else { self.https }));
        let output = curl.args(arguments).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn text(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.curl(arguments)).unwrap()
    }
}

fn listens(port: u16, log: &Path) {
    let said = || std::fs::read_to_string(log).unwrap_or_default();
    let taken = || TcpStream::connect(("127.0.0.1", port)).ok().map(drop);
    until(PATIENCE, &format!("who listens on {port}"), said, taken);
}

#[test]
fn curl_is_served() {
    if !installed(&["curl", "python3"]) {
        return;
    }
    let site = Site::start();
    let policy = site.text(&["https://mta-sts.example.org/.well-known/mta-sts.txt"]);
    assert_eq!(policy, "version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmax_age: 86400\r\n");
    let file = std::fs::read(site.folder.path().join("root/numbers.txt")).unwrap();
    let url = "https://www.example.org/files/numbers.txt";
    assert!(site.curl(&[url]) == file && site.curl(&["--compressed", url]) == file);
    assert_eq!(site.curl(&["-r", "100-199", url]), &file[100..200]);
    let code = ["-o", "/dev/null", "-w", "%{http_code} %{redirect_url}"];
    let with = |more: &[&'static str]| site.text(&[&code[..], more].concat());
    assert_eq!(with(&["-z", "root/numbers.txt", "https://www.example.org/files/numbers.txt"]), "304 ");
    assert_eq!(with(&["--path-as-is", "https://www.example.org/files/../log"]), "400 ");
    assert_eq!(with(&["https://www.example.org/files/%2e%2e/log", "--path-as-is"]), "400 ");
    let there = format!("308 https://www.example.org:{}/files/x?y", site.https);
    assert_eq!(with(&["http://www.example.org/files/x?y"]), there);
    assert_eq!(with(&["https://www.example.org/app/"]), "502 ");

    let mut python = Command::new(program("python3").unwrap());
    python.args(["-m", "http.server", "-b", "127.0.0.1", &site.behind.to_string()]);
    python.current_dir(site.folder.path().join("root")).stdout(Stdio::null()).stderr(Stdio::null());
    let _python = Running(python.spawn().unwrap());
    listens(site.behind, &site.folder.path().join("log"));
    assert!(site.curl(&["https://www.example.org/app/numbers.txt"]) == file);
    assert_eq!(with(&["https://www.example.org/app/none"]), "404 ");
    let log = std::fs::read_to_string(site.folder.path().join("log")).unwrap();
    assert!(log.contains("http request") && log.contains("path=/app/none"), "{log}");
}

#[test]
fn a_websocket_goes_through() {
    let site = Site::start();
    let behind = TcpListener::bind(("127.0.0.1", site.socket)).unwrap();
    let echo = std::thread::spawn(move || {
        let (mut io, _) = behind.accept().unwrap();
        let mut lines = BufReader::new(io.try_clone().unwrap()).lines();
        while !lines.next().unwrap().unwrap().is_empty() {}
        // The answer to the key of RFC 6455 §1.3.
        io.write_all(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        )
        .unwrap();
        for line in lines.map_while(Result::ok) {
            io.write_all(format!("echo {line}\n").as_bytes()).unwrap();
        }
    });
    let mut client = TcpStream::connect(("127.0.0.1", site.http)).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
        .write_all(
            b"GET /socket HTTP/1.1\r\nHost: www.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
              Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        )
        .unwrap();
    let mut lines = BufReader::new(client.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(lines.read_line(&mut head).unwrap() > 0, "{head}");
    }
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    for n in 0..100 {
        client.write_all(format!("line {n}\n").as_bytes()).unwrap();
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        assert_eq!(line, format!("echo line {n}\n"));
    }
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    lines.read_to_end(&mut rest).unwrap();
    echo.join().unwrap();
}
