//! ND4J's rows, measured in the same sitting on the same files.

use std::path::Path;

use serde_json::Value;

use super::{Medians, Wish};
use crate::fixtures::nd4j_java::{NEEDS, NEWEST, is_here, newest};
use crate::run::{Outcome, captured};

/// What is measured of 40 MB of `f32`.
const ROWS: &[&str] =
    &["write_stream", "read_stream", "write_binaryserde", "read_binaryserde", "write_npy", "read_npy"];

/// Adds ND4J's medians, and returns the versions of ND4J and Java.
pub(super) fn run(wish: &Wish, files: &Path, medians: &mut Medians) -> Outcome<String> {
    if !is_here() {
        println!("bench: ND4J's rows are left out: {NEEDS}");
        return Ok("none found".into());
    }
    let filter = wish.filter.as_deref().unwrap_or_default();
    if !ROWS.iter().any(|row| format!("nd4j/{row}_40MB_f32/nd4j").contains(filter)) {
        return Ok("not run".into());
    }
    let mut program = match newest() {
        Ok(ready) => ready.program("Bench"),
        Err(error) => {
            println!("bench: ND4J's rows are left out: {error}");
            return Ok("none found".into());
        }
    };
    program.arg(files).args(wish.quick.then_some("--quick")).args(&wish.filter);
    let answer: Value = serde_json::from_slice(&captured(&mut program)?)
        .map_err(|error| format!("fixtures/nd4j/gen/src/m21/Bench.java does not print JSON: {error}"))?;
    for (name, median) in answer["medians"].as_object().into_iter().flatten() {
        let (Some((topic, row)), Some(median)) = (name.rsplit_once('/'), median.as_f64()) else { continue };
        medians.entry(topic.into()).or_default().insert(row.into(), median);
    }
    Ok(format!("ND4J {NEWEST} on Java {}", answer["java"].as_str().unwrap_or("unknown")))
}
