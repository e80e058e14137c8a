//! Fuzz target: a file that may be packed.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::unpack(bytes));
