//! What a submitted message gets on its way in: the fields it lacks, and signatures of its From domain, made while it
//! streams by. What is signed is the message as it will leave, so added fields are signed, too.
//! RFC 6409 §8, RFC 6376 §5.1.

use std::sync::Arc;

use mox_address::Domain;
use mox_clock::{Clock, Random};
use mox_config::Handle;
use mox_dkim::{SignOptions, Signer, SigningKey};
use mox_inbound::{Along, Checks};

use crate::{SubmissionHandler, fixup};

/// Keys to sign with.
pub trait Keys: Send + Sync {
    /// Those of a From domain; none when its mail is not signed.
    fn of(&self, domain: &Domain) -> Vec<(SignOptions, Arc<SigningKey>)>;
}

/// The keys that `domains.conf` names, as it is at that moment.
pub struct ConfiguredKeys(pub Arc<Handle>);

impl Keys for ConfiguredKeys {
    fn of(&self, domain: &Domain) -> Vec<(SignOptions, Arc<SigningKey>)> {
        self.0.load().signers(domain)
    }
}

/// Reads along with a message that a user submits.
pub struct Signing {
    keys: Option<Arc<dyn Keys>>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// For a Message-ID, where the reverse-path has no domain.
    domain: Domain,
    checks: Option<Checks>,
    missing: String,
    signer: Option<Signer>,
}

/// What came of it.
pub(crate) struct Signed {
    /// DKIM-Signature fields; empty when the message is not signed.
    pub(crate) signatures: String,
    /// Fields that the message lacked.
    pub(crate) missing: String,
    /// For those who judge the message.
    pub(crate) checks: Option<Checks>,
}

impl Signing {
    /// For one message. `domain` is for a Message-ID; `checks` judge the message as another server would.
    pub(crate) fn new(handler: &SubmissionHandler, domain: Domain, checks: Option<Checks>) -> Signing {
        Signing {
            keys: handler.keys.clone(),
            clock: handler.clock.clone(),
            random: handler.random.clone(),
            domain,
            checks,
            missing: String::new(),
            signer: None,
        }
    }

    /// The fields to add. A message that cannot be signed leaves unsigned: its receivers decide.
    pub(crate) fn finish(self) -> Signed {
        let signatures = self.signer.map(|signer| signer.finish(self.clock.now())).transpose();
        let signatures = signatures.unwrap_or_else(|error| {
            tracing::error!(%error, domain = self.domain.ascii(), "message is not signed");
            None
        });
        Signed { signatures: signatures.unwrap_or_default(), missing: self.missing, checks: self.checks }
    }

    /// The keys of the domain in From, where it has one address.
    fn keys(&self, header: &[u8]) -> Vec<(SignOptions, Arc<SigningKey>)> {
        let from = mox_message::summary(header).from;
        let [from] = from.as_slice() else { return Vec::new() };
        let domain = Domain::parse(&from.domain).ok();
        domain.zip(self.keys.as_ref()).map(|(domain, keys)| keys.of(&domain)).unwrap_or_default()
    }
}

impl Along for Signing {
    fn header(&mut self, header: &[u8]) {
        self.missing = fixup::missing(header, &self.domain, self.clock.now(), &*self.random);
        let keys = self.keys(header);
        if !keys.is_empty() {
            let mut signer = Signer::new(keys);
            signer.write(self.missing.as_bytes());
            signer.write(header);
            self.signer = Some(signer);
        }
        if let Some(checks) = &mut self.checks {
            checks.header(header);
        }
    }

    fn body(&mut self, piece: &[u8]) {
        if let Some(signer) = &mut self.signer {
            signer.write(piece);
        }
        if let Some(checks) = &mut self.checks {
            checks.body(piece);
        }
    }
}
