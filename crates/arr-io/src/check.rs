//! Checking: reads a whole file and lists its faults.

use std::collections::HashMap;
use std::path::Path;

use arr_core::format::{Blocks, Content, Description, Part, PartInfo, Reader, Source, in_file, unravel};
use arr_core::{Array, Contiguity, DType, Error, ErrorKind, Result, Scalar, Storage};

use crate::objects::Objects;
use crate::open::in_format;
use crate::parts::key_of;
use crate::watch::tell;
use crate::{OpenOptions, Parts, Watch};

/// The size of the blocks that are read.
const PIECE: usize = 1 << 20;

/// What was found in a file, or in a member of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Checked {
    /// The key of the member; nothing for the file itself, to which the arrays of a row belong.
    pub name: Option<String>,
    /// What is wrong with it.
    pub faults: Vec<Error>,
    /// What its items are when they are objects: these are not decoded, so that only the rest was checked.
    pub undecoded: Option<DType>,
}

impl Checked {
    fn new(name: Option<String>) -> Self {
        Self { name, faults: Vec::new(), undecoded: None }
    }
}

impl OpenOptions<'_> {
    /// Reads a whole file and lists its faults: that it is not an array file, data that is shorter or longer than its
    /// description says, checksums, bytes that are not a boolean, code units that are not a character, strings that are
    /// not UTF-8. An empty list means that it is sound, as far as it can be decoded.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("x.npy");
    /// # arr_io::save(&path, &vec![true, false])?;
    /// let mut bytes = std::fs::read(&path)?;
    /// bytes.push(7);
    /// std::fs::write(&path, bytes)?;
    /// let faults = arr_io::OpenOptions::new().check(&path, &mut ())?;
    /// assert_eq!(faults.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What keeps it from being judged: `Io`, `LimitExceeded`, `InvalidArgument`. Data that is malformed or not read is a
    /// finding.
    pub fn check(&self, path: impl AsRef<Path>, watch: &mut dyn Watch) -> Result<Vec<Error>> {
        let path = path.as_ref();
        in_file(path, self.check_of(arr_core::Input::open(path)?, Some(path), watch))
    }

    /// [`check`](Self::check) of an open file, a stream, or all files of a multi-file array.
    ///
    /// # Errors
    /// As `check`.
    pub fn check_of<'a>(
        &self,
        source: impl Into<Source<'a>>,
        path: Option<&Path>,
        watch: &mut dyn Watch,
    ) -> Result<Vec<Error>> {
        let checked = self.check_parts_of(source, path, watch)?;
        Ok(checked.into_iter().flat_map(|checked| checked.faults).collect())
    }

    /// [`check_of`](Self::check_of), telling the file from its members: the file comes first.
    ///
    /// # Errors
    /// As `check`.
    pub fn check_parts_of<'a>(
        &self,
        source: impl Into<Source<'a>>,
        path: Option<&Path>,
        watch: &mut dyn Watch,
    ) -> Result<Vec<Checked>> {
        let mut all = Vec::new();
        self.check_each_of(source, path, watch, &mut |checked: Checked| {
            all.push(checked);
            Ok::<(), Error>(())
        })?;
        // The file was judged when all of its members were.
        all.rotate_right(1);
        Ok(all)
    }

    /// [`check_parts_of`](Self::check_parts_of), handing on what was found of each member as soon as it is known, and at
    /// last what was found of the file itself. Nothing is held but names that occur twice.
    ///
    /// # Errors
    /// As `check`, and what `each` returns.
    pub fn check_each_of<'a, E: From<Error>>(
        &self,
        source: impl Into<Source<'a>>,
        path: Option<&Path>,
        watch: &mut dyn Watch,
        each: &mut dyn FnMut(Checked) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.parts_of(source, path) {
            Ok(parts) => parts.check(watch, each),
            Err(mut error) => {
                let mut faults = error.take_earlier();
                let judged = fault(error).map(|fault| faults.push(fault));
                if !faults.is_empty() {
                    each(Checked { faults, ..Checked::new(None) })?;
                }
                Ok(judged?)
            }
        }
    }
}

/// The error, if it is one of the file's.
fn fault(error: Error) -> Result<Error> {
    if matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported) { Ok(error) } else { Err(error) }
}

impl Parts<'_> {
    /// Reads everything that is left: see [`OpenOptions::check_each_of`].
    ///
    /// # Errors
    /// As [`OpenOptions::check`], and what `each` returns.
    pub fn check<E: From<Error>>(
        mut self,
        watch: &mut dyn Watch,
        each: &mut dyn FnMut(Checked) -> Result<(), E>,
    ) -> Result<(), E> {
        let (format, has_keys) = (self.format(), self.has_keys());
        let mut each = |mut checked: Checked| {
            let faults = std::mem::take(&mut checked.faults);
            checked.faults = faults.into_iter().map(|fault| in_format(fault, format.name)).collect();
            each(checked)
        };
        let objects = self.objects();
        let reader = self.raw();
        let mut file = Checked::new(None);
        let container = reader.container_faults().or_else(|error| fault(error).map(|fault| vec![fault]))?;
        match has_keys {
            true => check_members(reader, objects.as_ref(), container, &mut file, watch, &mut each)?,
            false => {
                file.faults = container;
                let found = find_in_row(reader, objects.as_ref(), format.capabilities.map, &mut file, watch);
                file.faults.extend(found.err().map(fault).transpose()?);
            }
        }
        each(file)
    }
}

/// Looks at the members of an archive. A fault of a name belongs to the member that counts, and is kept until it comes.
fn check_members<E: From<Error>>(
    reader: &mut dyn Reader,
    objects: Option<&Objects>,
    container: Vec<Error>,
    file: &mut Checked,
    watch: &mut dyn Watch,
    each: &mut dyn FnMut(Checked) -> Result<(), E>,
) -> Result<(), E> {
    let mut named: HashMap<String, Vec<Error>> = HashMap::new();
    for fault in container {
        match fault.path().map(str::to_owned) {
            Some(name) => named.entry(name).or_default().push(fault),
            None => file.faults.push(fault),
        }
    }
    let mut done = 0;
    loop {
        let part = match reader.next_part() {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(error) => {
                file.faults.push(fault(error)?);
                break;
            }
        };
        tell(watch, done)?;
        let found = reader.faults(&part).or_else(|error| fault(error).map(|fault| vec![fault]))?;
        let Some(member) = part.member.as_ref().filter(|_| part.counts()) else {
            match &part.member {
                Some(member) if part.is_replaced => {
                    named.entry(member.name.clone()).or_default().extend(found)
                }
                _ => file.faults.extend(found),
            }
            continue;
        };
        done = done.saturating_add(member.packed_len);
        let mut checked = Checked::new(Some(key_of(&part)?.to_owned()));
        find_in_member(reader, objects, &part, &member.name, &mut checked)?;
        checked.faults.extend(named.remove(&member.name).into_iter().flatten());
        checked.faults.extend(found);
        each(checked)?;
    }
    file.faults.extend(named.into_values().flatten());
    Ok(())
}

/// Looks at the items of a member. What keeps it from being read is a fault of the container.
fn find_in_member(
    reader: &mut dyn Reader,
    objects: Option<&Objects>,
    part: &PartInfo,
    name: &str,
    checked: &mut Checked,
) -> Result<()> {
    let Ok(Content::Array(what)) = reader.describe(part) else { return Ok(()) };
    if holds_objects(&what.dtype) {
        match in_objects(reader, objects, part)? {
            Some(found) => checked.faults.extend(found.into_iter().map(|fault| fault.in_path(name))),
            None => checked.undecoded = Some(what.dtype),
        }
        return Ok(());
    }
    if !has_invalid_values(&what.dtype) {
        return Ok(());
    }
    let mut found = Vec::new();
    let read = match reader.blocks(part, None, PIECE) {
        Ok(mut blocks) => find_in_blocks(blocks.as_mut(), 0, &mut found, &mut ()),
        Err(error) => Err(error),
    };
    if read.is_ok() {
        checked.faults.extend(found.into_iter().map(|fault| fault.in_path(name)));
    }
    Ok(())
}

/// What is wrong with the objects of an array; nothing where they can't be looked into: their format is not known, or the bytes
/// are not there, of which the container tells.
///
/// # Errors
/// What keeps them from being judged, such as a limit.
fn in_objects(
    reader: &mut dyn Reader,
    objects: Option<&Objects>,
    part: &PartInfo,
) -> Result<Option<Vec<Error>>> {
    let Some(objects) = objects else { return Ok(None) };
    match reader.read_bytes(part) {
        Ok(bytes) => objects.faults(bytes).or_else(|error| fault(error).map(|fault| vec![fault])).map(Some),
        Err(error) => fault(error).map(|_| None),
    }
}

/// Checks arrays one after another, and at what stands behind the last one.
fn find_in_row(
    reader: &mut dyn Reader,
    objects: Option<&Objects>,
    is_in_file: bool,
    file: &mut Checked,
    watch: &mut dyn Watch,
) -> Result<()> {
    let mut done = 0;
    while let Some(part) = reader.next_part()? {
        tell(watch, done)?;
        file.faults.extend(reader.faults(&part)?);
        find_in_array(reader, objects, &part, is_in_file, file, watch)?;
        done = reader.position();
    }
    let end = reader.position();
    let rest = reader.trailing()?;
    // Of objects nothing is stepped over.
    if file.undecoded.is_some() && reader.position() == done {
        file.faults.push(Error::malformed("the data of the array is missing").at(end));
    }
    if rest > 0 {
        let message = format!("{rest} bytes follow the data that the header describes");
        file.faults.push(Error::trailing(message).at(end));
    }
    Ok(())
}

/// Reads the next of several consecutive arrays, and finds the faults of its items. No more than a block is kept, where
/// the format allows it.
fn find_in_array(
    reader: &mut dyn Reader,
    objects: Option<&Objects>,
    part: &PartInfo,
    is_in_file: bool,
    file: &mut Checked,
    watch: &mut dyn Watch,
) -> Result<()> {
    let what = match reader.is_seekable() {
        true => reader.describe(part)?.into_array(),
        false => None,
    };
    let data_offset = what.as_ref().map_or(0, |what| what.data_offset);
    let mut found = Vec::new();
    match &what {
        // Behind another array, they go on to the end of the file.
        Some(what) if holds_objects(&what.dtype) => {
            match in_objects(reader, objects, part)? {
                Some(found) => file.faults.extend(found),
                None => file.undecoded = Some(what.dtype.clone()),
            }
            return Ok(());
        }
        // Listing the next part steps over the data, and fails where it is cut short.
        Some(what) if is_sound_as_it_is(what) => return Ok(()),
        Some(what)
            if what.order == Contiguity::Strided
                || what.dtype.itemsize() == 0
                || what.dtype == DType::Utf8 =>
        {
            if let Part::Array(array) = reader.read(part, Default::default())? {
                found = bad_values(&array)?.into_iter().map(|bad| bad.into_error(data_offset)).collect();
            }
        }
        _ => {
            let mut blocks = reader.blocks(part, None, PIECE)?;
            find_in_blocks(blocks.as_mut(), data_offset, &mut found, watch)?;
        }
    }
    let is_packed = what.as_ref().is_some_and(|what| what.is_packed);
    let is_decoded = what.as_ref().is_some_and(|what| what.data_len.is_none());
    let place = |fault: Error| match is_in_file && !is_packed && !is_decoded {
        true => fault,
        false if is_packed => without_place(&fault).at(data_offset),
        false => without_place(&fault),
    };
    file.faults.extend(found.into_iter().map(place));
    Ok(())
}

/// True when any bytes are values and lie in the file as they are: to step over them is to read them.
fn is_sound_as_it_is(what: &Description) -> bool {
    what.data_len.is_some()
        && what.dtype.itemsize() > 0
        && !what.is_packed
        && !has_invalid_values(&what.dtype)
}

/// The first value of each field, in C order, that is not a value of its dtype, in blocks that follow one another from
/// byte `start` on.
fn find_in_blocks(
    blocks: &mut dyn Blocks,
    start: u64,
    found: &mut Vec<Error>,
    watch: &mut dyn Watch,
) -> Result<()> {
    let mut first: Vec<(Bad, u64)> = Vec::new();
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    let mut at = start;
    while let Some(block) = blocks.next_block()? {
        let rank = block.array.ndim();
        for mut bad in bad_values(&block.array)? {
            let inner = bad.index.split_off(rank.min(bad.index.len()));
            bad.index = [block.place.index(&bad.index), inner].concat();
            match places.get(&bad.path).and_then(|place| first.get_mut(*place)) {
                Some(known) if bad.index < known.0.index => *known = (bad, at),
                Some(_) => {}
                None => {
                    places.insert(bad.path.clone(), first.len());
                    first.push((bad, at));
                }
            }
        }
        at += block.array.nbytes() as u64;
        tell(watch, at)?;
    }
    found.extend(first.into_iter().map(|(bad, at)| bad.into_error(at)));
    Ok(())
}

/// The fault of a value that does not lie in the file as it does in memory.
fn without_place(fault: &Error) -> Error {
    let text = fault.to_string();
    let end = fault.offset().map(|offset| format!(" (at byte {offset})")).unwrap_or_default();
    Error::new(fault.kind(), text.strip_suffix(&end).unwrap_or(&text).to_owned())
}

/// True when items are objects, or records that hold some.
pub(crate) fn holds_objects(dtype: &DType) -> bool {
    // The references of texts are to bytes beside them.
    dtype.has_references() && *dtype != DType::Utf8
}

/// True when some bytes are not a value of the dtype.
fn has_invalid_values(dtype: &DType) -> bool {
    match dtype {
        DType::Scalar(Scalar::Bool, _) | DType::Unicode(..) | DType::Utf8 => true,
        DType::Record(record) => record.fields().iter().any(|field| has_invalid_values(field.dtype())),
        DType::SubArray(sub) => has_invalid_values(sub.base()),
        _ => false,
    }
}

/// A value that is not one of its dtype.
#[derive(Debug)]
struct Bad {
    /// The fields that lead to it, the outermost first.
    path: Vec<String>,
    index: Vec<usize>,
    /// The bad byte, counted from the array's first.
    offset: Option<usize>,
    what: String,
}

impl Bad {
    /// The fault of an array whose first byte is byte `start`.
    fn into_error(self, start: u64) -> Error {
        let fault = match self.offset {
            Some(offset) => Error::malformed(format!("{}, in item {:?}", self.what, self.index))
                .at(start.saturating_add(offset as u64)),
            None => Error::malformed(self.what),
        };
        self.path.iter().rev().fold(fault, |fault, name| fault.in_path(name))
    }
}

/// The first value of each part of an array that is not a value of its dtype.
fn bad_values<S: Storage>(array: &Array<S>) -> Result<Vec<Bad>> {
    match array.dtype() {
        DType::Scalar(Scalar::Bool, _) => {
            // Nearly always there is none, which is found out at once.
            let bytes = array.as_bytes(array.natural_order());
            if bytes.is_some_and(|bytes| bytes.iter().all(|byte| *byte <= 1)) {
                return Ok(Vec::new());
            }
            Ok(first_bad(array, "a boolean is neither 0 nor 1", |item| {
                item.iter().position(|byte| *byte > 1)
            }))
        }
        DType::Unicode(_, order) => {
            let little = *order == arr_core::ByteOrder::Little;
            let is_character = |unit: &[u8]| {
                let unit = <[u8; 4]>::try_from(unit).ok();
                let code =
                    unit.map(|unit| if little { u32::from_le_bytes(unit) } else { u32::from_be_bytes(unit) });
                code.is_some_and(|code| char::from_u32(code).is_some())
            };
            Ok(first_bad(array, "a code unit is not a Unicode character", |item| {
                item.chunks_exact(4).position(|unit| !is_character(unit)).map(|unit| unit * 4)
            }))
        }
        DType::Utf8 => {
            let fault = array.texts()?.find_map(Result::err);
            let bad = |fault: Error| Bad {
                path: Vec::new(),
                index: Vec::new(),
                offset: None,
                what: fault.to_string(),
            };
            Ok(fault.map(bad).into_iter().collect())
        }
        DType::Record(_) => {
            let mut found = Vec::new();
            for (field, column) in array.fields() {
                for mut bad in bad_values(&column?)? {
                    bad.path.insert(0, field.name().to_owned());
                    found.push(bad);
                }
            }
            Ok(found)
        }
        _ => Ok(Vec::new()),
    }
}

/// The first item, in C order, in which `find` sees a bad byte.
fn first_bad<S: Storage>(array: &Array<S>, what: &str, find: impl Fn(&[u8]) -> Option<usize>) -> Vec<Bad> {
    let bad = array.items().enumerate().find_map(|(at, item)| find(item).map(|byte| (at, byte)));
    let Some((at, byte)) = bad else { return Vec::new() };
    let index = unravel(array.shape(), at);
    let offset = array.layout().position(&index).map(|position| position + byte);
    vec![Bad { path: Vec::new(), index, offset, what: what.to_owned() }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use arr_core::{Order, RecordType};

    fn value_faults<S: Storage>(array: &Array<S>) -> Result<Vec<Error>> {
        Ok(bad_values(array)?.into_iter().map(|bad| bad.into_error(0)).collect())
    }

    #[cfg(feature = "nd4j")]
    #[test]
    fn arrays_that_lie_in_place_are_checked_without_being_held() {
        use arr_binary::format::{Nd4jAeronChunk, Nd4jAeronMessage, Nd4jFlatArray};
        use arr_conformance::door;
        use arr_core::Input;
        use arr_core::format::{Format, Writing};
        let few = arr_core::Limits::default().max_bytes(1000);
        for order in [Order::C, Order::F] {
            let mut items = vec![1u8; 600 << 10];
            for bad in [(500 << 10) + 3, (400 << 10) + 1, (300 << 10) + 2] {
                items[bad] = 2;
            }
            for dtype in [DType::native(Scalar::Bool), DType::native(Scalar::U8)] {
                let array = Array::contiguous(dtype.clone(), &[600, 1024], order, &items[..]).unwrap();
                for format in [&Nd4jAeronMessage as &dyn Format, &Nd4jAeronChunk, &Nd4jFlatArray] {
                    let bytes = door::write(format, &array.view(), &Writing::new()).unwrap();
                    let find = |input: Input<'_>| {
                        let options = OpenOptions::new().format(format.info().name).limits(few.clone());
                        options.check_of(input, None, &mut ())
                    };
                    let faults: Vec<_> = find(Input::from_bytes(&bytes)).unwrap();
                    let read = value_faults(&door::read(format, Input::from_bytes(&bytes)).unwrap()).unwrap();
                    assert_eq!(faults.len(), read.len());
                    for (fault, read) in faults.iter().zip(&read) {
                        let (fault, read) = (fault.to_string(), read.to_string());
                        let (read, _) = read.split_once(" (at").unwrap();
                        assert!(fault.contains(read), "{fault} {read}");
                    }
                    if let Some(at) = faults.first().and_then(Error::offset) {
                        assert_eq!(bytes[usize::try_from(at).unwrap()], 2);
                    }
                    assert_eq!(
                        find(Input::from_reader(&bytes[..])).unwrap_err().kind(),
                        ErrorKind::LimitExceeded
                    );
                    // What is cut short, and what belongs to nothing, is found as before.
                    let cut = &bytes[..bytes.len() - (100 << 10)];
                    let faults = find(Input::from_bytes(cut)).unwrap();
                    assert_eq!(faults.last().map(Error::kind), Some(ErrorKind::Malformed));
                    let longer = [&bytes[..], &[7; 24]].concat();
                    assert_eq!(find(Input::from_bytes(&longer)).unwrap().len(), read.len() + 1);
                }
            }
        }
    }

    #[test]
    fn bad_values_are_found_where_they_are() {
        let record = RecordType::builder()
            .field("n", DType::Void(3))
            .field("ok", DType::native(Scalar::Bool))
            .build()
            .unwrap();
        let bytes = [9, 9, 9, 1, 9, 9, 9, 7];
        let array = Array::contiguous(record.into(), &[2], Order::C, &bytes[..]).unwrap();
        let faults = value_faults(&array).unwrap();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].to_string(), "ok: a boolean is neither 0 nor 1, in item [1] (at byte 7)");
        let lone: Vec<u8> = [0x41u32, 0xD800].iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let dtype = DType::Unicode(2, arr_core::ByteOrder::Big);
        let text = Array::contiguous(dtype, &[1], Order::C, &lone[..]).unwrap();
        assert_eq!(value_faults(&text).unwrap()[0].offset(), Some(4));
    }
}
