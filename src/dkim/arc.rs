//! Chains of seals: whether what earlier hosts found out about a message can be traced to them. Verified, not made.
//!
//! Streams like [`crate::Verifier`]: the header is kept, the body hashed on its way. Each host that seals adds a set
//! of three fields; [`set`] reads them. A chain has at most [`MAX_SETS`] sets and at most [`MAX_KEYS`] keys are asked
//! for. By the RFC every error is final for the chain; [`Chain::temporary`] tells that the error was one of DNS, so
//! that nobody needs to refuse a message for it.
//! RFC 8617 §5.2.

mod set;
#[cfg(test)]
mod tests;

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_dns::Resolver;
use mox_message::{Field, Header};
use serde::Serialize;

use crate::hash::{BodyDigest, BodyHashes, FieldIndex, OwnField, sealed};
use crate::intake::Intake;
use crate::lookup::{Keys, lookup_all};
use crate::signature::{Algorithm, key_name};
use crate::verify::{out_of_time, refused, usable};

pub use set::{Claim, MAX_CLAIMS, MAX_SETS};
use set::{Fields, collect};

/// Most keys of a chain that are asked for.
pub const MAX_KEYS: usize = 20;

/// Most hashes of the body that are made for a chain.
const MAX_BODY_HASHES: usize = 10;

/// For which service keys must be.
const SERVICE: &str = "email";

/// The result of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ArcResult {
    /// There is no chain.
    None,
    /// Every seal and the newest signature verify.
    Pass,
    /// The chain is broken: what it says counts for nothing.
    Fail,
}

impl ArcResult {
    /// The word in Authentication-Results.
    pub fn keyword(self) -> &'static str {
        match self {
            ArcResult::None => "none",
            ArcResult::Pass => "pass",
            ArcResult::Fail => "fail",
        }
    }
}

/// A chain and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// The result.
    pub result: ArcResult,
    /// The highest instance in the message; 0 without a chain.
    pub instances: u32,
    /// Why the chain is broken.
    pub reason: Option<String>,
    /// It failed because DNS did not answer: later it might pass.
    pub temporary: bool,
    /// The oldest instance since which nothing signed was changed; 0: nothing since the first. None when the chain
    /// does not pass.
    pub oldest_pass: Option<u32>,
    /// The sets that could be read, oldest first.
    pub sets: Vec<Set>,
}

/// One host's part of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Set {
    /// Its number, from 1.
    pub instance: u32,
    /// `d=` of the seal: who vouches.
    pub domain: Domain,
    /// `s=` of the seal.
    pub selector: String,
    /// `cv=` of the seal: what this host said of the chain before it.
    pub chain_validation: String,
    /// Who made the results.
    pub authserv_id: String,
    /// The results as text, unfolded, without instance.
    pub authres: String,
    /// The results one by one.
    pub claims: Vec<Claim>,
    /// Whether its signature still matches the message; none when that was not looked at.
    pub signature: Option<bool>,
    /// Whether its seal verifies; none when that was not looked at.
    pub seal: Option<bool>,
}

/// Takes a message in pieces, then verifies its chain.
pub struct Verifier {
    intake: Intake,
    body: Option<Box<Body>>,
}

/// The header was read, the body streams by.
struct Body {
    head: Vec<u8>,
    sets: Result<Vec<Fields>, String>,
    /// For each set the number of its body hash; none when there would be too many.
    wanted: Vec<Option<usize>>,
    hashes: BodyHashes,
}

impl Default for Verifier {
    fn default() -> Verifier {
        Verifier::new()
    }
}

impl Verifier {
    /// Starts a message.
    pub fn new() -> Verifier {
        Verifier { intake: Intake::default(), body: None }
    }

    /// Takes the next piece of the message, header first, lines ended by CRLF.
    pub fn write(&mut self, piece: &[u8]) {
        if let Some(body) = &mut self.body {
            body.hashes.write(piece);
        } else if let Some(rest) = self.intake.push(piece) {
            let mut body = Body::start(self.intake.take());
            body.hashes.write(rest);
            self.body = Some(Box::new(body));
        }
    }

    /// The message is whole: finds the keys and verifies.
    pub async fn finish(self, resolver: &dyn Resolver, now: Timestamp) -> Chain {
        let Verifier { mut intake, body } = self;
        let body = body.unwrap_or_else(|| Box::new(Body::start(intake.take())));
        let Body { head, sets, wanted, hashes } = *body;
        let sets = match sets {
            Ok(sets) if sets.is_empty() => return Chain::none(),
            Ok(sets) => sets,
            Err(reason) => return Chain::broken(&head, reason),
        };
        let keys = lookup_all(resolver, key_names(&sets)).await;
        let header = Header::of(&head);
        let index = FieldIndex::of(&header);
        let message = Message { index, digests: hashes.finish(), keys, now };
        message.judge(&sets, &wanted)
    }
}

/// The names of the keys, those that the result hangs on first.
fn key_names(sets: &[Fields]) -> impl Iterator<Item = String> {
    let signature = |set: &Fields| set.signature.key_name();
    let newest = sets.last().map(signature);
    let seals = sets.iter().rev().map(|set| key_name(&set.seal.selector, &set.seal.domain));
    let older = sets.iter().rev().skip(1).map(signature);
    let mut names: Vec<String> = Vec::new();
    for name in newest.into_iter().chain(seals).chain(older) {
        if names.len() < MAX_KEYS && !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter()
}

impl Body {
    fn start((head, too_large): (Vec<u8>, bool)) -> Body {
        let header = Header::of(&head);
        let mut sets = collect(&header);
        if too_large && !matches!(&sets, Ok(sets) if sets.is_empty()) {
            sets = Err("the header is too large".to_owned());
        }
        let mut hashes = BodyHashes::default();
        let mut wanted: Vec<Option<usize>> = sets
            .iter()
            .flatten()
            .rev()
            .map(|set| {
                let room = hashes.len() < MAX_BODY_HASHES;
                room.then(|| hashes.want(set.signature.canonicalization.body, set.signature.body_length))
            })
            .collect();
        wanted.reverse();
        Body { head, sets, wanted, hashes }
    }
}

impl Chain {
    fn none() -> Chain {
        Chain {
            result: ArcResult::None,
            instances: 0,
            reason: None,
            temporary: false,
            oldest_pass: None,
            sets: Vec::new(),
        }
    }

    /// A chain whose sets do not even fit together.
    fn broken(head: &[u8], reason: String) -> Chain {
        let instances = set::highest(&Header::of(head));
        Chain { result: ArcResult::Fail, instances, reason: Some(reason), ..Chain::none() }
    }
}

/// Why a signature or seal does not verify.
struct Broken {
    reason: String,
    temporary: bool,
}

impl From<String> for Broken {
    fn from(reason: String) -> Broken {
        Broken { reason, temporary: false }
    }
}

/// A message that is whole.
struct Message<'a> {
    index: FieldIndex<'a>,
    digests: Vec<BodyDigest>,
    keys: Keys,
    now: Timestamp,
}

impl Message<'_> {
    /// Steps 4 to 7 of §5.2.
    fn judge(&self, sets: &[Fields], wanted: &[Option<usize>]) -> Chain {
        let mut chain = Chain {
            result: ArcResult::Fail,
            instances: u32::try_from(sets.len()).unwrap_or(u32::MAX),
            sets: sets.iter().map(Fields::told).collect(),
            ..Chain::none()
        };
        let numbered = || sets.iter().zip(wanted).enumerate().rev();
        let mut oldest = 0;
        for (at, (set, wanted)) in numbered() {
            let verified = self.signature(set, *wanted);
            chain.note(at, |told| told.signature = Some(verified.is_ok()));
            if let Err(broken) = verified {
                if at + 1 == sets.len() {
                    return chain.because(at, "signature", broken);
                }
                oldest = u32::try_from(at + 2).unwrap_or(u32::MAX);
                break;
            }
        }
        for (at, _) in numbered() {
            let verified = self.seal(sets.get(..=at).unwrap_or_default());
            chain.note(at, |told| told.seal = Some(verified.is_ok()));
            if let Err(broken) = verified {
                return chain.because(at, "seal", broken);
            }
        }
        (chain.result, chain.oldest_pass) = (ArcResult::Pass, Some(oldest));
        chain
    }

    fn field(&self, start: usize) -> Result<&Field<'_>, Broken> {
        self.index.at(start).ok_or_else(|| "a field is gone".to_owned().into())
    }

    /// Whether an ARC-Message-Signature matches the message as it is now.
    fn signature(&self, set: &Fields, wanted: Option<usize>) -> Result<(), Broken> {
        let field = &set.signature;
        if let Some((_, reason)) = refused(field).or_else(|| out_of_time(field, self.now)) {
            return Err(reason.into());
        }
        let digest = wanted.and_then(|at| self.digests.get(at));
        let digest = digest.ok_or_else(|| "too many ways to hash the body".to_owned())?;
        if field.body_hash != digest.hash || field.body_length.is_some_and(|signed| signed > digest.length) {
            return Err("the body was changed: its hash does not match".to_owned().into());
        }
        let own = OwnField::of(self.field(set.signature_start)?);
        let hash = self.index.hash(field.canonicalization.header, &field.headers, &own);
        self.verify(&field.key_name(), &field.algorithm, &hash, &field.signature)
    }

    /// Whether the newest of these sets seals them all.
    fn seal(&self, sets: &[Fields]) -> Result<(), Broken> {
        let Some(newest) = sets.last() else { return Ok(()) };
        let own = OwnField::of(self.field(newest.seal_start)?);
        let starts = sets.iter().flat_map(|set| [set.results_start, set.signature_start, set.seal_start]);
        let fields: Result<Vec<&[u8]>, Broken> = starts
            .filter(|start| *start != newest.seal_start)
            .map(|start| Ok(self.field(start)?.raw))
            .collect();
        let hash = sealed(fields?.into_iter(), &own);
        let seal = &newest.seal;
        self.verify(&key_name(&seal.selector, &seal.domain), &seal.algorithm, &hash, &seal.signature)
    }

    fn verify(
        &self,
        name: &str,
        algorithm: &Algorithm,
        hash: &[u8; 32],
        signature: &[u8],
    ) -> Result<(), Broken> {
        let found = match self.keys.get(name) {
            Some(Ok(found)) => found,
            Some(Err(error)) => {
                return Err(Broken { reason: error.to_string(), temporary: error.is_temporary() });
            }
            None => return Err(format!("more than {MAX_KEYS} keys").into()),
        };
        let key = usable(found, algorithm, SERVICE).map_err(|(_, reason)| reason)?;
        if key.verifies(hash, signature) { Ok(()) } else { Err("it does not match".to_owned().into()) }
    }
}

impl Chain {
    fn note(&mut self, at: usize, change: impl FnOnce(&mut Set)) {
        if let Some(set) = self.sets.get_mut(at) {
            change(set);
        }
    }

    fn because(mut self, at: usize, what: &str, broken: Broken) -> Chain {
        self.reason = Some(format!("{what} of instance {}: {}", at + 1, broken.reason));
        self.temporary = broken.temporary;
        self
    }
}
