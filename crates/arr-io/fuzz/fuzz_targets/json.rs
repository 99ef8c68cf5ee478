//! JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::json(bytes));
