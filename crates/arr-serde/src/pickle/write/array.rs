//! Arrays as NumPy pickles them.

use arr_core::format::{Outline, Swap};
use arr_core::value::Text;
use arr_core::{Array, ArrayView, Buffer, ByteOrder, Contiguity, DType, Error, Order, Result, Scalar};

use super::super::opcodes as op;
use super::dtype;
use super::encode::{Class, Encoder, LONG};

/// How an array is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    /// Its class, where that is not `numpy.ndarray`.
    pub(super) class: Option<Class<'a>>,
    pub(super) is_scalar: bool,
}

impl Shape<'_> {
    pub(super) const PLAIN: Self = Self { class: None, is_scalar: false };
}

/// How items that lie in some way are written: in Fortran order only if they are not in C order as well.
fn order_of(order: Contiguity, shape: &[usize]) -> Order {
    let is_flat = shape.iter().filter(|dim| **dim != 1).count() < 2 || shape.contains(&0);
    if order == Contiguity::F && !is_flat { Order::F } else { Order::C }
}

/// The same in the order that is written.
fn ordered<'a>(what: &Outline<'a>) -> Outline<'a> {
    let lies = if what.order == Order::F { Contiguity::F } else { Contiguity::C };
    Outline { order: order_of(lies, what.shape), ..*what }
}

/// True when protocol 5 has the array as a buffer.
fn is_buffer(protocol: u8, dtype: &DType, how: Shape<'_>) -> bool {
    let has_items = dtype.itemsize() > 0;
    protocol >= 5
        && how.class.is_none()
        && !how.is_scalar
        && has_items
        && !dtype.has_references()
        && !matches!(dtype, DType::Scalar(Scalar::BF16, _))
}

impl Encoder<'_> {
    /// Refuses what can't be pickled before anything is written.
    pub(super) fn check(&self, what: &DType, nbytes: u64) -> Result<()> {
        if let Some(why) = dtype::refused(what) {
            return Err(Error::unsupported(format!("items of {what} can't be pickled: {why}")));
        }
        if self.protocol < 4 && nbytes > u64::from(u32::MAX) / 2 {
            let message = format!("protocol {} has no form for so much data", self.protocol);
            return Err(Error::unsupported(message).with_hint(arr_core::Hint::Option("protocol", "4")));
        }
        Ok(())
    }

    /// An array in memory, in the order and byte order that are asked for.
    pub(super) fn array(
        &mut self,
        array: &ArrayView<'_>,
        how: Shape<'_>,
        order: Option<Order>,
        byte_order: Option<ByteOrder>,
    ) -> Result<()> {
        let order = order.map_or_else(
            || array.order(),
            |order| if order == Order::F { Contiguity::F } else { Contiguity::C },
        );
        let order = match order {
            Contiguity::Strided => order_of(
                if array.natural_order() == Order::F { Contiguity::F } else { Contiguity::C },
                array.shape(),
            ),
            order => order_of(order, array.shape()),
        };
        if *array.dtype() == DType::Utf8 {
            return self.texts(array, order, how);
        }
        let dtype = match byte_order {
            Some(wanted) => array.dtype().with_byte_order(wanted),
            None => array.dtype().clone(),
        };
        let swap = byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(array.dtype(), wanted));
        let what = Outline { dtype: &dtype, shape: array.shape(), order };
        self.array_head(&what, how)?;
        let nbytes = array.nbytes();
        let opcode = if is_buffer(self.protocol, &dtype, how) { op::BYTEARRAY8 } else { op::BINBYTES };
        if self.protocol < 3 {
            let whole = match swap {
                Swap::Nothing if array.as_bytes(order).is_some() => None,
                _ => Some(array.to_contiguous_in(
                    order,
                    byte_order.unwrap_or(dtype.byte_order().unwrap_or(ByteOrder::NATIVE)),
                )?),
            };
            let bytes = match &whole {
                Some(whole) => whole.as_bytes(order),
                None => array.as_bytes(order),
            };
            self.bytes(bytes.ok_or_else(|| Error::unsupported("the items do not lie one after another"))?)?;
        } else {
            self.bytes_head(opcode, nbytes as u64)?;
            match array.as_bytes(order).filter(|_| swap == Swap::Nothing && nbytes <= LONG) {
                Some(bytes) => self.raw(bytes)?,
                None if nbytes > LONG => self.outside()?.write_items(array, order, &swap)?,
                None => {
                    let mut bytes = arr_core::BufferMut::zeroed(nbytes)?;
                    array.copy_to(bytes.as_mut_slice(), order)?;
                    swap.apply(bytes.as_mut_slice());
                    self.raw(bytes.as_slice())?;
                }
            }
        }
        self.array_tail(&what, how)
    }

    /// An array whose data is in a buffer beside the pickle, where it lies in one piece.
    pub(super) fn array_beside(&mut self, array: &Array, how: Shape<'_>) -> Result<bool> {
        let order = order_of(array.order(), array.shape());
        let is_whole = array.order() != Contiguity::Strided && is_buffer(self.protocol, array.dtype(), how);
        let Some(buffers) = self.buffers.as_mut().filter(|_| is_whole) else { return Ok(false) };
        let start = array.layout().offset();
        let buffer = array.storage().slice(start..start.saturating_add(array.nbytes()));
        let buffer =
            buffer.ok_or_else(|| Error::unsupported("the items of an array are not in its bytes"))?;
        arr_core::format::room::push(buffers, buffer)?;
        let what = Outline { dtype: array.dtype(), shape: array.shape(), order };
        self.array_head(&what, how)?;
        self.op(op::NEXT_BUFFER)?;
        self.array_tail(&what, how)?;
        Ok(true)
    }

    /// The buffers that were put beside the pickle.
    pub(super) fn take_buffers(&mut self) -> Vec<Buffer> {
        self.buffers.take().unwrap_or_default()
    }

    /// What stands before the data of an array.
    fn array_head(&mut self, what: &Outline<'_>, how: Shape<'_>) -> Result<()> {
        let Outline { dtype, shape, order } = *what;
        if how.is_scalar {
            self.global("numpy.core.multiarray", "scalar")?;
            return self.dtype(dtype);
        }
        if is_buffer(self.protocol, dtype, how) {
            // A name that no release of NumPy has moved, in place of the one that its own pickles have.
            self.global("numpy", "ndarray")?;
            self.op(op::MARK)?;
            self.shape(shape)?;
            return self.dtype(dtype);
        }
        self.fresh(how.class)?;
        self.state_head(dtype, shape, order)
    }

    /// The state of an array up to its data.
    pub(super) fn state_head(&mut self, dtype: &DType, shape: &[usize], order: Order) -> Result<()> {
        self.op(op::MARK)?;
        self.int(1)?;
        self.shape(shape)?;
        self.dtype(dtype)?;
        self.op(if order == Order::F { op::NEWTRUE } else { op::NEWFALSE })
    }

    /// What stands behind the data of an array.
    fn array_tail(&mut self, what: &Outline<'_>, how: Shape<'_>) -> Result<()> {
        let Outline { dtype, order, .. } = *what;
        if how.is_scalar {
            self.op(op::TUPLE2)?;
            return self.op(op::REDUCE);
        }
        if is_buffer(self.protocol, dtype, how) {
            self.int(0)?;
            self.op(op::NONE)?;
            self.name(if order == Order::F { "F" } else { "C" })?;
            self.op(op::TUPLE)?;
            return self.op(op::REDUCE);
        }
        self.op(op::TUPLE)?;
        self.op(op::BUILD)
    }

    /// An array without items yet: `_reconstruct(ndarray, (0,), b'b')`.
    pub(super) fn fresh(&mut self, class: Option<Class<'_>>) -> Result<()> {
        self.global("numpy.core.multiarray", "_reconstruct")?;
        match (class, self.fresh) {
            (None, Some(number)) => self.get(number)?,
            (class, _) => {
                match class {
                    None => self.global("numpy", "ndarray")?,
                    Some(class) => self.class(class)?,
                }
                self.shape(&[0])?;
                if self.protocol < 3 {
                    self.name("b")?
                } else {
                    self.bytes(b"b")?
                };
                self.op(op::TUPLE3)?;
                if class.is_none() {
                    self.fresh = Some(self.memorise()?);
                }
            }
        }
        self.op(op::REDUCE)
    }

    /// An array of variable-length strings, which NumPy has as objects.
    fn texts(&mut self, array: &ArrayView<'_>, order: Order, how: Shape<'_>) -> Result<()> {
        self.fresh(how.class)?;
        self.state_head(array.dtype(), array.shape(), order)?;
        self.list_of_texts(array)?;
        self.op(op::TUPLE)?;
        self.op(op::BUILD)
    }

    /// The data of such an array.
    pub(super) fn list_of_texts(&mut self, array: &ArrayView<'_>) -> Result<()> {
        self.op(op::EMPTY_LIST)?;
        self.op(op::MARK)?;
        for text in array.texts()? {
            self.text(text?)?;
        }
        self.op(op::APPENDS)
    }

    /// The data of an array in its state, as bytes.
    pub(super) fn data_of(&mut self, array: &Array, order: Order) -> Result<()> {
        let whole = array.to_contiguous(order)?;
        let bytes = whole.as_bytes(order);
        self.bytes(bytes.ok_or_else(|| Error::unsupported("the items do not lie one after another"))?)
    }

    /// An `array.array`.
    pub(super) fn array_module(&mut self, array: &Array) -> Result<()> {
        let no_code = || Error::unsupported(format!("array.array has no items of {}", array.dtype()));
        let (code, format) = typecode(array.dtype()).ok_or_else(no_code)?;
        let array = array.to_contiguous_in(Order::C, ByteOrder::Little)?;
        let bytes = array.as_bytes(Order::C).ok_or_else(no_code)?;
        if self.protocol < 3 {
            self.global("array", "array")?;
            self.name(code)?;
            self.bytes(bytes)?;
            self.op(op::TUPLE2)?;
            return self.op(op::REDUCE);
        }
        self.global("array", "_array_reconstructor")?;
        self.op(op::MARK)?;
        self.global("array", "array")?;
        self.name(code)?;
        self.int(format)?;
        self.bytes(bytes)?;
        self.op(op::TUPLE)?;
        self.op(op::REDUCE)
    }

    /// Begins an array whose items come piece by piece, as they are in the file.
    pub(super) fn begin_pieces(&mut self, what: &Outline<'_>) -> Result<()> {
        self.array_head(&ordered(what), Shape::PLAIN)?;
        let is_buffer = is_buffer(self.protocol, what.dtype, Shape::PLAIN);
        self.bytes_head(if is_buffer { op::BYTEARRAY8 } else { op::BINBYTES }, what.nbytes()?)
    }

    /// Ends it.
    pub(super) fn end_pieces(&mut self, what: &Outline<'_>) -> Result<()> {
        self.array_tail(&ordered(what), Shape::PLAIN)
    }

    /// The name of a member: a key of a dict.
    pub(super) fn key(&mut self, key: &str) -> Result<()> {
        self.shared_text(&Text::copy(key)?)
    }
}

/// The letter and the number of the format of items of `array.array`, in little byte order.
fn typecode(dtype: &DType) -> Option<(&'static str, i64)> {
    Some(match dtype {
        DType::Scalar(Scalar::U8, _) => ("B", 0),
        DType::Scalar(Scalar::I8, _) => ("b", 1),
        DType::Scalar(Scalar::U16, _) => ("H", 2),
        DType::Scalar(Scalar::I16, _) => ("h", 4),
        DType::Scalar(Scalar::U32, _) => ("I", 6),
        DType::Scalar(Scalar::I32, _) => ("i", 8),
        DType::Scalar(Scalar::U64, _) => ("L", 10),
        DType::Scalar(Scalar::I64, _) => ("l", 12),
        DType::Scalar(Scalar::F32, _) => ("f", 14),
        DType::Scalar(Scalar::F64, _) => ("d", 16),
        DType::Unicode(1, _) => ("u", 20),
        _ => return None,
    })
}
