//! NumPy's text: what `numpy.savetxt` writes and `numpy.loadtxt` and `numpy.genfromtxt` read (`text`).

pub(crate) mod given;
pub(crate) mod options;
pub(crate) mod write;

pub use write::{WriteOptions, save, savetxt, to_bytes, write_to};
