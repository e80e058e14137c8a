//! Fuzz target: all that is told about a message's content.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::inspect_report(bytes));
