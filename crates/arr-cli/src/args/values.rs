//! Values of options as text.

use arr_io::format::literal::py_repr;
use arr_io::{ByteOrder, DType, Meaning, Order, Registry, Slice};
use clap::builder::PossibleValuesParser;
use serde_json::Value;

/// The dtype to cast to, or none, and the only dtype that is cast, if not all are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cast {
    pub to: Option<DType>,
    /// A kind of small floats, in place of a dtype.
    pub small: Option<Meaning>,
    pub only: Option<DType>,
    /// As it was typed, where it is meant for all.
    pub typed: Option<String>,
}

/// A shape, of which one dimension may be -1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape(pub Vec<isize>);

/// Lengths of dimensions with commas between them, in brackets or not.
pub fn shape(text: &str) -> Result<Shape, String> {
    let inner = text.trim().trim_matches(['(', ')', '[', ']']).trim().trim_end_matches(',');
    if inner.is_empty() {
        return Ok(Shape(Vec::new()));
    }
    let dims: Result<Vec<isize>, _> = inner.split(',').map(|dim| dim.trim().parse()).collect();
    dims.map(Shape).map_err(|_| "not a shape like 6,4".to_owned())
}

/// The names of the known formats.
pub fn format_names() -> PossibleValuesParser {
    Registry::shared().infos().map(|info| info.name).collect::<Vec<_>>().into()
}

/// `10`, `4k`, `1.5`: no; `2Gi`: a number of bytes with an optional suffix.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = text.get(digits.len()..).unwrap_or_default();
    let unit: u64 = match suffix {
        "" | "B" => 1,
        "k" | "K" | "kB" | "KB" => 1000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        "T" | "TB" => 1_000_000_000_000,
        "Ki" | "KiB" => 1 << 10,
        "Mi" | "MiB" => 1 << 20,
        "Gi" | "GiB" => 1 << 30,
        "Ti" | "TiB" => 1 << 40,
        _ => return Err(format!("the suffix '{suffix}' is none of k, M, G, T, Ki, Mi, Gi, Ti")),
    };
    let count: u64 = digits.parse().map_err(|_| "not a number of bytes like 4096, 10k or 2Gi".to_owned())?;
    count.checked_mul(unit).ok_or_else(|| "too large".to_owned())
}

/// A number as [`size`] reads it, with a unit where it is a multiple of one.
pub fn with_unit(value: u64) -> String {
    let units = [(30, "Gi"), (20, "Mi"), (10, "Ki")];
    let unit = units.into_iter().find(|(bits, _)| value > 0 && value.is_multiple_of(1 << bits));
    unit.map_or_else(|| value.to_string(), |(bits, unit)| format!("{}{unit}", value >> bits))
}

/// NumPy's slice syntax.
pub fn slice(text: &str) -> Result<Slice, String> {
    text.parse().map_err(|error: arr_io::Error| error.to_string())
}

/// What opaque items are.
pub fn meaning(text: &str) -> Result<Meaning, String> {
    text.parse().map_err(|error: arr_io::Error| error.to_string())
}

/// A finite number that is not negative.
pub fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value >= 0.0 && value.is_finite() => Ok(value),
        _ => Err("not a number of at least 0".to_owned()),
    }
}

/// `C` or `F`.
pub fn order(text: &str) -> Result<Order, String> {
    match text {
        "C" | "c" => Ok(Order::C),
        "F" | "f" => Ok(Order::F),
        _ => Err("neither C nor F".to_owned()),
    }
}

/// `little` or `big`.
pub fn byte_order(text: &str) -> Result<ByteOrder, String> {
    match text {
        "little" | "<" => Ok(ByteOrder::Little),
        "big" | ">" => Ok(ByteOrder::Big),
        _ => Err("neither little nor big".to_owned()),
    }
}

/// What is cast to what: `<f4`, or `<f8=<f4`; `null` casts to nothing.
pub fn cast(text: &str) -> Result<Cast, String> {
    let typed = Some(text.to_owned());
    if text == "null" {
        return Ok(Cast { typed, ..Cast::default() });
    }
    // A dtype may begin with the sign, and one with fields may have it in a name.
    let both = text.split_once('=').filter(|(only, _)| !only.is_empty() && !only.starts_with('['));
    let (only, to) = match both {
        Some((only, to)) => (Some(dtype(only)?), to),
        None => (None, text),
    };
    Ok(match dtype(to) {
        Ok(to) => Cast { to: Some(to), small: None, typed: typed.filter(|_| only.is_none()), only },
        // No file is read as such numbers.
        Err(error) => Cast { small: Some(to.parse().map_err(|_| error)?), only, ..Cast::default() },
    })
}

/// A dtype as a type string, as a Python list of tuples or as a JSON list of lists.
fn dtype(text: &str) -> Result<DType, String> {
    let python = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(fields)) => {
            fields_in_python(&fields).ok_or("not a list of [name, dtype] or [name, dtype, shape]")?
        }
        _ => text.to_owned(),
    };
    python.parse().map_err(|error: arr_io::Error| error.to_string())
}

/// A JSON list of fields as Python writes it: each field is a tuple there.
fn fields_in_python(fields: &[Value]) -> Option<String> {
    let fields: Option<Vec<String>> = fields.iter().map(|field| field_in_python(field.as_array()?)).collect();
    Some(format!("[{}]", fields?.join(", ")))
}

fn field_in_python(field: &[Value]) -> Option<String> {
    let (name, dtype, shape) = match field {
        [name, dtype] => (name, dtype, None),
        [name, dtype, shape] => (name, dtype, Some(shape)),
        _ => return None,
    };
    let name = match name {
        Value::Array(both) => match both.as_slice() {
            [title, name] => format!("({}, {})", py_repr(title.as_str()?), py_repr(name.as_str()?)),
            _ => return None,
        },
        name => py_repr(name.as_str()?),
    };
    let dtype = match dtype {
        Value::Array(fields) => fields_in_python(fields)?,
        dtype => py_repr(dtype.as_str()?),
    };
    match shape {
        None => Some(format!("({name}, {dtype})")),
        Some(shape) => Some(format!("({name}, {dtype}, {})", shape_in_python(shape)?)),
    }
}

fn shape_in_python(shape: &Value) -> Option<String> {
    match shape {
        Value::Array(dims) => {
            let dims: Option<Vec<String>> =
                dims.iter().map(|dim| Some(format!("{},", dim.as_u64()?))).collect();
            Some(format!("({})", dims?.join(" ")))
        }
        dim => Some(dim.as_u64()?.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_both_kinds_of_units() {
        let sizes = ["0", "17", "4k", "2Mi", "1G", "16Ti"].map(|text| size(text).unwrap());
        assert_eq!(sizes, [0, 17, 4000, 2 << 20, 1_000_000_000, 16 << 40]);
        for value in [0, 17, 200, 1 << 10, 3 << 18, 1 << 24, 5 << 30] {
            assert_eq!(size(&with_unit(value)), Ok(value));
        }
        assert_eq!([200, 3 << 18, 1 << 24].map(with_unit), ["200", "768Ki", "16Mi"]);
        for bad in ["", "k", "-1", "1.5k", "4q", "99999999999T"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn dtypes_come_in_three_notations() {
        let json =
            cast(r#"[["a","<i4"],[["T","b"],[["c","|S3"]]],["d","<f4",[2,3]],["e","<f4",2]]"#).unwrap();
        let python =
            cast("[('a', '<i4'), (('T', 'b'), [('c', '|S3')]), ('d', '<f4', (2, 3)), ('e', '<f4', (2,))]");
        assert!(json.to.is_some());
        assert_eq!(json.to, python.unwrap().to);
        assert_eq!(cast(">f8").unwrap().to.unwrap().to_string(), ">f8");
        assert_eq!((cast("null").unwrap().to, cast("null").unwrap().typed.as_deref()), (None, Some("null")));
        for bad in ["", "nope", r#"[["a"]]"#, r#"[1]"#, r#"{"a":1}"#, "<f8=", "<f8=nope", "nope=<f4"] {
            assert!(cast(bad).is_err(), "{bad}");
        }
        let both = cast("<f8==f4").unwrap();
        assert_eq!((both.only.unwrap(), both.to.unwrap()), (dtype("<f8").unwrap(), dtype("=f4").unwrap()));
        assert_eq!(cast(r#"[["a=b","<i4"]]"#).unwrap().only, None);
    }

    #[test]
    fn tolerances_are_not_negative() {
        assert_eq!(tolerance("1e-5"), Ok(1e-5));
        for bad in ["-1", "nan", "x", "inf"] {
            assert!(tolerance(bad).is_err(), "{bad}");
        }
    }
}
