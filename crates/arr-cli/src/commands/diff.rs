//! `arr diff`: what two files differ in.

use std::io::Write;

use arr_io::{Array, CompareOptions, Comparison, DType, Error, Order, Slice, SliceItem, Tolerance};

use super::{names, print};
use crate::args::DiffArgs;
use crate::failure::{Failure, OfFile, Outcome, conclude};
use crate::files::Named;
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
    let (left, right) = (a.read(&args.read)?.arrays, b.read(&args.read)?.arrays);
    let (left_names, right_names) = (names(&a, left.len()), names(&b, right.len()));
    let mut report = Report::default();
    for ((a, a_name), (b, b_name)) in left.iter().zip(&left_names).zip(right.iter().zip(&right_names)) {
        let found = a.compare(b, &options(args)).of(a_name)?;
        report.pair(a, b, &found, &format!("{a_name} and {b_name}")).of(a_name)?;
    }
    if left.len() != right.len() {
        let count = |name: &str, arrays: &[Array]| {
            format!("{name} has {}", text::counted(arrays.len() as u64, "array"))
        };
        report.different = true;
        report.line(&format!("{}, {}", count(&a.name, &left), count(&b.name, &right)));
    }
    Ok((report.text, if report.different { Outcome::Found } else { Outcome::Done }))
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

    /// Says what was found of two arrays.
    fn pair(&mut self, a: &Array, b: &Array, found: &Comparison, title: &str) -> Result<(), Error> {
        let differ = !found.equal || found.dtype_differs;
        self.different |= differ;
        self.line(&format!("{title} {}", if differ { "differ" } else { "are equal" }));
        if found.dtype_differs {
            self.point("dtype", &format!("{} and {}", dtype(a), dtype(b)));
        }
        if found.shape_differs {
            self.point("shape", &format!("{} and {}", text::shape(a.shape()), text::shape(b.shape())));
        } else {
            self.values(a, b, found)?;
        }
        self.notes(a, b, found);
        Ok(())
    }

    fn values(&mut self, a: &Array, b: &Array, found: &Comparison) -> Result<(), Error> {
        let items = text::counted(found.items, "item");
        let Some(first) = &found.first else {
            let how = if found.max_abs > 0.0 { "equal within the tolerance" } else { "equal" };
            self.point("values", &format!("{items}, {how}"));
            self.distance(found);
            return Ok(());
        };
        self.point("values", &format!("{} of {items} differ", found.different));
        self.point("first", &format!("at {first:?}: {} and {}", value(a, first)?, value(b, first)?));
        self.distance(found);
        Ok(())
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
    fn notes(&mut self, a: &Array, b: &Array, found: &Comparison) {
        if !found.dtype_differs && a.dtype() != b.dtype() {
            self.point("note", &format!("the byte order differs: {} and {}", dtype(a), dtype(b)));
        }
        if !found.shape_differs && a.order() != b.order() {
            self.point("note", &format!("the memory order differs: {} and {}", a.order(), b.order()));
        }
        if found.signed_zeros > 0 {
            let items = text::counted(found.signed_zeros, "item");
            self.point("note", &format!("in {items} 0 and -0 count as equal"));
        }
    }
}

fn dtype(array: &Array) -> String {
    text::shortened(&array.dtype().to_string(), SHOWN).into_owned()
}

/// One value as `arr show` prints it.
fn value(array: &Array, index: &[usize]) -> Result<String, Error> {
    let index: Vec<SliceItem> = index.iter().map(|at| SliceItem::from(*at)).collect();
    let item = array.slice(Slice::from(index))?;
    let value = match item.dtype() {
        // NumPy prints a string alone without quotes, among others with them, which tells more.
        DType::Bytes(_) | DType::Unicode(..) => {
            item.reshape(&[1], Order::C)?.to_string().trim_matches(['[', ']']).to_owned()
        }
        _ => item.to_string(),
    };
    Ok(text::shortened(&value, SHOWN).into_owned())
}
