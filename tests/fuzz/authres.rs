//! Fuzz target: Authentication-Results of other hosts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::authres(bytes));
