//! What pages and HTTP APIs share: queries and forms in; pages, JSON and event streams out, with the headers that keep
//! other sites out; logins and sessions.
//!
//! A page fetches nothing from elsewhere and runs no script but ours: every answer carries the policy that says so
//! ([`answer`]). Pages and APIs do nothing themselves, they ask operations of `mox_admin`. The parts that pages are
//! made of are here: the layout and its neighbours in `templates/`, style, icons and scripts in `static/`
//! ([`page`], [`assets`], [`show`]); a room of pages names both folders in its `askama.toml`.

// Templates are compiled into this room and into others: both call what they use `mox_web`.
extern crate self as mox_web;

pub mod answer;
pub mod assets;
pub mod at;
pub mod chart;
pub mod door;
pub mod download;
pub mod events;
pub mod multipart;
pub mod page;
pub mod query;
pub mod session;
pub mod show;

pub use answer::{html, json, problem, raw, see_other, status_of};
pub use assets::Assets;
pub use at::At;
pub use door::{Door, Visit};
pub use events::Events;
pub use multipart::Multipart;
pub use page::{Page, Site};
pub use query::{Query, QueryError};
