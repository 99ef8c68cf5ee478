//! `arr diff`: what two files differ in.

use std::io::Write;

use arr_io::{Array, CompareOptions, Comparison, DType, Diff, Error, Finding, Order, Side, Tolerance};

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
    let (mut left, mut right) = (a.parts(&args.read)?, b.parts(&args.read)?);
    let mut diff = Diff::new((&a.name, &mut left), (&b.name, &mut right), options(args));
    let (mut report, mut progress) = (Report::default(), Progress::new());
    while let Some(finding) = diff.next_finding(&mut progress)? {
        report.finding(&finding, (&a.name, &b.name))?;
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

    fn finding(&mut self, finding: &Finding, (a, b): (&str, &str)) -> Result<(), Failure> {
        self.different |= !finding.is_equal();
        let verdict = if finding.is_equal() { "are equal" } else { "differ" };
        match finding {
            Finding::Arrays { left, right, found, values } => {
                self.line(&format!("{} and {} {verdict}", left.label, right.label));
                let shown = match values {
                    Some((one, other)) => Some((value(one).of(&left.label)?, value(other).of(&right.label)?)),
                    None => None,
                };
                self.arrays(left, right, found, shown);
            }
            Finding::Bytes { left, right, .. } => self.line(&format!("{left} and {right} {verdict}")),
            Finding::Unlike { left, right } => {
                self.line(&format!("{left} and {right}, of which one is not an array, {verdict}"));
            }
            Finding::OnlyLeft(label) => self.line(&format!("{label} has no counterpart in {b}")),
            Finding::OnlyRight(label) => self.line(&format!("{label} has no counterpart in {a}")),
            Finding::Counts(left, right) => {
                let count =
                    |name: &str, count: usize| format!("{name} has {}", text::counted(count as u64, "array"));
                self.line(&format!("{}, {}", count(a, *left), count(b, *right)));
            }
            _ => {}
        }
        Ok(())
    }

    /// Says what was found of two arrays, of which the first values that differ are `shown`.
    fn arrays(&mut self, a: &Side, b: &Side, found: &Comparison, shown: Option<(String, String)>) {
        if found.dtype_differs {
            self.point("dtype", &format!("{} and {}", dtype(&a.dtype), dtype(&b.dtype)));
        }
        if found.shape_differs {
            self.point("shape", &format!("{} and {}", text::shape(&a.shape), text::shape(&b.shape)));
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
    fn notes(&mut self, a: &Side, b: &Side, found: &Comparison) {
        if !found.dtype_differs && a.dtype != b.dtype {
            let note = format!("the byte order differs: {} and {}", dtype(&a.dtype), dtype(&b.dtype));
            self.point("note", &note);
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

fn dtype(dtype: &DType) -> String {
    text::shortened(&dtype.to_string(), SHOWN).into_owned()
}

/// One value as `arr show` prints it.
fn value(item: &Array) -> Result<String, Error> {
    let value = match item.dtype() {
        // NumPy prints a string alone without quotes, among others with them, which tells more.
        DType::Bytes(_) | DType::Unicode(..) | DType::Utf8 => {
            item.reshape(&[1], Order::C)?.to_string().trim_matches(['[', ']']).to_owned()
        }
        _ => item.to_string(),
    };
    Ok(text::shortened(&value, SHOWN).into_owned())
}
