//! Parts and blocks of a file, and rows that are added to one.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::part(bytes));
