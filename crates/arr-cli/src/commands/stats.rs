//! `arr stats`: what the values are like.

mod histogram;

use std::io::Write;

use arr_io::format::PartInfo;
use arr_io::stats::{FieldStats, Number, Quantity, Stats};
use arr_io::{DType, Parts};
use serde_json::{Value, json};

use super::{Out, heading, print};
use crate::args::StatsArgs;
use crate::failure::{Failure, Outcome, report, worded};
use crate::listing::{List, Subject, field};
use crate::progress::Progress;
use crate::text::Table;
use crate::walk::{Visit, expand, visit};
use crate::{json, output, text};

/// The most characters of a dtype in a line.
const DTYPE_IN_LINE: usize = 60;

/// Prints a block for each array of a file, for records one for each field; of several files a row for each. All is
/// printed as it is found.
pub fn run(args: &StatsArgs) -> Result<Outcome, Failure> {
    let files = expand(&args.files, &args.read).files;
    let is_single = files.len() == 1;
    let titles = ["array", "shape", "NaN", "infinite", "min", "max", "mean", "std", "dtype"];
    let form = match (args.json, is_single) {
        (true, _) => Form::Json(List::default()),
        (false, true) => Form::Blocks,
        (false, false) => Form::Lines(Table::titled(&titles, &[2, 3, 4, 5, 6, 7])),
    };
    let mut outcome = Outcome::Done;
    print(|out| {
        let mut found =
            Found { out, form, nan_only: args.nan_only, count: 0, with_nan: 0, leaves_out: false };
        outcome = visit(files, &args.read, &mut found)?;
        // Text beside numbers is passed over, text alone arrays no answer.
        if found.count == 0 && found.leaves_out {
            outcome = Outcome::Failed;
        }
        match found.form {
            Form::Json(list) => list.end(found.out),
            Form::Blocks => Ok(()),
            Form::Lines(table) => Ok(table.end(found.out)?),
        }?;
        if args.nan_only && !args.json {
            writeln!(found.out, "{} of {} arrays and fields have NaN", found.with_nan, found.count)?;
        }
        Ok(())
    })?;
    Ok(outcome)
}

/// How what is found is said.
enum Form {
    /// A list of objects.
    Json(List),
    /// A block for each array or field.
    Blocks,
    /// A line for each array or field.
    Lines(Table),
}

/// What has been found so far.
struct Found<'a> {
    out: &'a mut Out,
    form: Form,
    /// Only those with NaN are shown.
    nan_only: bool,
    /// Arrays and fields with statistics.
    count: u64,
    /// Those of them that have NaN.
    with_nan: u64,
    leaves_out: bool,
}

impl Visit for Found<'_> {
    fn part(&mut self, parts: &mut Parts<'_>, part: &PartInfo, subject: &Subject) -> Result<(), Failure> {
        let mut is_array = false;
        parts.each_stats(part, &mut Progress::beside_output(), &mut |found| {
            is_array = true;
            match &found.stats {
                Ok(stats) => self.stats(subject, &found, stats),
                Err(error) => self.nothing(subject, Some(&found), &worded(error)),
            }
        })?;
        match is_array {
            true => Ok(()),
            false => self.nothing(subject, None, "it is not an array, and has no statistics"),
        }
    }

    fn bad(&mut self, subject: &Subject, failure: &Failure) -> Result<(), Failure> {
        match &mut self.form {
            Form::Json(list) => list.error(self.out, subject, failure),
            _ => Ok(()),
        }
    }
}

impl Found<'_> {
    /// Says what was found of an array or a field.
    fn stats(&mut self, subject: &Subject, found: &FieldStats, stats: &Stats) -> Result<(), Failure> {
        self.count += 1;
        self.with_nan += u64::from(stats.nan > 0);
        if self.nan_only && stats.nan == 0 {
            return Ok(());
        }
        let is_first = if self.nan_only { self.with_nan == 1 } else { self.count == 1 };
        let name = name(subject, Some(found));
        let FieldStats { dtype, shape, .. } = found;
        match &mut self.form {
            Form::Json(list) => {
                write_object(self.out, list, subject, Some(found), stats_object(stats, dtype))
            }
            Form::Blocks => {
                self.out.write_all(if is_first { b"" } else { b"\n" })?;
                writeln!(self.out, "{}", text::one_line(&heading(&name, dtype, shape)))?;
                for (what, value) in lines(stats, dtype) {
                    writeln!(self.out, "  {what:<9} {value}")?;
                }
                if let Some(histogram) = &stats.histogram {
                    write!(self.out, "{}", histogram::bars(histogram))?;
                }
                Ok(())
            }
            Form::Lines(table) => {
                // A line of a terminal has no room for all digits of a double.
                let is_short = output::size().is_some();
                let number = |value: Option<Number>| match value {
                    None => "-".to_owned(),
                    Some(Number::Float(value)) if is_short => text::rounded(value, 6),
                    Some(value) => value.to_string(),
                };
                let row = [
                    text::one_line(&name).into_owned(),
                    text::shape(shape),
                    stats.nan.to_string(),
                    (stats.positive_infinities + stats.negative_infinities).to_string(),
                    number(stats.min),
                    number(stats.max),
                    number(stats.mean.map(Number::Float)),
                    number(stats.std.map(Number::Float)),
                    text::dtype(dtype, DTYPE_IN_LINE),
                ];
                Ok(table.row(self.out, &row)?)
            }
        }
    }

    /// Says why there are no statistics.
    fn nothing(&mut self, subject: &Subject, found: Option<&FieldStats>, why: &str) -> Result<(), Failure> {
        report(&format!("{}: {why}", name(subject, found)));
        self.leaves_out = true;
        match &mut self.form {
            Form::Json(list) => write_object(self.out, list, subject, found, json!({ "error": why })),
            _ => Ok(()),
        }
    }
}

/// What an array, or a field of its records, is called.
fn name(subject: &Subject, found: Option<&FieldStats>) -> String {
    match found.and_then(|found| found.field.as_ref()) {
        Some(field) => format!("{}, field {field}", subject.label),
        None => subject.label.clone(),
    }
}

/// Writes an object, with what is known of the array.
fn write_object(
    out: &mut Out,
    list: &mut List,
    subject: &Subject,
    found: Option<&FieldStats>,
    object: Value,
) -> Result<(), Failure> {
    list.begin(out, subject)?;
    if let Some(FieldStats { field: name, dtype, shape, .. }) = found {
        field(out, "field", name)?;
        field(out, "dtype", &json::dtype(dtype))?;
        field(out, "shape", shape)?;
    }
    for (name, value) in object.as_object().into_iter().flatten() {
        field(out, name, value)?;
    }
    Ok(out.write_all(b"}")?)
}

fn stats_object(stats: &Stats, dtype: &DType) -> Value {
    let (quantity, unit) = match stats.quantity {
        Quantity::Values => ("values", Value::Null),
        Quantity::Magnitudes => ("magnitudes", Value::Null),
        Quantity::Ticks(unit) => ("ticks", unit.to_string().trim_matches(['[', ']']).into()),
    };
    let mut object = json!({
        "quantity": quantity,
        "unit": unit,
        "count": stats.count,
        "nan": stats.nan,
        "positive_infinities": stats.positive_infinities,
        "negative_infinities": stats.negative_infinities,
        "zeros": stats.zeros,
        "min": stats.min.map(number),
        "max": stats.max.map(number),
        "mean": stats.mean.map(json::float),
        "std": stats.std.map(json::float),
        "histogram": stats.histogram.as_ref().map(|histogram| json!({
            "edges": histogram.edges.iter().copied().map(json::float).collect::<Vec<_>>(),
            "counts": histogram.counts,
        })),
    });
    for (name, value) in [("min_date", stats.min), ("max_date", stats.max)] {
        if let (Some(fields), Some(date)) =
            (object.as_object_mut(), value.and_then(|value| date(value, dtype)))
        {
            fields.insert(name.to_owned(), date.into());
        }
    }
    object
}

/// Integers are exact: none of an array is beyond 64 bits.
fn number(number: Number) -> Value {
    match number {
        Number::Integer(value) => match (u64::try_from(value), i64::try_from(value)) {
            (Ok(value), _) => value.into(),
            (_, Ok(value)) => value.into(),
            _ => value.to_string().into(),
        },
        Number::Float(value) => json::float(value),
    }
}

fn lines(stats: &Stats, dtype: &DType) -> Vec<(&'static str, String)> {
    let mut lines = vec![("items", stats.count.to_string())];
    match stats.quantity {
        Quantity::Values => {}
        Quantity::Magnitudes => lines.push(("of", "absolute values".to_owned())),
        Quantity::Ticks(_) => lines.push(("of", "ticks".to_owned())),
    }
    let what = if matches!(stats.quantity, Quantity::Ticks(_)) { "NaT" } else { "NaN" };
    lines.push((what, stats.nan.to_string()));
    let (up, down) = (stats.positive_infinities, stats.negative_infinities);
    lines.push((
        "infinite",
        if up + down == 0 { "0".to_owned() } else { format!("{up} positive, {down} negative") },
    ));
    lines.push(("zeros", stats.zeros.to_string()));
    lines.extend(stats.min.map(|value| ("min", for_people(value, dtype))));
    lines.extend(stats.max.map(|value| ("max", for_people(value, dtype))));
    lines.extend(stats.mean.map(|value| ("mean", format!("{value:?}"))));
    lines.extend(stats.std.map(|value| ("std", format!("{value:?}"))));
    lines
}

/// A number, with the date after it where it is one.
fn for_people(value: Number, dtype: &DType) -> String {
    match date(value, dtype) {
        Some(date) => format!("{value} ({date})"),
        None => value.to_string(),
    }
}

fn date(value: Number, dtype: &DType) -> Option<String> {
    let (DType::DateTime(unit, _), Number::Integer(ticks)) = (dtype, value) else { return None };
    json::date(i64::try_from(ticks).ok()?, *unit)
}
