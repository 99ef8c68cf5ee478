//! `arr diff`: what two files differ in.

use std::collections::HashMap;
use std::io::Write;

use arr_io::{
    Array, ByteOrder, CompareOptions, Comparison, Contents, Contiguity, DType, Error, Order, Part, Pieces,
    Slice, SliceItem, Tolerance,
};

use super::print;
use crate::args::DiffArgs;
use crate::failure::{Failure, OfFile, Outcome, conclude};
use crate::files::Named;
use crate::progress::Progress;
use crate::text;

/// The most characters of a value or a dtype that are printed.
const SHOWN: usize = 200;

/// Compares the arrays of two files in pairs and says what differs.
pub fn run(args: &DiffArgs) -> Outcome {
    let (report, outcome) = match compare(args) {
        Ok(found) => found,
        Err(failure) => return conclude(Err(failure), Outcome::Done),
    };
    // What was found counts, even if nobody reads the report to its end.
    conclude(print(|out| Ok(out.write_all(report.as_bytes())?)), outcome)
}

fn compare(args: &DiffArgs) -> Result<(String, Outcome), Failure> {
    let (a, b) = (Named::new(&args.a), Named::new(&args.b));
    if a.path.is_none() && b.path.is_none() {
        return Err(Error::invalid("standard input can be read only once")).of(&b.name);
    }
    if let (Some(left), Some(right)) = (a.pieces(&args.read)?, b.pieces(&args.read)?) {
        return compare_pieces(args, (&a.name, &left), (&b.name, &right));
    }
    let (left, right) = (a.read(&args.read)?, b.read(&args.read)?);
    let mut report = Report::default();
    for (at, other) in pairs(&left, &right) {
        let (Some(at), Some(other)) = (at, other) else { continue };
        let (a_name, b_name) = (a.label(&left, at), b.label(&right, other));
        let title = format!("{a_name} and {b_name}");
        match (left.read(at).of(&a.name)?, right.read(other).of(&b.name)?) {
            (Part::Array(one), Part::Array(two)) => {
                let found = one.compare(&two, &options(args)).of(&a_name)?;
                let shown = match &found.first {
                    Some(first) => Some((value(&one, first).of(&a_name)?, value(&two, first).of(&b_name)?)),
                    None => None,
                };
                report.pair(&Side::of(&one), &Side::of(&two), &found, shown, &title);
            }
            (Part::Bytes(one), Part::Bytes(two)) => report.whole(&title, one[..] == two[..]),
            _ => report.whole(&format!("{title}, of which one is no array,"), false),
        }
    }
    if left.is_archive() && right.is_archive() {
        for (at, other) in pairs(&left, &right) {
            report.lone(&b.name, at.filter(|_| other.is_none()).map(|at| a.label(&left, at)));
            report.lone(&a.name, other.filter(|_| at.is_none()).map(|other| b.label(&right, other)));
        }
    } else if left.len() != right.len() {
        let count = |name: &str, contents: &Contents| {
            format!("{name} has {}", text::counted(contents.len() as u64, "array"))
        };
        report.different = true;
        report.line(&format!("{}, {}", count(&a.name, &left), count(&b.name, &right)));
    }
    Ok((report.text, if report.different { Outcome::Found } else { Outcome::Done }))
}

/// Compares the arrays of two files that are too large to be held.
fn compare_pieces(
    args: &DiffArgs,
    (a_name, left): (&str, &Pieces<'_>),
    (b_name, right): (&str, &Pieces<'_>),
) -> Result<(String, Outcome), Failure> {
    let (one, two) = (Side::of_pieces(left), Side::of_pieces(right));
    let native = |dtype: &DType| dtype.with_byte_order(ByteOrder::NATIVE);
    let mut total = Comparison::default();
    total.dtype_differs = native(one.dtype) != native(two.dtype);
    total.shape_differs = one.shape != two.shape;
    let (mut shown, mut failed) = (None, None);
    if !total.shape_differs {
        let mut progress = Progress::new("reading", a_name, left.description().data_len);
        let mut done = 0;
        let read = left.each(Order::C, |piece, place| {
            let other = right.read_slice(&place.slice()).map_err(|error| {
                failed = Some(Failure::from(error).of(b_name));
                Error::invalid("the other file can't be read")
            })?;
            let found = piece.compare(&other, &options(args))?;
            if let (None, Some(first)) = (&total.first, &found.first) {
                shown = Some((value(&piece, first)?, value(&other, first)?));
                total.first = Some(place.index(first));
            }
            total.items += found.items;
            total.different += found.different;
            total.signed_zeros += found.signed_zeros;
            total.max_abs = total.max_abs.max(found.max_abs);
            total.max_rel = total.max_rel.max(found.max_rel);
            done += piece.nbytes() as u64;
            progress.at(done);
            Ok(())
        });
        match failed {
            Some(failure) => return Err(failure),
            None => read.of(a_name)?,
        }
    }
    total.equal = !total.shape_differs && total.different == 0;
    let mut report = Report::default();
    report.pair(&one, &two, &total, shown, &format!("{a_name} and {b_name}"));
    Ok((report.text, if report.different { Outcome::Found } else { Outcome::Done }))
}

/// What is said of one of two arrays beside its values.
struct Side<'a> {
    dtype: &'a DType,
    shape: &'a [usize],
    order: Contiguity,
}

impl<'a> Side<'a> {
    fn of(array: &'a Array) -> Self {
        Self { dtype: array.dtype(), shape: array.shape(), order: array.order() }
    }

    fn of_pieces(pieces: &'a Pieces<'_>) -> Self {
        let what = pieces.description();
        Self { dtype: &what.dtype, shape: &what.shape, order: what.order }
    }

    fn dtype(&self) -> String {
        text::shortened(&self.dtype.to_string(), SHOWN).into_owned()
    }
}

/// What is compared with what: members of equal names, or arrays at equal places.
fn pairs(left: &Contents, right: &Contents) -> Vec<(Option<usize>, Option<usize>)> {
    let (lefts, rights) = (0..left.len(), 0..right.len());
    // A member that was chosen, or is alone, may be compared with any array.
    if !left.is_archive() || !right.is_archive() || (left.len() == 1 && right.len() == 1) {
        return lefts.zip(rights).map(|(at, other)| (Some(at), Some(other))).collect();
    }
    let keys = |contents: &Contents| -> HashMap<String, usize> {
        (0..contents.len()).filter_map(|at| Some((contents.key(at)?.to_owned(), at))).collect()
    };
    let (left_keys, right_keys) = (keys(left), keys(right));
    let found = |keys: &HashMap<String, usize>, key: Option<&str>| keys.get(key?).copied();
    let mut pairs: Vec<_> = lefts.map(|at| (Some(at), found(&right_keys, left.key(at)))).collect();
    let missing = rights.filter(|other| found(&left_keys, right.key(*other)).is_none());
    pairs.extend(missing.map(|other| (None, Some(other))));
    pairs
}

fn options(args: &DiffArgs) -> CompareOptions {
    let tolerance = Tolerance { rtol: args.rtol, atol: args.atol };
    if tolerance == Tolerance::default() {
        return CompareOptions::default();
    }
    CompareOptions::default().tolerance(tolerance)
}

/// What people are told.
#[derive(Default)]
struct Report {
    text: String,
    different: bool,
}

impl Report {
    fn line(&mut self, line: &str) {
        self.text.push_str(&text::one_line(line));
        self.text.push('\n');
    }

    fn point(&mut self, what: &str, value: &str) {
        self.line(&format!("  {what:<8} {value}"));
    }

    /// Says what was found of two members that are no arrays.
    fn whole(&mut self, title: &str, equal: bool) {
        self.different |= !equal;
        self.line(&format!("{title} {}", if equal { "are equal" } else { "differ" }));
    }

    /// Says that a member is in one archive only.
    fn lone(&mut self, missing_in: &str, label: Option<String>) {
        if let Some(label) = label {
            self.different = true;
            self.line(&format!("{label} has no counterpart in {missing_in}"));
        }
    }

    /// Says what was found of two arrays, of which the first values that differ are `shown`.
    fn pair(
        &mut self,
        a: &Side<'_>,
        b: &Side<'_>,
        found: &Comparison,
        shown: Option<(String, String)>,
        title: &str,
    ) {
        let differ = !found.equal || found.dtype_differs;
        self.different |= differ;
        self.line(&format!("{title} {}", if differ { "differ" } else { "are equal" }));
        if found.dtype_differs {
            self.point("dtype", &format!("{} and {}", a.dtype(), b.dtype()));
        }
        if found.shape_differs {
            self.point("shape", &format!("{} and {}", text::shape(a.shape), text::shape(b.shape)));
        } else {
            self.values(found, shown);
        }
        self.notes(a, b, found);
    }

    fn values(&mut self, found: &Comparison, shown: Option<(String, String)>) {
        let items = text::counted(found.items, "item");
        match (&found.first, shown) {
            (Some(first), Some((one, other))) => {
                self.point("values", &format!("{} of {items} differ", found.different));
                self.point("first", &format!("at {first:?}: {one} and {other}"));
            }
            _ => {
                let how = if found.max_abs > 0.0 { "equal within the tolerance" } else { "equal" };
                self.point("values", &format!("{items}, {how}"));
            }
        }
        self.distance(found);
    }

    fn distance(&mut self, found: &Comparison) {
        if found.max_abs > 0.0 {
            self.point(
                "largest",
                &format!("absolute difference {:?}, relative {:?}", found.max_abs, found.max_rel),
            );
        }
    }

    /// What is different and yet no difference.
    fn notes(&mut self, a: &Side<'_>, b: &Side<'_>, found: &Comparison) {
        if !found.dtype_differs && a.dtype != b.dtype {
            self.point("note", &format!("the byte order differs: {} and {}", a.dtype(), b.dtype()));
        }
        if !found.shape_differs && a.order != b.order {
            self.point("note", &format!("the memory order differs: {} and {}", a.order, b.order));
        }
        if found.signed_zeros > 0 {
            let items = text::counted(found.signed_zeros, "item");
            self.point("note", &format!("in {items} 0 and -0 count as equal"));
        }
    }
}

/// One value as `arr show` prints it.
fn value(array: &Array, index: &[usize]) -> Result<String, Error> {
    let index: Vec<SliceItem> = index.iter().map(|at| SliceItem::from(*at)).collect();
    let item = array.slice(Slice::from(index))?;
    let value = match item.dtype() {
        // NumPy prints a string alone without quotes, among others with them, which tells more.
        DType::Bytes(_) | DType::Unicode(..) | DType::Utf8 => {
            item.reshape(&[1], Order::C)?.to_string().trim_matches(['[', ']']).to_owned()
        }
        _ => item.to_string(),
    };
    Ok(text::shortened(&value, SHOWN).into_owned())
}
