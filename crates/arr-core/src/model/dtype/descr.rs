//! The `descr` of a `.npy` header: a dtype as a Python literal (`dtype_to_descr` and `descr_to_dtype` in NumPy's
//! `_format_impl.py`).
//!
//! A simple dtype is its type string. A record is a list with one tuple a field: `('name', descr)` or
//! `('name', descr, shape)`, where the name may be a tuple `('title', 'name')`. Fields lie one after another; an
//! entry without a name whose type is void is a hole. A sub-array is a tuple `(descr, shape)`.

mod dict;

use std::borrow::Cow;

use super::parse::{Dialect, sub_array, type_string};
use super::print::{Nested, Target, is_in_order};
use super::{DType, MAX_ITEMSIZE, RecordBuilder};
use crate::format::literal::{Bracket, Ints, Kind, Scanner};
use crate::{Error, Hint, Result};

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
    Field(Box<(Name<'a>, DType)>),
}

/// The fields of a record so far.
#[derive(Default)]
struct Fields {
    builder: RecordBuilder,
    /// The first byte after the last one.
    end: usize,
}

impl Fields {
    #[inline(never)]
    fn add(&mut self, Name { title, name, plain }: Name<'_>, dtype: DType) {
        let (at, size) = (self.end, dtype.itemsize());
        let hole = plain && name.is_empty() && matches!(dtype, DType::Void(_) | DType::SubArray(_));
        if !hole {
            let builder = std::mem::take(&mut self.builder);
            self.builder = builder.field_at(name, title.map(Cow::into_owned), dtype, at);
        }
        self.end = at.saturating_add(size);
    }

    fn build(self) -> Result<DType> {
        self.builder.itemsize(self.end).build().map(DType::from)
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

    fn resolve(&self, part: Part<'a>) -> Result<DType> {
        match part {
            Part::DType(dtype) => Ok(dtype),
            Part::Text(text, mark) => {
                type_string(&text, self.dialect).map_err(|message| self.scanner.error_at(mark, message))
            }
        }
    }

    /// Parentheses are read in a loop, so that only records in records take room on the stack.
    fn part(&mut self) -> Result<Part<'a>> {
        let mut opened = Vec::new();
        while self.scanner.peek()? == Kind::Open(Bracket::Paren) {
            self.scanner.open(Bracket::Paren)?;
            opened.push(self.scanner.mark());
        }
        let mut part = match self.scanner.peek()? {
            Kind::String => self.text()?,
            Kind::Open(Bracket::Square) => self.record().map(Part::DType)?,
            Kind::Open(Bracket::Brace) if self.dialect == Dialect::Ours => self.dict().map(Part::DType)?,
            _ => return Err(self.scanner.expected("a dtype: a string, a list or a tuple")),
        };
        while let Some(mark) = opened.pop() {
            part = self.close_parentheses(part, mark)?;
        }
        Ok(part)
    }

    fn text(&mut self) -> Result<Part<'a>> {
        let mark = self.scanner.mark();
        Ok(Part::Text(self.scanner.string()?, mark))
    }

    /// What follows a part in parentheses, which make a sub-array of it, or are superfluous.
    #[inline(never)]
    fn close_parentheses(&mut self, base: Part<'a>, mark: usize) -> Result<Part<'a>> {
        if !self.scanner.comma()? {
            self.scanner.close(Bracket::Paren)?;
            return Ok(base);
        }
        let base = self.resolve(base)?;
        let shape = self.scanner.ints()?;
        self.scanner.comma()?;
        self.scanner.close(Bracket::Paren)?;
        self.sub_array(base, &shape, mark).map(Part::DType)
    }

    fn sub_array(&self, base: DType, shape: &Ints, mark: usize) -> Result<DType> {
        sub_array(base, shape).map_err(|reason| self.scanner.error_at(mark, reason))
    }

    /// The list of the fields of a record.
    fn record(&mut self) -> Result<DType> {
        self.scanner.open(Bracket::Square)?;
        let list = self.scanner.mark();
        let mut fields = Fields::default();
        while !self.scanner.closes(Bracket::Square)? {
            let mark = self.scanner.mark();
            self.field(&mut fields)?;
            if fields.end > MAX_ITEMSIZE {
                return Err(self.too_long(mark));
            }
            if !self.scanner.comma()? {
                break;
            }
        }
        self.scanner.close(Bracket::Square)?;
        fields.build().map_err(|error| self.scanner.error_at(list, error.to_string()))
    }

    #[cold]
    fn too_long(&self, mark: usize) -> Error {
        self.scanner.error_at(mark, format!("the record is longer than {MAX_ITEMSIZE} bytes"))
    }

    fn field(&mut self, fields: &mut Fields) -> Result<()> {
        if self.scanner.peek()? == Kind::Open(Bracket::Square) {
            return self.field_in_list(fields);
        }
        let mark = self.scanner.mark();
        let entry = self.entry()?;
        self.add(entry, mark, fields)
    }

    /// Adds an entry that is a field to those of a record.
    #[inline(never)]
    fn add(&self, entry: Entry<'a>, mark: usize, fields: &mut Fields) -> Result<()> {
        match entry {
            Entry::Field(field) => fields.add(field.0, field.1),
            Entry::Pair(name, text, mark) => {
                let dtype = self.resolve(Part::Text(text, mark))?;
                fields.add(Name { title: None, name, plain: true }, dtype);
            }
            Entry::Name(_) | Entry::Untitled(_) => {
                return Err(self
                    .scanner
                    .error_at(mark, "a field is a tuple of a name and a dtype, not just a name"));
            }
        }
        Ok(())
    }

    /// NumPy takes a list of two or three parts for a field as well.
    fn field_in_list(&mut self, fields: &mut Fields) -> Result<()> {
        self.scanner.open(Bracket::Square)?;
        let first = self.entry()?;
        let name = Box::new(self.name(first)?);
        if !self.scanner.comma()? {
            return Err(self.scanner.expected("`,` and the dtype of the field"));
        }
        let part = self.part()?;
        let dtype = self.finish(part, Bracket::Square)?;
        fields.add(*name, dtype);
        Ok(())
    }

    /// A string, or whatever the parentheses turn out to hold.
    fn entry(&mut self) -> Result<Entry<'a>> {
        let mut opened = 0usize;
        let mut entry = loop {
            match self.scanner.peek()? {
                Kind::String => break Entry::Name(self.scanner.string()?),
                Kind::Open(Bracket::Paren) => self.scanner.open(Bracket::Paren)?,
                _ => return Err(self.scanner.expected("a field: a tuple of a name and a dtype")),
            }
            if self.scanner.none()? {
                break self.untitled()?;
            }
            opened += 1;
        };
        for _ in 0..opened {
            if !self.scanner.comma()? {
                self.scanner.close(Bracket::Paren)?;
                continue;
            }
            let name = Box::new(self.name(entry)?);
            let part = self.part()?;
            entry = self.named_part(name, part)?;
        }
        Ok(entry)
    }

    /// A name and what follows it in parentheses, of which the last is read here.
    #[inline(never)]
    fn named_part(&mut self, name: Box<Name<'a>>, part: Part<'a>) -> Result<Entry<'a>> {
        let shape = self.optional_shape(Bracket::Paren)?;
        Ok(match (part, shape) {
            (Part::Text(text, mark), None) if name.plain => Entry::Pair(name.name, text, mark),
            (part, shape) => Entry::Field(Box::new((*name, self.shaped(part, shape)?))),
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

    #[inline(never)]
    fn finish(&mut self, part: Part<'a>, bracket: Bracket) -> Result<DType> {
        let shape = self.optional_shape(bracket)?;
        self.shaped(part, shape)
    }

    fn shaped(&self, part: Part<'a>, shape: Option<(Ints, usize)>) -> Result<DType> {
        let dtype = self.resolve(part)?;
        match shape {
            Some((shape, mark)) => self.sub_array(dtype, &shape, mark),
            None => Ok(dtype),
        }
    }
}

#[cfg(test)]
mod tests;
