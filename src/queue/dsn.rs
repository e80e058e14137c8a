//! Tells senders: who is told of what, and the notification about it.
//!
//! Never for a null reverse-path or a notification of ours (RFC 5321 §4.5.5), nor for a report of ours, whose maker
//! hears of its end; never against NOTIFY (RFC 3461 §4.1).
//! Of success the sender hears where he asked, when nobody behind us tells him. RET decides what is returned; of a
//! message that must have TLS only the header, and the notification must have TLS, too, as long as it is not lost by
//! that. Besides, a message over [`MAX_RETURNED`] goes back as its header alone, and so does every message that is
//! merely late. RFC 3461 §5.2 and §6, RFC 3464, RFC 6533, RFC 8689 §5.

use std::io::Read;

use mox_address::{Domain, Path};
use mox_message::addresslist::Mailbox;
use mox_message::compose::Transport;
use mox_message::dsn::{Action, Dsn, Recipient, TypedAddress};
use mox_message::notice;
use mox_message::threads::id_key;
use mox_smtp::{Body, Return};
use mox_store::{Content, Digest, Error, Incoming, Prepared, Store};

use crate::outcome::{Decision, Settled};
use crate::seam::{Confirms, Outcome, Peer};
use crate::{Class, Queue, Queued};

/// Largest message that is returned whole, in bytes.
pub(crate) const MAX_RETURNED: u64 = 1 << 20;
/// Bytes that are read when only the header is returned.
const MAX_HEADER: u64 = 128 << 10;

/// A notification ready to be put into a transaction.
pub(crate) struct Telling {
    /// The rows it is about, by their place among those settled.
    pub(crate) about: Vec<usize>,
    pub(crate) to: Path,
    pub(crate) account: String,
    pub(crate) content: Prepared,
    pub(crate) digest: Digest,
    pub(crate) smtputf8: bool,
    pub(crate) eight_bit: bool,
    /// What it tells of.
    pub(crate) action: Action,
    /// It goes the way of a message that must have TLS.
    pub(crate) require_tls: bool,
}

/// Whether the sender of `q` hears of that.
pub(crate) fn wanted(q: &Queued, action: Action) -> bool {
    let asked = match action {
        Action::Failed => q.notify.is_none_or(|notify| notify.failure),
        Action::Delayed => q.notify.is_none_or(|notify| notify.delay),
        Action::Delivered | Action::Relayed | Action::Expanded => {
            q.notify.is_some_and(|notify| notify.success)
        }
    };
    q.reverse_path.is_some() && q.class == Class::Normal && asked
}

impl Queue {
    /// The notifications that outcomes call for, one a message and kind.
    pub(crate) async fn tellings(
        &self,
        settled: &[Settled],
        peer: &Peer,
        confirms: Confirms,
    ) -> Result<Vec<Telling>, Error> {
        let mut groups: Vec<(i64, Action, Vec<usize>)> = Vec::new();
        for (at, one) in settled.iter().enumerate() {
            let action = match (one.decision, confirms) {
                (Decision::Fail, _) => Action::Failed,
                (Decision::Retry { tell: true }, _) => Action::Delayed,
                (Decision::Deliver, Confirms::Nobody) => Action::Relayed,
                (Decision::Deliver, Confirms::Mailbox) => Action::Delivered,
                _ => continue,
            };
            if !wanted(&one.row, action) {
                continue;
            }
            let message = if one.row.base == 0 { one.row.id.0 } else { one.row.base };
            match groups.iter_mut().find(|(m, a, _)| (*m, *a) == (message, action)) {
                Some((_, _, about)) => about.push(at),
                None => groups.push((message, action, vec![at])),
            }
        }
        let mut tellings = Vec::with_capacity(groups.len());
        for (_, action, about) in groups {
            tellings.extend(self.telling(settled, about, action, peer).await?);
        }
        Ok(tellings)
    }

    async fn telling(
        &self,
        settled: &[Settled],
        about: Vec<usize>,
        action: Action,
        peer: &Peer,
    ) -> Result<Option<Telling>, Error> {
        let Some(first) = about.first().and_then(|at| settled.get(*at)).map(|one| &one.row) else {
            return Ok(None);
        };
        let (Some(to), Some(content)) = (first.reverse_path.clone(), first.content) else { return Ok(None) };
        let require_tls = first.require_tls == Some(true);
        let whole = action == Action::Failed && first.ret == Some(Return::Full) && !require_tls;
        let full = whole && first.size <= MAX_RETURNED;
        let (prefix, max) = (first.prefix.clone(), if full { MAX_RETURNED } else { MAX_HEADER });
        let read = move |store: &Store, tx: &mox_db::ReadTx<'_>| -> Result<Vec<u8>, Error> {
            let content = Content::load(store, tx, content, prefix)?;
            let mut bytes = Vec::new();
            content.reader()?.take(max).read_to_end(&mut bytes).map_err(|e| Error::Damaged(e.to_string()))?;
            Ok(bytes)
        };
        // What cannot be read back cannot be returned, but the sender must hear all the same.
        let original = self.0.store.read(read).await.unwrap_or_default();
        let hostname = &self.0.options.hostname;
        let dsn = Dsn {
            reporting_mta: hostname.clone(),
            received_from: None,
            envelope_id: first.envid.clone(),
            arrival: Some(first.queued),
            recipients: about
                .iter()
                .filter_map(|at| settled.get(*at))
                .map(|one| self.recipient(one, action, peer))
                .collect(),
        };
        let eight_bit = first.smtputf8 || first.body != Body::SevenBit;
        let domain = Domain::parse(hostname).or_else(|_| Domain::parse("localhost"));
        let domain = domain.map_err(|e| Error::Damaged(e.to_string()))?;
        let from = Mailbox {
            name: "Mail Delivery".to_owned(),
            localpart: "postmaster".to_owned(),
            domain: domain.to_string(),
        };
        let mut notice = notice::Notice {
            from: &from,
            to: &to,
            domain: &domain,
            dsn: &dsn,
            original: if full { notice::Return::Full(&original) } else { notice::Return::Header(&original) },
            transport: if eight_bit { Transport::EightBit } else { Transport::SevenBit },
            utf8: first.smtputf8,
        };
        let seams = &self.0.seams;
        let mut composed = notice.compose(&*seams.clock, &*seams.random);
        if composed.is_err() && full {
            notice.original = notice::Return::Header(&original);
            composed = notice.compose(&*seams.clock, &*seams.random);
        }
        let bytes = match composed {
            Ok(bytes) => bytes,
            Err(e) => {
                tracing::error!(queue_id = first.id.0, error = %e, "dsn cannot be written");
                return Ok(None);
            }
        };
        let digest = digest(&bytes);
        let store = self.0.store.clone();
        let prepare = tokio::task::spawn_blocking(move || {
            let mut incoming = Incoming::new(&store);
            incoming.write(&bytes)?;
            incoming.finish()
        });
        let content =
            prepare.await.map_err(|_| Error::Damaged("a notification could not be kept".to_owned()))??;
        let (account, smtputf8) = (first.account.clone(), first.smtputf8);
        Ok(Some(Telling { about, to, account, content, digest, smtputf8, eight_bit, action, require_tls }))
    }

    fn recipient(&self, one: &Settled, action: Action, peer: &Peer) -> Recipient {
        let (q, verdict) = (&one.row, &one.verdict);
        let status = match (verdict.enhanced, verdict.code) {
            (Some(enhanced), _) => enhanced.to_string(),
            (None, _) if verdict.outcome == Outcome::Delivered => "2.0.0".to_owned(),
            (None, Some(500..=599)) => "5.0.0".to_owned(),
            (None, Some(_)) => "4.0.0".to_owned(),
            (None, None) => "4.4.1".to_owned(),
        };
        let original =
            q.orcpt.as_ref().map(|o| TypedAddress { kind: o.kind.clone(), address: o.address.clone() });
        let answered = verdict.code.is_some() && !peer.host.is_empty();
        Recipient {
            original,
            remote_mta: answered.then(|| peer.host.clone()),
            diagnostic: Some(verdict.to_string()),
            last_attempt: q.last_attempt.or(Some(one.started)),
            retry_until: (action == Action::Delayed).then(|| self.last_try(q)),
            ..Recipient::new(q.forward_path.to_string(), action, status)
        }
    }

    /// About when the last attempt will be made.
    fn last_try(&self, q: &Queued) -> mox_clock::Timestamp {
        let options = &self.0.options;
        let waits = (q.attempts..q.max_attempts).map(|n| options.retry.wait(n, &*self.0.seams.random));
        self.0.seams.clock.now().plus(waits.sum())
    }
}

/// What the header of a notification says, for the store.
fn digest(bytes: &[u8]) -> Digest {
    let about = mox_message::summary(bytes);
    let hash = |id: &str| i64::from_ne_bytes(id_key(id).to_ne_bytes());
    let text = |list: &[Mailbox]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Digest {
        header_hash: about.message_id.as_deref().map(hash),
        references: about.references.iter().map(|id| hash(id)).collect(),
        from_address: about.from.first().map(|m| format!("{}@{}", m.localpart, m.domain)).unwrap_or_default(),
        from_text: text(&about.from),
        to_text: text(&about.to),
        sent: about.date,
        header_id: about.message_id,
        subject: about.subject,
        tags: Vec::new(),
    }
}
