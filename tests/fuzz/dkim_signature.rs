//! Fuzz target: the value of a DKIM-Signature field.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dkim_signature(bytes));
