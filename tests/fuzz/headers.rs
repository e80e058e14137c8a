//! Fuzz target: the header of a message.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::headers(bytes));
