//! Who a recipient is: mailboxes here, a next hop elsewhere, or nobody.
//!
//! A seam, because localserve catches every address where a real server asks its configuration.

use std::sync::Arc;

use mox_address::{Address, Path};
use mox_config::{Config, Handle, Resolved, Target};
use mox_smtp::{EnhancedCode, ForwardPath, Reply};
use mox_smtpserver::Session;
use mox_store::MailboxName;

/// A mailbox that gets a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Account name.
    pub account: String,
    /// Mailbox; created when it is not there.
    pub mailbox: MailboxName,
    /// For Delivered-To.
    pub address: Option<Address>,
    /// Bytes that the account may hold.
    pub quota: Option<u64>,
}

/// Where mail for a recipient goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Where {
    /// Into these mailboxes.
    pub local: Vec<Local>,
    /// And, or instead, out through the queue.
    pub queue: bool,
}

/// Decides where mail for a recipient goes, and what users may call themselves.
pub trait Recipients: Send + Sync {
    /// The places, or the reply to RCPT.
    fn resolve(&self, session: &Session, path: &ForwardPath) -> Result<Where, Reply>;

    /// Whether an account may use an address as reverse-path or in From.
    fn may_send_as(&self, account: &str, address: &Address) -> bool;

    /// The mailboxes of an address, without asking who sends; none when it does not exist.
    fn for_mail(&self, to: &Path) -> Option<Vec<Local>>;

    /// The mailbox for a notification to `to` about mail that `account` sent; none when neither is here.
    fn for_notice(&self, account: &str, to: &Path) -> Option<Local>;
}

/// The recipients that `domains.conf` names; others only for those who logged in.
pub struct Configured {
    config: Arc<Handle>,
}

impl Configured {
    /// Looks recipients up in the configuration as it is at that moment.
    pub fn new(config: Arc<Handle>) -> Configured {
        Configured { config }
    }

    fn local(config: &Config, target: &Target, address: Option<Address>) -> Result<Local, Reply> {
        let quota = config
            .dynamic
            .accounts
            .get(&target.account)
            .and_then(|a| a.quota(config.server.quota_message_size));
        let mailbox = MailboxName::parse(&target.mailbox)
            .map_err(|_| Reply::new(451, EnhancedCode(4, 3, 5), "this address is not configured rightly"))?;
        Ok(Local { account: target.account.clone(), mailbox, address, quota })
    }
}

impl Recipients for Configured {
    fn resolve(&self, session: &Session, path: &ForwardPath) -> Result<Where, Reply> {
        let config = self.config.load();
        let local = |target: &Target, address| Configured::local(&config, target, address);
        let Some(path) = path.path() else {
            return Ok(Where { local: vec![local(config.postmaster(), None)?], queue: false });
        };
        let address = path.address();
        match config.resolve(path) {
            Resolved::Account(target) => Ok(Where { local: vec![local(target, address)?], queue: false }),
            Resolved::Alias(alias) => {
                let members: Result<Vec<Local>, Reply> = alias
                    .members
                    .iter()
                    .map(|m| local(m, m.address.clone().or_else(|| address.clone())))
                    .collect();
                Ok(Where { local: members?, queue: false })
            }
            Resolved::DomainDisabled => {
                Err(Reply::new(450, EnhancedCode(4, 2, 1), "this domain takes no mail for the time being"))
            }
            Resolved::SmtpError(_, error) => {
                let (code, (class, subject, detail), text) = error.reply();
                Err(Reply::new(code, EnhancedCode(class, subject, detail), text))
            }
            Resolved::NotLocal if session.account.is_some() => Ok(Where { local: Vec::new(), queue: true }),
            Resolved::Unknown => Err(Reply::new(550, EnhancedCode(5, 1, 1), "no such address here")),
            Resolved::NotLocal => Err(Reply::new(550, EnhancedCode(5, 1, 1), "no such domain here")),
        }
    }

    fn may_send_as(&self, account: &str, address: &Address) -> bool {
        self.config.load().may_send_as(account, address)
    }

    fn for_mail(&self, to: &Path) -> Option<Vec<Local>> {
        let config = self.config.load();
        match config.resolve(to) {
            Resolved::Account(target) => Some(vec![Configured::local(&config, target, to.address()).ok()?]),
            Resolved::Alias(alias) => {
                let member = |m: &Target| Configured::local(&config, m, m.address.clone()).ok();
                Some(alias.members.iter().filter_map(member).collect())
            }
            _ => None,
        }
    }

    fn for_notice(&self, account: &str, to: &Path) -> Option<Local> {
        let config = self.config.load();
        if let Resolved::Account(target) = config.resolve(to) {
            return Configured::local(&config, target, to.address()).ok();
        }
        let mailbox = MailboxName::parse("Inbox").ok()?;
        let known = config.dynamic.accounts.contains_key(account);
        let account = if known { account.to_owned() } else { config.postmaster().account.clone() };
        Some(Local { account, mailbox, address: to.address(), quota: None })
    }
}
