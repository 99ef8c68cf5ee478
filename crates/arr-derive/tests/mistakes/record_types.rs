//! Types that are no records, and say which they could be.

use arr_npy::Record;

#[derive(Record)]
enum Kind {
    Low,
    High,
}

#[derive(Record)]
#[repr(u8)]
enum Shape {
    Circle { radius: f32 },
    Square { side: f32 },
}

#[derive(Record)]
union Bits {
    float: f32,
    int: u32,
}

#[derive(Record)]
struct Pair(f32, f32);

#[derive(Record)]
struct Twice {
    x: f32,
    #[record(name = "x")]
    y: f32,
}

#[derive(Record)]
struct Unknown {
    #[record(optional)]
    x: f32,
}

#[derive(Record)]
struct Number {
    #[record(dtype = "<f4")]
    x: f64,
}

struct Forgotten {
    x: f32,
}

#[derive(Record)]
struct Meters(f64);

fn main() -> arr_core::Result<()> {
    let _ = arr_npy::read_records::<Forgotten>("x.npy")?;
    let _ = arr_npy::read_records::<f32>("x.npy")?;
    let _ = arr_npy::read_records::<Meters>("x.npy")?;
    Ok(())
}
