//! A handler that agrees to every step of a session and keeps nothing. What is put around the handlers of ports can be put
//! around it, for mail that comes another way: whoever brings that asks it the steps before.

use std::any::Any;

use mox_smtp::{EnhancedCode, Envelope, Findings, MailArgs, RcptArgs, Reply};
use mox_smtpserver::{Body, BoxFuture, Handler, Session};

/// Agrees.
#[derive(Debug, Clone, Copy)]
pub struct Willing;

impl Body for Willing {
    fn write(&mut self, _: &[u8]) -> Result<(), Reply> {
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Handler for Willing {
    fn mail<'a>(&'a self, _: &'a Session, _: &'a MailArgs) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn rcpt<'a>(
        &'a self,
        _: &'a Session,
        _: &'a Envelope,
        _: &'a RcptArgs,
    ) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn begin<'a>(&'a self, _: &'a Session, _: &'a Envelope) -> BoxFuture<'a, Result<Box<dyn Body>, Reply>> {
        Box::pin(std::future::ready(Ok(Box::new(Willing) as Box<dyn Body>)))
    }

    fn message<'a>(
        &'a self,
        _: &'a Session,
        _: Envelope,
        _: Box<dyn Body>,
        _: Findings,
    ) -> BoxFuture<'a, Reply> {
        Box::pin(std::future::ready(Reply::new(250, EnhancedCode(2, 0, 0), "agreed")))
    }
}
