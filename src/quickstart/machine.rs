//! What quickstart asks of the machine: the real one, or one that tests made up.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::service::Manager;

/// Longest wait for a program on this machine to answer a connection.
const NEAR: Duration = Duration::from_millis(300);
/// Largest hosts file that is read, in bytes.
const MAX_HOSTS: u64 = 1 << 20;

/// A machine.
pub trait Machine: Send + Sync {
    /// Addresses of all interfaces, loopback ones included.
    fn interfaces(&self) -> io::Result<Vec<IpAddr>>;
    /// Its name, with or without a domain.
    fn hostname(&self) -> Option<String>;
    /// Text of the hosts file.
    fn hosts(&self) -> String;
    /// Kind of container.
    fn container(&self) -> Option<&'static str>;
    /// Whether a program could listen on the address.
    fn has(&self, ip: IpAddr) -> bool;
    /// Whether a program listens there.
    fn answers(&self, at: SocketAddr) -> bool;
    /// Whether files can be given to other users.
    fn is_root(&self) -> bool;
    /// Whether a system user exists.
    fn has_user(&self, name: &str) -> bool;
    /// What starts services.
    fn manager(&self) -> Manager;
}

/// The machine that this program runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn interfaces(&self) -> io::Result<Vec<IpAddr>> {
        mox_platform::machine::interfaces()
    }

    fn hostname(&self) -> Option<String> {
        mox_platform::machine::hostname()
    }

    fn hosts(&self) -> String {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        if let Ok(file) = std::fs::File::open(mox_platform::paths::hosts_file()) {
            let _ = file.take(MAX_HOSTS).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn container(&self) -> Option<&'static str> {
        mox_platform::machine::container()
    }

    fn has(&self, ip: IpAddr) -> bool {
        TcpListener::bind((ip, 0)).is_ok()
    }

    fn answers(&self, at: SocketAddr) -> bool {
        TcpStream::connect_timeout(&at, NEAR).is_ok()
    }

    fn is_root(&self) -> bool {
        mox_platform::machine::is_root()
    }

    fn has_user(&self, name: &str) -> bool {
        mox_platform::machine::has_user(name)
    }

    fn manager(&self) -> Manager {
        match std::env::consts::OS {
            "windows" => Manager::Windows,
            "macos" => Manager::Launchd,
            "linux" => Manager::Systemd,
            _ => Manager::Unknown,
        }
    }
}
