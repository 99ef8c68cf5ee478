//! The derive macro finds the trait through the facade alone.
#![cfg(all(feature = "derive", feature = "npy"))]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![forbid(unsafe_code)]

use arr_io::Record;

#[derive(Record, Debug, PartialEq)]
struct Point {
    x: f32,
    label: i32,
}

mod renamed {
    pub(crate) use arr_io::core as vocabulary;
}

#[derive(arr_io::Record, Debug, PartialEq)]
#[record(crate = "renamed::vocabulary")]
struct Label {
    label: i32,
}

#[test]
fn records_go_through_the_facade() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.npy");
    let points = [Point { x: 0.5, label: -3 }];
    arr_io::npy::save_records(&path, &points).unwrap();
    assert_eq!(arr_io::open(&path).unwrap().to_records::<Point>().unwrap(), points);
    assert_eq!(arr_io::npy::read_records::<Label>(&path).unwrap(), [Label { label: -3 }]);
}
