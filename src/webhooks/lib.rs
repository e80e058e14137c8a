//! Webhooks: tells URLs what happened, as JSON: those of accounts durably ([`calls`]), those that localserve was
//! started with ([`Hook`]) while it runs.
//!
//! Invariants of [`Hook`]: 1. A hook hears of things in their order, one call at a time. 2. A hook that is slow, down or wrong costs
//! nobody else anything: it falls behind on its own, and what it misses is counted and logged. 3. Calls are not kept:
//! what was not told when the server ends is not told.

mod arrivals;
pub mod calls;
mod hook;
pub mod mail;

#[cfg(test)]
mod tests;

pub use arrivals::{Arrivals, BoxFuture, Heard};
pub use hook::{Hook, LIMITS, WAITS};
