//! Fuzz target: what a client sends after DATA, chunk size first.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::data_reader(bytes));
