//! Sound files give the same array through every door.

use arr_core::format::{Description, Holds, Reading, Selection};
use arr_core::{Array, Contiguity, Slice, SliceItem, Storage};

use super::source::Kind;
use super::verdict::{BLOCKS, Seen, Verdict, Way, caught, describe};
use super::{Findings, Sample, Suite};

/// Shows all of it for one file.
pub(crate) fn check(suite: &Suite<'_>, sample: &Sample, findings: &mut Findings) {
    let how = Reading::default();
    let whole = Verdict::of(suite.format, &sample.files, Kind::Memory, Way::Whole, &how);
    let Verdict::Array(seen, end) = &whole else {
        return findings.add(format!("{}: a sound file is refused: {whole:?}", sample.name));
    };
    for kind in Kind::ALL {
        let of = |what: &str| format!("{}, from {kind:?}, {what}", sample.name);
        let ways = std::iter::once(Way::Whole).chain(BLOCKS);
        for way in ways {
            let found = Verdict::of(suite.format, &sample.files, kind, way, &how);
            findings.check(of(&format!("{way:?}")), whole.agrees(&found));
        }
        let described = caught(|| describe(suite.format, &sample.files, kind, &how));
        let described = described.and_then(|found| found.map_err(|error| error.to_string()));
        findings.check(of("described"), described.and_then(|what| is_of(&what, seen)));
        findings
            .check(of("listed"), caught(|| list(suite, sample, kind, seen, *end)).and_then(|found| found));
    }
    check_slices(suite, sample, findings);
    if suite.format.info().capabilities.map && sample.files.len() == 1 {
        findings
            .check(format!("{}, mapped", sample.name), caught(|| map(suite, sample, seen)).and_then(|f| f));
    }
    if suite.format.info().holds.is_row() && sample.files.len() == 1 {
        let found = caught(|| check_row(suite, sample, &whole)).and_then(|found| found);
        findings.check(format!("{}, twice in a row", sample.name), found);
    }
}

/// What is said of an array is what is read.
fn is_of(what: &Description, seen: &Seen) -> Result<(), String> {
    if what.shape != seen.shape || what.dtype != seen.dtype {
        return Err(format!("{} {:?} is said of {} {:?}", what.dtype, what.shape, seen.dtype, seen.shape));
    }
    let nbytes = what.nbytes();
    match what.data_len {
        Some(len) if !what.is_packed && what.order != Contiguity::Strided && len < nbytes => {
            Err(format!("{len} bytes of data are said to be there for {nbytes} bytes of items"))
        }
        _ => Ok(()),
    }
}

/// All parts of a file are listed, and then the reader stands at its end.
fn list(suite: &Suite<'_>, sample: &Sample, kind: Kind, seen: &Seen, end: u64) -> Result<(), String> {
    let said = |error: arr_core::Error| error.to_string();
    let how = Reading::default();
    let (mut reader, part) = kind.first(suite.format, &sample.files, &how).map_err(said)?;
    let read = reader.read(&part, Selection::All).and_then(|part| part.into_array()).map_err(said)?;
    if &Seen::of(&read.view()).map_err(said)? != seen {
        return Err("the array is another".to_owned());
    }
    if suite.format.info().holds.has_keys() || sample.files.len() != 1 {
        return Ok(());
    }
    if reader.position() != end {
        return Err(format!("the array ends at {}, in memory at {end}", reader.position()));
    }
    let mut count = 1;
    while reader.next_part().map_err(said)?.is_some() {
        count += 1;
    }
    if count > 1 && !suite.format.info().holds.is_row() {
        return Err(format!("{count} arrays in a file of one"));
    }
    let trailing = reader.trailing().map_err(said)?;
    let len: u64 = sample.files.iter().map(|file| file.len() as u64).sum();
    let position = reader.position() + if reader.is_seekable() { trailing } else { 0 };
    if position != len {
        return Err(format!("all parts and {trailing} bytes behind them end at {position} of {len}"));
    }
    Ok(())
}

/// The array in place is the one that is read, if it can be mapped.
fn map(suite: &Suite<'_>, sample: &Sample, seen: &Seen) -> Result<(), String> {
    let said = |error: arr_core::Error| error.to_string();
    let how = Reading::default();
    let (mut reader, part) = Kind::File.first(suite.format, &sample.files, &how).map_err(said)?;
    match reader.map(&part, crate::door::mapper()) {
        Ok(mapped) => same(&mapped, seen),
        Err(error) if error.kind() == arr_core::ErrorKind::Unsupported => Ok(()),
        Err(error) => Err(said(error)),
    }
}

fn same<S: Storage>(array: &Array<S>, seen: &Seen) -> Result<(), String> {
    let found = Seen::of(&array.view()).map_err(|error| error.to_string())?;
    if &found == seen { Ok(()) } else { Err(format!("{found:?}, which is read as {seen:?}")) }
}

/// A file behind itself is two arrays, whether the first is read, described, or passed by.
fn check_row(suite: &Suite<'_>, sample: &Sample, whole: &Verdict) -> Result<(), String> {
    let Verdict::Array(seen, end) = whole else { return Ok(()) };
    let said = |error: arr_core::Error| error.to_string();
    let file = sample.files.first().map(Vec::as_slice).unwrap_or_default();
    let Some(one) = usize::try_from(*end).ok().and_then(|end| file.get(..end)) else {
        return Err(format!("the array ends at {end} of {}", file.len()));
    };
    let twice = [[one, one].concat()];
    for kind in Kind::ALL {
        for first in ["read", "described", "passed by", "read in blocks"] {
            let (mut reader, part) = kind.first(suite.format, &twice, &Reading::default()).map_err(said)?;
            match first {
                "read" => drop(reader.read(&part, Selection::All).map_err(said)?),
                "described" => drop(reader.describe(&part).map_err(said)?),
                "read in blocks" => {
                    let mut blocks = reader.blocks(&part, None, 16).map_err(said)?;
                    while blocks.next_block().map_err(said)?.is_some() {}
                }
                _ => {}
            }
            let next = reader.next_part().map_err(|error| format!("from {kind:?}, {first}: {error}"))?;
            let Some(next) = next else {
                if suite.format.info().holds == Holds::Series || first == "read" {
                    return Err(format!("from {kind:?}, the first {first}: the second is not found"));
                }
                continue;
            };
            let second =
                reader.read(&next, Selection::All).and_then(|part| part.into_array()).map_err(said)?;
            same(&second, seen).map_err(|why| format!("from {kind:?}, the first {first}: {why}"))?;
            if reader.position() != 2 * end {
                return Err(format!(
                    "from {kind:?}: the second ends at {} of {}",
                    reader.position(),
                    2 * end
                ));
            }
        }
    }
    Ok(())
}

/// Slices of every kind.
pub(crate) fn slices(rank: usize) -> Vec<Slice> {
    let range = |start, stop, step| SliceItem::Range { start, stop, step };
    let mut slices: Vec<Vec<SliceItem>> = vec![
        vec![SliceItem::ALL; rank],
        vec![range(None, None, -1); rank],
        vec![range(Some(1), None, 2); rank],
        vec![range(Some(-1), Some(0), -2); rank],
        vec![range(Some(0), Some(0), 1); rank],
        vec![SliceItem::Index(0); rank],
        vec![SliceItem::Index(-1); rank],
        vec![SliceItem::Ellipsis],
        vec![SliceItem::NewAxis, SliceItem::Ellipsis],
        vec![SliceItem::Index(1_000_000); rank.max(1)],
    ];
    if rank > 1 {
        slices.push(vec![SliceItem::Ellipsis, SliceItem::Index(0)]);
        slices.push(vec![SliceItem::Index(0), range(None, None, -1)]);
    }
    slices.into_iter().map(Slice::from).collect()
}

fn check_slices(suite: &Suite<'_>, sample: &Sample, findings: &mut Findings) {
    let how = Reading::default();
    let read = Kind::Memory
        .first(suite.format, &sample.files, &how)
        .and_then(|(mut reader, part)| reader.read(&part, Selection::All))
        .and_then(|part| part.into_array());
    let Ok(array) = read else { return };
    for slice in slices(array.ndim()) {
        let expected = match array.slice(&slice).and_then(|part| Seen::of(&part)) {
            Ok(seen) => Verdict::Array(seen, 0),
            Err(error) => Verdict::Refused(error),
        };
        for kind in Kind::ALL {
            let found = Verdict::of(suite.format, &sample.files, kind, Way::Slice(&slice), &how);
            findings.check(format!("{}, from {kind:?}, {slice:?}", sample.name), expected.agrees(&found));
        }
    }
}
