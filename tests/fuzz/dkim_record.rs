//! Fuzz target: a DKIM key record.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dkim_record(bytes));
