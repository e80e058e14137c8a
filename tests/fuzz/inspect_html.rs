//! Fuzz target: the HTML of a message made safe.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::inspect_html(bytes));
