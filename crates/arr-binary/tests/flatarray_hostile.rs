//! FlatArrays that must be refused, with their place and without memory out of proportion.
#![cfg(feature = "flatarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_binary::flatarray::{self, FlatArray};
use arr_core::{ArrayView, Error, ErrorKind, Format};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j/nd4j-flatarray")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn items(array: &ArrayView<'_>) -> Vec<u8> {
    assert!(array.nbytes() <= 1 << 26, "{array:?}");
    array.items().flatten().copied().collect()
}

/// Every way to read gives the same answer, and an error says where.
fn verdict(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let found = flatarray::view(bytes);
    for again in [flatarray::read_bytes(bytes), flatarray::read_from(&mut &*bytes)] {
        match (&found, again) {
            (Ok(found), Ok(again)) => assert_eq!(items(found), items(&again.view())),
            (Err(found), Err(again)) => assert_eq!(found.to_string(), again.to_string()),
            (found, again) => panic!("{found:?} and {again:?}"),
        }
    }
    if let Err(error) = &found {
        let line = error.to_string();
        assert!(line.starts_with("nd4j-flatarray: ") && !line.contains('\n'), "{line}");
        assert!(error.offset().is_some(), "{line}");
    }
    found.map(|array| items(&array))
}

#[test]
fn files_cut_anywhere_are_refused() {
    let mut files = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for len in 0..bytes.len() {
            assert!(verdict(&bytes[..len]).is_err(), "cut to {len} bytes");
        }
        files += 1;
    }
    assert_eq!(files, 15);
}

#[test]
fn fields_set_to_extremes_never_panic_and_never_ask_for_memory() {
    let extremes = [
        0,
        1,
        2,
        -1,
        0x7f,
        0x80,
        0xffff,
        0x7fff,
        i64::from(i32::MAX),
        i64::from(u32::MAX),
        i64::MAX,
        i64::MIN,
        1 << 40,
    ];
    for name in ["m21-f32-2x3-c.fb", "m21-i64-2x2.fb", "m21-f32-empty.fb", "m21-f64-scalar.fb"] {
        let good = fixture(name);
        for place in 0..good.len() {
            for width in [1, 2, 4, 8] {
                for value in extremes {
                    let mut bytes = good.clone();
                    let room = (bytes.len() - place).min(width);
                    bytes[place..place + room].copy_from_slice(&value.to_le_bytes()[..room]);
                    let _ = verdict(&bytes);
                    FlatArray.sniff(&bytes);
                }
            }
        }
    }
}

#[test]
fn contradictions_are_named_with_their_place() {
    let set = |place: usize, bytes: &[u8]| {
        let mut file = fixture("m21-f32-2x3-c.fb");
        file[place..place + bytes.len()].copy_from_slice(bytes);
        verdict(&file).unwrap_err().to_string()
    };
    for (place, bytes, expected) in [
        (0x16, &[6][..], "the field 'dtype' says DOUBLE, the shape information says FLOAT (at byte 22)"),
        (0x16, &[2], "the field 'dtype' is 2, which is no type of ND4J (at byte 22)"),
        (0x17, &[2], "the field 'byteOrder' is 2, expected 0 (little-endian) or 1 (big-endian) (at byte 23)"),
        (0x20, &[23], "the field 'buffer' has 23 bytes, expected 6 items of 4 bytes (at byte 36)"),
        (0x0a, &[0, 0], "the field 'buffer' is missing, expected 6 items of 4 bytes (at byte 16)"),
        (0x08, &[0, 0], "the field 'shape' is missing (at byte 0)"),
        (
            0x20,
            &[0xff; 4],
            "the field 'buffer' leads to bytes 36 to 4294967331, the file has 128 (at byte 36)",
        ),
        (0x18, &[0x25], "the field 'shape' leads to a place that is not aligned (at byte 61)"),
        (0x40, &[33], "the rank is 33, expected 0 to 32 (at byte 64)"),
        (0x48, &[0xff; 8], "dimension 0 is -1, expected 0 or more (at byte 72)"),
        (0x58, &[4], "the field 'buffer' has 24 bytes, expected 7 items of 4 bytes (at byte 36)"),
        (0x78, &[1], "the order is 1, expected 99 ('c') or 102 ('f') (at byte 120)"),
    ] {
        assert_eq!(set(place, bytes), format!("nd4j-flatarray: {expected}"));
    }
    // Without type bits the field counts alone.
    let mut file = fixture("m21-f32-2x3-c.fb");
    file[0x68..0x70].fill(0);
    assert_eq!(flatarray::view(&file).unwrap().dtype().to_string(), ">f4");
    // One item that is said to be 2^40, by strides of 0.
    let mut file = fixture("m21-f32-2x3-c.fb");
    file[0x48..0x50].copy_from_slice(&(1i64 << 40).to_le_bytes());
    file[0x58..0x60].fill(0);
    assert_eq!(flatarray::read_bytes(&file).unwrap_err().kind(), ErrorKind::LimitExceeded);
}
