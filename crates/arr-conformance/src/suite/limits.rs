//! Limits are kept to the byte.

use arr_core::format::Reading;
use arr_core::{DType, ErrorKind, Limits, Order, Slice, SliceItem};

use super::source::Kind;
use super::verdict::{Verdict, Way};
use super::{Findings, Sample, Suite};

/// Reads a sound file under limits that are just enough, and one short of that.
pub(crate) fn check(suite: &Suite<'_>, sample: &Sample, findings: &mut Findings) {
    let whole = Verdict::of(suite.format, &sample.files, Kind::Memory, Way::Whole, &Reading::default());
    let Some(seen) = whole.array() else { return };
    let of =
        |what: &str, kind: Kind, way: &Way<'_>| format!("{}, {what}, from {kind:?}, {way:?}", sample.name);
    let all = Slice::from(vec![SliceItem::Ellipsis]);
    let nbytes = (seen.items.len() * seen.dtype.itemsize()) as u64;
    let enough = nbytes + suite.overhead;
    let rank = seen.shape.len();
    for kind in Kind::ALL {
        for way in [Way::Whole, Way::Slice(&all), Way::Blocks(Some(Order::C), 1 << 20)] {
            let verdict = |limits: Limits| {
                Verdict::of(suite.format, &sample.files, kind, way, &Reading::new().limits(limits))
            };
            if seen.dtype != DType::Utf8 && nbytes > 0 {
                let found = whole.agrees(&verdict(Limits::default().max_bytes(enough)));
                findings.check(of("with just enough bytes", kind, &way), found);
                let tight = verdict(Limits::default().max_bytes(nbytes - 1));
                // Blocks may be smaller than the limit, which is on what is held at a time.
                let is_held = matches!(way, Way::Blocks(..)) && kind.is_seekable();
                let found = if is_held { whole.agrees(&tight) } else { Err(String::new()) };
                let found = found.or_else(|_| is_exceeded(&tight));
                findings.check(of("with a byte less than enough", kind, &way), found);
            }
            let found = whole.agrees(&verdict(Limits::default().max_rank(rank)));
            findings.check(of("with just enough dimensions", kind, &way), found);
            if rank > 0 {
                let found = is_exceeded(&verdict(Limits::default().max_rank(rank - 1)));
                findings.check(of("with a dimension less than enough", kind, &way), found);
            }
        }
    }
}

fn is_exceeded(verdict: &Verdict) -> Result<(), String> {
    match verdict {
        Verdict::Refused(error) if error.kind() == ErrorKind::LimitExceeded => Ok(()),
        other => Err(format!("{other:?}, which is not an exceeded limit")),
    }
}
