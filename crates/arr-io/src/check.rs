//! Reading everything and saying what is wrong.

use std::path::Path;

use arr_core::format::{Archive, Description, Format, RandomAccess};
use arr_core::{
    Array, Contiguity, DType, Error, ErrorKind, Input, Result, Scalar, Slice, SliceItem, Storage,
};

use crate::OpenOptions;
use crate::read::{count_rest, is_next};
use crate::registry::AnyFormat;

impl OpenOptions<'_> {
    /// Reads all of `input` and says what is wrong with it: data that is shorter or longer than its description
    /// says, bytes that are no boolean, code units that are no character, texts that are no UTF-8. An empty list means that it is sound.
    ///
    /// # Errors
    /// What keeps it from being judged: `Io`, `Unsupported`, `LimitExceeded`. Malformed data is a finding.
    pub fn check(&self, input: &mut Input<'_>, path: Option<&Path>) -> Result<Vec<Error>> {
        let mut faults = Vec::new();
        match self.find_faults(input, path, &mut faults) {
            Err(error) if error.kind() == ErrorKind::Malformed => faults.push(error),
            other => other?,
        }
        Ok(faults)
    }

    fn find_faults(&self, input: &mut Input<'_>, path: Option<&Path>, faults: &mut Vec<Error>) -> Result<()> {
        match self.detect(input, path)? {
            AnyFormat::Array(format) => find_in_row(format, input, faults),
            AnyFormat::Archive(format) => {
                let archive =
                    format.open(RandomAccess::from_input(input)?, &input.budget().limits().clone())?;
                find_in_archive(archive.as_ref(), format.info().name, faults)
            }
        }
    }
}

fn find_in_row(format: &dyn Format, input: &mut Input<'_>, faults: &mut Vec<Error>) -> Result<()> {
    let name = format.info().name;
    loop {
        let found = find_in_next(format, input)?;
        faults.extend(found.into_iter().map(|fault| fault.in_format(name)));
        if !is_next(format, input)? {
            break;
        }
    }
    let end = input.position();
    match count_rest(input)? {
        0 => {}
        rest => faults.push(
            Error::malformed(format!("{rest} bytes follow the data that the header describes"))
                .in_format(name)
                .at(end),
        ),
    }
    Ok(())
}

/// What is wrong with a value that does not lie in the file as it is in memory.
fn without_place(fault: &Error) -> Error {
    let text = fault.to_string();
    let end = fault.offset().map(|offset| format!(" (at byte {offset})")).unwrap_or_default();
    Error::new(fault.kind(), text.strip_suffix(&end).unwrap_or(&text).to_owned())
}

/// Reads the next array, and says what is wrong with it. Where any bytes are values, none are kept.
fn find_in_next(format: &dyn Format, input: &mut Input<'_>) -> Result<Vec<Error>> {
    let start = input.position();
    let (description, is_last) = described(format, input)?;
    if let Ok(Description { dtype, data_len: Some(len), is_packed: false, .. }) = &description {
        if is_last && !has_invalid_values(dtype) && dtype.itemsize() > 0 {
            format.describe(input)?;
            read_away(input, *len).map_err(|error| error.in_format(format.info().name))?;
            return Ok(Vec::new());
        }
    }
    if let Some(description) = description.as_ref().ok().filter(|what| is_plain(what)) {
        if let Some(faults) = find_by_pieces(format, input, description)? {
            return Ok(faults);
        }
    }
    let (array, mut faults) = format.read_strictly(input)?;
    let (data_offset, is_packed) = match description {
        Ok(description) => (start.saturating_add(description.data_offset), description.is_packed),
        Err(_) => (input.position().saturating_sub(array.nbytes() as u64), false),
    };
    let is_in_file = format.info().capabilities.map && !is_packed;
    faults.extend(value_faults(&array.view())?.into_iter().map(|fault| match is_in_file {
        true => fault.nested(data_offset),
        false if is_packed => without_place(&fault).at(data_offset),
        false => without_place(&fault),
    }));
    Ok(faults)
}

/// True when items can be checked where they lie: any bytes are values, or they are booleans, each of which has a place of
/// its own.
fn is_plain(what: &Description) -> bool {
    let width = what.dtype.itemsize() as u64;
    let items = what.shape.iter().try_fold(1u64, |items, dim| items.checked_mul(*dim as u64));
    let is_each_once = what.order != Contiguity::Strided
        && items.and_then(|items| items.checked_mul(width)).is_some_and(|bytes| what.data_len == Some(bytes));
    what.data_len.is_some_and(|len| len > 0)
        && !what.is_packed
        && width > 0
        && !what.shape.is_empty()
        && (!has_invalid_values(&what.dtype) || (is_each_once && is_bool(&what.dtype)))
}

fn is_bool(dtype: &DType) -> bool {
    matches!(dtype, DType::Scalar(Scalar::Bool, _))
}

/// Finds what is wrong with the next array, of which no more than a piece is in memory, and leaves the input behind it;
/// nothing when it can't be found so, and the input stays.
fn find_by_pieces(
    format: &dyn Format,
    input: &mut Input<'_>,
    what: &Description,
) -> Result<Option<Vec<Error>>> {
    let start = input.position();
    if !input.can_seek() {
        return Ok(None);
    }
    let Some(mut faults) = format.faults_ahead(input)? else { return Ok(None) };
    let Some(mut ahead) = input.ahead() else { return Ok(None) };
    // All but the items.
    let none = Slice::from(vec![SliceItem::from(0..0); what.shape.len()]);
    format.read_part(&mut ahead, &none).map_err(|error| error.nested(start))?;
    let end = start.saturating_add(ahead.position());
    drop(ahead);
    let mut bad = None;
    input.skip(what.data_offset, "data")?;
    let read = read_through(input, what.data_len.unwrap_or(0), |at, piece| {
        if is_bool(&what.dtype) {
            note_bad_bool(what, at, piece, &mut bad);
        }
    });
    read.map_err(|error| error.in_format(format.info().name))?;
    input.skip(end.saturating_sub(input.position()), "data")?;
    faults.extend(bad.map(|(index, at)| {
        let fault = Error::malformed(format!("a boolean is neither 0 nor 1, in item {index:?}"));
        let is_in_file = format.info().capabilities.map;
        if is_in_file { fault.at(start.saturating_add(what.data_offset).saturating_add(at)) } else { fault }
    }));
    Ok(Some(faults))
}

/// Takes note of the first bad byte in C order, of those at `at` in the data and the one that is known.
fn note_bad_bool(what: &Description, at: u64, piece: &[u8], bad: &mut Option<(Vec<usize>, u64)>) {
    let is_c = what.order != Contiguity::F;
    if is_c && bad.is_some() {
        return;
    }
    for (place, _) in piece.iter().enumerate().filter(|(_, byte)| **byte > 1) {
        let at = at + place as u64;
        let index = index_at(&what.shape, at, is_c);
        if bad.as_ref().is_none_or(|(first, _)| index < *first) {
            *bad = Some((index, at));
        }
        if is_c {
            return;
        }
    }
}

/// The index of the item that stands at place `at` of those that follow one another in C or Fortran order.
fn index_at(shape: &[usize], at: u64, is_c: bool) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    let mut rest = usize::try_from(at).unwrap_or(usize::MAX);
    let mut place = |(slot, dim): (&mut usize, &usize)| {
        *slot = rest % (*dim).max(1);
        rest /= (*dim).max(1);
    };
    match is_c {
        true => index.iter_mut().zip(shape).rev().for_each(&mut place),
        false => index.iter_mut().zip(shape).for_each(&mut place),
    }
    index
}

/// What the next array is, without a step, and whether its data is the last of it. Of a stream no more than its beginning
/// can be looked at.
fn described(format: &dyn Format, input: &mut Input<'_>) -> Result<(Result<Description>, bool)> {
    let describe = |mut ahead: Input<'_>| {
        let description = format.describe(&mut ahead);
        let is_last = description.as_ref().is_ok_and(|what| what.data_offset == ahead.position());
        (description, is_last)
    };
    if let Some(ahead) = input.ahead() {
        return Ok(describe(ahead));
    }
    let limits = input.budget().limits().clone();
    Ok(describe(Input::from_bytes(input.peek(PREFIX)?).with_limits(&limits)))
}

/// Nearly all headers are shorter.
const PREFIX: usize = 4096;

/// Reads `len` bytes of data and forgets them.
fn read_away(input: &mut Input<'_>, len: u64) -> Result<()> {
    read_through(input, len, |_, _| {})
}

/// Hands on `len` bytes of data piece by piece, each with its place among them.
fn read_through(input: &mut Input<'_>, len: u64, mut each: impl FnMut(u64, &[u8])) -> Result<()> {
    let start = input.position();
    let mut piece = vec![0; usize::try_from(len).unwrap_or(usize::MAX).min(256 << 10)];
    let mut left = len;
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        let got = input.fill(piece.get_mut(..wanted).unwrap_or_default())?;
        each(len - left, piece.get(..got).unwrap_or_default());
        left -= got as u64;
        if got < wanted {
            let found = len - left;
            let message = format!("the input ends inside the data: expected {len} bytes, found {found}");
            return Err(Error::malformed(message).at(start));
        }
    }
    Ok(())
}

fn find_in_archive(archive: &dyn Archive, format: &'static str, faults: &mut Vec<Error>) -> Result<()> {
    faults.extend(archive.check()?);
    for (place, member) in archive.members().iter().enumerate().filter(|(_, member)| !member.is_folder) {
        // What keeps a member from being read has been found already, and objects are not looked into.
        let Ok(Some(description)) = archive.describe(place) else { continue };
        if !has_invalid_values(&description.dtype) {
            continue;
        }
        if let Ok(array) = archive.read(place) {
            let found = value_faults(&array)?;
            faults.extend(found.into_iter().map(|fault| fault.in_path(&member.name).in_format(format)));
        }
    }
    Ok(())
}

/// True when some bytes are no value of the dtype.
fn has_invalid_values(dtype: &DType) -> bool {
    match dtype {
        DType::Scalar(Scalar::Bool, _) | DType::Unicode(..) | DType::Utf8 => true,
        DType::Record(record) => record.fields().iter().any(|field| has_invalid_values(field.dtype())),
        DType::SubArray(sub) => has_invalid_values(sub.base()),
        _ => false,
    }
}

/// The first value of each part of an array that is no value of its dtype.
fn value_faults<S: Storage>(array: &Array<S>) -> Result<Vec<Error>> {
    match array.dtype() {
        DType::Scalar(Scalar::Bool, _) => Ok(first_fault(array, "a boolean is neither 0 nor 1", |item| {
            item.iter().position(|byte| *byte > 1)
        })),
        DType::Unicode(_, order) => {
            let little = *order == arr_core::ByteOrder::Little;
            Ok(first_fault(array, "a code unit is no Unicode character", |item| {
                let mut units = item.chunks_exact(4).map(|unit| {
                    let bytes = <[u8; 4]>::try_from(unit).unwrap_or_default();
                    if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
                });
                units.position(|unit| char::from_u32(unit).is_none()).map(|unit| unit * 4)
            }))
        }
        DType::Utf8 => Ok(array.texts()?.find_map(Result::err).into_iter().collect()),
        DType::Record(_) => {
            let mut faults = Vec::new();
            for (field, column) in array.fields() {
                faults.extend(value_faults(&column?)?.into_iter().map(|fault| fault.in_path(field.name())));
            }
            Ok(faults)
        }
        _ => Ok(Vec::new()),
    }
}

/// The first item, in C order, in which `find` sees a bad byte. The offset counts from the array's first byte.
fn first_fault<S: Storage>(
    array: &Array<S>,
    what: &str,
    find: impl Fn(&[u8]) -> Option<usize>,
) -> Vec<Error> {
    let bad = array.items().enumerate().find_map(|(at, item)| find(item).map(|byte| (at, byte)));
    let Some((mut at, byte)) = bad else { return Vec::new() };
    let mut index = vec![0; array.ndim()];
    for (slot, dim) in index.iter_mut().zip(array.shape()).rev() {
        (*slot, at) = (at % dim, at / dim);
    }
    let offset = array.layout().position(&index).unwrap_or(0) + byte;
    vec![Error::malformed(format!("{what}, in item {index:?}")).at(offset as u64)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use arr_core::{Order, RecordType};

    #[cfg(feature = "nd4j")]
    #[test]
    fn arrays_that_lie_in_place_are_checked_without_being_held() {
        use arr_binary::format::{Nd4jAeronChunk, Nd4jAeronMessage, Nd4jFlatArray};
        let few = arr_core::Limits::default().max_bytes(1000);
        for order in [Order::C, Order::F] {
            let mut items = vec![1u8; 600 << 10];
            for bad in [(500 << 10) + 3, (400 << 10) + 1, (300 << 10) + 2] {
                items[bad] = 2;
            }
            for dtype in [DType::native(Scalar::Bool), DType::native(Scalar::U8)] {
                let array = Array::contiguous(dtype.clone(), &[600, 1024], order, &items[..]).unwrap();
                for format in [&Nd4jAeronMessage as &dyn Format, &Nd4jAeronChunk, &Nd4jFlatArray] {
                    let mut bytes = Vec::new();
                    format.write(&array, &mut arr_core::format::Output::new(&mut bytes)).unwrap();
                    let find = |input: Input<'_>| {
                        let mut faults = Vec::new();
                        find_in_row(format, &mut input.with_limits(&few), &mut faults).map(|()| faults)
                    };
                    let faults: Vec<_> = find(Input::from_bytes(&bytes)).unwrap();
                    let read = value_faults(&format.read(&mut Input::from_bytes(&bytes)).unwrap()).unwrap();
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
                    assert_eq!(find(Input::from_bytes(cut)).unwrap_err().kind(), ErrorKind::Malformed);
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
