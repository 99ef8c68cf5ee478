//! `arr stats`: what the values are like.

mod histogram;

use std::io::Write;

use arr_io::stats::{Number, Quantity, Stats};
use arr_io::{Array, ByteOrder, DType, Order};
use serde_json::{Value, json};

use super::{heading, print};
use crate::args::StatsArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::open_joined;
use crate::progress::Progress;
use crate::{json, text};

/// The statistics of one array, or of one field of its records.
struct Part {
    name: String,
    field: Option<String>,
    dtype: DType,
    shape: Vec<usize>,
    stats: Stats,
}

/// Prints a block for each array of a file; for records one for each field.
pub fn run(args: &StatsArgs) -> Result<Outcome, Failure> {
    let (named, mut file) = open_joined(&args.files, &args.read)?;
    let (mut parts, mut refused, mut count) = (Vec::new(), None, 0);
    let mut progress = Progress::new();
    while let Some(part) = file.next_part().of(&named.name)? {
        count += 1;
        let label = file.label(&named.name, &part);
        // Members that are not arrays are skipped.
        let whose = if part.key.is_some() { &label } else { &named.name };
        for found in file.stats(&part, &mut progress).of(whose)? {
            match found.stats {
                Ok(stats) => parts.push(Part {
                    name: label.clone(),
                    field: found.field,
                    dtype: found.dtype,
                    shape: found.shape,
                    stats,
                }),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
    }
    match refused {
        // Text beside numbers is skipped; text alone is an error.
        Some(error) if parts.is_empty() => Err(error).of(&named.name),
        _ if args.json => print(|out| Ok(writeln!(out, "{}", as_json(&parts, count == 1))?)),
        _ => print(|out| {
            parts.iter().enumerate().try_for_each(|(at, part)| {
                out.write_all(if at == 0 { b"" } else { b"\n" })?;
                write_part(out, part)
            })
        }),
    }
}

/// One object for one array without fields, else a list.
fn as_json(parts: &[Part], single: bool) -> Value {
    match parts {
        [part] if single && part.field.is_none() => object(part),
        parts => parts.iter().map(object).collect(),
    }
}

fn object(part: &Part) -> Value {
    let stats = &part.stats;
    let (quantity, unit) = match stats.quantity {
        Quantity::Values => ("values", Value::Null),
        Quantity::Magnitudes => ("magnitudes", Value::Null),
        Quantity::Ticks(unit) => ("ticks", unit.to_string().trim_matches(['[', ']']).into()),
    };
    json!({
        "file": part.name,
        "field": part.field,
        "dtype": json::dtype(&part.dtype),
        "shape": part.shape,
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

fn write_part(out: &mut impl Write, part: &Part) -> Result<(), Failure> {
    let name = match &part.field {
        Some(field) => format!("{}, field {field}", part.name),
        None => part.name.clone(),
    };
    writeln!(out, "{}", text::one_line(&heading(&name, &part.dtype, &part.shape)))?;
    for (what, value) in lines(part) {
        writeln!(out, "  {what:<9} {value}")?;
    }
    if let Some(histogram) = &part.stats.histogram {
        write!(out, "{}", histogram::bars(histogram))?;
    }
    Ok(())
}

fn lines(part: &Part) -> Vec<(&'static str, String)> {
    let stats = &part.stats;
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
    lines.extend(stats.min.map(|value| ("min", for_people(value, &part.dtype))));
    lines.extend(stats.max.map(|value| ("max", for_people(value, &part.dtype))));
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
