//! Says what is in files of any format: `cargo run --example look -- x.npy model.npz array.nd4j`.

use arr_io::npy::Npz;
use arr_io::{Array, Result};

fn main() -> Result<()> {
    for path in std::env::args().skip(1) {
        if path.ends_with(".npz") {
            let archive = Npz::open(&path)?; // reads the directory, not the arrays
            for name in archive.names() {
                print(&format!("{path}::{name}"), &archive.get(name)?);
            }
        } else {
            print(&path, &arr_io::open(&path)?); // the first bytes tell the format, not the name
        }
    }
    Ok(())
}

fn print(name: &str, array: &Array) {
    println!("{name}: {} {:?}, {} bytes", array.dtype(), array.shape(), array.nbytes());
}
