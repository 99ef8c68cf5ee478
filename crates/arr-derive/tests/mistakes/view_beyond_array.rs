//! A view that is to stay when its array is gone.

use arr_core::ArrayView;

fn rows(path: &str) -> arr_core::Result<ArrayView<'static>> {
    let array = arr_npy::read(path)?;
    array.slice(arr_core::s![1.., ..])
}

fn values(path: &str) -> arr_core::Result<ndarray::ArrayViewD<'static, f32>> {
    arr_npy::read(path)?.typed::<f32>()
}

fn main() {
    let _ = (rows("x.npy"), values("x.npy"));
}
