//! Fuzz target: an SPF record, its macros, and the field that tells of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::spf(bytes));
