//! The columns of a table of CSV, with the mean of those that are numbers: `cargo run --example read -- table.csv`.

use arr_text::arr_core::{Casting, Error, Result};
use arr_text::csv;

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| Error::invalid("usage: read FILE.csv"))?;
    // The delimiter, the line of names and the dtype of each column are found out.
    let table = csv::ReadOptions::new().missing_values(&["NA"]).read(&path)?;
    let Some(record) = table.dtype().as_record() else {
        println!("{} {:?}", table.dtype(), table.shape()); // all columns are the same kind of number, without names
        return Ok(());
    };
    for field in record.fields() {
        let column = table.field(field.name())?;
        match column.cast(&"<f8".parse()?, Casting::Safe).and_then(|column| column.to_vec::<f64>()) {
            Ok(values) => {
                let known = || values.iter().filter(|value| !value.is_nan());
                let (count, sum) = (known().map(|_| 1.0).sum::<f64>(), known().sum::<f64>());
                println!("{}: {}, mean {} of {count}", field.name(), field.dtype(), sum / count);
            }
            Err(_) => println!("{}: {}", field.name(), field.dtype()), // texts and dates have none
        }
    }
    Ok(())
}
