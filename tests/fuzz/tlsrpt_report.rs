//! Fuzz target: a TLS report, as a file or in a message.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::tlsrpt_report(bytes));
