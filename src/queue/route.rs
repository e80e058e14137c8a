//! The way of a message: to MX hosts, maybe with conditions, through a relay, into a mailbox here, or nowhere.

use std::fmt;
use std::time::Duration;

use mox_address::{IpDomain, ReversePath};
use mox_net::socks::SocksLogin;
use mox_sasl::Mechanism;
use mox_smtp::EnhancedCode;

/// Chooses the way of a message, and says what its account asks of the queue.
pub trait Router: Send + Sync {
    /// The route for a message. Asked once an attempt.
    fn route(&self, mail: &Leaving<'_>) -> Route;

    /// Whether there is a transport of this name, for [`Leaving::transport`].
    fn knows(&self, transport: &str) -> bool {
        let _ = transport;
        false
    }

    /// How long messages of an account are remembered that left the queue; zero for as long as any.
    fn keep_retired(&self, account: &str) -> Duration {
        let _ = account;
        Duration::ZERO
    }
}

/// What a route is chosen by.
#[derive(Debug, Clone, Copy)]
pub struct Leaving<'a> {
    /// Account of the sender.
    pub account: &'a str,
    /// Reverse-path.
    pub from: &'a ReversePath,
    /// Domain of the recipient.
    pub to: &'a IpDomain,
    /// Attempts made before.
    pub attempts: u32,
    /// A mailbox here holds the same message: it is sent on, not on its way in.
    pub copied: bool,
    /// The transport that an operator chose for this message, whatever routes say.
    pub transport: Option<&'a str>,
}

/// The way of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Into mailboxes of this house: mail that was held for its sender (RFC 4865).
    Local,
    /// To the hosts that DNS names for the domain.
    Direct(DirectOptions),
    /// To this host, whatever DNS says.
    Relay(Relay),
    /// Nowhere.
    Fail {
        /// 4xx for later, 5xx for never.
        code: u16,
        /// Enhanced code.
        enhanced: EnhancedCode,
        /// Why, one sentence.
        text: String,
    },
}

impl Route {
    /// To the hosts that DNS names, without conditions.
    pub fn direct() -> Route {
        Route::Direct(DirectOptions::default())
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Route::Local => f.write_str("into a mailbox of this server"),
            Route::Direct(options) => write!(f, "to the mail hosts that DNS names for the domain{options}"),
            Route::Relay(relay) => write!(f, "through {} port {}", relay.host, relay.port),
            Route::Fail { code, enhanced, text } => write!(f, "nowhere: {code} {enhanced} {text}"),
        }
    }
}

/// Conditions for delivery to the hosts that DNS names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectOptions {
    /// IPv4 may be used.
    pub ipv4: bool,
    /// IPv6 may be used.
    pub ipv6: bool,
    /// Only to hosts that DANE verifies.
    pub require_dane: bool,
    /// Connections go through this proxy.
    pub socks: Option<Socks>,
}

impl Default for DirectOptions {
    fn default() -> DirectOptions {
        DirectOptions { ipv4: true, ipv6: true, require_dane: false, socks: None }
    }
}

impl fmt::Display for DirectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ipv4, self.ipv6) {
            (true, true) => {}
            (true, false) => f.write_str(", over IPv4 only")?,
            (false, true) => f.write_str(", over IPv6 only")?,
            (false, false) => f.write_str(", over no IP family")?,
        }
        if self.require_dane {
            f.write_str(", verified by DANE")?;
        }
        if let Some(socks) = &self.socks {
            write!(f, ", through the SOCKS proxy {} port {}", socks.host, socks.port)?;
        }
        Ok(())
    }
}

/// A SOCKS5 proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socks {
    /// Its name, or an IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User name and password, if it asks for them.
    pub login: Option<SocksLogin>,
    /// What is said in EHLO: the name of the addresses that others see connections from.
    pub hello: String,
}

/// A host that relays for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Its name, or an IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What TLS is asked.
    pub tls: RelayTls,
    /// How to log in.
    pub auth: Option<RelayAuth>,
}

/// What TLS a relay must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayTls {
    /// None is tried.
    None,
    /// STARTTLS where offered, not verified.
    Opportunistic,
    /// STARTTLS, not verified.
    Unverified,
    /// STARTTLS, verified.
    StartTls,
    /// TLS from the first byte, verified.
    Implicit,
}

/// Name and password for a relay.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayAuth {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// Mechanisms that may be used; empty for all that need no client certificate.
    pub mechanisms: Vec<Mechanism>,
}

impl fmt::Debug for RelayAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayAuth").field("username", &self.username).finish_non_exhaustive()
    }
}
