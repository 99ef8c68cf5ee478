//! Runs of values as bytes, binary or ascii, and where they go.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};

use arr_core::format::number::print::{Spec, put_decimal, put_float};
use arr_core::format::room::no_memory;
use arr_core::format::{Output, Swap};
use arr_core::{ArrayView, ByteOrder, Error, Order, Result};
use half::f16;

use super::super::kind::Kind;
use super::super::runs::Encoding;

/// So many bytes are gathered before they are written.
const GATHERED: usize = 64 << 10;

/// Bytes before the number of entries of a table that is all of a file: its tag and its index.
const COUNT_AT: u64 = 8;

/// What C's `printf` prints of a `double` and of a `float`.
const DOUBLE: Spec = Spec::new(b'g', Some(17));
const SINGLE: Spec = Spec::new(b'g', Some(9));

/// Writes runs.
pub(in super::super) struct Encoder<'o> {
    output: Output<'o>,
    pub(in super::super) encoding: Encoding,
    gathered: Vec<u8>,
    /// Entries of a table whose number is not known yet, where what is written can't be changed.
    aside: Option<tempfile::SpooledTempFile>,
    /// The index of the last object.
    last: i32,
    /// True when a number of the run was written already.
    is_inside: bool,
}

impl std::fmt::Debug for Encoder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Encoder({:?}, {:?})", self.encoding, self.output)
    }
}

impl<'o> Encoder<'o> {
    pub(in super::super) fn new(output: Output<'o>, encoding: Encoding) -> Self {
        Self { output, encoding, gathered: Vec::new(), aside: None, last: 0, is_inside: false }
    }

    /// The index of a new object.
    pub(in super::super) fn next_index(&mut self) -> Result<i32> {
        let next = self.last.checked_add(1);
        self.last = next.ok_or_else(|| Error::unsupported("a Torch7 file has at most 2^31 - 1 objects"))?;
        Ok(self.last)
    }

    /// Where bytes go, when those that were gathered have gone there.
    fn sink(&mut self) -> Result<Output<'_>> {
        self.send()?;
        Ok(match &mut self.aside {
            Some(aside) => Output::new(aside),
            None => self.output.reborrow(),
        })
    }

    fn send(&mut self) -> Result<()> {
        if !self.gathered.is_empty() {
            match &mut self.aside {
                Some(aside) => aside.write_all(&self.gathered).map_err(failed)?,
                None => self.output.write(&self.gathered)?,
            }
            self.gathered.clear();
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if self.gathered.len().saturating_add(bytes.len()) > GATHERED {
            self.send()?;
        }
        if bytes.len() > GATHERED / 2 {
            return self.sink()?.write(bytes);
        }
        self.gathered.try_reserve(bytes.len()).map_err(no_memory)?;
        self.gathered.extend_from_slice(bytes);
        Ok(())
    }

    /// Completes the file.
    pub(in super::super) fn end(&mut self) -> Result<()> {
        self.send()
    }

    /// A C `int`.
    pub(in super::super) fn int(&mut self, value: i32) -> Result<()> {
        match self.encoding {
            Encoding::Binary { order: ByteOrder::Little, .. } => self.put(&value.to_le_bytes()),
            Encoding::Binary { order: ByteOrder::Big, .. } => self.put(&value.to_be_bytes()),
            Encoding::Ascii => self.put(format!("{value}\n").as_bytes()),
        }
    }

    /// A count or length as a C `int`.
    pub(in super::super) fn count(&mut self, count: usize, what: &str) -> Result<()> {
        let count = i32::try_from(count).map_err(|_| {
            Error::unsupported(format!("a Torch7 file has no {what} of {count}: 2^31 - 1 is the most"))
        })?;
        self.int(count)
    }

    /// A `double`.
    pub(in super::super) fn double(&mut self, value: f64) -> Result<()> {
        match self.encoding {
            Encoding::Binary { order: ByteOrder::Little, .. } => self.put(&value.to_le_bytes()),
            Encoding::Binary { order: ByteOrder::Big, .. } => self.put(&value.to_be_bytes()),
            Encoding::Ascii => {
                let mut text = Vec::new();
                put_number(&mut text, &DOUBLE, value);
                text.push(b'\n');
                self.put(&text)
            }
        }
    }

    /// A run of C `long`s.
    pub(in super::super) fn longs(&mut self, values: &[i64]) -> Result<()> {
        for (place, value) in values.iter().enumerate() {
            match self.encoding {
                Encoding::Binary { order, long: 4 } => {
                    let value = i32::try_from(*value).map_err(|_| {
                        Error::unsupported(format!("{value} does not fit into a C long of 4 bytes"))
                    })?;
                    self.put(&if order == ByteOrder::Little {
                        value.to_le_bytes()
                    } else {
                        value.to_be_bytes()
                    })?;
                }
                Encoding::Binary { order, .. } => {
                    self.put(&if order == ByteOrder::Little {
                        value.to_le_bytes()
                    } else {
                        value.to_be_bytes()
                    })?;
                }
                Encoding::Ascii => {
                    let end = if place + 1 == values.len() { '\n' } else { ' ' };
                    self.put(format!("{value}{end}").as_bytes())?;
                }
            }
        }
        Ok(())
    }

    /// A string: its length and its bytes.
    pub(in super::super) fn string(&mut self, bytes: &[u8]) -> Result<()> {
        self.count(bytes.len(), "string")?;
        self.put(bytes)?;
        self.end_run(bytes.len())
    }

    /// The end of a run, which is the end of a line if there is anything in it.
    pub(in super::super) fn end_run(&mut self, count: usize) -> Result<()> {
        self.is_inside = false;
        if self.encoding == Encoding::Ascii && count > 0 { self.put(b"\n") } else { Ok(()) }
    }

    /// The elements of a storage from an array in that order.
    pub(in super::super) fn elements(
        &mut self,
        kind: Kind,
        array: &ArrayView<'_>,
        order: Order,
    ) -> Result<()> {
        let file = self.encoding;
        let is_plain =
            kind.is_raw() || matches!(file, Encoding::Binary { long, .. } if kind != Kind::Long || long == 8);
        if is_plain {
            let swap = Swap::to_order(array.dtype(), file.order());
            self.sink()?.write_items(array, order, &swap)?;
        } else if let Some(bytes) = array.as_bytes(order) {
            self.items(kind, bytes, order_of(array))?;
        } else {
            let array = array.to_contiguous(order)?;
            self.items(kind, array.as_bytes(order).unwrap_or_default(), order_of(&array.view()))?;
        }
        self.end_run(array.len())
    }

    /// Some of the elements of a storage, whose numbers are in that byte order.
    pub(in super::super) fn items(&mut self, kind: Kind, bytes: &[u8], order: ByteOrder) -> Result<()> {
        match self.encoding {
            _ if kind.is_raw() => self.put(bytes),
            Encoding::Binary { order: own, long: 4 } if kind == Kind::Long => {
                bytes.chunks_exact(8).try_for_each(|item| {
                    let value = read(item, order, i64::from_le_bytes, i64::from_be_bytes);
                    let narrow = i32::try_from(value).map_err(|_| {
                        Error::unsupported(format!(
                            "the element {value} does not fit into a C long of 4 bytes"
                        ))
                    })?;
                    self.put(&if own == ByteOrder::Little {
                        narrow.to_le_bytes()
                    } else {
                        narrow.to_be_bytes()
                    })
                })
            }
            Encoding::Binary { order: own, .. } => {
                let swap = if own == order { Swap::Nothing } else { Swap::to_order(&kind.dtype(order), own) };
                if swap == Swap::Nothing {
                    return self.put(bytes);
                }
                let itemsize = kind.width(8);
                bytes.chunks(GATHERED / itemsize * itemsize).try_for_each(|piece| {
                    let mut piece = piece.to_vec();
                    swap.apply(&mut piece);
                    self.put(&piece)
                })
            }
            Encoding::Ascii => {
                bytes.chunks_exact(kind.width(8)).try_for_each(|item| self.number(kind, item, order))
            }
        }
    }

    /// One number of a run as text.
    fn number(&mut self, kind: Kind, item: &[u8], order: ByteOrder) -> Result<()> {
        let mut text = std::mem::take(&mut self.gathered);
        if std::mem::replace(&mut self.is_inside, true) {
            text.push(b' ');
        }
        let mut whole = |value: i64| put_decimal(&mut text, value < 0, value.unsigned_abs());
        match kind {
            Kind::Byte | Kind::Char => {}
            Kind::Short => whole(read(item, order, i16::from_le_bytes, i16::from_be_bytes).into()),
            Kind::Int => whole(read(item, order, i32::from_le_bytes, i32::from_be_bytes).into()),
            Kind::Long => whole(read(item, order, i64::from_le_bytes, i64::from_be_bytes)),
            Kind::Half => put_number(
                &mut text,
                &SINGLE,
                read(item, order, f16::from_le_bytes, f16::from_be_bytes).into(),
            ),
            Kind::Float => put_number(
                &mut text,
                &SINGLE,
                read(item, order, f32::from_le_bytes, f32::from_be_bytes).into(),
            ),
            Kind::Double => {
                put_number(&mut text, &DOUBLE, read(item, order, f64::from_le_bytes, f64::from_be_bytes))
            }
        }
        self.gathered = text;
        if self.gathered.len() > GATHERED { self.send() } else { Ok(()) }
    }

    /// Begins a table that is all of the file, and whose number of entries is known at its end.
    pub(in super::super) fn begin_open_table(&mut self) -> Result<OpenTable> {
        let start = match (self.encoding, self.output.file()) {
            (Encoding::Binary { .. }, Some(mut file)) => Some(file.stream_position().map_err(failed)?),
            _ => None,
        };
        match start {
            Some(start) => {
                self.table_head(0)?;
                Ok(OpenTable { count_at: Some(start + COUNT_AT) })
            }
            None => {
                self.next_index()?;
                self.aside = Some(tempfile::spooled_tempfile(1 << 20));
                Ok(OpenTable { count_at: None })
            }
        }
    }

    fn table_head(&mut self, count: usize) -> Result<()> {
        self.int(3)?;
        let index = self.next_index()?;
        self.int(index)?;
        self.count(count, "table")
    }

    /// Says how many entries the table has, and completes the file.
    pub(in super::super) fn end_open_table(&mut self, table: &OpenTable, count: usize) -> Result<()> {
        self.send()?;
        let Some(at) = table.count_at else { return self.bring_in(count) };
        let count =
            i32::try_from(count).map_err(|_| Error::unsupported("a table has at most 2^31 - 1 entries"))?;
        let bytes = match self.encoding.order() {
            ByteOrder::Little => count.to_le_bytes(),
            ByteOrder::Big => count.to_be_bytes(),
        };
        let file =
            self.output.file().ok_or_else(|| Error::invalid("what has been written can't be changed"))?;
        write_over(file, &bytes, at).map_err(failed)
    }

    /// Writes the head of the table, and the entries that were put aside.
    fn bring_in(&mut self, count: usize) -> Result<()> {
        let mut aside = self.aside.take();
        // The table has the first index.
        let last = std::mem::replace(&mut self.last, 0);
        self.table_head(count)?;
        self.last = last;
        self.send()?;
        let Some(aside) = &mut aside else { return Ok(()) };
        aside.rewind().map_err(failed)?;
        io::copy(aside, &mut self.output).map(drop).map_err(failed)
    }
}

/// A table that is being written.
#[derive(Debug)]
pub(in super::super) struct OpenTable {
    /// Where its number of entries is in the file.
    count_at: Option<u64>,
}

/// The byte order of the numbers of an array.
fn order_of(array: &ArrayView<'_>) -> ByteOrder {
    match array.dtype() {
        arr_core::DType::Scalar(_, order) => *order,
        _ => ByteOrder::Little,
    }
}

fn read<T, const N: usize>(
    item: &[u8],
    order: ByteOrder,
    little: fn([u8; N]) -> T,
    big: fn([u8; N]) -> T,
) -> T {
    let bytes = item.first_chunk().copied().unwrap_or([0; N]);
    if order == ByteOrder::Little { little(bytes) } else { big(bytes) }
}

/// Appends what C's `printf` prints, which has the sign of what is not a number.
fn put_number(text: &mut Vec<u8>, spec: &Spec, value: f64) {
    match value.is_nan() {
        true => text.extend_from_slice(if value.is_sign_negative() { b"-nan" } else { b"nan" }),
        false => put_float(text, spec, value),
    }
}

fn failed(source: io::Error) -> Error {
    Error::io("can't write", source)
}

/// Writes at a place and goes back to the end.
fn write_over(mut file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    let end = file.stream_position()?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)?;
    file.seek(SeekFrom::Start(end)).map(drop)
}
