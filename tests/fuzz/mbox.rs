//! Fuzz target: an mbox file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::mbox(bytes));
