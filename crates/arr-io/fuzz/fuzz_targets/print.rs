//! Printing arrays of every dtype.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::print(bytes));
