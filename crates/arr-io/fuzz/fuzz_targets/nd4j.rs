//! Every form of ND4J.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::nd4j(bytes));
