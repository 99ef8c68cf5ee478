//! `arr stats`: what the values are like.

mod histogram;

use std::io::Write;

use arr_io::format::PartInfo;
use arr_io::stats::{FieldStats, Number, Quantity, Stats};
use arr_io::{Array, ByteOrder, DType, Order, Parts};
use serde_json::{Value, json};

use super::{heading, print};
use crate::args::StatsArgs;
use crate::failure::{Failure, Outcome, report, worded};
use crate::listing::{List, Subject};
use crate::progress::Progress;
use crate::walk::{Visit, expand, visit};
use crate::{json, text};

/// The most characters of a dtype in a line.
const DTYPE_IN_LINE: usize = 60;

/// Prints a block for each array of a file, for records one for each field; of several files a row for each.
pub fn run(args: &StatsArgs) -> Result<Outcome, Failure> {
    let files = expand(&args.files, &args.read);
    let is_single = files.len() == 1;
    let mut found = Found::default();
    let outcome = visit(files, &args.read, &mut found)?;
    let is_empty = !found.rows.iter().any(|row| matches!(row.what, What::Stats(_)));
    // Text beside numbers is passed over, text alone arrays no answer.
    let outcome = if is_empty && found.leaves_out { Outcome::Failed } else { outcome };
    print(|out| match (args.json, is_single) {
        (true, _) => found.write_json(out),
        (false, true) => found.write_blocks(out),
        (false, false) => Ok(out.write_all(found.table().as_bytes())?),
    })?;
    Ok(outcome)
}

/// An array, or a field of its records.
struct Row {
    subject: Subject,
    /// The field, dtype and shape, where they are known.
    array: Option<(Option<String>, DType, Vec<usize>)>,
    what: What,
}

enum What {
    Stats(Box<Stats>),
    /// Why there are none.
    Nothing(String),
}

/// All that was found.
#[derive(Default)]
struct Found {
    rows: Vec<Row>,
    leaves_out: bool,
}

impl Visit for Found {
    fn part(&mut self, parts: &mut Parts<'_>, part: &PartInfo, subject: &Subject) -> Result<(), Failure> {
        let mut rows = Vec::new();
        for FieldStats { field, dtype, shape, stats, .. } in parts.stats(part, &mut Progress::new())? {
            let what = match stats {
                Ok(stats) => What::Stats(Box::new(stats)),
                Err(error) => What::Nothing(worded(&error)),
            };
            rows.push(Row { subject: subject.clone(), array: Some((field, dtype, shape)), what });
        }
        if rows.is_empty() {
            let what = What::Nothing("it is not an array, and has no statistics".to_owned());
            rows.push(Row { subject: subject.clone(), array: None, what });
        }
        for row in &rows {
            if let What::Nothing(why) = &row.what {
                report(&format!("{}: {why}", row.name()));
                self.leaves_out = true;
            }
        }
        self.rows.extend(rows);
        Ok(())
    }

    fn bad(&mut self, subject: &Subject, failure: &Failure) -> Result<(), Failure> {
        let what = What::Nothing(failure.message());
        self.rows.push(Row { subject: subject.clone(), array: None, what });
        Ok(())
    }
}

impl Found {
    fn stats(&self) -> impl Iterator<Item = (&Row, &DType, &[usize], &Stats)> {
        self.rows.iter().filter_map(|row| match (&row.what, &row.array) {
            (What::Stats(stats), Some((_, dtype, shape))) => Some((row, dtype, shape.as_slice(), &**stats)),
            _ => None,
        })
    }

    fn write_json(&self, out: &mut impl Write) -> Result<(), Failure> {
        let mut list = List::default();
        for row in &self.rows {
            let mut object = match &row.what {
                What::Stats(stats) => stats_object(stats),
                What::Nothing(why) => json!({ "error": why }),
            };
            if let (Some((field, dtype, shape)), Some(object)) = (&row.array, object.as_object_mut()) {
                object.insert("field".to_owned(), json!(field));
                object.insert("dtype".to_owned(), json::dtype(dtype));
                object.insert("shape".to_owned(), json!(shape));
            }
            list.object(out, &row.subject, object)?;
        }
        list.end(out)
    }

    fn write_blocks(&self, out: &mut impl Write) -> Result<(), Failure> {
        for (at, (row, dtype, shape, stats)) in self.stats().enumerate() {
            out.write_all(if at == 0 { b"" } else { b"\n" })?;
            writeln!(out, "{}", text::one_line(&heading(&row.name(), dtype, shape)))?;
            for (what, value) in lines(stats, dtype) {
                writeln!(out, "  {what:<9} {value}")?;
            }
            if let Some(histogram) = &stats.histogram {
                write!(out, "{}", histogram::bars(histogram))?;
            }
        }
        Ok(())
    }

    /// A line for each array, in columns.
    fn table(&self) -> String {
        let title = ["array", "shape", "NaN", "infinite", "min", "max", "mean", "std", "dtype"];
        let mut rows = vec![title.map(str::to_owned).to_vec()];
        for (row, dtype, shape, stats) in self.stats() {
            let number =
                |value: Option<Number>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
            rows.push(vec![
                text::one_line(&row.name()).into_owned(),
                text::shape(shape),
                stats.nan.to_string(),
                (stats.positive_infinities + stats.negative_infinities).to_string(),
                number(stats.min),
                number(stats.max),
                number(stats.mean.map(Number::Float)),
                number(stats.std.map(Number::Float)),
                text::shortened(&dtype.to_string(), DTYPE_IN_LINE).into_owned(),
            ]);
        }
        if rows.len() == 1 { String::new() } else { text::table(&rows, &[2, 3, 4, 5, 6, 7]) }
    }
}

impl Row {
    fn name(&self) -> String {
        match &self.array {
            Some((Some(field), ..)) => format!("{}, field {field}", self.subject.label),
            _ => self.subject.label.clone(),
        }
    }
}

fn stats_object(stats: &Stats) -> Value {
    let (quantity, unit) = match stats.quantity {
        Quantity::Values => ("values", Value::Null),
        Quantity::Magnitudes => ("magnitudes", Value::Null),
        Quantity::Ticks(unit) => ("ticks", unit.to_string().trim_matches(['[', ']']).into()),
    };
    json!({
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
    })
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
    let bytes = i64::try_from(ticks).ok()?.to_ne_bytes();
    let dtype = DType::DateTime(*unit, ByteOrder::NATIVE);
    Some(Array::contiguous(dtype, &[], Order::C, &bytes[..]).ok()?.to_string())
}
