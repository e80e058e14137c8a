//! Fuzz target: a mox.conf or domains.conf.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::config(bytes));
