//! AUTH: which mechanisms are offered, and the exchange.
//!
//! Verifying runs where blocking is fine, a bounded number at a time. Failures are counted by session and by
//! network, and answered later and later. Nothing the client sends here is logged. RFC 4954, RFC 4422 §3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use mox_sasl::{Login, Mechanism, Reason, Server, Setup, Step};
use mox_smtp::{EnhancedCode, Reply};

use crate::session::{Conversation, End};
use crate::{Authenticated, Context, LoginAttempt};

/// What came out of a step.
enum Outcome {
    Challenge(Vec<u8>),
    Account(Login, String),
    Refused(Reply),
}

/// How an exchange failed.
struct Failure {
    reply: Reply,
    /// The name the client gave, if it came to that.
    name: Option<String>,
}

impl From<Reply> for Failure {
    fn from(reply: Reply) -> Failure {
        Failure { reply, name: None }
    }
}

impl Conversation {
    /// The mechanisms usable now, strongest first.
    pub(crate) fn mechanisms(&self) -> Vec<Mechanism> {
        if self.cx.limits.tls_required && self.session.tls.is_none() {
            return Vec::new();
        }
        Mechanism::ALL.into_iter().filter(|m| self.refusal(*m).is_none()).collect()
    }

    /// Why a mechanism cannot be used now.
    fn refusal(&self, mechanism: Mechanism) -> Option<Reply> {
        let tls = self.session.tls.as_ref();
        let needs_tls =
            mechanism.needs_tls() && !(mechanism.sends_password() && self.cx.limits.plaintext_auth);
        if needs_tls && tls.is_none() {
            return Some(Reply::new(538, EnhancedCode(5, 7, 11), "this mechanism needs TLS"));
        }
        if mechanism.is_plus() && tls.and_then(|t| t.channel_binding()).is_none() {
            return Some(Reply::new(504, EnhancedCode(5, 5, 4), "no channel binding on this connection"));
        }
        if mechanism == Mechanism::External && tls.and_then(|t| t.peer_spki_sha256).is_none() {
            return Some(Reply::new(535, EnhancedCode(5, 7, 8), "no TLS client certificate"));
        }
        None
    }

    pub(crate) async fn auth(&mut self, name: &str, initial: Option<&str>) -> Result<Reply, End> {
        self.counts.idle_commands += 1;
        let Ok(mechanism) = name.parse::<Mechanism>() else {
            return Ok(Reply::new(504, EnhancedCode(5, 5, 4), "mechanism not known"));
        };
        if let Some(reply) = self.refusal(mechanism) {
            return Ok(reply);
        }
        if !self.is_lifted() && !self.cx.gate.may_authenticate(self.session.remote.ip()) {
            let reply = Reply::new(421, EnhancedCode(4, 7, 0), "too many failed logins from your network");
            return Err(self.close(reply, "failed logins of network").await);
        }
        let message = match initial.map(decode) {
            Some(None) => return Ok(bad_base64()),
            Some(Some(message)) => Some(message),
            None => None,
        };
        let verdict = match self.exchange(mechanism, message).await? {
            Ok((login, account)) => {
                self.admit(Authenticated { account, login: login.username, mechanism }).await
            }
            Err(failure) => Err(failure),
        };
        match verdict {
            Ok(account) => {
                self.log_auth(mechanism, &account.login, 235);
                self.session.account = Some(account);
                self.order.authenticated = true;
                Ok(Reply::new(235, EnhancedCode(2, 7, 0), "welcome"))
            }
            Err(Failure { reply, name }) => {
                self.log_auth(mechanism, name.as_deref().unwrap_or_default(), reply.code);
                if reply.code == 535 {
                    self.counts.auth_failures += 1;
                    self.cx.gate.failed_authentication(self.session.remote.ip());
                    let over = self.counts.auth_failures.saturating_sub(self.cx.limits.slow_after);
                    self.delay(self.cx.limits.slow_delay.saturating_mul(over)).await?;
                }
                Ok(reply)
            }
        }
    }

    /// Asks the handler whether who proved who it is may come in.
    async fn admit(&mut self, account: Authenticated) -> Result<Authenticated, Failure> {
        match self.cx.handler.admit(&self.session, &account).await {
            Ok(()) => Ok(account),
            Err(reply) => Err(Failure { reply, name: Some(account.login) }),
        }
    }

    /// Goes back and forth with the client; gives who it is, or how to refuse.
    async fn exchange(
        &mut self,
        mechanism: Mechanism,
        initial: Option<Vec<u8>>,
    ) -> Result<Result<(Login, String), Failure>, End> {
        let tls = self.session.tls.as_ref();
        let spki = tls.and_then(|t| t.peer_spki_sha256).filter(|_| mechanism == Mechanism::External);
        let handler = self.cx.handler.clone();
        let identity = match spki {
            Some(spki) => blocking(move || handler.identity(&spki)).await.flatten(),
            None => None,
        };
        let setup = Setup {
            channel_binding: tls.and_then(|t| t.channel_binding()).map(<[u8; 32]>::as_slice),
            secret: &self.cx.secret,
            hostname: self.cx.hostname.ascii(),
            identity: identity.as_deref(),
        };
        let mut server = Some(Server::new(mechanism, setup, &*self.cx.random));
        let mut message = initial;
        let mut first = true;
        while let Some(held) = server.take() {
            let Some((back, outcome)) = step(&self.cx, held, first, message.take()).await else {
                return Ok(Err(failed().into()));
            };
            let challenge = match outcome {
                Outcome::Account(login, account) => return Ok(Ok((login, account))),
                Outcome::Refused(reply) => {
                    return Ok(Err(Failure { reply, name: back.username().map(str::to_owned) }));
                }
                Outcome::Challenge(challenge) => challenge,
            };
            self.say(Reply::new(334, None, BASE64.encode(challenge))).await?;
            let line = self.read().await?;
            if *line == *b"*" {
                return Ok(Err(Reply::new(501, EnhancedCode(5, 7, 0), "authentication cancelled").into()));
            }
            let Some(answer) = std::str::from_utf8(&line).ok().and_then(decode) else {
                return Ok(Err(bad_base64().into()));
            };
            message = Some(answer);
            first = false;
            server = Some(back);
        }
        Ok(Err(failed().into()))
    }

    fn log_auth(&self, mechanism: Mechanism, name: &str, code: u16) {
        let (remote, tls) = (self.session.remote.ip(), self.session.tls.as_ref());
        self.cx.observer.authentication(self.cx.port, &LoginAttempt { mechanism, name, remote, tls, code });
        tracing::info!(
            cid = %self.session.cid,
            listener = self.cx.port.name(),
            remote_ip = %self.session.remote.ip(),
            mechanism = mechanism.name(),
            name,
            code,
            "smtp authentication"
        );
    }
}

/// One step of the mechanism, where blocking is fine. None when it panicked.
async fn step(
    cx: &Context,
    mut server: Server,
    first: bool,
    message: Option<Vec<u8>>,
) -> Option<(Server, Outcome)> {
    let handler = cx.handler.clone();
    let _permit = cx.verifying.acquire().await.ok()?;
    blocking(move || {
        let mut failed = None;
        let mut lookup = |username: &str| match handler.credentials(username) {
            Ok(found) => found,
            Err(reply) => {
                failed = Some(reply);
                None
            }
        };
        let step = if first {
            server.start(message.as_deref(), &mut lookup)
        } else {
            server.step(message.as_deref().unwrap_or_default(), &mut lookup)
        };
        let outcome = match (failed, step) {
            (Some(reply), _) => Outcome::Refused(reply),
            (None, Step::Challenge(challenge)) => Outcome::Challenge(challenge),
            (None, Step::Done(login)) => match handler.login(&login, server.mechanism()) {
                Ok(account) => Outcome::Account(login, account),
                Err(reply) => Outcome::Refused(reply),
            },
            (None, Step::Fail(reason)) => Outcome::Refused(refuse(&reason)),
        };
        (server, outcome)
    })
    .await
}

/// Runs `work` on a thread that may block; none when it panicked.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Base64 (RFC 4648 §4) as AUTH carries it: `=` for nothing in an initial response (RFC 4954 §4).
fn decode(text: &str) -> Option<Vec<u8>> {
    if text == "=" { Some(Vec::new()) } else { BASE64.decode(text).ok() }
}

fn failed() -> Reply {
    Reply::new(454, EnhancedCode(4, 3, 0), "error while verifying")
}

fn bad_base64() -> Reply {
    Reply::new(501, EnhancedCode(5, 5, 2), "not valid base64")
}

/// RFC 4954 §6, RFC 5248.
fn refuse(reason: &Reason) -> Reply {
    let (code, enhanced) = match reason {
        Reason::ChannelBinding | Reason::Downgrade => (535, EnhancedCode(5, 7, 7)),
        Reason::BadMessage(_) => (501, EnhancedCode(5, 5, 2)),
        Reason::TooLong => (500, EnhancedCode(5, 5, 6)),
        _ => (535, EnhancedCode(5, 7, 8)),
    };
    Reply::new(code, enhanced, reason.to_string())
}
