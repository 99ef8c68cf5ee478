//! FlatArrays that real versions wrote, and round trips.
#![cfg(feature = "flatarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_binary::flatarray::{self, ReadOptions, WriteOptions};
use arr_binary::format::Nd4jFlatArray;
use arr_conformance::own_file;
use arr_core::format::{
    Codec, Description, Format as _, Match, NewPart, Outline, Output, Sink, Writer, Writing,
};
use arr_core::{
    Array, ByteOrder, Casting, Contiguity, DType, ErrorKind, Input, Limits, Order, Scalar, Storage,
};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j")
}

fn files() -> Vec<Value> {
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder().join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    files.iter().filter(|file| file["format"] == "nd4j-flatarray").cloned().collect()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("nd4j-flatarray").join(name)).unwrap()
}

/// The values of an array in C order, by the rules of the manifest.
fn values<S: Storage>(array: &Array<S>) -> Vec<Value> {
    let (kind, _) = array.dtype().as_scalar().unwrap();
    match kind {
        Scalar::Bool => array.to_vec::<bool>().unwrap().into_iter().map(Value::from).collect(),
        kind if kind.is_integer() => {
            let array = array.cast(&DType::native(Scalar::I64), Casting::Unsafe).unwrap();
            array.to_vec::<i64>().unwrap().into_iter().map(Value::from).collect()
        }
        _ => {
            let array = array.cast(&DType::native(Scalar::F64), Casting::Unsafe).unwrap();
            let text = |value: f64| match value {
                value if value.is_infinite() => {
                    Value::from(if value > 0.0 { "Infinity" } else { "-Infinity" })
                }
                value if value == 0.0 && value.is_sign_negative() => Value::from("-0.0"),
                value => Value::from(value),
            };
            array.to_vec::<f64>().unwrap().into_iter().map(text).collect()
        }
    }
}

fn check<S: Storage>(array: &Array<S>, file: &Value) {
    assert_eq!(serde_json::json!(array.shape()), file["shape"], "{file}");
    assert_eq!(array.dtype().as_scalar().unwrap().0.name(), file["dtype"], "{file}");
    assert_eq!(values(array), *file["values"].as_array().unwrap(), "{file}");
}

#[test]
fn every_file_reads_in_every_way_and_is_written_again_byte_for_byte() {
    let mut read = 0;
    for file in files() {
        let path = folder().join(file["file"].as_str().unwrap());
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(Nd4jFlatArray.sniff(&bytes), Match::Maybe, "{file}");
        if file["data_missing"] == true {
            let error = flatarray::read(&path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(
                error.to_string().contains("3 strings, which are not in the file: ND4J loses them"),
                "{error}"
            );
            continue;
        }
        if file["dtype"] == "utf8" {
            let texts: Vec<&str> =
                file["values"].as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect();
            assert_eq!(flatarray::read(&path).unwrap().to_strings().unwrap(), texts);
            assert_eq!(flatarray::read_from(&mut &bytes[..]).unwrap().to_strings().unwrap(), texts);
            assert_eq!(flatarray::view(&bytes).unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(own_file!(flatarray::map(&path)).unwrap_err().kind(), ErrorKind::Unsupported);
            for at in 0..bytes.len() {
                for byte in [0, 1, 0x7F, 0x80, 0xFF] {
                    let mut damaged = bytes.clone();
                    damaged[at] = byte;
                    if let Ok(array) = flatarray::read_bytes(&damaged) {
                        let _ = array.to_strings();
                    }
                }
            }
            continue;
        }
        let view = flatarray::view(&bytes).unwrap();
        check(&view, &file);
        check(&flatarray::read(&path).unwrap(), &file);
        check(&flatarray::read_from(&mut &bytes[..]).unwrap(), &file);
        check(&flatarray::read_bytes(&bytes).unwrap(), &file);
        check(&own_file!(flatarray::map(&path)).unwrap(), &file);
        let options = ReadOptions::new().native();
        assert!(options.read(&path).unwrap().dtype().is_native());
        check(&options.read(&path).unwrap(), &file);
        for order in [Order::C, Order::F] {
            let array = options.clone().order(order).read(&path).unwrap();
            assert!(array.as_bytes(order).is_some());
            check(&array, &file);
        }
        let mut input = Input::open(&path).unwrap();
        let description = described(&mut input);
        assert_eq!((&description.dtype, &description.shape[..]), (view.dtype(), view.shape()));
        assert!(input.at_end().unwrap());
        assert_eq!(description.data_len, Some(view.nbytes() as u64));
        assert!(description.data_offset == 36 || description.data_offset == 40 || view.is_empty());
        let faults = Nd4jFlatArray.faults(&mut Input::open(&path).unwrap()).unwrap();
        assert!(faults.is_empty(), "{file}: {faults:?}");
        let again = flatarray::to_bytes(&view).unwrap();
        assert!(flatarray::to_bytes(&options.read_bytes(&bytes).unwrap()).unwrap() == again, "{file}");
        // Strides that are neither C's nor Fortran's are not written.
        match file["file"] == "nd4j-flatarray/m21-f32-kept-permute.fb" {
            true => check(&flatarray::view(&again).unwrap(), &file),
            false => assert!(again == bytes, "{file}"),
        }
        read += 1;
    }
    assert_eq!(read, 13);
}

#[test]
fn headers_say_what_stands_in_the_file() {
    let header = flatarray::parse_header(&fixture("m21-f32-2x3-f.fb"), &Limits::default()).unwrap();
    assert_eq!((header.shape(), header.shape_info().strides()), (&[2, 3][..], &[1, 2][..]));
    assert_eq!((header.data_type().name(), header.data()), ("FLOAT", 0x24..0x3c));
    assert_eq!(header.dtype().to_string(), ">f4");
}

#[test]
fn strides_decide_and_both_byte_orders_are_read() {
    // Shape [2, 3], strides [1, 2]; the file says `c`.
    let mut bytes = fixture("m21-f32-2x3-f.fb");
    bytes[0x78] = b'c';
    let array = flatarray::read_bytes(&bytes).unwrap();
    assert_eq!(array.order(), Contiguity::F);
    assert_eq!(array.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    // Shape [2, 2] with strides [1, 4]: the first and the last column.
    bytes[0x48..0x68].copy_from_slice(&[2i64, 2, 1, 4].map(i64::to_le_bytes).concat());
    let strided = flatarray::view(&bytes).unwrap();
    assert_eq!(strided.to_vec::<f32>().unwrap(), [1.0, 3.0, 4.0, 6.0]);
    assert_eq!(flatarray::read_bytes(&bytes).unwrap().to_vec::<f32>().unwrap(), [1.0, 3.0, 4.0, 6.0]);
    let gathered = flatarray::to_bytes(&strided).unwrap();
    assert_eq!(flatarray::view(&gathered).unwrap().order(), Contiguity::C);

    let array = Array::from_vec(vec![1u16, 2, 0x1234], &[3]).unwrap();
    let bytes = WriteOptions::new().byte_order(ByteOrder::Little).to_bytes(&array).unwrap();
    assert_eq!(Nd4jFlatArray.sniff(&bytes), Match::Maybe);
    assert_eq!(flatarray::view(&bytes).unwrap().dtype().to_string(), "<u2");
    assert_eq!(flatarray::read_bytes(&bytes).unwrap().to_vec::<u16>().unwrap(), [1, 2, 0x1234]);
    // A builder leaves out a byte order of 0.
    let mut short = bytes.clone();
    let vtable = u32::from_le_bytes(short[..4].try_into().unwrap()) as usize - 12;
    short[vtable + 10..vtable + 12].fill(0);
    assert_eq!(flatarray::view(&short).unwrap().dtype().to_string(), "<u2");
}

/// A reader that counts what is read of it.
struct Counted<'a>(std::io::Cursor<&'a [u8]>, &'a AtomicUsize);

impl std::io::Read for Counted<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let got = self.0.read(bytes)?;
        self.1.fetch_add(got, Ordering::Relaxed);
        Ok(got)
    }
}

impl std::io::Seek for Counted<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn no_more_of_a_file_is_read_than_is_asked_for() {
    let array = Array::from_vec((0..100_000).map(f64::from).collect(), &[1000, 100]).unwrap();
    let bytes = flatarray::to_bytes(&array).unwrap();
    let count = AtomicUsize::new(0);
    let input = || Input::from_seekable(Counted(std::io::Cursor::new(&bytes), &count)).unwrap();
    let tight = Limits::default().max_bytes(800);
    let mut head_only = input();
    let description = described(&mut head_only);
    assert_eq!((description.data_len, head_only.at_end().unwrap()), (Some(800_000), true));
    assert_eq!(count.swap(0, Ordering::Relaxed), 8 << 10);
    let slice: arr_core::Slice = "500".parse().unwrap();
    let mut part = input().with_limits(&tight);
    let row = ReadOptions::new().read_part_input(&mut part, &slice).unwrap();
    assert_eq!(row.to_vec::<f64>().unwrap(), array.slice(&slice).unwrap().to_vec::<f64>().unwrap());
    assert!(part.at_end().unwrap());
    assert_eq!(count.swap(0, Ordering::Relaxed), (8 << 10) + 800);
    // A stream has to be read whole.
    let streamed = ReadOptions::new().read_part_input(&mut Input::from_reader(&bytes[..]), &slice).unwrap();
    assert_eq!(streamed.to_vec::<f64>().unwrap(), row.to_vec::<f64>().unwrap());
    let error = ReadOptions::new().read_part_input(&mut input(), "1000".parse::<arr_core::Slice>().unwrap());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidArgument);
}

/// What the format says of an array, after which the input stands behind it.
fn described(input: &mut Input<'_>) -> Description {
    let head = Nd4jFlatArray.describe(input).unwrap();
    Codec::end(&Nd4jFlatArray, input, &head).unwrap();
    head.description
}

/// A writer that is given items piece by piece.
fn by_pieces(sink: &mut Vec<u8>) -> Box<dyn Writer + '_> {
    Nd4jFlatArray.create(Sink::New(Output::new(sink)), &Writing::default()).unwrap()
}

#[test]
fn what_is_written_by_pieces_is_what_is_written_at_once() {
    for shape in [&[][..], &[0], &[3], &[2, 3], &[5, 1, 3], &[2, 2]] {
        for order in [Order::C, Order::F] {
            let items: usize = shape.iter().product();
            let bytes: Vec<u8> = (0..=255).cycle().take(items * 4).collect();
            for byte_order in [ByteOrder::Big, ByteOrder::Little] {
                let dtype = DType::scalar(Scalar::F32, byte_order);
                let array = Array::contiguous(dtype.clone(), shape, order, &bytes[..]).unwrap();
                let mut pieces = Vec::new();
                let mut writer = by_pieces(&mut pieces);
                writer.begin(&NewPart::default(), &Outline { dtype: &dtype, shape, order }).unwrap();
                bytes.chunks(8).for_each(|piece| writer.items(piece).unwrap());
                writer.finish().unwrap();
                assert_eq!(pieces, WriteOptions::new().order(order).to_bytes(&array).unwrap());
            }
        }
    }
}

#[test]
fn what_the_format_cannot_hold_is_refused_before_anything_is_written() {
    for dtype in ["<c8", "<U3", "|S2", "<M8[s]", "<f16"] {
        let array = Array::zeros(dtype.parse::<DType>().unwrap(), &[2]).unwrap();
        let mut written = Vec::new();
        let error = flatarray::write_to(&mut written, &array).unwrap_err();
        assert_eq!((error.kind(), written.len()), (ErrorKind::Unsupported, 0));
    }
    let one = Array::from_vec(vec![1u8], &[1]).unwrap();
    let deep = one.broadcast(&[1; 33]).unwrap();
    assert_eq!(flatarray::to_bytes(&deep).unwrap_err().kind(), ErrorKind::Unsupported);
    // Nothing of this size is in memory.
    for len in [(1usize << 31) - 1, 1 << 31, 1 << 40] {
        let mut written = Vec::new();
        let error = flatarray::write_to(&mut written, &one.broadcast(&[len]).unwrap()).unwrap_err();
        assert!(error.to_string().ends_with("a FlatBuffer ends at 2 GiB"), "{error}");
        assert_eq!((error.kind(), written.len()), (ErrorKind::Unsupported, 0));
    }
}

#[test]
fn limits_are_kept() {
    let bytes = fixture("m21-f32-2x3-c.fb");
    let tight = ReadOptions::new().limits(Limits::default().max_bytes(23));
    assert_eq!(tight.read_bytes(&bytes).unwrap_err().kind(), ErrorKind::LimitExceeded);
    assert_eq!(tight.read_from(&mut &bytes[..]).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let flat = Limits::default().max_rank(1);
    assert_eq!(flatarray::view_with(&bytes, &flat).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn other_files_are_not_taken_for_one() {
    let npy = b"\x93NUMPY\x01\0v\0{'descr'";
    for other in [&b""[..], b"\x10", npy, &[0; 64], &[0xff; 64], b"{\n\"filefrom\": \"dl4j\","] {
        assert_eq!(Nd4jFlatArray.sniff(other), Match::No);
    }
    assert_eq!(Nd4jFlatArray.sniff(&fixture("m21-f32-2x3-c.fb")[..32]), Match::Maybe);
}

#[test]
fn files_are_saved_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.fb");
    let array = Array::from_vec((0..200_000).map(f64::from).collect(), &[400, 500]).unwrap();
    flatarray::save(&path, &array.transpose()).unwrap();
    let back = flatarray::read(&path).unwrap();
    assert_eq!((back.shape(), back.order()), (&[500, 400][..], Contiguity::F));
    assert_eq!(back.to_vec::<f64>().unwrap(), array.transpose().to_vec::<f64>().unwrap());
    let strided = array.slice("::2, ::3".parse::<arr_core::Slice>().unwrap()).unwrap();
    let again = flatarray::to_bytes(&strided).unwrap();
    assert_eq!(flatarray::view(&again).unwrap().to_vec::<f64>().unwrap(), strided.to_vec::<f64>().unwrap());
}

proptest! {
    #[test]
    fn arrays_come_back(
        shape in proptest::collection::vec(0usize..5, 0..5),
        kind in 0usize..13,
        little: bool,
        fortran: bool,
        seed: u8,
    ) {
        let kinds = [
            Scalar::Bool, Scalar::I8, Scalar::U8, Scalar::I16, Scalar::U16, Scalar::I32, Scalar::U32,
            Scalar::I64, Scalar::U64, Scalar::F16, Scalar::BF16, Scalar::F32, Scalar::F64,
        ];
        let dtype = DType::native(kinds[kind]);
        let len = shape.iter().product::<usize>() * dtype.itemsize();
        let mask = if kind == 0 { 1 } else { 255 };
        let bytes: Vec<u8> =
            (0..=255u8).cycle().take(len).map(|byte| byte.wrapping_mul(31).wrapping_add(seed) & mask).collect();
        let order = if fortran { Order::F } else { Order::C };
        let array = Array::contiguous(dtype, &shape, order, &bytes[..]).unwrap();
        let byte_order = if little { ByteOrder::Little } else { ByteOrder::Big };
        let file = WriteOptions::new().byte_order(byte_order).to_bytes(&array).unwrap();
        prop_assert_eq!(file.len() % 8, 0);
        let back = ReadOptions::new().native().read_bytes(&file).unwrap();
        prop_assert_eq!(back.shape(), array.shape());
        prop_assert_eq!(back.order(), array.order());
        let items = |array: &arr_core::ArrayView<'_>| -> Vec<u8> {
            array.items().flatten().copied().collect()
        };
        prop_assert_eq!(items(&back.view()), items(&array));
    }
}
