//! Casts between any two dtypes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::cast(bytes));
