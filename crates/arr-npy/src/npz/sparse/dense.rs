//! Sparse matrices as values with their places, and as arrays with all of their zeros.

use arr_core::format::room;
use arr_core::{Array, BufferMut, ByteOrder, DType, Element, Error, Limits, Order, Result, Scalar};

use super::{FORMAT, Form, Sparse};
use crate::broken_invariant;

impl Sparse {
    /// Every value that is stored, with its row and column, in the order in which they are stored. Values of `coo` with the
    /// same place are not added up; zeros in blocks and on diagonals are given too.
    ///
    /// # Errors
    /// `Mismatch` when the values are no `T` (in whichever byte order), `LimitExceeded` when memory is short.
    pub fn triplets<T: Element>(&self) -> Result<Vec<(usize, usize, T)>> {
        let gather = || {
            let values = self.data.to_vec::<T>()?;
            let mut all = room::reserved(values.len())?;
            self.each(|row, column, at| {
                let value = values.get(at).copied().ok_or_else(|| broken_invariant("a value is missing"))?;
                all.push((row, column, value));
                Ok(())
            })?;
            Ok(all)
        };
        gather().map_err(|error: Error| error.in_format(FORMAT))
    }

    /// The matrix as an array with all of its zeros, in C order and in the machine's byte order. Values with the same place
    /// are added up; whole numbers wrap around, as they do in NumPy.
    ///
    /// A small file may claim any shape: the limits say how many bytes the array may take, and how many times more than the
    /// values that are stored.
    ///
    /// # Errors
    /// `LimitExceeded` when the limits or the memory do not allow it, `Unsupported` when the values are none that can be
    /// added up.
    pub fn to_dense(&self, limits: &Limits) -> Result<Array> {
        self.dense(limits).map_err(|error| error.in_format(FORMAT))
    }

    fn dense(&self, limits: &Limits) -> Result<Array> {
        let Some((kind, _)) = self.data.dtype().as_scalar() else { return Err(no_sum(self.data.dtype())) };
        let add = sum_of(kind).ok_or_else(|| no_sum(self.data.dtype()))?;
        let [rows, columns] = self.shape;
        let itemsize = self.data.itemsize();
        let len = rows.checked_mul(columns).and_then(|items| items.checked_mul(itemsize));
        let len =
            len.ok_or_else(|| Error::limit(format!("{rows} x {columns} values are too many to address")))?;
        let mut budget = limits.budget();
        budget.check_expansion(self.data.nbytes() as u64, len as u64)?;
        budget.charge_bytes(len as u64)?;
        let mut dense = BufferMut::zeroed(len)?;
        let bytes = dense.as_mut_slice();
        let data = self.data.to_contiguous_in(Order::C, ByteOrder::NATIVE)?;
        let stored = data.as_bytes(Order::C).ok_or_else(|| broken_invariant("a copy is not contiguous"))?;
        self.each(|row, column, at| {
            let (to, from) = ((row * columns + column) * itemsize, at * itemsize);
            let item = bytes.get_mut(to..to + itemsize).zip(stored.get(from..from + itemsize));
            let (sum, value) = item.ok_or_else(|| broken_invariant("a value lies outside its matrix"))?;
            add(sum, value);
            Ok(())
        })?;
        Array::contiguous(DType::native(kind), &self.shape, Order::C, dense.freeze())
    }

    /// Calls `f` with the row, the column and the place in the data (in C order) of every value.
    fn each(&self, mut f: impl FnMut(usize, usize, usize) -> Result<()>) -> Result<()> {
        match &self.form {
            Form::Coo { row, col } => {
                for (at, (row, column)) in row.iter().zip(col).enumerate() {
                    f(*row, *column, at)?;
                }
            }
            Form::Csr { indptr, indices } => lines(indptr, indices, f)?,
            Form::Csc { indptr, indices } => lines(indptr, indices, |column, row, at| f(row, column, at))?,
            Form::Bsr { indptr, indices } => {
                let &[_, high, wide] = self.data.shape() else {
                    return Err(broken_invariant("blocks have no three dimensions"));
                };
                lines(indptr, indices, |down, across, block| {
                    for (at, place) in (0..high * wide).enumerate() {
                        f(
                            down * high + place / wide,
                            across * wide + place % wide,
                            block * high * wide + at,
                        )?;
                    }
                    Ok(())
                })?;
            }
            Form::Dia { offsets } => {
                let width = self.data.shape().last().copied().unwrap_or(0);
                let [rows, columns] = self.shape;
                for (diagonal, offset) in offsets.iter().enumerate() {
                    let first = usize::try_from(*offset).unwrap_or(0);
                    for column in first..width.min(columns) {
                        // A diagonal below the main one begins further down.
                        match column.checked_add_signed(offset.saturating_neg()).filter(|row| *row < rows) {
                            Some(row) => f(row, column, diagonal * width + column)?,
                            None => break,
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Calls `f` with the line, the index and the place of every value of compressed lines.
fn lines(
    indptr: &[usize],
    indices: &[usize],
    mut f: impl FnMut(usize, usize, usize) -> Result<()>,
) -> Result<()> {
    for (line, (start, end)) in indptr.iter().zip(indptr.iter().skip(1)).enumerate() {
        for (at, index) in (*start..*end).zip(indices.get(*start..*end).unwrap_or_default()) {
            f(line, *index, at)?;
        }
    }
    Ok(())
}

#[cold]
fn no_sum(dtype: &DType) -> Error {
    Error::unsupported(format!("values of {dtype} are not added up"))
}

/// Adds an item to another.
type Sum = fn(&mut [u8], &[u8]);

/// What adds the second item to the first, both in the machine's byte order.
fn sum_of(kind: Scalar) -> Option<Sum> {
    macro_rules! sum {
        ($type:ty, $plus:expr) => {
            |sum, value| {
                let plus: fn($type, $type) -> $type = $plus;
                add(sum, value, |a, b| {
                    plus(<$type>::from_ne_bytes(a), <$type>::from_ne_bytes(b)).to_ne_bytes()
                })
            }
        };
    }
    Some(match kind {
        Scalar::Bool => sum!(u8, |a, b| a | b),
        // The bits of a sum are the same with and without a sign.
        Scalar::I8 | Scalar::U8 => sum!(u8, u8::wrapping_add),
        Scalar::I16 | Scalar::U16 => sum!(u16, u16::wrapping_add),
        Scalar::I32 | Scalar::U32 => sum!(u32, u32::wrapping_add),
        Scalar::I64 | Scalar::U64 => sum!(u64, u64::wrapping_add),
        Scalar::F32 | Scalar::Complex64 => sum!(f32, |a, b| a + b),
        Scalar::F64 | Scalar::Complex128 => sum!(f64, |a, b| a + b),
        _ => return None,
    })
}

/// Adds the parts of an item to those of another: a complex number has two.
fn add<const N: usize>(sum: &mut [u8], value: &[u8], plus: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let (sums, values) = (sum.chunks_exact_mut(N), value.chunks_exact(N));
    for (sum, value) in sums.zip(values) {
        if let (Ok(a), Ok(b)) = (<[u8; N]>::try_from(&*sum), <[u8; N]>::try_from(value)) {
            sum.copy_from_slice(&plus(a, b));
        }
    }
}
