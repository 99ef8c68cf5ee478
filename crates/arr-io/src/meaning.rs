//! What opaque items mean: numbers of a kind that the file's format has no name for.

pub(crate) mod small;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use arr_core::format::{
    BadPart, Block, Blocks, Budget, Content, Description, Mapper, Notes, Part, PartInfo, Reader, Selection,
};
use arr_core::{Array, Buffer, ByteOrder, DType, Error, Graph, Mmap, Order, Result, Slice};

use self::small::SmallFloat;

/// What opaque items are: NumPy keeps numbers of other packages as bytes without a meaning (`|V2`). They are seen as a dtype of
/// as many bytes (`bfloat16`), or read as the numbers of a kind of small floats (`float8_e4m3fn` and the others that ml_dtypes
/// has), which are `<f4` then: it holds all of them.
///
/// ```
/// use arr_io::Meaning;
/// let meaning: Meaning = "float8_e5m2".parse()?;
/// assert_eq!(meaning.to_string(), "float8_e5m2");
/// assert!("float8".parse::<Meaning>().is_err());
/// # Ok::<(), arr_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    DType(DType),
    Small(&'static SmallFloat),
}

impl FromStr for Meaning {
    type Err = Error;

    /// Reads the name of a kind of small floats, or a dtype.
    ///
    /// # Errors
    /// `InvalidArgument` when it is neither, or a dtype whose items are references.
    fn from_str(text: &str) -> Result<Self> {
        if let Some(small) = SmallFloat::named(text) {
            return Ok(Self(Kind::Small(small)));
        }
        let dtype: DType = text.parse().map_err(|error: Error| {
            let names: Vec<&str> = SmallFloat::ALL.iter().map(|small| small.name).collect();
            Error::invalid(format!("{error}, nor one of the small floats {}", names.join(", ")))
        })?;
        if dtype.has_references() || dtype.itemsize() == 0 {
            return Err(Error::invalid(format!("opaque items are none of {dtype}")));
        }
        // Such numbers lie in files with the low byte first, whatever machine wrote them.
        let says_order = text.trim_start().starts_with(['<', '>', '=', '|', '[']);
        Ok(Self(Kind::DType(if says_order { dtype } else { dtype.with_byte_order(ByteOrder::Little) })))
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::DType(dtype) => dtype.fmt(f),
            Kind::Small(small) => f.write_str(small.name),
        }
    }
}

impl Meaning {
    /// The dtype as which items of `dtype` are seen, if they are meant.
    fn of(&self, dtype: &DType) -> Option<DType> {
        let DType::Void(size) = dtype else { return None };
        match &self.0 {
            Kind::DType(meant) => Some(meant.clone()).filter(|meant| meant.itemsize() == *size),
            Kind::Small(_) => Some(small::dtype()).filter(|_| *size == 1),
        }
    }

    /// The kind of small floats, if it is one, or else the dtype.
    pub(crate) fn target(&self) -> std::result::Result<&'static SmallFloat, &DType> {
        match &self.0 {
            Kind::Small(small) => Ok(small),
            Kind::DType(dtype) => Err(dtype),
        }
    }

    fn array(&self, array: Array) -> Result<Array> {
        match (self.of(array.dtype()), &self.0) {
            (None, _) => Ok(array),
            (Some(dtype), Kind::DType(_)) => array.with_dtype(dtype),
            (Some(_), Kind::Small(small)) => small.decode(&array),
        }
    }

    fn description(&self, mut what: Description) -> Description {
        let Some(dtype) = self.of(&what.dtype) else { return what };
        let is_packed = what.is_packed || matches!(self.0, Kind::Small(_));
        what.dtype = dtype;
        what.with_packed(is_packed).with_detail("items", self)
    }

    /// The reader, whose opaque items are seen as what they mean.
    pub(crate) fn reader<'a>(&self, reader: Box<dyn Reader + 'a>, notes: &Notes) -> Box<dyn Reader + 'a> {
        Box::new(Meant { reader, meaning: self.clone(), notes: Some(notes.clone()) })
    }

    /// How many bytes an item has.
    fn itemsize(&self) -> usize {
        match &self.0 {
            Kind::DType(dtype) => dtype.itemsize(),
            Kind::Small(_) => SmallFloat::items().itemsize(),
        }
    }
}

/// A reader whose opaque items are seen as what they mean.
#[derive(Debug)]
struct Meant<'a> {
    reader: Box<dyn Reader + 'a>,
    meaning: Meaning,
    /// Who is told of the first opaque items that are not meant.
    notes: Option<Notes>,
}

impl Reader for Meant<'_> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        self.reader.next_part()
    }

    fn count(&self) -> Option<usize> {
        self.reader.count()
    }

    fn listed(&self, place: usize) -> Result<PartInfo> {
        self.reader.listed(place)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        Ok(match self.reader.describe(part)? {
            Content::Array(what) => {
                self.tell(&what.dtype);
                Content::Array(self.meaning.description(what))
            }
            content => content,
        })
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        match self.reader.read(part, what)? {
            Part::Array(array) => {
                self.tell(array.dtype());
                self.meaning.array(array).map(Part::Array)
            }
            part => Ok(part),
        }
    }

    fn ranges(&mut self, part: &PartInfo, slice: &Slice) -> Result<Vec<Range<u64>>> {
        self.reader.ranges(part, slice)
    }

    fn read_bytes(&mut self, part: &PartInfo) -> Result<Buffer> {
        self.reader.read_bytes(part)
    }

    fn is_seekable(&self) -> bool {
        self.reader.is_seekable()
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        self.reader.find(key)
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        // As many items as are wanted, which take fewer bytes in the file.
        let is_small = matches!(self.meaning.0, Kind::Small(_)) && self.is_meant(part);
        let size = if is_small { size / small::dtype().itemsize().max(1) } else { size };
        let blocks = self.reader.blocks(part, order, size)?;
        Ok(Box::new(MeantBlocks { blocks, meaning: &self.meaning }))
    }

    fn map(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        let array = self.reader.map(part, mapper)?;
        match (self.meaning.of(array.dtype()), &self.meaning.0) {
            (None, _) => Ok(array),
            (Some(dtype), Kind::DType(_)) => array.with_dtype(dtype),
            (Some(_), Kind::Small(small)) => {
                Err(Error::unsupported(format!("{} is read as other numbers, and not mapped", small.name)))
            }
        }
    }

    fn graph(&mut self, budget: &mut Budget, bad: &mut BadPart<'_>) -> Result<Graph> {
        self.reader.graph(budget, bad)
    }

    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        self.reader.faults(part)
    }

    fn beside_parts(&mut self) -> Result<u64> {
        self.reader.beside_parts()
    }

    fn container_faults(&mut self) -> Result<Vec<Error>> {
        self.reader.container_faults()
    }

    fn trailing(&mut self) -> Result<u64> {
        self.reader.trailing()
    }

    fn position(&self) -> u64 {
        self.reader.position()
    }

    fn check_total(&self) -> Result<()> {
        self.reader.check_total()
    }
}

impl Meant<'_> {
    /// Says once of opaque items of another size that they stay what they are.
    fn tell(&mut self, dtype: &DType) {
        let own = self.meaning.itemsize();
        if let DType::Void(size) = dtype {
            if let Some(notes) = self.notes.take_if(|_| *size != own) {
                let meaning = &self.meaning;
                notes.tell(&format!("{dtype} stays as it is: the itemsize of {meaning} is {own}"));
            }
        }
    }

    /// True when the items of a part are meant.
    fn is_meant(&mut self, part: &PartInfo) -> bool {
        let what = self.reader.describe(part).ok().and_then(Content::into_array);
        what.is_some_and(|what| self.meaning.of(&what.dtype).is_some())
    }
}

struct MeantBlocks<'s> {
    blocks: Box<dyn Blocks + 's>,
    meaning: &'s Meaning,
}

impl Blocks for MeantBlocks<'_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(Block { array, place }) = self.blocks.next_block()? else { return Ok(None) };
        Ok(Some(Block { array: self.meaning.array(array)?, place }))
    }
}
