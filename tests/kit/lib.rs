//! What tests and benchmarks share: what must hold for any input (`fuzz`) and of HTML that was made safe (`html`), a
//! running server (`house`), load for it (`sender`), random choices (`chance`),
//! a name server (`nameserver`), JSON schemas (`schema`).

mod api;
pub mod chance;
mod dns;
mod documents;
pub mod fuzz;
mod hosts;
pub mod house;
pub mod html;
mod mailboxes;
pub mod nameserver;
pub mod schema;
pub mod sender;
mod signatures;
