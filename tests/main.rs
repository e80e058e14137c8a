//! The tests of the whole house that need nothing from outside: one binary, so one link.
//!
//! Real peers are in `tests/interop`, a binary of its own. Every file and folder here is a module below;
//! `tidy.rs` fails when one is forgotten.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy.toml excuses test functions, this excuses the functions that they call"
)]

mod commands;
mod dependencies;
mod fuzz_replay;
mod generated;
mod source;
mod tidy;
