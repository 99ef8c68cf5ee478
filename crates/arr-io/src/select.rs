//! Parts that are chosen by name: members, consecutive arrays, fields of records.

use std::collections::VecDeque;

use arr_core::format::{Block, Blocks, Content, Description, FormatInfo, Part, PartInfo, Reader, Selection};
use arr_core::{Array, Buffer, Contiguity, DType, Error, Mmap, Order, RecordType, Result};

/// A reader, of all parts of a file or of some.
#[derive(Debug)]
pub(crate) enum Chosen<'a> {
    All(Box<dyn Reader + 'a>),
    /// Parts that were asked for by name, and whether by a pattern.
    Some {
        reader: Box<dyn Reader + 'a>,
        parts: VecDeque<PartInfo>,
        is_pattern: bool,
    },
}

/// Finds what is asked for: a part by its key or place, a field of it after two colons; of a file with one array also a
/// field alone; of archives several parts by a pattern.
pub(crate) fn choose<'a>(
    mut reader: Box<dyn Reader + 'a>,
    info: &FormatInfo,
    name: &str,
) -> Result<Chosen<'a>> {
    let found = match reader.find(name) {
        Ok(part) => return Ok(Chosen::Some { reader, parts: [part].into(), is_pattern: false }),
        Err(error) => error,
    };
    if info.holds.has_keys() {
        if let Some((key, fields)) = name.rsplit_once("::") {
            let part = reader.find(key)?;
            return Ok(Fields::of(reader, part, fields, found));
        }
        if name.contains(['*', '?']) {
            let mut parts = VecDeque::new();
            while let Some(part) = reader.next_part()? {
                if part.counts() && part.key.as_deref().is_some_and(|key| matches(name, key)) {
                    parts.push_back(part);
                }
            }
            if !parts.is_empty() {
                return Ok(Chosen::Some { reader, parts, is_pattern: true });
            }
        }
        return Err(found);
    }
    let (place, fields) = name.rsplit_once("::").unwrap_or(("0", name));
    let Ok(part) = reader.find(place) else { return Err(found) };
    // What a stream is described with has passed.
    if reader.is_seekable() {
        let content = reader.describe(&part)?;
        let is_record = content.as_array().is_some_and(|what| matches!(what.dtype, DType::Record(_)));
        if !is_record {
            return Err(found);
        }
        if !name.contains("::") && reader.find("1").is_ok() {
            let message = format!("there are several arrays: name one of them, as 0::{name}");
            return Err(Error::invalid(message));
        }
    }
    Ok(Fields::of(reader, part, fields, found))
}

/// True when a pattern fits a text: `*` is any characters, `?` any one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    // The index of the last star, and how much of the text it takes.
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(place) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => {
                at += 1;
                place += 1;
            }
            _ => {
                let Some((back, taken)) = &mut star else { return false };
                *taken += 1;
                (at, place) = (*back + 1, *taken);
            }
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|letter| *letter == '*'))
}

/// A part whose array is seen through one field of its records, or some.
#[derive(Debug)]
struct Fields<'a> {
    reader: Box<dyn Reader + 'a>,
    /// The fields as they were asked for, and taken apart: a field may have a comma in its name.
    asked: String,
    names: Vec<String>,
    /// The error when there are no such fields.
    missing: Option<Error>,
}

impl<'a> Fields<'a> {
    fn of(reader: Box<dyn Reader + 'a>, part: PartInfo, fields: &str, missing: Error) -> Chosen<'a> {
        let names = fields.split(',').map(|name| name.trim().to_owned()).collect();
        let asked = fields.to_owned();
        let reader = Box::new(Self { reader, asked, names, missing: Some(missing) });
        Chosen::Some { reader, parts: [part].into(), is_pattern: false }
    }

    /// Takes a field whose name is just what was asked for.
    fn settle(&mut self, dtype: &DType) {
        if let DType::Record(record) = dtype {
            if record.fields().iter().any(|field| field.name() == self.asked) {
                self.names = vec![self.asked.clone()];
            }
        }
    }

    fn pick(&mut self, array: &Array) -> Result<Array> {
        self.settle(array.dtype());
        match pick(array, &self.names) {
            // It may be neither a member nor a field.
            Err(error) => Err(self.missing.take().unwrap_or(error)),
            picked => picked,
        }
    }
}

/// The field of that name, over the same bytes; of several fields an array of records of just those.
fn pick(array: &Array, names: &[String]) -> Result<Array> {
    if let [name] = names {
        let field = array.field(name)?;
        return Array::new(field.dtype().clone(), field.layout().clone(), array.storage().clone());
    }
    let dtype = DType::from(record_of(array.dtype(), names)?);
    let mut packed = Array::zeros(dtype, array.shape())?;
    for name in names {
        packed.field_mut(name)?.assign(&array.field(name)?)?;
    }
    Ok(packed.freeze())
}

/// The dtype of records of some fields, one after another.
fn record_of(dtype: &DType, names: &[String]) -> Result<RecordType> {
    let DType::Record(record) = dtype else {
        return Err(Error::mismatch(format!("items of {dtype} have no fields")));
    };
    let mut builder = RecordType::builder();
    for name in names {
        let field = record.fields().iter().find(|field| field.name() == name);
        let field = field.ok_or_else(|| Error::invalid(format!("there is no field '{name}'")))?;
        builder = builder.field(name.as_str(), field.dtype().clone());
    }
    builder.build()
}

/// The description of a field of the records of an array.
fn describe(what: Description, names: &[String]) -> Result<Description> {
    let record = record_of(&what.dtype, names)?;
    let (dtype, inner) = match (names.len(), record.fields().first().map(|field| field.dtype())) {
        (1, Some(DType::SubArray(sub))) => (sub.base().clone(), sub.shape().to_vec()),
        (1, Some(dtype)) => (dtype.clone(), Vec::new()),
        _ => (DType::from(record.clone()), Vec::new()),
    };
    let shape = [&what.shape[..], &inner].concat();
    let items = shape.iter().fold(1u64, |items, dim| items.saturating_mul(*dim as u64));
    let len = items.saturating_mul(dtype.itemsize() as u64);
    Ok(Description::new(dtype, &shape, Contiguity::Strided, what.data_offset, Some(len)))
}

impl Reader for Fields<'_> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        self.reader.next_part()
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        match self.reader.describe(part)? {
            Content::Array(what) => {
                self.settle(&what.dtype);
                let described = describe(what, &self.names);
                described.map(Content::Array).map_err(|error| self.missing.take().unwrap_or(error))
            }
            _ => Err(self.missing.take().unwrap_or_else(|| Error::invalid("it is not an array"))),
        }
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        let array = self.reader.read(part, what)?.into_array()?;
        self.pick(&array).map(Part::Array)
    }

    fn read_bytes(&mut self, _: &PartInfo) -> Result<Buffer> {
        Err(Error::unsupported("a field of records has no bytes of its own"))
    }

    fn is_seekable(&self) -> bool {
        self.reader.is_seekable()
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        if self.reader.is_seekable() {
            if let Content::Array(what) = self.reader.describe(part)? {
                self.settle(&what.dtype);
            }
        }
        let names = self.names.clone();
        Ok(Box::new(FieldBlocks { blocks: self.reader.blocks(part, order, size)?, names }))
    }

    fn map(&mut self, _: &PartInfo) -> Result<Array<Mmap>> {
        Err(Error::unsupported("map the records: their fields are seen in place"))
    }

    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        self.reader.faults(part)
    }

    fn position(&self) -> u64 {
        self.reader.position()
    }

    fn trailing(&mut self) -> Result<u64> {
        self.reader.trailing()
    }
}

/// The blocks of a field.
struct FieldBlocks<'s> {
    blocks: Box<dyn Blocks + 's>,
    names: Vec<String>,
}

impl Blocks for FieldBlocks<'_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(Block { array, place }) = self.blocks.next_block()? else { return Ok(None) };
        Ok(Some(Block { array: pick(&array, &self.names)?, place }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, text, fits) in [
            ("layer0/*", "layer0/w", true),
            ("layer0/*", "layer1/w", false),
            ("*/w", "a/b/w", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxaxxbxx", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
