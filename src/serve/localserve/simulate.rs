//! Failures on demand, chosen by localpart, so that programs can be tried against a server that misbehaves.
//!
//! A localpart that ends in `temperror`, `permerror`, `timeout` or a code of 400 to 599 fails that way: at MAIL when it
//! begins with `mailfrom` (of the sender), at RCPT with `rcptto`, after acceptance with `queue` (a notification
//! follows), else when the message has been sent.

use std::sync::Arc;
use std::time::Duration;

use mox_address::{Localpart, Path};
use mox_admin::ops::ChaosStage;
use mox_queue::{BoxFuture as QueueFuture, OpenFailure, Opened, Outbound, Outgoing, Sent, Target, Verdict};
use mox_smtp::Reply;

use super::failing::{Choose, Failure as Fails, Moment, refusal};

/// How long `timeout` says nothing.
const TIMEOUT: Duration = Duration::from_secs(3600);

/// When a failure shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Mail,
    Rcpt,
    Data,
    Queue,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Code(u16),
    Silence,
}

/// What a localpart asks for.
fn wanted(localpart: &Localpart) -> Option<(Stage, Failure)> {
    let text = localpart.as_str().to_lowercase();
    let failure = if text.ends_with("temperror") {
        Failure::Code(451)
    } else if text.ends_with("permerror") {
        Failure::Code(550)
    } else if text.ends_with("timeout") {
        Failure::Silence
    } else {
        let code = text.get(text.len().checked_sub(3)?..)?;
        let digits = code.bytes().all(|b| b.is_ascii_digit());
        let code = code.parse().ok().filter(|code| digits && (400..600).contains(code))?;
        // A longer number is part of a name, as in user1555.
        let before = text.as_bytes().get(text.len().checked_sub(4).unwrap_or(usize::MAX));
        if before.is_some_and(u8::is_ascii_digit) {
            return None;
        }
        Failure::Code(code)
    };
    let stage = match text {
        t if t.starts_with("mailfrom") => Stage::Mail,
        t if t.starts_with("rcptto") => Stage::Rcpt,
        t if t.starts_with("queue") => Stage::Queue,
        _ => Stage::Data,
    };
    Some((stage, failure))
}

fn at(stage: Stage, path: Option<&Path>) -> Option<Failure> {
    path.and_then(|path| wanted(&path.localpart))
        .filter(|(when, _)| *when == stage)
        .map(|(_, failure)| failure)
}

fn reply(code: u16) -> Reply {
    refusal(ChaosStage::Message, code, "simulated failure, asked for by the address")
}

/// Whether mail for this recipient fails after acceptance.
pub(super) fn fails_in_queue(path: &Path) -> bool {
    at(Stage::Queue, Some(path)).is_some()
}

/// Fails as the localparts ask for.
pub(super) struct Localparts;

impl Choose for Localparts {
    fn choose(&self, moment: &Moment<'_>) -> Option<Fails> {
        let sender = moment.mail.and_then(|mail| mail.reverse_path.as_ref());
        let mut recipients = moment.to.iter().map(|to| to.path());
        let failure = match moment.stage {
            ChaosStage::Mail => at(Stage::Mail, sender),
            ChaosStage::Rcpt => recipients.find_map(|path| at(Stage::Rcpt, path)),
            ChaosStage::Message => recipients.chain([sender]).find_map(|path| at(Stage::Data, path)),
            ChaosStage::Hello | ChaosStage::Auth | ChaosStage::Data => None,
        }?;
        let (wait, code) = match failure {
            Failure::Code(code) => (Duration::ZERO, code),
            Failure::Silence => (TIMEOUT, 451),
        };
        Some(Fails { wait, reply: Some(reply(code)) })
    }
}

/// Puts simulated failures around deliveries.
pub(super) fn outbound(inner: Arc<dyn Outbound>) -> Arc<dyn Outbound> {
    Arc::new(SimulatingOutbound(inner))
}

struct SimulatingOutbound(Arc<dyn Outbound>);

/// A session that fails recipients on demand and hands the others on.
struct SimulatingSession(Box<dyn mox_queue::Session>);

impl Outbound for SimulatingOutbound {
    fn open<'a>(&'a self, target: &'a Target) -> QueueFuture<'a, Result<Opened, OpenFailure>> {
        Box::pin(async move {
            let opened = self.0.open(target).await?;
            Ok(Opened { session: Box::new(SimulatingSession(opened.session)), ..opened })
        })
    }
}

impl mox_queue::Session for SimulatingSession {
    fn confirms(&self) -> mox_queue::Confirms {
        self.0.confirms()
    }

    fn send<'a>(&'a mut self, message: &'a Outgoing) -> QueueFuture<'a, Sent> {
        let failures: Vec<Option<Failure>> =
            message.rcpts.iter().map(|rcpt| at(Stage::Queue, rcpt.forward_path.path())).collect();
        if failures.iter().all(Option::is_none) {
            return self.0.send(message);
        }
        let verdict = |failure: Failure| match failure {
            Failure::Code(code) => Verdict::of_reply(&reply(code)),
            Failure::Silence => Verdict::temporary("simulated: no answer"),
        };
        // The others stay due and go by themselves next time.
        let verdicts = failures.into_iter().map(|f| f.map(verdict)).collect();
        Box::pin(std::future::ready(Sent { verdicts, usable: true }))
    }

    fn quit(self: Box<Self>) -> QueueFuture<'static, ()> {
        self.0.quit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localparts_ask_for_failures() {
        use Failure::{Code, Silence};
        let cases = [
            ("temperror", Some((Stage::Data, Code(451)))),
            ("xPermError", Some((Stage::Data, Code(550)))),
            ("user-452", Some((Stage::Data, Code(452)))),
            ("timeout", Some((Stage::Data, Silence))),
            ("mailfrom550", Some((Stage::Mail, Code(550)))),
            ("rcpttotemperror", Some((Stage::Rcpt, Code(451)))),
            ("queue550", Some((Stage::Queue, Code(550)))),
            ("550", Some((Stage::Data, Code(550)))),
            ("user1555", None),
            ("user650", None),
            ("bob", None),
            ("rcptto", None),
            ("ünn", None),
        ];
        for (localpart, want) in cases {
            assert_eq!(wanted(&localpart.parse().unwrap()), want, "{localpart}");
        }
    }
}
