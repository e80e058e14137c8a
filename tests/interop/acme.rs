//! Certificates from Let's Encrypt's test authority, pebble, for `mox serve`: checks by TLS and by HTTP, accounts that
//! are bound, nonces that are refused, keys that stay, renewal, an authority that is away. RFC 8555, RFC 8737.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mox_net::{Dial, TcpDial, connect_tls};
use mox_platform::SystemClock;
use mox_tls::{
    ClientOptions, ClientVerify, Outcome, PrivateKey, RootCertStore, ServerName, TlsInfo, client_config,
};
use serde_json::{Value, json};

use crate::hosts::name_server;
use crate::peers::{installed, program};

const PATIENCE: Duration = Duration::from_secs(120);
const RECORDS: &[(&str, u16, &[u8])] =
    &[("mail.acme.test.", 1, &[127, 0, 0, 1]), ("imap.acme.test.", 1, &[127, 0, 0, 1])];
const BINDING: &str = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

/// A process that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder with the configuration of a server, and the ports that it and the authority use.
struct Site {
    folder: tempfile::TempDir,
    dns: SocketAddr,
    /// Of the authority.
    directory: u16,
    /// Checks by TLS and by HTTP arrive there.
    tls: u16,
    http: u16,
    smtp: u16,
    submissions: u16,
}

impl Site {
    /// `tls` goes below TLS of the listener, `authority` below ACME.
    fn new(authority: &str) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let [directory, tls, http, smtp, submissions] = free_ports();
        let made =
            rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("ca.key"), made.signing_key.serialize_pem()).unwrap();
        std::fs::write(folder.path().join("binding"), BINDING).unwrap();
        let domains = "Domains:\n\tacme.test:\n\t\tClientSettingsDomain: imap.acme.test\nAccounts:\n\ta:\n\t\tDomain: acme.test\n\t\tDestinations:\n\t\t\ta@acme.test: nil\n";
        std::fs::write(folder.path().join("domains.conf"), domains).unwrap();
        let site = Site { folder, dns: name_server(RECORDS), directory, tls, http, smtp, submissions };
        site.configure(authority, "");
        site
    }

    fn configure(&self, authority: &str, listener: &str) {
        let Site { directory, tls, http, smtp, submissions, .. } = self;
        let text = format!(
            "DataDir: data\nUser: 54321\nHostname: mail.acme.test\nTLS:\n\tCA:\n\t\tCertFiles:\n\t\t\t- ca.pem\nACME:\n\tpebble:\n\t\tDirectoryURL: https://127.0.0.1:{directory}/dir\n\t\tContactEmail: a@acme.test\n\t\tPort: {tls}\n{authority}Listeners:\n\tpublic:\n\t\tIPs:\n\t\t\t- 127.0.0.1\n\t\tTLS:\n\t\t\tACME: pebble\n{listener}\t\tSMTP:\n\t\t\tEnabled: true\n\t\t\tPort: {smtp}\n\t\tSubmissions:\n\t\t\tEnabled: true\n\t\t\tPort: {submissions}\n\t\tWebserverHTTP:\n\t\t\tEnabled: true\n\t\t\tPort: {http}\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\n"
        );
        std::fs::write(self.folder.path().join("mox.conf"), text).unwrap();
    }

    fn mox(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mox"));
        command.args(["--config", "mox.conf", "--dnssec", "off", "--resolver", &self.dns.to_string()]);
        command.args(arguments);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.mox(arguments).arg("--json").output().unwrap();
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// `mox serve`, ready.
    fn serve(&self) -> Running {
        let (ready, log) = (self.folder.path().join("ready"), self.folder.path().join("log"));
        let _ = std::fs::remove_file(&ready);
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let mut command = self.mox(&["serve", "--ready-file", "ready"]);
        let mut running = Running(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        eventually("the server", || {
            let ended = running.0.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {}", self.log());
            ready.exists().then_some(())
        });
        running
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// pebble, ready. Checks by TLS go to `tls`.
    fn pebble(&self, tls: u16, more: &Value, rejects: &str) -> Running {
        let [management] = free_ports();
        let mut config = json!({
            "listenAddress": format!("127.0.0.1:{}", self.directory),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": "ca.pem", "privateKey": "ca.key", "ocspResponderURL": "",
            "httpPort": self.http, "tlsPort": tls,
        });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let file = self.folder.path().join("pebble.json");
        std::fs::write(&file, json!({"pebble": config}).to_string()).unwrap();
        let log = std::fs::File::create(self.folder.path().join("pebble.log")).unwrap();
        let mut command = Command::new(program("pebble").unwrap());
        command.args(["-config", "pebble.json", "-dnsserver", &self.dns.to_string()]);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", rejects);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let running = Running(command.spawn().unwrap());
        let address = format!("127.0.0.1:{}", self.directory);
        eventually("pebble", || TcpStream::connect(&address).ok());
        running
    }

    /// Waits until every name has a certificate; names that failed are tried again.
    fn certificates(&self) -> Vec<Value> {
        eventually("certificates", || {
            let rows = self.json(&["certificates", "list"]).as_array().unwrap().clone();
            for row in rows.iter().filter(|row| !row["error"].is_null()) {
                self.mox(&["certificates", "renew", row["name"].as_str().unwrap()]).output().unwrap();
            }
            rows.iter().all(|row| !row["not_after"].is_null()).then_some(rows)
        })
    }

    /// What a client sees of the server, by the port of submission with TLS.
    fn seen(&self, name: &str) -> TlsInfo {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (clock, wait) = (Arc::new(SystemClock), Duration::from_secs(20));
            let address = SocketAddr::from(([127, 0, 0, 1], self.submissions));
            let io = TcpDial::new(clock.clone()).dial(address, None, wait).await.unwrap().io;
            let verify = ClientVerify::Recorded(Outcome::default());
            let options = ClientOptions { verify, identity: None, alpn: Vec::new() };
            let config = client_config(Arc::new(RootCertStore::empty()), options, clock.clone()).unwrap();
            let name = ServerName::try_from(name.to_owned()).unwrap();
            connect_tls(io, config, name, &*clock, wait).await.unwrap().1
        })
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    let sockets: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().port())
}

fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let from = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(from.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn key(path: &Path) -> [u8; 32] {
    let key = PrivateKey::from_pem(&std::fs::read(path).unwrap()).unwrap();
    mox_tls::fingerprint(&key.spki())
}

fn hex(sum: [u8; 32]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn names_are_checked_by_tls_and_keys_stay() {
    if !installed(&["pebble"]) {
        return;
    }
    let binding = "\t\tExternalAccountBinding:\n\t\t\tKeyID: kid-1\n\t\t\tKeyFile: binding\n";
    let site = Site::new(binding);
    let made = site.json(&["config", "ensureacmehostprivatekeys"]);
    let files: Vec<String> = made["listeners"][0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file.as_str().unwrap().to_owned())
        .collect();
    assert_eq!((files.len(), &made["listeners"][0]["unlisted"]), (2, &Value::Bool(true)), "{made}");
    let again = site.json(&["config", "ensureacmehostprivatekeys"]);
    assert_eq!(again["listeners"][0]["files"], made["listeners"][0]["files"]);
    assert_eq!(again["listeners"][0]["made"], json!([]));
    let listed: String = files.iter().map(|file| format!("\t\t\t\t- {file}\n")).collect();
    site.configure(binding, &format!("\t\t\tHostPrivateKeyFiles:\n{listed}"));
    let keys: Vec<[u8; 32]> = files.iter().map(|file| key(&site.folder.path().join(file))).collect();

    let demands =
        json!({"externalAccountBindingRequired": true, "externalAccountMACKeys": {"kid-1": BINDING}});
    let pebble = site.pebble(site.tls, &demands, "15");
    let server = site.serve();
    let rows = site.certificates();
    let told: Vec<_> = rows
        .iter()
        .map(|row| format!("{} {} {}", row["name"], row["key"], row["essential"]).replace('"', ""))
        .collect();
    assert_eq!(
        told,
        ["imap.acme.test ecdsap256 true", "mail.acme.test ecdsap256 true", "mail.acme.test rsa2048 true"]
    );
    assert_eq!((&rows[1]["tlsa"], &rows[2]["tlsa"]), (&hex(keys[1]).into(), &hex(keys[0]).into()));
    let (host, imap) = (site.seen("mail.acme.test"), site.seen("imap.acme.test"));
    assert_eq!(host.peer_spki_sha256, Some(keys[1]));
    assert_eq!(site.seen("stranger.test").peer_sha256, host.peer_sha256);
    assert_ne!(imap.peer_sha256, host.peer_sha256);

    // Another certificate, the same key.
    site.mox(&["certificates", "renew", "imap.acme.test"]).output().unwrap();
    let renewed = eventually("another certificate", || {
        site.certificates();
        let seen = site.seen("imap.acme.test");
        (seen.peer_sha256 != imap.peer_sha256).then_some(seen)
    });
    assert_eq!(renewed.peer_spki_sha256, imap.peer_spki_sha256);
    let unknown = site.mox(&["certificates", "renew", "other.test"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(5));

    // What is stored is served without the authority.
    drop((server, pebble));
    let server = site.serve();
    assert_eq!(site.seen("imap.acme.test").peer_sha256, renewed.peer_sha256);
    assert_eq!(site.seen("mail.acme.test").peer_sha256, host.peer_sha256);
    assert!(site.certificates().iter().all(|row| row["error"].is_null()));
    drop(server);
}

#[test]
fn an_authority_that_is_away_comes_back_checks_by_http_and_short_lives_are_renewed() {
    if !installed(&["pebble"]) {
        return;
    }
    let site = Site::new("");
    let server = site.serve();
    let own = site.seen("mail.acme.test");
    assert!(site.log().contains("one that this host signed itself is served"), "{}", site.log());
    let said = eventually("a failure", || {
        let rows = site.json(&["certificates", "list"]);
        rows.as_array().unwrap().iter().find_map(|row| row["error"].as_str().map(str::to_owned))
    });
    assert!(said.starts_with("the certificate authority cannot be asked"), "{said}");

    // Nobody answers checks by TLS.
    let [dead] = free_ports();
    let pebble = site.pebble(dead, &json!({"certificateValidityPeriod": 30}), "0");
    site.certificates();
    assert!(site.log().contains("tried once more by HTTP"), "{}", site.log());
    let first = site.seen("mail.acme.test");
    assert_ne!(first.peer_spki_sha256, own.peer_spki_sha256);
    let next = eventually("a renewed certificate", || {
        let seen = site.seen("mail.acme.test");
        (seen.peer_sha256 != first.peer_sha256).then_some(seen)
    });
    assert_eq!(next.peer_spki_sha256, first.peer_spki_sha256);
    drop((server, pebble));
}

#[test]
fn keys_that_root_makes_are_the_servers() {
    let site = Site::new("");
    if std::os::unix::fs::MetadataExt::uid(&site.folder.path().metadata().unwrap()) != 0 {
        return eprintln!("SKIPPED: only root gives files away");
    }
    let conf = site.folder.path().join("mox.conf");
    let text = std::fs::read_to_string(&conf).unwrap().replace("User: 54321", "User: nobody");
    std::fs::write(&conf, text).unwrap();
    let made = site.json(&["config", "ensureacmehostprivatekeys"]);
    let files = made["listeners"][0]["made"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    for file in files {
        let path = site.folder.path().join(file.as_str().unwrap());
        for one in [path.parent().unwrap(), &path] {
            assert_ne!(std::os::unix::fs::MetadataExt::uid(&one.metadata().unwrap()), 0, "{}", one.display());
        }
    }
}
