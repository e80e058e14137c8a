//! Connects to the first address that answers, and greets. RFC 5321 §3.1, §3.2, §4.1.1.1.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock;
use mox_net::{Dial, Stream};
use mox_smtp::{Command, EnhancedCode, Extensions};

use crate::{Error, Kind, Session};

/// Most addresses that are tried.
pub const MAX_DIALS: usize = 10;

/// Connects to the first of `ips` that answers, each within `timeout`, from the first of `locals` that is of the
/// same family (from any when there is none). The caller orders the addresses.
pub async fn dial(
    dial: &dyn Dial,
    clock: Arc<dyn Clock>,
    ips: &[IpAddr],
    port: u16,
    locals: &[IpAddr],
    timeout: Duration,
) -> Result<Stream, Error> {
    let mut failures = Vec::new();
    for ip in ips.iter().take(MAX_DIALS) {
        let local = locals.iter().find(|local| local.is_ipv4() == ip.is_ipv4()).copied();
        let remote = SocketAddr::new(*ip, port);
        match dial.dial(remote, local, timeout).await {
            Ok(dialed) => return Ok(Stream::new(dialed.io, clock, remote, dialed.local)),
            Err(e) => failures.push(format!("{remote}: {e}")),
        }
    }
    let reason =
        if failures.is_empty() { "no address to connect to".to_owned() } else { failures.join("; ") };
    Err(Error::local(Kind::Connect, true, EnhancedCode(4, 4, 1), reason))
}

impl Session {
    /// Waits for the greeting.
    pub(crate) async fn greet(&mut self) -> Result<(), Error> {
        let reply = self.reply("the connection", self.options.timeouts.greeting).await?;
        self.greeting = reply.lines.first().cloned().unwrap_or_default();
        if reply.code == 220 { Ok(()) } else { Err(Error::refused(Kind::Refused, "connection", &reply)) }
    }

    /// Says EHLO, or HELO to servers that do not know it.
    pub(crate) async fn hello(&mut self) -> Result<(), Error> {
        let (name, wait) = (self.options.hello.clone(), self.options.timeouts.command);
        let reply = self.command(&Command::Ehlo(&name), wait).await?;
        self.extensions = Extensions::default();
        match reply.code {
            250 => self.extensions = Extensions::parse(&reply),
            500..=504 => {
                let reply = self.command(&Command::Helo(&name), wait).await?;
                if reply.code != 250 {
                    return Err(Error::refused(Kind::Refused, "HELO", &reply));
                }
            }
            _ => return Err(Error::refused(Kind::Refused, "EHLO", &reply)),
        }
        Ok(())
    }
}
