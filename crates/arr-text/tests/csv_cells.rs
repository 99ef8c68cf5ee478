//! The cells of files of CSV are those that Python's csv module finds.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod common;

use arr_core::{Array, DType};
use arr_text::csv::ReadOptions;
use serde_json::Value;

/// Columns of what may be numbers of another language are refused unless the dtype is named.
const OTHER_SIGNS: &str = "looks like a number with other signs";

/// The cells of a file, row by row.
fn cells(row: &Value) -> Vec<Vec<String>> {
    serde_json::from_value(row["cells"].clone()).unwrap()
}

/// The rows that are ones here: a line of blanks alone is none. In a file of one column it can't be told from a row, but sound
/// files have all cells of those in quotes.
fn rows(cells: &[Vec<String>]) -> Vec<&[String]> {
    let is_one = cells.first().is_some_and(|row| row.len() == 1);
    let is_blank = |row: &[String]| matches!(row, [only] if !only.is_empty() && only.trim().is_empty());
    cells.iter().map(Vec::as_slice).filter(|row| is_one || !is_blank(row)).collect()
}

/// Why a cell with a NUL is refused: NumPy's texts would lose it.
const NUL: &str = "has a NUL byte, which text has not";

/// A cell without the blanks of Python around it.
fn trimmed(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\x1c'..='\x1f'))
}

/// Why a file is not split as Python does, or its columns do not have the values of their cells.
fn fault(row: &Value) -> Option<String> {
    let text = common::text(row);
    let delimiter = row["delimiter"].as_str().unwrap().chars().next().unwrap();
    let cells = cells(row);
    if row["sound"] == false && cells.iter().any(|row| row.len() == 1) {
        return None;
    }
    let how = ReadOptions::new().delimiter(delimiter).header(false);
    let texts = how.dtype("U".parse::<DType>().unwrap()).read_bytes(&text);
    match texts {
        Ok(array) => {
            let found = array.to_strings().unwrap();
            let width = array.shape().get(1).copied().unwrap_or(1).max(1);
            let found: Vec<&[String]> = found.chunks(width).collect();
            let wanted = rows(&cells);
            let is_same = |(one, other): (&&[String], &&[String])| one.iter().eq(other.iter());
            if found.len() != wanted.len() || !found.iter().zip(&wanted).all(is_same) {
                let place = found.iter().zip(&wanted).find(|(one, other)| !is_same((one, other)));
                return Some(format!(
                    "{} rows, not {}; (found, wanted): {place:?}",
                    found.len(),
                    wanted.len()
                ));
            }
        }
        Err(error) if error.to_string().contains(NUL) => {
            let has_nul = cells.iter().flatten().any(|cell| cell.contains('\0'));
            return (!has_nul).then(|| error.to_string());
        }
        Err(error) if row["sound"] == true || error.offset().is_none() => return Some(error.to_string()),
        Err(_) => return None,
    }
    let how = ReadOptions::new().delimiter(delimiter).header(true);
    match how.read_bytes(&text) {
        Ok(table) => values(&table, &cells),
        Err(error) if error.to_string().contains(OTHER_SIGNS) => None,
        Err(error) => Some(error.to_string()),
    }
}

/// Why the columns are not what is in the cells below the first row.
fn values(table: &Array, cells: &[Vec<String>]) -> Option<String> {
    let names = cells.first()?;
    if cells.len() == 1 {
        return None;
    }
    let record = table.dtype().as_record()?;
    if !record.fields().iter().map(|field| field.name()).eq(names.iter()) {
        return Some(format!("named {}", table.dtype()));
    }
    names.iter().enumerate().find_map(|(place, name)| {
        let column = table.field(name).unwrap();
        let wanted: Vec<&str> = rows(cells).iter().skip(1).map(|row| row[place].as_str()).collect();
        let is_same = match column.dtype() {
            DType::Unicode(..) => column.to_strings().unwrap() == wanted,
            dtype if *dtype == DType::of::<i64>() => column
                .to_vec::<i64>()
                .unwrap()
                .iter()
                .zip(&wanted)
                .all(|(one, text)| trimmed(text).parse() == Ok(*one)),
            dtype if *dtype == DType::of::<f64>() => column
                .to_vec::<f64>()
                .unwrap()
                .iter()
                .zip(&wanted)
                .all(|(one, text)| is_float(*one, trimmed(text))),
            _ => column.len() == wanted.len(),
        };
        (!is_same).then(|| format!("column {name:?} is {column:?}, not {wanted:?}"))
    })
}

/// True when the text stands for the number: a text without one for nan.
fn is_float(value: f64, text: &str) -> bool {
    text.parse().map_or(value.is_nan(), |parsed: f64| parsed == value || parsed.is_nan() && value.is_nan())
}

#[test]
fn cells_are_those_of_python() {
    let rows = common::rows("csv_cells.json");
    assert!(rows.len() >= 300, "{}", rows.len());
    common::walk(&rows, fault);
}

#[test]
fn cells_of_random_files_are_those_of_python() {
    if let Some(rows) = common::random_rows("csv_cells.json") {
        common::walk(&rows, fault);
    }
}
