//! What every format has to show, for the tests of the crates that have formats.
//!
//! [`far`] has sources whose requests are counted. [`door`] goes in and out by the protocol of formats, as the facade does. [`Suite`] takes a format and files of it and
//! shows what holds for all of them.

#[macro_use]
mod own;
pub mod door;
pub mod far;
mod suite;

pub use own::said;
pub use suite::{Findings, Suite};
