//! Compressed files, and files that are not arrays.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::layer(bytes));
