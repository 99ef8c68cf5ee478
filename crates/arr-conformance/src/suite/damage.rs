//! Files that were cut short or changed, or are broken from the start: an error or not, through every door alike.

use arr_core::format::Reading;
use arr_core::{Limits, Order, Slice, SliceItem};

use super::source::Kind;
use super::verdict::{Verdict, Way, caught, describe};
use super::{Findings, Sample, Suite};

/// What reading a damaged file may spend.
const MOST_BYTES: u64 = 64 << 10;

fn limits() -> Limits {
    Limits::default().max_bytes(MOST_BYTES).max_items(1 << 12)
}

/// Cuts a sound file short and changes bytes of it.
pub(crate) fn check(suite: &Suite<'_>, sample: &Sample, findings: &mut Findings) {
    let how = Reading::new().limits(limits());
    let Verdict::Array(_, end) = Verdict::of(suite.format, &sample.files, Kind::Memory, Way::Whole, &how)
    else {
        return;
    };
    let share = (suite.effort / suite.samples.len().max(1)).clamp(16, 400);
    for (place, file) in sample.files.iter().enumerate() {
        for at in places(file.len(), share) {
            let mut files = sample.files.clone();
            let Some(byte) = files.get_mut(place).and_then(|file| file.get_mut(at)) else { continue };
            let own = *byte;
            for changed in [own ^ 1, own ^ 0x80, 0, 0xff] {
                if changed == own {
                    continue;
                }
                if let Some(byte) = files.get_mut(place).and_then(|file| file.get_mut(at)) {
                    *byte = changed;
                }
                let of = format!("{}, byte {at} is {changed:#04x}", sample.name);
                check_agreement(suite, &files, &of, &how, findings);
            }
            if let Some(file) = files.get_mut(place) {
                file.truncate(at);
            }
            let of = format!("{}, cut at {at} of {}", sample.name, file.len());
            // A text ends before the last end of a line.
            if suite.is_text && file.get(at..).is_some_and(|cut| cut.trim_ascii().is_empty()) {
                continue;
            }
            let cut = check_agreement(suite, &files, &of, &how, findings);
            let is_cut = sample.files.len() > 1 || suite.format.info().holds.has_keys() || (at as u64) < end;
            if is_cut && cut.array().is_some() && !suite.may_end_early {
                findings.add(format!("{of}: it is read all the same: {cut:?}"));
            }
        }
    }
}

/// No more than so many places of a file: all of a short one, else its head, its end, and some between.
fn places(len: usize, most: usize) -> Vec<usize> {
    if len <= most {
        return (0..len).collect();
    }
    let (head, tail) = (most / 2, most / 4);
    let between = len - head - tail;
    let step = (between / (most - head - tail).max(1)).max(1);
    (0..head).chain((head..len - tail).step_by(step)).chain(len - tail..len).collect()
}

/// All doors say the same of a file that need not be sound.
pub(crate) fn check_broken(suite: &Suite<'_>, sample: &Sample, findings: &mut Findings) {
    let how = Reading::new().limits(limits());
    check_agreement(suite, &sample.files, &sample.name, &how, findings);
}

fn check_agreement(
    suite: &Suite<'_>,
    files: &[Vec<u8>],
    of: &str,
    how: &Reading,
    findings: &mut Findings,
) -> Verdict {
    let len: u64 = files.iter().map(|file| file.len() as u64).max().unwrap_or(0);
    let whole = Verdict::of(suite.format, files, Kind::Memory, Way::Whole, how);
    let all = Slice::from(vec![SliceItem::Ellipsis]);
    for kind in Kind::FAST {
        let ways = [
            Way::Whole,
            Way::Slice(&all),
            Way::Blocks(Some(Order::C), 12),
            Way::Blocks(Some(Order::F), 1 << 16),
        ];
        for way in ways {
            let found = Verdict::of(suite.format, files, kind, way, how);
            let agrees = whole.agrees(&found).and_then(|()| found.is_inside(len));
            findings.check(format_args!("{of}, from {kind:?}, {way:?}"), agrees);
        }
    }
    check_described(suite, files, of, how, &whole, findings);
    whole
}

/// What can be read can be described, as what it is.
fn check_described(
    suite: &Suite<'_>,
    files: &[Vec<u8>],
    of: &str,
    how: &Reading,
    whole: &Verdict,
    findings: &mut Findings,
) {
    let described = match caught(|| describe(suite.format, files, Kind::Memory, how)) {
        Ok(described) => described,
        Err(why) => return findings.add(format!("{of}, described: {why}")),
    };
    let Some(seen) = whole.array() else { return };
    match described {
        Ok(what) if what.dtype == seen.dtype && what.shape == seen.shape => {}
        what => findings.add(format!("{of}: {what:?} is said of {seen:?}")),
    }
    let itemsize = seen.dtype.itemsize() as u64;
    let nbytes = seen.shape.iter().fold(itemsize, |bytes, dim| bytes.saturating_mul(*dim as u64));
    if nbytes > MOST_BYTES {
        findings.add(format!("{of}: {nbytes} bytes are read, and {MOST_BYTES} are allowed"));
    }
}
