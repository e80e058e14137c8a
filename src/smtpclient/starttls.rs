//! TLS on a connection to a server: when it starts, what must be proved, what was found.
//!
//! PKIX is always judged, DANE where there are records; both verdicts are kept whether or not they had to be good.
//! After a failed handshake the connection is of no more use; whether to come back without TLS is the caller's
//! decision, with [`TlsMode::Skip`] on a new connection. Bytes the server sends between its reply to STARTTLS and
//! the handshake end the session: somebody else may have written them. RFC 3207, RFC 7672 §3, RFC 8314.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mox_dane::{NoMatch, Record, satisfied};
use mox_net::Error as NetError;
use mox_smtp::{Command, EnhancedCode};
use mox_tls::{
    Category, ClientOptions, ClientVerify, Finding, Judge, MAX_CHAIN, Presented, ServerName, VerifyError,
    client_config, finding,
};

use crate::{Error, Kind, Session};

/// When TLS starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsMode {
    /// With the first byte (port 465).
    Immediate,
    /// With STARTTLS, or there is no session.
    RequiredStartTls,
    /// With STARTTLS when the server offers and grants it.
    Opportunistic,
    /// Never.
    Skip,
}

/// What the server must prove, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verify {
    /// By a certificate that leads to a trust anchor and holds the name.
    pub pkix: bool,
    /// By a certificate that satisfies TLSA records.
    pub dane: Option<Dane>,
    /// Go on whatever comes of it, as `TLS-Required: No` asks (RFC 8689 §5).
    pub ignore: bool,
}

/// TLSA records to satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dane {
    /// Usable ones, at least one.
    pub records: Vec<Record>,
    /// Names that a certificate may hold below a DANE-TA record: the TLSA base domain first.
    pub names: Vec<String>,
}

impl Verify {
    /// Nothing; what PKIX would have said is recorded.
    pub const NONE: Verify = Verify { pkix: false, dane: None, ignore: false };
    /// Its name by PKIX.
    pub const PKIX: Verify = Verify { pkix: true, dane: None, ignore: false };
}

/// What the certificate proved; none for what was not judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proofs {
    /// Whether it leads to a trust anchor and holds the name.
    pub pkix: Option<Result<(), Finding>>,
    /// The TLSA record that it satisfies.
    pub dane: Option<Result<Record, NoMatch>>,
    /// The certificates that were shown, its own first, DER.
    pub chain: Vec<Vec<u8>>,
}

/// What TLS came to on one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsAttempt {
    /// When it was to start.
    pub mode: TlsMode,
    /// What was to be proved.
    pub verify: Verify,
    /// What happened.
    pub outcome: TlsOutcome,
    /// What the certificate proved.
    pub proofs: Proofs,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsOutcome {
    /// The session did not get so far, or TLS was to be skipped.
    NotTried,
    /// The server does not offer STARTTLS.
    StartTlsMissing,
    /// The server offers STARTTLS and refuses it.
    StartTlsRefused {
        /// Code of the reply.
        code: u16,
    },
    /// TLS is active.
    Established {
        /// `TLSv1.2` or `TLSv1.3`.
        version: &'static str,
        /// As `TLS13_AES_256_GCM_SHA384`.
        cipher: String,
    },
    /// The handshake failed, or the server ended the connection with a TLS alert after it.
    Failed {
        /// Why, as a stable name.
        finding: Finding,
    },
}

impl TlsAttempt {
    /// Whether TLS is active.
    pub fn is_established(&self) -> bool {
        matches!(self.outcome, TlsOutcome::Established { .. })
    }

    /// Whether TLS is active and the server has proved its name by PKIX.
    pub fn is_verified(&self) -> bool {
        self.is_established() && self.proofs.pkix == Some(Ok(()))
    }
}

impl Session {
    /// Starts TLS by STARTTLS, where the mode wants it.
    pub(crate) async fn secure(&mut self) -> Result<(), Error> {
        let required = match self.options.mode {
            TlsMode::Immediate | TlsMode::Skip => return Ok(()),
            TlsMode::RequiredStartTls => true,
            TlsMode::Opportunistic => false,
        };
        if !self.extensions.starttls {
            self.tls.outcome = TlsOutcome::StartTlsMissing;
            return missing(required, "the server does not offer STARTTLS");
        }
        let reply = self.command(&Command::StartTls, self.options.timeouts.command).await?;
        if reply.code != 220 {
            self.tls.outcome = TlsOutcome::StartTlsRefused { code: reply.code };
            if required || !self.usable {
                // A refusal of STARTTLS is not one of the message: try again later.
                return Err(Error { temporary: true, ..Error::refused(Kind::Tls, "STARTTLS", &reply) });
            }
            return Ok(());
        }
        self.handshake().await?;
        self.hello().await
    }

    /// Does the handshake and records what came of it.
    pub(crate) async fn handshake(&mut self) -> Result<(), Error> {
        let bench = Arc::new(Bench { verify: self.options.verify.clone(), proofs: Mutex::default() });
        let identity = self.options.identity.clone();
        let client =
            ClientOptions { verify: ClientVerify::Judged(bench.clone()), identity, alpn: Vec::new() };
        let config = client_config(self.options.roots.clone(), client, self.options.clock.clone());
        let config = config.map_err(|e| self.tls_error(&e.to_string()))?;
        let name = self.server_name()?;
        let done = self.stream.start_tls_client(config, name, self.options.timeouts.handshake).await;
        self.tls.proofs = std::mem::take(&mut *bench.proofs());
        match done {
            Ok(info) => {
                self.tls.outcome = TlsOutcome::Established { version: info.version, cipher: info.cipher };
                Ok(())
            }
            Err(e) => {
                self.usable = false;
                let found = match &self.tls.proofs.dane {
                    Some(Err(_)) if !self.options.verify.ignore => DANE_NO_MATCH,
                    _ => handshake_finding(&e),
                };
                let reason = format!("tls handshake failed: {} ({e})", found.name);
                self.tls.outcome = TlsOutcome::Failed { finding: found };
                Err(self.tls_error(&reason))
            }
        }
    }

    /// The name to be proved. One that no certificate can hold is an error only when it must be proved.
    fn server_name(&mut self) -> Result<ServerName<'static>, Error> {
        let name = self.options.server_name.trim_end_matches('.');
        match ServerName::try_from(name.to_owned()) {
            Ok(name) => Ok(name),
            Err(_) if !self.options.verify.pkix || self.options.verify.ignore => {
                Ok(self.stream.remote().ip().into())
            }
            Err(_) => {
                let reason = format!("{name:?} is not a name a certificate can hold");
                Err(self.tls_error(&reason))
            }
        }
    }

    fn tls_error(&mut self, reason: &str) -> Error {
        self.usable = false;
        Error::local(Kind::Tls, true, EnhancedCode(4, 7, 5), reason)
    }

    /// With TLS 1.3 a server can refuse our certificate only after we think the handshake is done.
    pub(crate) fn note_late_alert(&mut self, error: &NetError) {
        if let (NetError::Tls(e), true) = (error, self.tls.is_established()) {
            self.tls.outcome = TlsOutcome::Failed { finding: finding(e) };
        }
    }
}

/// Judges one server.
#[derive(Debug)]
struct Bench {
    verify: Verify,
    proofs: Mutex<Proofs>,
}

impl Bench {
    fn proofs(&self) -> MutexGuard<'_, Proofs> {
        self.proofs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Judge for Bench {
    fn judge(&self, presented: &Presented<'_>) -> Result<(), VerifyError> {
        let dane = self.verify.dane.as_ref().map(|dane| {
            let names: Vec<&str> = dane.names.iter().map(String::as_str).collect();
            satisfied(&dane.records, &names, presented).cloned()
        });
        let pkix = match &presented.pkix {
            Ok(()) => Ok(()),
            Err(e) => Err(finding(e)),
        };
        let unsatisfied = dane.as_ref().is_some_and(Result::is_err);
        let shown = std::iter::once(presented.own).chain(presented.others.iter().copied());
        let chain = shown.take(MAX_CHAIN).map(<[u8]>::to_vec).collect();
        *self.proofs() = Proofs { pkix: Some(pkix), dane, chain };
        if self.verify.ignore {
            return Ok(());
        }
        if unsatisfied {
            return Err(VerifyError::General("no TLSA record matches the certificate".to_owned()));
        }
        if self.verify.pkix { presented.pkix.clone() } else { Ok(()) }
    }
}

/// The finding of a handshake that ended because no TLSA record matches.
const DANE_NO_MATCH: Finding =
    Finding { name: Cow::Borrowed("dane-no-match"), category: Category::Validation };

fn missing(required: bool, reason: &str) -> Result<(), Error> {
    if required { Err(Error::local(Kind::Tls, true, EnhancedCode(4, 7, 4), reason)) } else { Ok(()) }
}

/// Names a handshake that failed, whether by TLS or by the connection.
fn handshake_finding(error: &NetError) -> Finding {
    let name = match error {
        NetError::Tls(e) => return finding(e),
        NetError::Timeout => "handshake-timeout",
        NetError::Eof => "connection-closed",
        NetError::Io(_) if error.is_disconnect() => "connection-closed",
        NetError::UnexpectedBytes => "unexpected-bytes",
        NetError::Io(_) | NetError::LineTooLong { .. } | NetError::AlreadyTls => "connection-error",
    };
    Finding { name: Cow::Borrowed(name), category: Category::Validation }
}
