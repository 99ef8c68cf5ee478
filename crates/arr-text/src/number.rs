//! Numbers as decimal text, both ways: exact, and at the speed of the memory.

pub(crate) mod parse;
pub(crate) mod print;
