//! Types that are no elements, where one is asked for.

use arr_core::Array;

fn main() -> arr_core::Result<()> {
    let array: Array = arr_npy::read("x.npy")?;
    let _ = array.typed::<usize>()?;
    let _: ndarray::Array1<String> = array.to_typed()?;
    let _: ndarray::Array2<char> = arr_npy::read_typed("x.npy")?;
    let _ = array.to_vec::<u128>()?;
    Ok(())
}
