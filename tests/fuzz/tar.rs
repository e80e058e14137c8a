//! Fuzz target: a tar archive.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::tar(bytes));
