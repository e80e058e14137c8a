//! How a message came: the facts of its session that trace fields and records need.
//! RFC 5321 §4.4 (Received, Return-Path).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mox_address::{Address, Domain, Path, ReversePath};
use mox_clock::Timestamp;
use mox_message::trace::{self, Protocol, Received};
use mox_smtp::Envelope;
use mox_smtpserver::Session;
use mox_store::{OutgoingLimits, SmtpEnvelope};

/// The facts of one message's arrival.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// HELO or EHLO name as given.
    pub helo: String,
    /// The peer.
    pub remote_ip: IpAddr,
    /// Where it connected.
    pub local: SocketAddr,
    /// Its verified name (RFC 8601 §2.7.3).
    pub client_name: Option<String>,
    /// For the `with` clause.
    pub protocol: Protocol,
    /// TLS version and cipher suite.
    pub tls: Option<String>,
    /// The connection id.
    pub cid: String,
    /// Who logged in.
    pub account: Option<String>,
    /// Where bounces go.
    pub reverse_path: ReversePath,
    /// REQUIRETLS was asked for.
    pub require_tls: bool,
    /// The message says `TLS-Required: No` (RFC 8689 §5).
    pub tls_not_required: bool,
    /// When.
    pub at: Timestamp,
    /// The only recipient, when there is one.
    pub only_recipient: Option<Path>,
    /// What was said in the session so far, where that is noted.
    pub transcript: Option<Arc<str>>,
    /// What the account that logged in may send; none for no limit.
    pub limits: Option<OutgoingLimits>,
    /// What the sender wants to be told with each event about it: a JSON object of texts.
    pub extra: Option<String>,
}

impl Arrival {
    /// From a session and the envelope of its transaction.
    pub fn of(session: &Session, envelope: &Envelope, at: Timestamp) -> Arrival {
        let only_recipient = match envelope.rcpts.as_slice() {
            [one] => one.forward_path.path().cloned(),
            _ => None,
        };
        Arrival {
            helo: session.hello.clone().unwrap_or_default(),
            remote_ip: session.remote.ip().to_canonical(),
            local: session.local,
            client_name: None,
            protocol: Protocol {
                extended: session.esmtp,
                utf8: envelope.mail.smtputf8,
                tls: session.tls.is_some(),
                authenticated: session.account.is_some(),
            },
            tls: session.tls.as_ref().map(|tls| format!("{} {}", tls.version, tls.cipher)),
            cid: session.cid.to_string(),
            account: session.account.as_ref().map(|a| a.account.clone()),
            reverse_path: envelope.mail.reverse_path.clone(),
            require_tls: envelope.mail.require_tls,
            tls_not_required: false,
            at,
            only_recipient,
            transcript: session.transcript.clone(),
            limits: None,
            extra: None,
        }
    }

    /// The Received field of this hop. A logged-in client's address is nobody else's business.
    pub fn received(&self, hostname: &Domain) -> String {
        let hidden = self.account.is_some();
        let received = Received {
            helo: if hidden { hostname.ascii() } else { &self.helo },
            remote_ip: (!hidden).then_some(self.remote_ip),
            rdns: self.client_name.as_deref().filter(|_| !hidden),
            by: hostname,
            protocol: self.protocol,
            id: &self.cid,
            tls: self.tls.as_deref(),
            require_tls: self.require_tls,
            recipient: self.only_recipient.as_ref(),
            at: self.at,
        };
        received.format()
    }

    /// What is put before the content in a mailbox: Return-Path, Delivered-To, then `common` (Received and so on).
    pub fn prefix(&self, delivered_to: Option<&Address>, common: &str) -> Vec<u8> {
        let mut prefix = trace::return_path(&self.reverse_path);
        if let Some(address) = delivered_to {
            prefix.push_str(&trace::delivered_to(address));
        }
        prefix.push_str(common);
        prefix.into_bytes()
    }

    /// What the record of a copy for `rcpt` keeps of the envelope.
    pub fn envelope(&self, rcpt: &str) -> SmtpEnvelope {
        SmtpEnvelope {
            mail_from: Some(self.reverse_path.as_ref().map(ToString::to_string).unwrap_or_default()),
            rcpt_to: Some(rcpt.to_owned()).filter(|rcpt| !rcpt.is_empty()),
            remote_ip: Some(self.remote_ip.to_string()),
            helo: Some(self.helo.clone()),
            tls: self.tls.clone(),
        }
    }
}
