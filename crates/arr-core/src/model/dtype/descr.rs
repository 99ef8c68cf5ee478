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
use super::{DType, MAX_ITEMSIZE, RecordType};
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
    Field(Name<'a>, DType),
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
                type_string(&text, self.dialect).map_err(|message| self.scanner.error_at(mark, message))
            }
        }
    }

    fn part(&mut self) -> Result<Part<'a>> {
        match self.scanner.peek()? {
            Kind::String => {
                let mark = self.scanner.mark();
                Ok(Part::Text(self.scanner.string()?, mark))
            }
            Kind::Open(Bracket::Square) => self.record().map(Part::DType),
            Kind::Open(Bracket::Paren) => self.part_in_parentheses(),
            Kind::Open(Bracket::Brace) if self.dialect == Dialect::Ours => self.dict().map(Part::DType),
            _ => Err(self.scanner.expected("a dtype: a string, a list or a tuple")),
        }
    }

    /// A sub-array, or superfluous parentheses.
    fn part_in_parentheses(&mut self) -> Result<Part<'a>> {
        self.scanner.open(Bracket::Paren)?;
        let mark = self.scanner.mark();
        let base = self.part()?;
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
        let (mut builder, mut offset) = (RecordType::builder(), 0usize);
        while !self.scanner.closes(Bracket::Square)? {
            let mark = self.scanner.mark();
            self.scanner.count_fields(1)?;
            let (Name { title, name, plain }, dtype) = self.field()?;
            let size = dtype.itemsize();
            let hole = plain && name.is_empty() && matches!(dtype, DType::Void(_) | DType::SubArray(_));
            if !hole {
                builder = builder.field_at(name, title.map(Cow::into_owned), dtype, offset);
            }
            offset = offset.saturating_add(size);
            if offset > MAX_ITEMSIZE {
                return Err(self
                    .scanner
                    .error_at(mark, format!("the record is longer than {MAX_ITEMSIZE} bytes")));
            }
            if !self.scanner.comma()? {
                break;
            }
        }
        self.scanner.close(Bracket::Square)?;
        let record = builder.itemsize(offset).build();
        record.map(DType::from).map_err(|error| self.scanner.error_at(list, error.to_string()))
    }

    fn field(&mut self) -> Result<(Name<'a>, DType)> {
        if self.scanner.peek()? == Kind::Open(Bracket::Square) {
            return self.field_in_list();
        }
        let mark = self.scanner.mark();
        match self.entry()? {
            Entry::Field(name, dtype) => Ok((name, dtype)),
            Entry::Pair(name, text, mark) => {
                let dtype = self.resolve(Part::Text(text, mark))?;
                Ok((Name { title: None, name, plain: true }, dtype))
            }
            Entry::Name(_) | Entry::Untitled(_) => {
                Err(self.scanner.error_at(mark, "a field is a tuple of a name and a dtype, not just a name"))
            }
        }
    }

    /// NumPy takes a list of two or three parts for a field as well.
    fn field_in_list(&mut self) -> Result<(Name<'a>, DType)> {
        self.scanner.open(Bracket::Square)?;
        let first = self.entry()?;
        let name = self.name(first)?;
        if !self.scanner.comma()? {
            return Err(self.scanner.expected("`,` and the dtype of the field"));
        }
        let part = self.part()?;
        let (part, shape) = (part, self.optional_shape(Bracket::Square)?);
        let dtype = self.finish(part, shape)?;
        Ok((name, dtype))
    }

    /// A string, or whatever the parentheses turn out to hold.
    fn entry(&mut self) -> Result<Entry<'a>> {
        match self.scanner.peek()? {
            Kind::String => return self.scanner.string().map(Entry::Name),
            Kind::Open(Bracket::Paren) => self.scanner.open(Bracket::Paren)?,
            _ => return Err(self.scanner.expected("a field: a tuple of a name and a dtype")),
        }
        if self.scanner.none()? {
            return self.untitled();
        }
        let first = self.entry()?;
        if !self.scanner.comma()? {
            self.scanner.close(Bracket::Paren)?;
            return Ok(first);
        }
        let name = self.name(first)?;
        let part = self.part()?;
        let shape = self.optional_shape(Bracket::Paren)?;
        match (part, shape) {
            (Part::Text(text, mark), None) if name.plain => Ok(Entry::Pair(name.name, text, mark)),
            (part, shape) => Ok(Entry::Field(name, self.finish(part, shape)?)),
        }
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

    fn finish(&mut self, part: Part<'a>, shape: Option<(Ints, usize)>) -> Result<DType> {
        let dtype = self.resolve(part)?;
        match shape {
            Some((shape, mark)) => self.sub_array(dtype, &shape, mark),
            None => Ok(dtype),
        }
    }
}

#[cfg(test)]
mod tests;
