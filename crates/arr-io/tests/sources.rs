//! Files that are far away, of whichever format: how often a source is asked, and for how many bytes.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![cfg(feature = "npz")]

use arr_conformance::far::Far;
use arr_io::format::{ReadAt as _, Reading};
use arr_io::npy::Header;
use arr_io::{Array, DType, Element, Error, ErrorKind, Input, Limits, OpenOptions, Order, Slice};

/// What is read for the sake of a few bytes.
const LEAST: u64 = 4096;

fn header<T: Element>(shape: &[usize]) -> Vec<u8> {
    Header::new(DType::of::<T>(), shape, Order::C).unwrap().to_bytes(None).unwrap()
}

/// One member of 16 bytes between two of half a gibibyte.
fn archive() -> Far<'static> {
    let values = [1.5f64, 2.5].map(f64::to_le_bytes).concat();
    let small = [header::<f64>(&[2]), values].concat();
    let large = header::<u8>(&[(1 << 29) - 128]);
    let len = small.len() as u64;
    Far::archive(&[("before.npy", large.clone(), 1 << 29), ("w.npy", small, len), ("z.npy", large, 1 << 29)])
}

/// A million rows of 64 floats, all zero.
fn table() -> Far<'static> {
    let head = header::<f32>(&[1_000_000, 64]);
    Far::sparse(head.len() as u64 + 256_000_000, vec![(0, head)])
}

fn slice(text: &str) -> Slice {
    text.parse().unwrap()
}

fn check(door: &str, far: &Far<'_>, expected: (usize, u64)) {
    let (requests, bytes) = far.counts();
    println!("{door:<60} {requests:>3} requests {bytes:>9} bytes");
    assert_eq!((requests, bytes), expected, "{door}");
}

#[test]
fn a_member_of_a_gibibyte_is_found_and_read() {
    let far = archive();
    assert!(far.size().unwrap() > 1 << 30);
    let input = || Input::from_source(&far).unwrap();
    let is_it = |array: &Array| assert_eq!(array.to_vec::<f64>().unwrap(), [1.5, 2.5]);
    let options = OpenOptions::new().member("w");
    is_it(&options.read(&mut input()).unwrap());
    // What the file is, its directory, and the member.
    check("one member of 16 bytes of a .npz of 1 GiB", &far, (3, 3 * LEAST));
    is_it(&options.clone().format("npz").read(&mut input()).unwrap());
    check("the same, of a format that is named", &far, (3, 3 * LEAST));

    let mut parts = OpenOptions::new().parts_of(input(), None).unwrap();
    check("the archive opened", &far, (2, 2 * LEAST));
    let mut found = Vec::new();
    while let Some(part) = parts.next_part().unwrap() {
        found.push(part);
    }
    check("its members listed", &far, (0, 0));
    is_it(&parts.read(&found[1]).unwrap().into_array().unwrap());
    check("the small one read", &far, (1, LEAST));
    let wanted = slice("400000000:400001000");
    let ranges = parts.ranges(&found[2], &wanted).unwrap();
    // Its header came with the small one, which it follows.
    check("the ranges of a slice of the large one behind it", &far, (0, 0));
    let part = parts.read_slice(&found[2], &wanted).unwrap().into_array().unwrap();
    assert_eq!((part.shape(), far.asked()), (&[1000][..], vec![ranges]));
    drop(parts);

    let info = OpenOptions::new().info_of(input(), None).unwrap();
    assert_eq!(info.members.len(), 3);
    assert!(info.members.iter().all(|member| member.array.is_some()));
    // The first member begins with the file, and the last one behind the small one.
    check("all members described", &far, (3, 3 * LEAST));
    let only = OpenOptions::new().member("z").info_of(input(), None).unwrap();
    assert_eq!(only.members.len(), 1);
    check("one member described", &far, (3, 3 * LEAST));
}

#[test]
fn rows_of_256_mb_are_two_requests() {
    let far = table();
    let input = || Input::from_source(&far).unwrap();
    let mut parts = OpenOptions::new().parts_of(input(), None).unwrap();
    let part = parts.only().unwrap();
    let wanted = slice("500000:500005");
    let ranges = parts.ranges(&part, &wanted).unwrap();
    let rows = parts.read_slice(&part, &wanted).unwrap().into_array().unwrap();
    assert_eq!(rows.shape(), [5, 64]);
    assert!(ranges.iter().eq([&(128 + 500_000 * 256..128 + 500_005 * 256)]), "{ranges:?}");
    check("rows 500000 to 500004 of a .npy of 256 MB", &far, (2, LEAST + 1280));
    let mut blocks = parts.blocks(&part, None).unwrap();
    assert_eq!(blocks.next_block().unwrap().unwrap().array.nbytes(), 16 << 20);
    check("a block of it", &far, (1, 16 << 20));
    drop(blocks);
    assert_eq!(OpenOptions::new().info_of(input(), None).unwrap().arrays[0].shape, [1_000_000, 64]);
    check("what it is", &far, (1, LEAST));

    let how = |gap: u64| OpenOptions::new().reading(Reading::new().gap(gap)).parts_of(input(), None).unwrap();
    let apart = slice("0:1000:100, 0");
    // Of ten that are apart, the first came with the header.
    for (gap, count, requests) in [(25_000, 10, 9), (26_000, 1, 1)] {
        let mut parts = how(gap);
        let part = parts.only().unwrap();
        assert_eq!(parts.ranges(&part, &apart).unwrap().len(), count);
        let mut parts = OpenOptions::new().gap(gap).parts_of(input(), None).unwrap();
        let part = parts.only().unwrap();
        far.asked();
        assert_eq!(parts.read_slice(&part, &apart).unwrap().into_array().unwrap().shape(), [10]);
        assert_eq!(far.counts().0, requests);
    }
}

#[test]
fn small_files_are_one_request() {
    let table = Array::from_vec((0..100).map(f64::from).collect(), &[10, 10]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["x.npy", "x.npz", "x.nd4j", "x.json", "x.pkl"] {
        let path = folder.path().join(name);
        arr_io::save(&path, &table).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let far = Far::of(&bytes);
        let array = OpenOptions::new().read(&mut Input::from_source(&far).unwrap()).unwrap();
        assert_eq!(array.to_vec::<f64>().unwrap(), table.to_vec::<f64>().unwrap());
        check(name, &far, (1, bytes.len() as u64));
    }
}

#[test]
fn sources_that_fail_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let table = Array::from_vec((0..3000).map(f64::from).collect(), &[300, 10]).unwrap();
    let from = folder.path().join("from.npy");
    arr_io::npy::save(&from, &table).unwrap();
    for name in ["x.npy", "x.npz", "x.nd4j", "x.json", "x.pkl", "x.npy.gz", "x.t7"] {
        let path = folder.path().join(name);
        arr_io::convert(&from, &path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(bytes.len() / 50 + 1) {
            let torn =
                Far::new(bytes.len() as u64, |offset, target| match bytes[..at].read_at(target, offset)? {
                    got if got < target.len() => Err(Error::io("can't read", std::io::Error::other("torn"))),
                    _ => Ok(()),
                });
            let read = OpenOptions::new().read(&mut Input::from_source(&torn).unwrap());
            assert!(read.is_err(), "{name} {at}");
            let parts = OpenOptions::new().parts_of(Input::from_source(&torn).unwrap(), None);
            let _ = parts.and_then(|mut parts| {
                let part = parts.only()?;
                parts.read_slice(&part, &slice("7"))
            });
        }
    }
}

#[test]
fn what_is_compressed_has_no_ranges() {
    let table = Array::from_vec((0..3000).map(f64::from).collect(), &[300, 10]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    arr_io::save(&path, &table).unwrap();
    let packed = folder.path().join("x.npy.gz");
    arr_io::convert(&path, &packed).unwrap();
    let bytes = std::fs::read(&packed).unwrap();
    let mut parts =
        OpenOptions::new().keep().parts_of(Input::from_source(&bytes[..]).unwrap(), None).unwrap();
    let part = parts.only().unwrap();
    assert_eq!(parts.ranges(&part, &slice("7")).unwrap_err().kind(), ErrorKind::Unsupported);
    // A member that is compressed is fetched as a whole.
    let mut bytes = Vec::new();
    let mut writer = arr_io::npy::NpzOptions::new().level(6).write_to(&mut bytes);
    writer.add("w", &table).unwrap();
    writer.finish().unwrap();
    let far = Far::of(&bytes);
    let limits = Limits::default();
    let options = OpenOptions::new().member("w").limits(limits);
    let mut parts = options.parts_of(Input::from_source(&far).unwrap(), None).unwrap();
    let part = parts.only().unwrap();
    let ranges = parts.ranges(&part, &slice("7")).unwrap();
    let member = part.member.as_ref().unwrap();
    assert_eq!((ranges.len(), ranges[0].end - ranges[0].start), (1, member.packed_len));
    let row = parts.read_slice(&part, &slice("7")).unwrap().into_array().unwrap();
    assert_eq!(row.to_vec::<f64>().unwrap()[0], 70.0);
}
