//! `arr diff`: what two files differ in.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use arr_io::{
    Array, ByteOrder, CompareOptions, Comparison, DType, Diff, Error, Finding, Order, Side, Tolerance,
};
use serde_json::{Value, json};

use super::{Out, print, write_found};
use crate::args::DiffArgs;
use crate::failure::{Failure, OfFile, Outcome, conclude, report};
use crate::files::Named;
use crate::listing::{List, Subject, field};
use crate::progress::Progress;
use crate::walk::{nothing_there, walk};
use crate::{json, text};

/// The most characters of a value or a dtype that are printed.
const SHOWN: usize = 200;

/// Compares the arrays of two files in pairs, or the files of two directories, and says what differs.
pub fn run(args: &DiffArgs) -> Outcome {
    let (a, b) = (Named::new(&args.a), Named::new(&args.b));
    let mut outcome = Outcome::Done;
    let printed = print(|out| {
        let mut report = Report {
            args,
            out,
            list: List::default(),
            printed: Ok(()),
            outcome: &mut outcome,
            counts: Counts::default(),
        };
        let compared = match (a.folder(), b.folder()) {
            (Some(one), Some(other)) => report.folders((&a, one), (&b, other)),
            _ => report.files(&a, &b),
        };
        if let Err(failure) = compared {
            report.bad(if failure.file() == Some(&b.name) { &b } else { &a }, &failure);
        }
        report.end()
    });
    // What was found counts, even if nobody reads the report to its end.
    conclude(printed, outcome)
}

fn options(args: &DiffArgs) -> CompareOptions {
    let tolerance = Tolerance { rtol: args.rtol, atol: args.atol };
    if tolerance == Tolerance::default() {
        return CompareOptions::default();
    }
    CompareOptions::default().tolerance(tolerance)
}

/// How many of what was found.
#[derive(Clone, Copy, Default)]
struct Counts {
    equal: u64,
    different: u64,
    lone: u64,
    bad: u64,
}

/// What is said, to people or as objects, as it is found.
struct Report<'a> {
    args: &'a DiffArgs,
    out: &'a mut Out,
    list: List,
    /// Whether all could be printed so far: the comparison goes on for its outcome.
    printed: Result<(), Failure>,
    outcome: &'a mut Outcome,
    counts: Counts,
}

impl Report<'_> {
    /// Prints something of one of the forms, if that is the one that is asked for.
    fn print(&mut self, as_json: bool, write: impl FnOnce(&mut Out, &mut List) -> Result<(), Failure>) {
        if self.printed.is_ok() && self.args.json == as_json && !self.args.quiet {
            self.printed = write(self.out, &mut self.list);
        }
    }

    fn object(&mut self, subject: &Subject, object: Value) {
        self.print(true, |out, list| list.object(out, subject, object));
    }

    fn end(mut self) -> Result<(), Failure> {
        let list = std::mem::take(&mut self.list);
        self.print(true, |out, _| list.end(out));
        self.line(&self.counts.said());
        self.printed
    }

    /// Compares the files of two directories that have the same path below them.
    fn folders(&mut self, (a, one): (&Named, &Path), (b, other): (&Named, &Path)) -> Result<(), Failure> {
        let (mut lefts, mut rights) = (self.below(one), self.below(other));
        if lefts.is_empty() && rights.is_empty() {
            self.bad(a, &nothing_there().of(&a.name));
        }
        for (path, left) in &mut lefts {
            match (rights.remove(path), left) {
                (Some((right, Some(failure))), _) => self.bad(&right, &failure),
                (_, (left, Some(failure))) => self.bad(left, failure),
                (Some((right, None)), (left, None)) => {
                    if let Err(failure) = self.files(left, &right) {
                        self.bad(left, &failure);
                    }
                }
                (None, (left, None)) => self.lone(&left.name, left, &b.name),
            }
        }
        for (right, failure) in rights.into_values() {
            match failure {
                Some(failure) => self.bad(&right, &failure),
                None => self.lone(&right.name, &right, &a.name),
            }
        }
        Ok(())
    }

    /// The files of a directory by their paths below it.
    fn below(&self, folder: &Path) -> BTreeMap<PathBuf, (Named, Option<Failure>)> {
        let mut found = Vec::new();
        walk(folder, &self.args.read, &mut found);
        let path_of = |(named, failure): (Named, Option<Failure>)| {
            let path = named.path.as_deref()?;
            Some((path.strip_prefix(folder).unwrap_or(path).to_path_buf(), (named, failure)))
        };
        found.into_iter().filter_map(path_of).collect()
    }

    /// Reports what can't be compared, and goes on.
    fn bad(&mut self, named: &Named, failure: &Failure) {
        failure.report();
        *self.outcome = Outcome::Failed;
        self.counts.bad += 1;
        self.object(&named.subject(), json!({ "error": failure.message() }));
    }

    fn files(&mut self, a: &Named, b: &Named) -> Result<(), Failure> {
        if a.path.is_none() && b.path.is_none() {
            return Err(Error::invalid("standard input can be read only once")).of(&b.name);
        }
        let (mut left, mut right) = (a.parts(&self.args.read)?, b.parts(&self.args.read)?);
        let has_keys = left.has_keys() || right.has_keys();
        let (one, other) = (a.name_of(&left).to_owned(), b.name_of(&right).to_owned());
        for (name, parts) in [(&one, &mut left), (&other, &mut right)] {
            match parts.beside_parts().of(name)? {
                0 => {}
                1 => report(&format!("{name}: one value is not compared: it is not an array")),
                count => report(&format!("{name}: {count} values are not compared: they are not arrays")),
            }
        }
        let mut diff = Diff::new((&one, &mut left), (&other, &mut right), options(self.args))
            .ignore_dtypes(self.args.ignore_dtype);
        let mut progress = Progress::beside_output();
        loop {
            match diff.next_finding(&mut progress) {
                Ok(None) => return Ok(()),
                Ok(Some(finding)) => self.finding(&finding, (a, b), has_keys)?,
                Err(error) => {
                    let label = error.file().unwrap_or(&a.name).to_owned();
                    let failure = Failure::from(error);
                    failure.report();
                    *self.outcome = Outcome::Failed;
                    self.counts.bad += 1;
                    let subject = subject(&label, if label.starts_with(&b.file) { b } else { a }, has_keys);
                    self.object(&subject, json!({ "error": failure.message() }));
                }
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.print(false, |out, _| Ok(writeln!(out, "{}", text::one_line(line))?));
    }

    /// A line that says that things differ, unless they do not.
    fn verdict(&mut self, line: &str, is_equal: bool) {
        match is_equal {
            true => self.line(line),
            false => self.print(false, |out, _| Ok(write_found(out, &text::one_line(line))?)),
        }
    }

    fn point(&mut self, what: &str, value: &str) {
        self.line(&format!("  {what:<8} {value}"));
    }

    /// A part, or a file, that one side does not have.
    fn lone(&mut self, label: &str, named: &Named, other: &str) {
        *self.outcome = (*self.outcome).max(Outcome::Found);
        self.counts.lone += 1;
        self.verdict(&format!("{label} has no counterpart in {other}"), false);
        self.object(&subject(label, named, true), json!({ "equal": false, "missing_in": other }));
    }

    fn finding(
        &mut self,
        finding: &Finding,
        (a, b): (&Named, &Named),
        has_keys: bool,
    ) -> Result<(), Failure> {
        let is_equal = finding.is_equal();
        if !is_equal {
            *self.outcome = (*self.outcome).max(Outcome::Found);
        }
        // What is equal is said where it is asked for.
        let is_said = !is_equal || self.args.verbose;
        match finding {
            Finding::OnlyLeft(_) | Finding::OnlyRight(_) | Finding::Counts(..) => {}
            _ if is_equal => self.counts.equal += 1,
            _ => self.counts.different += 1,
        }
        let verdict = if is_equal { "are equal" } else { "differ" };
        let mut object = json!({ "other": b.file, "equal": is_equal });
        let mut sides = None;
        let label = match finding {
            Finding::Arrays { left, right, found, values } => {
                let shown = match values {
                    Some((one, other)) => Some((value(one).of(&left.label)?, value(other).of(&right.label)?)),
                    None => None,
                };
                let of_json = match values {
                    Some((one, other)) => Some([json_value(one)?, json_value(other)?]),
                    None => None,
                };
                extend(&mut object, json!({ "other": right.label }));
                extend(&mut object, arrays_object(left, right, found, of_json));
                sides = Some((&left.dtype, &right.dtype));
                if is_said {
                    self.verdict(&format!("{} and {} {verdict}", left.label, right.label), is_equal);
                    self.arrays(left, right, found, shown);
                }
                &left.label
            }
            Finding::Bytes { left, right, objects, .. } => {
                if let Some(objects) = objects {
                    let objects = dtype(objects);
                    report(&format!(
                        "{left}: items of {objects} are objects, which are compared by their bytes"
                    ));
                }
                if is_said {
                    self.verdict(&format!("{left} and {right} {verdict}"), is_equal);
                }
                left
            }
            Finding::Unlike { left, right } => {
                self.verdict(
                    &format!("{left} and {right}, of which one is not an array, {verdict}"),
                    is_equal,
                );
                left
            }
            Finding::OnlyLeft(label) => {
                self.lone(label, a, &b.name);
                return Ok(());
            }
            Finding::OnlyRight(label) => {
                self.lone(label, b, &a.name);
                return Ok(());
            }
            Finding::Counts(left, right) => {
                let count =
                    |name: &str, count: usize| format!("{name} has {}", text::counted(count as u64, "array"));
                self.verdict(&format!("{}, {}", count(&a.name, *left), count(&b.name, *right)), false);
                extend(&mut object, json!({ "arrays": [left, right] }));
                &a.name
            }
            _ => return Ok(()),
        };
        let subject = subject(label, a, has_keys);
        self.print(true, |out, list| {
            list.begin(out, &subject)?;
            for (name, value) in object.as_object().into_iter().flatten() {
                field(out, name, value)?;
            }
            if let Some((one, other)) = sides {
                field(out, "dtypes", &(json::dtype(one), json::dtype(other)))?;
            }
            Ok(out.write_all(b"}")?)
        });
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
        if found.max_abs > 0.0 || found.not_finite > 0 {
            let of_finite = if found.not_finite > 0 { ", of finite numbers" } else { "" };
            let (apart, relative) = (found.max_abs, found.max_rel);
            self.point(
                "largest",
                &format!("absolute difference {}, relative {}{of_finite}", rounded(apart), rounded(relative)),
            );
        }
        if found.not_finite > 0 {
            let pairs = text::counted(found.not_finite, "pair");
            self.point("NaN, inf", &format!("{pairs} of different numbers with one that is NaN or infinite"));
        }
    }

    /// What is different and yet no difference.
    fn notes(&mut self, a: &Side, b: &Side, found: &Comparison) {
        if !found.dtype_differs && a.dtype != b.dtype {
            let native = |side: &Side| side.dtype.with_byte_order(ByteOrder::NATIVE);
            let what = if native(a) == native(b) { "byte order" } else { "dtype" };
            let note = format!("the {what} differs: {} and {}", dtype(&a.dtype), dtype(&b.dtype));
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

impl Counts {
    /// How many arrays differ of how many.
    fn said(self) -> String {
        let Self { equal, different, lone, bad } = self;
        let of_all = |count: u64| match (count, equal + different) {
            (1, 1) => "1 array".to_owned(),
            (count, all) if count == all => format!("{all} arrays"),
            (count, all) => format!("{count} of {all} arrays"),
        };
        let is_of =
            |count: u64, one: &str, many: &str| if count == 1 { one.to_owned() } else { many.to_owned() };
        let mut parts = Vec::new();
        match (equal, different) {
            (0, 0) => {}
            (equal, 0) => parts.push(format!("{} {} equal", of_all(equal), is_of(equal, "is", "are"))),
            (_, different) => {
                parts.push(format!("{} {}", of_all(different), is_of(different, "differs", "differ")));
            }
        }
        if lone > 0 {
            parts.push(format!("{lone} {} no counterpart", is_of(lone, "has", "have")));
        }
        if bad > 0 {
            parts.push(format!("{bad} {} not compared", is_of(bad, "was", "were")));
        }
        if parts.is_empty() { "there are no arrays to compare".to_owned() } else { parts.join(", ") }
    }
}

/// A distance in three digits.
fn rounded(distance: f64) -> String {
    text::rounded(distance, 3)
}

/// A part by what it is called.
fn subject(label: &str, named: &Named, has_keys: bool) -> Subject {
    let part = label.strip_prefix(&named.file).and_then(|rest| rest.strip_prefix("::"));
    Subject { part: part.map(str::to_owned), has_keys, label: label.to_owned(), ..named.subject() }
}

/// What was found of two arrays, as fields.
fn arrays_object(left: &Side, right: &Side, found: &Comparison, values: Option<[Value; 2]>) -> Value {
    json!({
        "shapes": [left.shape, right.shape],
        "items": found.items,
        "different": found.different,
        "first": found.first,
        "first_values": values,
        "max_abs": json::float(found.max_abs),
        "max_rel": json::float(found.max_rel),
        "not_finite": found.not_finite,
    })
}

fn extend(object: &mut Value, fields: Value) {
    if let (Value::Object(object), Value::Object(fields)) = (object, fields) {
        object.extend(fields);
    }
}

fn dtype(dtype: &DType) -> String {
    text::beginning(dtype, SHOWN)
}

/// One value as `arr show --json` has it; a long one as it prints it.
fn json_value(item: &Array) -> Result<Value, Failure> {
    if item.nbytes() > 4 * SHOWN {
        return Ok(value(item)?.into());
    }
    let mut text = Vec::new();
    match json::write_nested(&mut text, item) {
        Ok(()) => Ok(serde_json::from_slice(&text)?),
        // What has no form of its own there.
        Err(_) => Ok(value(item)?.into()),
    }
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
