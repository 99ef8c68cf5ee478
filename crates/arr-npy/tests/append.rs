//! Rows that are added: the file is the one that saving the whole array gives, whatever happens on the way.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a failed assumption is a failed test"
)]

use std::fs;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use arr_core::{Array, Buffer, ByteOrder, DType, ErrorKind, Order, Scalar, Slice, SliceItem};
use arr_npy::{AppendOptions, Appender, Header, Version, WriteOptions};
use proptest::prelude::*;

/// A file with that text, which takes any place: old writers leave no room in it.
fn with_text(text: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

fn rows(array: &Array, from: usize, to: usize) -> arr_core::ArrayView<'_> {
    array.slice(Slice::from(vec![SliceItem::from(from..to)])).unwrap()
}

fn some_array() -> impl Strategy<Value = Array> {
    let dtypes = vec![
        "|u1",
        "<i2",
        ">f4",
        "<f8",
        ">c16",
        "<U2",
        "|S5",
        "|V3",
        "|S0",
        "<M8[us]",
        "bfloat16",
        "[('a', '>i2'), ('b', [('x', '<f8'), ('y', '|S3')], (2,)), ('c', '<u4')]",
        "[('\u{4e16}', '<i2')]",
    ];
    let dtype = prop::sample::select(dtypes).prop_map(|text| match text {
        "bfloat16" => DType::from(Scalar::BF16),
        text => text.parse::<DType>().unwrap(),
    });
    let shape = (0usize..200, prop::collection::vec(0usize..4, 0..3));
    (dtype, shape, any::<u64>()).prop_map(|(dtype, (len, row), seed)| {
        let shape = [vec![len], row].concat();
        let len = shape.iter().product::<usize>() * dtype.itemsize();
        let bytes: Vec<u8> = (0..len as u64)
            .map(|at| (seed ^ at.wrapping_mul(0x9E37_79B9_7F4A_7C15)).to_le_bytes()[5])
            .collect();
        Array::contiguous(dtype, &shape, Order::C, Buffer::from_vec(bytes)).unwrap()
    })
}

/// What happens behind a push.
#[derive(Clone, Copy, Debug)]
enum Then {
    Nothing,
    Flush,
    Reopen,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn appended_files_are_the_saved_ones(
        array in some_array(),
        cuts in prop::collection::vec(
            (0usize..200, prop_oneof![Just(Then::Nothing), Just(Then::Flush), Just(Then::Reopen)]), 0..6),
        foreign in any::<bool>(),
        sync in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let total = array.shape()[0];
        let expected = arr_npy::to_bytes(&array).unwrap();
        // The byte order of what is pushed does not matter.
        let pushed = if foreign && *array.dtype() != DType::from(Scalar::BF16) && array.dtype().as_record().is_none() {
            array.to_byte_order(ByteOrder::Big).unwrap()
        } else {
            array.clone()
        };
        let options = if sync { AppendOptions::new().sync() } else { AppendOptions::new() };
        let mut appender = options.create(&path, array.dtype().clone(), &array.shape()[1..]).unwrap();
        let mut memory = Cursor::new(b"before".to_vec());
        memory.seek(SeekFrom::End(0)).unwrap();
        let mut writer = Appender::to_writer(&mut memory, array.dtype().clone(), &array.shape()[1..]).unwrap();
        let mut cuts: Vec<_> = cuts.into_iter().map(|(cut, then)| (cut.min(total), then)).collect();
        cuts.sort_by_key(|(cut, _)| *cut);
        cuts.push((total, Then::Nothing));
        let mut start = 0;
        let mut named = false;
        for (cut, then) in cuts {
            let part = rows(&pushed, start, cut);
            appender.push(&part).unwrap();
            writer.push(&part).unwrap();
            start = cut;
            prop_assert_eq!((appender.len(), appender.is_empty()), (cut, cut == 0));
            match then {
                Then::Nothing => {}
                Then::Flush => {
                    appender.flush().unwrap();
                    writer.flush().unwrap();
                    let seen = if named { arr_npy::read(&path).unwrap().shape()[0] } else { cut };
                    prop_assert_eq!(seen, cut);
                }
                Then::Reopen => {
                    appender.finish().unwrap();
                    named = true;
                    let so_far = arr_npy::to_bytes(&rows(&array, 0, cut)).unwrap();
                    prop_assert_eq!(fs::read(&path).unwrap(), so_far);
                    appender = options.open(&path).unwrap();
                    prop_assert_eq!(appender.row_shape(), &array.shape()[1..]);
                }
            }
            prop_assert_eq!(path.exists(), named);
        }
        appender.finish().unwrap();
        writer.finish().unwrap();
        prop_assert_eq!(memory.position() as usize, 6 + expected.len());
        prop_assert_eq!(fs::read(&path).unwrap(), &expected[..]);
        prop_assert_eq!(&memory.into_inner()[6..], &expected[..]);
    }
}

#[test]
fn large_pushes_and_single_rows_mix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let values: Vec<u32> = (0..1_500_000).collect();
    let array = Array::from_vec(values, &[500_000, 3]).unwrap();
    let mut appender = Appender::create(&path, DType::of::<u32>(), &[3]).unwrap();
    for row in 0..100 {
        appender.push(&array.slice(arr_core::s![row]).unwrap()).unwrap();
    }
    appender.push(&rows(&array, 100, 400_000)).unwrap();
    appender.push(&rows(&array, 400_000, 400_001)).unwrap();
    appender.finish().unwrap();
    // Columns that do not lie as they are written, in the other byte order.
    let turned = array.to_contiguous_in(Order::F, ByteOrder::Big).unwrap();
    arr_npy::append(&path, &rows(&turned, 400_001, 500_000)).unwrap();
    assert!(fs::read(&path).unwrap() == arr_npy::to_bytes(&array).unwrap());
}

/// Files by other writers: with no room, with little, of other versions, and with a flag that makes no difference.
#[test]
fn old_headers_grow_in_place_or_are_copied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let data: Vec<u8> = (0..9u16).flat_map(u16::to_le_bytes).collect();
    let expected: Vec<u16> = (0..12).collect();
    let narrow = "{'descr': '<u2', 'fortran_order': False, 'shape': (9,), }";
    let in_place = [
        with_text(&format!("{narrow} \n"), &data),
        with_text(&format!("{narrow}{}\n", " ".repeat(10)), &data),
        with_text("{\"shape\": (9,), \"fortran_order\": True , 'descr':'<u2'}    \n", &data),
        [
            Header::new("<u2".parse().unwrap(), &[9], Order::C)
                .unwrap()
                .to_bytes(Some(Version::V3_0))
                .unwrap(),
            data.clone(),
        ]
        .concat(),
    ];
    let copied = [
        with_text(&format!("{narrow}\n"), &data),
        with_text("{'descr':'<u2','fortran_order':True,'shape':(9,)}", &data),
    ];
    let count = in_place.len();
    for (index, bytes) in in_place.into_iter().chain(copied).enumerate() {
        fs::write(&path, &bytes).unwrap();
        let offset = arr_npy::read_file_header(&path).unwrap().data_offset();
        let mut appender = Appender::open(&path).unwrap();
        appender.push(&vec![9u16]).unwrap();
        appender.flush().unwrap();
        assert_eq!(arr_npy::read(&path).unwrap().shape(), [10], "{index}");
        appender.push(&vec![10u16, 11]).unwrap();
        appender.finish().unwrap();
        let header = arr_npy::read_file_header(&path).unwrap();
        assert_eq!(arr_npy::read(&path).unwrap().to_vec::<u16>().unwrap(), expected, "{index}");
        if index < count {
            assert_eq!((header.data_offset(), header.version().major()), (offset, bytes[6]), "{index}");
            assert_eq!(fs::metadata(&path).unwrap().len(), offset + 24);
        } else {
            let saved = WriteOptions::new().byte_order(ByteOrder::Little).to_bytes(&expected).unwrap();
            assert_eq!(fs::read(&path).unwrap(), saved, "{index}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
    // One row in Fortran order is one in C order; two are not.
    let header = "{'descr': '<u2', 'fortran_order': True, 'shape': (1, 9), }   \n";
    fs::write(&path, with_text(header, &data)).unwrap();
    arr_npy::append(&path, &vec![1u16; 9]).unwrap();
    let array = arr_npy::read(&path).unwrap();
    assert_eq!(array.shape(), [2, 9]);
    assert_eq!(rows(&array, 0, 1).to_vec::<u16>().unwrap(), expected[..9]);
}

#[test]
fn files_that_cannot_grow_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let square = ndarray::Array2::<u16>::ones((3, 3));
    let whole = arr_npy::to_bytes(&square).unwrap();
    let pickled = Header::new(DType::Object, &[2], Order::C).unwrap().to_bytes(None).unwrap();
    let files = [
        (
            WriteOptions::new().order(Order::F).to_bytes(&square).unwrap(),
            ErrorKind::Unsupported,
            "in Fortran order",
        ),
        (arr_npy::to_bytes(&ndarray::arr0(1u16)).unwrap(), ErrorKind::Mismatch, "no dimensions"),
        ([pickled, vec![0; 40]].concat(), ErrorKind::Unsupported, "object items"),
        (whole[..whole.len() - 1].to_vec(), ErrorKind::Malformed, "expected 18 bytes, found 17"),
        (vec![], ErrorKind::Malformed, "ends"),
        (b"something else".to_vec(), ErrorKind::Malformed, "npy"),
        ([&whole[..], b"tail"].concat(), ErrorKind::Trailing, "4 bytes follow the array"),
        ([&whole[..], &whole].concat(), ErrorKind::Trailing, "they are another array"),
    ];
    for (bytes, kind, text) in files {
        fs::write(&path, &bytes).unwrap();
        let error = arr_npy::append(&path, &vec![1u16; 3]).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    assert_eq!(arr_npy::append(folder.path().join("no.npy"), &vec![1u16]).unwrap_err().kind(), ErrorKind::Io);
    assert!(Appender::create(&path, DType::Object, &[]).is_err());
    assert!(Appender::create(&path, DType::of::<u8>(), &[1 << 40, 1 << 40]).is_err());
    assert!(AppendOptions::new().keep_existing().create(&path, DType::of::<u8>(), &[]).is_err());
}

#[test]
fn rows_that_do_not_fit_are_refused_and_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let square = ndarray::Array2::<u16>::ones((3, 3));
    arr_npy::save(&path, &square).unwrap();
    let before = fs::read(&path).unwrap();
    let mut appender = Appender::open(&path).unwrap();
    for (rows, kind) in [
        (Array::from_vec(vec![1u32; 3], &[3]).unwrap(), ErrorKind::Mismatch),
        (Array::from_vec(vec![1i16; 3], &[3]).unwrap(), ErrorKind::Mismatch),
        (Array::from_vec(vec![1u16; 4], &[4]).unwrap(), ErrorKind::Mismatch),
        (Array::from_vec(vec![1u16; 4], &[2, 2]).unwrap(), ErrorKind::Mismatch),
        (Array::from_vec(vec![1u16; 3], &[1, 1, 3]).unwrap(), ErrorKind::Mismatch),
    ] {
        assert_eq!(appender.push(&rows).unwrap_err().kind(), kind);
    }
    appender.push(&vec![2u16; 3]).unwrap();
    appender.push(&ndarray::Array2::<u16>::ones((0, 3))).unwrap();
    appender.push(&ndarray::Array2::<u16>::ones((100_000, 3))).unwrap();
    // It was not counted, and so it is gone.
    drop(appender);
    assert_eq!(fs::read(&path).unwrap(), before);
    let mut appender = Appender::open(&path).unwrap();
    appender.push(&vec![2u16; 3]).unwrap();
    appender.flush().unwrap();
    let counted = fs::read(&path).unwrap();
    appender.push(&ndarray::Array2::<u16>::ones((100_000, 3))).unwrap();
    drop(appender);
    assert_eq!(fs::read(&path).unwrap(), counted);
    assert_eq!(arr_npy::read(&path).unwrap().shape(), [4, 3]);
    // Rows without bytes are only counted, and that has an end too.
    let mut appender = Appender::create(&path, "|S0".parse::<DType>().unwrap(), &[1 << 40]).unwrap();
    let rows = Array::contiguous("|S0".parse().unwrap(), &[1 << 22, 1 << 40], Order::C, &[][..]).unwrap();
    appender.push(&rows).unwrap();
    assert_eq!(appender.push(&rows).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert_eq!(appender.len(), 1 << 22);
}

#[test]
fn trailing_bytes_are_given_up_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let whole = arr_npy::to_bytes(&vec![1u16, 2]).unwrap();
    let options = AppendOptions::new().overwrite_trailing(true);
    let torn = [&whole[..], &[7; 1001]].concat();
    fs::write(&path, &torn).unwrap();
    options.open(&path).unwrap().finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), torn);
    let mut appender = options.open(&path).unwrap();
    appender.push(&vec![3u16]).unwrap();
    appender.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), arr_npy::to_bytes(&vec![1u16, 2, 3]).unwrap());
    fs::write(&path, [&whole[..], &whole].concat()).unwrap();
    assert!(options.open(&path).unwrap_err().to_string().contains("another array"));
}

#[cfg(unix)]
#[test]
fn one_at_a_time_adds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    fs::write(&path, with_text("{'descr': '<u2', 'fortran_order': False, 'shape': (9,), }\n", &[0; 18]))
        .unwrap();
    let mut first = Appender::open(&path).unwrap();
    let refused = || Appender::open(&path).unwrap_err().to_string();
    assert!(refused().contains("another program"), "{}", refused());
    first.push(&vec![1u16]).unwrap();
    // The file is replaced by a copy: nobody else may add to that either.
    first.flush().unwrap();
    assert!(refused().contains("another program"), "{}", refused());
    first.finish().unwrap();
    arr_npy::append(&path, &vec![2u16]).unwrap();
    assert_eq!(arr_npy::read(&path).unwrap().shape(), [11]);
}

/// A file on a disk that has room for so many bytes.
struct Disk<'a> {
    file: &'a mut Cursor<Vec<u8>>,
    room: &'a AtomicU64,
}

impl Write for Disk<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.room.load(Ordering::Relaxed).saturating_sub(self.file.position());
        match bytes.len().min(usize::try_from(room).unwrap()) {
            0 => Err(io::ErrorKind::StorageFull.into()),
            len => self.file.write(&bytes[..len]),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Disk<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn a_full_disk_loses_no_row_that_was_counted() {
    let row = ndarray::Array1::<u32>::from_iter(0..1000);
    for room in [100, 128, 129, 4128, 10_000, 500_000] {
        let left = AtomicU64::new(room);
        let mut file = Cursor::new(Vec::new());
        let mut counted = 0;
        match Appender::to_writer(Disk { file: &mut file, room: &left }, DType::of::<u32>(), &[1000]) {
            Err(error) => assert_eq!((error.kind(), room < 128), (ErrorKind::Io, true)),
            Ok(mut appender) => {
                for _ in 0..200 {
                    match appender.push(&row).and_then(|()| appender.flush()) {
                        Ok(()) => counted += 1,
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Io);
                            break;
                        }
                    }
                }
                assert_eq!(counted, (room as usize - 128) / 4000);
                // With room again, what was pushed is written: nothing is lost, nothing stands there twice.
                left.store(1 << 30, Ordering::Relaxed);
                appender.finish().unwrap();
            }
        }
        if room >= 128 {
            let array = arr_npy::view(file.get_ref()).unwrap();
            assert_eq!(array.shape(), [counted + 1, 1000]);
            assert_eq!(file.get_ref().len(), 128 + 4000 * (counted + 1));
            let expected: Vec<u32> = (0..=counted).flat_map(|_| 0..1000).collect();
            assert_eq!(array.to_vec::<u32>().unwrap(), expected);
        }
    }
}

/// The rows that the child below adds at once to so many.
fn batch(rows: usize) -> usize {
    if rows % 11 == 3 { 20_000 + rows % 1000 } else { rows % 100 + 1 }
}

/// Adds batches until it is killed, or the file is large.
#[test]
#[ignore = "is started by the test below, which kills it"]
fn child_that_is_killed() {
    let Some(path) = std::env::var_os("ARR_APPEND_TO") else { return };
    let sync = std::env::var_os("ARR_APPEND_SYNC").is_some();
    let options = AppendOptions::new().overwrite_trailing(true);
    let options = if sync { options.sync() } else { options };
    loop {
        let mut appender = options.open(&path).unwrap();
        let (from, to) = (appender.len(), appender.len() + batch(appender.len()));
        if from > 200_000 {
            return;
        }
        let values: Vec<u64> = (3 * from as u64..3 * to as u64).collect();
        appender.push(&Array::from_vec(values, &[to - from, 3]).unwrap()).unwrap();
        appender.finish().unwrap();
    }
}

fn check_killed(path: &Path) -> usize {
    let array = arr_npy::read(path).unwrap();
    let rows = array.shape()[0];
    assert!(array.as_slice::<u64>().unwrap().iter().copied().eq(0..3 * rows as u64), "{rows}");
    // Whole batches only.
    let mut reached = 9;
    while reached < rows {
        reached += batch(reached);
    }
    assert_eq!(reached, rows);
    rows
}

/// Starts the child above and kills it after a while, so many times.
#[cfg(unix)]
#[test]
fn a_killed_process_leaves_the_file_as_before_or_as_after() {
    let kills: u64 = std::env::var("ARR_KILLS").map_or(60, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let data: Vec<u8> = (0..27u64).flat_map(u64::to_ne_bytes).collect();
    let descr = DType::of::<u64>();
    let (mut grown, mut torn) = (0, 0);
    for kill in 0..kills {
        // Every other file has a header without room: it is copied at its first batch.
        let room = if kill % 2 == 0 { "" } else { "    " };
        let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (9, 3), }}{room}\n");
        fs::write(&path, with_text(&text, &data)).unwrap();
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "child_that_is_killed", "--ignored"]).env("ARR_APPEND_TO", &path);
        if kill % 3 == 0 {
            child.env("ARR_APPEND_SYNC", "1");
        }
        let mut child = child.stdout(std::process::Stdio::null()).spawn().unwrap();
        let micros = kill.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        std::thread::sleep(std::time::Duration::from_micros(1000 + micros % 20_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let rows = check_killed(&path);
        let header = arr_npy::read_file_header(&path).unwrap();
        let len = header.data_offset() + header.data_len();
        (grown, torn) =
            (grown + usize::from(rows > 9), torn + usize::from(fs::metadata(&path).unwrap().len() > len));
        // Others can go on.
        let next: Vec<u64> = (3 * rows as u64..3 * rows as u64 + 3).collect();
        let mut appender = AppendOptions::new().overwrite_trailing(true).open(&path).unwrap();
        appender.push(&next).unwrap();
        appender.finish().unwrap();
        assert_eq!(arr_npy::read(&path).unwrap().to_vec::<u64>().unwrap().len(), 3 * rows + 3);
    }
    println!("{grown} of {kills} files had grown, {torn} had rows that were not counted");
    assert!(grown > 0, "every child was killed before it had added a row");
}
