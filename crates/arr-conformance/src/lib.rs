//! What every format has to show, for the tests of the crates that have formats.
//!
//! [`door`] goes in and out by the protocol of formats, as the facade does.

pub mod door;
