//! Formats whose files are arrays one after another: what each has to give, and what follows from it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::blocks::{BLOCK, Blocks, Cutter, gather};
use super::info::{FormatInfo, Match};
use super::on_threads::{read_on_threads, write_on_threads};
use super::part::{Description, Outline, Selection};
use super::protocol::{Format, READ_ONLY, Reader, Sink, Source, Writer};
use super::row::{RowReader, RowWriter};
use super::settings::{Reading, Writing};
use crate::format::{Output, Swap};
use crate::{
    Array, ArrayView, ByteOrder, Contiguity, DType, Error, Input, Layout, Order, Result, Slice, Storage,
};

/// What precedes the items of an array, and where they lie.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Head<H = ()> {
    /// The description of the array.
    pub description: Description,
    /// Where the items lie, counted from the first byte of the data.
    pub layout: Layout,
    /// Why the items are not in the file as they are in memory; `None` where they are.
    pub coded: Option<Cow<'static, str>>,
    /// What the format itself wants to know of it.
    pub header: H,
}

impl<H> Head<H> {
    /// An array whose items lie in the data as they do in memory.
    #[must_use]
    pub fn plain(description: Description, layout: Layout, header: H) -> Self {
        Self { description, layout, coded: None, header }
    }

    /// An array of which no more is to be said: its items follow one another in `order` from where `input` is.
    ///
    /// # Errors
    /// `LimitExceeded` when it has more dimensions than allowed, `Malformed` when no array can be so large.
    pub fn contiguous(
        dtype: DType,
        shape: &[usize],
        order: Order,
        input: &mut Input<'_>,
        header: H,
    ) -> Result<Self> {
        let at = input.position();
        input.budget().check_rank(shape.len()).map_err(|error| error.at(at))?;
        // A shape that no array can have is the file's fault here.
        let layout = Layout::contiguous(shape, dtype.itemsize(), order)
            .map_err(|error| Error::malformed(error.to_string()).at(at))?;
        let lies = if order == Order::F { Contiguity::F } else { Contiguity::C };
        let mut description = Description::new(dtype, shape, lies, at, None);
        description.data_len = Some(description.nbytes());
        Ok(Self::plain(description, layout, header))
    }

    /// An array whose data has to be decoded; `why` is what is said to those who want to look
    /// at it in place: `the data is compressed: it has to be read`.
    #[must_use]
    pub fn coded(
        description: Description,
        layout: Layout,
        header: H,
        why: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { description, layout, coded: Some(why.into()), header }
    }

    /// The order in which the items lie, or C.
    #[must_use]
    pub fn order(&self) -> Order {
        match self.description.order {
            Contiguity::F => Order::F,
            Contiguity::C | Contiguity::Strided => Order::C,
        }
    }

    /// The bytes of data that the items reach.
    ///
    /// # Errors
    /// `LimitExceeded` when they do not fit into memory.
    fn needed(&self) -> Result<u64> {
        let itemsize = self.description.dtype.itemsize();
        let extent = self.layout.extent(itemsize);
        extent
            .map(|extent| extent.end as u64)
            .ok_or_else(|| Error::limit("the data does not fit into memory"))
    }

    /// All bytes of data.
    ///
    /// # Errors
    /// `Unsupported` when the format did not say that of plain items.
    pub(super) fn data_len(&self) -> Result<u64> {
        let len = self.description.data_len;
        len.ok_or_else(|| {
            Error::unsupported("how long the data is has to be known").at(self.description.data_offset)
        })
    }

    /// Leaves `input` behind the data, of which `taken` bytes were read.
    pub(super) fn skip_rest(&self, input: &mut Input<'_>, taken: u64) -> Result<()> {
        let rest = self.data_len()?.checked_sub(taken);
        let rest =
            rest.ok_or_else(|| Error::malformed("the items lie outside of the data").at(input.position()))?;
        input.skip(rest, "data")
    }
}

/// What stands around the items of an array that is written, for a format that has them one after another.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Frame {
    /// What stands before the items.
    pub head: Vec<u8>,
    /// What stands behind them.
    pub tail: Vec<u8>,
    /// The byte order of numbers in the file; `None` keeps that of the items.
    pub byte_order: Option<ByteOrder>,
}

impl Frame {
    /// A head, and items after it as they are.
    #[must_use]
    pub fn new(head: Vec<u8>) -> Self {
        Self { head, tail: Vec::new(), byte_order: None }
    }

    crate::setters! {
        /// Numbers are in that byte order in the file.
        byte_order: Option<ByteOrder>;
        /// Something is after the items.
        tail: Vec<u8>;
    }

    /// What brings items of a dtype into the file.
    pub(super) fn swap(&self, dtype: &DType) -> Swap {
        self.byte_order.map_or(Swap::Nothing, |order| Swap::to_order(dtype, order))
    }

    /// Bytes of an array whose items take `nbytes`.
    pub fn len(&self, nbytes: u64) -> u64 {
        nbytes.saturating_add((self.head.len() + self.tail.len()) as u64)
    }
}

/// A format whose files are arrays, one or several one after another.
///
/// One method is required: [`head`](Self::head), to read what precedes the items and say where they lie. Reading,
/// slicing, looking at items in place and going block by block follow from it; writing follows from
/// [`frame`](Self::frame). What is not plain is decoded by [`decode`](Self::decode). Every codec is a [`Format`].
pub trait Codec: fmt::Debug + Clone + Send + Sync + 'static {
    /// What the format itself wants to know of a head: `()`, or its own header.
    type Header: fmt::Debug + Clone + Send;

    /// The format's data about itself.
    const INFO: &'static FormatInfo;

    /// Says whether `head` is this format's, as [`Format::sniff`].
    ///
    /// The default implementation compares with [`FormatInfo::magic`] and is never unsure.
    fn detect(&self, head: &[u8]) -> Match {
        Self::INFO.sniff_magic(head)
    }

    /// Begins to read a file, as [`Format::open`].
    ///
    /// The default implementation takes one input, for a [`RowReader`].
    ///
    /// # Errors
    /// As `open`.
    fn reader<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        Ok(Box::new(RowReader::new(self.clone(), source.one()?, how)))
    }

    /// Begins to write a file, as [`Format::create`].
    ///
    /// The default implementation writes a new file by a [`RowWriter`], where the format says that it
    /// [writes](super::Capabilities::write).
    ///
    /// # Errors
    /// As `create`.
    fn writer<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        if !Self::INFO.capabilities.write {
            return Err(Error::unsupported(READ_ONLY).in_format(Self::INFO.name));
        }
        Ok(Box::new(RowWriter::new(self.clone(), sink.new_file()?, how)))
    }

    /// Reads what precedes the items of an array and leaves `input` at the data.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported`, `LimitExceeded` or `Io`, with the offset.
    fn head(&self, input: &mut Input<'_>) -> Result<Head<Self::Header>>;

    /// As [`head`](Self::head), and says all of the description. Where only the data tells that, `input` is left behind
    /// the array.
    ///
    /// The default implementation reads the head alone.
    ///
    /// # Errors
    /// As `head`.
    fn describe(&self, input: &mut Input<'_>) -> Result<Head<Self::Header>> {
        self.head(input)
    }

    /// Refuses an array that can be described and not be read.
    ///
    /// The default implementation refuses none.
    ///
    /// # Errors
    /// `Unsupported` or `Malformed`, with the offset.
    fn check(&self, head: &Head<Self::Header>) -> Result<()> {
        let _ = head;
        Ok(())
    }

    /// Reads data that is not plain, from where it begins, and leaves `input` after it. What is asked for besides is
    /// done by the caller, unless it is done already.
    ///
    /// The default implementation refuses, with the reason that the head gives.
    ///
    /// # Errors
    /// As `head`.
    fn decode(&self, input: &mut Input<'_>, head: &Head<Self::Header>, how: &Reading) -> Result<Array> {
        let _ = how;
        let why = head.coded.clone().unwrap_or(Cow::Borrowed("the data is not decoded"));
        Err(Error::unsupported(why).at(input.position()))
    }

    /// Reads and checks what is after the items, and leaves `input` after the array.
    ///
    /// The default implementation reads nothing.
    ///
    /// # Errors
    /// As `head`.
    fn end(&self, input: &mut Input<'_>, head: &Head<Self::Header>) -> Result<()> {
        let _ = (input, head);
        Ok(())
    }

    /// What is wrong with the array at which a seekable `input` stands that reading does not mind. The input may be left
    /// anywhere.
    ///
    /// The default implementation reports nothing: reading already checks everything.
    ///
    /// # Errors
    /// As `head`.
    fn faults(&self, input: &mut Input<'_>) -> Result<Vec<Error>> {
        let _ = input;
        Ok(Vec::new())
    }

    /// True when data that is not plain can be handed on block by block, so that items follow one another in `order`: see
    /// [`decode_blocks`](Self::decode_blocks).
    ///
    /// The default implementation says no: such data is decoded as a whole.
    fn has_blocks(&self, head: &Head<Self::Header>, order: Order) -> bool {
        let _ = (head, order);
        false
    }

    /// Hands on data that is not plain, from where it begins, at the places that `cutter` gives, with no more than some
    /// blocks in memory.
    ///
    /// The default implementation refuses.
    ///
    /// # Errors
    /// As `head`.
    fn decode_blocks<'s>(
        &'s self,
        input: &'s mut Input<'_>,
        head: &Head<Self::Header>,
        how: &'s Reading,
        cutter: Cutter,
    ) -> Result<Box<dyn Blocks + 's>> {
        let _ = (head, how, cutter);
        Err(Error::unsupported("the data is decoded as a whole").at(input.position()))
    }

    /// What is around the items of an array that is written.
    ///
    /// The default implementation refuses: the format has no such form of the array, and [`write`](Self::write) does
    /// more than to put items one after another.
    ///
    /// # Errors
    /// `Unsupported` when the format can't hold the array so.
    fn frame(&self, what: &Outline<'_>, how: &Writing) -> Result<Frame> {
        let _ = (what, how);
        Err(Error::unsupported("arrays of this format are not written piece by piece"))
    }

    /// Writes an array.
    ///
    /// The default implementation writes the [`frame`](Self::frame) with the items in it.
    ///
    /// # Errors
    /// `Unsupported` when the format can't hold the array, `Io` when the sink fails.
    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        write_framed(self, array, how, output)
    }

    /// Reads an array and leaves `input` right after it.
    ///
    /// The default implementation reads the head, the items, and what is after them.
    ///
    /// # Errors
    /// As `head`.
    fn read(&self, input: &mut Input<'_>, how: &Reading) -> Result<Array> {
        let head = self.head(input)?;
        let array = read_items(self, input, &head, how, Selection::All)?;
        self.end(input, &head)?;
        Ok(array)
    }

    /// Reads a slice of an array and leaves `input` right after the array.
    ///
    /// The default implementation reads no more of a seekable input than that needs, where the items are plain; of a
    /// stream, all from the first wanted item to the last is in memory at once.
    ///
    /// # Errors
    /// As `head`; `InvalidArgument` when the slice does not fit the array.
    fn read_slice(&self, input: &mut Input<'_>, how: &Reading, slice: &Slice) -> Result<Array> {
        let head = self.head(input)?;
        let part = read_items(self, input, &head, how, Selection::Slice(slice))?;
        self.end(input, &head)?;
        Ok(part)
    }

    /// The ranges of the source that [`read_slice`](Self::read_slice) reads of the data of the array at which a seekable
    /// `input` stands; the input may be left anywhere.
    ///
    /// The default implementation knows them where the items are plain.
    ///
    /// # Errors
    /// As `head`; `InvalidArgument` when the slice does not fit the array, `Unsupported` when the data has to be decoded.
    fn ranges(&self, input: &mut Input<'_>, how: &Reading, slice: &Slice) -> Result<Vec<Range<u64>>> {
        let head = self.head(input)?;
        self.check(&head)?;
        if let Some(why) = head.coded {
            return Err(Error::unsupported(why).at(input.position()));
        }
        check_length(&head, input)?;
        let layout = head.layout.sliced(slice)?;
        let order = how.order.unwrap_or_else(|| head.order());
        input.ranges(&head.description.dtype, &layout, order, how)
    }

    /// The array with which bytes begin, in place.
    ///
    /// The default implementation looks at plain items where they lie.
    ///
    /// # Errors
    /// As `head`; `Unsupported` when the data has to be decoded.
    fn view<S: Storage>(&self, storage: S, how: &Reading) -> Result<Array<S>> {
        let mut input = Input::from_bytes(storage.bytes()).with_limits(&how.limits);
        let head = self.head(&mut input)?;
        self.check(&head)?;
        let at = input.position();
        if let Some(why) = head.coded {
            return Err(Error::unsupported(why).at(at));
        }
        check_items(&head, &mut input)?;
        check_length(&head, &input)?;
        drop(input);
        let outside = || Error::limit("the data lies outside the address space").at(at);
        let offset = usize::try_from(at).ok().and_then(|at| at.checked_add(head.layout.offset()));
        let layout = Layout::new(head.layout.shape(), head.layout.strides(), offset.ok_or_else(outside)?)?;
        Array::new(head.description.dtype, layout, storage)
    }
}

impl<C: Codec> Format for C {
    fn info(&self) -> &'static FormatInfo {
        C::INFO
    }

    fn sniff(&self, head: &[u8]) -> Match {
        self.detect(head)
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        read_on_threads(how, || self.reader(source, how))
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        write_on_threads(how, || self.writer(sink, how))
    }
}

/// Reads the items after a head, or a slice of them, and leaves `input` after the data.
///
/// # Errors
/// As [`Codec::read`]; `InvalidArgument` when the slice does not fit the array.
pub fn read_items<C: Codec>(
    codec: &C,
    input: &mut Input<'_>,
    head: &Head<C::Header>,
    how: &Reading,
    what: Selection<'_>,
) -> Result<Array> {
    codec.check(head)?;
    let at = input.position();
    let array = match (&head.coded, what) {
        (None, Selection::All) => read_plain(head, input, how)?,
        (None, Selection::Slice(slice)) => slice_plain(head, input, how, slice)?,
        (Some(_), Selection::All) => codec.decode(input, head, how)?,
        (Some(_), Selection::Slice(slice)) if codec.has_blocks(head, head.order()) => {
            slice_blocks(codec, input, head, how, slice)?
        }
        (Some(_), Selection::Slice(slice)) => {
            let array = codec.decode(input, head, how)?;
            array.slice(slice)?.to_contiguous(how.order.unwrap_or_else(|| head.order()))?
        }
    };
    how.apply(array).map_err(|error| error.at(at))
}

/// Reads a slice of data that is decoded block by block, and no more at once than a block and the slice.
fn slice_blocks<C: Codec>(
    codec: &C,
    input: &mut Input<'_>,
    head: &Head<C::Header>,
    how: &Reading,
    slice: &Slice,
) -> Result<Array> {
    let what = &head.description;
    let at = input.position();
    let whole = Layout::contiguous(&what.shape, what.dtype.itemsize(), Order::C)?;
    let len = whole.sliced(slice)?.len().saturating_mul(what.dtype.itemsize());
    input.budget().charge_bytes(len as u64).map_err(|error| error.at(at))?;
    let cutter = Cutter::new(&what.shape, what.dtype.itemsize(), head.order(), BLOCK);
    let blocks = codec.decode_blocks(input, head, how, cutter)?;
    gather(blocks, &what.dtype, &what.shape, slice, how.order.unwrap_or_else(|| head.order()))
}

/// Writes the [`frame`](Codec::frame) of an array with its items in it.
///
/// # Errors
/// As [`Codec::write`].
pub fn write_framed<C: Codec>(
    codec: &C,
    array: &ArrayView<'_>,
    how: &Writing,
    output: &mut Output<'_>,
) -> Result<()> {
    let order = how.order.unwrap_or_else(|| array.natural_order());
    let what = Outline { dtype: array.dtype(), shape: array.shape(), order };
    let frame = codec.frame(&what, how)?;
    output.expect(frame.len(what.nbytes()?))?;
    output.write(&frame.head)?;
    output.write_items(array, order, &frame.swap(array.dtype()))?;
    output.write(&frame.tail)
}

/// Refuses items that are references, and too many that take no bytes.
pub(super) fn check_items<H: Clone>(head: &Head<H>, input: &mut Input<'_>) -> Result<()> {
    let (dtype, at) = (&head.description.dtype, input.position());
    if dtype.has_references() {
        let message =
            format!("the array has object items ({dtype}): object arrays (pickles) are not decoded");
        return Err(Error::unsupported(message).at(at));
    }
    if dtype.itemsize() == 0 {
        input.budget().charge_items(head.layout.len() as u64).map_err(|error| error.at(at))?;
    }
    Ok(())
}

/// Checks that an input has all of the data, where it tells.
fn check_length<H: Clone>(head: &Head<H>, input: &Input<'_>) -> Result<()> {
    let expected = head.data_len()?;
    match input.remaining().filter(|left| *left < expected) {
        Some(left) => Err(Error::malformed(format!(
            "the input ends inside the data: expected {expected} bytes, found {left}"
        ))
        .at(input.position())),
        None => Ok(()),
    }
}

/// Reads plain items, swapped while they are in the cache.
pub(super) fn read_plain<H: Clone>(head: &Head<H>, input: &mut Input<'_>, how: &Reading) -> Result<Array> {
    check_items(head, input)?;
    check_length(head, input)?;
    let dtype = &head.description.dtype;
    let needed = head.needed()?;
    let swap = how.byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(dtype, wanted));
    if let Some(wanted) = how.byte_order.filter(|_| swap != Swap::Nothing) {
        // All cores swap what is in memory already.
        let at = input.position();
        let lent = usize::try_from(needed).ok().and_then(|needed| input.lend(needed));
        if let Some(bytes) = lent {
            input.budget().charge_bytes(needed).map_err(|error| error.at(at))?;
            head.skip_rest(input, needed)?;
            let view = Array::new(dtype.clone(), head.layout.clone(), bytes)?;
            return view.to_contiguous_in(view.natural_order(), wanted);
        }
    }
    let bytes = match swap {
        Swap::Nothing => input.read_buffer(needed, "data"),
        swap => input.read_buffer_with(needed, "data", dtype.itemsize(), |piece| swap.apply(piece)),
    }?;
    head.skip_rest(input, needed)?;
    let dtype = how.byte_order.map_or_else(|| dtype.clone(), |wanted| dtype.with_byte_order(wanted));
    Array::new(dtype, head.layout.clone(), bytes.freeze())
}

/// Reads a slice of plain items.
pub(super) fn slice_plain<H: Clone>(
    head: &Head<H>,
    input: &mut Input<'_>,
    how: &Reading,
    slice: &Slice,
) -> Result<Array> {
    let at = input.position();
    let dtype = &head.description.dtype;
    let itemsize = dtype.itemsize();
    let layout = head.layout.sliced(slice)?;
    if itemsize == 0 || dtype.has_references() {
        let mut whole = head.clone();
        whole.layout = layout.clone();
        check_items(&whole, input)?;
    }
    let order = how.order.unwrap_or_else(|| head.order());
    if input.can_seek() {
        let is_there = layout.extent(itemsize).is_some_and(|extent| {
            input.remaining().is_none_or(|left| extent.is_empty() || extent.end as u64 <= left)
        });
        // Of data that ends early, what is there can be read.
        let is_cut = head.there(input).is_some();
        if !(is_cut && is_there) {
            check_length(head, input)?;
        }
        let len = layout.len().saturating_mul(itemsize) as u64;
        input.budget().charge_bytes(len).map_err(|error| error.at(at))?;
        let part = input.fetch(dtype, &layout, order, how)?;
        if is_cut {
            input.skip_to_end()?;
        } else {
            head.skip_rest(input, 0)?;
        }
        return Ok(part);
    }
    check_length(head, input)?;
    let extent = layout.extent(itemsize);
    let extent = extent.ok_or_else(|| Error::limit("the data does not fit into memory").at(at))?;
    input.skip(extent.start as u64, "data")?;
    let bytes = input.read_buffer(extent.len() as u64, "data")?;
    head.skip_rest(input, extent.end as u64)?;
    let outside = || Error::limit("the layout begins before its first item").at(at);
    let offset = layout.offset().checked_sub(extent.start).ok_or_else(outside)?;
    let layout = Layout::new(layout.shape(), layout.strides(), offset)?;
    let part = Array::new(dtype.clone(), layout, bytes.freeze())?;
    match how.byte_order {
        Some(byte_order) => part.to_contiguous_in(order, byte_order),
        None => part.to_contiguous(order),
    }
}
