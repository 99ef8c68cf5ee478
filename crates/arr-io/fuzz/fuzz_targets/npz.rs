//! An archive: every way to read its members, and writing them again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::npz(bytes));
