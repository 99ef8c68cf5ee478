//! FlatArrays that must be refused, with their place and without memory out of proportion.
#![cfg(feature = "flatarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_binary::flatarray;
use arr_binary::format::Nd4jFlatArray;
use arr_binary::nd4j::{DataType, ShapeInfo};
use arr_conformance::door;
use arr_core::format::Format as _;
use arr_core::{ArrayView, Error, ErrorKind, Input, Order};
use flatbuffers::{ForwardsUOffset, Vector, Verifier, VerifierOptions};

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
    let describe = |input: Input<'_>| door::describe(&Nd4jFlatArray, input).map(|found| found.shape);
    let described = describe(Input::from_bytes(bytes));
    assert_eq!(format!("{described:?}"), format!("{:?}", describe(Input::from_reader(bytes))));
    match (&found, described) {
        (Ok(found), Ok(shape)) => assert_eq!(found.shape(), shape),
        (Err(found), Err(described)) => assert_eq!(found.to_string(), described.to_string()),
        // Strings are described, and not seen in place.
        (Err(found), Ok(_)) => assert!(found.to_string().contains("in place"), "{found}"),
        (found, described) => panic!("{found:?} and {described:?}"),
    }
    match (&found, door::read(&Nd4jFlatArray, Input::from_bytes(bytes))) {
        (Ok(found), Ok(again)) => assert_eq!(items(found), items(&again.view())),
        (Err(found), Err(again)) => assert_eq!(found.to_string(), again.to_string()),
        (found, again) => panic!("{found:?} and {again:?}"),
    }
    if found.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::Malformed) {
        assert!(is_flatbuffer(bytes), "{found:?}");
    }
    if let Err(error) = &found {
        let line = error.to_string();
        assert!(line.starts_with("nd4j-flatarray: ") && !line.contains('\n'), "{line}");
        assert!(error.offset().is_some(), "{line}");
    }
    found.map(|array| items(&array))
}

/// What FlatBuffers' own verifier says of the file.
fn is_flatbuffer(bytes: &[u8]) -> bool {
    let options = VerifierOptions { max_apparent_size: usize::MAX, ..VerifierOptions::default() };
    let mut verifier = Verifier::new(&options, bytes);
    let mut verify = || {
        let table = verifier.get_uoffset(0)? as usize;
        let fields = verifier.visit_table(table)?;
        let fields = fields.visit_field::<ForwardsUOffset<Vector<'_, i64>>>("shape", 4, true)?;
        let fields = fields.visit_field::<ForwardsUOffset<Vector<'_, u8>>>("buffer", 6, false)?;
        fields.visit_field::<u8>("dtype", 8, false)?.visit_field::<u8>("byteOrder", 10, false)?.finish();
        Ok::<_, flatbuffers::InvalidFlatbuffer>(())
    };
    verify().is_ok()
}

/// What `arr check` would say of a file that is read.
fn faults(bytes: &[u8]) -> Vec<String> {
    let mut found = [Input::from_bytes(bytes), Input::from_reader(bytes)].into_iter().map(|input| {
        let faults = door::faults(&Nd4jFlatArray, input).unwrap();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    });
    let first = found.next().unwrap();
    for again in found {
        assert_eq!(again, first);
    }
    first
}

#[test]
fn what_belongs_to_nothing_is_found() {
    let file = fixture("m21-f32-2x3-c.fb");
    assert_eq!(faults(&file), [""; 0]);
    for more in [&[0][..], &[1], &[0; 4], b"more bytes", &[0; 100]] {
        let message = format!("{} bytes follow the last part of the file (at byte 128)", more.len());
        assert_eq!(faults(&[&file, more].concat()), [format!("nd4j-flatarray: {message}")]);
    }
    // One item fewer than the buffer has, or none.
    let mut changed = file.clone();
    changed[0x48] = 1;
    let spare = |bytes: u8, at: u8| {
        format!("nd4j-flatarray: the field 'buffer' has {bytes} bytes behind the last item (at byte {at})")
    };
    assert_eq!(faults(&changed), [spare(12, 48)]);
    changed[0x48] = 0;
    changed[0x68] = 8;
    assert_eq!(faults(&changed), [spare(24, 36)]);
    // Sixteen bytes between the items and the shape; one that alignment leaves.
    let mut apart = [&file[..60], &[0; 16][..], &file[60..]].concat();
    apart[0x18] += 16;
    assert_eq!(faults(&apart), ["nd4j-flatarray: 16 bytes belong to no part of the file (at byte 60)"]);
    let mut short = file.clone();
    short[0x16] = 11;
    short[0x20] = 23;
    short[0x68..0x70].copy_from_slice(&0x80_8000i64.to_le_bytes());
    assert_eq!(faults(&short), [spare(17, 42)]);
    // The buffer reaches over the shape.
    let mut over = file.clone();
    over[0x20] = 92;
    let both = "nd4j-flatarray: bytes 60 to 128 belong to two parts of the file (at byte 60)".to_owned();
    assert_eq!(faults(&over), [spare(68, 60), both]);
    // What native code says of its memory means nothing in a file.
    let mut native = file.clone();
    native[0x6b] |= 2;
    assert_eq!(faults(&native), [""; 0]);
}

#[test]
fn options_that_contradict_plain_items_are_refused() {
    for bits in [2u32, 4, 16, 32, 64, 128, 512, 1024, 1 << 22, 1 << 24] {
        let mut file = fixture("m21-f32-2x3-c.fb");
        file[0x68..0x6c].copy_from_slice(&(0x2000 | bits).to_le_bytes());
        let error = verdict(&file).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(0x68)), "{bits} {error}");
    }
    let mut file = fixture("m21-f32-2x3-c.fb");
    file[0x68] = 8;
    assert_eq!(
        verdict(&file).unwrap_err().to_string(),
        "nd4j-flatarray: the options say that an array of shape [2, 3] is empty (at byte 104)"
    );
}

#[test]
fn an_empty_array_without_dimensions_has_the_shape_0() {
    let mut file = fixture("m21-f32-empty.fb");
    let shape = ShapeInfo::new(&[0], Order::C, DataType::Float).unwrap().numbers().unwrap();
    let shape: Vec<u8> = shape.iter().flat_map(|number| number.to_le_bytes()).collect();
    let at = file.len() - shape.len();
    assert_eq!(file[at..], shape);
    file.truncate(at - 4);
    file.extend(4u32.to_le_bytes());
    file.extend([0i64, 0x2008, 0, 99].map(i64::to_le_bytes).concat());
    assert_eq!(verdict(&file).unwrap(), []);
    assert_eq!(flatarray::read_bytes(&file).unwrap().shape(), [0]);
    assert_eq!(faults(&file), [""; 0]);
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
                    Nd4jFlatArray.sniff(&bytes);
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
        (0x16, &[2], "the field 'dtype' is 2, which is not a type of ND4J (at byte 22)"),
        (0x17, &[2], "the field 'byteOrder' is 2, expected 0 (little-endian) or 1 (big-endian) (at byte 23)"),
        (0x20, &[23], "the field 'buffer' has 23 bytes, expected 6 items of 4 bytes (at byte 36)"),
        (0x0a, &[0, 0], "the field 'buffer' is missing, expected 6 items of 4 bytes (at byte 16)"),
        (0x08, &[0, 0], "the field 'shape' is missing (at byte 16)"),
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
