//! Data that ND4J's compressors have packed, unpacked: see [the algorithms](super#packed-data).

#[cfg(feature = "gzip")]
mod gzip;
#[cfg(test)]
mod tests;

use arr_core::format::Swap;
use arr_core::{Array, BufferMut, ByteOrder, Error, Input, Result};
use byteorder::{BE, ByteOrder as _, LE, ReadBytesExt as _};
use half::f16;

use super::buffer::read_name;
use super::stated::Stated;
use super::types::{DataType, Generation};

/// The lengths of packed data in a stream, big-endian: 24 bytes.
struct Lengths {
    /// Bytes of the packed data.
    packed: i64,
    /// Bytes of the items.
    original: i64,
    /// The number of items.
    items: i64,
}

impl Lengths {
    fn read(input: &mut Input<'_>) -> Result<Self> {
        let bytes = input.read_array::<24>("lengths of the packed data")?;
        let mut fields = &bytes[..];
        Ok(Self {
            packed: fields.read_i64::<BE>()?,
            original: fields.read_i64::<BE>()?,
            items: fields.read_i64::<BE>()?,
        })
    }
}

/// The [algorithm](super#packed-data) by which data is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Algorithm {
    Gzip,
    Noop,
    Float16,
    Float8,
    Int8,
    UInt8,
    Int16,
    Threshold,
    FThreshold,
}

impl Algorithm {
    const ALL: [Self; 9] = [
        Self::Gzip,
        Self::Noop,
        Self::Float16,
        Self::Float8,
        Self::Int8,
        Self::UInt8,
        Self::Int16,
        Self::Threshold,
        Self::FThreshold,
    ];

    /// The name in streams.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "GZIP",
            Self::Noop => "NOOP",
            Self::Float16 => "FLOAT16",
            Self::Float8 => "FLOAT8",
            Self::Int8 => "INT8",
            Self::UInt8 => "UINT8",
            Self::Int16 => "INT16",
            Self::Threshold => "THRESHOLD",
            Self::FThreshold => "FTHRESHOLD",
        }
    }

    /// The algorithm of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// True when unpacked items may differ from those that were packed.
    pub(crate) const fn is_lossy(self) -> bool {
        !matches!(self, Self::Gzip | Self::Noop)
    }

    /// Bytes of each packed item, where all take the same.
    const fn packed_size(self) -> Option<u64> {
        match self {
            Self::Float8 | Self::Int8 | Self::UInt8 => Some(1),
            Self::Float16 | Self::Int16 => Some(2),
            Self::Gzip | Self::Noop | Self::Threshold | Self::FThreshold => None,
        }
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The header of packed data, whose numbers agree with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) algorithm: Algorithm,
    /// Bytes of the packed data.
    pub(crate) len: u64,
    /// The same as the file states it: ND4J writes 0 for [`NOOP`](Algorithm::Noop).
    pub(crate) said_len: u64,
    /// Bytes of the items.
    pub(crate) original_len: u64,
    /// The number of items.
    pub(crate) items: u64,
    /// The type of the items.
    pub(crate) kind: DataType,
    /// The file states the type; else it is inferred from the width of the items.
    #[cfg_attr(not(feature = "gzip"), allow(dead_code, reason = "only gzip knows better"))]
    stated: bool,
}

/// This many packed bytes hold the head of a data buffer.
#[cfg(feature = "gzip")]
const PREFIX: usize = 512;

/// The largest ratio of inflated to deflated bytes that the Deflate format can reach.
#[cfg(feature = "gzip")]
const MOST_DEFLATED: u64 = 1032;

/// Reads the code of the type that items had before they were packed, which only generation 3 states.
pub(crate) fn read_kind<B: byteorder::ByteOrder>(input: &mut Input<'_>) -> Result<DataType> {
    let at = input.position();
    let code = B::read_i32(&input.read_array::<4>("original type")?);
    DataType::from_code(code.into(), Generation::Three).ok_or_else(|| {
        Error::malformed(format!("the original type is {code}, which is not a type of ND4J")).at(at)
    })
}

impl Packed {
    /// Checks the header of packed data: the bytes of the packed data and of the items, the number of items, and their
    /// type, where the file states it.
    ///
    /// The numbers are redundant: every algorithm but `GZIP` packs an item into a
    /// fixed number of bytes, so that two of the three numbers follow from the third. A file that contradicts itself is
    /// refused here, before memory is reserved by any of them. Generations 1 and 2 do not state the type: items
    /// of 8 bytes are taken for doubles then, of 4 bytes for floats, of 2 bytes for halves. The buffer that `GZIP` packs
    /// states its type itself, which [`look`](Self::look) finds.
    ///
    /// # Errors
    /// `Malformed` when a length is negative or the numbers contradict each other, `Unsupported` when the data can't be
    /// unpacked.
    pub(crate) fn new(
        algorithm: Algorithm,
        len: i64,
        original_len: i64,
        items: i64,
        original: Option<DataType>,
    ) -> Result<Self> {
        let whole = |number: i64, what: &str| {
            u64::try_from(number)
                .map_err(|_| Error::malformed(format!("{what} is {number}, expected 0 or more")))
        };
        let original_len = whole(original_len, "the original length")?;
        let items = whole(items, "the number of packed items")?;
        let kind = match original {
            Some(kind) => kind,
            None => match original_len.checked_div(items) {
                Some(8) => DataType::Double,
                Some(4) => DataType::Float,
                Some(2) => DataType::Half,
                _ => {
                    return Err(Error::malformed(format!(
                        "{items} items in {original_len} bytes are not doubles, floats or halves"
                    )));
                }
            },
        };
        let itemsize = kind
            .itemsize()
            .ok_or_else(|| Error::unsupported(format!("packed items of {kind} are not read")))?;
        if items.checked_mul(itemsize as u64) != Some(original_len) {
            return Err(Error::malformed(format!(
                "{items} items of {kind} do not take {original_len} bytes, which is the original length"
            )));
        }
        let said_len = whole(len, "the packed length")?;
        let len = match algorithm {
            Algorithm::Noop if said_len == 0 => original_len,
            Algorithm::Noop if said_len != original_len => {
                return Err(Error::malformed(format!(
                    "the packed length is {said_len}, expected {original_len}, or 0, since the data is not packed ({algorithm})"
                )));
            }
            Algorithm::Threshold | Algorithm::FThreshold => {
                return Err(Error::unsupported(format!(
                    "the data is packed by {algorithm}, which keeps updates of gradients and is not read"
                )));
            }
            _ => said_len,
        };
        if algorithm.packed_size().is_some_and(|size| items.checked_mul(size) != Some(len)) {
            return Err(Error::malformed(format!(
                "{items} items packed by {algorithm} do not take {len} bytes"
            )));
        }
        Ok(Self { algorithm, len, said_len, original_len, items, kind, stated: original.is_some() })
    }

    /// Reads the header of packed data in a stream, which follows the type name `COMPRESSED`.
    ///
    /// # Errors
    /// As [`new`](Self::new), with the offset.
    pub(crate) fn read(input: &mut Input<'_>, generation: Generation) -> Result<Self> {
        let start = input.position();
        let algorithm = read_name(input, "algorithm", "compression", Algorithm::from_name)?;
        let Lengths { packed, original: original_len, items } = Lengths::read(input)?;
        let original = match generation {
            Generation::One | Generation::Two => None,
            Generation::Three => Some(read_kind::<BE>(input)?),
        };
        let mut packed =
            Self::new(algorithm, packed, original_len, items, original).map_err(|error| error.at(start))?;
        packed.look(input)?;
        Ok(packed)
    }

    /// Peeks at the data for the type of the items, where the header does not state it but the buffer that
    /// [`GZIP`](Algorithm::Gzip) packs does. The input stays where it is.
    ///
    /// # Errors
    /// `Io` when the source fails.
    pub(crate) fn look(&mut self, input: &mut Input<'_>) -> Result<()> {
        #[cfg(feature = "gzip")]
        if self.algorithm == Algorithm::Gzip && !self.stated {
            let len = usize::try_from(self.len).map_or(PREFIX, |len| len.min(PREFIX));
            let found = gzip::kind(input.peek(len)?);
            if let Some(found) = found.filter(|kind| kind.itemsize() == self.kind.itemsize()) {
                self.kind = found;
            }
        }
        #[cfg(not(feature = "gzip"))]
        let _ = input;
        Ok(())
    }

    /// The byte order of the unpacked items.
    pub(crate) fn byte_order(&self) -> ByteOrder {
        match self.algorithm {
            Algorithm::Gzip => ByteOrder::Big,
            Algorithm::Noop => ByteOrder::Little,
            _ => ByteOrder::NATIVE,
        }
    }

    /// The array whose packed data begins at the position of an input, in that byte order or the one that is stated.
    ///
    /// # Errors
    /// As [`unpack`](Self::unpack).
    pub(crate) fn read_array(
        &self,
        input: &mut Input<'_>,
        stated: &Stated,
        byte_order: Option<ByteOrder>,
    ) -> Result<Array> {
        let mut bytes = self.unpack(input)?;
        let dtype =
            byte_order.map_or_else(|| stated.dtype.clone(), |order| stated.dtype.with_byte_order(order));
        if let Some(order) = dtype.byte_order() {
            Swap::to_order(&dtype.with_byte_order(self.byte_order()), order).apply(bytes.as_mut_slice());
        }
        Array::new(dtype, stated.layout.clone(), bytes.freeze())
    }

    /// Unpacks the data at the position of an input, and leaves the input right behind it: items of [`kind`](Self::kind) in
    /// [`byte_order`](Self::byte_order). The items are charged to the input's budget. Memory holds no more than the
    /// original length, and a packed form that is no larger.
    ///
    /// # Errors
    /// `Malformed` when the data is damaged or does not unpack to what the header states, `LimitExceeded` when the budget
    /// does not allow that, `Unsupported` when the algorithm can't be undone for items of that type.
    pub(crate) fn unpack(&self, input: &mut Input<'_>) -> Result<BufferMut> {
        let start = input.position();
        if let Some(left) = input.remaining().filter(|left| *left < self.len) {
            return Err(Error::malformed(format!(
                "the input ends inside the packed data: expected {} bytes, found {left}",
                self.len
            ))
            .at(start));
        }
        match self.algorithm {
            Algorithm::Noop => input.read_buffer(self.original_len, "data"),
            #[cfg(feature = "gzip")]
            Algorithm::Gzip => self.unzip(input),
            #[cfg(not(feature = "gzip"))]
            Algorithm::Gzip => {
                Err(Error::unsupported("the data is packed by GZIP: build with the feature gzip to read it")
                    .at(start))
            }
            _ => self.widen(input).map_err(|error| error.at(start)),
        }
    }

    #[cfg(feature = "gzip")]
    fn unzip(&self, input: &mut Input<'_>) -> Result<BufferMut> {
        let start = input.position();
        if self.original_len > self.len.saturating_mul(MOST_DEFLATED) {
            return Err(Error::malformed(format!(
                "{} bytes of gzip can't hold the {} bytes that they are said to",
                self.len, self.original_len
            ))
            .at(start));
        }
        let budget = input.budget();
        budget.check_expansion(self.len, self.original_len).map_err(|error| error.at(start))?;
        budget.charge_bytes(self.original_len).map_err(|error| error.at(start))?;
        let known = input.remaining().is_some();
        let unpacked = gzip::unpack(self, input, known).map_err(|error| match error.kind() {
            arr_core::ErrorKind::Malformed => {
                let (place, text) = (error.offset(), error.to_string());
                let inner = place.map(|place| (place, format!(" (at byte {place})")));
                let inner = inner.and_then(|(place, end)| text.strip_suffix(&end).map(|text| (place, text)));
                let message = match inner {
                    Some((place, text)) => format!("byte {place} of the unpacked data: {text}"),
                    None => format!("in the unpacked data: {text}"),
                };
                Error::malformed(message).at(start)
            }
            _ => error.at(start),
        })?;
        let rest = self.len.checked_sub(input.position() - start);
        let rest = rest.ok_or_else(|| Error::malformed("more than the packed data was read").at(start))?;
        input.skip(rest, "packed data")?;
        Ok(unpacked)
    }

    /// Converts narrow packed numbers to the type that they had before.
    fn widen(&self, input: &mut Input<'_>) -> Result<BufferMut> {
        if !matches!(self.kind, DataType::Double | DataType::Float | DataType::Half) {
            return Err(Error::unsupported(format!(
                "items of {} that were packed by {} are not read: ND4J packs real numbers so",
                self.kind, self.algorithm
            )));
        }
        input.budget().charge_bytes(self.original_len)?;
        let packed = input.read_buffer(self.len, "packed data")?;
        let len = usize::try_from(self.original_len)
            .map_err(|_| Error::limit(format!("{} bytes do not fit into memory", self.original_len)))?;
        let mut bytes = BufferMut::zeroed(len)?;
        let (from, to) = (packed.as_slice(), bytes.as_mut_slice());
        let (pairs, singles) = (from.chunks_exact(2), from.iter().copied());
        match self.algorithm {
            Algorithm::Float16 => {
                widen_into(to, self.kind, pairs.map(|pair| f16::from_bits(LE::read_u16(pair)).to_f32()));
            }
            Algorithm::Int16 => widen_into(to, self.kind, pairs.map(|pair| LE::read_i16(pair).into())),
            Algorithm::Int8 => {
                widen_into(to, self.kind, singles.map(|byte| i8::from_ne_bytes([byte]).into()))
            }
            Algorithm::UInt8 => widen_into(to, self.kind, singles.map(f32::from)),
            _ => widen_into(to, self.kind, singles.map(quarter)),
        }
        Ok(bytes)
    }
}

/// Writes values as items of `kind`. A float holds every value that any of the algorithms packs, so that it is the step
/// between for all of them.
fn widen_into(to: &mut [u8], kind: DataType, values: impl Iterator<Item = f32>) {
    match kind {
        DataType::Double => put_all(to, values.map(|value| f64::from(value).to_ne_bytes())),
        DataType::Float => put_all(to, values.map(f32::to_ne_bytes)),
        _ => put_all(to, values.map(|value| f16::from_f32(value).to_ne_bytes())),
    }
}

fn put_all<const N: usize>(to: &mut [u8], items: impl Iterator<Item = [u8; N]>) {
    to.chunks_exact_mut(N).zip(items).for_each(|(to, item)| to.copy_from_slice(&item));
}

/// The value of a `float8` of ND4J. As in IEEE 754, the largest exponent means infinity and NaN, and the smallest one
/// subnormal numbers.
fn quarter(bits: u8) -> f32 {
    let (exponent, fraction) = (bits >> 4 & 7, f32::from(bits & 15) / 16.0);
    let value = match exponent {
        7 if bits & 15 == 0 => f32::INFINITY,
        7 => return f32::NAN,
        0 => fraction / 4.0,
        _ => (1.0 + fraction) * f32::from(1u8 << exponent) / 8.0,
    };
    if bits & 0x80 == 0 { value } else { -value }
}
