//! Verifies all signatures of a message while it streams by.
//!
//! The header is kept (at most [`mox_message::header::MAX_HEADER`] bytes), the body is not. [`Verifier::finish`] asks
//! for the keys, each once, and judges. At most [`MAX_SIGNATURES`] signatures are verified, at most
//! [`MAX_REPORTED`] told of. A name server that does not answer gives `temperror`, never anything final.
//! RFC 6376 §6, RFC 8301 §3 (sha1 and small keys never pass), RFC 8463, RFC 8601 §2.7.1.

use std::time::Duration;

use mox_clock::Timestamp;
use mox_dns::Resolver;
use mox_message::Header;

use crate::hash::{BodyDigest, BodyHashes, FieldIndex, OwnField};
use crate::intake::Intake;
use crate::lookup::{Found, Keys, LookupError, lookup_all};
use crate::publickey::{PublicKey, PublicKeyError};
use crate::result::{DkimResult, Signature};
use crate::signature::{Algorithm, FIELD, SignatureField, glimpse};

/// Most signatures of a message that are verified.
pub const MAX_SIGNATURES: usize = 10;

/// Most signatures of a message that are told of.
pub const MAX_REPORTED: usize = 50;

/// How far a signer's clock may be ahead.
pub const MAX_AHEAD: Duration = Duration::from_secs(3600);

/// Characters of `b=` that tell signatures apart.
const B_PREFIX: usize = 8;

/// How much is done for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most signatures that are verified; of further ones it is told that they were not.
    pub signatures: usize,
    /// For which service the key must be: `email`, or `tlsrpt` for reports about TLS.
    pub service: &'static str,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { signatures: MAX_SIGNATURES, service: "email" }
    }
}

/// Takes a message in pieces, then verifies its signatures.
pub struct Verifier {
    limits: Limits,
    state: State,
}

enum State {
    Header(Intake),
    Body(Box<Body>),
}

/// The header was read, the body streams by.
struct Body {
    head: Vec<u8>,
    candidates: Vec<Candidate>,
    hashes: BodyHashes,
}

/// A signature field that was found.
struct Candidate {
    /// What is known of it; the result is not final.
    told: Signature,
    /// What must still be verified, with the number of its body hash; none when the result is final.
    pending: Option<(SignatureField, usize)>,
    /// Where the field stands in the header.
    start: usize,
}

impl Verifier {
    /// Starts a message.
    pub fn new(limits: Limits) -> Verifier {
        Verifier { limits, state: State::Header(Intake::default()) }
    }

    /// Takes the next piece of the message, header first, lines ended by CRLF.
    pub fn write(&mut self, piece: &[u8]) {
        match &mut self.state {
            State::Body(body) => body.hashes.write(piece),
            State::Header(intake) => {
                let Some(rest) = intake.push(piece) else { return };
                let mut body = Body::start(intake.take(), &self.limits);
                body.hashes.write(rest);
                self.state = State::Body(Box::new(body));
            }
        }
    }

    /// The message is whole: finds the keys and verifies. The signatures come in the order of their fields.
    pub async fn finish(self, resolver: &dyn Resolver, now: Timestamp) -> Vec<Signature> {
        let mut body = match self.state {
            State::Body(body) => body,
            State::Header(mut intake) => Box::new(Body::start(intake.take(), &self.limits)),
        };
        for candidate in &mut body.candidates {
            candidate.check_times(now);
        }
        let names =
            body.candidates.iter().filter_map(|c| c.pending.as_ref()).map(|(field, _)| field.key_name());
        let keys = lookup_all(resolver, names).await;
        body.judge(&keys, self.limits.service)
    }
}

impl Body {
    fn start((head, too_large): (Vec<u8>, bool), limits: &Limits) -> Body {
        let mut hashes = BodyHashes::default();
        let mut candidates: Vec<Candidate> = Vec::new();
        let header = Header::of(&head);
        let cut = too_large || header.is_cut();
        let mut verified = 0;
        for field in header.all(FIELD).take(MAX_REPORTED) {
            let mut candidate = Candidate::of(field.value, field.start);
            if cut {
                candidate.settle(DkimResult::Neutral, "the header is too large");
            } else if candidate.pending.is_some() && verified == limits.signatures {
                candidate.settle(
                    DkimResult::Neutral,
                    format!("not verified: more than {} signatures", limits.signatures),
                );
            }
            if let Some((signature, hash)) = &mut candidate.pending {
                verified += 1;
                *hash = hashes.want(signature.canonicalization.body, signature.body_length);
            }
            candidates.push(candidate);
        }
        Body { head, candidates, hashes }
    }

    fn judge(self, keys: &Keys, service: &str) -> Vec<Signature> {
        let header = Header::of(&self.head);
        let index = FieldIndex::of(&header);
        let digests = self.hashes.finish();
        self.candidates
            .into_iter()
            .map(|mut candidate| {
                if let Some((field, hash)) = candidate.pending.take()
                    && let Some(digest) = digests.get(hash)
                    && let Some(key) = keys.get(&field.key_name())
                {
                    let own = index.at(candidate.start).map(OwnField::of);
                    let (result, reason) = match own {
                        Some(own) => {
                            verdict(&mut candidate.told, &field, key, service, (&index, &own, digest))
                        }
                        None => (DkimResult::Neutral, Some("the field is gone".to_owned())),
                    };
                    (candidate.told.result, candidate.told.reason) = (result, reason);
                }
                candidate.told
            })
            .collect()
    }
}

impl Candidate {
    /// Reads a field, and settles what needs neither key nor time.
    fn of(value: &[u8], start: usize) -> Candidate {
        let mut told = Signature {
            domain: None,
            selector: None,
            identity: None,
            algorithm: None,
            canonicalization: None,
            result: DkimResult::Neutral,
            reason: None,
            testing: false,
            key_bits: None,
            body_length: None,
            unsigned_body: None,
            signed_headers: Vec::new(),
            signed_at: None,
            expires_at: None,
            b_prefix: None,
            record: None,
            authentic: false,
        };
        let field = match SignatureField::parse(value) {
            Ok(field) => field,
            Err(error) => {
                (told.domain, told.selector) = glimpse(value);
                told.reason = Some(format!("not a valid signature field: {error}"));
                return Candidate { told, pending: None, start };
            }
        };
        told.domain = Some(field.domain.clone());
        told.selector = Some(field.selector.clone());
        told.identity = Some(field.identity_text());
        told.algorithm = Some(field.algorithm.keyword().to_owned());
        told.canonicalization = Some(field.canonicalization);
        told.body_length = field.body_length;
        told.signed_headers.clone_from(&field.headers);
        (told.signed_at, told.expires_at) = (field.signed_at, field.expires_at);
        told.b_prefix = Some(b_prefix(&field.signature));
        let mut candidate = Candidate { told, pending: None, start };
        match refused(&field) {
            Some((result, reason)) => candidate.settle(result, reason),
            None => candidate.pending = Some((field, 0)),
        }
        candidate
    }

    fn settle(&mut self, result: DkimResult, reason: impl Into<String>) {
        self.pending = None;
        (self.told.result, self.told.reason) = (result, Some(reason.into()));
    }

    fn check_times(&mut self, now: Timestamp) {
        let Some((field, _)) = &self.pending else { return };
        if let Some((result, reason)) = out_of_time(field, now) {
            self.settle(result, reason);
        }
    }
}

fn b_prefix(signature: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(signature);
    text.chars().take(B_PREFIX).collect()
}

/// Why a signature is not verified, whatever its key.
pub(crate) fn refused(field: &SignatureField) -> Option<(DkimResult, String)> {
    let (result, reason) = match &field.algorithm {
        Algorithm::RsaSha1 => (DkimResult::PermError, "rsa-sha1 is no longer accepted".to_owned()),
        Algorithm::Other(other) => (DkimResult::Neutral, format!("algorithm {other:?} is not known")),
        _ if field.body_hash.len() != 32 => (DkimResult::Neutral, "bh= is not a sha-256 hash".to_owned()),
        _ if !field.uses_dns() => (DkimResult::Neutral, "no known way to find the key (q=)".to_owned()),
        _ if !field.headers.iter().any(|name| name.eq_ignore_ascii_case("from")) => {
            (DkimResult::PermError, "the from field is not signed".to_owned())
        }
        _ if field.domain.parent().is_none() => {
            (DkimResult::Policy, "a top-level domain does not sign mail".to_owned())
        }
        _ => return None,
    };
    Some((result, reason))
}

/// Why a signature does not count now.
pub(crate) fn out_of_time(field: &SignatureField, now: Timestamp) -> Option<(DkimResult, String)> {
    if let Some(expired) = field.expires_at.filter(|x| *x < now) {
        return Some((DkimResult::Fail, format!("expired at {}", expired.rfc3339())));
    }
    let ahead = field.signed_at.filter(|t| *t > now.plus(MAX_AHEAD))?;
    Some((DkimResult::Policy, format!("signed in the future, at {}", ahead.rfc3339())))
}

/// Judges by the key; notes in `told` what is learnt on the way.
fn verdict(
    told: &mut Signature,
    field: &SignatureField,
    key: &Result<Found, LookupError>,
    service: &str,
    message: (&FieldIndex<'_>, &OwnField<'_>, &BodyDigest),
) -> (DkimResult, Option<String>) {
    let found = match key {
        Ok(found) => found,
        Err(error) => {
            told.authentic = error.is_authentic();
            let result = if error.is_temporary() { DkimResult::TempError } else { DkimResult::PermError };
            return (result, Some(error.to_string()));
        }
    };
    told.authentic = found.authentic;
    told.testing = found.record.is_testing();
    told.record = Some(found.text.clone());
    let permanent = |reason: String| (DkimResult::PermError, Some(reason));
    let key = match usable(found, &field.algorithm, service) {
        Ok(key) => key,
        Err((bits, reason)) => {
            told.key_bits = bits;
            return permanent(reason);
        }
    };
    told.key_bits = Some(key.bits());
    let identity = field.identity.as_ref().map_or(&field.domain, |identity| &identity.domain);
    if found.record.is_strict() && *identity != field.domain {
        return permanent("the key is strict: the domain of i= must be that of d=".to_owned());
    }
    let (index, own, body) = message;
    let fail = |reason: &str| (DkimResult::Fail, Some(reason.to_owned()));
    told.unsigned_body = field.body_length.map(|signed| body.length.saturating_sub(signed));
    let body_matches = field.body_hash == body.hash;
    let hash = index.hash(field.canonicalization.header, &field.headers, own);
    match (key.verifies(&hash, &field.signature), body_matches) {
        (true, true) if field.body_length.is_some_and(|signed| signed > body.length) => {
            fail("the body is shorter than l= says")
        }
        (true, true) => (DkimResult::Pass, None),
        (true, false) => fail("the body was changed: its hash does not match"),
        (false, true) => fail("the signature does not match the header fields"),
        (false, false) => fail("neither the signature nor the hash of the body matches"),
    }
}

/// The key of a record, if it may be used for such a signature; else its size, if known, and why not.
pub(crate) fn usable(
    found: &Found,
    algorithm: &Algorithm,
    service: &str,
) -> Result<PublicKey, (Option<u32>, String)> {
    let key = PublicKey::from_record(&found.record).map_err(|error| match error {
        PublicKeyError::TooWeak(bits) | PublicKeyError::TooLarge(bits) => (Some(bits), error.to_string()),
        error => (None, error.to_string()),
    })?;
    let reason = if algorithm.key_type() != Some(key.key_type()) {
        format!("the key is for {}, not for {}", key.key_type().keyword(), algorithm.keyword())
    } else if !found.record.allows_hash("sha256") {
        "the key may not be used with sha256".to_owned()
    } else if !found.record.serves(service) {
        format!("the key is not for the service {service:?}")
    } else {
        return Ok(key);
    };
    Err((Some(key.bits()), reason))
}
