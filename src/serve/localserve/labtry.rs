//! `mox lab try`: a message to a receiver of the lab, or one as a sender of it does, by SMTP to the server's own port.

use std::net::SocketAddr;
use std::sync::Arc;

use mox_admin::OpError;
use mox_admin::ops::LabTried;
use mox_clock::{Clock, Random};
use mox_dkim::{SignOptions, Signer, SigningKey};
use mox_lab::{Expect, Sending};
use mox_message::compose::{self, Fields, Part, Transport};
use mox_net::TcpDial;
use mox_smtp::{Body, ForwardPath, MailArgs, RcptArgs};
use mox_smtpclient::{Options, Outcome, Session, Timeouts, TlsMode, Verify};

/// Who writes to receivers.
const WRITER: &str = super::LOGIN;
/// Whom senders write to.
const READER: &str = "bob@example.org";

/// Sends.
pub(super) struct Trying {
    /// The server's SMTP port.
    pub(super) smtp: SocketAddr,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
}

/// What would be sent to a domain, or from it.
pub(super) fn envelope(domain: &str, expect: &Expect) -> LabTried {
    let of = |mail_from: String, from: String, to: String, signed: Option<&str>| LabTried {
        mail_from,
        from,
        to,
        signed: signed.map(str::to_owned),
        accepted: false,
        reply: String::new(),
        expect: expect.to_string(),
        dry_run: true,
    };
    match expect {
        Expect::Receiving(_) => of(WRITER.to_owned(), WRITER.to_owned(), format!("bob@{domain}"), None),
        Expect::Sending(Sending { mail_from, signed, .. }) => {
            let path = format!("amy@{}", mail_from.unwrap_or(domain));
            of(path, format!("amy@{domain}"), READER.to_owned(), *signed)
        }
    }
}

impl Trying {
    /// Sends; answers with what the server said.
    pub(super) async fn send(&self, what: LabTried) -> Result<LabTried, OpError> {
        let message = self.message(&what)?;
        let path = |text: &str| {
            text.parse::<mox_address::Path>().map_err(|e| OpError::failed(format!("{text}: {e}")))
        };
        let mail = MailArgs {
            reverse_path: Some(path(&what.mail_from)?),
            body: Body::EightBitMime,
            ..MailArgs::default()
        };
        let rcpt = RcptArgs { forward_path: ForwardPath::Path(path(&what.to)?), notify: None, orcpt: None };
        let mut session = self.session().await?;
        let outcomes = session.deliver(&mail, &[rcpt], &mut message.as_slice()).await;
        session.quit().await;
        let accepted = outcomes.iter().all(Outcome::is_delivered);
        let reply = outcomes.first().map(|outcome| match outcome.reply() {
            Some(reply) => reply.to_string().trim_end().to_owned(),
            None => outcome.text(),
        });
        Ok(LabTried { accepted, reply: reply.unwrap_or_default(), dry_run: false, ..what })
    }

    async fn session(&self) -> Result<Session, OpError> {
        let failed = |e: String| OpError::failed(format!("{}: {e}", self.smtp));
        let net = TcpDial::new(self.clock.clone());
        let ips = [self.smtp.ip()];
        let stream = mox_smtpclient::dial(
            &net,
            self.clock.clone(),
            &ips,
            self.smtp.port(),
            &[],
            super::lab::TIMEOUTS.connect,
        );
        let stream = stream.await.map_err(|e| failed(e.to_string()))?;
        let options = Options {
            hello: "localhost".to_owned(),
            mode: TlsMode::Skip,
            verify: Verify::NONE,
            server_name: "localhost".to_owned(),
            roots: Arc::new(mox_tls::RootCertStore::empty()),
            identity: None,
            login: None,
            pedantic: false,
            // A failure on demand may wait on purpose.
            timeouts: Timeouts::RFC,
            clock: self.clock.clone(),
        };
        Session::open(stream, options, &*self.random).await.map_err(|e| failed(e.error.to_string()))
    }

    fn message(&self, what: &LabTried) -> Result<Vec<u8>, OpError> {
        let bad = |e: mox_message::Error| OpError::failed(e);
        let domain = what.from.rsplit('@').next().unwrap_or_default();
        let domain = domain.parse().map_err(|e| OpError::failed(format!("{domain}: {e}")))?;
        let mut fields = Fields::new(false);
        fields.finished(&format!("From: <{}>\r\nTo: <{}>\r\n", what.from, what.to));
        let tried = if what.to == READER { &what.from } else { &what.to };
        fields
            .text("Subject", &format!("Trying {}", tried.rsplit('@').next().unwrap_or_default()))
            .map_err(bad)?;
        fields.date("Date", self.clock.now()).map_err(bad)?;
        fields.ids("Message-ID", &[compose::message_id(&*self.random, &domain)]).map_err(bad)?;
        let part = Part::text(
            "plain",
            &format!("A message to try the lab with. To expect of it: {}.\r\n", what.expect),
        );
        let mut message =
            compose::message(&fields, &part, Transport::SevenBit, &*self.random).map_err(bad)?;
        if let Some(domain) = &what.signed {
            let signature = self.signature(domain, &message)?;
            message.splice(0..0, signature.into_bytes());
        }
        Ok(message)
    }

    /// With the key that the lab's domains publish.
    fn signature(&self, domain: &str, message: &[u8]) -> Result<String, OpError> {
        let key = SigningKey::from_pem(mox_lab::DKIM_KEY.as_bytes()).map_err(OpError::failed)?;
        let domain = domain.parse().map_err(|e| OpError::failed(format!("{domain}: {e}")))?;
        let mut signer = Signer::new(vec![(SignOptions::new(domain, mox_lab::SELECTOR), Arc::new(key))]);
        signer.write(message);
        signer.finish(self.clock.now()).map_err(OpError::failed)
    }
}
