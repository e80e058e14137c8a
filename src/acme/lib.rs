//! Certificates on demand: an account at a certificate authority, orders, checks of names, renewal.
//!
//! Invariants: 1. A certificate that is there is served until a newer one is stored, expired or not. 2. Keys stay: a
//! renewed certificate is for the key of the one before, so that DANE records stay right. 3. What is stored is whole
//! after a crash. 4. A failure waits longer each time, and as long as the authority says. RFC 8555 (ACME), RFC 8737
//! (tls-alpn-01), RFC 9773 (when to renew).

mod account;
mod challenges;
mod failure;
mod names;
mod order;
mod renewal;
mod roster;
mod serving;
mod stored;
mod web;

#[cfg(test)]
mod tests;

pub use account::{binding_key, kept_account};
pub use failure::Failure;
pub use names::Names;
pub use renewal::State;
pub use roster::{Acme, NoSuchName, Options};
pub use serving::Serving;
pub use stored::kept_key;
