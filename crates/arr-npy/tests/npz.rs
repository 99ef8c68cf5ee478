//! Archives that we write: read again, mapped, added to, and left whole by whatever goes wrong.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a failed assumption is a failed test"
)]

use std::path::Path;

use arr_conformance::own_file;
use arr_core::format::{Outline, Positioned};
use arr_core::{Array, Buffer, BufferMut, ByteOrder, DType, ErrorKind, Limits, Order, Scalar};
use arr_npy::npz::Method;
use arr_npy::{Npz, NpzEditor, NpzOptions, NpzWriter, WriteOptions, append_npz, save_npz};
use proptest::prelude::*;

fn values(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    // Smooth here, noise there: some segments pack well and others not at all.
    (0..count)
        .map(|at| match at / 50_000 % 3 {
            0 => (at as f32 * 1e-4).sin(),
            1 => f32::from_bits(next() & 0x7F7F_FFFF),
            _ => 0.0,
        })
        .collect()
}

fn names(npz: &Npz<'_>) -> Vec<String> {
    npz.names().map(str::to_owned).collect()
}

/// Every way of reading a member agrees with its bits.
fn check(path: &Path, name: &str, expected: &[f32]) {
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    let npz = Npz::open(path).unwrap();
    assert!(bits(&npz.get(name).unwrap().to_vec().unwrap()) == bits(expected));
    let memory = Buffer::from_vec(std::fs::read(path).unwrap());
    let memory = Npz::from_buffer(memory, &Limits::default()).unwrap();
    assert!(bits(&memory.get(name).unwrap().to_vec().unwrap()) == bits(expected));
    let mut streamed = Vec::new();
    std::io::Read::read_to_end(&mut npz.member(name).unwrap().reader().unwrap(), &mut streamed).unwrap();
    assert!(bits(&arr_npy::view(&streamed).unwrap().to_vec().unwrap()) == bits(expected));
    if npz.member(name).unwrap().method() == Method::Stored {
        let mapped = own_file!(npz.map(name)).unwrap();
        assert!(expected.is_empty() || mapped.as_slice::<f32>().unwrap().as_ptr().align_offset(64) == 0);
        assert!(bits(mapped.as_slice().unwrap()) == bits(expected));
    }
    assert!(npz.check().unwrap().is_empty());
}

#[test]
#[ignore = "takes long: it deflates many megabytes at every level"]
fn every_size_and_level_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    // Around the sizes of segments, of gathered writes and of what is read ahead.
    for count in [0, 1, 100, 16_000, 16_353, 16_384, 262_111, 262_112, 262_113, 600_000, 1_500_000] {
        for level in [0, 1, 6, 9] {
            let (data, small) = (values(count, count as u32), values(10, 7));
            let members = [("before", &small), ("x", &data), ("after", &small)];
            NpzOptions::new().level(level).save(&path, members).unwrap();
            check(&path, "x", &data);
            check(&path, "after", &small);
            let mut stream = Vec::new();
            let mut writer = NpzOptions::new().level(level).write_to(&mut stream);
            writer.add("before", &small).unwrap();
            writer.add("x", &data).unwrap();
            writer.finish().unwrap();
            std::fs::write(&path, stream).unwrap();
            check(&path, "x", &data);
        }
    }
}

#[test]
fn deflated_data_is_smaller_and_its_segments_are_one_stream() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let data: Vec<f32> = (0..2_000_000).map(|at| (at as f32 * 1e-5).sin()).collect();
    NpzOptions::new().level(6).save(&path, [("x", &data)]).unwrap();
    let npz = Npz::open(&path).unwrap();
    let member = npz.member("x").unwrap();
    assert!(member.compressed_size() < member.size() * 9 / 10);
    // Whoever knows nothing of segments inflates it in one go.
    let bytes = std::fs::read(&path).unwrap();
    let start = 30 + "x.npy".len();
    let packed = &bytes[start..start + member.compressed_size() as usize];
    let mut whole = vec![0; member.size() as usize];
    let mut inflate = zlib_rs::Inflate::new(false, 15);
    let status = inflate.decompress(packed, &mut whole, zlib_rs::InflateFlush::Finish).unwrap();
    assert_eq!((status, inflate.total_out()), (zlib_rs::Status::StreamEnd, member.size()));
    assert!(arr_npy::view(&whole).unwrap().to_vec::<f32>().unwrap() == data);
}

/// Threads of a pool pack what one of them saves, and there may be no other.
#[cfg(feature = "rayon")]
#[test]
fn a_pool_of_any_size_packs() {
    let folder = tempfile::tempdir().unwrap();
    let data = values(1_000_000, 3).repeat(6);
    let save = |name: &str| {
        let path = folder.path().join(name);
        NpzOptions::new().level(6).save(&path, [("x", &data)]).unwrap();
        std::fs::read(path).unwrap()
    };
    let expected = save("outside");
    for threads in 1..4 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| save("inside")) == expected);
    }
}

/// Noise in the middle of a smooth curve does not keep the curve from being packed well.
#[test]
fn mixed_data_is_packed_as_well_as_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let noise = values(100_000, 5)[50_000..].repeat(14);
    let mut data: Vec<f32> = (0..4_000_000).map(|at| (at as f32 * 1e-5).sin()).collect();
    data[2_000_000..2_700_000].copy_from_slice(&noise);
    let packed = |level| {
        NpzOptions::new().level(level).save(&path, [("x", &data)]).unwrap();
        Npz::open(&path).unwrap().member("x").unwrap().compressed_size()
    };
    let (usual, best) = (packed(6), packed(8));
    assert!(usual < best + best / 50, "{usual} {best}");
}

#[test]
fn a_wrong_list_of_segments_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let data = values(1_000_000, 3);
    NpzOptions::new().level(6).save(&path, [("x", &data)]).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let entry = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    let list = entry + 46 + "x.npy".len();
    for at in list..bytes.len() - 22 {
        let mut changed = bytes.clone();
        changed[at] ^= 0x11;
        // A field that goes on behind the end of all is one that Python's zipfile refuses.
        match Npz::from_buffer(Buffer::from_vec(changed), &Limits::default()) {
            Ok(npz) => {
                assert!(at != list + 3 && npz.get("x").unwrap().to_vec::<f32>().unwrap() == data, "{at}")
            }
            Err(error) => assert!((list + 2..list + 4).contains(&at), "{at}: {error}"),
        }
    }
}

#[test]
fn every_dtype_and_order_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let dtypes = ["<f8", ">f8", "|b1", "<U3", "|S5", "<M8[ns]", "|V7", "<c16", "<f2"];
    let mut arrays: Vec<Array> = Vec::new();
    for dtype in dtypes {
        let dtype: DType = dtype.parse().unwrap();
        let bytes: Vec<u8> = (0..12 * dtype.itemsize()).map(|at| u8::from(at % 5 == 0)).collect();
        let array = Array::contiguous(dtype, &[3, 4], Order::C, Buffer::from_vec(bytes)).unwrap();
        arrays.push(array.to_contiguous(Order::F).unwrap());
        arrays.push(array);
    }
    for level in [0, 6] {
        let members = arrays.iter().enumerate().map(|(at, array)| (format!("m{at}"), array));
        NpzOptions::new().level(level).save(&path, members).unwrap();
        let npz = Npz::open(&path).unwrap();
        for ((name, found), expected) in npz.read_all().unwrap().iter().zip(&arrays) {
            assert_eq!((found.dtype(), found.order()), (expected.dtype(), expected.order()), "{name}");
            assert!(found.items().eq(expected.items()), "{name}");
        }
        // Slices, reversed and transposed arrays are gathered while they are written.
        let part = arrays[1].slice("::-1, ::2".parse::<arr_core::Slice>().unwrap()).unwrap();
        NpzOptions::new().level(level).save(&path, [("part", &part)]).unwrap();
        assert!(Npz::open(&path).unwrap().get("part").unwrap().items().eq(part.items()));
        let big = WriteOptions::new().order(Order::F).byte_order(ByteOrder::Big);
        NpzOptions::new().level(level).array_options(big).save(&path, [("big", &arrays[1])]).unwrap();
        let found = Npz::open(&path).unwrap().get("big").unwrap();
        assert_eq!(found.dtype().to_string(), ">f8");
        assert!(found.to_byte_order(ByteOrder::Little).unwrap().items().eq(arrays[1].items()));
    }
}

#[test]
fn names_are_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let mut writer = NpzWriter::create(&path).unwrap();
    let wanted = ["a/b/c", "größe", "数据", "🦀", "", "..", "/abs", "a.npy", "with blank", "arr_0"];
    for (at, name) in wanted.iter().enumerate() {
        writer.add(name, &vec![at as u8]).unwrap();
    }
    assert_eq!(writer.add("🦀", &vec![1u8]).unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(writer.push(&vec![1u8]).is_err());
    assert!(writer.add("a\0b", &vec![1u8]).is_err());
    assert!(writer.add(&"x".repeat(70_000), &vec![1u8]).is_err());
    writer.add_bytes("notes.txt", b"hello").unwrap();
    assert!(!path.exists());
    writer.finish().unwrap();
    let npz = Npz::open(&path).unwrap();
    let expected: Vec<&str> = wanted.into_iter().chain(["notes.txt"]).collect();
    assert_eq!(names(&npz), expected);
    for (at, name) in wanted.iter().enumerate() {
        assert_eq!(npz.get(name).unwrap().to_vec::<u8>().unwrap(), [at as u8], "{name}");
    }
    assert_eq!(&npz.member("notes.txt").unwrap().read_bytes().unwrap()[..], b"hello");
    assert_eq!(npz.read_all().unwrap().len(), wanted.len());
    drop(NpzWriter::create(folder.path().join("never.npz")).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn more_members_than_two_bytes_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let count = 70_000u32;
    save_npz(&path, (0..count).map(|at| (format!("{at}"), vec![at]))).unwrap();
    let npz = Npz::open(&path).unwrap();
    assert_eq!(npz.len(), count as usize);
    for at in [0, 1, 65_534, 65_535, 65_536, count - 1] {
        assert_eq!(npz.get(&at.to_string()).unwrap().to_vec::<u32>().unwrap(), [at]);
    }
    let all = npz.read_all().unwrap();
    assert!(all.iter().enumerate().all(|(at, (name, array))| {
        *name == at.to_string() && array.as_slice::<u32>().unwrap() == [at as u32]
    }));
}

/// An archive of a few members that is large enough to be added to in place.
fn large_archive(path: &Path) -> (Vec<f32>, Vec<f32>) {
    let (a, b) = (values(400_000, 1), values(200_000, 2));
    save_npz(path, [("a", &a), ("b", &b)]).unwrap();
    (a, b)
}

#[test]
fn members_are_added_replaced_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    for in_place in [true, false] {
        for level in [0, 6] {
            let (a, b) = large_archive(&path);
            if !in_place {
                // More members than one page has entries for.
                save_npz(&path, (0..100).map(|at| (format!("m{at}"), &b[..1000]))).unwrap();
                append_npz(&path, "a", &a).unwrap();
                append_npz(&path, "b", &b).unwrap();
            }
            let before = std::fs::read(&path).unwrap();
            let place = |path: &Path| {
                use std::os::unix::fs::MetadataExt;
                std::fs::metadata(path).unwrap().ino()
            };
            let inode = place(&path);
            let c = values(300_000, 9);
            let array = Array::from_vec(c.clone(), &[c.len()]).unwrap();
            let mut editor = NpzEditor::open_with(&path, NpzOptions::new().level(level)).unwrap();
            assert!(NpzEditor::open(&path).unwrap_err().to_string().contains("another program"));
            assert!(editor.remove("nothing").is_err());
            editor.put("c", array.view());
            editor.put("b", array.view());
            let count = editor.names().len();
            assert!(std::fs::read(&path).unwrap() == before);
            editor.commit().unwrap();
            check(&path, "a", &a);
            check(&path, "b", &c);
            check(&path, "c", &c);
            assert_eq!(Npz::open(&path).unwrap().len(), count);
            assert_eq!(place(&path) == inode, in_place);
            if in_place {
                assert!(std::fs::read(&path).unwrap().starts_with(&before[..before.len() - 22]));
            }
            // NumPy looks at the first bytes.
            assert!(std::fs::read(&path).unwrap().starts_with(b"PK\x03\x04"));
            let mut editor = NpzEditor::open(&path).unwrap().sync();
            editor.remove("a").unwrap();
            editor.remove("c.npy").unwrap();
            editor.commit().unwrap();
            check(&path, "b", &c);
            assert!(std::fs::read(&path).unwrap().starts_with(b"PK\x03\x04"));
            assert!(Npz::open(&path).unwrap().get("a").is_err());
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }
}

#[test]
fn a_failed_edit_leaves_the_archive_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    large_archive(&path);
    let before = std::fs::read(&path).unwrap();
    let zeros = Array::zeros(DType::native(Scalar::U8), &[10]).unwrap();
    let objects =
        Array::<BufferMut>::new(DType::Object, zeros.layout().clone(), BufferMut::zeroed(80).unwrap());
    if let Ok(objects) = objects {
        let mut editor = NpzEditor::open(&path).unwrap();
        editor.put("good", zeros.view());
        editor.put("objects", objects.view());
        assert_eq!(editor.commit().unwrap_err().kind(), ErrorKind::Unsupported);
    }
    let mut editor = NpzEditor::open(&path).unwrap();
    editor.put("a\0b", zeros.view());
    assert_eq!(editor.commit().unwrap_err().kind(), ErrorKind::InvalidArgument);
    assert!(std::fs::read(&path).unwrap() == before);
    drop(NpzEditor::open(&path).unwrap());
    assert!(std::fs::read(&path).unwrap() == before);
    std::fs::write(&path, "no archive").unwrap();
    assert_eq!(NpzEditor::open(&path).unwrap_err().kind(), ErrorKind::Malformed);
    assert!(NpzEditor::open(folder.path().join("missing.npz")).is_err());
    let shifted = [&b"prefix"[..], &before].concat();
    std::fs::write(&path, &shifted).unwrap();
    assert_eq!(NpzEditor::open(&path).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn the_member_that_is_found_is_the_one_that_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let mut writer = NpzWriter::create(&path).unwrap();
    writer.add_member("bare", &[1u8]).unwrap();
    writer.add("x", &[2u8]).unwrap();
    writer.finish().unwrap();
    let (nine, eight) =
        (Array::from_vec(vec![9u8], &[1]).unwrap(), Array::from_vec(vec![8u8], &[1]).unwrap());
    let mut editor = NpzEditor::open(&path).unwrap();
    editor.put("bare", nine.view());
    editor.put("x", nine.view());
    editor.remove("x").unwrap();
    assert!(editor.remove("x").is_err());
    assert_eq!(editor.names(), ["bare"]);
    editor.put("x", eight.view());
    editor.commit().unwrap();
    let npz = Npz::open(&path).unwrap();
    assert_eq!(npz.members().map(|member| member.name().to_owned()).collect::<Vec<_>>(), ["bare", "x.npy"]);
    assert_eq!(npz.get("bare").unwrap().to_vec::<u8>().unwrap(), [9]);
    assert_eq!(npz.get("x").unwrap().to_vec::<u8>().unwrap(), [8]);
}

#[test]
fn what_was_left_unused_goes_when_it_is_half() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    large_archive(&path);
    let data = values(400_000, 5);
    let mut largest = 0;
    for round in 0..8 {
        append_npz(&path, "a", &values(400_000, round)).unwrap();
        largest = largest.max(std::fs::metadata(&path).unwrap().len());
    }
    append_npz(&path, "a", &data).unwrap();
    check(&path, "a", &data);
    // Two arrays of 1.6 and 0.8 MB, of which one is replaced again and again.
    assert!(largest < 3 * 2_500_000, "{largest}");
}

#[test]
fn a_writer_that_fails_is_named_once() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let data = values(3_000_000, 1);
    for level in [0, 1] {
        let mut full = Full;
        let mut writer = NpzOptions::new().level(level).write_to(&mut full);
        let error = writer.add("x", &data).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert_eq!(error.to_string().matches("can't write").count(), 1, "{error}");
        assert_eq!(error.io_error().map(std::io::Error::kind), Some(std::io::ErrorKind::StorageFull));
    }
}

#[test]
fn a_file_that_was_cut_off_while_it_was_opened_is_looked_at_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let (a, _) = large_archive(&path);
    let len = std::fs::metadata(&path).unwrap().len();
    for more in [1, 100, 4096, 10_000_000] {
        let longer = Positioned::from_file(std::fs::File::open(&path).unwrap(), len + more);
        let npz = Npz::from_source(longer, &Limits::default()).unwrap();
        assert_eq!((npz.file_len(), npz.get("a").unwrap().nbytes()), (len, 4 * a.len()));
        let shorter = Positioned::from_file(std::fs::File::open(&path).unwrap(), len - more.min(len));
        assert_eq!(Npz::from_source(shorter, &Limits::default()).unwrap_err().kind(), ErrorKind::Malformed);
    }
}

#[test]
fn members_of_all_sizes_are_added_in_place_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let (small, noise) = (values(10, 7), &values(150_000, 3)[50_000..100_000]);
    // Packed data around the sizes that are gathered before they are written.
    for rows in [1, 2, 3, 4, 5, 6, 9, 17] {
        for level in [0, 1, 9] {
            let (a, b) = large_archive(&path);
            let large = [&noise.repeat(rows)[..], &vec![0.0; 50_000 * rows]].concat();
            let array = |values: &[f32]| Array::from_vec(values.to_vec(), &[values.len()]).unwrap();
            let (first, last) = (array(&small), array(&large));
            let mut editor = NpzEditor::open_with(&path, NpzOptions::new().level(level)).unwrap();
            editor.put("first", first.view());
            editor.put("large", last.view());
            editor.put("last", first.view());
            editor.commit().unwrap();
            for (name, expected) in [("first", &small), ("large", &large), ("last", &small)] {
                check(&path, name, expected);
            }
            check(&path, "a", &a);
            check(&path, "b", &b);
        }
    }
}

#[test]
fn a_long_comment_stays_when_members_are_added_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let (a, b) = large_archive(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    let comment = [b'c'; 3800];
    let end = bytes.len();
    bytes[end - 2..].copy_from_slice(&3800u16.to_le_bytes());
    bytes.extend(comment);
    // Whatever place in a page the end has, there is room for the new directory.
    for len in 0..300 {
        std::fs::write(&path, &bytes).unwrap();
        append_npz(&path, "c", &vec![7u8; 14 * len]).unwrap();
        let written = std::fs::read(&path).unwrap();
        assert!(written.starts_with(&bytes) && written.ends_with(&comment), "{len}");
        let npz = Npz::open(&path).unwrap();
        assert_eq!((npz.len(), npz.get("c").unwrap().nbytes()), (3, 14 * len));
    }
    check(&path, "a", &a);
    check(&path, "b", &b);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_members_read_back(
        members in prop::collection::btree_map("[a-zé/._ ]{0,12}", (prop::collection::vec(any::<i16>(), 0..400), 1usize..4), 0..8),
        level in 0u8..10,
        streamed in any::<bool>(),
    ) {
        let arrays: Vec<(String, Array)> = members
            .into_iter()
            .map(|(name, (mut values, rows))| {
                values.truncate(values.len() / rows * rows);
                let shape = [rows, values.len() / rows];
                (name, Array::from_vec(values, &shape).unwrap())
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npz");
        if streamed {
            let mut bytes = Vec::new();
            let mut writer = NpzOptions::new().level(level).write_to(&mut bytes);
            for (name, array) in &arrays {
                writer.add(name, array).unwrap();
            }
            writer.finish().unwrap();
            std::fs::write(&path, bytes).unwrap();
        } else {
            NpzOptions::new().level(level).save(&path, arrays.iter().map(|(name, array)| (name, array))).unwrap();
        }
        let npz = Npz::open(&path).unwrap();
        let found = npz.read_all().unwrap();
        prop_assert_eq!(found.len(), arrays.len());
        for ((name, array), (expected_name, expected)) in found.iter().zip(&arrays) {
            // NumPy takes one `.npy` away, and so do we.
            prop_assert_eq!(name, expected_name);
            prop_assert_eq!(array.shape(), expected.shape());
            prop_assert!(array.items().eq(expected.items()));
        }
    }
}

/// Members that several threads unpack are read by several threads, in a pool that has as many or fewer.
#[cfg(feature = "rayon")]
#[test]
#[ignore = "takes long: it inflates large members with pools of many sizes"]
fn large_members_are_read_side_by_side() {
    use rayon::prelude::*;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let values: Vec<f32> = (0..1_500_000u32).map(|at| (at as f32 / 3000.0).sin()).collect();
    let names: Vec<String> = (0..6).map(|at| format!("m{at}")).collect();
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), &values)).collect();
    arr_npy::save_npz_compressed(&path, members).unwrap();
    let npz = Npz::open(&path).unwrap();
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for _ in 0..4 {
            let all =
                pool.install(|| names.par_iter().map(|name| npz.get(name).unwrap()).collect::<Vec<_>>());
            assert!(all.iter().all(|array| array.as_slice::<f32>().unwrap() == values));
        }
    }
}

/// What writes members of archives that exist, by pieces or at once, through the format.
#[test]
fn members_are_put_into_archives_by_pieces() {
    use arr_core::format::{Format, NewPart, Options, Sink, Writing};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    // Small archives are copied, large ones added to in place.
    for old_len in [100usize, 400_000] {
        for level in [0, 6] {
            let old = vec![1.5f64; old_len];
            save_npz(&path, [("a", &old), ("b", &old)]).unwrap();
            let noise: Vec<u32> = (0..2_000_000u32).map(|at| at.wrapping_mul(0x9E37_79B9)).collect();
            let new = Array::from_vec(noise, &[1000, 2000]).unwrap();
            let how = Writing::new().options(Options::new().with("level", level)).replace(true);
            let mut writer = arr_npy::format::Npz.create(Sink::Existing(&path), &how).unwrap();
            let what = Outline { dtype: new.dtype(), shape: new.shape(), order: Order::C };
            for key in ["b", "c"] {
                writer.begin(&NewPart::keyed(key), &what).unwrap();
                let items = new.as_bytes(Order::C).unwrap();
                items.chunks(800_000).for_each(|piece| writer.items(piece).unwrap());
            }
            // It gives way to one of the same name.
            writer.array(&NewPart::keyed("c"), &Array::from_vec(vec![7u8], &[1]).unwrap().view()).unwrap();
            writer.array(&NewPart::keyed("d"), &new.view()).unwrap();
            let untouched = Npz::open(&path).unwrap();
            assert_eq!(names(&untouched), ["a", "b"]);
            writer.finish().unwrap();
            let npz = Npz::open(&path).unwrap();
            assert_eq!(names(&npz), ["a", "b", "c", "d"]);
            assert!(npz.check().unwrap().is_empty());
            assert!(npz.get("a").unwrap().as_slice::<f64>().unwrap() == old);
            assert_eq!(npz.get("c").unwrap().to_vec::<u8>().unwrap(), [7]);
            for key in ["b", "d"] {
                assert!(npz.get(key).unwrap().items().eq(new.items()), "{key}");
            }
            let how = Writing::new();
            let mut writer = arr_npy::format::Npz.create(Sink::Existing(&path), &how).unwrap();
            assert!(writer.begin(&NewPart::keyed("a"), &what).is_err());
            drop(writer);
            assert_eq!(names(&Npz::open(&path).unwrap()), ["a", "b", "c", "d"]);
        }
    }
}

#[test]
fn members_by_pieces_are_members_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let array = |len: u32| {
        let values: Vec<f64> = (0..len).map(f64::from).collect();
        let shape = [values.len()];
        Array::from_vec(values, &shape).unwrap()
    };
    // Small ones are compressed together, large ones by themselves.
    let members = [("small", array(100)), ("large", array(300_000)), ("none", array(0)), ("last", array(7))];
    for level in [0, 6] {
        let (whole, pieces) = (folder.path().join("whole.npz"), folder.path().join("pieces.npz"));
        let options = NpzOptions::new().level(level);
        let mut writer = options.create(&whole).unwrap();
        members.iter().for_each(|(name, array)| writer.add(name, array).unwrap());
        writer.finish().unwrap();
        let mut stream = Vec::new();
        let write = |mut writer: NpzWriter<'_>| {
            for (name, array) in &members {
                let outline = Outline { dtype: array.dtype(), shape: array.shape(), order: Order::C };
                writer.begin(&format!("{name}.npy"), &outline).unwrap();
                let items = array.as_bytes(Order::C).unwrap();
                items.chunks(80_000).for_each(|piece| writer.items(piece).unwrap());
            }
            writer.finish().unwrap();
        };
        write(options.create(&pieces).unwrap());
        assert!(std::fs::read(&pieces).unwrap() == std::fs::read(&whole).unwrap(), "level {level}");
        write(options.write_to(&mut stream));
        let streamed = Npz::from_buffer(Buffer::from_vec(stream), &Limits::default()).unwrap();
        for npz in [Npz::open(&pieces).unwrap(), streamed] {
            assert!(npz.check().unwrap().is_empty(), "level {level}");
            for (name, array) in &members {
                let read = npz.member(name).unwrap().read().unwrap();
                assert!(read.as_bytes(Order::C).unwrap() == array.as_bytes(Order::C).unwrap(), "{name}");
            }
        }
    }
}
