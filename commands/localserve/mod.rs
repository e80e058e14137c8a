//! `mox localserve`: a whole mail server on this machine for trying things.

pub(crate) mod chaos;
mod serve;
pub(crate) mod wait;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::arguments::duration;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Wait until a message arrives, for scripts and tests
    Wait(wait::Args),
    /// See and change by which rules the server fails on demand
    #[command(subcommand)]
    Chaos(chaos::Command),
}

/// What a local server is started with.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct Options {
    /// Folder for config and data; made when it does not exist [default: mox-localserve in the user's config folder]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) ip: IpAddr,
    /// First port: SMTP is N+25, submission N+587 and N+465 (TLS), HTTP N+80 and N+443, metrics N+81
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u16).range(0..=64542))]
    pub(crate) port_base: u16,
    /// Send all mail that is not for this machine to this server instead of catching it
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) relay: Option<HostPort>,
    /// Send mail for one domain to this server; may be given several times
    #[arg(long, value_name = "DOMAIN=HOST:PORT")]
    pub(crate) relay_domain: Vec<DomainRelay>,
    /// Send mail for a domain, and for those below it, to the mail hosts that DNS names; may be given several times
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) direct: Vec<mox_address::Domain>,
    /// Live in the lab: an internet inside of this process, where mail to the domains of `mox lab list` leaves for hosts
    /// that succeed and fail in every way, reports about TLS are made and come back, and time can be moved on. Its
    /// name server is at N+53
    #[arg(long)]
    pub(crate) lab: bool,
    /// Send messages that are released by hand to this server; nothing leaves by it otherwise
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) release: Option<HostPort>,
    /// Keep so many messages; the oldest go first
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    pub(crate) keep: u64,
    /// Waits between attempts to relay, separated by commas; after the last attempt the sender gets a notification
    #[arg(long, value_name = "TIMES", default_value = "5s,15s,1m,5m,30m", value_delimiter = ',', value_parser = duration)]
    pub(crate) retry: Vec<Duration>,
    /// Which DNS mail is judged by: the built-in domains below lab.test (see `mox lab list`), the real one, or none
    /// [default: lab; real with --resolver]
    #[arg(long, value_name = "WHICH", value_enum)]
    pub(crate) dns: Option<Dns>,
    /// Judge mail as if it came from this address instead of the client's, which SPF of the real internet knows
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) client_ip: Option<IpAddr>,
    /// Act on verdicts as a server for others would: refuse, or file as junk, what the policy of the sender's domain
    /// asks for. Otherwise everything is taken, and shows its verdict
    #[arg(long)]
    pub(crate) enforce: bool,
    /// Refuse whatever the standards forbid, where a real server would be lenient
    #[arg(long)]
    pub(crate) pedantic: bool,
    /// Fail on demand by this rule, as `mox localserve chaos add` takes it; may be given several times
    #[arg(long, value_name = "RULE")]
    pub(crate) chaos: Vec<chaos::rule::Rule>,
    /// Tell this http:// or https:// URL of every message that arrives, by a POST of JSON; may be given several times
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    pub(crate) webhook: Vec<mox_https::Url>,
    #[command(flatten)]
    pub(crate) running: crate::running::Options,
    /// Make the folder with config and certificate, then end
    #[arg(long)]
    pub(crate) init_only: bool,
    /// Break at a named point, for tests of crashes
    #[arg(long, value_name = "NAME", hide = true)]
    pub(crate) fault: Option<String>,
}

/// Which DNS mail is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Dns {
    Lab,
    Real,
    Off,
}

/// A server to send to: a name or an address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPort {
    /// Host name, or address without brackets.
    pub(crate) host: String,
    /// TCP port, not 0.
    pub(crate) port: u16,
}

impl FromStr for HostPort {
    type Err = String;
    fn from_str(text: &str) -> Result<HostPort, String> {
        let wrong = || "expected HOST:PORT, like mail.example.org:25 or [::1]:2525".to_owned();
        if let Ok(address) = text.parse::<SocketAddr>() {
            return match address.port() {
                0 => Err(wrong()),
                port => Ok(HostPort { host: address.ip().to_string(), port }),
            };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        let domain: mox_address::Domain = host.parse().map_err(|e| format!("{}: {e}", wrong()))?;
        Ok(HostPort { host: domain.ascii().to_owned(), port })
    }
}

/// Where mail for one domain goes.
#[derive(Debug, Clone)]
pub(crate) struct DomainRelay {
    /// The domain.
    pub(crate) domain: mox_address::Domain,
    /// The server.
    pub(crate) relay: HostPort,
}

impl FromStr for DomainRelay {
    type Err = String;
    fn from_str(text: &str) -> Result<DomainRelay, String> {
        let (domain, relay) = text.split_once('=').ok_or("expected DOMAIN=HOST:PORT")?;
        let domain = domain.parse().map_err(|e| format!("{domain:?} is not a domain: {e}"))?;
        Ok(DomainRelay { domain, relay: relay.parse()? })
    }
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox localserve", about: "Catch all mail on this machine", needs: Needs::World },
    Example {
        run: "mox localserve --dir /tmp/mail --port-base 5000 --ready-file /tmp/mail-ready",
        about: "A second one, for tests",
        needs: Needs::World,
    },
    Example {
        run: "mox localserve --lab",
        about: "Try delivery under MTA-STS and DANE, and reports about TLS, against every way to fail",
        needs: Needs::World,
    },
    Example {
        run: "mox localserve --relay-domain example.org=localhost:2525",
        about: "Let mail for one domain out",
        needs: Needs::World,
    },
    Example {
        run: "mox localserve --chaos stage=rcpt,code=451,probability=20",
        about: "Refuse every fifth recipient for now",
        needs: Needs::World,
    },
    Example {
        run: "mox localserve --webhook http://localhost:9000/mail",
        about: "Tell a program of yours what arrives",
        needs: Needs::World,
    },
    Example {
        run: "mox localserve --dns real --client-ip 192.0.2.1",
        about: "Show how the real internet would judge mail from that address",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    match args.command {
        Some(Command::Wait(args)) => wait::run(cx, args),
        Some(Command::Chaos(command)) => command.run(cx),
        None => serve::run(cx, args.options),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relays_are_hosts_with_ports() {
        for (text, host, port) in [
            ("localhost:25", "localhost", 25),
            ("[::1]:2525", "::1", 2525),
            ("10.0.0.1:587", "10.0.0.1", 587),
        ] {
            assert_eq!(text.parse(), Ok(HostPort { host: host.to_owned(), port }), "{text}");
        }
        for bad in
            ["localhost", "localhost:", "localhost:0", ":25", "a b:25", "localhost:99999", "10.0.0.1:0"]
        {
            assert!(bad.parse::<HostPort>().is_err(), "{bad}");
        }
        let relay: DomainRelay = "EXAMPLE.org=localhost:25".parse().unwrap();
        assert_eq!((relay.domain.ascii(), relay.relay.port), ("example.org", 25));
        assert!("example.org".parse::<DomainRelay>().is_err());
    }
}
