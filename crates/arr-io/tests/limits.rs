//! Limits hold at every door: whatever reads a file refuses it, and names the limit.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]
#![cfg(all(feature = "npz", feature = "derive"))]

use std::collections::BTreeSet;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use arr_conformance::far::Far;
use arr_conformance::own_file;
use arr_io::format::Writing;
use arr_io::layer::Compression;
use arr_io::npy::{self, AppendOptions, Npz, NpzEditor, NpzOptions};
use arr_io::{
    Append, Buffer, Conversion, DType, Destination, Diff, Edit, Error, Hint, Input, Limits, Mmap,
    OpenOptions, Order, Origin, Record, Registry, Repaired, Result, Slice,
};

/// A file that a limit of that value refuses.
struct Case {
    limit: &'static str,
    value: u64,
    path: PathBuf,
}

impl Case {
    fn limits(&self) -> Limits {
        let info = Limits::ALL.iter().find(|info| info.name == self.limit).unwrap();
        info.set(Limits::default(), self.value)
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    fn options(&self) -> OpenOptions<'static> {
        OpenOptions::new().limits(self.limits())
    }
}

fn npy_of(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
    file.extend(text.as_bytes());
    file.extend(data);
    file
}

/// What looks through one of them looks through all, by readers of their own.
const COMPRESSED: [Compression; 5] =
    [Compression::Gzip, Compression::Zlib, Compression::Bzip2, Compression::Xz, Compression::Zstd];

/// Small files, one and more for each limit: an array, the same in an archive, and the same compressed.
fn cases(folder: &Path, is_tried: impl Fn(&str) -> bool) -> Vec<Case> {
    let rows = npy_of("[('x', '<f8'), ('y', '<f8')]", "(2, 2)", &[0; 64]);
    let nothing = npy_of("'|S0'", "(3, 1)", &[]);
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0";
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let pack = |name: &str, level: u8, members: &[(&str, &[u8])]| {
        let path = folder.join(name);
        let mut writer = NpzOptions::new().level(level).create(&path).unwrap();
        members.iter().for_each(|(name, bytes)| writer.add_bytes(name, bytes).unwrap());
        writer.finish().unwrap();
        path
    };
    let mut cases = Vec::new();
    for info in Limits::ALL.iter().filter(|info| is_tried(info.name)) {
        let (file, value) = match info.name {
            "max_bytes" => (&rows, 15),
            "max_header_size" => (&rows, 10),
            "max_rank" | "max_depth" | "max_fields" => (&rows, 1),
            "max_items" => (&nothing, 2),
            "max_members" => {
                let path = pack("max_members.npz", 0, &[("a.npy", &rows), ("b.npy", &rows)]);
                cases.push(Case { limit: info.name, value: 1, path });
                let path = put("max_members.npy.gz", &gzip.repeat(3));
                cases.push(Case { limit: info.name, value: 1, path });
                continue;
            }
            "max_expansion_ratio" => {
                let path = folder.join("max_expansion_ratio.npz");
                let mut writer = NpzOptions::new().level(1).create(&path).unwrap();
                let dtype = DType::of::<u8>();
                let outline =
                    arr_io::format::Outline { dtype: &dtype, shape: &[(1 << 30) + 1], order: Order::C };
                writer.begin("a.npy", &outline).unwrap();
                let zeros = vec![0; 1 << 20];
                (0..1 << 10).for_each(|_| writer.items(&zeros).unwrap());
                writer.items(&[0]).unwrap();
                writer.finish().unwrap();
                cases.push(Case { limit: info.name, value: 2, path });
                continue;
            }
            other => panic!("no file shows what {other} refuses"),
        };
        cases.push(Case { limit: info.name, value, path: put(&format!("{}.npy", info.name), file) });
        let path = pack(&format!("{}.npz", info.name), 6, &[("a.npy", file)]);
        cases.push(Case { limit: info.name, value, path });
        for compression in COMPRESSED {
            let mut packed = Vec::new();
            let mut packer = compression.writer(&mut packed, None).unwrap();
            packer.write_all(file).unwrap();
            packer.finish().unwrap();
            let path = put(&format!("{}.npy.{compression}", info.name), &packed);
            cases.push(Case { limit: info.name, value, path });
        }
        let path = pack(&format!("{}.zip", info.name), 6, &[("a.nd", file)]);
        cases.push(Case { limit: info.name, value, path });
    }
    cases
}

#[derive(Record, Clone, Debug)]
struct Point {
    #[allow(dead_code, reason = "it is read, not looked at")]
    x: f64,
    #[allow(dead_code, reason = "it is read, not looked at")]
    y: f64,
}

/// What a door is to be tried with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Files of any format.
    Any,
    /// Single arrays.
    Npy,
    /// Archives.
    Npz,
}

/// What a door does with the data of arrays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Data {
    /// It brings all of it into memory.
    Held,
    /// It passes through, or lies in a map or in memory that the caller has: `max_bytes` counts what is put into memory.
    Passed,
    /// It is not looked at.
    Unread,
}

type Door = (&'static str, Takes, Data, fn(&Case) -> Result<()>);

fn input<'a>(bytes: &'a [u8], case: &Case) -> Input<'a> {
    Input::from_bytes(bytes).with_limits(&case.limits())
}

fn stream<'a>(bytes: &'a [u8], case: &Case) -> Input<'a> {
    Input::from_reader(bytes).with_limits(&case.limits())
}

fn far<'a>(source: &'a Far<'_>, case: &Case) -> Result<Input<'a>> {
    Ok(Input::from_source(source)?.with_limits(&case.limits()))
}

fn all() -> Slice {
    "...".parse().unwrap()
}

fn copied(case: &Case) -> PathBuf {
    let path = case.path.with_extension("copy");
    std::fs::copy(&case.path, &path).unwrap();
    path
}

/// What was lost first of a file that is not damaged.
fn first_lost(repaired: Repaired) -> Result<()> {
    repaired.lost.into_iter().next().map_or(Ok(()), |lost| Err(lost.error))
}

/// Every public door of the library, by the name of its function.
const DOORS: &[Door] = &[
    ("open", Takes::Any, Data::Held, |case| case.options().open(&case.path).map(drop)),
    ("read", Takes::Any, Data::Held, |case| {
        case.options().read(&mut Input::from_bytes(&case.bytes())).map(drop)
    }),
    ("read", Takes::Any, Data::Held, |case| {
        case.options().read(&mut Input::from_reader(&case.bytes()[..])).map(drop)
    }),
    ("read", Takes::Any, Data::Held, |case| arr_io::read(&mut input(&case.bytes(), case)).map(drop)),
    ("read", Takes::Any, Data::Held, |case| arr_io::read(&mut stream(&case.bytes(), case)).map(drop)),
    ("read", Takes::Any, Data::Held, |case| arr_io::read(&mut far(&Far::of(&case.bytes()), case)?).map(drop)),
    ("read_all", Takes::Any, Data::Held, |case| {
        case.options().read_all(Input::from_bytes(&case.bytes()), None).map(drop)
    }),
    ("read_all", Takes::Any, Data::Held, |case| {
        case.options().read_all(Input::from_reader(&case.bytes()[..]), None).map(drop)
    }),
    ("read_all", Takes::Any, Data::Held, |case| {
        OpenOptions::new().read_all(stream(&case.bytes(), case), None).map(drop)
    }),
    ("read_part", Takes::Any, Data::Held, |case| case.options().read_part(&case.path, &all()).map(drop)),
    ("map", Takes::Npy, Data::Passed, |case| own_file!(case.options().map(&case.path)).map(drop)),
    ("info", Takes::Any, Data::Unread, |case| with_errors(case.options().info(&case.path))),
    ("info_of", Takes::Any, Data::Unread, |case| {
        with_errors(case.options().info_of(Input::from_bytes(&case.bytes()), None))
    }),
    ("check", Takes::Any, Data::Passed, |case| case.options().check(&case.path, &mut ()).map(drop)),
    ("check_of", Takes::Any, Data::Passed, |case| {
        case.options().check_of(Input::from_bytes(&case.bytes()), None, &mut ()).map(drop)
    }),
    ("check_parts_of", Takes::Any, Data::Passed, |case| {
        case.options().check_parts_of(Input::from_reader(&case.bytes()[..]), None, &mut ()).map(drop)
    }),
    ("check_each_of", Takes::Any, Data::Passed, |case| {
        let bytes = case.bytes();
        case.options().check_each_of(Input::from_bytes(&bytes), None, &mut (), &mut |_| Ok::<_, Error>(()))
    }),
    ("parts", Takes::Any, Data::Held, |case| {
        let mut parts = case.options().parts(&case.path)?;
        let part = parts.only()?;
        parts.read(&part).map(drop)
    }),
    ("parts", Takes::Any, Data::Held, |case| {
        let mut parts = case.options().parts(&case.path)?;
        let part = parts.only()?;
        parts.read_slice(&part, &all()).map(drop)
    }),
    ("parts", Takes::Any, Data::Held, |case| {
        let mut parts = case.options().parts(&case.path)?;
        let part = parts.only()?;
        parts.stats(&part, &mut ()).map(drop)
    }),
    ("parts", Takes::Any, Data::Passed, |case| {
        let mut parts = case.options().parts(&case.path)?;
        let part = parts.only()?;
        let mut blocks = parts.blocks(&part, None)?;
        while blocks.next_block()?.is_some() {}
        Ok(())
    }),
    ("parts", Takes::Any, Data::Unread, |case| {
        case.options().keep().parts(&case.path)?.graph(&mut |_, error| Err(error)).map(drop)
    }),
    ("parts", Takes::Any, Data::Held, |case| {
        let (mut one, mut other) = (case.options().parts(&case.path)?, case.options().parts(&case.path)?);
        let mut diff = Diff::new(("a", &mut one), ("b", &mut other), Default::default());
        while diff.next_finding(&mut ())?.is_some() {}
        Ok(())
    }),
    ("parts_of", Takes::Any, Data::Held, |case| {
        let bytes = case.bytes();
        let mut parts = case.options().keep().parts_of(Input::from_reader(&bytes[..]), None)?;
        let part = parts.only()?;
        parts.read(&part).map(drop)
    }),
    ("parts_of", Takes::Any, Data::Held, |case| {
        let bytes = case.bytes();
        let source = Far::of(&bytes);
        let mut parts = OpenOptions::new().parts_of(far(&source, case)?, None)?;
        let part = parts.only()?;
        parts.read_slice(&part, &all()).map(drop)
    }),
    ("path", Takes::Any, Data::Held, |case| {
        let origin = Origin::path(&case.path, &case.options())?;
        let mut out = Vec::new();
        let conversion = Conversion::new().to("npz");
        let target =
            conversion.target(Destination::Stream(&mut out, "out".to_owned()), Registry::shared())?;
        conversion.run(vec![origin], target, &mut ())
    }),
    ("open", Takes::Any, Data::Unread, |case| {
        let how = Writing::new().limits(case.limits());
        let path = copied(case);
        let append = Append::open(&path, &case.options(), &how)?;
        append.run(Vec::new(), "target", &mut ())
    }),
    ("open", Takes::Npz, Data::Unread, |case| {
        let how = Writing::new().limits(case.limits());
        let mut edit = Edit::open(copied(case), &case.options(), &how)?;
        edit.rename("a", "b")?;
        edit.run()
    }),
    ("repair", Takes::Any, Data::Held, |case| {
        let conversion = Conversion::new().replace(true);
        first_lost(case.options().repair(
            &case.path,
            case.path.with_extension("out.npz"),
            &conversion,
            &mut (),
        )?)
    }),
    ("repair_of", Takes::Any, Data::Held, |case| {
        let (bytes, mut out) = (case.bytes(), Vec::new());
        let to = Destination::Stream(&mut out, "out".to_owned());
        let stream = Input::from_reader(&bytes[..]);
        first_lost(case.options().repair_of(stream, "x", None, to, &Conversion::new().to("npz"), &mut ())?)
    }),
    ("add_members", Takes::Npz, Data::Unread, |case| {
        let how = Writing::new().limits(case.limits());
        arr_io::add_members(copied(case), &[("new", vec![1.0f32])], &how)
    }),
    ("read", Takes::Npy, Data::Held, |case| npy_options(case).read(&case.path).map(drop)),
    ("read_from", Takes::Npy, Data::Held, |case| {
        npy_options(case).read_from(&mut &case.bytes()[..]).map(drop)
    }),
    ("read_bytes", Takes::Npy, Data::Held, |case| npy_options(case).read_bytes(&case.bytes()).map(drop)),
    ("read_input", Takes::Npy, Data::Held, |case| {
        npy::ReadOptions::new().read_input(&mut stream(&case.bytes(), case)).map(drop)
    }),
    ("read_part", Takes::Npy, Data::Held, |case| npy_options(case).read_part(&case.path, all()).map(drop)),
    ("read_part_from", Takes::Npy, Data::Held, |case| {
        npy_options(case).read_part_from(&mut Cursor::new(case.bytes()), all()).map(drop)
    }),
    ("read_part_input", Takes::Npy, Data::Held, |case| {
        npy::ReadOptions::new().read_part_input(&mut input(&case.bytes(), case), all()).map(drop)
    }),
    ("read_part_input", Takes::Npy, Data::Held, |case| {
        npy::ReadOptions::new().read_part_input(&mut far(&Far::of(&case.bytes()), case)?, all()).map(drop)
    }),
    ("part_ranges", Takes::Npy, Data::Unread, |case| {
        npy_options(case).part_ranges(&far(&Far::of(&case.bytes()), case)?, all()).map(drop)
    }),
    ("read_records", Takes::Npy, Data::Held, |case| {
        npy_options(case).read_records::<Point>(&case.path).map(drop)
    }),
    ("read_records_from", Takes::Npy, Data::Held, |case| {
        npy_options(case).read_records_from::<Point>(&mut &case.bytes()[..]).map(drop)
    }),
    ("read_records_input", Takes::Npy, Data::Held, |case| {
        npy::ReadOptions::new().read_records_input::<Point>(&mut stream(&case.bytes(), case)).map(drop)
    }),
    ("blocks", Takes::Npy, Data::Passed, |case| {
        npy_options(case).blocks(&case.path)?.try_for_each(|block| block.map(drop))
    }),
    ("blocks_from", Takes::Npy, Data::Passed, |case| {
        npy_options(case).blocks_from(&case.bytes()[..])?.try_for_each(|block| block.map(drop))
    }),
    ("view_with", Takes::Npy, Data::Passed, |case| npy::view_with(&case.bytes(), &case.limits()).map(drop)),
    ("map_of", Takes::Npy, Data::Passed, |case| {
        npy::map_of(own_file!(Mmap::open(&case.path))?, &case.limits()).map(drop)
    }),
    ("blocks_of", Takes::Npy, Data::Passed, |case| {
        let bytes = case.bytes();
        npy::ReadOptions::new().blocks_of(stream(&bytes, case))?.try_for_each(|block| block.map(drop))
    }),
    ("read_array_header", Takes::Npy, Data::Unread, |case| {
        let bytes = case.bytes();
        let mut reader = &bytes[..];
        let version = npy::read_magic(&mut reader)?;
        npy::read_array_header(&mut reader, version, &case.limits()).map(drop)
    }),
    ("read_object_pickle", Takes::Npy, Data::Unread, |case| {
        npy::read_object_pickle(&mut input(&case.bytes(), case)).map(drop)
    }),
    ("map", Takes::Npy, Data::Passed, |case| own_file!(map_options(case).map(&case.path)).map(drop)),
    ("map_mut", Takes::Npy, Data::Passed, |case| own_file!(map_options(case).map_mut(&case.path)).map(drop)),
    ("map_private", Takes::Npy, Data::Passed, |case| {
        own_file!(map_options(case).map_private(&case.path)).map(drop)
    }),
    ("parse_header", Takes::Npy, Data::Unread, |case| {
        npy::parse_header(&case.bytes(), &case.limits()).map(drop)
    }),
    ("parse_lenient_header", Takes::Npy, Data::Unread, |case| {
        npy::header::parse_lenient_header(&case.bytes(), &case.limits()).map(drop)
    }),
    ("read_header", Takes::Npy, Data::Unread, |case| {
        npy::read_header(&mut &case.bytes()[..], &case.limits()).map(drop)
    }),
    ("open", Takes::Npy, Data::Unread, |case| {
        AppendOptions::new().limits(case.limits()).open(copied(case)).map(drop)
    }),
    ("open_with", Takes::Npz, Data::Held, |case| {
        Npz::open_with(&case.path, &case.limits())?.read_all().map(drop)
    }),
    ("from_buffer", Takes::Npz, Data::Held, |case| {
        Npz::from_buffer(Buffer::from_vec(case.bytes()), &case.limits())?.get("a").map(drop)
    }),
    ("from_input", Takes::Npz, Data::Held, |case| {
        Npz::from_input(&mut stream(&case.bytes(), case))?.get("a").map(drop)
    }),
    ("from_input", Takes::Npz, Data::Held, |case| {
        Npz::from_input(&mut far(&Far::of(&case.bytes()), case)?)?.get("a").map(drop)
    }),
    ("from_input", Takes::Npz, Data::Unread, |case| {
        Npz::from_input(&mut input(&case.bytes(), case))?.header("a").map(drop)
    }),
    ("open_under", Takes::Npz, Data::Unread, |case| {
        NpzEditor::open_under(copied(case), NpzOptions::new(), &case.limits()).map(drop)
    }),
];

fn map_options(case: &Case) -> npy::MapOptions {
    npy::MapOptions::new().limits(case.limits())
}

fn npy_options(case: &Case) -> npy::ReadOptions {
    npy::ReadOptions::new().limits(case.limits())
}

/// A description with the errors of its parts.
fn with_errors(info: Result<arr_io::FileInfo>) -> Result<()> {
    let info = info?;
    let errors = info.members.into_iter().filter_map(|member| member.error).chain(info.fault);
    errors.map(Err).next().unwrap_or(Ok(()))
}

/// Whether a door has to refuse a file for that limit.
fn has_to_refuse(door: &Door, case: &Case) -> bool {
    let (name, takes, data, _) = door;
    let is_archive = case.path.extension().is_some_and(|extension| extension == "npz");
    let is_plain = case.path.extension().is_some_and(|extension| extension == "npy");
    let is_editor = matches!(*name, "open_under" | "add_members")
        || (*name == "open" && *data == Data::Unread && !is_plain);
    let fits = match takes {
        Takes::Any => true,
        Takes::Npy => is_plain,
        Takes::Npz => is_archive,
    };
    fits && match case.limit {
        // An editor reads the directory alone, and adds to nothing that is compressed as a whole.
        "max_members" => is_archive || (*data != Data::Unread && *name != "open_under"),
        _ if is_editor => false,
        "max_bytes" => *data == Data::Held,
        // Records of this kind have bytes.
        "max_items" if name.starts_with("read_records") => false,
        "max_items" | "max_expansion_ratio" => *data != Data::Unread,
        _ => true,
    }
}

#[test]
fn every_door_refuses_what_is_beyond_a_limit_and_names_it() {
    let count = try_every_door(|limit| limit != "max_expansion_ratio");
    assert!(count > 200, "{count}");
}

#[test]
#[ignore = "takes long"]
fn every_door_refuses_what_expands_too_much() {
    let count = try_every_door(|limit| limit == "max_expansion_ratio");
    assert!(count > 10, "{count}");
}

/// Tries every door with the files for some of the limits, and says how often one had to refuse.
fn try_every_door(is_tried: impl Fn(&str) -> bool) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in cases(folder.path(), is_tried) {
        for (at, door) in DOORS.iter().enumerate() {
            if !has_to_refuse(door, &case) {
                continue;
            }
            count += 1;
            let found = door.3(&case);
            let hint = found.as_ref().err().and_then(Error::hint);
            if !matches!(hint, Some(Hint::Limit(name)) if name == case.limit) {
                wrong.push(format!("{} ({at}) of {}: {found:?}", door.0, case.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    count
}

/// Functions that take a file and have no limits to set: they write, or read under the default limits, as those of
/// [`DOORS`] that they call, or look at what is in memory. Doors that one format alone has are tried with the formats.
const OTHERS: &[&str] = &[
    "add_bytes",
    "append",
    "append_npz",
    "arrays",
    "by_extension",
    "convert",
    "convert_with",
    "create",
    "create_map",
    "deserialize",
    "detect",
    "encode_into",
    "for_writing",
    "function",
    "genfromtxt",
    "input",
    "items",
    "load",
    "loadtxt",
    "open_or_create",
    "parse",
    "read_buffer",
    "read_buffered",
    "read_bytes_with_report",
    "read_file_header",
    "read_input_with_report",
    "read_into",
    "read_magic",
    "read_typed",
    "read_with_report",
    "save",
    "save_npz",
    "save_npz_compressed",
    "save_records",
    "save_tensor",
    "seekable_input",
    "split",
    "uncompressed",
    "view",
    "view_mut",
];

/// The names of the public functions below a folder that take a file, a stream or bytes, and may fail.
fn doors_below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            doors_below(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("pub unsafe fn ", "pub fn ");
        for function in text.split("pub fn ").skip(1) {
            let head = function.split(" {").next().unwrap_or_default();
            let takes = [
                "AsRef<Path>",
                "Input<",
                "Source<",
                "impl Read",
                "dyn Read",
                "[u8],",
                "[u8])",
                ": Buffer",
                ": Mmap",
            ];
            if head.contains("-> Result") && takes.iter().any(|what| head.contains(what)) {
                found.insert(head.split(['(', '<']).next().unwrap_or_default().to_owned());
            }
        }
    }
}

#[test]
fn no_door_is_missing() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeSet::new();
    for name in ["arr-io", "arr-npy", "arr-binary", "arr-text"] {
        doors_below(&crates.join(name).join("src"), &mut found);
    }
    let known: BTreeSet<&str> = DOORS.iter().map(|door| door.0).chain(OTHERS.iter().copied()).collect();
    let missing: Vec<&String> = found.iter().filter(|name| !known.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "put these into the list of doors: {missing:?}");
    let gone: Vec<_> = OTHERS.iter().filter(|name| !found.contains(**name)).collect();
    assert!(gone.is_empty(), "these are doors no longer: {gone:?}");
}
