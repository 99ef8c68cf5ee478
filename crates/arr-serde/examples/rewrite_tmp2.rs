//! Temporary.
use arr_serde::pickle;
fn main() {
    for f in std::env::args().skip(1) {
        let len = std::fs::metadata(&f).unwrap().len();
        let (mut lo, mut hi) = (1u64, 1u64 << 22);
        while lo + (1 << 14) < hi {
            let mid = (lo + hi) / 2;
            let o = pickle::ReadOptions::new().limits(arr_core::Limits::default().max_header_size(mid));
            match o.load(&f) {
                Ok(_) => hi = mid,
                Err(_) => lo = mid,
            }
            if hi > 1 << 33 {
                continue;
            }
        }
        println!("{f} len {len} need {} MiB = {} per byte", hi >> 11, (hi * 512 + 24 * len) / len);
    }
}
