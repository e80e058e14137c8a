//! Fuzz target: a message with signatures and seals.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dkim_verify(bytes));
