//! Reading sparse matrices.

use std::path::Path;

use arr_core::format::{in_file, room};
use arr_core::{Array, DType, Error, Result, s};

use super::{FORMAT, Form, Sparse};
use crate::Npz;

impl Sparse {
    /// Reads a file that `scipy.sparse.save_npz` has written.
    ///
    /// # Errors
    /// As [`Npz::open`] and [`from_npz`](Self::from_npz).
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        in_file(path, Self::from_npz(&Npz::open(path)?))
    }

    /// Reads a matrix from an archive that is open, under its limits.
    ///
    /// # Errors
    /// As [`Npz::get`]; `InvalidArgument` when a member is missing, `Malformed` when the matrix does not fit together,
    /// naming the member; `Unsupported` when it has another format or no two dimensions.
    pub fn from_npz(npz: &Npz<'_>) -> Result<Self> {
        let read = || {
            let name = format_of(npz)?;
            let shape = shape_of(npz)?;
            let list = |name| whole_numbers::<usize>(name, &npz.get(name)?);
            let form = match name.as_str() {
                "coo" if npz.member("coords").is_ok() => {
                    let coords = npz.get("coords")?;
                    if coords.ndim() != 2 {
                        return Err(Error::malformed("coords: it has no two dimensions"));
                    }
                    let line = |at: isize| whole_numbers("coords", &coords.slice(s![at])?.to_owned()?);
                    Form::Coo { row: line(0)?, col: line(1)? }
                }
                "coo" => Form::Coo { row: list("row")?, col: list("col")? },
                "csr" => Form::Csr { indptr: list("indptr")?, indices: list("indices")? },
                "csc" => Form::Csc { indptr: list("indptr")?, indices: list("indices")? },
                "bsr" => Form::Bsr { indptr: list("indptr")?, indices: list("indices")? },
                "dia" => Form::Dia { offsets: whole_numbers("offsets", &npz.get("offsets")?)? },
                name => {
                    return Err(Error::unsupported(format!(
                        "format: {name:?} is not a format of sparse matrices"
                    )));
                }
            };
            let is_array = match npz.member("_is_array") {
                Ok(member) => member.read()?.to_vec::<bool>()?.first().copied().unwrap_or(false),
                Err(_) => false,
            };
            let matrix = Self { shape, form, data: npz.get("data")?, is_array };
            matrix.checked(Error::malformed)
        };
        read().map_err(|error| error.in_format(FORMAT))
    }
}

/// What the matrix is: bytes in Python 3, text in files of Python 2.
fn format_of(npz: &Npz<'_>) -> Result<String> {
    let texts = npz.get("format")?.to_strings()?;
    let no_text = || Error::malformed("format: it is not one text");
    let mut texts = texts.into_iter();
    texts.next().filter(|_| texts.next().is_none()).ok_or_else(no_text)
}

/// Rows and columns.
fn shape_of(npz: &Npz<'_>) -> Result<[usize; 2]> {
    let shape = whole_numbers("shape", &npz.get("shape")?)?;
    <[usize; 2]>::try_from(shape).map_err(|shape: Vec<usize>| {
        Error::unsupported(format!("shape: {} dimensions, a matrix has two", shape.len()))
    })
}

/// A list of whole numbers, in whichever width they are stored.
fn whole_numbers<T: TryFrom<i64>>(name: &str, array: &Array) -> Result<Vec<T>> {
    if array.ndim() != 1 {
        return Err(Error::malformed(format!("{name}: it has {} dimensions, not one", array.ndim())));
    }
    if !array.dtype().as_scalar().is_some_and(|(kind, _)| kind.is_integer()) {
        return Err(Error::malformed(format!(
            "{name}: it has items of {}, not whole numbers",
            array.dtype()
        )));
    }
    let wide = array.cast_checked(&DType::of::<i64>()).map_err(|error| error.in_path(name))?;
    let mut list = room::reserved(wide.len())?;
    for (at, value) in wide.as_slice::<i64>()?.iter().enumerate() {
        let fits = T::try_from(*value).map_err(|_| {
            Error::malformed(format!("{name}: item {at} is {value}, which is no index on this machine"))
        });
        list.push(fits?);
    }
    Ok(list)
}
