//! How `mox serve` runs: which user, with which rights, on whose sockets. As root only, as in a container.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use mox_testkit::house::PATIENCE;

use crate::peers::{installed, is_root, skip};
use crate::served::Served;

/// `nobody` and its group, on Debian.
const NOBODY: u32 = 65_534;

fn ready() -> bool {
    (is_root() || skip("needs root")) && installed(&["swaks"])
}

/// The value of a field in the status of a thread.
fn field<'a>(status: &'a str, name: &str) -> &'a str {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name} in {status}")).trim()
}

/// The status of each thread.
fn threads(pid: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    tasks.filter_map(|task| std::fs::read_to_string(task.path().join("status")).ok()).collect()
}

#[test]
fn root_becomes_the_user_for_good() {
    if !ready() {
        return;
    }
    let mut served = Served::prepare("User: nobody\n");
    let keys = served.dir.join("keys");
    std::fs::set_permissions(keys.join("mail.key"), PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::set_permissions(&keys, PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::set_permissions(served.dir.join("config/mox.conf"), PermissionsExt::from_mode(0o644)).unwrap();
    served.start();

    let threads = threads(served.pid());
    assert!(threads.len() > 1, "the runtime has threads");
    for status in &threads {
        let all = format!("{NOBODY}\t{NOBODY}\t{NOBODY}\t{NOBODY}");
        assert_eq!(field(status, "Uid"), all);
        assert_eq!(field(status, "Gid"), all);
        assert_eq!(field(status, "Groups"), NOBODY.to_string());
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            assert_eq!(field(status, set), "0000000000000000", "{set}");
        }
        assert_eq!(field(status, "NoNewPrivs"), "1");
    }

    // TLS works, so the key was read while that was possible.
    served.send("by TLS");
    served.arrives("by TLS");

    for (name, mode) in [("config", 0o750), ("config/mox.conf", 0o640), ("data", 0o700)] {
        let found = served.dir.join(name).metadata().unwrap();
        assert_eq!((found.uid(), found.mode() & 0o777 & !mode), (NOBODY, 0), "{name}");
    }
    for entry in std::fs::read_dir(served.dir.join("data")).unwrap().flatten() {
        let found = entry.metadata().unwrap();
        assert_eq!((found.uid(), found.mode() & 0o077), (NOBODY, 0), "{}", entry.path().display());
    }
    assert_eq!(keys.join("mail.key").metadata().unwrap().uid(), 0, "what is elsewhere keeps its owner");
    served.stop();
    // Data that root touched is mended at the next start.
    let file = served.dir.join("data/secret.key");
    std::os::unix::fs::chown(&file, Some(0), Some(0)).unwrap();
    served.start();
    assert_eq!(file.metadata().unwrap().uid(), NOBODY);
    served.stop();
}

#[test]
fn it_does_not_stay_root() {
    if !ready() {
        return;
    }
    for (user, reason) in
        [("root", "it may do everything"), ("0", "it may do everything"), ("nosuch", "no such user")]
    {
        let served = Served::prepare(&format!("User: {user}\n"));
        let (status, said) = served.fails();
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(said.contains(reason) && said.contains("hint: ") && said.contains("useradd"), "{said}");
    }
}

#[test]
fn an_ordinary_user_needs_no_root() {
    if !ready() || !installed(&["setpriv"]) {
        return;
    }
    let mut served = Served::prepare("User: nobody\nNoFixPermissions: true\n");
    for path in
        ["", "config", "config/mox.conf", "config/domains.conf", "keys", "keys/mail.crt", "keys/mail.key"]
    {
        std::os::unix::fs::chown(served.dir.join(path), Some(1234), Some(1234)).unwrap();
    }
    let command = under(&served, &["setpriv", "--reuid", "1234", "--regid", "1234", "--clear-groups"]);
    served.start_by(command);
    assert_eq!(field(&threads(served.pid())[0], "Uid"), "1234\t1234\t1234\t1234");
    assert!(served.said().contains("User is not used"), "{}", served.said());
    served.send("without root");
    served.arrives("without root");
    served.stop();
}

/// The server's command line behind another program's.
fn under(served: &Served, words: &[&str]) -> Command {
    let serving = served.serving();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).arg(serving.get_program()).args(serving.get_args());
    let log = std::fs::File::options().create(true).append(true).open(served.dir.join("log")).unwrap();
    command.stderr(log);
    command
}

/// Opens sockets as systemd does, says whose they are, and becomes the server: ports, `--`, a command line.
const HAND_OVER: &str = r#"
import os, socket, sys
cut = sys.argv.index("--")
sockets = []
for port in sys.argv[1:cut]:
    s = socket.socket()
    s.bind(("127.0.0.1", int(port)))
    s.listen()
    sockets.append(s)
moved = [os.dup(s.fileno()) for s in sockets]
high = [os.dup2(fd, 100 + i) for i, fd in enumerate(moved)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(high)))
os.execv(sys.argv[cut + 1], sys.argv[cut + 1:])
"#;

/// The server, with sockets for these ports.
fn handed(served: &Served, ports: &[u16]) -> Command {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let words: Vec<&str> = ["/usr/bin/python3", "-c", HAND_OVER]
        .into_iter()
        .chain(ports.iter().map(String::as_str))
        .chain(["--"])
        .collect();
    under(served, &words)
}

#[test]
fn sockets_of_the_service_manager_are_used_and_it_is_told() {
    if !ready() || !installed(&["python3"]) {
        return;
    }
    let mut served = Served::prepare("User: nobody\n");
    let told = served.dir.join("notify");
    let notify = UnixDatagram::bind(&told).unwrap();
    std::fs::set_permissions(&told, PermissionsExt::from_mode(0o777)).unwrap();
    notify.set_read_timeout(Some(PATIENCE)).unwrap();
    // Read at once, as a service manager does: the system keeps few that are not.
    let (heard, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = [0; 64];
        while let Ok(length) = notify.recv(&mut line) {
            let line = String::from_utf8_lossy(&line[..length]).into_owned();
            if heard.send(line).is_err() {
                return;
            }
        }
    });
    let next = || lines.recv_timeout(PATIENCE).unwrap();
    let mut command = handed(&served, &[served.port(25)]);
    command.env("NOTIFY_SOCKET", &told).env("WATCHDOG_USEC", "200000");
    served.start_by(command);
    assert_eq!((next(), next()), ("READY=1".into(), "WATCHDOG=1".into()));
    let inode = std::fs::read_link(format!("/proc/{}/fd/3", served.pid())).unwrap();
    assert!(inode.to_string_lossy().starts_with("socket:"), "{inode:?}");
    served.send("by a socket from outside");
    served.arrives("by a socket from outside");
    served.stop();
    let other = std::iter::repeat_with(next).take(10_000).find(|line| line != "WATCHDOG=1");
    assert_eq!(other.as_deref(), Some("STOPPING=1"));
}

#[test]
fn a_strange_socket_is_named() {
    if !ready() || !installed(&["python3"]) {
        return;
    }
    let served = Served::prepare("User: nobody\n");
    let output =
        handed(&served, &[served.port(25), served.port(81)]).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let strange = format!("does not list: 127.0.0.1:{}\n", served.port(81));
    assert!(said.contains(&strange) && said.contains("BindIPv6Only"), "{said}");
}

/// Files below a folder that are not the user's.
fn strange(folder: &std::path::Path, user: u32) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let about = path.symlink_metadata().unwrap();
        if about.uid() != user {
            found.push(path.clone());
        }
        if about.is_dir() {
            found.extend(strange(&path, user));
        }
    }
    found
}

#[test]
fn commands_of_root_leave_files_that_the_user_opens() {
    if !ready() || !installed(&["setpriv"]) {
        return;
    }
    const USER: u32 = 1234;
    let mut served = Served::prepare("User: nobody\nNoFixPermissions: true\n");
    for path in
        ["", "config", "config/mox.conf", "config/domains.conf", "keys", "keys/mail.crt", "keys/mail.key"]
    {
        std::os::unix::fs::chown(served.dir.join(path), Some(USER), Some(USER)).unwrap();
    }
    let mut seed = 1u64;
    let noise = (0..300_000).map(|n| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if n % 70 == 69 { '\n' } else { char::from(b'a' + (seed >> 56) as u8 % 26) }
    });
    let mbox = format!("From x Thu Nov 26 21:50:00 2026\nSubject: large\n\n{}\n", noise.collect::<String>());
    let outside = tempfile::tempdir().unwrap();
    let (file, backup) = (outside.path().join("a.mbox"), outside.path().join("backup"));
    std::fs::write(&file, mbox).unwrap();
    let (file, backup) = (file.display().to_string(), backup.display().to_string());
    for round in ["one", "two"] {
        served.mox(&["config", "account", "add", round, &format!("{round}@example.org")]);
        served.mox(&["config", "domain", "add", &format!("{round}.example"), round]);
        served.mox(&["import", "mbox", round, "Inbox", &file]);
        served.mox(&["verifydata", "--fix"]);
        served.mox(&["backup", &backup]);
        let left = strange(&served.dir, USER);
        let left: Vec<_> = left.iter().filter(|path| !path.ends_with("log")).collect();
        assert!(left.is_empty(), "{left:?}");
        let command = under(&served, &["setpriv", "--reuid", "1234", "--regid", "1234", "--clear-groups"]);
        served.start_by(command);
        served.send(round);
        served.arrives(round);
        served.mox(&["config", "account", "disable", round, "gone"]);
        served.stop();
    }
    let restored = served.dir.join("restored");
    served.mox(&["restore", &backup, &restored.display().to_string()]);
    assert_eq!(strange(&restored, USER), [] as [std::path::PathBuf; 0]);
}
