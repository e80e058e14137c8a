//! Accepts a message for all its recipients in one commit: mailboxes here and queue entries together.

use std::collections::BTreeSet;
use std::sync::Arc;

use mox_address::{Domain, Path};
use mox_clock::Timestamp;
use mox_message::header::Header;
use mox_message::trace;
use mox_queue::{NewQueued, NewRecipient, OwnPath, Queue, QueueId};
use mox_reports::bounce::{Returned, Token};
use mox_reports::receive::{NotKept, Received, Receiver};
use mox_reports::{Evaluation, Reports};
use mox_smtp::{EnhancedCode, Envelope, Hold, RcptArgs, Reply};
use mox_smtpserver::Session;
use mox_store::{
    ContentId, Digest, Incoming, MailboxName, MessageId, NewMessage, PackedTranscript, Prepared, SpecialUse,
    Store,
};
use mox_telemetry::{Side, Transcript};
use mox_webhooks::calls::Calls;

use crate::evaluation::Fate;
use crate::recipient::Where;
use crate::telling::{Copy, Heard};
use mox_admin::ops::{Decision, ReportFamily};
use mox_config::Rules;

use crate::{Arrival, Judged, Local, Recipients, Ruling};

/// Accepts messages.
#[derive(Clone)]
pub struct Delivery {
    store: Store,
    queue: Queue,
    hostname: Arc<Domain>,
    keeping: Keeping,
    calls: Option<Calls>,
}

/// What is kept with a message beside what every server keeps; nothing unless it is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keeping {
    /// The SMTP exchange that brought it.
    pub transcripts: bool,
    /// Keywords that its X-Tags fields name.
    pub tags: bool,
}

/// Where all recipients of one message are.
#[derive(Clone, Default)]
pub struct Places {
    local: Vec<(Local, String)>,
    remote: Vec<Remote>,
    /// Those whose copies were refused.
    pub(crate) refused: Vec<(Local, String)>,
    /// Reports that are kept with the message.
    reports: Vec<(Receiver, Received)>,
    /// What a DMARC report tells of the message.
    evaluation: Option<(Reports, Evaluation)>,
    /// A notification about a report of ours.
    returned: Option<(Reports, Token, Returned)>,
}

/// A recipient that the queue takes.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Where to.
    pub path: Path,
    /// What the sender asked for.
    pub args: RcptArgs,
    /// A reverse-path of its own.
    pub own_path: Option<OwnPath>,
}

impl Places {
    /// The accounts that get copies, each once.
    pub fn accounts(&self) -> BTreeSet<&str> {
        self.local.iter().map(|(local, _)| local.account.as_str()).collect()
    }

    /// Gives each recipient that the queue takes a reverse-path of its own.
    pub fn own_paths(&mut self, mut make: impl FnMut() -> Option<OwnPath>) {
        for remote in &mut self.remote {
            remote.own_path = make();
        }
    }

    /// Keeps a copy for who sends, in the mailbox of sent mail.
    pub fn keep_sent(&mut self, account: &str, quota: Option<u64>) -> Result<(), mox_store::Error> {
        let mailbox = MailboxName::parse(SENT)?;
        let sent = Local { quota, sent: true, ..Local::new(account, mailbox, None) };
        self.local.push((sent, String::new()));
        Ok(())
    }

    /// The copies.
    pub(crate) fn locals(&self) -> impl Iterator<Item = &Local> {
        self.local.iter().map(|(local, _)| local)
    }

    /// Writes down with each copy what `judge` says, which gets the rules of its address.
    pub fn judge(&mut self, judge: impl Fn(&Rules) -> Judged) {
        for (local, _) in &mut self.local {
            local.judged = Some(judge(&local.rules));
        }
    }

    /// For which reports there is a copy at an address for such.
    pub(crate) fn report_families(&self) -> impl Iterator<Item = ReportFamily> {
        let takes = |family: &ReportFamily| {
            self.local.iter().any(|(local, _)| local.report_family() == Some(*family))
        };
        [ReportFamily::Tls, ReportFamily::Dmarc].into_iter().filter(takes)
    }

    /// Keeps a report in the transaction that delivers the message.
    pub(crate) fn keep_report(&mut self, receiver: Receiver, report: Received) {
        self.reports.push((receiver, report));
    }

    /// What becomes of the message as a whole, once it is judged.
    pub(crate) fn fate(&self, enforced: bool) -> Fate<'_> {
        let judged = self.local.iter().filter_map(|(local, _)| Some((local, &local.judged.as_ref()?.ruling)));
        let is_junk = |local: &Local, ruling: &Ruling| {
            ruling.mailbox.as_deref().unwrap_or(local.mailbox.as_str()).eq_ignore_ascii_case(JUNK)
        };
        let best = judged.min_by_key(|(local, ruling)| match ruling.decision {
            Decision::Accept if !is_junk(local, ruling) => 0,
            Decision::Accept | Decision::Quarantine => 1,
            Decision::Reject | Decision::Defer => 2,
        });
        Fate {
            ruling: best.map(|(_, ruling)| ruling),
            junk: best.is_some_and(|(local, ruling)| is_junk(local, ruling)),
            enforced,
            for_reports: self.local.iter().any(|(local, _)| local.reports.is_some()),
        }
    }

    /// What becomes of the copies once the message is accepted, as the metric of deliveries names it.
    pub(crate) fn fates(&self) -> [(&'static str, usize); 4] {
        let junk = self.locals().filter(|local| local.mailbox.as_str().eq_ignore_ascii_case(JUNK)).count();
        [
            ("delivered", self.local.len() - junk),
            ("junk", junk),
            ("queued", self.remote.len()),
            ("refused", self.refused.len()),
        ]
    }

    /// Counts the message for a DMARC report in the transaction that delivers it.
    pub(crate) fn count(&mut self, reports: Reports, evaluation: Evaluation) {
        self.evaluation = Some((reports, evaluation));
    }

    /// Which report of ours comes back with the message, if it goes to the reverse-path of one.
    pub(crate) fn token(&self) -> Option<Token> {
        self.local.iter().find_map(|(local, _)| local.token())
    }

    /// Tells of it in the transaction that delivers the message.
    pub(crate) fn keep_returned(&mut self, reports: Reports, token: Token, returned: Returned) {
        self.returned = Some((reports, token, returned));
    }

    /// Says in the copies for reports of a family why the message counts as none.
    pub(crate) fn note_no_report(&mut self, family: ReportFamily, why: &NotKept) {
        let why = why.to_string();
        let plain = why.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
        let name = match family {
            ReportFamily::Tls => "X-Mox-TLSReport-Error",
            ReportFamily::Dmarc => "X-Mox-DMARCReport-Error",
        };
        let field = format!("{name}: {}\r\n", plain.take(400).collect::<String>());
        for (local, _) in self.local.iter_mut().filter(|(local, _)| local.report_family() == Some(family)) {
            if let Some(judged) = &mut local.judged {
                judged.fields.push_str(&field);
            }
        }
    }

    /// Refuses a message that was delivered for one of the addresses before: somebody sends it in circles.
    pub fn check_circles(&self, header: &[u8]) -> Result<(), Reply> {
        let header = Header::of(header);
        let again =
            |local: &Local| local.address.as_ref().is_some_and(|a| trace::was_delivered_to(&header, a));
        match self.local.iter().find(|(local, _)| again(local)) {
            Some((_, rcpt)) => {
                let text = format!("mail loop: the message was delivered to {rcpt} before");
                Err(Reply::new(550, EnhancedCode(5, 4, 6), text))
            }
            None => Ok(()),
        }
    }

    /// Does what was decided: other mailboxes, or none. Refuses when nobody takes the message; who would have got it is
    /// in [`Places::refused`] then.
    pub fn follow(&mut self) -> Result<(), Reply> {
        let ruling = |local: &Local| local.judged.as_ref().map(|judged| judged.ruling.clone());
        let refused = self.local.iter().filter_map(|(local, _)| ruling(local)?.reply).next();
        let takes = |local: &Local| ruling(local).is_none_or(|ruling| ruling.reply.is_none());
        (self.local, self.refused) =
            std::mem::take(&mut self.local).into_iter().partition(|(local, _)| takes(local));
        // What the queue would send on has no rules of its own: it goes the way of the copies here.
        if let (Some(reply), true) = (refused, self.local.is_empty()) {
            return Err(reply);
        }
        for (local, _) in &mut self.local {
            let Some(ruling) = ruling(local) else { continue };
            let other = match ruling.decision {
                Decision::Quarantine => Some(JUNK),
                _ => ruling.mailbox.as_deref(),
            };
            if let Some(name) = other.and_then(|name| MailboxName::parse(name).ok()) {
                local.mailbox = name;
            }
        }
        Ok(())
    }
}

/// Mailbox for what was sent, where none is marked as that.
const SENT: &str = "Sent";

/// Mailbox for what is taken but not wanted.
const JUNK: &str = "Junk";

/// Why a message was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store failed, a mailbox is full, or the account sent too much.
    #[error(transparent)]
    Store(#[from] mox_store::Error),
    /// Work on another thread was lost.
    #[error("internal error while accepting")]
    Lost,
}

impl From<mox_db::Error> for Error {
    fn from(e: mox_db::Error) -> Error {
        Error::Store(e.into())
    }
}

impl Error {
    /// What the client is told: always temporary, for nothing was wrong with its message.
    pub fn reply(&self) -> Reply {
        match self {
            Error::Store(mox_store::Error::OverQuota { .. }) => {
                Reply::new(452, EnhancedCode(4, 2, 2), "mailbox is full")
            }
            Error::Store(e @ mox_store::Error::TooMuchSent { what, .. }) => {
                tracing::warn!(error = %e, "message refused");
                let text = format!("too many {what} from this account in 24 hours, try again later");
                Reply::new(451, EnhancedCode(4, 7, 1), text)
            }
            Error::Store(e) if e.is_full() => {
                tracing::error!(error = %e, "no room on the disk");
                Reply::new(452, EnhancedCode(4, 3, 1), "no room on the disk of this server")
            }
            e => {
                tracing::error!(error = %e, "message could not be stored");
                Reply::new(451, EnhancedCode(4, 3, 0), "the message could not be stored, try again later")
            }
        }
    }
}

/// What was accepted.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    /// Copies in mailboxes here.
    pub stored: Vec<MessageId>,
    /// Entries of the queue, in the order of the recipients that it takes.
    pub queued: Vec<QueueId>,
    /// The ids in their reverse-paths, where they have such.
    pub from_ids: Vec<Option<String>>,
}

impl Accepted {
    /// The reply to the message.
    pub fn reply(&self) -> Reply {
        let queued: Vec<String> = self.queued.iter().take(5).map(ToString::to_string).collect();
        let text = match queued.as_slice() {
            [] => "accepted".to_owned(),
            ids => format!("accepted, queued as {}", ids.join(" ")),
        };
        Reply::new(250, EnhancedCode(2, 0, 0), text)
    }
}

impl Delivery {
    /// Into `store` and `queue`, under the name of this host.
    pub fn new(store: Store, queue: Queue, hostname: Domain) -> Delivery {
        Delivery { store, queue, hostname: Arc::new(hostname), keeping: Keeping::default(), calls: None }
    }

    /// Tells the webhooks of accounts, too.
    pub fn telling(self, calls: Calls) -> Delivery {
        Delivery { calls: Some(calls), ..self }
    }

    /// Keeps this, too.
    pub fn keeping(self, keeping: Keeping) -> Delivery {
        Delivery { keeping, ..self }
    }

    /// Where messages are kept.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Our name in trace fields.
    pub fn hostname(&self) -> &Domain {
        &self.hostname
    }

    /// The places of all recipients; a mailbox that several of them lead to gets one copy.
    pub fn places(
        &self,
        recipients: &dyn Recipients,
        session: &Session,
        envelope: &Envelope,
    ) -> Result<Places, Reply> {
        let mut places = Places::default();
        for rcpt in &envelope.rcpts {
            let mut found = recipients.resolve(session, &rcpt.forward_path)?;
            if envelope.mail.hold.is_some() && !found.queue && rcpt.forward_path.path().is_some() {
                // It waits in the queue and comes back through `release`.
                found = Where { local: Vec::new(), queue: true };
            }
            for local in found.local {
                let twice = |(other, _): &(Local, String)| {
                    other.account == local.account && other.mailbox == local.mailbox
                };
                if !places.local.iter().any(twice) {
                    places.local.push((local, rcpt.forward_path.to_string()));
                }
            }
            if let (true, Some(path)) = (found.queue, rcpt.forward_path.path()) {
                places.remote.push(Remote { path: path.clone(), args: rcpt.clone(), own_path: None });
            }
        }
        Ok(places)
    }

    /// Refuses a recipient whose mailbox is full already.
    pub async fn check_quota(&self, place: &Where) -> Result<(), Reply> {
        for local in place.local.iter().filter(|l| l.quota.is_some()) {
            let account = local.account.clone();
            let used = self.store.read(move |store, tx| Ok(store.account(tx, &account)?.size)).await;
            let quota = local.quota.unwrap_or(u64::MAX);
            match used {
                Ok(used) if u64::try_from(used).unwrap_or(0) >= quota => {
                    return Err(Reply::new(452, EnhancedCode(4, 2, 2), "mailbox is full"));
                }
                Ok(_) | Err(mox_store::Error::NoSuchAccount(_)) => {}
                Err(e) => return Err(Error::Store(e).reply()),
            }
        }
        Ok(())
    }

    /// Makes content ready for the transaction: compressed, and a file durable.
    pub async fn prepare(&self, content: Incoming) -> Result<Prepared, Error> {
        match content.will_block() {
            true => {
                Ok(tokio::task::spawn_blocking(move || content.finish()).await.map_err(|_| Error::Lost)??)
            }
            false => Ok(content.finish()?),
        }
    }

    /// Accepts a message. When this returns `Ok`, every copy and every queue entry is durable.
    ///
    /// `common` are the header fields that this hop adds for all recipients.
    pub async fn accept(
        &self,
        arrival: &Arrival,
        envelope: &Envelope,
        content: Incoming,
        header: &[u8],
        common: &str,
        places: Places,
    ) -> Result<Accepted, Error> {
        let prepared = self.prepare(content).await?;
        self.accept_prepared(arrival, envelope, prepared, header, common, places).await
    }

    /// [`Delivery::accept`] for content that is ready.
    pub async fn accept_prepared(
        &self,
        arrival: &Arrival,
        envelope: &Envelope,
        prepared: Prepared,
        header: &[u8],
        common: &str,
        places: Places,
    ) -> Result<Accepted, Error> {
        let digest = Digest::of(&[common.as_bytes(), header].concat());
        let keywords = if self.keeping.tags { digest.tags.clone() } else { Vec::new() };
        let transcript = arrival.transcript.as_deref().filter(|_| self.keeping.transcripts);
        let transcript = transcript.map(PackedTranscript::new);
        let copies = || places.local.iter().filter(|(local, _)| !local.sent);
        let copies = copies().map(|(local, rcpt)| (local.account.as_str(), rcpt.as_str()));
        let heard = Heard::read(self.calls.as_ref(), copies, prepared.content()).await?;
        let new = New {
            heard,
            arrival: arrival.clone(),
            queued: self.queued(arrival, envelope, &digest, common, &places, prepared.size()),
            common: common.to_owned(),
            local: places.local,
            reports: places.reports,
            evaluation: places.evaluation,
            returned: places.returned,
            digest,
            keywords,
            transcript,
            recipients: match arrival.limits {
                Some(_) => envelope.rcpts.iter().map(|r| r.forward_path.to_string()).collect(),
                None => Vec::new(),
            },
        };
        let queue = self.queue.clone();
        let write = self.store.write(move |store, tx| {
            let mut prepared = prepared;
            new.write(store, &queue, tx, &mut prepared)
        });
        let accepted = write.await?;
        tracing::debug!(
            cid = arrival.cid,
            stored = accepted.stored.len(),
            queued = accepted.queued.len(),
            "message accepted"
        );
        Ok(accepted)
    }

    fn queued(
        &self,
        arrival: &Arrival,
        envelope: &Envelope,
        digest: &Digest,
        common: &str,
        places: &Places,
        size: u64,
    ) -> Option<NewQueued> {
        // REQUIRETLS wins over the field (RFC 8689 §4.1).
        let tls = match (envelope.mail.require_tls, arrival.tls_not_required) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        if places.remote.is_empty() {
            return None;
        }
        let recipients = places.remote.iter().map(|r| NewRecipient {
            forward_path: r.path.clone(),
            notify: r.args.notify,
            orcpt: r.args.orcpt.clone(),
            // The transaction that stores the copy fills it in.
            copy: None,
            own_path: r.own_path.clone(),
        });
        let account =
            arrival.account.clone().or_else(|| places.local.first().map(|(l, _)| l.account.clone()));
        let mail = &envelope.mail;
        // The content id is filled in by the transaction.
        let content = ContentId(0);
        let new = NewQueued::new(
            account.unwrap_or_default(),
            mail.reverse_path.clone(),
            recipients.collect(),
            content,
            size,
        );
        Some(NewQueued {
            prefix: common.as_bytes().to_vec(),
            body: mail.body,
            smtputf8: mail.smtputf8,
            require_tls: tls,
            ret: mail.ret,
            envid: mail.envid.clone(),
            not_before: mail.hold.map(|hold| release(hold, arrival.at)),
            message_id: digest.header_id.clone(),
            subject: digest.subject.clone(),
            extra: arrival.extra.clone(),
            ..new
        })
    }
}

/// When a held message may leave (RFC 4865).
fn release(hold: Hold, now: Timestamp) -> Timestamp {
    match hold {
        Hold::For(secs) => now.plus(std::time::Duration::from_secs(secs)),
        Hold::Until(at) => at,
    }
}

/// Everything that the transaction needs.
struct New {
    heard: Option<Heard>,
    arrival: Arrival,
    common: String,
    local: Vec<(Local, String)>,
    reports: Vec<(Receiver, Received)>,
    evaluation: Option<(Reports, Evaluation)>,
    returned: Option<(Reports, Token, Returned)>,
    digest: Digest,
    keywords: Vec<String>,
    transcript: Option<PackedTranscript>,
    queued: Option<NewQueued>,
    /// Those that count towards the limits of the arrival, if it has any.
    recipients: Vec<String>,
}

impl New {
    fn write(
        self,
        store: &Store,
        queue: &Queue,
        tx: &mut mox_db::Tx<'_>,
        prepared: &mut Prepared,
    ) -> Result<Accepted, Error> {
        if let (Some(limits), Some(account)) = (self.arrival.limits, &self.arrival.account) {
            store.count_outgoing(tx, account, &self.recipients, limits)?;
        }
        let copies = self.local.len() + self.queued.as_ref().map_or(0, |q| q.recipients.len());
        let size = prepared.size();
        let content = prepared.insert(tx, u32::try_from(copies).unwrap_or(u32::MAX))?;
        let mut accepted = Accepted::default();
        for (local, rcpt) in &self.local {
            let account = store.open_account(tx, &local.account)?;
            let junk = local.mailbox.as_str() == JUNK;
            let quarantined = junk && local.judged.as_ref().is_some_and(Judged::is_quarantined);
            let special = match local.sent {
                true => Some(SpecialUse::Sent),
                false => quarantined.then_some(SpecialUse::Junk),
            };
            let mailbox = match special {
                Some(special) => store.open_special(tx, account, special, &local.mailbox)?,
                None => store.open_mailbox(tx, account, &local.mailbox)?,
            };
            let fields = local.judged.as_ref().map(|judged| judged.fields.as_str()).unwrap_or_default();
            let prefix = self.arrival.prefix(local.address.as_ref(), &format!("{fields}{}", self.common));
            let new = NewMessage {
                account,
                mailbox,
                content,
                content_size: size,
                prefix: &prefix,
                received: self.arrival.at,
                flags: local.flags(),
                envelope: &self.arrival.envelope(rcpt),
                digest: &self.digest,
                verdicts: local.judged.as_ref().map(|judged| judged.verdicts.clone()),
                keywords: self.keywords.clone(),
                quota: local.quota,
            };
            let id = store.append(tx, &new)?.id;
            if let Some(heard) = self.heard.as_ref().filter(|_| !local.sent) {
                let envelope = new.envelope;
                let copy = Copy { id, local, rcpt, envelope, received: self.arrival.at };
                heard.tell(Some(queue), tx, &copy)?;
            }
            accepted.stored.push(id);
        }
        for (receiver, report) in &self.reports {
            let family = Some(report.family());
            let with = self.local.iter().position(|(local, _)| local.report_family() == family);
            let message = with.and_then(|at| accepted.stored.get(at).copied());
            report.store(receiver, tx, message, self.arrival.at)?;
        }
        if let Some((reports, evaluation)) = &self.evaluation {
            reports.evaluated(tx, evaluation, self.arrival.at)?;
        }
        if let Some((reports, token, returned)) = &self.returned {
            reports.bounced(tx, *token, returned)?;
        }
        if let Some(mut new) = self.queued {
            new.content = content;
            for queued in &mut new.recipients {
                let path = queued.forward_path.to_string();
                let copies = self.local.iter().zip(&accepted.stored);
                queued.copy = copies.filter(|((_, rcpt), _)| *rcpt == path).map(|(_, id)| *id).next();
            }
            let from_id = |r: &NewRecipient| r.own_path.as_ref().map(|own| own.from_id.clone());
            accepted.from_ids = new.recipients.iter().map(from_id).collect();
            accepted.queued = queue.add(store, tx, &new)?;
        }
        if let Some(transcript) = self.transcript.filter(|_| !accepted.stored.is_empty()) {
            // Said only after the commit; where that fails, nothing is kept either.
            let mut end = Transcript::new();
            end.note(Side::Server, accepted.reply().note(&self.arrival.cid).to_string().as_bytes());
            store.keep_transcript(tx, content, &transcript, &end.to_string())?;
        }
        Ok(accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places with a copy here for each ruling, and perhaps one elsewhere.
    fn places(rulings: &[(Decision, Option<u16>)], elsewhere: bool) -> Places {
        let local = rulings.iter().enumerate().map(|(n, (decision, code))| {
            let ruling = Ruling {
                decision: *decision,
                reason: String::new(),
                overridden: None,
                mailbox: None,
                listed: false,
                reply: code.map(|code| Reply::new(code, EnhancedCode(5, 7, 26), "refused")),
            };
            let judged = Judged { ruling, fields: String::new(), verdicts: String::new() };
            let local = Local::new(format!("account{n}"), MailboxName::inbox(), None);
            (Local { judged: Some(judged), ..local }, format!("rcpt{n}@example.org"))
        });
        let path: Path = "a@elsewhere.example".parse().unwrap();
        let forward_path = mox_smtp::ForwardPath::Path(path.clone());
        let args = RcptArgs { forward_path, notify: None, orcpt: None };
        Places {
            local: local.collect(),
            remote: elsewhere.then_some(Remote { path, args, own_path: None }).into_iter().collect(),
            refused: Vec::new(),
            reports: Vec::new(),
            evaluation: None,
            returned: None,
        }
    }

    #[test]
    fn what_is_refused_goes_nowhere() {
        for elsewhere in [false, true] {
            let refused = places(&[(Decision::Reject, Some(550))], elsewhere).follow();
            assert!(refused.is_err(), "a copy for elsewhere: {elsewhere}");
        }
        let mut some = places(&[(Decision::Reject, Some(550)), (Decision::Quarantine, None)], false);
        some.follow().unwrap();
        assert_eq!(some.accounts().into_iter().collect::<Vec<_>>(), ["account1"]);
        assert_eq!(some.local[0].0.mailbox.as_str(), JUNK);
    }
}
