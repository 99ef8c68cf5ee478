//! The text of a dtype: parsing and printing.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::dtype(bytes));
