//! The mox commands: one file or folder a command word, and here the list of them.
//!
//! Commands are thin: arguments in, one call into a room or one operation of a running house, a value out.
//! They are synchronous; a runtime exists only while a server is asked ([`context::Context::server`]), so that
//! `mox --version` and offline commands start at once. Exit codes are in [`error`], output rules in [`output`].

mod arc;
mod arguments;
mod asker;
mod backup;
mod certificates;
mod clientconfig;
mod complete;
mod completion;
mod config;
mod connections;
mod context;
mod dane;
mod deliver;
mod dkim;
mod dmarc;
mod dns;
mod dnsbl;
mod dnscheck;
mod dnsrecords;
mod doctor;
mod error;
mod examples;
mod export;
mod feed;
mod fetcher;
mod generate;
mod import;
mod iprev;
mod lab;
mod localserve;
mod logins;
mod loglevels;
mod logs;
mod message;
mod mtasts;
mod outgoing;
mod output;
mod place;
mod progress;
mod queue;
mod quickstart;
mod rdap;
mod reports;
mod restore;
mod running;
mod sendmail;
mod serve;
mod service;
mod setaccountpassword;
mod setadminpassword;
mod smtp;
mod spf;
mod status;
mod stop;
mod streams;
mod tlsrpt;
mod traffic;
mod unserved;
mod upgrade;
mod verifydata;
mod version;
mod visit;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use context::Context;
use error::{CommandError, Exit};
use output::Color;

pub use examples::{Example, Needs, all as examples};
pub use streams::Streams;

/// Version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Mail server and mail toolkit.
///
/// Results go to standard output, everything else to standard error. Commands that read print JSON with --json.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the check found problems, 4 not authorised, 5 not found,
/// 6 server not reachable, 130 interrupted.
#[derive(Parser)]
#[command(
    name = "mox",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Config file, or the folder that holds mox.conf [default: ./config/mox.conf, else that of localserve]
    #[arg(long, global = true, env = "MOXCONF", hide_env_values = true, value_name = "PATH")]
    #[arg(value_hint = clap::ValueHint::AnyPath)]
    pub(crate) config: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours; NO_COLOR and CLICOLOR_FORCE are honoured
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Print nothing but the result and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Name server to ask instead of the system's, for commands that look names up
    #[arg(long, global = true, value_name = "ADDR:PORT", value_parser = asker::name_server)]
    #[arg(help_heading = "DNS options")]
    pub(crate) resolver: Option<SocketAddr>,
    /// File with DS or DNSKEY records to trust instead of the built-in ones of the root; implies --dnssec validate
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    #[arg(help_heading = "DNS options")]
    pub(crate) trust_anchor: Option<PathBuf>,
    /// Whom to believe about DNSSEC: a near resolver that validates, else own validation where the resolver gives DNSSEC
    /// records; always own validation; the resolver wherever it is; nobody
    #[arg(long, global = true, value_name = "MODE", value_enum, default_value_t = asker::Dnssec::Auto)]
    #[arg(help_heading = "DNS options")]
    pub(crate) dnssec: asker::Dnssec,
}

#[derive(Subcommand)]
enum Command {
    /// Run the mail server that the config describes
    ///
    /// Sockets below 1024 are opened first, then privileges are given up. It ends on SIGTERM and Ctrl-C, after what is
    /// under way; SIGHUP reads domains.conf again.
    Serve(serve::Args),
    /// Make the server a service of this system, start and stop it
    #[command(subcommand)]
    Service(service::Command),
    /// Run a mail server for trying things: everything is caught, nothing leaves the machine
    Localserve(Box<localserve::Args>),
    /// Make a mail server for a domain: keys, configuration, account, and the DNS records to publish
    ///
    /// Looks at the machine and at DNS, and says at each step what is missing. A step that failed stops it before
    /// anything is written, unless --yes is given. Nothing that exists is changed; a run that was interrupted is taken up
    /// by the same command. Exit code 3 when a step failed.
    Quickstart(Box<quickstart::Args>),
    /// Show how the running server is
    Status(status::Args),
    /// End the running server
    Stop(stop::Args),
    /// Show who is connected to the running server, and which networks are at a limit
    Connections(connections::Args),
    /// Show how much mail came and went, by hour and by day
    Traffic(traffic::Args),
    /// Show who tried to log in
    Logins(logins::Args),
    /// Take a backup of config and data; the server may run
    Backup(backup::Args),
    /// Put a backup back into a new folder, or check it
    Restore(restore::Args),
    /// Say what this program would do with the data of another version
    Upgrade(upgrade::Args),
    /// Show the latest lines of the log of the running server
    Logs(logs::Args),
    /// Show or set the log levels of the running server
    Loglevels(loglevels::Args),
    /// List, read and delete stored messages
    #[command(subcommand)]
    Message(message::Command),
    /// See and change what waits to be sent
    #[command(subcommand)]
    Queue(queue::Command),
    /// Check and explain the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// See and renew certificates from certificate authorities (ACME)
    #[command(subcommand)]
    Certificates(certificates::Command),
    /// Set the password of an account
    Setaccountpassword(setaccountpassword::Args),
    /// Set the password of the administrator
    Setadminpassword(setadminpassword::Args),
    /// Check the stored data or a backup, and mend the data of a server that does not run
    Verifydata(verifydata::Args),
    /// Import messages from mbox files, maildirs and archives
    #[command(subcommand)]
    Import(import::Command),
    /// Export messages as mbox files, maildirs and archives
    #[command(subcommand)]
    Export(export::Command),
    /// Try mail with domains that pass and fail in every way
    #[command(subcommand)]
    Lab(lab::Command),
    /// Look names up, with what DNSSEC says of the answer
    #[command(subcommand)]
    Dns(dns::Command),
    /// Check whether an address may send mail for a domain (SPF)
    #[command(subcommand)]
    Spf(spf::Command),
    /// Sign messages, verify signatures, make keys (DKIM)
    #[command(subcommand)]
    Dkim(dkim::Command),
    /// Look up and apply what domains ask for about forged mail (DMARC)
    #[command(subcommand)]
    Dmarc(dmarc::Command),
    /// Verify chains of authentication results (ARC)
    #[command(subcommand)]
    Arc(arc::Command),
    /// Check that an address has a name that leads back to it
    ///
    /// Exit codes: 3 when it has none, 1 when DNS does not answer.
    Iprev(iprev::Args),
    /// Check the records of a domain for mail: what is wrong, and what mends it
    ///
    /// Asks DNS, the policy host and the mail hosts everything at once, for 2 seconds at most. A domain of the
    /// configuration is compared with it, any other is judged by what is public. Exit code 3 when there is a warning or
    /// an error.
    Dnscheck(dnscheck::Args),
    /// Look at everything: the machine, the config, certificates, ports, DNS, the running server
    ///
    /// One list, the worst first, each with what mends it. Exit code 3 when there is a warning or an error.
    Doctor(doctor::Args),
    /// Print what mail programs of a domain's users have to know: host names, ports, TLS
    Clientconfig(clientconfig::Args),
    /// Print the records that a domain of the configuration should have
    Dnsrecords(dnsrecords::Args),
    /// Ask DNS block lists
    #[command(subcommand)]
    Dnsbl(dnsbl::Command),
    /// Look up policies that ask for verified TLS (MTA-STS)
    #[command(subcommand)]
    Mtasts(mtasts::Command),
    /// Look up where reports about TLS go (TLSRPT)
    #[command(subcommand)]
    Tlsrpt(tlsrpt::Command),
    /// Show what received reports tell, about mail (DMARC) and about TLS
    #[command(subcommand)]
    Reports(reports::Command),
    /// Make TLSA records, and compare mail hosts with theirs (DANE)
    #[command(subcommand)]
    Dane(dane::Command),
    /// Try out what a delivery would meet
    #[command(subcommand)]
    Deliver(deliver::Command),
    /// Connect to mail hosts and look at what they show
    #[command(subcommand)]
    Smtp(smtp::Command),
    /// Ask domain registries
    #[command(subcommand)]
    Rdap(rdap::Command),
    /// Submit a message as the classic sendmail program does
    Sendmail(sendmail::Args),
    /// Show the version of this program
    Version(version::Args),
    /// Print the completion script of a shell
    #[command(hide = true)]
    Completion(completion::Args),
    /// Write the generated files: man pages and completions
    #[command(hide = true)]
    Generate(generate::Args),
}

impl Command {
    fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Serve(args) => serve::run(cx, args),
            Command::Service(command) => command.run(cx),
            Command::Localserve(args) => localserve::run(cx, *args),
            Command::Quickstart(args) => quickstart::run(cx, *args),
            Command::Status(args) => status::run(cx, args),
            Command::Stop(args) => stop::run(cx, args),
            Command::Connections(args) => connections::run(cx, args),
            Command::Traffic(args) => traffic::run(cx, args),
            Command::Logs(args) => logs::run(cx, args),
            Command::Logins(args) => logins::run(cx, args),
            Command::Backup(args) => backup::run(cx, args),
            Command::Restore(args) => restore::run(cx, args),
            Command::Upgrade(args) => upgrade::run(cx, args),
            Command::Loglevels(args) => loglevels::run(cx, args),
            Command::Message(command) => command.run(cx),
            Command::Queue(command) => command.run(cx),
            Command::Config(command) => command.run(cx),
            Command::Certificates(command) => command.run(cx),
            Command::Setaccountpassword(args) => setaccountpassword::run(cx, args),
            Command::Setadminpassword(args) => setadminpassword::run(cx, args),
            Command::Verifydata(args) => verifydata::run(cx, args),
            Command::Import(command) => command.run(cx),
            Command::Export(command) => command.run(cx),
            Command::Lab(command) => command.run(cx),
            Command::Dns(command) => command.run(cx),
            Command::Spf(command) => command.run(cx),
            Command::Dkim(command) => command.run(cx),
            Command::Dmarc(command) => command.run(cx),
            Command::Arc(command) => command.run(cx),
            Command::Iprev(args) => iprev::run(cx, args),
            Command::Dnscheck(args) => dnscheck::run(cx, args),
            Command::Doctor(args) => doctor::run(cx, args),
            Command::Clientconfig(args) => clientconfig::run(cx, args),
            Command::Dnsrecords(args) => dnsrecords::run(cx, args),
            Command::Dnsbl(command) => command.run(cx),
            Command::Mtasts(command) => command.run(cx),
            Command::Tlsrpt(command) => command.run(cx),
            Command::Reports(command) => command.run(cx),
            Command::Dane(command) => command.run(cx),
            Command::Deliver(command) => command.run(cx),
            Command::Smtp(command) => command.run(cx),
            Command::Rdap(command) => command.run(cx),
            Command::Sendmail(args) => sendmail::run(cx, args),
            Command::Version(args) => version::run(cx, args),
            Command::Completion(args) => completion::run(cx, args),
            Command::Generate(args) => generate::run(cx, args),
        }
    }
}

/// The process: its arguments and streams in, its exit code out.
pub fn main() -> ExitCode {
    if std::env::var_os(complete::VARIABLE).is_some() {
        complete::answer_shell();
    }
    run(std::env::args_os().collect(), Streams::of_process())
}

/// Runs one command line, program name first. Everything a command says goes to `streams`.
pub fn run(mut args: Vec<OsString>, streams: Streams) -> ExitCode {
    if is_sendmail(&args) {
        args.insert(1, "sendmail".into());
        args.insert(0, "mox".into());
        args.remove(1);
    }
    let submits = args.get(1).is_some_and(|word| word == "sendmail");
    let parsed = definition().try_get_matches_from(args).and_then(|m| Cli::from_arg_matches(&m));
    let code = match parsed {
        Ok(cli) => {
            let mut cx = Context::new(cli.global, streams);
            let result = cli.command.run(&mut cx).and_then(|exit| cx.flush().map(|()| exit));
            result.unwrap_or_else(|e| e.report(&mut cx))
        }
        Err(error) => match error::report_usage(error, streams) {
            Exit::Usage if submits => Exit::Sysexit(sendmail::sysexits::USAGE),
            exit => exit,
        },
    };
    ExitCode::from(code.code())
}

/// The command line as clap knows it, examples included.
pub(crate) fn definition() -> clap::Command {
    examples::attach(Cli::command(), &mut Vec::new())
}

/// Whether the program was called by the name of the classic mail submission program.
fn is_sendmail(args: &[OsString]) -> bool {
    args.first().is_some_and(|name| Path::new(name).file_stem().is_some_and(|stem| stem == "sendmail"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definition_is_consistent() {
        definition().debug_assert();
    }

    #[test]
    fn sendmail_is_known_by_its_name() {
        for (name, expected) in
            [("/usr/sbin/sendmail", true), ("sendmail.exe", true), ("mox", false), ("mox-sendmail", false)]
        {
            assert_eq!(is_sendmail(&[name.into()]), expected, "{name}");
        }
        assert!(!is_sendmail(&[]));
    }
}
