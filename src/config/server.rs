//! `mox.conf`: what is read once, at start.

use std::path::PathBuf;

use mox_address::Domain;

use crate::acme::AcmeProvider;
use crate::limits::Limits;
use crate::listener::Listener;
use crate::reports::HostTlsRpt;
use crate::section::{Table, section};
use crate::transport::Transport;
use crate::values::{LogLevel, Network};

section! {
    /// The static file, mox.conf. A change takes effect after a restart.
    Static {
        /// Directory that holds everything the server stores: database, messages, control socket. Relative to the
        /// directory of mox.conf.
        "DataDir" data_dir: PathBuf,
        /// Default log level.
        "LogLevel" log_level: LogLevel = LogLevel::Info,
        /// Log levels that differ from LogLevel, by the name of the part of the server, as smtpserver or queue.
        "PackageLogLevels" package_log_levels: Table<String, LogLevel> = Table::default(),
        /// User to run as after ports are bound and keys are read: a name or a numeric id. Only used when started
        /// as root.
        "User" user: String = "mox".to_owned(),
        /// Leave owner and mode of files and directories as they are at start.
        "NoFixPermissions" no_fix_permissions: bool = false,
        /// Full name of this host, as other mail servers should see it: used in greetings, EHLO and Received
        /// headers. Its addresses should lead back to it in reverse DNS.
        "Hostname" hostname: Domain,
        /// Look once a day whether there is a newer version, and tell postmaster.
        "CheckUpdates" check_updates: bool = false,
        /// Refuse protocol violations that are otherwise tolerated. Good for testing mail software.
        "Pedantic" pedantic: bool = false,
        /// TLS for outgoing connections.
        "TLS" tls: Tls = Tls::default(),
        /// Certificate authorities that give certificates on demand, by a name of your choice that listeners refer to,
        /// as letsencrypt.
        "ACME" acme: Table<String, AcmeProvider> = Table::default(),
        /// File with the hash of the password for the admin pages, relative to the directory of mox.conf.
        "AdminPasswordFile" admin_password_file: Option<PathBuf> = None,
        /// Groups of addresses to listen on and what is served there, by a name of your choice, as public or
        /// internal.
        "Listeners" listeners: Table<String, Listener>,
        /// Who gets mail for postmaster: at the host name, and at domains that have no postmaster address of their
        /// own.
        "Postmaster" postmaster: Postmaster,
        /// Where TLS reports about this host arrive, which others send when they use DANE. Those about a domain are
        /// set in domains.conf.
        "HostTLSRPT" host_tlsrpt: Option<HostTlsRpt> = None,
        /// Mailboxes that a new account starts with, next to Inbox. A change does not affect existing accounts.
        "InitialMailboxes" initial_mailboxes: InitialMailboxes = InitialMailboxes::default(),
        /// Deprecated: write InitialMailboxes instead. Mailboxes that a new account starts with; those named Sent,
        /// Archive, Trash, Drafts and Junk get that use.
        "DefaultMailboxes" default_mailboxes: Vec<String> = Vec::new(),
        /// Ways to send mail to other hosts, by a name of your choice; routes say when they are used. Without a
        /// route, mail is delivered to the MX hosts of a domain directly.
        "Transports" transports: Table<String, Transport> = Table::default(),
        /// Do not send DMARC reports to domains that ask for them.
        "NoOutgoingDMARCReports" no_outgoing_dmarc_reports: bool = false,
        /// Domains of report addresses that get DMARC reports in the form before RFC 9990, as that of the address
        /// rua@reports.example. For receivers that cannot read the new one. Not known to the Go server.
        "OutgoingDMARCReportsRFC7489" outgoing_dmarc_reports_rfc7489: Vec<Domain> = Vec::new(),
        /// Do not send TLS reports to domains and hosts that ask for them.
        "NoOutgoingTLSReports" no_outgoing_tls_reports: bool = false,
        /// Send TLS reports also for days when nothing failed.
        "OutgoingTLSReportsForAllSuccess" outgoing_tls_reports_for_all_success: bool = false,
        /// Networks, as 10.0.0.0/8, that requests to URLs of strangers may reach, as reports to https destinations and
        /// policies of domains: such requests go to public addresses only. For test networks. Not known to the Go
        /// server.
        "AllowEgress" allow_egress: Vec<Network> = Vec::new(),
        /// Which files the server may touch, where the system can confine it. Not known to the Go server.
        "Sandbox" sandbox: Sandbox = Sandbox::default(),
        /// Most bytes of message content per account, 0 for no limit. An account can have its own.
        "QuotaMessageSize" quota_message_size: u64 = 0,
        /// Bounds on what clients may do. Not known to the Go server.
        "Limits" limits: Limits = Limits::default(),
    }
}

section! {
    /// Which files the server may touch: what it reads of the system, the directories of mox.conf, DataDir and static
    /// files of WebHandlers, and what is listed here.
    optional Sandbox {
        /// Do not confine the server.
        "Off" off: bool = false,
        /// Further files and directories to read, relative to the directory of mox.conf.
        "Read" read: Vec<PathBuf> = Vec::new(),
        /// Further directories to write to, as one for backups, relative to the directory of mox.conf.
        "Write" write: Vec<PathBuf> = Vec::new(),
    }
}

section! {
    /// TLS for outgoing connections.
    optional Tls {
        /// Certificate authorities to trust for outgoing connections; those of the system if absent.
        "CA" ca: Option<Ca> = None,
    }
}

section! {
    /// Certificate authorities.
    optional Ca {
        /// Trust those of the system too.
        "AdditionalToSystem" additional_to_system: bool = false,
        /// PEM files with certificates, relative to the directory of mox.conf.
        "CertFiles" cert_files: Vec<PathBuf> = Vec::new(),
    }
}

section! {
    /// Who gets mail for postmaster.
    Postmaster {
        /// Account that gets it.
        "Account" account: String,
        /// Mailbox in that account.
        "Mailbox" mailbox: String,
    }
}

section! {
    /// Mailboxes of a new account.
    optional InitialMailboxes {
        /// Mailboxes with a special use; without a name in it for Sent, Archive, Trash, Drafts and Junk.
        "SpecialUse" special_use: Option<SpecialUse> = None,
        /// Further mailboxes, as Work or Lists/Announce.
        "Regular" regular: Vec<String> = Vec::new(),
    }
}

section! {
    /// Names of mailboxes with a special use; an empty name makes none.
    optional SpecialUse {
        /// Copies of sent messages.
        "Sent" sent: String = String::new(),
        /// Messages that are kept.
        "Archive" archive: String = String::new(),
        /// Messages to be deleted.
        "Trash" trash: String = String::new(),
        /// Messages being written.
        "Draft" draft: String = String::new(),
        /// Unwanted messages.
        "Junk" junk: String = String::new(),
    }
}

impl Static {
    /// A server without listeners and with defaults for the rest.
    pub fn new(data_dir: PathBuf, hostname: Domain, postmaster: Postmaster) -> Static {
        Static {
            data_dir,
            log_level: LogLevel::Info,
            package_log_levels: Table::default(),
            user: "mox".to_owned(),
            no_fix_permissions: false,
            hostname,
            check_updates: false,
            pedantic: false,
            tls: Tls::default(),
            acme: Table::default(),
            admin_password_file: None,
            listeners: Table::default(),
            postmaster,
            host_tlsrpt: None,
            initial_mailboxes: InitialMailboxes::default(),
            default_mailboxes: Vec::new(),
            transports: Table::default(),
            no_outgoing_dmarc_reports: false,
            outgoing_dmarc_reports_rfc7489: Vec::new(),
            no_outgoing_tls_reports: false,
            outgoing_tls_reports_for_all_success: false,
            allow_egress: Vec::new(),
            sandbox: Sandbox::default(),
            quota_message_size: 0,
            limits: Limits::default(),
        }
    }

    /// The mailboxes of a new account in effect, next to Inbox: those with a special use and the others. With the
    /// deprecated DefaultMailboxes, the names tell the use.
    pub fn mailboxes_of_new_account(&self) -> (SpecialUse, Vec<String>) {
        let initial = &self.initial_mailboxes;
        if self.default_mailboxes.is_empty() {
            return (initial.special_use(), initial.regular.clone());
        }
        let (mut special, mut regular) = (SpecialUse::default(), Vec::new());
        for name in self.default_mailboxes.iter().filter(|name| !name.eq_ignore_ascii_case("inbox")) {
            match name.to_ascii_lowercase().as_str() {
                "sent" => special.sent = name.clone(),
                "archive" => special.archive = name.clone(),
                "trash" => special.trash = name.clone(),
                "drafts" => special.draft = name.clone(),
                "junk" => special.junk = name.clone(),
                _ => regular.push(name.clone()),
            }
        }
        (special, regular)
    }

    /// Puts the default where 0 stands for it.
    pub(crate) fn fill(&mut self) {
        self.acme.values_mut().for_each(AcmeProvider::fill);
        self.listeners.values_mut().for_each(Listener::fill);
        self.transports.values_mut().for_each(Transport::fill);
    }
}

impl InitialMailboxes {
    /// The special-use names in effect; a section without a name is as none.
    pub fn special_use(&self) -> SpecialUse {
        let named = self.special_use.clone().filter(|names| *names != SpecialUse::default());
        named.unwrap_or_else(|| SpecialUse {
            sent: "Sent".into(),
            archive: "Archive".into(),
            trash: "Trash".into(),
            draft: "Drafts".into(),
            junk: "Junk".into(),
        })
    }
}
