//! Files of unknown format: detection, inspection, checking.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::detect(bytes));
