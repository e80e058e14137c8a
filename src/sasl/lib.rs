//! Authentication mechanisms as state machines, both sides, and what is stored of a password.
//!
//! Bytes in, bytes out: base64 and the `AUTH`/`AUTHENTICATE` verbs belong to the protocol that carries the
//! exchange. A server drives [`Server`], a client drives [`Client`]. Comparisons of secrets take constant time,
//! and an unknown user takes the same steps as one with a wrong password. RFC 4422.
//!
//! Limit: every message from the other side is at most [`MAX_MESSAGE`] bytes.

mod client;
mod crammd5;
mod external;
mod login;
mod md5;
mod mechanism;
mod password;
mod plain;
mod scram;
mod server;

pub use client::{Client, ClientError, Credential};
pub use mechanism::{Mechanism, UnknownMechanism};
pub use password::{
    CramMd5Verifier, MAX_PASSWORD, MIN_PASSWORD, PasswordError, Verifiers, hash_password, hash_random,
    is_password_of, prepare, random_password,
};
pub use scram::{MAX_ITERATIONS, MIN_ITERATIONS, ScramVerifier};
pub use server::{Credentials, Login, Lookup, Reason, Server, Setup, Step};

/// Longest message of the other side, in bytes after base64 decoding.
pub const MAX_MESSAGE: usize = 4096;
