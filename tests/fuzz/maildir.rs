//! Fuzz target: names of a maildir.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::maildir(bytes));
