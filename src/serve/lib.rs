//! The assembled house: every seam is wired here, listeners are started and stopped here.

mod addresses;
mod authorities;
mod certificates;
mod desk;
mod ears;
mod history;
mod hooks;
mod house;
mod judging;
mod keepers;
mod listeners;
mod listenertls;
pub mod localserve;
mod loginlog;
mod operations;
mod outside;
mod own;
mod privileges;
mod retention;
mod secrets;
mod server;
mod sessions;
mod sockets;
mod tables;
mod traffic;
mod web;
mod websessions;

pub use addresses::{Wanted, addresses};
pub use desk::offline;
pub use house::{Error, House, SCHEMAS};
pub use localserve::{JudgeBy, LocalserveOptions, RelayRule, run as localserve};
pub use operations::{find_account, verified};
pub use privileges::{Prepared, prepare, written};
pub use secrets::Secrets;
pub use server::{ServeOptions, Started, run as serve, trust};
pub use sockets::Sockets;
