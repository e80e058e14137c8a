//! Every address is caught in a mailbox of its own; relay rules say what leaves besides.

use std::sync::Arc;

use mox_address::{Address, Domain, IpDomain, Localpart, Path};
use mox_config::{Handle, Reports};
use mox_inbound::{Local, Recipients, Where};
use mox_queue::{DirectOptions, Leaving, Relay, RelayTls, Route, Router};
use mox_smtp::{EnhancedCode, ForwardPath, Reply};
use mox_smtpserver::Session;
use mox_store::MailboxName;

use super::{ACCOUNT, RelayRule, simulate};

/// Localparts at which reports are read, in any domain.
const REPORTS: [(&str, Reports); 5] = [
    ("tlsreports", Reports::Tls),
    ("tlsrpt", Reports::Tls),
    ("dmarcreports", Reports::Dmarc),
    ("dmarc", Reports::Dmarc),
    ("dmarcrpt", Reports::Dmarc),
];

/// The domain of the lab to which mail is sent by a route that asks for DANE.
const DANE_REQUIRED: &str = "dane-required.lab.test";

/// Catches every address.
#[derive(Default)]
pub(super) struct CatchAll {
    /// Which mail leaves through a relay.
    pub(super) relays: Vec<RelayRule>,
    /// For messages that are released by hand, where no other rule fits.
    pub(super) release: Option<RelayRule>,
    /// Domains whose mail leaves, them and those below, for the hosts that DNS names.
    pub(super) direct: Vec<Domain>,
    /// The same for the domains of the lab, of which nothing is caught: it comes back when a host there takes it.
    pub(super) lab: bool,
    /// Reports of ours that come back to its domains are filed together.
    pub(super) returns: Option<Arc<Handle>>,
}

impl CatchAll {
    /// Whether mail goes to a host of the lab.
    fn to_lab(&self, to: &IpDomain) -> bool {
        let below = |to: &Domain| to.ascii().ends_with(".lab.test") && to.ascii() != mox_lab::HOST;
        self.lab && to.domain().is_some_and(below)
    }

    /// How mail leaves for the hosts that DNS names, if it does.
    fn direct(&self, to: &IpDomain) -> Option<DirectOptions> {
        let require_dane = self.lab && to.domain().is_some_and(|to| to.ascii() == DANE_REQUIRED);
        let leaves = self.to_lab(to)
            || to.domain().is_some_and(|to| self.direct.iter().any(|domain| to.is_within(domain)));
        leaves.then(|| DirectOptions { require_dane, ..DirectOptions::default() })
    }

    fn relay(&self, to: &IpDomain) -> Option<&RelayRule> {
        let fits = |rule: &&RelayRule| match (&rule.domain, to.domain()) {
            (None, to) => to.is_none_or(|to| to.ascii() != "localhost"),
            (Some(domain), Some(to)) => to.is_within(domain),
            (Some(_), None) => false,
        };
        self.relays.iter().find(fits)
    }

    /// The mailbox of an address; in one for all of them those that reports of ours come back to.
    fn caught(&self, path: &Path) -> Local {
        let returned = self.returns.as_ref().and_then(|config| mox_inbound::returned(&config.load(), path));
        returned.unwrap_or_else(|| {
            let localpart = path.localpart.as_str().to_ascii_lowercase();
            let reports = REPORTS.iter().find(|(name, _)| *name == localpart).map(|(_, reports)| *reports);
            Local { reports, ..Local::new(ACCOUNT, mailbox(path), path.address()) }
        })
    }
}

/// The mailbox of an address: `Inbox` for the account's own and for postmasters, else one named by the address.
fn mailbox(path: &Path) -> MailboxName {
    let localpart = path.localpart.as_str().to_lowercase();
    let at_localhost = path.domain.domain().is_some_and(|d| d.ascii() == "localhost");
    let inbox = MailboxName::parse("Inbox");
    let found = match (localpart.as_str(), at_localhost) {
        ("mox" | "postmaster", true) => inbox,
        _ => {
            let domain =
                path.domain.domain().map_or_else(|| path.domain.to_string(), |d| d.unicode().to_owned());
            let lower = Localpart::from_unquoted(&localpart).map_or(localpart, |l| l.to_string());
            MailboxName::for_address(&format!("{lower}@{domain}")).or(inbox)
        }
    };
    // Localparts hold no control characters, so the name is always good; `Inbox` is.
    found.unwrap_or_else(|_| MailboxName::inbox())
}

impl Recipients for CatchAll {
    fn resolve(&self, session: &Session, path: &ForwardPath) -> Result<Where, Reply> {
        let Some(path) = path.path() else {
            let local = Local::new(ACCOUNT, MailboxName::inbox(), None);
            return Ok(Where { local: vec![local], queue: false });
        };
        let direct = self.direct(&path.domain).is_some();
        let relayed = direct || self.relay(&path.domain).is_some() || simulate::fails_in_queue(path);
        // Only programs of this machine, and who logged in, may send mail out.
        let trusted = session.account.is_some() || session.remote.ip().to_canonical().is_loopback();
        if relayed && !trusted {
            return Err(Reply::new(550, EnhancedCode(5, 7, 1), "log in to send mail to this domain"));
        }
        let local = if self.to_lab(&path.domain) { Vec::new() } else { vec![self.caught(path)] };
        Ok(Where { local, queue: relayed })
    }

    fn may_send_as(&self, _account: &str, _address: &Address) -> bool {
        true
    }

    fn for_mail(&self, to: &Path) -> Result<Vec<Local>, Reply> {
        Ok(vec![self.caught(to)])
    }

    fn for_notice(&self, _account: &str, to: &Path) -> Option<Local> {
        Some(self.caught(to)).filter(|_| !self.to_lab(&to.domain))
    }
}

impl Router for CatchAll {
    fn route(&self, mail: &Leaving<'_>) -> Route {
        if let Some(options) = self.direct(mail.to) {
            return Route::Direct(options);
        }
        // Mail that was held for its sender has no copy here yet: it goes into its mailbox.
        match self.relay(mail.to).or(self.release.as_ref().filter(|_| mail.copied)) {
            Some(rule) => Route::Relay(Relay {
                host: rule.host.clone(),
                port: rule.port,
                tls: RelayTls::Opportunistic,
                auth: None,
            }),
            None => Route::Local,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_mailbox_of_its_own() {
        for (path, name) in [
            ("mox@localhost", "Inbox"),
            ("Postmaster@localhost", "Inbox"),
            ("Bob@Example.ORG", "bob@example.org"),
            ("a/b@example.org", "a%2Fb@example.org"),
            ("\"a b\"@example.org", "\"a b\"@example.org"),
            ("x@xn--mnchen-3ya.example", "x@münchen.example"),
            ("x@[192.0.2.1]", "x@[192.0.2.1]"),
        ] {
            assert_eq!(mailbox(&path.parse().unwrap()).as_str(), name, "{path}");
        }
    }

    #[test]
    fn reports_are_read_at_their_addresses() {
        for (path, reports) in [
            ("TLSreports@example.org", Some(Reports::Tls)),
            ("tlsrpt@a.example", Some(Reports::Tls)),
            ("dmarcreports@example.org", Some(Reports::Dmarc)),
            ("DMARC@example.org", Some(Reports::Dmarc)),
            ("dmarc-x@example.org", None),
            ("bob@example.org", None),
        ] {
            assert_eq!(CatchAll::default().caught(&path.parse().unwrap()).reports, reports, "{path}");
        }
    }

    #[test]
    fn relay_rules() {
        let rule =
            RelayRule { domain: Some("example.org".parse().unwrap()), host: "127.0.0.1".into(), port: 2525 };
        let release = RelayRule { domain: None, host: "127.0.0.1".into(), port: 2526 };
        let catchall = CatchAll { relays: vec![rule], release: Some(release), ..CatchAll::default() };
        for (to, copied, port) in [
            ("a.example.org", false, Some(2525)),
            ("a.example.org", true, Some(2525)),
            ("example.net", true, Some(2526)),
            ("example.net", false, None),
        ] {
            let mail = Leaving {
                account: ACCOUNT,
                from: &None,
                to: &to.parse().unwrap(),
                attempts: 0,
                copied,
                transport: None,
            };
            let found = match catchall.route(&mail) {
                Route::Relay(relay) => Some(relay.port),
                _ => None,
            };
            assert_eq!(found, port, "{to} {copied}");
        }
        assert!(catchall.relay(&"example.net".parse().unwrap()).is_none());
        let rule = RelayRule { domain: None, host: "127.0.0.1".into(), port: 25 };
        let all = CatchAll { relays: vec![rule], ..CatchAll::default() };
        assert!(all.relay(&"example.net".parse().unwrap()).is_some());
        assert!(all.relay(&"localhost".parse().unwrap()).is_none());
    }
}
