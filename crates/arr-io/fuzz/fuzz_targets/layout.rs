//! Strides and what is done with them, beside a list of items.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::layout(bytes));
