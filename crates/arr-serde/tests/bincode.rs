//! bincode: what its library reads and writes is what the format here reads and writes.
#![cfg(all(feature = "bincode", feature = "ndarray"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

mod common;

use arr_conformance::Suite;
use arr_core::{Array, ArrayView, ErrorKind, Limits, Order};
use arr_serde::bincode::{Coded, ReadOptions, WriteOptions};
use arr_serde::format::Bincode;
use bincode::config::standard;
use common::{all, array, check, for_suite};

/// As others have an array.
#[derive(bincode::Encode, bincode::Decode, Debug, PartialEq)]
struct Other {
    dtype: String,
    shape: Vec<u64>,
    order: u8,
    data: Vec<u8>,
}

#[test]
fn the_library_and_the_format_agree_on_every_array() {
    for (name, array) in all() {
        let bytes = arr_serde::bincode::to_bytes(&array).unwrap();
        assert_eq!(bincode::encode_to_vec(Coded(&array), standard()).unwrap(), bytes, "{name}");
        let (other, len): (Other, _) = bincode::decode_from_slice(&bytes, standard()).unwrap();
        assert_eq!((other.dtype, len), (array.dtype().constructor().to_string(), bytes.len()), "{name}");
        let (decoded, _): (Coded<Array>, _) = bincode::decode_from_slice(&bytes, standard()).unwrap();
        check(&name, &decoded.0, &array);
        let read: Coded<Array> = bincode::decode_from_std_read(&mut bytes.as_slice(), standard()).unwrap();
        check(&name, &read.0, &array);
        check(&name, &arr_serde::bincode::read_bytes(&bytes).unwrap(), &array);
        check(&name, &arr_serde::bincode::read_from(&mut bytes.as_slice()).unwrap(), &array);
        let lent = bincode::borrow_decode_from_slice::<Coded<ArrayView<'_>>, _>(&bytes, standard());
        match (arr_serde::bincode::view(&bytes), lent) {
            (Ok(view), Ok((lent, _))) => {
                check(&name, &view.to_owned().unwrap(), &array);
                check(&name, &lent.0.to_owned().unwrap(), &array);
                assert!(bytes.as_ptr_range().contains(&lent.0.storage().as_ptr()) || array.nbytes() == 0);
            }
            (Err(error), Err(_)) if name.starts_with("utf8") => {
                assert_eq!(error.kind(), ErrorKind::Unsupported)
            }
            (view, lent) => panic!("{name}: {view:?}, {:?}", lent.map(|(lent, _)| lent.0)),
        }
        let configurations = (
            bincode::encode_to_vec(Coded(&array), bincode::config::legacy()).unwrap(),
            bincode::encode_to_vec(Coded(&array), standard().with_big_endian()).unwrap(),
        );
        let legacy =
            bincode::decode_from_slice::<Coded<Array>, _>(&configurations.0, bincode::config::legacy());
        check(&name, &legacy.unwrap().0.0, &array);
        let big =
            bincode::decode_from_slice::<Coded<Array>, _>(&configurations.1, standard().with_big_endian());
        check(&name, &big.unwrap().0.0, &array);
    }
}

#[test]
fn lengths_of_every_size_agree() {
    for len in [0usize, 250, 251, 252, 65535, 65536, 70000] {
        let array = array("|u1", &[len], Order::C);
        let bytes = arr_serde::bincode::to_bytes(&array).unwrap();
        assert_eq!(bincode::encode_to_vec(Coded(&array), standard()).unwrap(), bytes, "{len}");
        check(&len.to_string(), &arr_serde::bincode::read_bytes(&bytes).unwrap(), &array);
    }
}

#[test]
fn fields_of_structs_are_arrays_of_ndarray() {
    #[derive(bincode::Encode, bincode::Decode, Debug, PartialEq)]
    struct Layer {
        weights: Coded<ndarray::Array2<f32>>,
        bias: Coded<Vec<f64>>,
    }
    let layer = Layer { weights: Coded(ndarray::array![[1.0, 2.0]]), bias: Coded(vec![0.5]) };
    let bytes = bincode::encode_to_vec(&layer, standard()).unwrap();
    let (back, _): (Layer, _) = bincode::decode_from_slice(&bytes, standard()).unwrap();
    assert_eq!(back, layer);
    let other = bincode::decode_from_slice::<Coded<ndarray::Array3<f32>>, _>(&bytes, standard());
    assert!(other.unwrap_err().to_string().contains("rank differs"));
    let other = bincode::decode_from_slice::<Coded<ndarray::Array2<f64>>, _>(&bytes, standard());
    assert!(other.unwrap_err().to_string().contains("dtype differs"));
}

fn encoded(dtype: &str, shape: &[u64], order: u8, data: &[u8]) -> Vec<u8> {
    bincode::encode_to_vec((dtype, shape, order, data), standard()).unwrap()
}

#[test]
fn what_lies_is_refused_where_it_lies() {
    for (bytes, kind, offset) in [
        (encoded("<f4", &[2], 0, &[0; 7]), ErrorKind::Malformed, 8),
        (encoded("<f4", &[2], 2, &[0; 8]), ErrorKind::Malformed, 6),
        (encoded("<f4", &[u64::MAX, 2], 0, &[]), ErrorKind::Malformed, 0),
        (encoded("|O", &[1], 0, &[0; 8]), ErrorKind::Unsupported, 0),
        (encoded("nonsense", &[1], 0, &[0; 8]), ErrorKind::Malformed, 0),
        (encoded("<f4", &[1; 65], 0, &[0; 4]), ErrorKind::LimitExceeded, 4),
        (encoded("|S0", &[1 << 40], 0, &[]), ErrorKind::LimitExceeded, 0),
        (b"\xff".to_vec(), ErrorKind::Malformed, 0),
        // A dtype of 2^63 bytes, and data of as many.
        ([&[253][..], &(1u64 << 63).to_le_bytes()].concat(), ErrorKind::LimitExceeded, 0),
        (
            [
                &b"\x03|u1\x01"[..],
                &[253],
                &(1u64 << 62).to_le_bytes(),
                &[0, 253],
                &(1u64 << 62).to_le_bytes(),
            ]
            .concat(),
            ErrorKind::Malformed,
            24,
        ),
    ] {
        let error = arr_serde::bincode::read_bytes(&bytes).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, Some(offset)), "{error}");
        assert!(bincode::decode_from_slice::<Coded<Array>, _>(&bytes, standard()).is_err(), "{error}");
        let read = bincode::decode_from_std_read::<Coded<Array>, _, _>(&mut bytes.as_slice(), standard());
        assert!(read.is_err(), "{error}");
    }
    let bytes = arr_serde::bincode::to_bytes(&array("<f8", &[1000], Order::C)).unwrap();
    let limited = ReadOptions::new().limits(Limits::default().max_bytes(7999));
    assert_eq!(limited.read_bytes(&bytes).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let limited = bincode::decode_from_slice::<Coded<Array>, _>(&bytes, standard().with_limit::<7000>());
    assert!(limited.is_err());
    let objects = arr_core::DType::Object;
    let objects =
        Array::contiguous(objects, &[1], Order::C, arr_core::Buffer::from_vec(vec![0u8; 8])).unwrap();
    assert_eq!(arr_serde::bincode::to_bytes(&objects).unwrap_err().kind(), ErrorKind::Unsupported);
    assert!(bincode::encode_to_vec(Coded(objects), standard()).is_err());
}

#[test]
fn whatever_is_changed_is_an_error_or_data() {
    for dtype in ["<f4", "[('x', '<f4'), ('n', '>i2')]", "|b1"] {
        let bytes = arr_serde::bincode::to_bytes(&array(dtype, &[2, 3], Order::F)).unwrap();
        for at in 0..bytes.len() {
            for byte in 0..=255 {
                let mut changed = bytes.clone();
                changed[at] = byte;
                let read = arr_serde::bincode::read_bytes(&changed).is_ok();
                let decoded = bincode::decode_from_slice::<Coded<Array>, _>(&changed, standard()).is_ok();
                assert_eq!(read, decoded, "{dtype}: byte {at} is {byte}");
            }
            assert!(arr_serde::bincode::read_bytes(&bytes[..at]).is_err());
            assert!(bincode::decode_from_slice::<Coded<Array>, _>(&bytes[..at], standard()).is_err());
        }
    }
}

#[test]
fn the_format_shows_what_every_format_shows() {
    let mut suite = Suite::new(&Bincode).effort(600).overhead(4096);
    for (name, array) in for_suite() {
        suite = suite.file(name, WriteOptions::new().to_bytes(&array).unwrap());
    }
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}
