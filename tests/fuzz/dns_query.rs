//! Fuzz target: a message to the name server.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dns_query(bytes));
