//! Fuzz target: a delivery status notification.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dsn(bytes));
