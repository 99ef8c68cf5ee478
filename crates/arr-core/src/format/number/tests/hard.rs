//! Numbers that are hard to round, with the bits that exact arithmetic gives: `fixtures/text/parse.json`.

use super::super::parse::{float, float_front, single, single_front};
use super::python::table;

#[test]
fn hard_numbers_are_rounded_to_the_nearest() {
    let rows = table("parse.json");
    let rows = rows.as_array().unwrap();
    assert!(rows.len() > 5000);
    for row in rows {
        let [text, double, near] = [0, 1, 2].map(|place| row[place].as_str().unwrap());
        let double = u64::from_str_radix(double, 16).unwrap();
        let near = u32::from_str_radix(near, 16).unwrap();
        assert_eq!(float(text.as_bytes()).map(f64::to_bits), Some(double), "{text}");
        assert_eq!(single(text.as_bytes()).map(f32::to_bits), Some(near), "{text}");
        // With something behind it, in the same block of bytes.
        let more = format!("-{text},1");
        let found = float_front(more.as_bytes()).map(|(value, len)| (value.to_bits(), len));
        assert_eq!(found, Some((double | 1 << 63, text.len() + 1)), "{more}");
        let found = single_front(more.as_bytes()).map(|(value, len)| (value.to_bits(), len));
        assert_eq!(found, Some((near | 1 << 31, text.len() + 1)), "{more}");
    }
}
