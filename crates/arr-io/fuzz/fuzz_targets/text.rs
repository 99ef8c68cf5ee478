//! Tables of text.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::text(bytes));
