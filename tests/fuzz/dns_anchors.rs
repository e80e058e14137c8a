//! Fuzz target: a file of DNSSEC trust anchors.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dns_anchors(bytes));
