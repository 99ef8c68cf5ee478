//! Arrays that are read-only, to be written to.

fn main() -> arr_core::Result<()> {
    let mut array = arr_npy::read("x.npy")?;
    array.typed_mut::<f32>()?[[0, 0]] = 1.0;
    let bytes = [0u8; 100];
    let mut view = arr_npy::view(&bytes)?;
    view.slice_mut(arr_core::s![0])?;
    Ok(())
}
