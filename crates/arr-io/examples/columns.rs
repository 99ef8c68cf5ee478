//! The mean of each column of a table of any length, block by block: `cargo run --example columns -- table.npy`.

use arr_io::{Error, Result};
use ndarray::{Array1, Array2};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| Error::invalid("usage: columns FILE.npy"))?;
    let blocks = arr_io::npy::blocks(&path)?; // about 16 MiB of whole rows at a time
    let mut rows = 0.0;
    let mut sums = Array1::<f64>::zeros(blocks.header().shape().last().copied().unwrap_or(0));
    for block in blocks {
        let block: Array2<f64> = block?.to_typed()?; // an error for another dtype or another number of dimensions
        for row in block.rows() {
            sums += &row;
            rows += 1.0;
        }
    }
    println!("{}", sums / rows);
    Ok(())
}
