//! Fuzz target: a TLSRPT record.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::tlsrpt_record(bytes));
