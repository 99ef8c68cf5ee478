//! Slices of the one library for arrays of the other.

fn main() -> arr_core::Result<()> {
    let array = arr_npy::read("x.npy")?;
    let _ = array.slice(ndarray::s![0, ..])?;
    let _ = array.slice(arr_core::s![..;2, 0])?;
    let _ = array.typed::<f32>()?.slice(arr_core::s![0, ..]);
    Ok(())
}
