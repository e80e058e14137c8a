//! Who a recipient is: mailboxes here, a next hop elsewhere, or nobody.
//!
//! A seam, because localserve catches every address where a real server asks its configuration.

use std::sync::Arc;

use mox_address::{Address, Path};
use mox_admin::ops::ReportFamily;
use mox_config::{Config, Handle, Reports, Resolved, Rules, Target};
use mox_reports::bounce;
use mox_smtp::{EnhancedCode, ForwardPath, Reply};
use mox_smtpserver::Session;
use mox_store::{Flags, MailboxName};

use crate::Judged;

/// A mailbox that gets a copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Local {
    /// Account name.
    pub account: String,
    /// Mailbox; created when it is not there.
    pub mailbox: MailboxName,
    /// For Delivered-To.
    pub address: Option<Address>,
    /// Bytes that the account may hold.
    pub quota: Option<u64>,
    /// How its mail is judged and sorted.
    pub rules: Arc<Rules>,
    /// What reports arrive here, if it is an address for them.
    pub reports: Option<Reports>,
    /// What was found out and decided, once it was.
    pub judged: Option<Judged>,
    /// Where mail is kept that is refused; nowhere where there is no such mailbox.
    pub rejects: Option<Rejects>,
    /// Mail of senders that the account does not know is taken at once.
    pub hasty: bool,
    /// It is the copy of who sends: for the mailbox of sent mail, and seen.
    pub sent: bool,
}

/// The mailbox for mail that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejects {
    /// Its name.
    pub mailbox: MailboxName,
    /// Old messages stay there.
    pub keep: bool,
}

impl Local {
    /// A mailbox without rules and limits.
    pub fn new(account: impl Into<String>, mailbox: MailboxName, address: Option<Address>) -> Local {
        let account = account.into();
        Local {
            account,
            mailbox,
            address,
            quota: None,
            rules: Arc::default(),
            reports: None,
            judged: None,
            rejects: None,
            hasty: false,
            sent: false,
        }
    }

    /// Which reports arrive here, if it is an address for them.
    pub fn report_family(&self) -> Option<ReportFamily> {
        self.reports.and_then(|reports| match reports {
            Reports::Tls | Reports::HostTls => Some(ReportFamily::Tls),
            Reports::Dmarc => Some(ReportFamily::Dmarc),
            // What comes back is none.
            Reports::Bounce => None,
        })
    }

    /// Whether reports about TLS arrive here.
    pub fn takes_tls_reports(&self) -> bool {
        self.report_family() == Some(ReportFamily::Tls)
    }

    /// Which report of ours comes back here, if it is a reverse-path of one.
    pub(crate) fn token(&self) -> Option<bounce::Token> {
        let address = self.address.as_ref().filter(|_| self.reports == Some(Reports::Bounce))?;
        bounce::recognise(&address.localpart)
    }

    /// What a copy is marked with: reports that come back ring no bell.
    pub(crate) fn flags(&self) -> Flags {
        if self.sent || self.reports == Some(Reports::Bounce) { Flags::SEEN } else { Flags::NONE }
    }
}

/// Where mail for a recipient goes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Where {
    /// Into these mailboxes.
    pub local: Vec<Local>,
    /// And, or instead, out through the queue.
    pub queue: bool,
}

impl Where {
    /// How mail for it is judged; of the rules of an alias's members, only whose mail is taken is the alias's.
    pub fn rules(&self) -> Option<&Rules> {
        match self.local.as_slice() {
            [one] if *one.rules != Rules::default() => Some(&one.rules),
            some => some.iter().map(|local| &*local.rules).find(|rules| rules.only_from.is_some()),
        }
    }
}

/// Decides where mail for a recipient goes, and what users may call themselves.
pub trait Recipients: Send + Sync {
    /// The places, or the reply to RCPT.
    fn resolve(&self, session: &Session, path: &ForwardPath) -> Result<Where, Reply>;

    /// Whether mail for a recipient, or for any recipient here, is taken without TLS where TLS is asked for: reports
    /// that TLS fails could not arrive else (RFC 8460 §3).
    fn takes_without_tls(&self, _path: Option<&ForwardPath>) -> bool {
        false
    }

    /// Whether an account may use an address as reverse-path or in From.
    fn may_send_as(&self, account: &str, address: &Address) -> bool;

    /// The mailboxes of an address, without asking who sends; or why it takes nothing.
    fn for_mail(&self, to: &Path) -> Result<Vec<Local>, Reply>;

    /// The mailbox for a notification to `to` about mail that `account` sent; none when neither is here.
    fn for_notice(&self, account: &str, to: &Path) -> Option<Local>;
}

/// Where a report of ours that comes back is filed; none for a path that has not the form of its reverse-path, or whose
/// domain is not ours.
pub fn returned(config: &Config, path: &Path) -> Option<Local> {
    bounce::recognise(&path.localpart)?;
    config.dynamic.domains.get(path.domain.domain()?).filter(|hosted| !hosted.disabled)?;
    let (account, mailbox) = mox_reports::quiet_place(config)?;
    let own = config.dynamic.accounts.get(&account);
    let quota = own.and_then(|own| own.quota(config.server.quota_message_size));
    Some(Local { quota, reports: Some(Reports::Bounce), ..Local::new(account, mailbox, path.address()) })
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
        let own = config.dynamic.accounts.get(&target.account);
        let quota = own.and_then(|own| own.quota(config.server.quota_message_size));
        let rejects = own.and_then(|own| {
            let mailbox = MailboxName::parse(&own.rejects_mailbox).ok()?;
            Some(Rejects { mailbox, keep: own.keep_rejects })
        });
        let hasty = own.is_some_and(|own| own.no_first_time_sender_delay);
        let mailbox = MailboxName::parse(&target.mailbox)
            .map_err(|_| Reply::new(451, EnhancedCode(4, 3, 5), "this address is not configured rightly"))?;
        let rules = Arc::clone(&target.rules);
        let reports = target.reports;
        Ok(Local { quota, rules, reports, rejects, hasty, ..Local::new(&*target.account, mailbox, address) })
    }

    /// The mailboxes of an address; none when its domain is not one of ours.
    fn known(config: &Config, path: &Path) -> Result<Option<Vec<Local>>, Reply> {
        let local = |target: &Target, address| Configured::local(config, target, address);
        let address = path.address();
        if let Some(local) = returned(config, path) {
            return Ok(Some(vec![local]));
        }
        match config.resolve(path) {
            Resolved::Account(target) => Ok(Some(vec![local(target, address)?])),
            Resolved::Alias(alias) => {
                let member = |m: &Target| local(m, m.address.clone().or_else(|| address.clone()));
                alias.members.iter().map(member).collect::<Result<_, _>>().map(Some)
            }
            Resolved::DomainDisabled => {
                Err(Reply::new(450, EnhancedCode(4, 2, 1), "this domain takes no mail for the time being"))
            }
            Resolved::SmtpError(_, error) => {
                let (code, (class, subject, detail), text) = error.reply();
                Err(Reply::new(code, EnhancedCode(class, subject, detail), text))
            }
            Resolved::Unknown => Err(Reply::new(550, EnhancedCode(5, 1, 1), "no such address here")),
            Resolved::NotLocal => Ok(None),
        }
    }
}

impl Recipients for Configured {
    fn resolve(&self, session: &Session, path: &ForwardPath) -> Result<Where, Reply> {
        let config = self.config.load();
        let Some(path) = path.path() else {
            let postmaster = Configured::local(&config, config.postmaster(), None)?;
            return Ok(Where { local: vec![postmaster], queue: false });
        };
        if let (Some(login), Resolved::Alias(alias)) = (&session.account, config.resolve(path))
            && !alias.post_public
            && !alias.has_member(&login.account)
        {
            return Err(Reply::new(550, EnhancedCode(5, 7, 2), "only members may send to this address"));
        }
        match Configured::known(&config, path)? {
            Some(local) => Ok(Where { local, queue: false }),
            None if session.account.is_some() => Ok(Where { local: Vec::new(), queue: true }),
            None => Err(Reply::new(550, EnhancedCode(5, 1, 1), "no such domain here")),
        }
    }

    fn takes_without_tls(&self, path: Option<&ForwardPath>) -> bool {
        let config = self.config.load();
        match path {
            Some(path) => {
                let known = path.path().and_then(|path| Configured::known(&config, path).ok().flatten());
                known.is_some_and(|locals| !locals.is_empty() && locals.iter().all(Local::takes_tls_reports))
            }
            None => {
                config.server.host_tlsrpt.is_some()
                    || config.dynamic.domains.values().any(|domain| domain.tlsrpt.is_some())
            }
        }
    }

    fn may_send_as(&self, account: &str, address: &Address) -> bool {
        self.config.load().may_send_as(account, address)
    }

    fn for_mail(&self, to: &Path) -> Result<Vec<Local>, Reply> {
        let known = Configured::known(&self.config.load(), to)?;
        known.ok_or_else(|| Reply::new(550, EnhancedCode(5, 1, 1), "no such domain here"))
    }

    fn for_notice(&self, account: &str, to: &Path) -> Option<Local> {
        let config = self.config.load();
        if let Resolved::Account(target) = config.resolve(to) {
            return Configured::local(&config, target, to.address()).ok();
        }
        let mailbox = MailboxName::parse("Inbox").ok()?;
        let known = config.dynamic.accounts.contains_key(account);
        let account = if known { account.to_owned() } else { config.postmaster().account.clone() };
        Some(Local::new(account, mailbox, to.address()))
    }
}
