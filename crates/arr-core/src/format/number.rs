//! Numbers as decimal text, both ways: exact, and at the speed of the memory.
//!
//! | module | what it does |
//! |---|---|
//! | [`parse`] | text to numbers: where a number ends, and its value |
//! | [`print`] | numbers to text: what `printf` and Python's `repr` print |
//! | [`spec`] | one conversion specification of `printf` |
//! | `nearest` | the nearest binary number of digits and a power of ten |
//! | `scaled` | the digits of a double, from one product |
//! | `exact` | all digits of a double, for what a product cannot decide |
//! | `digits` | eight decimal digits at a time, to and from text |
//! | `powers` | the table of powers of five |

pub mod digits;
mod exact;
mod nearest;
pub mod parse;
mod powers;
pub mod print;
mod scaled;
mod shortest;
pub mod spec;
#[cfg(test)]
mod tests;
