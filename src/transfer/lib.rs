//! Mailboxes in and out: mbox files, maildirs, archives of them.
//!
//! In: [`source::read`] finds messages, [`Importer`] puts them into an account, with a [`Batch`] in between that may
//! travel from a command to the server. Out: [`export::page`] reads messages, [`Target`] writes them. Memory does not
//! grow with the number of messages, but for the names of the files in one folder of a maildir.

mod archive;
pub mod export;
mod import;
pub mod item;
pub mod maildir;
pub mod mbox;
pub mod source;
pub mod status;
pub mod tar;
mod target;

pub use import::Importer;
pub use item::{Batch, Item, MESSAGE_MAX};
pub use source::{Found, Gauge, Source};
pub use target::{Form, Packing, Target};

#[cfg(test)]
mod tests;
