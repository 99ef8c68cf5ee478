//! Compressed files, and files that are no arrays.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::layer(bytes));
