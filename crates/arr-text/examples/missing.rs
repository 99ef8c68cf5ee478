//! A table with missing values, by the rules of `numpy.genfromtxt`: `cargo run --example missing -- readings.txt`.

use arr_text::arr_core::{Error, Result};
use arr_text::genfromtxt::{Names, ReadOptions};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| Error::invalid("usage: missing FILE"))?;
    let options = ReadOptions::new()
        .delimiter(',')
        .names(Names::FirstLine)
        .infer(true) // the fields tell the dtypes
        .missing_values(["N/A,-"])
        .filling_values(-1)
        .invalid_raise(false); // rows of another length are left out
    let (table, report) = options.read_with_report(&path)?;
    println!("{} {:?}", table.dtype(), table.shape());
    println!("missing fields: {}", report.missing);
    if report.has_notes() {
        println!("note: {report}"); // what was not read as it stands, and where the first of it is
    }
    Ok(())
}
