//! What stands in the place of other rooms: an ear for reports, and mailboxes of this server.

use std::sync::Mutex;

use mox_db::Tx;
use mox_store::Error;

use crate::*;

/// Remembers which mail of somebody other hosts took.
#[derive(Default)]
pub(super) struct Taken(Mutex<Vec<String>>);

impl Taken {
    pub(super) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Reporting for Taken {
    fn tls(&self, _: &mut Tx<'_>, _: &TlsResults) -> Result<(), Error> {
        Ok(())
    }
    fn ended(&self, _: &mut Tx<'_>, _: &Queued, _: End, _: &Verdict) -> Result<(), Error> {
        Ok(())
    }
    fn delivered(&self, _: &mut Tx<'_>, row: &Queued) -> Result<(), Error> {
        self.0.lock().unwrap().push(row.forward_path.to_string());
        Ok(())
    }
}

/// SMTP, but `home.example` has its mailboxes here.
pub(super) struct HereOr(pub(super) Smtp);

impl Outbound for HereOr {
    fn open<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        if target.domain.to_string() != "home.example" {
            return self.0.open(target);
        }
        let opened = Opened { session: Box::new(Here), peer: Peer::default(), steps: Vec::new(), tls: None };
        Box::pin(async { Ok(opened) })
    }
}

struct Here;

impl Session for Here {
    fn send<'a>(&'a mut self, message: &'a Outgoing) -> BoxFuture<'a, Sent> {
        let verdicts = vec![Some(Verdict::delivered("in the mailbox")); message.rcpts.len()];
        Box::pin(async { Sent { verdicts, usable: true } })
    }
    fn confirms(&self) -> Confirms {
        Confirms::Mailbox
    }
    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}
