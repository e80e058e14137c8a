//! `domains.conf`: what is read again when it changes; and its domains and aliases.

use mox_address::{Address, Domain};

use crate::account::Account;
use crate::dkim::Dkim;
use crate::mtasts::MtaSts;
use crate::reports::ReportAddress;
use crate::route::Route;
use crate::section::{Table, section};
use crate::webhandler::WebHandler;

section! {
    /// The dynamic file, domains.conf, beside mox.conf. A change takes effect at once.
    optional Dynamic {
        /// Domains that mail is received for, by name.
        "Domains" domains: Table<Domain, HostedDomain> = Table::default(),
        /// Who has mail here, by account name.
        "Accounts" accounts: Table<String, Account> = Table::default(),
        /// Domains whose web pages are elsewhere: requests for the first are sent to the second, over HTTPS.
        "WebDomainRedirects" web_domain_redirects: Table<Domain, Domain> = Table::default(),
        /// What the web server does: the first that matches a request answers it. Pages for client setup and
        /// policies come before these, those of listeners after.
        "WebHandlers" web_handlers: Vec<WebHandler> = Vec::new(),
        /// Which transport outgoing mail takes: the first route that matches, those of the account first, then those
        /// of the sender's domain, then these. Without a match, mail is delivered directly.
        "Routes" routes: Vec<Route> = Vec::new(),
        /// DNS block lists to look for our own addresses in, to learn when mail from here is refused. Those of
        /// listeners are looked at, too.
        "MonitorDNSBLs" monitor_dnsbls: Vec<Domain> = Vec::new(),
    }
}

section! {
    /// A domain that mail is received for.
    optional HostedDomain {
        /// Refuse mail for and from the domain for the time being: senders try again later.
        "Disabled" disabled: bool = false,
        /// Free text.
        "Description" description: String = String::new(),
        /// Name that mail programs of the domain's users connect to, as mail.example.org, so that the domain can
        /// move to another server without changes for them. The Hostname of mox.conf if absent.
        "ClientSettingsDomain" client_settings_domain: Option<Domain> = None,
        /// Text that ends the localpart when addresses are looked up: with +, mail for user+any reaches user. Not
        /// together with LocalpartCatchallSeparators.
        "LocalpartCatchallSeparator" localpart_catchall_separator: String = String::new(),
        /// Several such texts. The first is used where an address is made, as for FromIDLoginAddresses.
        "LocalpartCatchallSeparators" localpart_catchall_separators: Vec<String> = Vec::new(),
        /// Treat User and user as two addresses.
        "LocalpartCaseSensitive" localpart_case_sensitive: bool = false,
        /// Keys that mail from the domain is signed with, so that others can tell it from forgeries.
        "DKIM" dkim: Dkim = Dkim::default(),
        /// Where DMARC reports about the domain arrive: what others found in mail that claims to be from it.
        "DMARC" dmarc: Option<ReportAddress> = None,
        /// A policy, served over HTTPS, that asks others for verified TLS when they deliver here.
        "MTASTS" mtasts: Option<MtaSts> = None,
        /// Where TLS reports about the domain arrive: how it went when others used TLS to deliver here.
        "TLSRPT" tlsrpt: Option<ReportAddress> = None,
        /// Routes for mail from this domain.
        "Routes" routes: Vec<Route> = Vec::new(),
        /// Addresses that lead to several others, by localpart.
        "Aliases" aliases: Table<String, Alias> = Table::default(),
    }
}

section! {
    /// An address that leads to several others.
    Alias {
        /// Addresses that get the mail; each must be a destination of an account.
        "Addresses" addresses: Vec<Address>,
        /// Whether anyone may send to it; else only its members.
        "PostPublic" post_public: bool = false,
        /// Whether members can see the members.
        "ListMembers" list_members: bool = false,
        /// Whether members may use its address in From.
        "AllowMsgFrom" allow_msg_from: bool = false,
    }
}

impl Dynamic {
    /// Puts the default where 0 stands for it.
    pub(crate) fn fill(&mut self) {
        self.accounts.values_mut().for_each(Account::fill);
        self.web_handlers.iter_mut().for_each(WebHandler::fill);
    }
}

impl HostedDomain {
    /// The separators in effect.
    pub fn separators(&self) -> Vec<&str> {
        let one = std::iter::once(&self.localpart_catchall_separator);
        one.chain(&self.localpart_catchall_separators).map(String::as_str).filter(|s| !s.is_empty()).collect()
    }
}
