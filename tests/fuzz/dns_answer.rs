//! Fuzz target: an answer of name servers that lie, before the validating resolver.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dns_answer(bytes));
