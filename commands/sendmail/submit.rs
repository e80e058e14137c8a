//! Submits a prepared message over SMTP.

use std::net::IpAddr;
use std::sync::Arc;

use mox_address::IpDomain;
use mox_clock::Clock;
use mox_net::TcpDial;
use mox_platform::SystemRandom;
use mox_smtp::{Body, ForwardPath, MailArgs, RcptArgs};
use mox_smtpclient::{Error, Kind, Login, Options, Outcome, Session, Timeouts, TlsMode, Verify, dial};

use super::prepare::Prepared;
use super::submitconf::SubmitConf;
use super::sysexits;
use crate::error::{CommandError, Exit};

/// Submits the message to the configured server; an error when it did not take it for every recipient.
pub(crate) fn submit(
    conf: &SubmitConf,
    prepared: &Prepared,
    clock: Arc<dyn Clock>,
) -> Result<(), CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut session = open(conf, clock).await?;
        let (mail, rcpts) = envelope(conf, prepared);
        let outcomes = session.deliver(&mail, &rcpts, &mut prepared.message.as_slice()).await;
        session.quit().await;
        let refused = outcomes.iter().zip(&prepared.recipients).find(|(o, _)| !o.is_delivered());
        match refused {
            None => Ok(()),
            Some((outcome, rcpt)) => Err(exit(code_of(outcome), format!("{rcpt}: {}", outcome.text()))),
        }
    })
}

async fn open(conf: &SubmitConf, clock: Arc<dyn Clock>) -> Result<Session, CommandError> {
    let server = format!("{} port {}", conf.host, conf.port);
    let found = tokio::net::lookup_host((conf.host.as_str(), conf.port))
        .await
        .map_err(|e| exit(sysexits::NOHOST, format!("{server}: {e}")))?;
    let ips: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    let failed = |e: &Error| exit(code(e), format!("{server}: {e}"));
    let net = TcpDial::new(Arc::clone(&clock));
    let stream =
        dial(&net, Arc::clone(&clock), &ips, conf.port, &[], Timeouts::RFC.connect).await.map_err(|e| {
            failed(&e).hint("start a server with `mox localserve`, or name one in moxsubmit.conf")
        })?;
    let options = Options {
        hello: conf.local_hostname.clone(),
        mode: match (conf.tls, conf.starttls) {
            (true, _) => TlsMode::Immediate,
            (false, true) => TlsMode::RequiredStartTls,
            (false, false) => TlsMode::Skip,
        },
        verify: if conf.skip_verify { Verify::NONE } else { Verify::PKIX },
        server_name: conf.host.clone(),
        roots: Arc::new(mox_tls::system_roots()),
        identity: None,
        login: (!conf.username.is_empty()).then(|| Login {
            username: conf.username.clone(),
            password: conf.password.clone(),
            mechanisms: conf.mechanisms.clone(),
        }),
        pedantic: false,
        timeouts: Timeouts::RFC,
        clock,
    };
    Session::open(stream, options, &SystemRandom).await.map_err(|e| failed(&e.error))
}

fn envelope(conf: &SubmitConf, prepared: &Prepared) -> (MailArgs, Vec<RcptArgs>) {
    let from = &prepared.from;
    let header = mox_message::split(&prepared.message).0;
    let wide = |path: &mox_address::Path| !path.localpart.is_ascii();
    let header_is_ascii = prepared.message.get(..header).is_none_or(<[u8]>::is_ascii);
    let mail = MailArgs {
        reverse_path: Some(mox_address::Path {
            localpart: from.localpart.clone(),
            domain: IpDomain::Domain(from.domain.clone()),
        }),
        size: Some(prepared.message.len() as u64),
        body: if prepared.message.is_ascii() { Body::SevenBit } else { Body::EightBitMime },
        smtputf8: !header_is_ascii || !from.localpart.is_ascii() || prepared.recipients.iter().any(wide),
        require_tls: conf.require_tls == Some(true),
        ..MailArgs::default()
    };
    let rcpts = prepared.recipients.iter().map(|path| RcptArgs {
        forward_path: ForwardPath::Path(path.clone()),
        notify: None,
        orcpt: None,
    });
    (mail, rcpts.collect())
}

fn code_of(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Failed(error) => code(error),
        other if other.is_temporary() => sysexits::TEMPFAIL,
        other if matches!(other.code(), Some(550 | 551 | 553)) => sysexits::NOUSER,
        _ => sysexits::UNAVAILABLE,
    }
}

fn code(error: &Error) -> u8 {
    match error.kind {
        Kind::Auth => sysexits::NOPERM,
        Kind::Message => sysexits::DATAERR,
        Kind::Dns => sysexits::NOHOST,
        _ if error.temporary => sysexits::TEMPFAIL,
        _ => sysexits::UNAVAILABLE,
    }
}

fn exit(code: u8, message: String) -> CommandError {
    CommandError::new(Exit::Sysexit(code), anyhow::anyhow!("{message}"))
}
