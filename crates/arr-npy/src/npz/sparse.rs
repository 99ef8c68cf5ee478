//! Sparse matrices, as `scipy.sparse.save_npz` writes them and `load_npz` reads them: archives of some arrays with the
//! names of the attributes that scipy gives a matrix.
//!
//! | format | [`Form`] | where the value at place `k` of `data` is in the matrix |
//! |---|---|---|
//! | `coo` | coordinates | at `row[k]`, `col[k]`; values with the same place are added up |
//! | `csr` | rows | in the row `i` with `indptr[i] <= k < indptr[i + 1]`, in column `indices[k]` |
//! | `csc` | columns | in the column `j` with `indptr[j] <= k < indptr[j + 1]`, in row `indices[k]` |
//! | `bsr` | rows of blocks | as `csr`, but `data[k]` is a block of some rows and columns |
//! | `dia` | diagonals | `data[k, j]` in row `j - offsets[k]` and column `j`, where that is in the matrix |
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("matrix.npz");
//! use arr_core::{Array, Limits};
//! use arr_npy::npz::sparse::{Form, Sparse};
//!
//! let form = Form::Csr { indptr: vec![0, 2, 3], indices: vec![0, 2, 1] };
//! let matrix = Sparse::new([2, 3], form, Array::from_vec(vec![1.0, 4.0, 2.0], &[3])?)?;
//! matrix.save(&path)?;                                // what scipy.sparse.load_npz reads
//!
//! let back = Sparse::read(&path)?;
//! assert_eq!(back, matrix);
//! assert_eq!(back.triplets::<f64>()?, [(0, 0, 1.0), (0, 2, 4.0), (1, 1, 2.0)]);
//! let dense = back.to_dense(&Limits::default())?;
//! assert_eq!(dense.to_vec::<f64>()?, [1.0, 0.0, 4.0, 0.0, 2.0, 0.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A matrix is checked when it is made and when it is read: every index lies inside the shape, and the lengths fit one
//! another. What scipy keeps in reserve behind the last value is left out.

mod dense;
mod read;
mod write;

use arr_core::format::room;
use arr_core::{Array, Error, Order, Result, s};

use super::FORMAT;

/// Where the values of a sparse matrix are, under the names that scipy gives the lists: see [the module](self).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// Coordinates: the row and the column of each value.
    Coo {
        /// The row of each value.
        row: Vec<usize>,
        /// The column of each value.
        col: Vec<usize>,
    },
    /// Compressed rows.
    Csr {
        /// Where the values of each row begin, and where those of the last end.
        indptr: Vec<usize>,
        /// The column of each value.
        indices: Vec<usize>,
    },
    /// Compressed columns.
    Csc {
        /// Where the values of each column begin, and where those of the last end.
        indptr: Vec<usize>,
        /// The row of each value.
        indices: Vec<usize>,
    },
    /// Compressed rows of blocks.
    Bsr {
        /// Where the blocks of each row of blocks begin, and where those of the last end.
        indptr: Vec<usize>,
        /// The column of each block, in blocks.
        indices: Vec<usize>,
    },
    /// Diagonals.
    Dia {
        /// Which diagonal each row of the data is: 0 is the main one, positive ones are above it.
        offsets: Vec<isize>,
    },
}

impl Form {
    /// scipy's name of the format.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Coo { .. } => "coo",
            Self::Csr { .. } => "csr",
            Self::Csc { .. } => "csc",
            Self::Bsr { .. } => "bsr",
            Self::Dia { .. } => "dia",
        }
    }
}

/// A sparse matrix of any dtype: see [the module](self).
#[derive(Clone, Debug, PartialEq)]
pub struct Sparse {
    shape: [usize; 2],
    form: Form,
    data: Array,
    is_array: bool,
}

impl Sparse {
    /// A matrix of rows and columns. The data has one dimension; of `bsr` three (blocks, rows and columns of a block), of
    /// `dia` two (diagonals, columns).
    ///
    /// # Errors
    /// `InvalidArgument` when an index lies outside the shape, or lists are not as long as they have to be.
    pub fn new(shape: [usize; 2], form: Form, data: Array) -> Result<Self> {
        let matrix = Self { shape, form, data, is_array: false };
        matrix.checked(Error::invalid).map_err(|error| error.in_format(FORMAT))
    }

    /// Says whether scipy makes a sparse array (`csr_array`) of it or a matrix (`csr_matrix`), for which `*` is the matrix
    /// product. It is a matrix unless it is told otherwise, or was read as an array.
    #[must_use]
    pub fn array(mut self, is_array: bool) -> Self {
        self.is_array = is_array;
        self
    }

    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// Where the values are.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// The values, those of `bsr` and `dia` with the zeros among them.
    #[must_use]
    pub fn data(&self) -> &Array {
        &self.data
    }

    /// True when scipy makes a sparse array of it, and no matrix.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.is_array
    }

    /// Takes the matrix apart: shape, form and data.
    #[must_use]
    pub fn into_parts(self) -> ([usize; 2], Form, Array) {
        (self.shape, self.form, self.data)
    }

    /// The matrix when all of it fits together, without what is kept in reserve. `fault` makes an error of what is wrong.
    fn checked(mut self, fault: Fault) -> Result<Self> {
        let [rows, columns] = self.shape;
        let rank = match &self.form {
            Form::Bsr { .. } => 3,
            Form::Dia { .. } => 2,
            Form::Coo { .. } | Form::Csr { .. } | Form::Csc { .. } => 1,
        };
        if self.data.ndim() != rank {
            let (name, found) = (self.form.name(), self.data.ndim());
            return Err(fault(format!("data: it has {found} dimensions, {name} has {rank}")));
        }
        let stored = self.data.shape().first().copied().unwrap_or(0);
        let mut used = stored;
        match &mut self.form {
            Form::Coo { row, col } => {
                check_len("row", row, stored, fault)?;
                check_len("col", col, stored, fault)?;
                check_indices("row", row, rows, fault)?;
                check_indices("col", col, columns, fault)?;
            }
            Form::Csr { indptr, indices } => {
                used = compressed(indptr, indices, stored, self.shape, fault)?;
            }
            Form::Csc { indptr, indices } => {
                used = compressed(indptr, indices, stored, [columns, rows], fault)?;
            }
            Form::Bsr { indptr, indices } => {
                let blocks = blocks(self.shape, self.data.shape(), fault)?;
                used = compressed(indptr, indices, stored, blocks, fault)?;
            }
            Form::Dia { offsets } => {
                check_len("offsets", offsets, stored, fault)?;
                check_offsets(offsets, fault)?;
            }
        }
        if used < stored {
            self.data = self.data.slice(s![..used])?.to_contiguous(Order::C)?;
        }
        Ok(self)
    }
}

/// Makes an error of what is wrong: of the caller's, or of a file's.
type Fault = fn(String) -> Error;

/// Checks that a list has an item for each value.
fn check_len<T>(name: &str, list: &[T], stored: usize, fault: Fault) -> Result<()> {
    match list.len() == stored {
        true => Ok(()),
        false => Err(fault(format!("{name}: it has {} items, the data has {stored}", list.len()))),
    }
}

/// Checks that indices lie inside a dimension.
fn check_indices(name: &str, list: &[usize], dim: usize, fault: Fault) -> Result<()> {
    match list.iter().enumerate().find(|(_, index)| **index >= dim) {
        None => Ok(()),
        Some((at, index)) => {
            Err(fault(format!("{name}: item {at} is {index}, which is outside a dimension of {dim}")))
        }
    }
}

/// Checks that no diagonal occurs twice.
fn check_offsets(offsets: &[isize], fault: Fault) -> Result<()> {
    let mut sorted = room::collected(offsets.iter().copied())?;
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair.first() == pair.last()) {
        None => Ok(()),
        Some(pair) => Err(fault(format!("offsets: {} occurs twice", pair.first().copied().unwrap_or(0)))),
    }
}

/// Checks compressed rows (or columns) and leaves out what no row has; the number of values, or blocks, that rows have.
fn compressed(
    indptr: &[usize],
    indices: &mut Vec<usize>,
    stored: usize,
    [rows, columns]: [usize; 2],
    fault: Fault,
) -> Result<usize> {
    check_len("indices", indices, stored, fault)?;
    if indptr.len().checked_sub(1) != Some(rows) {
        return Err(fault(format!(
            "indptr: it has {} items, it has to have one more than {rows}",
            indptr.len()
        )));
    }
    if let Some(first) = indptr.first().filter(|first| **first != 0) {
        return Err(fault(format!("indptr: the first item is {first}, it has to be 0")));
    }
    if let Some(at) = indptr.windows(2).position(|pair| pair.first() > pair.last()) {
        return Err(fault(format!("indptr: item {} is less than the one before it", at + 1)));
    }
    let used = indptr.last().copied().unwrap_or(0);
    if used > stored {
        return Err(fault(format!("indptr: the last item is {used}, the data has {stored}")));
    }
    indices.truncate(used);
    check_indices("indices", indices, columns, fault)?;
    Ok(used)
}

/// The rows and columns of blocks.
fn blocks(shape: [usize; 2], data: &[usize], fault: Fault) -> Result<[usize; 2]> {
    let [rows, columns] = shape;
    let (high, wide) = (data.get(1).copied().unwrap_or(0), data.get(2).copied().unwrap_or(0));
    let whole = |dim: usize, block: usize| {
        dim.checked_div(block).filter(|count| count.checked_mul(block) == Some(dim))
    };
    match (whole(rows, high), whole(columns, wide)) {
        (Some(down), Some(across)) => Ok([down, across]),
        _ => {
            Err(fault(format!("data: blocks of {high} x {wide} do not divide a shape of {rows} x {columns}")))
        }
    }
}
