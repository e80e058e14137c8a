//! Why a message is where it is: its life in sentences, oldest first, and what comes next.

use mox_admin::ops::{ExplainLine, QueueExplain, QueueExplanation};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_db::ReadTx;
use mox_store::Store;

use crate::ops::failed;
use crate::seam::Outcome;
use crate::tables::attempt::{self, Attempt};
use crate::{End, Queue, QueueId, Queued, tables};

impl Queue {
    /// What happened to a message, queued or ended lately.
    pub async fn explain(&self, op: QueueExplain) -> Result<QueueExplanation, OpError> {
        let id = QueueId(op.id);
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            let row = tables::get(tx.conn(), id)?;
            Ok((row, attempt::list(tx.conn(), id)?, attempt::notes(tx.conn(), id)?))
        };
        let (row, attempts, notes) = self.0.store.read(read).await.map_err(failed)?;
        let Some(q) = row else {
            let hint =
                format!("what ended is remembered for {} days", self.0.options.keep_ended.as_secs() / 86_400);
            return Err(OpError::not_found(format!("no queued message {id}")).hint(hint));
        };
        let mut lines = vec![line(q.queued, "queued", None, accepted(&q))];
        if let Some(at) = q.not_before {
            lines.push(line(q.queued, "queued", None, format!("its sender asked to hold it until {at}")));
        }
        for attempt in &attempts {
            lines.extend(attempt_lines(&q, attempt));
        }
        let notes = notes.into_iter().map(|n| line(n.at, &n.step, n.ok, n.text));
        lines.extend(notes);
        lines.sort_by_key(|l| l.at);
        lines.push(next_line(&q, self.0.seams.clock.now()));
        Ok(QueueExplanation { id: op.id, lines })
    }
}

fn line(at: Timestamp, step: &str, ok: Option<bool>, text: impl Into<String>) -> ExplainLine {
    ExplainLine { at: Some(Time(at)), step: step.to_owned(), ok, text: text.into() }
}

fn accepted(q: &Queued) -> String {
    let from = q.reverse_path.as_ref().map_or("<>".to_owned(), ToString::to_string);
    let subject = if q.subject.is_empty() { String::new() } else { format!(", subject {:?}", q.subject) };
    format!(
        "accepted from account {}: from {from} to {}, {} bytes{subject}",
        q.account, q.forward_path, q.size
    )
}

fn attempt_lines(q: &Queued, a: &Attempt) -> Vec<ExplainLine> {
    let mut lines: Vec<ExplainLine> =
        a.steps.iter().map(|s| line(a.started, &s.step, s.ok, s.text.clone())).collect();
    let number = format!("attempt {} of {}", a.n, q.max_attempts);
    let Some((outcome, duration)) = a.outcome.zip(a.duration) else {
        let text = if q.busy {
            format!("{number} is under way")
        } else {
            format!("{number}: the server stopped before its outcome was known; the message may have arrived")
        };
        return vec![line(a.started, "attempt", None, text)];
    };
    let host = match (&a.host, &a.ip) {
        (Some(host), Some(ip)) => format!("{host} [{ip}]"),
        (Some(host), None) => host.clone(),
        (None, Some(ip)) => format!("[{ip}]"),
        (None, None) => "nobody reached".to_owned(),
    };
    let tls = a.tls.as_ref().map(|tls| format!(", tls {tls}")).unwrap_or_default();
    let code = a.code.map(|c| format!("{c} ")).unwrap_or_default();
    let enhanced =
        a.enhanced.as_ref().filter(|_| a.code.is_some()).map(|e| format!("{e} ")).unwrap_or_default();
    let said = format!("{code}{enhanced}{}", a.text.as_deref().unwrap_or_default());
    let (step, ok) = match outcome {
        Outcome::Delivered => ("delivered", true),
        Outcome::Temporary => ("retry", false),
        Outcome::Permanent => ("failed", false),
    };
    let text = format!("{number} ({host}{tls}, {} ms): {said}", duration.as_millis());
    lines.push(line(a.started.plus(duration), step, Some(ok), text));
    lines
}

fn next_line(q: &Queued, now: Timestamp) -> ExplainLine {
    let (at, text) = match q.end {
        Some(End::Delivered) => (q.ended, "delivered: the other host is responsible now".to_owned()),
        Some(End::Failed) => (q.ended, "given up: it will not be tried again".to_owned()),
        Some(End::Dropped) => (q.ended, "removed".to_owned()),
        None if q.busy => (Some(now), "being delivered now".to_owned()),
        None if q.hold => (None, format!("on hold: not tried until `mox queue unhold {}`", q.id)),
        None if q.next_attempt <= now => (Some(q.next_attempt), "due: waits for a free worker".to_owned()),
        None if q.attempts == 0 => (Some(q.next_attempt), "will be tried first".to_owned()),
        None => {
            let left = q.max_attempts.saturating_sub(q.attempts);
            (Some(q.next_attempt), format!("will be tried again; {left} attempts are left"))
        }
    };
    ExplainLine { at: at.map(Time), step: "next".to_owned(), ok: None, text }
}
