//! What is written is read back; what is refused is refused before the first byte.

use arr_core::format::{NewPart, Outline, Output, Reading, Selection, Sink, Writing};
use arr_core::{
    Array, ArrayView, ByteOrder, CompareOptions, DType, Error, ErrorKind, Order, Slice, SliceItem, Tolerance,
};

use super::source::Kind;
use super::verdict::{Seen, caught};
use super::{Findings, Suite, patterns};

/// Writes arrays of all dtypes and of all shapes, however they lie.
pub(crate) fn check(suite: &Suite<'_>, findings: &mut Findings) {
    for dtype in &suite.dtypes {
        // A shape is no more or less extreme with another dtype.
        let shapes = match dtype.itemsize() {
            4 | 2 => patterns::shapes(),
            _ => vec![vec![], vec![2, 3], vec![0, 3]],
        };
        for shape in shapes {
            for order in [Order::C, Order::F] {
                match patterns::array(dtype, &shape, order) {
                    Ok(array) => check_array(suite, &array.view(), findings),
                    Err(error) => findings.add(format!("there is no {dtype} {shape:?}: {error}")),
                }
            }
        }
        check_views(suite, dtype, findings);
    }
    for array in &suite.arrays {
        check_array(suite, &array.view(), findings);
    }
}

/// Views of larger arrays, with gaps, backwards and with items that are there several times.
fn check_views(suite: &Suite<'_>, dtype: &DType, findings: &mut Findings) {
    let Ok(array) = patterns::array(dtype, &[4, 6], Order::C) else { return };
    let step = |step| SliceItem::Range { start: None, stop: None, step };
    for items in [vec![step(2), step(3)], vec![step(-1), step(-2)], vec![step(1), SliceItem::Index(2)]] {
        if let Ok(view) = array.slice(Slice::from(items)) {
            check_array(suite, &view, findings);
        }
    }
    check_array(suite, &array.transpose(), findings);
    let row = patterns::array(dtype, &[1, 3], Order::C);
    if let Ok(row) = row {
        if let Ok(view) = row.broadcast(&[2, 3]) {
            check_array(suite, &view, findings);
        }
    }
}

fn check_array(suite: &Suite<'_>, array: &ArrayView<'_>, findings: &mut Findings) {
    for how in [
        Writing::new(),
        Writing::new().byte_order(ByteOrder::Little),
        Writing::new().byte_order(ByteOrder::Big).order(Order::F),
        Writing::new().order(Order::C),
    ] {
        let of = format!(
            "{} {:?} {:?} written in {:?} {:?}",
            array.dtype(),
            array.shape(),
            array.strides(),
            how.byte_order,
            how.order
        );
        let found = caught(|| check_one(suite, array, &how)).and_then(|found| found);
        findings.check(of, found);
    }
}

fn check_one(suite: &Suite<'_>, array: &ArrayView<'_>, how: &Writing) -> Result<(), String> {
    let Some(bytes) = write(suite, |writer| writer.array(&new_part(suite), array), how)? else {
        return Ok(());
    };
    read_back(suite, &bytes, array)?;
    if !suite.is_stamped
        && write(suite, |writer| writer.array(&new_part(suite), array), how)? != Some(bytes.clone())
    {
        return Err("it is written otherwise the second time".to_owned());
    }
    check_pieces(suite, array, how.order.unwrap_or_else(|| array.natural_order()), how, &bytes)
}

/// Written piece by piece the file is the same, where that is possible.
fn check_pieces(
    suite: &Suite<'_>,
    array: &ArrayView<'_>,
    order: Order,
    how: &Writing,
    whole: &[u8],
) -> Result<(), String> {
    let said = |error: Error| error.to_string();
    let mut nothing = Vec::new();
    let writer = suite.format.create(Sink::New(Output::new(&mut nothing)), how).map_err(said)?;
    let items_in = writer.items_in(order);
    drop(writer);
    let contiguous = array.to_contiguous(items_in).map_err(said)?;
    let Some(items) = contiguous.as_bytes(items_in) else { return Ok(()) };
    let what = Outline { dtype: array.dtype(), shape: array.shape(), order };
    for piece in [1, 3, 1 << 20] {
        let piece = piece * array.itemsize().max(1);
        let work = |writer: &mut dyn arr_core::format::Writer| {
            writer.begin(&new_part(suite), &what)?;
            items.chunks(piece).try_for_each(|piece| writer.items(piece))
        };
        let Some(bytes) = write(suite, work, how)? else { return Ok(()) };
        // An archive has the checksum of a member behind it where it is not known before.
        let is_same = suite.is_stamped || suite.format.info().holds.has_keys() || bytes == whole;
        if !is_same {
            return Err(format!("in pieces of {piece} bytes it is another file of {} bytes", bytes.len()));
        }
        read_back(suite, &bytes, array)?;
    }
    Ok(())
}

fn new_part(suite: &Suite<'_>) -> NewPart<'static> {
    if suite.format.info().holds.has_keys() { NewPart::keyed("x") } else { NewPart::new() }
}

/// The bytes of a file; nothing when the array is refused as it may be.
fn write(
    suite: &Suite<'_>,
    work: impl FnOnce(&mut dyn arr_core::format::Writer) -> arr_core::Result<()>,
    how: &Writing,
) -> Result<Option<Vec<u8>>, String> {
    let mut bytes = Vec::new();
    let mut writer = suite
        .format
        .create(Sink::New(Output::new(&mut bytes)), how)
        .map_err(|error| format!("no file is begun: {error}"))?;
    let written = work(writer.as_mut());
    if let Err(error) = written {
        drop(writer);
        return match (error.kind(), bytes.len()) {
            (ErrorKind::Unsupported, 0) => Ok(None),
            // Not every value has a text.
            (ErrorKind::Mismatch, 0) if suite.is_text => Ok(None),
            (_, len) => Err(format!("refused after {len} bytes: {:?}: {error}", error.kind())),
        };
    }
    writer.finish().map_err(|error| format!("it is not finished: {error}"))?;
    Ok(Some(bytes))
}

/// What was written is what is read.
fn read_back(suite: &Suite<'_>, bytes: &[u8], array: &ArrayView<'_>) -> Result<(), String> {
    let said = |error: Error| format!("what was written is not read: {error}");
    let files = [bytes.to_vec()];
    for kind in Kind::FAST {
        let (mut reader, part) = kind.first(suite.format, &files, &Reading::default()).map_err(said)?;
        let found = reader.read(&part, Selection::All).and_then(|part| part.into_array()).map_err(said)?;
        if !suite.format.info().holds.has_keys() && reader.position() != bytes.len() as u64 {
            return Err(format!("the array ends at {} of {}", reader.position(), bytes.len()));
        }
        if suite.is_text {
            check_values(array, &found)?;
            continue;
        }
        let (wanted, found) = (in_order(array)?, in_order(&found.view())?);
        if wanted != found {
            return Err(format!("{wanted:?} is read as {found:?}"));
        }
    }
    Ok(())
}

/// Numbers that went through text are the same numbers.
fn check_values(array: &ArrayView<'_>, found: &Array) -> Result<(), String> {
    // Bytes come back as text, which is compared with text only.
    if matches!(array.dtype(), DType::Bytes(_)) {
        return if array.shape() == found.shape() { Ok(()) } else { Err("the shape is another".to_owned()) };
    }
    let same = Tolerance { rtol: 1e-6, atol: 0.0 };
    let options = CompareOptions::default().tolerance(same).equal_nan(true);
    let compared = array.compare(found, &options).map_err(|error| error.to_string())?;
    if compared.different == 0 { Ok(()) } else { Err(format!("{} values are others", compared.different)) }
}

/// An array in one byte order, whatever its own is.
fn in_order(array: &ArrayView<'_>) -> Result<Seen, String> {
    let array = array.to_byte_order(ByteOrder::Little).and_then(|array| Seen::of(&array.view()));
    array.map_err(|error| error.to_string())
}
