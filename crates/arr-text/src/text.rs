//! NumPy's text: what `numpy.savetxt` writes and `numpy.loadtxt` and `numpy.genfromtxt` read (`text`).

pub(crate) mod given;
pub(crate) mod options;
