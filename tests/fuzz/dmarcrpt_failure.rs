//! Fuzz target: a failure report, as a message or its fields alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dmarcrpt_failure(bytes));
