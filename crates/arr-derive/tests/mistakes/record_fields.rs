//! Fields that records can't have: one error for each.

use arr_npy::Record;

struct Plain {
    x: f32,
}

#[derive(Record)]
struct Endless {
    id: u32,
    text: String,
}

#[derive(Record)]
struct Nested {
    plain: Plain,
    plains: [Plain; 2],
}

#[derive(Record)]
struct Sizes {
    size: usize,
    values: Vec<f32>,
    borrowed: &'static str,
}

#[derive(Record)]
struct Bytes {
    #[record(dtype = "V16")]
    id: [u8; 8],
    #[record(dtype = "U8")]
    number: f64,
    maybe: [Option<f32>; 2],
    surely: Option<Option<f32>>,
}

#[derive(Record)]
struct Maybe(Option<f32>);

fn main() {
    let _ = arr_npy::read_records::<Endless>("x.npy");
}
