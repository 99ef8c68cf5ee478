//! Streams as ND4J wrote them before shape information, and as 1.0.0-beta2 wrote those that it had read from older files.
#![cfg(feature = "nd4j")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::Path;

use arr_binary::format::Nd4jStream;
use arr_binary::nd4j::Generation;
use arr_binary::stream::{self, StreamHeader};
use arr_core::format::{Format as _, Match};
use arr_core::{ByteOrder, Contiguity, ErrorKind, Input, s};

fn case(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j-cases");
    std::fs::read(folder.join(name)).unwrap()
}

/// A stream as 0.4-rc3.8 wrote it.
fn old(dimensions: &[i32], strides: &[i32], word: &str, kind: &str, count: i32, items: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let rank = i32::try_from(dimensions.len()).unwrap();
    for number in [&[rank], dimensions, strides].concat() {
        bytes.extend(number.to_be_bytes());
    }
    let put = |bytes: &mut Vec<u8>, word: &str| {
        bytes.extend(u16::try_from(word.len()).unwrap().to_be_bytes());
        bytes.extend(word.as_bytes());
    };
    put(&mut bytes, word);
    put(&mut bytes, "real");
    put(&mut bytes, "HEAP");
    bytes.extend(count.to_be_bytes());
    put(&mut bytes, kind);
    bytes.extend(items);
    bytes
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

#[test]
fn what_beta2_wrote_again_is_read() {
    let bytes = case("beta2-resaved.bin");
    assert_eq!(Nd4jStream.sniff(&bytes), Match::Yes);
    let array = stream::read_bytes(&bytes).unwrap();
    assert_eq!((array.shape(), array.dtype().to_string().as_str()), (&[2, 3][..], ">f4"));
    assert_eq!(array.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    for end in 0..bytes.len() {
        assert!(stream::read_bytes(&bytes[..end]).is_err(), "{end}");
    }
    // The shape information has to be of generation 2.
    let mut other = bytes.clone();
    other.splice(..0x0c, *b"\0\x10MIXED_DATA_TYPES");
    assert!(stream::read_bytes(&other).is_err());
}

#[test]
fn streams_without_shape_information_are_read() {
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let c = old(&[2, 3], &[3, 1], "float", "FLOAT", 6, &floats(&values));
    assert_eq!(Nd4jStream.sniff(&c), Match::Yes);
    let array = stream::read_bytes(&c).unwrap();
    assert_eq!((array.shape(), array.order()), (&[2, 3][..], Contiguity::C));
    assert_eq!(array.to_vec::<f32>().unwrap(), values);
    let header = StreamHeader::read(&mut Input::from_bytes(&c)).unwrap();
    assert_eq!(header.generation(), Generation::One);
    let f = old(&[2, 3], &[1, 2], "float", "FLOAT", 6, &floats(&[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
    let array = stream::read_bytes(&f).unwrap();
    assert_eq!(array.order(), Contiguity::F);
    assert_eq!(array.to_vec::<f32>().unwrap(), values);
    // A transposed cube: the strides tell, no order does.
    let items = floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    let cube = old(&[2, 2, 2], &[2, 4, 1], "float", "FLOAT", 8, &items);
    let found = stream::read_bytes(&cube).unwrap().to_vec::<f32>().unwrap();
    assert_eq!(found, [0.0, 1.0, 4.0, 5.0, 2.0, 3.0, 6.0, 7.0]);
    let doubles: Vec<u8> = [0.5f64, -2.0].iter().flat_map(|value| value.to_be_bytes()).collect();
    let row = old(&[1, 2], &[2, 1], "double", "DOUBLE", 2, &doubles);
    let mut both = [&c[..], &row].concat();
    let arrays: Vec<_> = stream::arrays_from(&both[..]).map(Result::unwrap).collect();
    assert_eq!((arrays.len(), arrays[1].to_vec::<f64>().unwrap()), (2, vec![0.5, -2.0]));
    both.truncate(c.len() - 1);
    assert!(stream::read_bytes(&both).is_err());
    let part = stream::ReadOptions::new().byte_order(ByteOrder::Little).read_bytes(&f).unwrap();
    assert_eq!(part.slice(s![.., 1]).unwrap().to_vec::<f32>().unwrap(), [2.0, 5.0]);
}

#[test]
fn a_view_that_lost_its_place_is_refused() {
    let bytes = case("rc38-view.bin");
    assert_eq!(Nd4jStream.sniff(&bytes), Match::Yes);
    let error = stream::read_bytes(&bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("where the view began was not written"), "{error}");
    for bad in [
        old(&[-1, 3], &[3, 1], "float", "FLOAT", 6, &[]),
        old(&[i32::MAX, i32::MAX], &[1, 1], "float", "FLOAT", 6, &[]),
        old(&[2, 3], &[-3, 1], "float", "FLOAT", 6, &floats(&[0.0; 6])),
        old(&[2, 3], &[3, 1], "float", "FLOAT", -6, &[]),
        old(&[2, 3], &[3, 1], "float", "FLOAT", 5, &floats(&[0.0; 5])),
        old(&[0, 3], &[3, 1], "float", "FLOAT", 9, &floats(&[0.0; 9])),
        old(&[1; 33], &[1; 33], "float", "FLOAT", 1, &floats(&[0.0])),
    ] {
        assert!(stream::read_bytes(&bad).is_err());
    }
}
