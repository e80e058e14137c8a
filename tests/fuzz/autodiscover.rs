//! Fuzz target: a request of Outlook for settings.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mox_testkit::fuzz::autodiscover(bytes));
