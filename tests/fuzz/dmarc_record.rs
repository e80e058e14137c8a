//! Fuzz target: a DMARC record.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dmarc_record(bytes));
