//! Fuzz target: an SMTP command line.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::smtp_command(bytes));
