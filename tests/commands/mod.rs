//! Every command from outside: help, errors, output as text and JSON, examples.
//!
//! The binary runs in a folder of its own with an empty environment. Commands that need a server talk to
//! [`house`], which gives fixed replies. Snapshots are plain text in `snapshots/`; `MOX_UPDATE=1` rewrites them.

mod config;
mod dmarc;
mod dns;
mod dnscheck;
mod examples;
mod help;
mod house;
mod import;
mod lab;
mod output;
mod quickstart;
mod sendmail;
mod shell;
mod snapshot;
