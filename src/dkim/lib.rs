//! Signatures on messages: made, and verified while the message streams by; chains of seals.
//!
//! [`Verifier`] and [`Signer`] take a message in pieces of any size and keep its header only, so that a message of
//! 25 MB costs no more memory than a small one. Signatures come from strangers: everything that is read has a limit,
//! and the result of a signature is a value, not an error. Private keys are used in one place, [`SigningKey::sign`].
//! RFC 6376, RFC 8301, RFC 8463, RFC 8616 (U-labels), RFC 8617 (ARC: verified, not made).

pub mod arc;
pub mod canon;
mod hash;
mod intake;
mod key;
mod lookup;
mod publickey;
pub mod record;
mod result;
mod sign;
pub mod signature;
pub mod tags;
#[cfg(test)]
mod tests;
mod verify;

pub use canon::{Canon, Canonicalization};
pub use key::{KeyError, MIN_SIGNING_BITS, SigningKey};
pub use lookup::{Found, LookupError, MAX_TEXTS, lookup};
pub use publickey::{MAX_RSA_BITS, MIN_RSA_BITS, PublicKey, PublicKeyError};
pub use record::{KeyType, Record};
pub use result::{DkimResult, Signature, summary};
pub use sign::{HEADERS, HEADERS_WHERE_PRESENT, MAX_KEYS, SignError, SignOptions, Signer};
pub use signature::{Algorithm, Identity, SignatureField, key_name, parse_selector};
pub use verify::{Limits, MAX_AHEAD, MAX_REPORTED, MAX_SIGNATURES, Verifier};
