//! An array that is given away, where it is only looked at.

fn main() -> arr_core::Result<()> {
    arr_npy::save("x.npy", ndarray::arr1(&[1.0f32, 2.0]))
}
