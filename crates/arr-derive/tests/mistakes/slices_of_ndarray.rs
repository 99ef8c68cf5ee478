//! Slices as `ndarray` has them, for arrays of ours.

fn main() -> arr_core::Result<()> {
    let array = arr_npy::read("x.npy")?;
    let _ = array.slice(ndarray::s![0, ..])?;
    let _ = array.slice(arr_core::s![..;2, 0])?;
    Ok(())
}
