//! Fuzz target: a TLSA record.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dane_record(bytes));
