//! Fuzz target: an MTA-STS policy file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::mtasts_policy(bytes));
