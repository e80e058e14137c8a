//! Failures on demand: what asks for them, and the handler that makes them happen.
//!
//! At each stage of a session those who may ask for a failure are asked in order. A failure is a wait, a reply, or
//! both; one that only waits lets the next one be asked, and mail goes on after it.

use std::sync::Arc;
use std::time::Duration;

use mox_admin::ops::ChaosStage;
use mox_clock::Clock;
use mox_sasl::{Credentials, Login, Mechanism};
use mox_smtp::{EnhancedCode, Envelope, Findings, ForwardPath, MailArgs, RcptArgs, Reply};
use mox_smtpserver::{Authenticated, Body, BoxFuture, Handler, Session};

/// Where a session is, and what is known by then.
#[derive(Debug, Clone)]
pub(super) struct Moment<'a> {
    pub(super) stage: ChaosStage,
    /// From MAIL on.
    pub(super) mail: Option<&'a MailArgs>,
    /// At RCPT the one that is asked for; after it all that were accepted.
    pub(super) to: Vec<&'a ForwardPath>,
}

impl<'a> Moment<'a> {
    fn new(stage: ChaosStage) -> Moment<'a> {
        Moment { stage, mail: None, to: Vec::new() }
    }

    fn of(stage: ChaosStage, envelope: &'a Envelope) -> Moment<'a> {
        let to = envelope.rcpts.iter().map(|rcpt| &rcpt.forward_path).collect();
        Moment { stage, mail: Some(&envelope.mail), to }
    }
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// First.
    pub(super) wait: Duration,
    /// Then; none to go on.
    pub(super) reply: Option<Reply>,
}

/// Says what fails.
pub(super) trait Choose: Send + Sync {
    /// The failure that is due now, if any.
    fn choose(&self, moment: &Moment<'_>) -> Option<Failure>;
}

/// A reply that fails at a stage.
pub(super) fn refusal(stage: ChaosStage, code: u16, text: impl Into<String>) -> Reply {
    // RFC 2034 §4: replies to EHLO have no enhanced code.
    let enhanced = match (stage, code) {
        (ChaosStage::Hello, _) => None,
        (_, ..500) => Some(EnhancedCode(4, 0, 0)),
        _ => Some(EnhancedCode(5, 0, 0)),
    };
    Reply::new(code, enhanced, text)
}

/// Puts failures around a handler.
pub(super) fn around(
    inner: Arc<dyn Handler>,
    choosers: Vec<Arc<dyn Choose>>,
    clock: Arc<dyn Clock>,
) -> Arc<dyn Handler> {
    Arc::new(Failing { inner, choosers, clock })
}

struct Failing {
    inner: Arc<dyn Handler>,
    choosers: Vec<Arc<dyn Choose>>,
    clock: Arc<dyn Clock>,
}

impl Failing {
    async fn fail(&self, moment: Moment<'_>) -> Result<(), Reply> {
        for chooser in &self.choosers {
            let Some(failure) = chooser.choose(&moment) else { continue };
            if !failure.wait.is_zero() {
                self.clock.sleep(failure.wait).await;
            }
            if let Some(reply) = failure.reply {
                return Err(reply);
            }
        }
        Ok(())
    }
}

impl Handler for Failing {
    fn hello<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(async move {
            self.fail(Moment::new(ChaosStage::Hello)).await?;
            self.inner.hello(session).await
        })
    }

    fn credentials(&self, username: &str) -> Result<Option<Box<dyn Credentials>>, Reply> {
        self.inner.credentials(username)
    }

    fn login(&self, login: &Login, mechanism: Mechanism) -> Result<String, Reply> {
        self.inner.login(login, mechanism)
    }

    fn identity(&self, spki_sha256: &[u8; 32]) -> Option<String> {
        self.inner.identity(spki_sha256)
    }

    fn admit<'a>(
        &'a self,
        session: &'a Session,
        account: &'a Authenticated,
    ) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(async move {
            self.fail(Moment::new(ChaosStage::Auth)).await?;
            self.inner.admit(session, account).await
        })
    }

    fn takes_without_tls(&self, rcpt: Option<&ForwardPath>) -> bool {
        self.inner.takes_without_tls(rcpt)
    }

    fn mail<'a>(&'a self, session: &'a Session, mail: &'a MailArgs) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(async move {
            self.fail(Moment { mail: Some(mail), ..Moment::new(ChaosStage::Mail) }).await?;
            self.inner.mail(session, mail).await
        })
    }

    fn rcpt<'a>(
        &'a self,
        session: &'a Session,
        envelope: &'a Envelope,
        rcpt: &'a RcptArgs,
    ) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(async move {
            let to = vec![&rcpt.forward_path];
            self.fail(Moment { to, ..Moment::of(ChaosStage::Rcpt, envelope) }).await?;
            self.inner.rcpt(session, envelope, rcpt).await
        })
    }

    fn begin<'a>(
        &'a self,
        session: &'a Session,
        envelope: &'a Envelope,
    ) -> BoxFuture<'a, Result<Box<dyn Body>, Reply>> {
        Box::pin(async move {
            self.fail(Moment::of(ChaosStage::Data, envelope)).await?;
            self.inner.begin(session, envelope).await
        })
    }

    fn message<'a>(
        &'a self,
        session: &'a Session,
        envelope: Envelope,
        body: Box<dyn Body>,
        findings: Findings,
    ) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            match self.fail(Moment::of(ChaosStage::Message, &envelope)).await {
                Ok(()) => self.inner.message(session, envelope, body, findings).await,
                Err(reply) => reply,
            }
        })
    }
}
