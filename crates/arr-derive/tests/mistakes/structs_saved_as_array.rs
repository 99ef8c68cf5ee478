//! Vectors of structs and of vectors, where an array is to be saved.

#[derive(arr_npy::Record)]
struct Point {
    x: f32,
}

fn main() -> arr_core::Result<()> {
    let points = vec![Point { x: 1.0 }];
    arr_npy::save("points.npy", &points)?;
    arr_npy::save("rows.npy", &vec![vec![1.0f32, 2.0], vec![3.0, 4.0]])?;
    arr_npy::save("number.npy", &1.5f64)?;
    arr_npy::save("names.npy", &ndarray::arr1(&["a", "b"]))?;
    arr_npy::save_records("numbers.npy", &[1.5f64, 2.5])
}
