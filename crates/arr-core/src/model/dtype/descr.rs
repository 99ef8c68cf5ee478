//! The `descr` of a `.npy` header: a dtype as a Python literal (`dtype_to_descr` and `descr_to_dtype` in NumPy's
//! `_format_impl.py`).
//!
//! A simple dtype is its type string. A record is a list with one tuple a field: `('name', descr)` or
//! `('name', descr, shape)`, where the name may be a tuple `('title', 'name')`. Fields lie one after another; an
//! entry without a name whose type is void is a hole. A sub-array is a tuple `(descr, shape)`.

mod dict;

use std::borrow::Cow;

use self::dict::Dict;
use super::parse::{Dialect, sub_array, type_string};
use super::print::{Nested, Target, is_in_order};
use super::{DType, MAX_ITEMSIZE, RecordBuilder};
use crate::format::literal::{Bracket, Ints, Kind, Scanner};
use crate::{ByteOrder, Error, Hint, Result, Scalar};

impl DType {
    /// The text that stands for this dtype in the header of a `.npy` file: a Python literal.
    ///
    /// NumPy has no type for `bfloat16` and keeps such numbers as two opaque bytes; so does this.
    ///
    /// ```
    /// use arr_core::{DType, Scalar};
    /// assert_eq!(DType::native(Scalar::Bool).descr()?, "'|b1'");
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` for what has no such text: fields that overlap or are not in the order of their offsets,
    /// variable-length strings, and sub-arrays of strings or voids without a size.
    pub fn descr(&self) -> Result<String> {
        check_has_descr(self)?;
        Ok(Nested { dtype: self, target: Target::Header }.to_string())
    }

    /// Reads the `descr` of a `.npy` header, as NumPy reads it.
    ///
    /// # Errors
    /// `Malformed` for what NumPy does not take for a dtype either, placed at the part that is wrong.
    pub fn from_literal(scanner: &mut Scanner<'_>) -> Result<Self> {
        Reader { scanner, dialect: Dialect::NumPy }.dtype()
    }
}

/// A whole text that is a literal, in our own dialect.
pub(super) fn read_text(text: &str) -> Result<DType> {
    let mut scanner = Scanner::new(text);
    let dtype = Reader { scanner: &mut scanner, dialect: Dialect::Ours }.dtype()?;
    scanner.end()?;
    Ok(dtype)
}

/// The items of a type that NumPy knows only beside the package that adds it (ml_dtypes): bytes without a meaning, but for
/// bfloat16.
fn foreign(text: &str) -> Option<DType> {
    let order = if text.starts_with('>') { ByteOrder::Big } else { ByteOrder::Little };
    match text.trim_start_matches(['<', '>', '|', '=']) {
        "bfloat16" => Some(DType::Scalar(Scalar::BF16, order)),
        "f1" => Some(DType::Void(1)),
        name if name.starts_with("float8_") => Some(DType::Void(1)),
        _ => None,
    }
}

fn check_has_descr(dtype: &DType) -> Result<()> {
    match dtype {
        DType::Utf8 => Err(Error::unsupported(
            "NumPy's headers have no type for variable-length strings: cast them to U, as wide as the longest",
        )
        .with_hint(Hint::DType("U"))),
        DType::SubArray(sub) => match sub.base() {
            DType::Bytes(0) | DType::Void(0) | DType::Unicode(0, _) => {
                Err(Error::unsupported("NumPy's headers have no sub-arrays of items without a size"))
            }
            base => check_has_descr(base),
        },
        DType::Record(record) if !is_in_order(record) => {
            Err(Error::unsupported("NumPy's headers have no overlapping or out-of-order fields"))
        }
        DType::Record(record) => record.fields().iter().try_for_each(|field| {
            check_has_descr(field.dtype()).map_err(|error| error.in_path(field.name()))
        }),
        _ => Ok(()),
    }
}

/// A type string that is not looked up yet, because it may be a name after all; or a dtype.
enum Part<'a> {
    Text(Cow<'a, str>, usize),
    DType(DType),
}

/// The name of a field.
struct Name<'a> {
    title: Option<Cow<'a, str>>,
    name: Cow<'a, str>,
    /// False when it stood in a tuple, be it with `None` for a title: no hole is named that way.
    plain: bool,
}

/// An entry of a record's list, or a part of one: without lookahead, `('a', 'b')` may be a field or the title and
/// name of one, and `('a')` is just a name.
enum Entry<'a> {
    Name(Cow<'a, str>),
    Pair(Cow<'a, str>, Cow<'a, str>, usize),
    Untitled(Cow<'a, str>),
    Field(Name<'a>, DType),
}

/// What has been opened around the part that is being read.
enum Open<'a> {
    /// Parentheses, and where they open.
    Parentheses(usize),
    Record(Box<List<'a>>),
    Dict(Box<Dict>),
}

/// The fields of a record so far.
struct List<'a> {
    /// Where the list begins.
    mark: usize,
    builder: RecordBuilder,
    /// The first byte after the last field.
    end: usize,
    /// Where the field begins that is being read.
    field: usize,
    /// It is a list, in place of a tuple.
    is_in_list: bool,
    /// So many parentheses are open in it.
    opened: usize,
    /// Its name, when the next thing is a part.
    name: Option<Name<'a>>,
}

impl<'a> List<'a> {
    fn new(mark: usize) -> Self {
        let builder = RecordBuilder::default();
        Self { mark, builder, end: 0, field: mark, is_in_list: false, opened: 0, name: None }
    }

    fn add(&mut self, Name { title, name, plain }: Name<'a>, dtype: DType) {
        let (at, size) = (self.end, dtype.itemsize());
        let hole = plain && name.is_empty() && matches!(dtype, DType::Void(_) | DType::SubArray(_));
        if !hole {
            let builder = std::mem::take(&mut self.builder);
            self.builder = builder.field_at(name, title.map(Cow::into_owned), dtype, at);
        }
        self.end = at.saturating_add(size);
    }
}

struct Reader<'s, 'a> {
    scanner: &'s mut Scanner<'a>,
    dialect: Dialect,
}

impl<'a> Reader<'_, 'a> {
    fn dtype(&mut self) -> Result<DType> {
        let part = self.part()?;
        self.resolve(part)
    }

    fn resolve(&mut self, part: Part<'a>) -> Result<DType> {
        match part {
            Part::DType(dtype) => Ok(dtype),
            Part::Text(text, mark) => {
                // Each comma may begin another field.
                self.scanner.count_fields(text.bytes().filter(|byte| *byte == b',').count())?;
                let dtype = type_string(&text, self.dialect);
                let foreign = if self.scanner.is_lenient() { foreign(&text) } else { None };
                dtype.or_else(|message| foreign.ok_or_else(|| self.scanner.error_at(mark, message)))
            }
        }
    }

    /// Parts of parts are read in a loop: what is nested takes no room on the stack.
    fn part(&mut self) -> Result<Part<'a>> {
        let mut open = Vec::new();
        loop {
            let Some(mut part) = self.begin(&mut open)? else { continue };
            loop {
                part = match open.pop() {
                    None => return Ok(part),
                    Some(Open::Parentheses(mark)) => self.close_parentheses(part, mark)?,
                    Some(Open::Dict(mut dict)) => match self.take_format(&mut dict, part)? {
                        Some(dtype) => Part::DType(dtype),
                        None => {
                            open.push(Open::Dict(dict));
                            break;
                        }
                    },
                    Some(Open::Record(mut list)) => match self.take_part(&mut list, part)? {
                        Some(dtype) => Part::DType(dtype),
                        None => {
                            open.push(Open::Record(list));
                            break;
                        }
                    },
                };
            }
        }
    }

    /// Reads a part, or as much of it as there is before another part in it.
    fn begin(&mut self, open: &mut Vec<Open<'a>>) -> Result<Option<Part<'a>>> {
        match self.scanner.peek()? {
            Kind::String => self.text().map(Some),
            Kind::Open(Bracket::Paren) => {
                self.scanner.open(Bracket::Paren)?;
                open.push(Open::Parentheses(self.scanner.mark()));
                Ok(None)
            }
            Kind::Open(Bracket::Square) => {
                self.scanner.open(Bracket::Square)?;
                let mut list = Box::new(List::new(self.scanner.mark()));
                let dtype = self.fields(&mut list, None)?;
                if dtype.is_none() {
                    open.push(Open::Record(list));
                }
                Ok(dtype.map(Part::DType))
            }
            Kind::Open(Bracket::Brace) if self.dialect == Dialect::Ours => {
                let mut dict = Box::new(self.open_dict()?);
                let dtype = self.entries(&mut dict)?;
                if dtype.is_none() {
                    open.push(Open::Dict(dict));
                }
                Ok(dtype.map(Part::DType))
            }
            _ => Err(self.scanner.expected("a dtype: a string, a list or a tuple")),
        }
    }

    fn text(&mut self) -> Result<Part<'a>> {
        let mark = self.scanner.mark();
        Ok(Part::Text(self.scanner.string()?, mark))
    }

    /// What follows a part in parentheses, which make a sub-array of it, or are superfluous.
    fn close_parentheses(&mut self, base: Part<'a>, mark: usize) -> Result<Part<'a>> {
        if !self.scanner.comma()? {
            self.scanner.close(Bracket::Paren)?;
            return Ok(base);
        }
        let base = self.resolve(base)?;
        if self.scanner.skips_dict()? {
            self.scanner.comma()?;
            self.scanner.close(Bracket::Paren)?;
            return Ok(Part::DType(base));
        }
        let shape = self.scanner.ints()?;
        self.scanner.comma()?;
        self.scanner.close(Bracket::Paren)?;
        self.sub_array(base, &shape, mark).map(Part::DType)
    }

    fn sub_array(&self, base: DType, shape: &Ints, mark: usize) -> Result<DType> {
        sub_array(base, shape).map_err(|reason| self.scanner.error_at(mark, reason))
    }

    /// Reads fields of a record, the first of them behind what has been read of it, until the list ends or the next thing
    /// is a part.
    fn fields(&mut self, list: &mut List<'a>, mut begun: Option<Entry<'a>>) -> Result<Option<DType>> {
        loop {
            let entry = match begun.take() {
                Some(entry) => entry,
                None if self.scanner.closes(Bracket::Square)? => break,
                None => self.begin_field(list)?,
            };
            let Some(entry) = self.close_entry(list, entry)? else { return Ok(None) };
            if list.is_in_list {
                list.name = Some(self.name(entry)?);
                if !self.scanner.comma()? {
                    return Err(self.scanner.expected("`,` and the dtype of the field"));
                }
                return Ok(None);
            }
            self.add(entry, list)?;
            if !self.goes_on(list)? {
                break;
            }
        }
        self.close_list(list).map(Some)
    }

    /// The dtype of the field that is being read, and fields behind it.
    fn take_part(&mut self, list: &mut List<'a>, part: Part<'a>) -> Result<Option<DType>> {
        let name = list.name.take().ok_or_else(|| self.scanner.error("a dtype without a name"))?;
        if list.opened > 0 {
            list.opened -= 1;
            let entry = self.named_part(name, part)?;
            return self.fields(list, Some(entry));
        }
        let shape = self.optional_shape(Bracket::Square)?;
        let dtype = self.shaped(part, shape)?;
        list.add(name, dtype);
        if self.goes_on(list)? { self.fields(list, None) } else { self.close_list(list).map(Some) }
    }

    /// Reads the first string of a field, and the brackets before it. NumPy takes a list of two or three parts for a
    /// field as well.
    fn begin_field(&mut self, list: &mut List<'a>) -> Result<Entry<'a>> {
        self.scanner.count_fields(1)?;
        list.is_in_list = self.scanner.peek()? == Kind::Open(Bracket::Square);
        list.field = self.scanner.mark();
        list.opened = 0;
        if list.is_in_list {
            self.scanner.open(Bracket::Square)?;
        }
        loop {
            match self.scanner.peek()? {
                Kind::String => return self.scanner.string().map(Entry::Name),
                Kind::Open(Bracket::Paren) => self.scanner.open(Bracket::Paren)?,
                _ => return Err(self.scanner.expected("a field: a tuple of a name and a dtype")),
            }
            if self.scanner.none()? {
                return self.untitled();
            }
            list.opened += 1;
        }
    }

    /// Closes parentheses behind an entry, until one holds a part as well: then that comes next.
    fn close_entry(&mut self, list: &mut List<'a>, entry: Entry<'a>) -> Result<Option<Entry<'a>>> {
        while list.opened > 0 {
            if self.scanner.comma()? {
                list.name = Some(self.name(entry)?);
                return Ok(None);
            }
            self.scanner.close(Bracket::Paren)?;
            list.opened -= 1;
        }
        Ok(Some(entry))
    }

    /// Adds an entry that is a field to those of a record.
    fn add(&mut self, entry: Entry<'a>, list: &mut List<'a>) -> Result<()> {
        match entry {
            Entry::Field(name, dtype) => list.add(name, dtype),
            Entry::Pair(name, text, mark) => {
                let dtype = self.resolve(Part::Text(text, mark))?;
                list.add(Name { title: None, name, plain: true }, dtype);
            }
            Entry::Name(_) | Entry::Untitled(_) => {
                let message = "a field is a tuple of a name and a dtype, not just a name";
                return Err(self.scanner.error_at(list.field, message));
            }
        }
        Ok(())
    }

    /// Whether there is a comma behind a field.
    fn goes_on(&mut self, list: &List<'a>) -> Result<bool> {
        if list.end > MAX_ITEMSIZE {
            let message = format!("the record is longer than {MAX_ITEMSIZE} bytes");
            return Err(self.scanner.error_at(list.field, message));
        }
        self.scanner.comma()
    }

    fn close_list(&mut self, list: &mut List<'a>) -> Result<DType> {
        self.scanner.close(Bracket::Square)?;
        let record = std::mem::take(&mut list.builder).itemsize(list.end).build();
        record.map(DType::from).map_err(|error| self.scanner.error_at(list.mark, error.to_string()))
    }

    /// A name and what follows it in parentheses, of which the last is read here.
    fn named_part(&mut self, name: Name<'a>, part: Part<'a>) -> Result<Entry<'a>> {
        let shape = self.optional_shape(Bracket::Paren)?;
        Ok(match (part, shape) {
            (Part::Text(text, mark), None) if name.plain => Entry::Pair(name.name, text, mark),
            (part, shape) => Entry::Field(name, self.shaped(part, shape)?),
        })
    }

    /// What follows a `None` in the place of a title.
    fn untitled(&mut self) -> Result<Entry<'a>> {
        if !self.scanner.comma()? {
            return Err(self.scanner.expected("`,` and the name of the field"));
        }
        let name = self.scanner.string()?;
        self.scanner.comma()?;
        self.scanner.close(Bracket::Paren)?;
        Ok(Entry::Untitled(name))
    }

    fn name(&self, entry: Entry<'a>) -> Result<Name<'a>> {
        match entry {
            Entry::Name(name) => Ok(Name { title: None, name, plain: true }),
            Entry::Untitled(name) => Ok(Name { title: None, name, plain: false }),
            Entry::Pair(title, name, _) => Ok(Name { title: Some(title), name, plain: false }),
            Entry::Field(..) => {
                Err(self.scanner.error("the name of a field is a string, or a tuple of title and name"))
            }
        }
    }

    /// The shape and the closing bracket, or the bracket alone.
    fn optional_shape(&mut self, bracket: Bracket) -> Result<Option<(Ints, usize)>> {
        let mut shape = None;
        if self.scanner.comma()? && !self.scanner.closes(bracket)? {
            let mark = self.scanner.mark();
            shape = Some((self.scanner.ints()?, mark));
            self.scanner.comma()?;
        }
        self.scanner.close(bracket)?;
        Ok(shape)
    }

    fn shaped(&mut self, part: Part<'a>, shape: Option<(Ints, usize)>) -> Result<DType> {
        let dtype = self.resolve(part)?;
        match shape {
            Some((shape, mark)) => self.sub_array(dtype, &shape, mark),
            None => Ok(dtype),
        }
    }
}

#[cfg(test)]
mod tests;
