//! The text of a `.npy` header: every way to parse it, and writing it again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::header(bytes));
