//! Tests of the built binary against real peers: swaks, Python, Postfix, a killed process, a full disk.
//!
//! A test whose peer is not installed says `SKIPPED` on stderr; with `CI=true` it fails instead. Real peers run in
//! real time, so these tests sleep and read clocks, which the rest of the house must not.
//! `MOX_KILL_ROUNDS` sets how often the server is killed (default 5), `MOX_SEED` repeats a run's random choices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "clippy.toml excuses test functions, this excuses what they call; real peers need real time"
)]

mod acme;
mod api;
mod attacks;
mod authentication;
mod backup;
mod browser;
mod chaos;
mod crash;
mod dane;
mod dkim;
mod dmarccrash;
mod dmarcreceived;
mod dmarcreports;
mod dmarcsent;
mod dnssec;
mod faults;
mod filled;
mod fresh;
mod hosts;
mod house;
mod lab;
mod machine;
mod mailboxes;
mod milter;
mod pageattacks;
mod pages;
mod peers;
mod privileges;
mod relay;
mod release;
mod samepages;
mod secrets;
mod senders;
mod served;
mod signedzones;
mod spf;
mod submit;
mod tlsreports;
mod visitor;
mod volume;
mod webapi;
mod webhook;
mod website;
mod wine;
