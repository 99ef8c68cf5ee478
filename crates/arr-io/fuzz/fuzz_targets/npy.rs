//! A file: every way to read it, and writing it again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::npy(bytes));
