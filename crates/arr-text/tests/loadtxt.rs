//! What `numpy.loadtxt` makes of some hundred texts, and of random ones.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod common;

use arr_core::format::threads::Threads;
use arr_core::{Array, Result};
use arr_text::text::ReadOptions;
use common::Known;
use serde_json::Value;

/// What NumPy reads and is refused here.
const REFUSED_HERE: Known = &[("too large or too small for a date", "NumPy's dates wrap around")];

/// What is read here and NumPy refuses.
const REFUSED_BY_NUMPY: Known = &[
    ("need at least one array to concatenate", "no rows of texts without a length: an empty array"),
    (
        "'charmap' codec can't decode",
        "code pages are those of the Encoding Standard, which leave no byte out",
    ),
];

/// Why a row is not as NumPy has it, or not the same whichever way it is read.
fn fault(row: &Value) -> Option<String> {
    let text = common::text(row);
    let how = match ReadOptions::from_options(&common::options(row)) {
        Ok(how) => how,
        Err(error) => return judged(row, &Err(error)),
    };
    let array = how.read_bytes(&text);
    let others = [how.read_from(&mut text.as_slice()), how.clone().threads(Threads::one()).read_bytes(&text)];
    others.iter().find_map(|other| common::difference(&array, other)).or_else(|| judged(row, &array))
}

fn judged(row: &Value, read: &Result<Array>) -> Option<String> {
    common::fault(row, read, REFUSED_HERE, REFUSED_BY_NUMPY)
}

#[test]
fn loadtxt_does_what_numpy_does() {
    let rows = common::rows("loadtxt.json");
    assert!(rows.len() > 250, "{}", rows.len());
    common::walk(&rows, fault);
}

#[test]
fn random_texts_are_read_as_numpy_reads_them() {
    if let Some(rows) = common::random_rows("loadtxt.json") {
        common::walk(&rows, fault);
    }
}
