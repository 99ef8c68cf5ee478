//! The protocol of formats: what is asked of the parts of a file, as every format.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::doors(bytes));
