#![doc = include_str!("../README.md")]

pub use arr_core;

#[cfg(feature = "pickle")]
pub mod pickle;

/// The formats of this crate as values, for the facade and for choosing formats at run time.
pub mod format {
    #[cfg(feature = "pickle")]
    pub use crate::pickle::Pickle;
}
