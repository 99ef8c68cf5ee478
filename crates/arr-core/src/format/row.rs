//! Reading and writing files of arrays one after another.

mod one;

pub use self::one::ArrayReader;

use std::ops::Range;

use super::blocks::{Block, Blocks, Cutter, InMemory, SliceBlocks};
use super::codec::{Codec, Frame, Head, check_items, read_items};
use super::expected::Expected;
use super::info::Match;
use super::io::Stamp;
use super::part::{Content, Description, NewPart, Outline, Part, PartInfo, Selection};
use super::protocol::{Reader, Writer, no_part, place_of};
use super::settings::{Reading, Writing};
use crate::format::{Mapper, Output, Positioned, Swap, SwappedItems};
use crate::{
    Array, ArrayView, Buffer, BufferMut, Contiguity, DType, Error, ErrorKind, Input, Layout, Mmap, Order,
    Result, Slice,
};

/// Reads the arrays of a file one by one: the [`Reader`] of every [`Codec`].
#[derive(Debug)]
pub struct RowReader<'a, C: Codec> {
    codec: C,
    input: Input<'a>,
    how: Reading,
    /// What a file was like when it was opened.
    stamp: Option<Stamp>,
    /// Where each array that was listed begins.
    starts: Vec<u64>,
    /// Where the last of them ends, once that is known.
    end: Option<u64>,
    /// What is left of the last of them where a stream was described.
    described: Option<Head<C::Header>>,
    /// True when only reading an array tells where the next one would begin, and it was not read.
    is_opaque: bool,
}

impl<'a, C: Codec> RowReader<'a, C> {
    /// Reads the arrays that begin where `input` is, under the limits of `how`.
    #[must_use]
    pub fn new(codec: C, input: Input<'a>, how: &Reading) -> Self {
        let input = input.with_limits(&how.limits);
        Self {
            codec,
            stamp: Stamp::of(&input),
            input,
            how: how.clone(),
            starts: Vec::new(),
            end: None,
            described: None,
            is_opaque: false,
        }
    }

    /// Gives back the input, where it is.
    #[must_use]
    pub fn into_input(self) -> Input<'a> {
        self.input
    }

    /// Names the format in an error, except one of what was asked for.
    fn named<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| match error.kind() {
            ErrorKind::InvalidArgument => error,
            _ => error.in_format(C::INFO.name),
        })
    }

    fn is_last(&self, place: usize) -> bool {
        place.checked_add(1) == Some(self.starts.len())
    }

    /// Goes to where a part begins. Limits hold for each part.
    fn go_to(&mut self, part: &PartInfo) -> Result<()> {
        let start = self.starts.get(part.place).copied();
        let start = start.ok_or_else(|| no_part(&part.place.to_string(), self.starts.len()))?;
        *self.input.budget() = self.how.limits.budget();
        if self.input.can_seek() {
            return self.input.seek_to(start);
        }
        if self.input.position() == start && self.described.is_none() && self.end.is_none() {
            return Ok(());
        }
        Err(Error::unsupported("the array has passed: a stream is read once").at(start))
    }

    /// Takes note of where a part ends.
    fn ended(&mut self, part: &PartInfo) {
        if self.is_last(part.place) {
            self.end = Some(self.input.position());
        }
    }

    /// Goes to the end of the last part that was listed. False when only reading it tells where that is.
    fn pass(&mut self) -> Result<bool> {
        if let Some(end) = self.end {
            if self.input.can_seek() {
                self.input.seek_to(end)?;
            }
            return Ok(true);
        }
        if let Some(head) = self.described.take() {
            return self.pass_from(&head);
        }
        let last = PartInfo::at(self.starts.len().saturating_sub(1));
        self.go_to(&last)?;
        let head = self.codec.head(&mut self.input)?;
        if self.how.salvage && head.there(&self.input).is_some() {
            self.input.skip_to_end()?;
            self.end = Some(self.input.position());
            return Ok(true);
        }
        if head.description.data_len.is_some() {
            return self.pass_from(&head);
        }
        // Only the data tells where it ends.
        self.go_to(&last)?;
        let head = self.codec.describe(&mut self.input)?;
        self.pass_from(&head)
    }

    /// Goes to the end of the array with this `head`; the input is at its data, or at its end.
    fn pass_from(&mut self, head: &Head<C::Header>) -> Result<bool> {
        let what = &head.description;
        match what.data_len {
            Some(len) => {
                let end = what.data_offset.saturating_add(len);
                self.input.skip(end.saturating_sub(self.input.position()).min(len), "data")?;
                self.codec.end(&mut self.input, head)?;
            }
            // Some formats have to be read whole to be described.
            None if self.input.position() > what.data_offset => {}
            None => return Ok(false),
        }
        self.end = Some(self.input.position());
        Ok(true)
    }

    /// True when another array of the same format follows.
    fn is_next(&mut self) -> Result<bool> {
        let longest = C::INFO.magic.iter().map(|magic| magic.len()).max().unwrap_or(0);
        Ok(longest > 0 && C::INFO.sniff_magic(self.input.peek(longest)?) == Match::Yes)
    }

    fn list_next(&mut self) -> Result<Option<PartInfo>> {
        if self.is_opaque {
            return Ok(None);
        }
        if !self.starts.is_empty() {
            if !self.pass()? {
                self.is_opaque = true;
                return Ok(None);
            }
            if !self.is_next()? {
                return Ok(None);
            }
        }
        let place = self.starts.len();
        self.starts
            .try_reserve(1)
            .map_err(|source| Error::limit("no memory for the places of the arrays").with_source(source))?;
        self.starts.push(self.input.position());
        self.end = None;
        Ok(Some(PartInfo::at(place)))
    }

    fn read_part(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Array> {
        self.go_to(part)?;
        let array = match (self.read_there(part, what)?, what) {
            (Some(array), _) => Ok(array),
            (None, Selection::All) => self.codec.read(&mut self.input, &self.how),
            (None, Selection::Slice(slice)) => self.codec.read_slice(&mut self.input, &self.how, slice),
        };
        // What comes of a file that is being changed is of no use, whether it is an array or an error. A slice is one of
        // several that have to fit together; an array that is read at once may be one that is being added to.
        if let Some(stamp) = self.stamp {
            stamp.check(&self.input, matches!(what, Selection::All))?;
        }
        let array = array?;
        // A slice may be there of data that ends early.
        if matches!(what, Selection::All) || self.input.remaining() != Some(0) {
            self.ended(part);
        }
        Ok(array)
    }

    /// The bytes of an array, from its head on. Where nothing tells how long its data is, it goes on to the end.
    fn bytes_of(&mut self, part: &PartInfo) -> Result<Buffer> {
        self.go_to(part)?;
        let start = self.input.position();
        if !self.input.can_seek() {
            return Err(Error::unsupported("a stream is read once, and not as bytes").at(start));
        }
        let head = self.codec.head(&mut self.input)?;
        match head.description.data_len {
            Some(_) => {
                head.skip_rest(&mut self.input, 0)?;
                self.codec.end(&mut self.input, &head)?;
            }
            None => self.input.skip_to_end()?,
        }
        let len = self.input.position().saturating_sub(start);
        self.go_to(part)?;
        self.input.read_buffer(len, "array").map(BufferMut::freeze)
    }

    /// What is there of an array whose data ends early, if that is wanted.
    fn read_there(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Option<Array>> {
        if !self.how.salvage {
            return Ok(None);
        }
        let head = self.codec.head(&mut self.input)?;
        let Some(there) = head.there(&self.input) else { return self.go_to(part).map(|()| None) };
        let array = read_items(&self.codec, &mut self.input, &there, &self.how, what)?;
        self.input.skip_to_end()?;
        Ok(Some(array))
    }

    /// The blocks of a stream; the end of the array follows the last one. What is left of an array of which not all
    /// blocks were asked for is passed when the next part is listed.
    fn stream_blocks(&mut self, head: Head<C::Header>, cutter: Cutter) -> Box<dyn Blocks + '_> {
        self.described = Some(head.clone());
        let Self { codec, input, how, end, described, .. } = self;
        let mut blocks = StreamBlocks::over(Held::Lent(input), &head, cutter, how);
        blocks.end = Some(Box::new(move |input| {
            let start = head.description.data_offset;
            head.skip_rest(input, input.position().saturating_sub(start))?;
            codec.end(input, &head).map_err(|error| error.in_format(C::INFO.name))?;
            *described = None;
            *end = Some(input.position());
            Ok(())
        }));
        Box::new(blocks)
    }

    fn map_part(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        if part.place > 0 {
            return Err(Error::unsupported("only the first of several arrays in a row is mapped"));
        }
        self.go_to(part)?;
        let bytes = self.input.positioned();
        let file = bytes.as_ref().and_then(Positioned::file);
        let (file, start) = file.ok_or_else(|| Error::unsupported("what is not a file is not mapped"))?;
        if start > 0 {
            return Err(Error::unsupported("an array behind other bytes is not mapped"));
        }
        self.codec.view(mapper.map(file)?, &self.how)
    }
}

impl<C: Codec> Reader for RowReader<'_, C> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        let next = self.list_next();
        self.named(next)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        let found = self.go_to(part).and_then(|()| self.codec.describe(&mut self.input));
        let head = self.named(found)?;
        let mut description = head.description.clone();
        match head.there(&self.input) {
            Some(there) if self.how.salvage => description = there.description,
            Some(there) => description.cut = there.description.cut,
            None => {}
        }
        if !self.input.can_seek() {
            self.described = Some(head);
        } else if head.description.data_len.is_none() && self.input.position() > description.data_offset {
            self.ended(part);
        }
        Ok(Content::Array(description))
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        let read = self.read_part(part, what);
        self.named(read).map(Part::Array)
    }

    fn ranges(&mut self, part: &PartInfo, slice: &Slice) -> Result<Vec<Range<u64>>> {
        let ranges = self.go_to(part).and_then(|()| self.codec.ranges(&mut self.input, &self.how, slice));
        self.named(ranges)
    }

    fn read_bytes(&mut self, part: &PartInfo) -> Result<Buffer> {
        let read = self.bytes_of(part);
        self.named(read)
    }

    fn is_seekable(&self) -> bool {
        self.input.can_seek()
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        let Some(place) = place_of(key) else {
            // To count the arrays of a stream is to lose them.
            if !self.is_seekable() {
                return Err(Error::invalid(format!("the stream has no array '{key}'")));
            }
            while self.next_part()?.is_some() {}
            return Err(no_part(key, self.starts.len()));
        };
        while self.starts.len() <= place {
            if self.next_part()?.is_some() {
                continue;
            }
            if self.is_opaque {
                let message = format!(
                    "array {} has to be read to know where the next one begins",
                    self.starts.len().saturating_sub(1)
                );
                return self.named(Err(Error::unsupported(message)));
            }
            return Err(no_part(key, self.starts.len()));
        }
        Ok(PartInfo::at(place))
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let found = self.go_to(part).and_then(|()| self.codec.head(&mut self.input));
        let head = self.named(found)?;
        let head = head.there(&self.input).filter(|_| self.how.salvage).unwrap_or(head);
        let checked = self.codec.check(&head);
        self.named(checked)?;
        let what = &head.description;
        let order = order.unwrap_or_else(|| head.order());
        let cutter = Cutter::new(&what.shape, what.dtype.itemsize(), order, size);
        if head.coded.is_none() && !what.dtype.has_references() {
            // Of items without bytes all are counted, not those of a block.
            let checked = check_items(&head, &mut self.input);
            self.named(checked)?;
            if self.input.can_seek() {
                // One block is held at a time, so limits hold for each.
                let most = usize::try_from(self.how.limits.bytes()).unwrap_or(usize::MAX);
                let cutter = Cutter::new(&what.shape, what.dtype.itemsize(), order, size.min(most));
                return Ok(Box::new(SliceBlocks::new(self, part, cutter)));
            }
            if is_in(order, what.order, &what.shape) && head.layout.offset() == 0 {
                return Ok(self.stream_blocks(head, cutter));
            }
        }
        if head.coded.is_some() && self.codec.has_blocks(&head, order) {
            let blocks = self.codec.decode_blocks(&mut self.input, &head, &self.how, cutter);
            let name = C::INFO.name;
            return blocks.map_err(|error| error.in_format(name));
        }
        let array = read_items(&self.codec, &mut self.input, &head, &self.how, Selection::All);
        let array = array.and_then(|array| self.codec.end(&mut self.input, &head).map(|()| array));
        let array = self.named(array)?;
        self.ended(part);
        Ok(Box::new(InMemory::new(array, order, size)))
    }

    fn map(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        let mapped = self.map_part(part, mapper);
        self.named(mapped)
    }

    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        if !self.input.can_seek() {
            return Ok(Vec::new());
        }
        let name = C::INFO.name;
        if self.how.salvage {
            let found = self.go_to(part).and_then(|()| self.codec.head(&mut self.input));
            let head = self.named(found)?;
            if let Some(there) = head.there(&self.input) {
                let what = Description { cut: there.description.cut, ..head.description };
                let missing = what.said_to_be_there().unwrap_or_default();
                let fault = Error::malformed(format!("the input ends inside the data: {missing}"));
                return Ok(vec![fault.at(self.input.position()).in_format(name)]);
            }
        }
        let found = self.go_to(part).and_then(|()| self.codec.faults(&mut self.input));
        Ok(self.named(found)?.into_iter().map(|fault| fault.in_format(name)).collect())
    }

    fn trailing(&mut self) -> Result<u64> {
        if let (Some(end), true) = (self.end, self.input.can_seek()) {
            self.input.seek_to(end)?;
        }
        let start = self.input.position();
        self.input.skip_to_end()?;
        // To step over bytes of a known length is not to read them.
        let unchanged = self.stamp.map_or(Ok(()), |stamp| stamp.check(&self.input, false));
        self.named(unchanged)?;
        // All that follows an array whose end is not known is its data.
        Ok(if self.is_opaque { 0 } else { self.input.position().saturating_sub(start) })
    }

    fn position(&self) -> u64 {
        self.input.position()
    }
}

/// True when items that lie in `lies` follow one another in `order`.
#[must_use]
pub fn is_in(order: Order, lies: Contiguity, shape: &[usize]) -> bool {
    let wanted = match order {
        Order::C => Contiguity::C,
        Order::F => Contiguity::F,
    };
    lies == wanted || (lies != Contiguity::Strided && shape.iter().filter(|dim| **dim != 1).count() < 2)
}

/// The blocks of a stream whose items come in the order that is wanted.
pub struct StreamBlocks<'s, 'a> {
    input: Held<'s, 'a>,
    dtype: DType,
    whole: Layout,
    cutter: Cutter,
    how: Reading,
    /// What is left to be done after the last block.
    end: Option<End<'s, 'a>>,
}

/// Reads and checks what is after the items of a stream.
type End<'s, 'a> = Box<dyn FnOnce(&mut Input<'a>) -> Result<()> + Send + 's>;

impl std::fmt::Debug for StreamBlocks<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StreamBlocks({:?})", self.cutter)
    }
}

/// An input that is lent, or one of its own.
#[derive(Debug)]
enum Held<'s, 'a> {
    Lent(&'s mut Input<'a>),
    Own(Box<Input<'a>>),
}

impl<'a> Held<'_, 'a> {
    fn get(&mut self) -> &mut Input<'a> {
        match self {
            Self::Lent(input) => input,
            Self::Own(input) => input,
        }
    }
}

impl<'s, 'a> StreamBlocks<'s, 'a> {
    fn over<H>(input: Held<'s, 'a>, head: &Head<H>, cutter: Cutter, how: &Reading) -> Self {
        let what = &head.description;
        let (dtype, whole) = (what.dtype.clone(), head.layout.clone());
        Self { input, dtype, whole, cutter, how: how.clone(), end: None }
    }

    /// Reads blocks from an input that is at the data, and then the rest of it: at its end a stream finds out whether
    /// its checksum is right.
    #[must_use]
    pub fn to_end<H>(input: Input<'a>, head: &Head<H>, cutter: Cutter, how: &Reading) -> Self {
        let mut blocks = Self::over(Held::Own(Box::new(input)), head, cutter, how);
        blocks.end = Some(Box::new(|input| input.skip_to_end()));
        blocks
    }
}

impl Blocks for StreamBlocks<'_, '_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(place) = self.cutter.next() else {
            let end = self.end.take();
            return end.map_or(Ok(()), |end| end(self.input.get())).map(|()| None);
        };
        let input = self.input.get();
        // Only one block is in memory at a time.
        *input.budget() = self.how.limits.budget();
        let layout = self.whole.sliced(&place.slice())?;
        let itemsize = self.dtype.itemsize();
        let len = layout.len().saturating_mul(itemsize) as u64;
        let wanted = self.how.byte_order;
        let swap = wanted.map_or(Swap::Nothing, |wanted| Swap::to_order(&self.dtype, wanted));
        let bytes = match swap {
            Swap::Nothing => input.read_buffer(len, "data"),
            swap => input.read_buffer_with(len, "data", itemsize, |piece| swap.apply(piece)),
        }?;
        let dtype = wanted.map_or_else(|| self.dtype.clone(), |wanted| self.dtype.with_byte_order(wanted));
        let array = Array::contiguous(dtype, layout.shape(), self.cutter.order(), bytes.freeze())?;
        let array = Reading { order: None, ..self.how.clone() }.apply(array)?;
        Ok(Some(Block { array, place }))
    }
}

/// Writes arrays one after another: the [`Writer`] of every [`Codec`].
#[derive(Debug)]
pub struct RowWriter<'a, C> {
    codec: C,
    output: Output<'a>,
    how: Writing,
    count: usize,
    begun: Option<Begun>,
}

/// An array of which not all items have been written.
#[derive(Debug)]
struct Begun {
    frame: Frame,
    items: SwappedItems,
    expected: Expected,
}

impl<'a, C: Codec> RowWriter<'a, C> {
    /// Writes to `output` from its position on.
    #[must_use]
    pub fn new(codec: C, output: Output<'a>, how: &Writing) -> Self {
        let how = Writing { order: how.order.or(C::INFO.order), ..how.clone() };
        Self { codec, output, how, count: 0, begun: None }
    }

    fn named<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.in_format(C::INFO.name))
    }

    /// Ends the array before the next one, or before the end of the file.
    fn end_last(&mut self) -> Result<()> {
        let Some(begun) = self.begun.take() else { return Ok(()) };
        begun.expected.end()?;
        self.output.write(&begun.frame.tail)
    }

    fn next(&mut self) -> Result<()> {
        self.end_last()?;
        if self.count > 0 && !C::INFO.holds.is_row() {
            return Err(Error::unsupported("a file of this format holds one array"));
        }
        Ok(())
    }

    fn begin_next(&mut self, what: &Outline<'_>) -> Result<()> {
        let frame = self.codec.frame(what, &self.how)?;
        self.next()?;
        let len = what.nbytes()?;
        self.output.expect(frame.len(len))?;
        self.output.write(&frame.head)?;
        let items = SwappedItems::new(frame.swap(what.dtype), what.dtype.itemsize());
        self.begun = Some(Begun { frame, items, expected: Expected::new("array", len) });
        self.count += 1;
        Ok(())
    }

    fn write_items(&mut self, bytes: &[u8]) -> Result<()> {
        let begun = self.begun.as_mut().ok_or_else(|| Error::invalid("no array was begun"))?;
        begun.expected.take(bytes.len() as u64)?;
        begun.items.hand_on(bytes, |piece| self.output.write(piece))
    }

    fn write_array(&mut self, array: &ArrayView<'_>) -> Result<()> {
        self.next()?;
        self.codec.write(array, &self.how, &mut self.output)?;
        self.count += 1;
        Ok(())
    }
}

impl<C: Codec> RowWriter<'_, C> {
    /// Writes what is an array of this format already.
    fn write_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        if C::INFO.sniff_magic(bytes) != Match::Yes {
            return Err(Error::unsupported("files of this format hold arrays only"));
        }
        self.next()?;
        self.output.write(bytes)?;
        self.count += 1;
        Ok(())
    }
}

impl<C: Codec> Writer for RowWriter<'_, C> {
    fn items_in(&self, order: Order) -> Order {
        self.how.order.filter(|_| C::INFO.order.is_some()).unwrap_or(order)
    }

    fn begin(&mut self, _: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        let begun = self.begin_next(what);
        self.named(begun)
    }

    fn items(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.write_items(bytes);
        self.named(written)
    }

    fn array(&mut self, _: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        let written = self.write_array(array);
        self.named(written)
    }

    fn bytes(&mut self, _: &NewPart<'_>, bytes: &[u8]) -> Result<()> {
        let written = self.write_bytes(bytes);
        self.named(written)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let ended = self.end_last();
        self.named(ended)
    }
}
