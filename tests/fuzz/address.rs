//! Fuzz target: a domain, an address, a path.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::address(bytes));
