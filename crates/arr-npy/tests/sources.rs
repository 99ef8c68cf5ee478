//! Files that are far away: how often a source is asked, and for how many bytes, through every door.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![cfg(feature = "npz")]

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use arr_conformance::far::Far;
use arr_core::format::{Positioned, ReadAt};
use arr_core::{Array, DType, Element, Error, ErrorKind, Input, Limits, Order, Slice};
use arr_npy::{Header, Npz, ReadOptions};

/// A header of NumPy's usual length.
const HEADER: u64 = 128;

/// What is read for the sake of a few bytes.
const LEAST: u64 = 4096;

fn header<T: Element>(shape: &[usize], order: Order) -> Vec<u8> {
    Header::new(DType::of::<T>(), shape, order).unwrap().to_bytes(None).unwrap()
}

/// A million rows of 64 floats, each row of its own number: 256 MB that are made when they are asked for.
fn table(order: Order) -> Far<'static> {
    let head = header::<f32>(&[1_000_000, 64], order);
    Far::new(HEADER + 256_000_000, move |offset, bytes| {
        for (at, byte) in (offset..).zip(bytes) {
            *byte = match at.checked_sub(HEADER) {
                None => head[usize::try_from(at).unwrap()],
                Some(at) => {
                    let row = if order == Order::C { at / 256 } else { at / 4 % 1_000_000 };
                    let row = f32::from(u16::try_from(row / 1000).unwrap()) * 1000.0
                        + f32::from(u16::try_from(row % 1000).unwrap());
                    row.to_le_bytes()[usize::try_from(at % 4).unwrap()]
                }
            };
        }
        Ok(())
    })
}

/// Where rows of the table are.
fn rows(rows: Range<u64>) -> Range<u64> {
    HEADER + rows.start * 256..HEADER + rows.end * 256
}

fn slice(text: &str) -> Slice {
    text.parse().unwrap()
}

/// One member of 16 bytes between two of half a gibibyte.
fn archive() -> Far<'static> {
    let values = [1.5f64, 2.5].map(f64::to_le_bytes).concat();
    let small = [header::<f64>(&[2], Order::C), values].concat();
    let large = header::<u8>(&[(1 << 29) - 128], Order::C);
    let len = small.len() as u64;
    Far::archive(&[("before.npy", large.clone(), 1 << 29), ("w.npy", small, len), ("z.npy", large, 1 << 29)])
}

/// What is asked for, by the name of a door.
fn check(door: &str, far: &Far<'_>, expected: (usize, u64)) {
    let (requests, bytes) = far.counts();
    println!("{door:<60} {requests:>3} requests {bytes:>9} bytes");
    assert_eq!((requests, bytes), expected, "{door}");
}

#[test]
fn rows_of_256_mb_are_two_requests() {
    let far = table(Order::C);
    let (options, wanted) = (ReadOptions::new(), slice("500000:500005"));
    let right = |array: &Array| {
        assert_eq!((array.shape(), array.get::<f32>(&[4, 63]).unwrap()), (&[5, 64][..], 500_004.0));
    };
    let mut input = Input::from_source(&far).unwrap();
    right(&options.read_part_input(&mut input, &wanted).unwrap());
    check("rows 500000 to 500004 of a .npy of 256 MB", &far, (2, LEAST + 1280));

    let input = Input::from_source(&far).unwrap();
    assert_eq!(options.part_ranges(&input, &wanted).unwrap(), [rows(500_000..500_005)]);
    check("the ranges of these rows, as a list", &far, (1, LEAST));
    let mut input = input;
    right(&options.read_part_input(&mut input, &wanted).unwrap());
    assert_eq!(far.asked(), [[rows(500_000..500_005)]]);

    let swapped = ReadOptions::new().byte_order(arr_core::ByteOrder::Big);
    right(&swapped.read_part_input(&mut Input::from_source(&far).unwrap(), &wanted).unwrap());
    check("these rows in the other byte order", &far, (2, LEAST + 1280));

    let mut blocks = options.blocks_of(Input::from_source(&far).unwrap()).unwrap().rows(100_000);
    assert_eq!(blocks.nth(1).unwrap().unwrap().get::<f32>(&[5, 0]).unwrap(), 100_005.0);
    check("two blocks of 100,000 rows", &far, (3, LEAST + 2 * 25_600_000));

    let mut first = Vec::new();
    for block in options.blocks_of(Input::from_source(&far).unwrap()).unwrap().rows(5).take(3) {
        first.push(block.unwrap().get::<f32>(&[0, 0]).unwrap());
    }
    assert_eq!(first, [0.0, 5.0, 10.0]);
    check("three blocks of 5 rows, which come with the header", &far, (1, LEAST));

    let far = table(Order::F);
    let mut input = Input::from_source(&far).unwrap();
    right(&options.read_part_input(&mut input, &wanted).unwrap());
    // A run of each column, all of them at the same time.
    let asked = far.asked();
    assert_eq!((asked.len(), asked[1].len()), (2, 64));
    assert!(asked[1].iter().all(|range| range.end - range.start == 20));
}

#[test]
fn ranges_are_joined_by_the_gap() {
    let far = table(Order::C);
    // Rows that are 25,344 bytes apart.
    let wanted = slice("500000:500400:100");
    let each = [500_000, 500_100, 500_200, 500_300].map(|row| rows(row..row + 1));
    let together = rows(500_000..500_301);
    let read = |options: ReadOptions, far: &Far<'_>| {
        let mut input = Input::from_source(far).unwrap();
        let ranges = options.part_ranges(&input, &wanted).unwrap();
        far.asked();
        let array = options.read_part_input(&mut input, &wanted).unwrap();
        let last = array.get::<f32>(&[3, 0]).unwrap();
        assert_eq!((array.shape(), last), (&[4, 64][..], 500_300.0));
        let asked = far.asked();
        assert_eq!(asked.len(), 1, "all at the same time");
        assert_eq!(asked[0], ranges, "what was listed is read");
        ranges
    };
    assert_eq!(read(ReadOptions::new(), &far), std::slice::from_ref(&together));
    assert_eq!(read(ReadOptions::new().gap(25_343), &far), each);
    assert_eq!(read(ReadOptions::new().gap(25_344), &far), std::slice::from_ref(&together));
    // The source says what suits it, and is overruled.
    let cheap = table(Order::C).gap(20_000);
    assert_eq!(read(ReadOptions::new(), &cheap), each);
    assert_eq!(read(ReadOptions::new().gap(1 << 40), &cheap), [together]);
    // What is far apart stays apart, and is asked for in some calls.
    let options = ReadOptions::new().gap(1000);
    let mut input = Input::from_source(&far).unwrap();
    let array = options.read_part_input(&mut input, slice("::1000, 3")).unwrap();
    assert_eq!(array.get::<f32>(&[999]).unwrap(), 999_000.0);
    let counts: Vec<usize> = far.asked().iter().map(Vec::len).collect();
    // The header, with which the first one came.
    assert_eq!(counts, [1, 255, 256, 256, 232]);
}

#[test]
fn a_member_of_a_gibibyte_is_two_requests() {
    let far = archive();
    assert!(far.size().unwrap() > 1 << 30);
    let source = || Positioned::borrowed(&far).unwrap();
    let open = || Npz::from_source(source(), &Limits::default()).unwrap();
    let npz = open();
    check("the directory of a .npz of 1 GiB", &far, (1, LEAST));
    assert_eq!(npz.get("w").unwrap().to_vec::<f64>().unwrap(), [1.5, 2.5]);
    check("one member of 16 bytes, when it is open", &far, (1, LEAST));
    assert_eq!((npz.header("w").unwrap().shape(), npz.get("w").is_ok()), (&[2][..], true));
    check("its header, and the member again", &far, (0, 0));

    let npz = Npz::from_input(&mut Input::from_source(&far).unwrap()).unwrap();
    assert_eq!(npz.get("w").unwrap().to_vec::<f64>().unwrap(), [1.5, 2.5]);
    check("one member of a .npz of 1 GiB, as an input", &far, (2, 2 * LEAST));

    let npz = open();
    assert_eq!(npz.member("w").unwrap().read_bytes().unwrap().len(), 144);
    check("the bytes of this member", &far, (2, 2 * LEAST));
    let mut bytes = Vec::new();
    open().member("w").unwrap().reader().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len(), 144);
    check("the same as a stream", &far, (2, 2 * LEAST));
    open().member("w").unwrap().check().unwrap();
    check("the same checked", &far, (2, 2 * LEAST));

    assert_eq!(open().header("z").unwrap().shape(), [(1 << 29) - 128]);
    check("the header of a member of half a gibibyte", &far, (2, 2 * LEAST));
    let npz = open();
    let mut input = npz.member("z").unwrap().seekable_input().unwrap().unwrap();
    let ranges = ReadOptions::new().part_ranges(&input, slice("400000000:400001000")).unwrap();
    let part = ReadOptions::new().read_part_input(&mut input, slice("400000000:400001000")).unwrap();
    assert_eq!((part.shape(), ranges[0].end - ranges[0].start), (&[1000][..], 1000));
    assert_eq!(far.asked()[2], ranges);
    let mut input = npz.member("z").unwrap().seekable_input().unwrap().unwrap();
    ReadOptions::new().read_part_input(&mut input, slice("0:100000000:50000000")).unwrap();
    check("two items of it that are far apart", &far, (1, 1));
}

#[test]
fn large_members_come_in_large_pieces() {
    let bytes = saved();
    // Of two pieces and a bit, the bit came with the directory, which follows.
    for (gap, pieces, len) in [(1 << 16, 2, 2 << 20), (1 << 20, 1, HEADER + (2 << 20))] {
        let far = Far::of(&bytes).gap(gap);
        let npz = Npz::from_source(Positioned::borrowed(&far).unwrap(), &Limits::default()).unwrap();
        assert_eq!(npz.get("z").unwrap().to_vec::<u8>().unwrap(), vec![7; 2 << 20]);
        // Besides the directory and the header.
        check("a member of 2 MiB", &far, (2 + pieces, 2 * LEAST + len));
    }
}

/// A reader that counts how often it is read, and how much.
struct Counted<'a, R>(R, &'a AtomicUsize, &'a AtomicUsize);

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let got = self.0.read(bytes)?;
        self.1.fetch_add(1, Ordering::Relaxed);
        self.2.fetch_add(got, Ordering::Relaxed);
        Ok(got)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

/// The bytes of an archive whose middle member is small.
fn saved() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = arr_npy::NpzOptions::new().write_to(&mut bytes);
    writer.add("before", &vec![7u8; 2 << 20]).unwrap();
    writer.add("w", &[1.5f64, 2.5]).unwrap();
    writer.add("z", &vec![7u8; 2 << 20]).unwrap();
    writer.finish().unwrap();
    bytes
}

#[test]
fn readers_that_can_go_back_are_read_as_little() {
    let bytes = saved();
    let (reads, read) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let counts = || (reads.swap(0, Ordering::Relaxed), read.swap(0, Ordering::Relaxed));
    let reader = || Counted(Cursor::new(&bytes), &reads, &read);
    let member = |npz: &Npz<'_>| assert_eq!(npz.get("w").unwrap().to_vec::<f64>().unwrap(), [1.5, 2.5]);

    let npz = Npz::from_source(Positioned::from_seekable(reader()).unwrap(), &Limits::default()).unwrap();
    member(&npz);
    let found = counts();
    println!(
        "one member of 16 bytes of a .npz of 4 MB, by Read + Seek: {} reads, {} bytes",
        found.0, found.1
    );
    assert_eq!(found, (2, 8192));
    member(&Npz::from_input(&mut Input::from_seekable(reader()).unwrap()).unwrap());
    assert_eq!(counts(), (2, 8192));

    let npy = arr_npy::to_bytes(&vec![3i64; 1 << 19]).unwrap();
    let mut reader = Counted(Cursor::new(&npy), &reads, &read);
    let part = ReadOptions::new().read_part_from(&mut reader, slice("300000:300010")).unwrap();
    assert_eq!(
        (part.to_vec::<i64>().unwrap(), reader.stream_position().unwrap()),
        (vec![3; 10], npy.len() as u64)
    );
    assert_eq!(counts(), (2, 4096 + 80));
}

#[test]
fn members_one_after_another_come_together() {
    let members: Vec<_> = (0..200).map(|number| (format!("m{number}"), vec![number; 100])).collect();
    let mut bytes = Vec::new();
    let mut writer = arr_npy::NpzOptions::new().write_to(&mut bytes);
    members.iter().for_each(|(name, values)| writer.add(name, values).unwrap());
    writer.finish().unwrap();
    let far = Far::of(&bytes);
    let npz = Npz::from_source(Positioned::borrowed(&far).unwrap(), &Limits::default()).unwrap();
    for (name, values) in &members {
        assert_eq!(npz.get(name).unwrap().to_vec::<i32>().unwrap(), *values);
    }
    let (requests, read) = far.counts();
    println!("all 200 members of a .npz of {} bytes: {requests} requests, {read} bytes", bytes.len());
    assert!(requests <= 5 && read < 2 * bytes.len() as u64, "{requests} {read}");
}

/// All doors, each of which gives the right array or an error.
fn doors(far: &Far<'_>, is_archive: bool) -> Vec<Result<(), Error>> {
    let input = || Input::from_source(far);
    let is = |array: Array, expected: &[f64]| assert_eq!(array.to_vec::<f64>().unwrap(), expected);
    if is_archive {
        let npz = || Npz::from_source(Positioned::borrowed(far)?, &Limits::default());
        let salvaged = || Npz::salvage(Positioned::borrowed(far)?, &Limits::default());
        return vec![
            npz().and_then(|npz| npz.get("w")).map(|array| is(array, &[1.5, 2.5])),
            npz().and_then(|npz| npz.header("w").map(drop)),
            npz().and_then(|npz| npz.read_all().map(drop)),
            npz().and_then(|npz| npz.check().map(drop)),
            npz().and_then(|npz| {
                let input = npz.member("w")?.seekable_input()?;
                let mut input = input.ok_or_else(|| Error::invalid("packed"))?;
                ReadOptions::new().read_part_input(&mut input, slice("1:")).map(|array| is(array, &[2.5]))
            }),
            salvaged().and_then(|npz| npz.get("w")).map(|array| is(array, &[1.5, 2.5])),
        ];
    }
    let options = ReadOptions::new();
    let columns = |array: Array| assert_eq!(array.to_vec::<f64>().unwrap().len() % 30, 0);
    vec![
        input().and_then(|mut input| options.read_input(&mut input)).map(columns),
        input().and_then(|mut input| options.read_part_input(&mut input, slice(":, 1"))).map(columns),
        input()
            .and_then(|mut input| options.clone().gap(8).read_part_input(&mut input, slice(":, ::9")))
            .map(columns),
        input().and_then(|input| options.part_ranges(&input, slice(":, 1"))).map(drop),
        input().and_then(|input| options.blocks_of(input)?.rows(7).try_for_each(|block| block.map(drop))),
        input().and_then(|mut input| options.clone().order(Order::F).read_input(&mut input)).map(columns),
    ]
}

#[test]
fn hostile_sources_give_errors() {
    let mut packed = Vec::new();
    let mut writer = arr_npy::NpzOptions::new().level(6).write_to(&mut packed);
    writer.add("w", &[1.5f64, 2.5]).unwrap();
    writer.finish().unwrap();
    let mut stored = Vec::new();
    let mut writer = arr_npy::NpzOptions::new().write_to(&mut stored);
    writer.add("a", &[7u8; 900]).unwrap();
    writer.add("w", &[1.5f64, 2.5]).unwrap();
    writer.finish().unwrap();
    let table = Array::from_vec((0..1500).map(f64::from).collect(), &[30, 50]).unwrap();
    let npy = arr_npy::to_bytes(&table).unwrap();
    let is_ok = |results: &[Result<(), Error>]| results.iter().all(Result::is_ok);
    for (bytes, is_archive) in [(&stored, true), (&packed, true), (&npy, false)] {
        let len = bytes.len() as u64;
        // Short reads are no harm.
        for most in [1, 7, 1000] {
            let found = doors(&Far::of(bytes).at_most(most), is_archive);
            let may_fail = is_archive && bytes == &packed;
            assert!(
                may_fail && found.iter().filter(|door| door.is_err()).count() == 1 || is_ok(&found),
                "{found:?}"
            );
        }
        for at in (0..len).step_by(13).chain([len - 1]) {
            // It ends before it said, or has said too little.
            let end = usize::try_from(at).unwrap();
            let ends = |claimed: u64, end: usize| {
                Far::new(claimed, move |offset, target| {
                    let there = bytes[..end].read_at(target, offset)?;
                    if there < target.len() {
                        Err(Error::io("can't read", std::io::Error::other("torn")))
                    } else {
                        Ok(())
                    }
                })
            };
            let found = doors(&ends(len, end), is_archive);
            assert!(!is_ok(&found), "{at}");
            doors(&ends(at, bytes.len()), is_archive);
            // It says that it is much longer.
            for claimed in [len + at + 1, len << 30, u64::MAX] {
                doors(&ends(claimed, bytes.len()), is_archive);
            }
            // It ends without an error.
            let silent = Silent(&bytes[..end], len);
            assert!(
                Npz::from_source(Positioned::borrowed(&silent).unwrap(), &Limits::default())
                    .and_then(|npz| npz.check())
                    .map_or(true, |faults| !faults.is_empty())
            );
            let whole =
                Input::from_source(&silent).and_then(|mut input| ReadOptions::new().read_input(&mut input));
            assert!(whole.is_err());
            let part = Input::from_source(&silent)
                .and_then(|mut input| ReadOptions::new().gap(1).read_part_input(&mut input, slice(":, 49")));
            assert!(part.is_err());
        }
    }
    // The offset of an error in one of several ranges counts as the other offsets of the input do.
    let torn = Far::new(npy.len() as u64, |offset, target| match offset {
        5000.. => Err(Error::io("can't read", std::io::Error::other("torn")).at(offset)),
        _ => npy[..].read_at(target, offset).map(drop),
    });
    let part =
        ReadOptions::new().gap(1).read_part_input(&mut Input::from_source(&torn).unwrap(), slice(":, 49"));
    let error = part.unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Io, Some(128 + 49 * 8 + 12 * 400)));
}

/// A source that says more than it has.
#[derive(Debug)]
struct Silent<'a>(&'a [u8], u64);

impl ReadAt for Silent<'_> {
    fn size(&self) -> Result<u64, Error> {
        Ok(self.1)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize, Error> {
        self.0.read_at(bytes, offset)
    }
}

#[test]
fn limits_hold_before_anything_is_fetched() {
    let far = table(Order::C);
    let limits = Limits::default().max_bytes(1 << 20);
    let options = ReadOptions::new().limits(limits.clone());
    let input = || Input::from_source(&far).unwrap().with_limits(&limits);
    let kind = |error: Error| error.kind();
    assert_eq!(options.read_input(&mut input()).map_err(kind).err(), Some(ErrorKind::LimitExceeded));
    let part = options.read_part_input(&mut input(), slice("::2"));
    assert_eq!(part.map_err(kind).err(), Some(ErrorKind::LimitExceeded));
    check("what is refused", &far, (2, 2 * LEAST));
    // What lies between items takes no more memory than the limit.
    let part = options.read_part_input(&mut input(), slice("0:20000:100, 0")).unwrap();
    assert_eq!(part.len(), 200);
    let most = far.asked().iter().flatten().map(|range| range.end - range.start).max();
    assert!(most <= Some(1 << 20), "{most:?}");

    let far = archive();
    let npz = Npz::from_source(Positioned::borrowed(&far).unwrap(), &limits).unwrap();
    assert_eq!(npz.get("z").map_err(kind).err(), Some(ErrorKind::LimitExceeded));
    assert_eq!(npz.get("w").unwrap().len(), 2);
    check("a member of half a gibibyte that is refused", &far, (3, 3 * LEAST));
    let few = Limits::default().max_members(2);
    let refused = Npz::from_source(Positioned::borrowed(&far).unwrap(), &few);
    assert_eq!(refused.map_err(kind).err(), Some(ErrorKind::LimitExceeded));
}
