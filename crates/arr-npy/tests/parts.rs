//! Parts and blocks of files: the same items that slices of the whole array have, without the whole array.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arr_conformance::said;
use arr_core::{Array, Buffer, ByteOrder, DType, ErrorKind, Input, Limits, Order, Slice, SliceItem, s};
use arr_npy::{ReadOptions, WriteOptions};
use proptest::prelude::*;

/// A file that counts the bytes that are read of it.
struct Counting(Cursor<Vec<u8>>, Arc<AtomicUsize>);

impl Counting {
    fn new(bytes: &[u8]) -> (Self, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        (Self(Cursor::new(bytes.to_vec()), count.clone()), count)
    }
}

impl Read for Counting {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(bytes)?;
        self.1.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Counting {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

fn some_array() -> impl Strategy<Value = (Array, Slice)> {
    let dtypes = [
        "|u1",
        "<i2",
        ">f4",
        "<f8",
        ">c16",
        "<U2",
        ">U3",
        "|S5",
        "|V3",
        "|S0",
        "<M8[us]",
        "[('a', '>i2'), ('b', [('x', '<f8'), ('y', '|S3')], (2,)), ('c', '<u4')]",
    ];
    let dtype = prop::sample::select(dtypes.to_vec()).prop_map(|text| text.parse::<DType>().unwrap());
    let shape = prop::collection::vec(0usize..9, 0..=4);
    (dtype, shape, any::<u64>()).prop_flat_map(|(dtype, shape, seed)| {
        let len = shape.iter().product::<usize>() * dtype.itemsize();
        let bytes: Vec<u8> = (0..len as u64)
            .map(|at| (seed ^ at.wrapping_mul(0x9E37_79B9_7F4A_7C15)).to_le_bytes()[5])
            .collect();
        let array = Array::contiguous(dtype, &shape, Order::C, Buffer::from_vec(bytes)).unwrap();
        (Just(array), some_slice(&shape))
    })
}

fn some_slice(shape: &[usize]) -> impl Strategy<Value = Slice> + use<> {
    let items: Vec<BoxedStrategy<SliceItem>> = shape.iter().map(|dim| some_item(*dim)).collect();
    (items, 0..=shape.len(), prop::option::of(0..=shape.len()), any::<bool>()).prop_map(
        |(mut items, named, new_axis, ellipsis)| {
            items.truncate(named);
            if let Some(at) = new_axis {
                items.insert(at.min(items.len()), SliceItem::NewAxis);
            }
            if ellipsis {
                items.push(SliceItem::Ellipsis);
            }
            Slice::from(items)
        },
    )
}

fn some_item(dim: usize) -> BoxedStrategy<SliceItem> {
    let dim = isize::try_from(dim).unwrap();
    let bound = prop::option::of(-dim - 2..dim + 3);
    let range = (bound.clone(), bound, 1isize..4, any::<bool>()).prop_map(|(start, stop, step, back)| {
        SliceItem::Range { start, stop, step: if back { -step } else { step } }
    });
    if dim == 0 { range.boxed() } else { prop_oneof![range, (-dim..dim).prop_map(SliceItem::Index)].boxed() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parts_are_slices(
        (array, slice) in some_array(),
        order in prop_oneof![Just(Order::C), Just(Order::F)],
        wanted in prop_oneof![Just(None), Just(Some(Order::C)), Just(Some(Order::F))],
        byte_order in prop_oneof![Just(None), Just(Some(ByteOrder::Little)), Just(Some(ByteOrder::Big))],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        WriteOptions::new().order(order).save(&path, &array).unwrap();
        let mut options = ReadOptions::new();
        if let Some(order) = wanted { options = options.order(order); }
        if let Some(byte_order) = byte_order { options = options.byte_order(byte_order); }
        let whole = options.read(&path).unwrap();
        let expected = whole.slice(&slice).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.push(99);
        let mut cursor = Cursor::new(&bytes);
        let mut stream = &bytes[..];
        let mut lent = Input::from_bytes(&bytes);
        let parts = [
            options.read_part(&path, &slice).unwrap(),
            options.read_part_from(&mut cursor, &slice).unwrap(),
            options.read_part_input(&mut Input::from_reader(stream.by_ref()), &slice).unwrap(),
            options.read_part_input(&mut lent, &slice).unwrap(),
        ];
        prop_assert_eq!((cursor.position() + 1, stream.len(), lent.remaining()), (bytes.len() as u64, 1, Some(1)));
        for part in parts {
            prop_assert_eq!((part.dtype(), part.shape()), (expected.dtype(), expected.shape()));
            prop_assert!(part.items().eq(expected.items()), "[{}]", slice);
            let order = wanted.unwrap_or(arr_npy::view(&bytes).unwrap().natural_order());
            prop_assert!(part.as_bytes(order).is_some(), "{}", order);
        }
    }

    #[test]
    fn blocks_join_to_the_array(
        (array, _) in some_array(),
        order in prop_oneof![Just(Order::C), Just(Order::F)],
        wanted in prop_oneof![Just(None), Just(Some(Order::F))],
        rows in 1usize..12,
        native in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("x.npy"), folder.path().join("y.npy"));
        WriteOptions::new().order(order).save(&path, &array).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut options = ReadOptions::new();
        if let Some(order) = wanted { options = options.order(order); }
        if native { options = options.native(); }
        let whole = options.read(&path).unwrap();
        let mut inputs = vec![Input::open(&path).unwrap(), Input::from_bytes(&bytes)];
        let stream = &bytes[..];
        if order == Order::C || !arr_npy::read_file_header(&path).unwrap().order_matters() {
            inputs.push(Input::from_reader(stream));
        } else {
            let refused = options.blocks_from(&bytes[..]).unwrap_err();
            prop_assert_eq!(refused.kind(), ErrorKind::Unsupported);
        }
        for input in inputs {
            let blocks = options.blocks_of(input).unwrap().rows(rows);
            prop_assert_eq!(blocks.header().shape(), array.shape());
            let mut writer = WriteOptions::new().create(&copy, whole.dtype().clone(), array.shape()).unwrap();
            let mut items = Vec::new();
            let mut count = 0;
            for block in blocks {
                let block = block.unwrap();
                prop_assert_eq!(block.ndim(), array.ndim());
                prop_assert!(array.ndim() == 0 || block.shape()[0] <= rows);
                prop_assert!(wanted.is_none_or(|order| block.as_bytes(order).is_some()));
                items.extend(block.items().map(<[u8]>::to_vec));
                writer.write_block(&block).unwrap();
                count += 1;
            }
            prop_assert_eq!(count, array.shape().first().map_or(1, |dim| dim.div_ceil(rows)));
            prop_assert!(items.iter().eq(whole.items()));
            writer.finish().unwrap();
            let expected = WriteOptions::new().order(Order::C).to_bytes(&whole).unwrap();
            prop_assert_eq!(std::fs::read(&copy).unwrap(), expected);
        }
    }

    #[test]
    fn blocks_are_written_along_the_slowest_dimension(
        (array, _) in some_array(),
        order in prop_oneof![Just(Order::C), Just(Order::F)],
        step in 1usize..5,
        byte_order in prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)],
    ) {
        let options = WriteOptions::new().order(order).byte_order(byte_order);
        let mut written = Vec::new();
        let mut writer = options.begin(&mut written, array.dtype().clone(), array.shape()).unwrap();
        let growing = if order == Order::C { array.shape().first() } else { array.shape().last() };
        match growing {
            None => writer.write_block(&array).unwrap(),
            Some(len) => for start in (0..*len).step_by(step) {
                let item = if step == 1 { SliceItem::from(start) } else { SliceItem::from(start..start + step) };
                let slice = if order == Order::C { vec![item] } else { vec![SliceItem::Ellipsis, item] };
                writer.write_block(&array.slice(Slice::from(slice)).unwrap()).unwrap();
            },
        }
        writer.finish().unwrap();
        prop_assert_eq!(written, options.to_bytes(&array).unwrap());
    }
}

#[test]
fn only_the_part_is_read() {
    let array = Array::zeros(DType::of::<u8>(), &[1000, 100_000]).unwrap().freeze();
    let bytes = arr_npy::to_bytes(&array).unwrap();
    for (slice, expected) in [
        (s![500], 100_000),
        (s![10..12, ..], 200_000),
        // The first item lies near the header.
        (s![.., 7], 999),
        (s![5, 100..200], 100),
        (s![999, 99_999], 1),
        (s![3..3], 0),
    ] {
        let (mut file, count) = Counting::new(&bytes);
        ReadOptions::new().read_part_from(&mut file, &slice).unwrap();
        // The header comes with what is near it; of the items, nothing else is read.
        assert_eq!(count.load(Ordering::Relaxed), (4 << 10) + expected, "[{slice}]");
    }
    let (file, count) = Counting::new(&bytes);
    let mut blocks =
        ReadOptions::new().blocks_of(Input::from_seekable(file).unwrap()).unwrap().bytes(350_000);
    assert_eq!(count.load(Ordering::Relaxed), 4 << 10);
    assert_eq!(blocks.next().unwrap().unwrap().shape(), [3, 100_000]);
    assert_eq!(count.load(Ordering::Relaxed), (4 << 10) + 300_000);
}

#[test]
fn limits_hold_for_the_part_and_not_for_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    for order in [Order::C, Order::F] {
        let array = Array::zeros(DType::of::<u32>(), &[1000, 10]).unwrap().freeze();
        WriteOptions::new().order(order).save(&path, &array).unwrap();
        let options = ReadOptions::new().limits(Limits::default().max_bytes(400));
        assert_eq!(options.read_part(&path, s![..10]).unwrap().shape(), [10, 10]);
        assert_eq!(options.read_part(&path, s![..11]).unwrap_err().kind(), ErrorKind::LimitExceeded);
        assert_eq!(
            options.blocks(&path).unwrap().rows(10).map(|block| block.unwrap().len()).sum::<usize>(),
            10_000
        );
        let mut blocks = options.blocks(&path).unwrap().rows(11);
        assert_eq!(blocks.next().unwrap().unwrap_err().kind(), ErrorKind::LimitExceeded);
        assert!(blocks.next().is_none());
    }
}

#[test]
fn bad_files_and_requests_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let mut bytes = arr_npy::to_bytes(&ndarray::Array2::<u16>::zeros((10, 10))).unwrap();
    for slice in [s![10], s![0, 0, 0], "..., ...".parse().unwrap()] {
        let error = ReadOptions::new().read_part_from(&mut Cursor::new(&bytes), &slice).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    bytes.truncate(bytes.len() - 1);
    std::fs::write(&path, &bytes).unwrap();
    let expected = "npy: the input ends inside the data: expected 200 bytes, found 199 (at byte 128)";
    assert_eq!(said(&arr_npy::read_part(&path, s![9]).unwrap_err()), expected);
    assert_eq!(arr_npy::read_part(&path, s![..9]).unwrap().shape(), [9, 10]);
    assert_eq!(said(&arr_npy::blocks(&path).unwrap_err()), expected);
    let mut stream = ReadOptions::new().blocks_from(&bytes[..]).unwrap().rows(5);
    assert!(stream.next().unwrap().is_ok());
    assert_eq!(stream.next().unwrap().unwrap_err().kind(), ErrorKind::Malformed);
    assert!(stream.next().is_none());
    // A stream is believed only as far as it has arrived.
    let header =
        arr_npy::Header::new(DType::of::<u8>(), &[1 << 61], Order::C).unwrap().to_bytes(None).unwrap();
    let lie = ReadOptions::new().read_part_input(&mut Input::from_reader(&header[..]), s![..]);
    assert_eq!(lie.unwrap_err().kind(), ErrorKind::Malformed);
    let lie = ReadOptions::new().blocks_from(&header[..]).unwrap().rows(usize::MAX).next();
    assert_eq!(lie.unwrap().unwrap_err().kind(), ErrorKind::Malformed);
    let empty =
        arr_npy::Header::new("|S0".parse().unwrap(), &[1 << 61], Order::C).unwrap().to_bytes(None).unwrap();
    std::fs::write(&path, &empty).unwrap();
    assert_eq!(arr_npy::read_part(&path, s![..]).unwrap_err().kind(), ErrorKind::LimitExceeded);
    assert_eq!(arr_npy::read_part(&path, s![5..7]).unwrap().shape(), [2]);
    assert_eq!(arr_npy::blocks(&path).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let mut pickled = arr_npy::Header::new(DType::Object, &[2], Order::C).unwrap().to_bytes(None).unwrap();
    pickled.extend([0; 40]);
    std::fs::write(&path, &pickled).unwrap();
    assert_eq!(arr_npy::read_part(&path, s![..]).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(arr_npy::blocks(&path).unwrap_err().kind(), ErrorKind::Unsupported);
}

/// A sink that takes so many bytes.
struct Full(usize);

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.min(bytes.len()) {
            0 => Err(io::Error::from(io::ErrorKind::StorageFull)),
            len => {
                self.0 -= len;
                Ok(len)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_array_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let begin = || WriteOptions::new().create(&path, DType::of::<u16>(), &[3, 2]).unwrap();
    let rows = |count: usize| ndarray::Array2::<u16>::ones((count, 2));
    let mut writer = begin();
    writer.write_block(&rows(2)).unwrap();
    assert_eq!(writer.write_block(&rows(2)).unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(writer.write_block(&vec![1u16; 3]).unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(writer.write_block(&vec![1u32; 2]).unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(writer.finish().unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut writer = begin();
    writer.write_block(&rows(2)).unwrap();
    assert!(writer.write_block(&rows(2)).is_err());
    writer.write_block(&rows(1)).unwrap();
    writer.finish().unwrap();
    assert_eq!(arr_npy::read(&path).unwrap().to_vec::<u16>().unwrap(), [1; 6]);

    assert!(WriteOptions::new().begin(Full(100), DType::of::<u16>(), &[3, 2]).is_err());
    let mut writer = WriteOptions::new().begin(Full(135), DType::of::<u16>(), &[3, 2]).unwrap();
    writer.write_block(&rows(1)).unwrap();
    assert_eq!(writer.write_block(&rows(1)).unwrap_err().kind(), ErrorKind::Io);
    assert!(writer.write_block(&rows(1)).unwrap_err().to_string().contains("of which a write failed"));
    assert!(writer.finish().is_err());
    assert!(WriteOptions::new().begin(Full(1000), DType::Object, &[3]).is_err());
}
