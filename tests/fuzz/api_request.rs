//! Fuzz target: a request to the JSON API.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::api_request(bytes));
