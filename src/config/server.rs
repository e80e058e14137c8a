//! `mox.conf`: what is read once, at start.

use std::path::PathBuf;

use mox_address::Domain;

use crate::limits::Limits;
use crate::listener::Listener;
use crate::section::{Table, section};
use crate::transport::Transport;
use crate::values::LogLevel;

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
        /// Refuse protocol violations that are otherwise tolerated. Good for testing mail software.
        "Pedantic" pedantic: bool = false,
        /// TLS for outgoing connections.
        "TLS" tls: Tls = Tls::default(),
        /// File with the hash of the password for the admin pages, relative to the directory of mox.conf.
        "AdminPasswordFile" admin_password_file: Option<PathBuf> = None,
        /// Groups of addresses to listen on and what is served there, by a name of your choice, as public or
        /// internal.
        "Listeners" listeners: Table<String, Listener>,
        /// Who gets mail for postmaster: at the host name, and at domains that have no postmaster address of their
        /// own.
        "Postmaster" postmaster: Postmaster,
        /// Mailboxes that a new account starts with, next to Inbox. A change does not affect existing accounts.
        "InitialMailboxes" initial_mailboxes: InitialMailboxes = InitialMailboxes::default(),
        /// Ways to send mail to other hosts, by a name of your choice; routes say when they are used. Without a
        /// route, mail is delivered to the MX hosts of a domain directly.
        "Transports" transports: Table<String, Transport> = Table::default(),
        /// Most bytes of message content per account, 0 for no limit. An account can have its own.
        "QuotaMessageSize" quota_message_size: u64 = 0,
        /// Bounds on what clients may do. Not known to the Go server.
        "Limits" limits: Limits = Limits::default(),
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
        /// Mailboxes with a special use; left out for Sent, Archive, Trash, Drafts and Junk.
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
            pedantic: false,
            tls: Tls::default(),
            admin_password_file: None,
            listeners: Table::default(),
            postmaster,
            initial_mailboxes: InitialMailboxes::default(),
            transports: Table::default(),
            quota_message_size: 0,
            limits: Limits::default(),
        }
    }
}

impl InitialMailboxes {
    /// The special-use names in effect.
    pub fn special_use(&self) -> SpecialUse {
        self.special_use.clone().unwrap_or_else(|| SpecialUse {
            sent: "Sent".into(),
            archive: "Archive".into(),
            trash: "Trash".into(),
            draft: "Drafts".into(),
            junk: "Junk".into(),
        })
    }
}
