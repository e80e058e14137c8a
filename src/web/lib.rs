//! What pages and HTTP APIs share: queries and forms in; pages, JSON and event streams out, with the headers that keep
//! other sites out.
//!
//! A page fetches nothing from elsewhere and runs no script but ours: every answer carries the policy that says so
//! ([`answer`]). Pages and APIs do nothing themselves, they ask operations of `mox_admin`.

pub mod answer;
pub mod download;
pub mod events;
pub mod query;

pub use answer::{html, json, problem, raw, see_other, status_of};
pub use download::download;
pub use events::Events;
pub use query::{Query, QueryError};
