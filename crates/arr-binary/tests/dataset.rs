//! Data sets and normalizers that ND4J 1.0.0-M2.1 wrote (`fixtures/nd4j/gen/src/m21/DataSets.java` says of what), and files
//! that are damaged.
#![cfg(feature = "nd4j")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::Path;

use arr_binary::format::Nd4jDataSet;
use arr_core::format::{Format as _, Match, Reading, Selection, Source};
use arr_core::{Array, ByteOrder, ErrorKind, Input, Limits, Result};

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j-cases/dataset");
    std::fs::read(folder.join(format!("{name}.bin"))).unwrap()
}

fn arrays(input: Input<'_>) -> Result<Vec<(String, Array)>> {
    let how = Reading::new().limits(Limits::default()).byte_order(ByteOrder::NATIVE);
    let mut reader = Nd4jDataSet.open(Source::from(input), &how)?;
    let mut found = Vec::new();
    while let Some(part) = reader.next_part()? {
        reader.describe(&part)?;
        let array = reader.read(&part, Selection::All)?.into_array()?;
        let again = reader.find(part.key.as_deref().unwrap())?;
        assert_eq!(again.place, part.place);
        found.push((part.key.unwrap(), array));
    }
    match reader.container_faults()?.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok(found),
    }
}

const X: &[f32] = &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
const Y: &[f32] = &[7.0, 8.0, 9.0, 10.0];
const ONES: &[f32] = &[1.0, 1.0];
const ZEROS: &[f32] = &[0.0, 0.0];

/// What is in each file: the names with their shapes and values.
type Wanted = &'static [(&'static str, &'static [usize], &'static [f32])];

const FILES: &[(&str, Wanted)] = &[
    ("features", &[("features", &[2, 3], X)]),
    ("two", &[("features", &[2, 3], X), ("labels", &[2, 2], Y)]),
    ("same", &[("features", &[2, 3], X), ("labels", &[2, 3], X)]),
    (
        "masks",
        &[
            ("features", &[2, 3], X),
            ("labels", &[2, 2], Y),
            ("features_mask", &[2, 1], ONES),
            ("labels_mask", &[2, 1], ZEROS),
        ],
    ),
    ("multi", &[("features_0", &[2, 3], X), ("features_1", &[2, 2], Y), ("labels_0", &[2, 2], Y)]),
    (
        "multi_masks",
        &[
            ("features_0", &[2, 3], X),
            ("features_1", &[2, 2], Y),
            ("labels_0", &[2, 2], Y),
            ("features_mask_0", &[2, 1], ONES),
            ("features_mask_1", &[1], &[-1.0]),
            ("labels_mask_0", &[2, 1], ZEROS),
        ],
    ),
    ("standardize", &[("mean", &[1, 3], &[2.5, 3.5, 4.5]), ("std", &[1, 3], &[1.5, 1.5, 1.5])]),
    (
        "standardize_labels",
        &[
            ("mean", &[1, 3], &[2.5, 3.5, 4.5]),
            ("std", &[1, 3], &[1.5, 1.5, 1.5]),
            ("label_mean", &[1, 2], &[8.0, 9.0]),
            ("label_std", &[1, 2], &[1.0, 1.0]),
        ],
    ),
    ("min_max", &[("min", &[1, 3], &[1.0, 2.0, 3.0]), ("max", &[1, 3], &[4.0, 5.0, 6.0])]),
    (
        "multi_standardize",
        &[
            ("mean_0", &[1, 3], &[2.5, 3.5, 4.5]),
            ("std_0", &[1, 3], &[1.5, 1.5, 1.5]),
            ("mean_1", &[1, 2], &[8.0, 9.0]),
            ("std_1", &[1, 2], &[1.0, 1.0]),
            ("label_mean_0", &[1, 2], &[8.0, 9.0]),
            ("label_std_0", &[1, 2], &[1.0, 1.0]),
        ],
    ),
    (
        "multi_min_max",
        &[
            ("min_0", &[1, 3], &[1.0, 2.0, 3.0]),
            ("max_0", &[1, 3], &[4.0, 5.0, 6.0]),
            ("min_1", &[1, 2], &[7.0, 8.0]),
            ("max_1", &[1, 2], &[9.0, 10.0]),
        ],
    ),
];

#[test]
fn arrays_have_the_names_and_values_that_were_saved() {
    for (name, wanted) in FILES {
        let bytes = file(name);
        assert_eq!(Nd4jDataSet.sniff(&bytes), Match::Yes, "{name}");
        for input in [Input::from_bytes(&bytes), Input::from_reader(&bytes[..])] {
            let found = arrays(input).unwrap();
            assert_eq!(found.len(), wanted.len(), "{name}");
            for ((key, array), (wanted, shape, values)) in found.iter().zip(*wanted) {
                assert_eq!((key.as_str(), array.shape()), (*wanted, *shape), "{name}");
                assert_eq!(array.to_vec::<f32>().unwrap(), *values, "{name}: {key}");
            }
        }
    }
}

#[test]
fn what_has_no_arrays_or_is_not_read_is_named() {
    for (name, wanted) in [("image", "IMAGE_MIN_MAX has no arrays"), ("hybrid", "MULTI_HYBRID")] {
        let error = arrays(Input::from_bytes(&file(name))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(wanted) && error.offset() == Some(16), "{error}");
    }
}

#[test]
fn bytes_behind_are_a_fault_unless_they_are_metadata() {
    for (flags, faults) in [(3, 1), (3 | 32, 0)] {
        let mut bytes = file("two");
        bytes[0] = flags;
        bytes.extend(b"\xac\xed\0\x05");
        let mut reader = Nd4jDataSet.open(Source::from(Input::from_bytes(&bytes)), &Reading::new()).unwrap();
        let found = reader.container_faults().unwrap();
        assert_eq!(found.len(), faults, "{found:?}");
    }
}

#[test]
fn damaged_files_are_refused_or_read() {
    for (name, _) in FILES {
        let bytes = file(name);
        for len in 0..bytes.len() {
            assert!(arrays(Input::from_bytes(&bytes[..len])).is_err(), "{name} cut to {len}");
        }
        for at in 0..bytes.len() {
            for change in [1, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= change;
                // Whatever comes of it, nothing panics, and what is refused is so with a place.
                if let Err(error) = arrays(Input::from_bytes(&bytes)) {
                    assert!(error.offset().is_some(), "{name} at {at}: {error}");
                }
            }
        }
    }
}

#[test]
fn more_arrays_than_are_allowed_are_refused() {
    let bytes = file("masks");
    let open = |most: u64| {
        let how = Reading::new().limits(Limits::default().max_members(most));
        Nd4jDataSet.open(Source::from(Input::from_bytes(&bytes)), &how).map(drop)
    };
    open(4).unwrap();
    assert_eq!(open(3).unwrap_err().kind(), ErrorKind::LimitExceeded);
}
