//! Fuzz target: the answer of a SOCKS5 proxy.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::socks_reply(bytes));
