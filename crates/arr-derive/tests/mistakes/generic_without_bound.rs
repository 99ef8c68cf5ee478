//! Functions that are generic over what they read, without saying that it can be read.

fn values<T>(path: &str) -> arr_core::Result<Vec<T>> {
    arr_npy::read(path)?.to_vec()
}

fn records<T>(path: &str) -> arr_core::Result<Vec<T>> {
    arr_npy::read_records(path)
}

fn main() {
    let _ = (values::<f32>("x.npy"), records::<Point>("x.npy"));
}

#[derive(arr_npy::Record)]
struct Point {
    x: f32,
}
