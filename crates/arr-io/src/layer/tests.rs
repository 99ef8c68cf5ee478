#![cfg(all(feature = "bzip2", feature = "gzip", feature = "zip", feature = "xz", feature = "libzstd"))]

use std::io::{Cursor, Write};

use arr_core::{ErrorKind, Limits};
use proptest::prelude::*;

use super::*;

const WRITTEN: [Compression; 5] =
    [Compression::Gzip, Compression::Zlib, Compression::Bzip2, Compression::Xz, Compression::Zstd];

fn packed_at(compression: Compression, level: Option<u32>, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut packer = compression.writer(&mut out, level).unwrap();
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap();
    out
}

fn packed(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    packed_at(compression, None, bytes)
}

/// All that comes out of `bytes`, and the layers.
fn unpacked_under(limits: &Limits, bytes: &[u8]) -> Result<(Vec<u8>, Vec<Compression>)> {
    let (mut input, layers) = uncompressed(Input::from_bytes(bytes).with_limits(limits), |_| false)?;
    Ok((input.read_to_end()?, layers))
}

fn unpacked(bytes: &[u8]) -> Result<(Vec<u8>, Vec<Compression>)> {
    unpacked_under(&Limits::default(), bytes)
}

/// Bytes of which some are found again and some are not.
fn sample(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = |at: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if at.is_multiple_of(3) { 7 } else { state.to_be_bytes()[0] & 0x3F }
    };
    (0..len).map(&mut next).collect()
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let offset = u32::try_from(out.len()).unwrap();
        let len = u32::try_from(bytes.len()).unwrap();
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        for field in [crc.sum(), len, len] {
            common.extend(field.to_le_bytes());
        }
        common.extend([u8::try_from(name.len()).unwrap(), 0, 0, 0]);
        out.extend([b"PK\x03\x04", common.as_slice(), name.as_bytes(), bytes].concat());
        directory.extend(
            [b"PK\x01\x02\x14\0", common.as_slice(), &[0; 10], &offset.to_le_bytes(), name.as_bytes()]
                .concat(),
        );
    }
    let count = u8::try_from(members.len()).unwrap();
    let (size, start) = (u32::try_from(directory.len()).unwrap(), u32::try_from(out.len()).unwrap());
    out.extend(directory);
    out.extend(
        [
            b"PK\x05\x06\0\0\0\0",
            &[count, 0, count, 0][..],
            &size.to_le_bytes(),
            &start.to_le_bytes(),
            &[0, 0],
        ]
        .concat(),
    );
    out
}

#[test]
fn what_is_written_is_read() {
    for compression in WRITTEN {
        for len in [0, 1, 1000, 700_000] {
            let bytes = sample(len);
            let file = packed(compression, &bytes);
            assert_eq!(file, packed(compression, &bytes), "{compression} writes the same bytes again");
            let (found, layers) = unpacked(&file).unwrap();
            assert!(found == bytes && layers == [compression], "{compression}, {len} bytes");
        }
    }
}

#[test]
fn every_level_is_read() {
    let bytes = sample(3000);
    for compression in WRITTEN {
        let (levels, _) = compression.levels();
        for level in levels.clone() {
            assert_eq!(unpacked(&packed_at(compression, Some(level), &bytes)).unwrap().0, bytes);
        }
        let error = compression.writer(Vec::new(), Some(levels.end() + 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
    assert_eq!(
        Compression::Bzip2.writer(Vec::new(), Some(10)).unwrap_err().to_string(),
        "there is no level 10 of bzip2: it has 1 to 9"
    );
    assert_eq!(Compression::Zip.writer(Vec::new(), None).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn files_streams_and_slices_unpack_alike() {
    let bytes = sample(100_000);
    for compression in WRITTEN {
        let file = packed(compression, &bytes);
        let mut on_disk = tempfile::tempfile().unwrap();
        on_disk.write_all(&file).unwrap();
        std::io::Seek::rewind(&mut on_disk).unwrap();
        let inputs = [
            Input::from_file(on_disk).unwrap(),
            Input::from_reader(file.as_slice()),
            Input::from_seekable(Cursor::new(&file)).unwrap(),
        ];
        for input in inputs {
            let (mut input, _) = uncompressed(input, |_| false).unwrap();
            assert_eq!(input.read_to_end().unwrap(), bytes);
        }
    }
}

#[test]
fn members_follow_each_other() {
    let (one, two) = (sample(5000), sample(80));
    for compression in [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Zstd] {
        let empty = packed(compression, b"");
        let file = [packed(compression, &one), empty.clone(), packed(compression, &two), empty].concat();
        assert_eq!(unpacked(&file).unwrap().0, [one.as_slice(), &two].concat(), "{compression}");
    }
    // Frames to be skipped are not data, wherever they are.
    let skipped = b"\x5A\x2A\x4D\x18\x03\0\0\0abc";
    let data = packed(Compression::Zstd, &two);
    let file = [skipped.as_slice(), &data, skipped, b"\x50\x2A\x4D\x18\0\0\0\0"].concat();
    assert_eq!(unpacked(&file).unwrap().0, two);
    // Streams of xz may be padded to a multiple of four bytes.
    let file = [packed(Compression::Xz, &one), vec![0; 8], packed(Compression::Xz, &two)].concat();
    assert_eq!(unpacked(&file).unwrap().0, [one, two].concat());
}

#[test]
fn lzma_files_are_read() {
    let bytes = sample(10_000);
    for known in [false, true] {
        let options = lzma_rust2::LzmaOptions::with_preset(6);
        let size = known.then_some(bytes.len() as u64);
        let mut writer = lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &options, size).unwrap();
        writer.write_all(&bytes).unwrap();
        let mut file = writer.finish().unwrap();
        let (found, layers) = unpacked(&file).unwrap();
        assert!(found == bytes && layers == [Compression::Lzma]);
        for cut in [14, 500, file.len() - 7] {
            assert_eq!(unpacked(&file[..cut]).unwrap_err().kind(), ErrorKind::Malformed, "cut at {cut}");
        }
        file.extend(b"more");
        assert_eq!(unpacked(&file).unwrap_err().kind(), ErrorKind::Malformed);
    }
}

#[test]
fn layers_are_looked_through_and_counted() {
    let bytes = sample(3000);
    let mut file = bytes.clone();
    for compression in [Compression::Zstd, Compression::Zlib, Compression::Xz, Compression::Gzip] {
        file = packed(compression, &file);
    }
    let (found, layers) = unpacked(&file).unwrap();
    assert_eq!(found, bytes);
    assert_eq!(layers, [Compression::Gzip, Compression::Xz, Compression::Zlib, Compression::Zstd]);
    let error = unpacked(&packed(Compression::Bzip2, &file)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert_eq!(error.to_string(), "zstd: more than 4 layers of compression lie one in the other (at byte 0)");
}

#[test]
fn what_is_not_compressed_is_given_back() {
    let magic: &[&[u8]] = &[
        b"",
        b"\x1F",
        b"\x1F\x8B\x07\0",
        b"BZh9 is text",
        b"\x78\x9C and text",
        b"x\x01\x02\x03\x04\x05\x06",
        b"]\0\0\0\x01text and text",
    ];
    for bytes in magic {
        let (mut input, layers) = uncompressed(Input::from_bytes(bytes), |_| false).unwrap();
        assert_eq!((input.read_to_end().unwrap().as_slice(), layers.len()), (*bytes, 0));
    }
    // What a format claims is not zlib's, whatever its first two bytes.
    let file = packed(Compression::Zlib, b"abc");
    let (_, layers) = uncompressed(Input::from_bytes(&file), |head| head.starts_with(b"x")).unwrap();
    assert!(layers.is_empty());
}

#[test]
fn cut_data_is_malformed_wherever_it_is_cut() {
    let bytes = sample(2000);
    for compression in WRITTEN {
        let file = packed(compression, &bytes);
        // Of zlib, some bytes have to come out before it is seen to be zlib.
        let least = match compression {
            Compression::Zlib => 150,
            Compression::Bzip2 => 10,
            _ => 6,
        };
        for cut in least..file.len() {
            let error = unpacked(&file[..cut]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{compression} cut at {cut}: {error}");
            assert_eq!(error.format(), Some(compression.name()));
            assert!(error.offset().is_some_and(|at| at <= cut as u64), "{error}");
        }
    }
    let file = packed(Compression::Gzip, &bytes);
    assert_eq!(
        unpacked(&file[..100]).unwrap_err().to_string(),
        "gzip: the gzip data ends early: it is cut short (at byte 100)"
    );
}

#[test]
fn what_follows_is_an_error() {
    for compression in WRITTEN {
        let file = packed(compression, b"abc");
        for rest in [&b"garbage behind the data"[..], b"g", b"\0", b"\0g"] {
            if compression == Compression::Gzip && rest == b"\0" {
                continue;
            }
            let error = unpacked(&[&file, rest].concat()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{compression}: {error}");
        }
    }
    let mut file = packed(Compression::Gzip, b"abc");
    let end = file.len();
    file.extend(b"<html>");
    let expected = format!("gzip: something else follows the gzip data (at byte {end})");
    assert_eq!(unpacked(&file).unwrap_err().to_string(), expected);
}

/// As `gzip -d` and Python do.
#[test]
fn zeros_fill_up_gzip() {
    let member = packed(Compression::Gzip, b"abc");
    for zeros in [1, 9, 10, 511, 512, 1 << 20] {
        let padded = [member.as_slice(), &vec![0; zeros]].concat();
        assert_eq!(unpacked(&padded).unwrap().0, b"abc", "{zeros}");
        let mut input = uncompressed(Input::from_reader(padded.as_slice()), |_| false).unwrap().0;
        assert_eq!(input.read_to_end().unwrap(), b"abc", "{zeros}");
        assert_eq!(unpacked(&[padded.as_slice(), &member].concat()).unwrap().0, b"abcabc", "{zeros}");
        let error = unpacked(&[padded.as_slice(), b"x"].concat()).unwrap_err();
        assert_eq!(error.offset(), Some((member.len() + zeros) as u64), "{error}");
    }
}

#[test]
fn wrong_checksums_are_told_where_they_stand() {
    for compression in WRITTEN {
        let mut file = packed(compression, b"some bytes that are packed");
        let end = file.len();
        // Of xz it is the checksum of the index that stands in front of the footer of 12 bytes.
        let at = match compression {
            Compression::Gzip => end - 8,
            Compression::Xz => end - 13,
            _ => end - 2,
        };
        file[at] ^= 0x10;
        let error = unpacked(&file).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{compression}: {error}");
        assert!(error.offset().is_some_and(|found| found + 24 >= at as u64), "{compression}: {error} {at}");
        assert_eq!(error.format(), Some(compression.name()));
    }
}

#[test]
fn after_an_error_there_are_only_errors() {
    let mut file = packed(Compression::Gzip, &sample(1000));
    let crc = file.len() - 6;
    file[crc] ^= 1;
    let (mut input, _) = uncompressed(Input::from_bytes(&file), |_| false).unwrap();
    assert!(input.read_to_end().is_err());
    assert_eq!(input.read_to_end().unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn flipped_bits_are_seen_or_harmless() {
    let bytes = sample(600);
    for compression in WRITTEN {
        let file = packed(compression, &bytes);
        for at in 0..file.len() {
            for bit in [0, 3, 7] {
                let mut bad = file.clone();
                bad[at] ^= 1 << bit;
                // Some bits mean nothing (a time, an operating system); no other bytes come out than those put in.
                if let Ok((found, layers)) = unpacked(&bad) {
                    assert!(found == bytes || layers.is_empty(), "{compression}, byte {at}, bit {bit}");
                }
            }
        }
    }
}

/// Gibibytes of zeros, and what they are packed into.
fn bomb(compression: Compression, gibibytes: u32) -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut out = Vec::new();
    let (levels, _) = compression.levels();
    let mut packer = compression.writer(&mut out, Some(*levels.start())).unwrap();
    for _ in 0..gibibytes << 10 {
        packer.write_all(&zeros).unwrap();
    }
    packer.finish().unwrap();
    out
}

/// Reads on without keeping anything.
fn drain(bytes: &[u8]) -> Result<u64> {
    let (mut input, _) = uncompressed(Input::from_bytes(bytes), |_| false)?;
    let mut room = vec![0; 1 << 20];
    while input.fill(&mut room)? == room.len() {}
    Ok(input.position())
}

#[test]
fn bombs_are_stopped() {
    // The first gibibyte may have any ratio; 2 GiB are more than 200 times a few hundred KB.
    let file = bomb(Compression::Zstd, 2);
    let error = drain(&file).unwrap_err();
    assert_eq!((error.kind(), error.format()), (ErrorKind::LimitExceeded, Some("zstd")), "{error}");
    assert!(error.to_string().contains("exceed the maximal expansion ratio of 200"), "{error}");
    // Layers don't multiply what is allowed: what counts are the bytes of the file.
    let error = drain(&packed(Compression::Gzip, &file)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let error = drain(&packed(Compression::Xz, &packed(Compression::Bzip2, &file))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}

#[test]
fn limits_hold_for_what_comes_out() {
    let file = packed(Compression::Gzip, &[0; 10_000]);
    let error = unpacked_under(&Limits::default().max_bytes(5000), &file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let (input, _) =
        uncompressed(Input::from_bytes(&file).with_limits(&Limits::default().max_members(3)), |_| false)
            .unwrap();
    let mut input = input;
    assert_eq!(input.budget().limits().members(), 3);
}

#[test]
fn small_members_are_counted() {
    for (compression, allowed) in
        [(Compression::Gzip, 100), (Compression::Zstd, 100), (Compression::Bzip2, 6)]
    {
        let limits = Limits::default().max_members(100);
        let small = packed(compression, b"abc");
        assert_eq!(unpacked_under(&limits, &small.repeat(allowed)).unwrap().0, b"abc".repeat(allowed));
        let error = unpacked_under(&limits, &small.repeat(allowed + 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        let said = match compression {
            Compression::Bzip2 => "more than 6 small streams of bzip2, each of which counts as 16 members",
            _ => "more small members than the limit of 100 allows",
        };
        assert!(error.to_string().contains(said), "{error}");
        // Large ones may follow each other without end.
        let large = packed(compression, &[7; 4096]).repeat(allowed + 5);
        assert_eq!(unpacked_under(&limits, &large).unwrap().0.len(), 4096 * (allowed + 5));
    }
}

#[test]
fn what_is_zipped_may_expand_as_what_is_not() {
    let limits = Limits::default().max_expansion_ratio(1 << 40);
    let file = zipped(&[("zeros.zst", &bomb(Compression::Zstd, 2))]);
    let (mut input, layers) = uncompressed(Input::from_bytes(&file).with_limits(&limits), |_| false).unwrap();
    assert_eq!(layers, [Compression::Zip, Compression::Zstd]);
    input.skip(2 << 30, "zeros").unwrap();
    assert!(input.at_end().unwrap());
    assert_eq!(drain(&file).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn windows_beyond_the_limit_are_refused_before_memory_is_taken() {
    // A frame with a window of 2^41 bytes, one of 256 MiB, and one of a single segment of 2^40 bytes.
    for head in [
        &b"\x28\xB5\x2F\xFD\x00\xF8\x01\0\0"[..],
        b"\x28\xB5\x2F\xFD\x00\x90\x01\0\0",
        b"\x28\xB5\x2F\xFD\xE0\0\0\0\0\0\x01\0\0\x01\0\0",
    ] {
        let error = unpacked(head).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
        assert!(error.to_string().contains("exceeds the limit of 134217728 bytes"), "{error}");
    }
    // The dictionary of LZMA2 is a byte in the header of a block of xz, behind which stands a checksum.
    let mut file = packed(Compression::Xz, b"abc");
    let at = 12 + 4;
    assert_eq!(file[12..at], [2, 0, 0x21, 1]);
    file[at] = 39;
    let mut crc = flate2::Crc::new();
    crc.update(&file[12..20]);
    file.splice(20..24, crc.sum().to_le_bytes());
    let error = unpacked(&file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    let lzma = b"\x5D\0\0\0\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\0\0\0";
    assert_eq!(unpacked(lzma).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn zstd_says_what_it_needs_and_checks_what_it_says() {
    // A dictionary with the number 1.
    let error = unpacked(b"\x28\xB5\x2F\xFD\x01\x58\x01\x01\0\0").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    // Three bytes where five are promised: a single segment, a last raw block.
    let error = unpacked(b"\x28\xB5\x2F\xFD\x20\x05\x19\0\0abc").unwrap_err();
    assert_eq!(
        error.to_string(),
        "zstd: the zstd data is broken: a frame holds 3 bytes, expected 5 (at byte 12)"
    );
    assert_eq!(unpacked(b"\x28\xB5\x2F\xFD\x20\x03\x19\0\0abc").unwrap().0, b"abc");
    assert_eq!(unpacked(b"\x28\xB5\x2F\xFD\x20\0\x01\0\0").unwrap().0, b"");
}

#[test]
fn a_zip_of_one_file_is_looked_through() {
    let bytes = sample(3000);
    let files: [&[(&str, &[u8])]; 3] = [
        &[("table.csv", &bytes)],
        &[("folder/", b""), ("folder/x.nd4j", &bytes)],
        &[("x.bin", &bytes), ("__MACOSX/._x.bin", b"attributes")],
    ];
    for members in files {
        let file = zipped(members);
        let (found, layers) = unpacked(&file).unwrap();
        assert!(found == bytes && layers == [Compression::Zip]);
        let (mut input, _) = uncompressed(Input::from_reader(file.as_slice()), |_| false).unwrap();
        assert_eq!(input.read_to_end().unwrap(), bytes);
    }
    let inner = packed(Compression::Gzip, &bytes);
    let (found, layers) = unpacked(&zipped(&[("x.npy.gz", &inner)])).unwrap();
    assert!(found == bytes && layers == [Compression::Zip, Compression::Gzip]);
    // A checksum that is wrong.
    let mut file = zipped(&[("a.bin", &bytes)]);
    file[100] ^= 1;
    assert_eq!(unpacked(&file).unwrap_err().kind(), ErrorKind::Malformed);
}

#[test]
fn other_zips_are_given_back() {
    let npz = zipped(&[("a.npy", b"x")]);
    let two = zipped(&[("a.csv", b"x"), ("b.csv", b"x")]);
    let later = zipped(&[("folder/", b""), ("A.NPY", b"x")]);
    let none = zipped(&[]);
    let cut = &two[..two.len() - 5];
    for bytes in [npz.as_slice(), &two, &later, &none, cut, &two[..10], b"PK\x03\x04"] {
        for input in [Input::from_bytes(bytes), Input::from_reader(bytes)] {
            let (mut input, layers) = uncompressed(input, |_| false).unwrap();
            assert_eq!((input.read_to_end().unwrap().as_slice(), layers.len()), (bytes, 0));
        }
    }
}

#[test]
fn errors_of_the_source_are_its_own() {
    struct Fails(Cursor<Vec<u8>>);
    impl std::io::Read for Fails {
        fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(bytes)? {
                0 => Err(std::io::Error::other("cable cut")),
                got => Ok(got),
            }
        }
    }
    for compression in WRITTEN {
        let mut file = packed(compression, &sample(400_000));
        file.truncate(300_000.min(file.len() - 10));
        let input = Input::from_reader(Fails(Cursor::new(file)));
        let error =
            uncompressed(input, |_| false).and_then(|(mut input, _)| input.read_to_end()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.to_string().contains("cable cut"), "{error}");
    }
}

#[test]
fn extensions_ask_for_compression() {
    use std::path::Path;
    let of = |name: &str| {
        compression_of(Path::new(name)).map(|(found, inner)| (found, inner.display().to_string()))
    };
    assert_eq!(of("d/x.npy.gz"), Some((Compression::Gzip, "d/x.npy".into())));
    assert_eq!(of("x.csv.BZ2"), Some((Compression::Bzip2, "x.csv".into())));
    assert_eq!(of("x.npy.xz"), Some((Compression::Xz, "x.npy".into())));
    assert_eq!(of("x.npy.zst"), Some((Compression::Zstd, "x.npy".into())));
    assert_eq!(of("x.npy.zz"), Some((Compression::Zlib, "x.npy".into())));
    assert_eq!(of("x.npy.zlib"), Some((Compression::Zlib, "x.npy".into())));
    for other in ["x.npy", "x.npz", "x.zip", "gz", ".gz", "x.lzma", ""] {
        assert_eq!(of(other), None, "{other}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_never_panic(
        which in 0..WRITTEN.len(),
        size in 0usize..3000,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = packed(WRITTEN[which], &sample(size));
        for (at, byte) in &changes {
            *at.get_mut(&mut file) = *byte;
        }
        let end = cut.index(file.len() * 2).min(file.len());
        let limits = Limits::default().max_bytes(10 << 20);
        let _ = unpacked_under(&limits, &file[..end]);
    }

    #[test]
    fn marks_with_any_bytes_behind_never_panic(which in 0usize..8, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let marks: [&[u8]; 8] = [
            b"\x1F\x8B\x08\0", b"x\x9C", b"BZh91AY&SY", b"\xFD7zXZ\0\0\x04\xE6\xD6\xB4\x46", b"\x28\xB5\x2F\xFD\x24",
            b"\x28\xB5\x2F\xFD\x00\x58", b"PK\x03\x04", b"\x5D\0\0\x80\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0",
        ];
        let _ = unpacked_under(&Limits::default().max_bytes(10 << 20), &[marks[which], &bytes].concat());
    }
}
