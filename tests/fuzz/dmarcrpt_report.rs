//! Fuzz target: a DMARC report, as a file or in a message.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::dmarcrpt_report(bytes));
