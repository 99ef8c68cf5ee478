//! Every stream that real ND4J releases wrote reads to the values that it was given, in every way, and what M2.1 wrote
//! is written again byte for byte.
#![cfg(feature = "nd4j")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a failed assumption is a failed test"
)]

#[path = "stream/files.rs"]
mod files;
#[path = "stream/values.rs"]
mod values;

use arr_binary::format::Nd4jStream;
use arr_binary::nd4j::{Algorithm, DataType, Generation};
use arr_binary::stream::{self, ReadOptions, StreamHeader, WriteOptions};
use arr_conformance::{door, own_file, said};
use arr_core::format::{Format as _, Match, Outline, Reading, Writing};
use arr_core::{
    Array, Buffer, ByteOrder, Contiguity, DType, ErrorKind, Input, Layout, Limits, Order, Scalar, Slice,
    Storage, s,
};
use files::files;
use proptest::prelude::*;
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use values::check;

#[test]
fn every_file_reads_to_the_same_values_in_every_way() {
    let mut read = 0;
    for (path, expected) in files("nd4j-stream") {
        let mut bytes = std::fs::read(&path).unwrap();
        assert_eq!(Nd4jStream.sniff(&bytes), Match::Yes);
        if expected["data_missing"] == true {
            let header = stream::read_file_header(&path).unwrap();
            assert_eq!((header.data_type(), header.dtype()), (DataType::Utf8, &DType::Utf8));
            for error in [
                stream::read(&path).map(drop).unwrap_err(),
                stream::view(&bytes).map(drop).unwrap_err(),
                own_file!(stream::map(&path)).map(drop).unwrap_err(),
                stream::read_part(&path, s![0]).map(drop).unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::Unsupported);
                assert!(said(&error).starts_with("nd4j-stream: ND4J wrote no strings"), "{error}");
            }
            let description = door::describe(&Nd4jStream, Input::from_bytes(&bytes)).unwrap();
            // Nothing of the strings is there; they have the order of the shape information.
            assert_eq!(description.data_len, Some(0));
            assert_eq!(description.order, Contiguity::C);
            continue;
        }
        check(&stream::read(&path).unwrap(), &expected, "read");
        check(&ReadOptions::new().native().read(&path).unwrap(), &expected, "native");
        check(&stream::read_bytes(&bytes).unwrap(), &expected, "read_bytes");
        check(&stream::read_part(&path, Slice::from(vec![])).unwrap(), &expected, "read_part");
        for byte_order in [ByteOrder::Big, ByteOrder::Little] {
            let options = ReadOptions::new().byte_order(byte_order);
            for array in [
                options.read_bytes(&bytes).unwrap(),
                options.read_from(&mut &bytes[..]).unwrap(),
                options.read_part(&path, Slice::from(vec![])).unwrap(),
            ] {
                assert!(array.dtype().is_in_order(byte_order));
                check(&array, &expected, "in a byte order");
            }
        }
        let len = bytes.len();
        bytes.extend(b"and more");
        let mut reader = &bytes[..];
        check(&stream::read_from(&mut reader).unwrap(), &expected, "read_from");
        assert_eq!(reader, b"and more");
        let read_with = door::read_with(&Nd4jStream, Input::from_bytes(&bytes), &Reading::default());
        let sliced = door::read_slice(&Nd4jStream, Input::from_reader(&bytes[..]), &Slice::from(vec![]));
        for (array, end) in [read_with.unwrap(), sliced.unwrap()] {
            check(&array, &expected, "Reader::read");
            assert_eq!(end, len as u64);
        }

        let array = stream::read(&path).unwrap();
        let description = door::describe(&Nd4jStream, Input::from_bytes(&bytes)).unwrap();
        assert_eq!((&description.dtype, &description.shape[..]), (array.dtype(), array.shape()));
        let header = stream::read_file_header(&path).unwrap();
        assert_eq!(header.data_offset() + header.data_len(), len as u64);
        let compression = expected["compression"].as_str().map(|name| Algorithm::from_name(name).unwrap());
        assert_eq!(header.compression(), compression);
        let producer = expected["producer"].as_str().unwrap();
        let generation = match producer {
            "0.9.1" => Generation::One,
            "1.0.0-beta3" => Generation::Two,
            _ => Generation::Three,
        };
        assert_eq!(header.generation(), generation, "{producer}");
        assert_eq!(description.version, Some(generation.to_string()));
        if compression.is_some() {
            assert_eq!(description.data_len, Some(len as u64 - description.data_offset));
            assert!(description.is_packed);
            assert_eq!(stream::view(&bytes).unwrap_err().kind(), ErrorKind::Unsupported);
            assert_eq!(own_file!(stream::map(&path)).unwrap_err().kind(), ErrorKind::Unsupported);
        } else {
            assert_eq!(description.data_len, Some(array.nbytes() as u64));
            assert!(!description.is_packed);
            assert_eq!(description.order, array.order());
            check(&stream::view(&bytes).unwrap(), &expected, "view");
            check(&own_file!(stream::map(&path)).unwrap(), &expected, "map");
            check(&door::map(&Nd4jStream, &path, &Limits::default()).unwrap(), &expected, "Reader::map");
        }
        read += 1;
    }
    assert!(read > 65, "{read}");
}

/// Arrays of which there is one way to lie are written as the newest ND4J writes them.
#[test]
fn what_nd4j_wrote_we_write_again_byte_for_byte() {
    let mut same = 0;
    for (path, expected) in files("nd4j-stream") {
        let newest = !matches!(expected["producer"].as_str(), Some("0.9.1" | "1.0.0-beta3"));
        if !newest || expected["data_missing"] == true || expected["compression"].is_string() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let header = stream::read_file_header(&path).unwrap();
        let order = header.shape_info().order();
        // The stride along a single item has no meaning, and ND4J makes up another one. Strides of its own an array
        // has in memory only.
        if header.shape().contains(&1) || !header.shape_info().is_canonical() {
            continue;
        }
        let again = WriteOptions::new().order(order).to_bytes(&stream::view(&bytes).unwrap()).unwrap();
        assert_eq!(again, bytes, "{}", expected["file"]);
        if header.shape().iter().filter(|dim| **dim > 1).count() > 1 {
            assert_eq!(stream::to_bytes(&stream::read(&path).unwrap()).unwrap(), bytes);
        }
        same += 1;
    }
    assert!(same > 30, "{same}");
}

#[test]
fn arrays_of_one_stream_are_read_one_by_one() {
    let mut bytes = Vec::new();
    let mut all = Vec::new();
    for (path, expected) in files("nd4j-stream") {
        if expected["data_missing"] != true {
            bytes.extend(std::fs::read(&path).unwrap());
            all.push(expected);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.nd4j");
    std::fs::write(&path, &bytes).unwrap();
    let ways = [
        stream::arrays(&path).unwrap(),
        stream::arrays_from(&bytes[..]),
        ReadOptions::new().native().arrays_of(Input::from_bytes(&bytes)),
    ];
    for arrays in ways {
        let read: Vec<Array> = arrays.map(Result::unwrap).collect();
        assert_eq!(read.len(), all.len());
        read.iter().zip(&all).for_each(|(array, expected)| check(array, expected, "one of many"));
    }
    // What is cut short is an error, and the last one.
    let mut cut = stream::arrays_from(&bytes[..bytes.len() - 1]);
    assert_eq!(cut.by_ref().take_while(Result::is_ok).count(), all.len() - 1);
    assert!(cut.next().is_none());
    assert!(stream::arrays_from(&[][..]).next().is_none());
    // Limits hold for each.
    let limited = ReadOptions::new().limits(Limits::default().max_bytes(4000));
    assert!(limited.arrays_from(&bytes[..]).all(|array| array.is_ok()));
}

/// All types that ND4J has, but for strings.
const KINDS: [Scalar; 13] = [
    Scalar::F64,
    Scalar::F32,
    Scalar::F16,
    Scalar::BF16,
    Scalar::I64,
    Scalar::I32,
    Scalar::I16,
    Scalar::I8,
    Scalar::U64,
    Scalar::U32,
    Scalar::U16,
    Scalar::U8,
    Scalar::Bool,
];

fn array(dtype: &DType, layout: Layout, items: usize) -> Array {
    let most = if dtype.as_scalar().is_some_and(|(kind, _)| kind == Scalar::Bool) { 2 } else { 251 };
    let bytes: Vec<u8> = (0..items * dtype.itemsize())
        .map(|at| ((at as u32).wrapping_mul(2_654_435_761) >> 13) as u8 % most)
        .collect();
    Array::new(dtype.clone(), layout, Buffer::from_vec(bytes)).unwrap()
}

fn check_same<S: Storage>(read: &Array<S>, written: &Array, how: &str) {
    assert_eq!(read.shape(), written.shape(), "{how}: {written:?}");
    let expected = written.dtype().with_byte_order(ByteOrder::Big);
    assert_eq!(read.dtype().with_byte_order(ByteOrder::Big), expected, "{how}: {written:?}");
    let read = read.to_contiguous_in(Order::C, ByteOrder::Big).unwrap();
    let written = written.to_contiguous_in(Order::C, ByteOrder::Big).unwrap();
    assert!(read.as_bytes(Order::C) == written.as_bytes(Order::C), "{how}: {written:?}");
}

fn check_all_ways(array: &Array, path: &std::path::Path) {
    let bytes = stream::to_bytes(array).unwrap();
    stream::save(path, array).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), bytes);
    let view = stream::view(&bytes).unwrap();
    check_same(&view, array, "view");
    assert_eq!(view.dtype(), &array.dtype().with_byte_order(ByteOrder::Big));
    assert_eq!(view.order() == Contiguity::F, array.order() == Contiguity::F, "{array:?}");
    check_same(&stream::read(path).unwrap(), array, "read");
    check_same(&own_file!(stream::map(path)).unwrap(), array, "map");
    check_same(&ReadOptions::new().native().read(path).unwrap(), array, "native");
    check_same(&ReadOptions::new().native().read_bytes(&bytes).unwrap(), array, "native bytes");
    check_same(&stream::read_from(&mut &bytes[..]).unwrap(), array, "read_from");
    for order in [Order::C, Order::F] {
        let bytes = WriteOptions::new().order(order).to_bytes(array).unwrap();
        let header = StreamHeader::read(&mut Input::from_bytes(&bytes)).unwrap();
        assert_eq!(header.shape_info().order(), order);
        assert!(header.shape_info().is_canonical());
        check_same(&stream::view(&bytes).unwrap(), array, "in an order");
    }
}

#[test]
fn every_type_order_rank_and_shape() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nd4j");
    for kind in KINDS {
        for byte_order in [ByteOrder::Little, ByteOrder::Big] {
            let dtype = DType::scalar(kind, byte_order);
            for shape in [&[][..], &[0], &[5], &[2, 0, 3], &[3, 2], &[1, 4], &[4, 1], &[2, 3, 4], &[1; 32]] {
                let items = shape.iter().product();
                for order in [Order::C, Order::F] {
                    let layout = Layout::contiguous(shape, dtype.itemsize(), order).unwrap();
                    check_all_ways(&array(&dtype, layout, items), &path);
                }
                let twice: Vec<usize> = shape.iter().take(4).map(|dim| dim * 2).collect();
                for slice in ["::2", "::-2", "1::2"] {
                    let layout = Layout::contiguous(&twice, dtype.itemsize(), Order::F).unwrap();
                    let slice: Slice = vec![slice; twice.len()].join(",").parse().unwrap();
                    let layout = layout.sliced(&slice).unwrap();
                    check_all_ways(&array(&dtype, layout, twice.iter().product()), &path);
                }
            }
        }
    }
}

#[test]
fn large_arrays_go_piece_by_piece() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nd4j");
    let values: Vec<f32> = (0..3_000_000u32).map(|value| value as f32).collect();
    let array = Array::from_vec(values, &[1500, 2000]).unwrap();
    check_all_ways(&array, &path);
    check_all_ways(&array.slice("..., ::3".parse::<Slice>().unwrap()).unwrap().to_owned().unwrap(), &path);
    let strided = array.slice("..., ::-2".parse::<Slice>().unwrap()).unwrap();
    let mut bytes = Vec::new();
    stream::write_to(&mut bytes, &strided).unwrap();
    let read = ReadOptions::new().native().read_from(&mut &bytes[..]).unwrap();
    assert!(read.items().eq(strided.items()));
}

#[test]
fn what_nd4j_does_not_have_is_refused() {
    let unsupported = |dtype: &str| {
        let array = Array::zeros(dtype.parse::<DType>().unwrap(), &[2]).unwrap();
        let error = stream::to_bytes(&array).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{dtype}");
        assert!(error.to_string().starts_with("nd4j-stream: "), "{error}");
    };
    ["<c8", "<f16", "<U3", "|S3", "|V2", "<M8[s]", "<m8[s]", "[('a', '<f4')]"]
        .into_iter()
        .for_each(unsupported);
    let many = Array::zeros(DType::of::<u8>(), &[1; 33]).unwrap();
    assert_eq!(stream::to_bytes(&many).unwrap_err().kind(), ErrorKind::Unsupported);
    let start = begun(&DType::Utf8, Order::C, &[]);
    assert!(start.unwrap_err().to_string().contains("strings"));
}

#[test]
fn an_array_is_begun_and_its_items_follow() {
    let array = Array::from_vec(vec![1u16, 2, 3, 4, 5, 6], &[2, 3]).unwrap();
    for order in [Order::C, Order::F] {
        let big = array.to_contiguous_in(order, ByteOrder::Big).unwrap();
        let items = big.as_bytes(order).unwrap();
        assert_eq!(begun(big.dtype(), order, items).unwrap(), stream::to_bytes(&big).unwrap());
        let little = big.to_contiguous_in(order, ByteOrder::Little).unwrap();
        let items = little.as_bytes(order).unwrap();
        assert_eq!(begun(little.dtype(), order, items).unwrap(), stream::to_bytes(&big).unwrap());
    }
    for dtype in ["|u1", "|b1", "|i1"] {
        begun(&dtype.parse().unwrap(), Order::C, &[1; 6]).unwrap();
    }
}

/// An array of shape [2, 3] whose items are handed on piece by piece.
fn begun(dtype: &DType, order: Order, items: &[u8]) -> arr_core::Result<Vec<u8>> {
    door::write_pieces(&Nd4jStream, &Outline { dtype, shape: &[2, 3], order }, items, 2, &Writing::default())
}

/// A file that counts the bytes that are read of it.
struct Counting<'a>(std::io::Cursor<&'a [u8]>, Arc<AtomicUsize>);

impl std::io::Read for Counting<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(bytes)?;
        self.1.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}

impl std::io::Seek for Counting<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn only_the_part_is_read() {
    let zeros = Array::zeros(DType::of::<u8>(), &[1000, 100_000]).unwrap().freeze();
    let bytes = stream::to_bytes(&zeros).unwrap();
    for (slice, expected) in [
        (s![500], 100_000),
        (s![10..12, ..], 200_000),
        // The first item lies near the header.
        (s![.., 7], 999),
        (s![5, 100..200], 100),
        (s![3..3], 0),
    ] {
        let count = Arc::<AtomicUsize>::default();
        let mut file = Counting(std::io::Cursor::new(&bytes), Arc::clone(&count));
        ReadOptions::new().read_part_from(&mut file, &slice).unwrap();
        // The header comes with what is near it; of the items, nothing else is read.
        assert_eq!(count.load(Ordering::Relaxed), (4 << 10) + expected, "[{slice}]");
        assert_eq!(file.0.position(), bytes.len() as u64);
    }
    let limited = ReadOptions::new().limits(Limits::default().max_bytes(100));
    let mut file = std::io::Cursor::new(&bytes);
    assert_eq!(limited.read_part_from(&mut file, s![5, ..100]).unwrap().len(), 100);
    file.set_position(0);
    let refused = limited.read_part_from(&mut file, s![5, ..101]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::LimitExceeded);
    file.set_position(0);
    assert_eq!(limited.read_part_from(&mut file, s![1000]).unwrap_err().kind(), ErrorKind::InvalidArgument);
}

fn some_slice(shape: Vec<usize>) -> impl Strategy<Value = Slice> {
    let items: Vec<_> = shape
        .iter()
        .map(|dim| {
            let dim = isize::try_from(*dim).unwrap();
            let bound = prop::option::of(-dim - 2..dim + 3);
            (bound.clone(), bound, 1isize..4, any::<bool>()).prop_map(|(start, stop, step, back)| {
                arr_core::SliceItem::Range { start, stop, step: if back { -step } else { step } }
            })
        })
        .collect();
    items.prop_map(Slice::from)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_are_slices(
        (shape, slice) in prop::collection::vec(0usize..9, 0..=4)
            .prop_flat_map(|shape| (Just(shape.clone()), some_slice(shape))),
        kind in prop::sample::select(KINDS.to_vec()),
        order in prop_oneof![Just(Order::C), Just(Order::F)],
        native in any::<bool>(),
    ) {
        let dtype = DType::native(kind);
        let layout = Layout::contiguous(&shape, dtype.itemsize(), order).unwrap();
        let whole = array(&dtype, layout, shape.iter().product());
        let mut bytes = stream::to_bytes(&whole).unwrap();
        bytes.push(99);
        let options = if native { ReadOptions::new().native() } else { ReadOptions::new() };
        let expected = options.read_bytes(&bytes).unwrap();
        let expected = expected.slice(&slice).unwrap();
        let mut cursor = std::io::Cursor::new(&bytes);
        let mut lent = Input::from_bytes(&bytes);
        let mut reader = &bytes[..];
        let parts = [
            options.read_part_from(&mut cursor, &slice).unwrap(),
            options.read_part_input(&mut Input::from_reader(reader.by_ref()), &slice).unwrap(),
            options.read_part_input(&mut lent, &slice).unwrap(),
        ];
        prop_assert_eq!((cursor.position() + 1, reader.len(), lent.remaining()), (bytes.len() as u64, 1, Some(1)));
        for part in parts {
            prop_assert_eq!((part.dtype(), part.shape()), (expected.dtype(), expected.shape()));
            prop_assert!(part.items().eq(expected.items()), "[{}]", slice);
        }
    }

    #[test]
    fn random_arrays(
        axes in prop::collection::vec((0usize..5, -3isize..=3), 0..=4),
        kind in prop::sample::select(KINDS.to_vec()),
        big in any::<bool>(),
        order in prop_oneof![Just(Order::C), Just(Order::F)],
    ) {
        let dtype = DType::scalar(kind, if big { ByteOrder::Big } else { ByteOrder::Little });
        let whole: Vec<usize> = axes.iter().map(|(dim, step)| dim * step.unsigned_abs().max(1)).collect();
        let steps: Vec<String> =
            axes.iter().map(|(_, step)| format!("::{}", if *step == 0 { 1 } else { *step })).collect();
        let layout = Layout::contiguous(&whole, dtype.itemsize(), order).unwrap();
        let layout = layout.sliced(&steps.join(",").parse().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        check_all_ways(&array(&dtype, layout, whole.iter().product()), &folder.path().join("x.nd4j"));
    }
}
