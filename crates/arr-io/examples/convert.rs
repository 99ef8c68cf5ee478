//! Converts a file to the format that the name of the new one tells: `cargo run --example convert -- x.nd4j x.npy`.

use arr_io::{Error, Result};

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(from), Some(to)) = (words.next(), words.next()) else {
        return Err(Error::invalid("usage: convert FROM TO"));
    };
    // The new file appears whole, or not at all: a failure leaves what was there before.
    arr_io::convert(&from, &to)?;

    let (before, after) = (arr_io::open(&from)?, arr_io::open(&to)?);
    println!("{from}: {} {:?}", before.dtype(), before.shape());
    println!("{to}: {} {:?}", after.dtype(), after.shape());
    Ok(())
}
