//! An array as text, in the form that the name of the file asks for: `cargo run --example write -- numbers.csv`.

use arr_text::arr_core::{Array, Error, Result};
use arr_text::{csv, text};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| Error::invalid("usage: write FILE.txt|FILE.csv"))?;
    let array = Array::from_vec(vec![1.0, 0.1, -2.5, f64::NAN], &[2, 2])?;
    if path.ends_with(".csv") {
        // The fewest digits that read back, and a line of names above them.
        return csv::WriteOptions::new().header("x,y").save(&path, &array);
    }
    // What numpy.savetxt(path, array, fmt="%.3f", header="x y") writes, byte for byte.
    text::WriteOptions::new().fmt("%.3f").header("x y").save(&path, &array)
}
