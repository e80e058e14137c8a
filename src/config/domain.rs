//! `domains.conf`: what is read again when it changes; and its domains and aliases.

use mox_address::{Address, Domain};

use crate::account::Account;
use crate::route::Route;
use crate::section::{Table, section};

section! {
    /// The dynamic file, domains.conf, beside mox.conf. A change takes effect at once.
    optional Dynamic {
        /// Domains that mail is received for, by name.
        "Domains" domains: Table<Domain, HostedDomain> = Table::default(),
        /// Who has mail here, by account name.
        "Accounts" accounts: Table<String, Account> = Table::default(),
        /// Which transport outgoing mail takes: the first route that matches, those of the account first, then those
        /// of the sender's domain, then these. Without a match, mail is delivered directly.
        "Routes" routes: Vec<Route> = Vec::new(),
    }
}

section! {
    /// A domain that mail is received for.
    optional HostedDomain {
        /// Refuse mail for and from the domain for the time being: senders try again later.
        "Disabled" disabled: bool = false,
        /// Free text.
        "Description" description: String = String::new(),
        /// Text that ends the localpart when addresses are looked up: with +, mail for user+any reaches user. Not
        /// together with LocalpartCatchallSeparators.
        "LocalpartCatchallSeparator" localpart_catchall_separator: String = String::new(),
        /// Several such texts. The first is used for new addresses.
        "LocalpartCatchallSeparators" localpart_catchall_separators: Vec<String> = Vec::new(),
        /// Treat User and user as two addresses.
        "LocalpartCaseSensitive" localpart_case_sensitive: bool = false,
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

impl HostedDomain {
    /// The separators in effect.
    pub fn separators(&self) -> Vec<&str> {
        let one = std::iter::once(&self.localpart_catchall_separator);
        one.chain(&self.localpart_catchall_separators).map(String::as_str).filter(|s| !s.is_empty()).collect()
    }
}
