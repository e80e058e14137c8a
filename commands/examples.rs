//! The examples of every command: in `--help`, in the man page, and run by the tests.

use crate::{
    arc, completion, config, dane, deliver, dkim, dmarc, dns, dnsbl, dnscheck, dnsrecords, generate, iprev,
    lab, localserve, loglevels, message, mtasts, outgoing, queue, rdap, reports, sendmail,
    setaccountpassword, setadminpassword, smtp, spf, status, stop, tlsrpt, verifydata, version,
};

/// One line that a user may type.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The shell command line, `mox …`.
    pub run: &'static str,
    /// What it does, a few words.
    pub about: &'static str,
    /// What must be there for it to end with success.
    pub needs: Needs,
}

/// What an example needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing but an empty folder.
    Nothing,
    /// A folder with a config, `config/mox.conf` and `config/domains.conf`.
    Config,
    /// A running server.
    Server,
    /// It is the server, or needs more than a test of one command can give; only its parsing is tried.
    World,
}

/// Every command and its examples.
pub fn all() -> &'static [(&'static str, &'static [Example])] {
    &[
        ("arc verify", arc::verify::EXAMPLES),
        ("backup", crate::backup::EXAMPLES),
        ("certificates list", crate::certificates::list::EXAMPLES),
        ("certificates renew", crate::certificates::renew::EXAMPLES),
        ("clientconfig", crate::clientconfig::EXAMPLES),
        ("completion", completion::EXAMPLES),
        ("config account add", config::account::add::EXAMPLES),
        ("config account addresses", config::account::addresses::EXAMPLES),
        ("config account apppassword add", config::account::apppassword::add::EXAMPLES),
        ("config account apppassword list", config::account::apppassword::list::EXAMPLES),
        ("config account apppassword rm", config::account::apppassword::rm::EXAMPLES),
        ("config account disable", config::account::disable::EXAMPLES),
        ("config account enable", config::account::enable::EXAMPLES),
        ("config account list", config::account::list::EXAMPLES),
        ("config account rm", config::account::rm::EXAMPLES),
        ("config account set", config::account::set::EXAMPLES),
        ("config account show", config::account::show::EXAMPLES),
        ("config address add", config::address::add::EXAMPLES),
        ("config address list", config::address::list::EXAMPLES),
        ("config address mvruleset", config::address::mvruleset::EXAMPLES),
        ("config address rm", config::address::rm::EXAMPLES),
        ("config address rulesets", config::address::rulesets::EXAMPLES),
        ("config alias add", config::alias::add::EXAMPLES),
        ("config alias addaddr", config::alias::addaddr::EXAMPLES),
        ("config alias list", config::alias::list::EXAMPLES),
        ("config alias rm", config::alias::rm::EXAMPLES),
        ("config alias rmaddr", config::alias::rmaddr::EXAMPLES),
        ("config alias show", config::alias::show::EXAMPLES),
        ("config alias update", config::alias::update::EXAMPLES),
        ("config apply", config::apply::EXAMPLES),
        ("config describe-domains", config::describe::DOMAINS_EXAMPLES),
        ("config describe-static", config::describe::STATIC_EXAMPLES),
        ("config diff", config::diff::EXAMPLES),
        ("config dnscheck", dnscheck::CONFIG_EXAMPLES),
        ("config dnsrecords", dnsrecords::CONFIG_EXAMPLES),
        ("config domain add", config::domain::add::EXAMPLES),
        ("config domain disable", config::domain::disable::EXAMPLES),
        ("config domain enable", config::domain::enable::EXAMPLES),
        ("config domain list", config::domain::list::EXAMPLES),
        ("config domain rm", config::domain::rm::EXAMPLES),
        ("config domain set", config::domain::set::EXAMPLES),
        ("config domain show", config::domain::show::EXAMPLES),
        ("config ensureacmehostprivatekeys", crate::config::ensureacmehostprivatekeys::EXAMPLES),
        ("config example", config::example::EXAMPLES),
        ("config path", config::path::EXAMPLES),
        ("config printservice", crate::config::printservice::EXAMPLES),
        ("config rollback", config::rollback::EXAMPLES),
        ("config show", config::show::EXAMPLES),
        ("config test", config::test::EXAMPLES),
        ("config tlspubkey add", config::tlspubkey::add::EXAMPLES),
        ("config tlspubkey gen", config::tlspubkey::generate::EXAMPLES),
        ("config tlspubkey get", config::tlspubkey::get::EXAMPLES),
        ("config tlspubkey list", config::tlspubkey::list::EXAMPLES),
        ("config tlspubkey rm", config::tlspubkey::rm::EXAMPLES),
        ("config versions", config::versions::EXAMPLES),
        ("connections", crate::connections::EXAMPLES),
        ("dane dial", dane::dial::EXAMPLES),
        ("dane dialmx", dane::dialmx::EXAMPLES),
        ("dane makerecord", dane::makerecord::EXAMPLES),
        ("deliver check", deliver::check::EXAMPLES),
        ("dkim gened25519", dkim::gened25519::EXAMPLES),
        ("dkim genrsa", dkim::genrsa::EXAMPLES),
        ("dkim lookup", dkim::lookup::EXAMPLES),
        ("dkim sign", dkim::sign::EXAMPLES),
        ("dkim txt", dkim::txt::EXAMPLES),
        ("dkim verify", dkim::verify::EXAMPLES),
        ("dmarc checkreportaddrs", dmarc::checkreportaddrs::EXAMPLES),
        ("dmarc explain", dmarc::explain::EXAMPLES),
        ("dmarc failures list", dmarc::failures::list::EXAMPLES),
        ("dmarc failures show", dmarc::failures::show::EXAMPLES),
        ("dmarc history", dmarc::history::EXAMPLES),
        ("dmarc lookup", dmarc::lookup::EXAMPLES),
        ("dmarc parse", dmarc::parse::EXAMPLES),
        ("dmarc preview", dmarc::preview::EXAMPLES),
        ("dmarc readiness", dmarc::readiness::EXAMPLES),
        ("dmarc reports list", dmarc::reports::list::EXAMPLES),
        ("dmarc reports show", dmarc::reports::show::EXAMPLES),
        ("dmarc results", dmarc::results::EXAMPLES),
        ("dmarc send-now", dmarc::sendnow::EXAMPLES),
        ("dmarc suppress add", outgoing::suppress::add::DMARC),
        ("dmarc suppress extend", outgoing::suppress::extend::DMARC),
        ("dmarc suppress list", outgoing::suppress::list::DMARC),
        ("dmarc suppress remove", outgoing::suppress::remove::DMARC),
        ("dmarc verify", dmarc::verify::EXAMPLES),
        ("dns lookup", dns::lookup::EXAMPLES),
        ("dnsbl check", dnsbl::check::EXAMPLES),
        ("dnsbl checkhealth", dnsbl::checkhealth::EXAMPLES),
        ("dnscheck", dnscheck::EXAMPLES),
        ("dnsrecords", dnsrecords::EXAMPLES),
        ("doctor", crate::doctor::EXAMPLES),
        ("export maildir", crate::export::maildir::EXAMPLES),
        ("export mbox", crate::export::mbox::EXAMPLES),
        ("generate", generate::EXAMPLES),
        ("import archive", crate::import::archive::EXAMPLES),
        ("import maildir", crate::import::maildir::EXAMPLES),
        ("import mbox", crate::import::mbox::EXAMPLES),
        ("iprev", iprev::EXAMPLES),
        ("lab advance", lab::advance::EXAMPLES),
        ("lab key", lab::key::EXAMPLES),
        ("lab list", lab::list::EXAMPLES),
        ("lab show", lab::show::EXAMPLES),
        ("lab step", lab::step::EXAMPLES),
        ("lab try", lab::send::EXAMPLES),
        ("localserve", localserve::EXAMPLES),
        ("localserve chaos add", localserve::chaos::add::EXAMPLES),
        ("localserve chaos clear", localserve::chaos::clear::EXAMPLES),
        ("localserve chaos list", localserve::chaos::list::EXAMPLES),
        ("localserve chaos remove", localserve::chaos::remove::EXAMPLES),
        ("localserve wait", localserve::wait::EXAMPLES),
        ("logins", crate::logins::EXAMPLES),
        ("loglevels", loglevels::EXAMPLES),
        ("logs", crate::logs::EXAMPLES),
        ("message cat", message::cat::EXAMPLES),
        ("message delete", message::delete::EXAMPLES),
        ("message events", message::events::EXAMPLES),
        ("message html", message::html::EXAMPLES),
        ("message list", message::list::EXAMPLES),
        ("message mailboxes", message::mailboxes::EXAMPLES),
        ("message mark", message::mark::EXAMPLES),
        ("message parse", message::parse::EXAMPLES),
        ("message part", message::part::EXAMPLES),
        ("message release", message::release::EXAMPLES),
        ("message report", message::report::EXAMPLES),
        ("message show", message::show::EXAMPLES),
        ("message tags", message::tags::EXAMPLES),
        ("message transcript", message::transcript::EXAMPLES),
        ("message watch", message::watch::EXAMPLES),
        ("mtasts forget", mtasts::forget::EXAMPLES),
        ("mtasts list", mtasts::list::EXAMPLES),
        ("mtasts lookup", mtasts::lookup::EXAMPLES),
        ("queue drop", queue::drop::EXAMPLES),
        ("queue dump", queue::dump::EXAMPLES),
        ("queue explain", queue::explain::EXAMPLES),
        ("queue fail", queue::fail::EXAMPLES),
        ("queue hold", queue::hold::EXAMPLES),
        ("queue holdrules add", queue::holdrules::add::EXAMPLES),
        ("queue holdrules list", queue::holdrules::list::EXAMPLES),
        ("queue holdrules remove", queue::holdrules::remove::EXAMPLES),
        ("queue list", queue::list::EXAMPLES),
        ("queue requiretls", queue::requiretls::EXAMPLES),
        ("queue retired list", queue::retired::list::EXAMPLES),
        ("queue retired show", queue::retired::show::EXAMPLES),
        ("queue schedule", queue::schedule::EXAMPLES),
        ("queue show", queue::show::EXAMPLES),
        ("queue suppress add", queue::suppress::add::EXAMPLES),
        ("queue suppress list", queue::suppress::list::EXAMPLES),
        ("queue suppress lookup", queue::suppress::lookup::EXAMPLES),
        ("queue suppress remove", queue::suppress::remove::EXAMPLES),
        ("queue transport", queue::transport::EXAMPLES),
        ("queue unhold", queue::unhold::EXAMPLES),
        ("queue wait", queue::wait::EXAMPLES),
        ("queue watch", queue::watch::EXAMPLES),
        ("queue webhook cancel", queue::webhook::cancel::EXAMPLES),
        ("queue webhook list", queue::webhook::list::EXAMPLES),
        ("queue webhook retired", queue::webhook::retired::EXAMPLES),
        ("queue webhook schedule", queue::webhook::schedule::EXAMPLES),
        ("queue webhook show", queue::webhook::show::EXAMPLES),
        ("queue webhook test", queue::webhook::test::EXAMPLES),
        ("quickstart", crate::quickstart::EXAMPLES),
        ("rdap domainage", rdap::domainage::EXAMPLES),
        ("reports causes", reports::causes::EXAMPLES),
        ("reports silent", reports::silent::EXAMPLES),
        ("reports summary", reports::summary::EXAMPLES),
        ("restore", crate::restore::EXAMPLES),
        ("sendmail", sendmail::EXAMPLES),
        ("serve", crate::serve::EXAMPLES),
        ("service install", crate::service::install::EXAMPLES),
        ("service start", crate::service::start::EXAMPLES),
        ("service status", crate::service::status::EXAMPLES),
        ("service stop", crate::service::stop::EXAMPLES),
        ("service uninstall", crate::service::uninstall::EXAMPLES),
        ("setaccountpassword", setaccountpassword::EXAMPLES),
        ("setadminpassword", setadminpassword::EXAMPLES),
        ("smtp dial", smtp::dial::EXAMPLES),
        ("spf check", spf::check::EXAMPLES),
        ("spf lookup", spf::lookup::EXAMPLES),
        ("spf parse", spf::parse::EXAMPLES),
        ("status", status::EXAMPLES),
        ("stop", stop::EXAMPLES),
        ("tlsrpt explain", tlsrpt::explain::EXAMPLES),
        ("tlsrpt history", tlsrpt::history::EXAMPLES),
        ("tlsrpt lookup", tlsrpt::lookup::EXAMPLES),
        ("tlsrpt parse", tlsrpt::parse::EXAMPLES),
        ("tlsrpt preview", tlsrpt::preview::EXAMPLES),
        ("tlsrpt reports list", tlsrpt::reports::list::EXAMPLES),
        ("tlsrpt reports show", tlsrpt::reports::show::EXAMPLES),
        ("tlsrpt results", tlsrpt::results::EXAMPLES),
        ("tlsrpt send-now", tlsrpt::sendnow::EXAMPLES),
        ("tlsrpt suppress add", outgoing::suppress::add::TLSRPT),
        ("tlsrpt suppress extend", outgoing::suppress::extend::TLSRPT),
        ("tlsrpt suppress list", outgoing::suppress::list::TLSRPT),
        ("tlsrpt suppress remove", outgoing::suppress::remove::TLSRPT),
        ("traffic", crate::traffic::EXAMPLES),
        ("upgrade", crate::upgrade::EXAMPLES),
        ("verifydata", verifydata::EXAMPLES),
        ("version", version::EXAMPLES),
    ]
}

/// The examples of the command with these words; those of a group are the first of each member.
pub(crate) fn of(words: &[String]) -> Vec<Example> {
    let name = words.join(" ");
    let exact = all().iter().find(|(command, _)| *command == name).map(|(_, examples)| *examples);
    let group = format!("{name} ");
    let member = |command: &str| name.is_empty() || command.starts_with(&group);
    match exact {
        Some(examples) => examples.to_vec(),
        None if name.is_empty() => FIRST.to_vec(),
        None => all().iter().filter(|(c, _)| member(c)).filter_map(|(_, e)| e.first().copied()).collect(),
    }
}

/// Examples of `mox` itself.
const FIRST: &[Example] = &[
    Example { run: "mox localserve", about: "Catch all mail on this machine", needs: Needs::World },
    Example { run: "mox message list", about: "See what was caught", needs: Needs::Server },
    Example { run: "mox help queue list", about: "Learn about a command", needs: Needs::Nothing },
];

/// Puts an Examples section into the help of every command.
pub(crate) fn attach(command: clap::Command, words: &mut Vec<String>) -> clap::Command {
    let examples = of(words);
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let command = names.into_iter().fold(command, |command, name| {
        words.push(name.clone());
        let command = command.mut_subcommand(&name, |sub| attach(sub, words));
        words.pop();
        command
    });
    if examples.is_empty() { command } else { command.after_help(text(&examples)) }
}

fn text(examples: &[Example]) -> String {
    let mut text = String::from("Examples:");
    for example in examples {
        text.push_str(&format!("\n  {}\n      {}", example.about, example.run));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(command: &clap::Command, words: &mut Vec<String>, found: &mut Vec<String>) {
        if !words.is_empty() && !command.is_subcommand_required_set() {
            found.push(words.join(" "));
        }
        for sub in command.get_subcommands() {
            words.push(sub.get_name().to_owned());
            leaves(sub, words, found);
            words.pop();
        }
    }

    #[test]
    fn every_command_has_examples_of_itself() {
        let mut found = Vec::new();
        leaves(&crate::definition(), &mut Vec::new(), &mut found);
        found.sort();
        let listed: Vec<&str> = all().iter().map(|(command, _)| *command).collect();
        assert_eq!(found, listed, "commands on the left, examples on the right");
        for (command, examples) in all() {
            assert!(!examples.is_empty(), "{command}");
            for example in *examples {
                assert!(
                    example.run.contains("mox ") && example.run.contains(command),
                    "{command}: {}",
                    example.run
                );
            }
        }
    }
}
