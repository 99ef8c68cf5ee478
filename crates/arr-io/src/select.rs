//! Parts that are chosen by name: members, consecutive arrays, fields of records.

use std::collections::HashSet;
use std::ops::Range;

use arr_core::format::{
    Block, Blocks, Content, Description, FormatInfo, InMemory, Mapper, Part, PartInfo, Reader,
    SCATTERED_BLOCK, Selection, room,
};
use arr_core::{
    Array, Buffer, Contiguity, DType, Error, ErrorKind, Field, Layout, Mmap, Order, RecordBuilder,
    RecordType, Result, Slice, SliceItem,
};

/// The parts that are asked for by name, and whether they are one: a part by its key or place, a field of it after two
/// colons; of a file with one array also a field alone; of archives several parts by a pattern.
pub(crate) fn choose<'a>(
    mut reader: Box<dyn Reader + 'a>,
    info: &FormatInfo,
    name: &str,
) -> Result<(Chosen<'a>, bool)> {
    let found = match reader.find(name) {
        Ok(part) => return Ok((Chosen::of(reader, part), true)),
        Err(error) if error.kind() != ErrorKind::InvalidArgument => return Err(error),
        Err(error) => error,
    };
    if info.holds.has_keys() {
        if let Some((key, fields)) = name.rsplit_once("::") {
            let part = reader.find(key)?;
            return Ok((Chosen::of(reader, part).fields(fields), true));
        }
        let parts = by_pattern(&listed(reader.as_mut())?, name, found)?;
        return Ok((Chosen::parts(reader, parts), false));
    }
    let (place, fields) = name.rsplit_once("::").unwrap_or(("0", name));
    let part = match reader.find(place) {
        Err(error) if error.kind() == ErrorKind::InvalidArgument => return Err(found),
        part => part?,
    };
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
    Ok((Chosen::of(reader, part).fields(fields), true))
}

/// All parts that count.
pub(crate) fn listed(reader: &mut dyn Reader) -> Result<Vec<PartInfo>> {
    let mut parts = Vec::new();
    while let Some(part) = reader.next_part()? {
        if part.counts() {
            room::push(&mut parts, part)?;
        }
    }
    Ok(parts)
}

/// The parts whose keys a pattern fits; where there are none, `none` with a key that is like it.
pub(crate) fn by_pattern(parts: &[PartInfo], pattern: &str, none: Error) -> Result<Vec<PartInfo>> {
    let key = |part: &&PartInfo| part.key.as_deref().is_some_and(|key| matches(pattern, key));
    let mut found = Vec::new();
    parts.iter().filter(key).try_for_each(|part| room::push(&mut found, part.clone()))?;
    if found.is_empty() { Err(nearest_to(parts, pattern, none)) } else { Ok(found) }
}

/// The error of a name that no part has, with a key that is like it.
pub(crate) fn nearest_to(parts: &[PartInfo], name: &str, none: Error) -> Error {
    did_you_mean(none, nearest(name, parts.iter().filter_map(|part| part.key.as_deref())))
}

/// The name that is like the one that was asked for: it differs in the case of letters or has an extension besides, or no
/// more than a third of its letters are others.
fn nearest<'n>(asked: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let (most, lower) = ((asked.chars().count() / 3).max(1), asked.to_lowercase());
    let distance = |name: &str| {
        let is_stem = name.strip_prefix(asked).is_some_and(|rest| rest.starts_with('.'));
        match is_stem || name.to_lowercase() == lower {
            true => 0,
            false => strsim::damerau_levenshtein(asked, name),
        }
    };
    let near = names.map(|name| (distance(name), name));
    near.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
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

/// An error of a name that is not there, with one that is like it.
fn did_you_mean(error: Error, near: Option<&str>) -> Error {
    match near {
        Some(near) => Error::invalid(format!("{error}; did you mean '{near}'?")),
        None => error,
    }
}

/// A reader of some parts of a file, whose arrays may be seen through one field of their records, or some.
#[derive(Debug)]
pub(crate) struct Chosen<'a> {
    reader: Box<dyn Reader + 'a>,
    parts: Vec<PartInfo>,
    /// How many of them have been listed.
    listed: usize,
    fields: Option<Fields>,
}

impl<'a> Chosen<'a> {
    /// These parts, in the order of their places.
    pub(crate) fn parts(reader: Box<dyn Reader + 'a>, parts: Vec<PartInfo>) -> Self {
        Self { reader, parts, listed: 0, fields: None }
    }

    fn of(reader: Box<dyn Reader + 'a>, part: PartInfo) -> Self {
        Self { reader, parts: vec![part], listed: 0, fields: None }
    }

    fn fields(self, asked: &str) -> Self {
        let names = asked.split(',').map(|name| name.trim().to_owned()).collect();
        Self { fields: Some(Fields { asked: asked.to_owned(), names }), ..self }
    }
}

/// Fields as they were asked for, and taken apart: a field may have a comma in its name.
#[derive(Clone, Debug)]
struct Fields {
    asked: String,
    names: Vec<String>,
}

impl Fields {
    /// The fields of a dtype, in the order in which they were asked for.
    fn of<'d>(&self, dtype: &'d DType) -> Result<Vec<&'d Field>> {
        let Some(record) = dtype.as_record() else {
            let message =
                format!("the file has no part '{}', and items of {dtype} have no fields", self.asked);
            return Err(Error::invalid(message));
        };
        // A field whose name is just what was asked for comes first.
        if let Some(field) = record.field(&self.asked) {
            return Ok(vec![field]);
        }
        let names = || record.fields().iter().map(Field::name);
        let find = |name: &String| {
            record.field(name).ok_or_else(|| {
                let all = names().collect::<Vec<_>>().join(", ");
                let error = Error::invalid(format!("the dtype has no field '{name}'; it has: {all}"));
                did_you_mean(error, nearest(name, names()))
            })
        };
        self.names.iter().map(find).collect()
    }

    /// True when a slice names axes of sub-arrays, which are inside of the records.
    fn are_sliced(&self, reader: &mut dyn Reader, part: &PartInfo, slice: &Slice) -> Result<bool> {
        let records = records_of(reader, part)?;
        let (outer, rank) = (records.shape.len(), self.describe(&records)?.shape.len());
        Ok(rank > outer && !names_at_most(slice, outer))
    }

    /// The field, over the same bytes; of several fields an array of records of just those.
    fn pick(&self, array: &Array) -> Result<Array> {
        let fields = self.of(array.dtype())?;
        if let [field] = fields.as_slice() {
            let field = array.field(field.name())?;
            return Array::new(field.dtype().clone(), field.layout().clone(), array.storage().clone());
        }
        let mut packed = Array::zeros(record_of(&fields)?, array.shape())?;
        for field in fields {
            packed.field_mut(field.name())?.assign(&array.field(field.name())?)?;
        }
        Ok(packed.freeze())
    }

    /// What is said of the field. Other bytes lie between its items, so its data has no length in the file.
    fn describe(&self, what: &Description) -> Result<Description> {
        let fields = self.of(&what.dtype)?;
        let (dtype, inner) = match fields.as_slice() {
            [field] => match field.dtype() {
                DType::SubArray(sub) => (sub.item().clone(), sub.dims().to_vec()),
                dtype => (dtype.clone(), Vec::new()),
            },
            fields => (record_of(fields)?.into(), Vec::new()),
        };
        let itemsize = what.dtype.itemsize();
        let first = fields.iter().map(|field| field.offset() as u64).min().unwrap_or(0);
        let start = if what.is_packed { what.data_offset } else { what.data_offset.saturating_add(first) };
        let shape = [&what.shape[..], &inner].concat();
        let described = Description::new(dtype, &shape, Contiguity::Strided, start, None);
        let order = match what.order {
            Contiguity::C => Order::C,
            Contiguity::F => Order::F,
            Contiguity::Strided => return Ok(described.with_packed(what.is_packed)),
        };
        let records = Layout::contiguous(&what.shape, itemsize, order)?;
        let inside = Layout::contiguous(&inner, described.dtype.itemsize(), Order::C)?;
        let strides = [records.strides(), inside.strides()].concat();
        Ok(described.with_packed(what.is_packed).with_detail("strides", format!("{strides:?}, in bytes")))
    }
}

/// Records of some fields, one after another.
fn record_of(fields: &[&Field]) -> Result<RecordType> {
    let add = |builder: RecordBuilder, field: &&Field| builder.field(field.name(), field.dtype().clone());
    fields.iter().fold(RecordType::builder(), add).build()
}

impl Reader for Chosen<'_> {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        let part = self.parts.get(self.listed).cloned();
        self.listed += usize::from(part.is_some());
        Ok(part)
    }

    fn count(&self) -> Option<usize> {
        Some(self.parts.len())
    }

    fn listed(&self, place: usize) -> Result<PartInfo> {
        self.reader.listed(place)
    }

    fn describe(&mut self, part: &PartInfo) -> Result<Content> {
        match (self.reader.describe(part)?, &self.fields) {
            (Content::Array(what), Some(fields)) => fields.describe(&what).map(Content::Array),
            (content, _) => Ok(content),
        }
    }

    fn read(&mut self, part: &PartInfo, what: Selection<'_>) -> Result<Part> {
        let Some(fields) = &self.fields else { return self.reader.read(part, what) };
        if let Selection::Slice(slice) = what {
            if fields.are_sliced(self.reader.as_mut(), part, slice)? {
                let whole = fields.pick(&self.reader.read(part, Selection::All)?.into_array()?)?;
                let wanted = whole.slice(slice)?;
                return Ok(Part::Array(wanted.to_contiguous(wanted.natural_order())?));
            }
        }
        fields.pick(&self.reader.read(part, what)?.into_array()?).map(Part::Array)
    }

    fn ranges(&mut self, part: &PartInfo, slice: &Slice) -> Result<Vec<Range<u64>>> {
        let whole = Slice::from(Vec::new());
        let is_whole = match &self.fields {
            Some(fields) => fields.are_sliced(self.reader.as_mut(), part, slice)?,
            None => false,
        };
        self.reader.ranges(part, if is_whole { &whole } else { slice })
    }

    fn read_bytes(&mut self, part: &PartInfo) -> Result<Buffer> {
        match self.fields {
            Some(_) => Err(Error::unsupported("a field of records has no bytes of its own")),
            None => self.reader.read_bytes(part),
        }
    }

    fn is_seekable(&self) -> bool {
        self.reader.is_seekable()
    }

    fn blocks(&mut self, part: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let Some(fields) = &self.fields else { return self.reader.blocks(part, order, size) };
        let records = records_of(self.reader.as_mut(), part)?;
        let field = fields.describe(&records)?;
        let inside = field.shape.get(records.shape.len()..).unwrap_or_default();
        let inner = inside.len();
        let lies = if records.order == Contiguity::F { Order::F } else { Order::C };
        if inner > 0 && order.unwrap_or(lies) == Order::F {
            // Along the last axes, which are inside of the records, the first items of all records come first.
            let whole = fields.pick(&self.reader.read(part, Selection::All)?.into_array()?)?;
            return Ok(Box::new(InMemory::new(whole, order.unwrap_or(Order::C), size)));
        }
        // As many items as a block of the field alone has, so that two files are cut in equal places, unless the records are
        // much larger.
        let of_one = inside.iter().product::<usize>().saturating_mul(field.dtype.itemsize());
        let items = size / of_one.max(1);
        let scaled = items.max(1).saturating_mul(records.dtype.itemsize());
        let size = if scaled <= SCATTERED_BLOCK { scaled } else { size };
        let blocks = self.reader.blocks(part, order, size)?;
        Ok(Box::new(FieldBlocks { blocks, fields, inner }))
    }

    fn find(&mut self, key: &str) -> Result<PartInfo> {
        // Parts are in the order of their places, and the reader finds them faster than a walk over all.
        let found = self.reader.find(key).ok();
        let at = found.and_then(|part| self.parts.binary_search_by_key(&part.place, |part| part.place).ok());
        match at.and_then(|at| self.parts.get(at)) {
            Some(part) => Ok(part.clone()),
            None => Err(Error::invalid(format!("'{key}' is not one of the parts that were named"))),
        }
    }

    fn map(&mut self, part: &PartInfo, mapper: Mapper) -> Result<Array<Mmap>> {
        match self.fields {
            Some(_) => Err(Error::unsupported("map the records: their fields are seen in place")),
            None => self.reader.map(part, mapper),
        }
    }

    fn faults(&mut self, part: &PartInfo) -> Result<Vec<Error>> {
        self.reader.faults(part)
    }

    fn container_faults(&mut self) -> Result<Vec<Error>> {
        let faults = self.reader.container_faults()?;
        let names: Option<HashSet<&str>> =
            self.parts.iter().map(|part| Some(part.member.as_ref()?.name.as_str())).collect();
        let is_asked = |fault: &Error| match (fault.path(), &names) {
            (Some(path), Some(names)) => names.contains(path),
            _ => true,
        };
        Ok(faults.into_iter().filter(is_asked).collect())
    }

    /// Of a row all arrays are looked at, whichever was asked for.
    fn trailing(&mut self) -> Result<u64> {
        while self.reader.next_part()?.is_some() {}
        self.reader.trailing()
    }

    fn position(&self) -> u64 {
        self.reader.position()
    }
}

/// True when a slice names no more axes than so many, from the first on.
fn names_at_most(slice: &Slice, rank: usize) -> bool {
    let names = |item: &&SliceItem| matches!(item, SliceItem::Index(_) | SliceItem::Range { .. });
    slice.items().iter().filter(names).count() <= rank && !slice.items().contains(&SliceItem::Ellipsis)
}

/// What is said of the records of a part.
fn records_of(reader: &mut dyn Reader, part: &PartInfo) -> Result<Description> {
    let content = reader.describe(part)?;
    content.as_array().cloned().ok_or_else(|| Error::invalid("a part without records has no fields"))
}

/// The blocks of a field.
struct FieldBlocks<'s> {
    blocks: Box<dyn Blocks + 's>,
    fields: &'s Fields,
    /// How many axes are inside of the records.
    inner: usize,
}

impl Blocks for FieldBlocks<'_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(Block { array, place }) = self.blocks.next_block()? else { return Ok(None) };
        Ok(Some(Block { array: self.fields.pick(&array)?, place: place.with_whole_axes(self.inner) }))
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

    #[cfg(feature = "npy")]
    #[test]
    fn fields_of_sub_arrays_are_read_in_blocks_and_slices() {
        use crate::{Input, OpenOptions};
        let dtype: DType = "[('x', '<f4'), ('y', '<i2', (2, 3)), ('z', '|u1')]".parse().unwrap();
        let shape = [7, 2];
        for order in [Order::C, Order::F] {
            let layout = Layout::contiguous(&shape, dtype.itemsize(), order).unwrap();
            let bytes: Vec<u8> = (0..=250u8).cycle().step_by(7).take(14 * dtype.itemsize()).collect();
            let records = Array::new(dtype.clone(), layout, Buffer::from_vec(bytes)).unwrap();
            let file = arr_npy::to_bytes(&records).unwrap();
            for name in ["x", "y", "x,z"] {
                let options = OpenOptions::new().member(name);
                let parts = || options.parts_of(Input::from_bytes(&file), None).unwrap();
                let mut whole = parts();
                let part = whole.next_part().unwrap().unwrap();
                let wanted = whole.read(&part).unwrap().into_array().unwrap();
                for text in ["1", ":, 1", "..., 0", ":, :, 1", "2:, None, -1", "1, 1, 0, ::2"] {
                    let slice: Slice = text.parse().unwrap();
                    let mut parts = parts();
                    let part = parts.next_part().unwrap().unwrap();
                    match (parts.read_slice(&part, &slice), wanted.slice(&slice)) {
                        (Ok(found), Ok(wanted)) => {
                            assert!(found.into_array().unwrap().items().eq(wanted.items()), "{name} {text}");
                        }
                        (found, wanted) => assert!(found.is_err() && wanted.is_err(), "{name} {text}"),
                    }
                }
                let cuts = [1, 40, 100, 10_000].map(|size| [(Order::C, size), (Order::F, size)]);
                for (wanted_order, size) in cuts.concat() {
                    let mut parts = parts();
                    let part = parts.next_part().unwrap().unwrap();
                    let mut blocks = parts.blocks_of(&part, Some(wanted_order), size).unwrap();
                    let mut items = Vec::new();
                    while let Some(block) = blocks.next_block().unwrap() {
                        let part = wanted.slice(block.place.slice()).unwrap();
                        assert!(part.items().eq(block.array.items()), "{name} {order:?} {size}");
                        let block = block.array.to_contiguous(wanted_order).unwrap();
                        items.extend_from_slice(block.as_bytes(wanted_order).unwrap());
                    }
                    let all = wanted.to_contiguous(wanted_order).unwrap();
                    assert_eq!(items, all.as_bytes(wanted_order).unwrap(), "{name} {order:?} {size}");
                }
            }
        }
    }
}
