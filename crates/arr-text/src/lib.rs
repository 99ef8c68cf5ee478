//! Arrays as text.
//!
//! | module | format |
//! |---|---|
//! | [`text`] | tables as `numpy.savetxt` writes and `numpy.loadtxt` reads them |
//! | [`csv`] | tables of any tool that writes CSV, with commas or tabs |
//! | [`genfromtxt`](mod@genfromtxt) | tables with missing values and names, by the rules of `numpy.genfromtxt` |
//! | [`delimited`] | what `Nd4j.readNumpy` of the JVM's ND4J reads and its `writeNumpy` writes |
//! | [`nd4j`] | what `Nd4j.writeTxt` of ND4J writes, of all generations |
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `ndarray` | yes | zero-copy views as `ndarray` 0.17 types, and arrays from them |
//! | `rayon` | yes | casts and transpositions of large arrays on all cores |

mod broken;
pub mod csv;
pub mod delimited;
pub mod genfromtxt;
pub mod nd4j;
mod table;
pub mod text;

pub(crate) use arr_core::format::number;

pub use genfromtxt::genfromtxt;
pub use text::{loadtxt, savetxt};

/// The formats of this crate as values, for the facade and for choosing formats at run time.
pub mod format {
    pub use crate::csv::{Csv, Tsv};
    pub use crate::delimited::DelimitedTxt;
    pub use crate::nd4j::Nd4jTxt;
    pub use crate::text::Text;
}

pub use arr_core;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
