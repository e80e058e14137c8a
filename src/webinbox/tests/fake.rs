//! A house that keeps a few messages in memory and answers what the pages ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use mox_admin::ops::*;
use mox_admin::{Dispatch, OpError, Operations, Time};
use mox_clock::Timestamp;
use tokio::sync::watch;

/// What the house knows.
pub(crate) struct Fake {
    state: Mutex<State>,
    changes: watch::Sender<usize>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) messages: BTreeMap<i64, MessageDetail>,
    pub(crate) events: Vec<MessageEvent>,
    pub(crate) chaos: Chaos,
    pub(crate) lab: Vec<LabRow>,
    /// How far time was moved.
    pub(crate) advanced: Vec<LabMove>,
    pub(crate) relays: Vec<RelayRow>,
    pub(crate) released: Vec<MessageRelease>,
}

fn at(text: &str) -> Time {
    Time(Timestamp::parse_rfc3339(text).unwrap())
}

/// A message that nobody wonders about.
pub(crate) fn message(id: i64, to: &str, subject: &str) -> MessageDetail {
    MessageDetail {
        row: MessageRow {
            id,
            account: "mox".into(),
            mailbox: to.into(),
            to: to.into(),
            from: "amy@example.com".into(),
            subject: subject.into(),
            received: Time(Timestamp::from_secs(1_795_342_830 + id * 60)),
            size: 1500,
            flags: vec![],
            tags: vec![],
            uid: 1,
            message_id: Some(format!("<{id}@example.com>")),
            thread: Some(id),
        },
        mail_from: "amy@example.com".into(),
        remote_ip: Some("127.0.0.1".into()),
        tls: Some("TLSv1.3".into()),
        verdicts: None,
        headers: vec![Header { name: "Subject".into(), value: subject.into() }],
        parts: vec![PartRow {
            part: "1".into(),
            content_type: "text/plain".into(),
            size: 10,
            filename: None,
            content_id: None,
            attachment: false,
        }],
        text: Some("Hello Bob\nhttps://example.com/confirm?a=1&b=2".into()),
        html: false,
    }
}

impl Fake {
    pub(crate) fn new() -> Arc<Fake> {
        Arc::new(Fake { state: Mutex::default(), changes: watch::channel(0).0 })
    }

    /// Looks at or changes what it knows.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    pub(crate) fn add(&self, message: MessageDetail) {
        self.with(|state| {
            state.events.push(MessageEvent::Arrived { message: message.row.clone() });
            state.messages.insert(message.row.id, message);
        });
        self.tell();
    }

    fn tell(&self) {
        let count = self.with(|state| state.events.len());
        self.changes.send_replace(count);
    }

    fn get(&self, id: i64) -> Result<MessageDetail, OpError> {
        self.with(|state| state.messages.get(&id).cloned()).ok_or_else(|| {
            OpError::not_found(format!("no message {id}")).hint("`mox message list` shows them")
        })
    }

    fn list(&self, op: &MessageList) -> Vec<MessageRow> {
        let limit = usize::try_from(op.limit.unwrap_or(MessageList::MAX)).unwrap();
        self.with(|state| {
            let rows = state.messages.values().rev().map(|message| &message.row);
            let rows = rows.filter(|row| op.before.is_none_or(|before| row.id < before));
            rows.filter(|row| fits(&op.filter, row)).take(limit).cloned().collect()
        })
    }

    fn delete(&self, op: &MessageDelete) -> Result<Changed, OpError> {
        for id in &op.ids {
            self.get(*id)?;
        }
        let all = MessageList { filter: op.filter.clone(), ..MessageList::default() };
        let ids = if op.ids.is_empty() {
            self.list(&all).iter().map(|row| row.id).collect()
        } else {
            op.ids.clone()
        };
        if op.ids.is_empty() && op.filter == MessageFilter::default() && !op.all {
            return Err(OpError::usage("nothing selects"));
        }
        if !op.dry_run {
            self.with(|state| {
                for id in &ids {
                    state.messages.remove(id);
                    state.events.push(MessageEvent::Gone { id: *id });
                }
            });
            self.tell();
        }
        Ok(Changed { ids, dry_run: op.dry_run })
    }

    fn mark(&self, op: &MessageMark) -> Result<Changed, OpError> {
        for id in &op.ids {
            let mut message = self.get(*id)?;
            match op.seen {
                Some(true) => message.row.flags = vec!["\\Seen".into()],
                Some(false) => message.row.flags.clear(),
                None => {}
            }
            message.row.tags.extend(op.tag.iter().cloned());
            message.row.tags.retain(|tag| !op.untag.contains(tag));
            self.with(|state| {
                state.events.push(MessageEvent::Changed { message: message.row.clone() });
                state.messages.insert(*id, message);
            });
        }
        self.tell();
        Ok(Changed { ids: op.ids.clone(), dry_run: false })
    }

    async fn watch(&self, op: MessageWatch) -> Result<MessageWatched, OpError> {
        let mut changes = self.changes.subscribe();
        let now = *changes.borrow_and_update();
        let Some(token) = op.token else {
            return Ok(MessageWatched { token: now.to_string(), events: vec![], lost: false });
        };
        let Ok(from) = token.parse::<usize>() else {
            return Ok(MessageWatched { token: now.to_string(), events: vec![], lost: true });
        };
        // The timeout is for the test to have: it ends the stream.
        let now = *changes.wait_for(|count| *count > from).await.unwrap();
        let events = self.with(|state| state.events[from..now].to_vec());
        let wanted = |event: &MessageEvent| match event {
            MessageEvent::Arrived { message } => fits(&op.filter, message),
            _ => true,
        };
        Ok(MessageWatched {
            token: now.to_string(),
            events: events.into_iter().filter(wanted).collect(),
            lost: false,
        })
    }

    fn mailboxes(&self) -> Vec<MailboxRow> {
        let mut boxes: BTreeMap<String, MailboxRow> = BTreeMap::new();
        for row in self.list(&MessageList::default()) {
            let entry = boxes.entry(row.mailbox.clone()).or_insert_with(|| MailboxRow {
                account: "mox".into(),
                name: row.mailbox.clone(),
                total: 0,
                unseen: 0,
                size: 0,
            });
            entry.total += 1;
            entry.unseen += u64::from(row.flags.is_empty());
        }
        boxes.into_values().collect()
    }

    fn tags(&self) -> Vec<TagRow> {
        let mut tags: BTreeMap<String, u64> = BTreeMap::new();
        for tag in self.list(&MessageList::default()).into_iter().flat_map(|row| row.tags) {
            *tags.entry(tag).or_default() += 1;
        }
        tags.into_iter().map(|(tag, total)| TagRow { tag, total }).collect()
    }

    fn release(&self, op: &MessageRelease) -> Result<Released, OpError> {
        if let Some(bad) = op.to.iter().find(|to| !to.contains('@')) {
            return Err(OpError::usage(format!("{bad:?} is no address")));
        }
        let id = op.ids[0];
        let route = "through mail.example.org port 25".to_owned();
        let plan = op.to.iter().map(|to| ReleaseRow { id, to: to.clone(), route: route.clone() }).collect();
        let queued = if op.dry_run { vec![] } else { (1..).take(op.to.len()).collect() };
        if !op.dry_run {
            self.with(|state| state.released.push(op.clone()));
        }
        Ok(Released { queued, plan, dry_run: op.dry_run })
    }

    /// The operations that the pages use.
    pub(crate) fn operations(self: &Arc<Fake>) -> Arc<dyn Dispatch> {
        /// A function of the house as an operation.
        macro_rules! does {
            ($this:ident, $op:ident, $ty:ty, $reply:expr) => {{
                let house = Arc::clone(self);
                move |$op: $ty| {
                    let $this = Arc::clone(&house);
                    async move { $reply }
                }
            }};
        }
        Arc::new(
            Operations::new()
                .on(does!(h, op, MessageList, Ok(h.list(&op))))
                .on(does!(h, op, MessageShow, h.get(op.id)))
                .on(does!(h, op, MessageDelete, h.delete(&op)))
                .on(does!(h, op, MessageMark, h.mark(&op)))
                .on(does!(h, op, MessageRelease, h.release(&op)))
                .on(does!(h, op, MessageWatch, h.watch(op).await))
                .on(does!(h, _op, MailboxList, Ok(h.mailboxes())))
                .on(does!(h, _op, TagList, Ok(h.tags())))
                .on(does!(h, _op, RelayList, Ok(h.with(|state| state.relays.clone()))))
                .on(does!(h, _op, ChaosGet, Ok(h.with(|state| state.chaos.clone()))))
                .on(does!(h, op, ChaosSet, h.chaos(op.chaos)))
                .on(does!(h, op, MessageTranscript, h.get(op.id).map(|_| transcript())))
                .on(does!(h, op, MessageEvents, h.get(op.id).map(|_| history(op.id))))
                .on(does!(h, op, MessageReport, h.get(op.id).map(|_| report())))
                .on(does!(_h, _op, Status, Ok(status())))
                .on(does!(h, _op, LabShow, h.lab()))
                .on(does!(h, op, LabAdvance, Ok(h.advance(&op))))
                .on(does!(h, op, LabStep, Ok(h.step(op.domain))))
                .on(does!(_h, op, LabTry, Ok(tried(&op.domain))))
                .on_raw(does!(h, op, MessageCat, h.get(op.id).map(|m| source(&m))))
                .on_raw(does!(h, op, MessagePart, h.get(op.id).map(|_| b"part".to_vec())))
                .on_raw(does!(h, op, MessageHtml, h.get(op.id).map(|m| document(&m)))),
        )
    }

    /// In the lab once it has a domain.
    fn lab(&self) -> Result<LabShown, OpError> {
        let domains = self.with(|state| state.lab.clone());
        if domains.is_empty() {
            return Err(OpError::failed("this server is not in the lab"));
        }
        Ok(LabShown { now: now(), domains })
    }

    fn advance(&self, op: &LabAdvance) -> LabAdvanced {
        self.with(|state| state.advanced.push(op.by));
        LabAdvanced { before: now(), now: now(), dry_run: false }
    }

    /// It has no further step then.
    fn step(&self, domain: String) -> LabStepped {
        self.with(|state| {
            state.lab.iter_mut().filter(|row| row.domain == domain).for_each(|row| row.next = None);
        });
        LabStepped { domain, does: String::new(), dry_run: false }
    }

    fn chaos(&self, chaos: Chaos) -> Result<Chaos, OpError> {
        if chaos.rules.iter().any(|rule| rule.probability > 100.0) {
            return Err(OpError::usage("rule 1: probability is more than 100"));
        }
        self.with(|state| state.chaos = chaos.clone());
        Ok(chaos)
    }
}

fn now() -> Time {
    Time(mox_clock::Timestamp::from_secs(1_795_000_000))
}

fn tried(domain: &str) -> LabTried {
    LabTried {
        mail_from: "mox@localhost".to_owned(),
        from: "mox@localhost".to_owned(),
        to: format!("bob@{domain}"),
        signed: None,
        accepted: true,
        reply: "250 2.6.0 <kept>".to_owned(),
        expect: "deferred: certificate-expired".to_owned(),
        dry_run: false,
    }
}

fn fits(filter: &MessageFilter, row: &MessageRow) -> bool {
    let has = |wanted: &Option<String>, text: &str| {
        wanted.as_ref().is_none_or(|wanted| text.to_lowercase().contains(&wanted.to_lowercase()))
    };
    has(&filter.to, &row.to)
        && has(&filter.from, &row.from)
        && has(&filter.subject, &row.subject)
        && has(&filter.text, &format!("{} {} {}", row.subject, row.from, row.to))
        && filter.mailbox.as_ref().is_none_or(|mailbox| *mailbox == row.mailbox)
        && filter.tag.as_ref().is_none_or(|tag| row.tags.contains(tag))
}

fn source(message: &MessageDetail) -> Vec<u8> {
    let subject = &message.row.subject;
    format!("Subject: {subject}\r\n\r\n{}\r\n", message.text.as_deref().unwrap_or_default()).into_bytes()
}

fn document(message: &MessageDetail) -> Vec<u8> {
    let subject = &message.row.subject;
    format!(
        "<!doctype html><title>x</title><body style=\"font-family:sans-serif\"><h1>{}</h1><p>Welcome aboard.",
        subject.len()
    )
    .into_bytes()
}

fn transcript() -> Transcript {
    let text = "S: 220 localhost ESMTP\nC: EHLO client\nS: 250-localhost\nC: MAIL FROM:<amy@example.com>\nS: 250 2.1.0 ok\nC: RCPT TO:<x@example.org>\nS: 550 5.1.1 <b>no</b>\nC: DATA\nS: 354 go on\n[1500 bytes]\nS: 250 2.0.0 ok";
    Transcript { text: Some(text.to_owned()) }
}

fn report() -> mox_inspect::Report {
    let problem = |message: &str| mox_inspect::Problem {
        id: "no-https".into(),
        severity: mox_inspect::Severity::Warning,
        message: message.into(),
    };
    let link = |url: &str| mox_inspect::Link {
        url: url.into(),
        kind: mox_inspect::links::Kind::Link,
        place: mox_inspect::links::Place::Html,
        text: "<u>click</u>".into(),
        count: 2,
        problems: vec![problem("the address is not https")],
    };
    mox_inspect::Report {
        html: mox_inspect::HtmlReport {
            present: true,
            support: 83,
            findings: vec![mox_inspect::Finding {
                id: "flexbox".into(),
                severity: mox_inspect::Severity::Error,
                message: "flexbox is not known everywhere".into(),
                detail: "<div style=\"display:flex\">".into(),
                clients: vec!["Outlook".into(), "Gmail".into()],
                count: 3,
            }],
        },
        links: vec![link("http://example.com/"), link("javascript:alert(1)")],
        unsubscribe: mox_inspect::Unsubscribe {
            present: true,
            https: vec!["https://example.com/u?<b>".into()],
            mailto: vec![],
            one_click: false,
            problems: vec![problem("there is no List-Unsubscribe-Post")],
        },
    }
}

fn history(id: i64) -> MessageHistory {
    let line = |step: &str, ok, text: &str| ExplainLine {
        at: Some(at("2026-11-22T10:20:30Z")),
        step: step.into(),
        ok,
        text: text.into(),
    };
    MessageHistory {
        id,
        lines: vec![
            line("connect", None, "from 127.0.0.1"),
            line("data", Some(true), "1500 bytes taken"),
            line("failed", Some(false), "<i>refused</i>"),
        ],
        queue: vec![7],
    }
}

fn status() -> StatusReport {
    let listener = |service: &str, address: &str| ListenerRow {
        listener: "local".into(),
        service: service.into(),
        address: address.into(),
        tls: "none".into(),
    };
    StatusReport {
        version: "0.1.0".into(),
        pid: 1,
        started: at("2026-11-22T10:20:30Z"),
        config: None,
        data_dir: "data".into(),
        listeners: vec![
            listener("smtp", "127.0.0.1:1025"),
            listener("submission", "0.0.0.0:1587"),
            listener("submissions", "[::]:1465"),
            listener("http", "127.0.0.1:1080"),
        ],
        accounts: 1,
        messages: 0,
        unindexed: 0,
        queue: QueueCounts::default(),
        connections: 0,
        disk_free: None,
        config_error: None,
    }
}
