//! The mistakes that are made most, each with what the compiler says of it: the messages of our traits tell what to do.
//!
//! Compilers word and place their own part of a message differently, so that the stored messages are those of one: the test
//! is ignored by any other, and `cargo xtask test` says so. `TRYBUILD=overwrite cargo test -p arr-derive --test mistakes`
//! stores those of a new one, whose version goes below.

#[rustversion::attr(not(stable(1.95)), ignore = "the stored messages are those of Rust 1.95")]
#[test]
fn messages_of_mistakes() {
    trybuild::TestCases::new().compile_fail("tests/mistakes/*.rs");
}
