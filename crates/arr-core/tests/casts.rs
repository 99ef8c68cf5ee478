//! What NumPy allows and what values become there: `fixtures/numpy/casts.json`.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

use arr_core::{Array, Buffer, ByteOrder, Casting, DType, ErrorKind, Order};
use serde_json::Value;

const RULES: [Casting; 5] = [Casting::No, Casting::Equiv, Casting::Safe, Casting::SameKind, Casting::Unsafe];

fn fixture() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/numpy/casts.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A type string, or a list of fields as JSON writes it.
fn dtype(told: &Value) -> DType {
    fn literal(value: &Value, depth: usize) -> String {
        match value {
            Value::String(text) => format!("'{text}'"),
            Value::Array(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| literal(part, depth + 1)).collect();
                // The list of fields holds tuples; a shape is one too.
                if depth == 0 {
                    format!("[{}]", parts.join(", "))
                } else {
                    format!("({},)", parts.join(", "))
                }
            }
            other => other.to_string(),
        }
    }
    match told {
        Value::String(text) => text.parse().unwrap(),
        list => literal(list, 0).parse().unwrap(),
    }
}

fn base64(text: &Value) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    for quad in text.as_str().unwrap().trim_end_matches('=').as_bytes().chunks(4) {
        let digit =
            |byte: &u8| u32::try_from(ALPHABET.iter().position(|letter| letter == byte).unwrap()).unwrap();
        let bits = quad.iter().fold(0, |bits, byte| bits << 6 | digit(byte)) << (6 * (4 - quad.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..quad.len()]);
    }
    bytes
}

#[test]
fn the_table_is_that_of_numpy() {
    let fixture = fixture();
    let types: Vec<DType> = fixture["allowed"]["types"].as_array().unwrap().iter().map(dtype).collect();
    let rows = fixture["allowed"]["rows"].as_array().unwrap();
    let (mut pairs, mut others) = (0, Vec::new());
    for (from, row) in types.iter().zip(rows) {
        for (to, letter) in types.iter().zip(row.as_str().unwrap().chars()) {
            let strictest = RULES.iter().position(|casting| from.can_cast(to, *casting));
            let ours = strictest.map_or('.', |rule| ['n', 'e', 's', 'k', 'u'][rule]);
            RULES
                .iter()
                .skip(strictest.unwrap_or(5))
                .for_each(|casting| assert!(from.can_cast(to, *casting)));
            pairs += 1;
            if ours != letter {
                others.push(format!("{from} -> {to}: {ours}, NumPy {letter}"));
            }
        }
    }
    assert_eq!(pairs, types.len() * types.len());
    // ml_dtypes could not register bfloat16 as a kind of floats, and has no casts to strings and times.
    others.retain(|line| !line.contains("bfloat16"));
    assert_eq!(others, [""; 0]);
}

/// The items of an array, little-endian, without the padding of records.
fn little_packed(array: &Array) -> Vec<u8> {
    let array = array.to_contiguous_in(Order::C, ByteOrder::Little).unwrap();
    let Some(record) = array.dtype().as_record() else { return array.as_bytes(Order::C).unwrap().to_vec() };
    let fields = record.fields();
    array
        .items()
        .flat_map(|item| fields.iter().flat_map(|field| &item[field.offset()..field.end()]))
        .copied()
        .collect()
}

/// The items as an array of that dtype.
fn array(dtype: &DType, bytes: &[u8]) -> Array {
    let little = dtype.with_byte_order(ByteOrder::Little);
    let items = bytes.len() / dtype.itemsize();
    let array = Array::contiguous(little, &[items], Order::C, Buffer::from_vec(bytes.to_vec())).unwrap();
    let array = match dtype.byte_order() {
        Some(ByteOrder::Big) => array.to_byte_order(ByteOrder::Big).unwrap(),
        _ => array,
    };
    assert_eq!(array.dtype(), dtype);
    array
}

/// Where we differ from NumPy, with the number of items.
///
/// - It rounds a long double to an f8 first, so that what lies just above a tie goes to even.
/// - It wraps around when years or months overflow as nanoseconds; we refuse.
const DIFFERENT: [(&str, usize); 4] =
    [("<f16 -> <f2", 1), ("<c32 -> <f2", 1), ("<M8[Y] -> <M8[ns]", 4), ("<M8[M] -> <M8[ns]", 4)];

#[test]
fn values_are_those_of_numpy() {
    let fixture = fixture();
    let entries = fixture["casts"].as_array().unwrap();
    let (mut equal, mut different, mut unsupported) = (0, Vec::new(), 0);
    for entry in entries {
        let (from, to) = (dtype(&entry["from"]), dtype(&entry["to"]));
        let (source, expected) = (base64(&entry["source"]), base64(&entry["result"]));
        match array(&from, &source).cast(&to, Casting::Unsafe) {
            Ok(ours) if little_packed(&ours) == expected => equal += 1,
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                // Between text and values, and bytes as they lie, which is a view and no cast.
                let text = |dtype: &DType| matches!(dtype, DType::Bytes(_) | DType::Unicode(..));
                assert!(text(&from) != text(&to) || matches!(to, DType::Void(_)), "{error}");
                unsupported += 1;
            }
            _ => {
                let size = expected.len() / (source.len() / from.itemsize());
                let items = source.chunks(from.itemsize()).zip(expected.chunks(size));
                let differs = |(from_item, expected): &(&[u8], &[u8])| {
                    let ours = array(&from, from_item).cast(&to, Casting::Unsafe);
                    ours.map_or(true, |ours| little_packed(&ours) != *expected)
                };
                let name =
                    format!("{} -> {}", entry["from"].as_str().unwrap(), entry["to"].as_str().unwrap());
                different.push((name, items.filter(differs).count()));
            }
        }
    }
    println!("{} casts: {equal} equal, {unsupported} unsupported", entries.len());
    assert_eq!(different.iter().map(|(name, items)| (name.as_str(), *items)).collect::<Vec<_>>(), DIFFERENT);
}

/// A checked cast refuses more and changes nothing else.
#[test]
fn what_fits_is_the_same_when_checked() {
    let fixture = fixture();
    let mut fits = 0;
    for entry in fixture["casts"].as_array().unwrap() {
        let (from, to) = (dtype(&entry["from"]), dtype(&entry["to"]));
        for item in base64(&entry["source"]).chunks(from.itemsize()) {
            let item = array(&from, item);
            if let Ok(checked) = item.cast_checked(&to) {
                assert!(
                    checked.as_bytes(Order::C) == item.cast(&to, Casting::Unsafe).unwrap().as_bytes(Order::C)
                );
                fits += 1;
            }
        }
    }
    assert!(fits > 10_000, "{fits}");
}
