//! Fuzz target: an answer of a registry, or the bootstrap file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::rdap(bytes));
