//! Limits hold in every format: at the doors that the facade has for all of them, and at those of their own, which
//! macros make.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]
#![cfg(feature = "default")]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use arr_conformance::door;
use arr_io::binary::{aeron, binaryserde, flatarray, java, stream};
use arr_io::format::Writing;
use arr_io::text::{csv, genfromtxt, nd4j, text};
use arr_io::{Array, Error, Hint, Input, Limits, OpenOptions, Registry, Result, Slice};

/// An array of two dimensions and more than the limit on bytes, in every format.
struct File {
    format: &'static str,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// The limits that every format has a use for, and how low they are set.
const LIMITS: &[(&str, u64)] = &[("max_bytes", 15), ("max_rank", 1)];

fn limits(name: &str, value: u64) -> Limits {
    Limits::ALL.iter().find(|info| info.name == name).unwrap().set(Limits::default(), value)
}

fn all() -> Slice {
    "...".parse().unwrap()
}

/// A file of each format that reads whole arrays.
fn files(folder: &Path) -> Vec<File> {
    let array = Array::from_vec(vec![1.0, 2.0, 3.0, 4.0], &[2, 2]).unwrap();
    let registry = Registry::shared();
    let mut files = Vec::new();
    // Items alone do not say what they are: nothing of them is in the file that a limit could be of.
    for info in registry.infos().filter(|info| info.name != "raw") {
        let format = registry.by_name(info.name).unwrap();
        let bytes = match info.capabilities.write {
            true => door::write(format, &array.view(), &Writing::new()).unwrap(),
            false => written_by_nd4j(info.name),
        };
        let path = folder.join(format!("{}.{}", info.name, info.extensions.first().unwrap_or(&"dat")));
        std::fs::write(&path, &bytes).unwrap();
        // It is a file like others, unless there is a limit.
        let read = OpenOptions::new().format(info.name).open(&path).unwrap();
        assert!(read.ndim() >= 2 && read.nbytes() > 15, "{}: {read:?}", info.name);
        files.push(File { format: info.name, path, bytes });
    }
    assert!(files.len() >= 9, "{}", files.len());
    files
}

/// A graph of SameDiff in whose list the variable `w`, of two dimensions, stands alone: the list begins five items later.
fn graph_of_one() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j-cases/samediff-m21.fb");
    let mut graph = std::fs::read(path).unwrap();
    graph[36] += 20;
    graph[152..156].copy_from_slice(&[1, 0, 0, 0]);
    graph
}

/// A file of two dimensions that ND4J wrote in that format.
fn written_by_nd4j(format: &str) -> Vec<u8> {
    match format {
        "nd4j-samediff" => return graph_of_one(),
        "nd4j-dataset" => {
            let file = "../../fixtures/nd4j-cases/dataset/features.bin";
            return std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        }
        _ => {}
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j").join(format);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let fits = |path: &PathBuf| {
        let read = OpenOptions::new().format(format).open(path);
        read.is_ok_and(|array| array.ndim() == 2 && array.nbytes() > 15)
    };
    std::fs::read(paths.iter().find(|path| fits(path)).unwrap()).unwrap()
}

type Door = (&'static str, fn(&File, &Limits) -> Result<()>);

fn options(file: &File, limits: &Limits) -> OpenOptions<'static> {
    OpenOptions::new().format(file.format).limits(limits.clone())
}

/// The doors of the facade, which bring an array into memory.
const OF_ALL: &[Door] = &[
    ("open", |file, limits| options(file, limits).open(&file.path).map(drop)),
    ("read from memory", |file, limits| {
        options(file, limits).read(&mut Input::from_bytes(&file.bytes)).map(drop)
    }),
    ("read from a stream", |file, limits| {
        options(file, limits).read(&mut Input::from_reader(&file.bytes[..])).map(drop)
    }),
    ("read under the limits of the input", |file, limits| {
        let mut input = Input::from_reader(&file.bytes[..]).with_limits(limits);
        OpenOptions::new().format(file.format).read(&mut input).map(drop)
    }),
    ("read_all", |file, limits| {
        options(file, limits).read_all(Input::from_reader(&file.bytes[..]), None).map(drop)
    }),
    ("read_part", |file, limits| options(file, limits).read_part(&file.path, &all()).map(drop)),
    ("parts", |file, limits| {
        let mut parts = options(file, limits).parts(&file.path)?;
        let part = parts.only()?;
        parts.read(&part).map(drop)
    }),
    ("parts of a stream, kept", |file, limits| {
        let input = Input::from_reader(&file.bytes[..]);
        let mut parts = options(file, limits).keep().parts_of(input, None)?;
        let part = parts.only()?;
        parts.read_slice(&part, &all()).map(drop)
    }),
];

/// The doors that a module has under the names that all of them use.
macro_rules! doors_of {
    ($($format:literal: $module:ident $($more:ident)*;)*) => {
        &[$(
            ($format, &[
                ("read", |file, limits| options_of!($module, limits).read(&file.path).map(drop)),
                ("read_from", |file, limits| {
                    options_of!($module, limits).read_from(&mut &file.bytes[..]).map(drop)
                }),
                ("read_bytes", |file, limits| options_of!($module, limits).read_bytes(&file.bytes).map(drop)),
                ("read_input", |file, limits| {
                    let mut input = Input::from_reader(&file.bytes[..]).with_limits(limits);
                    $module::ReadOptions::new().read_input(&mut input).map(drop)
                }),
                $(doors_of!(@$more $module),)*
            ]),
        )*]
    };
    (@parts $module:ident) => {
        ("read_part", |file, limits| options_of!($module, limits).read_part(&file.path, all()).map(drop))
    };
    (@seek $module:ident) => {
        ("read_part_from", |file, limits| {
            options_of!($module, limits).read_part_from(&mut Cursor::new(&file.bytes), all()).map(drop)
        })
    };
}

/// Options of reading under limits.
macro_rules! options_of {
    ($module:ident, $limits:ident) => {
        $module::ReadOptions::new().limits($limits.clone())
    };
}

/// The doors of each format's own module.
const OF_MODULES: &[(&str, &[Door])] = doors_of! {
    "nd4j-stream": stream parts seek;
    "nd4j-binaryserde": binaryserde parts seek;
    "nd4j-aeron-message": aeron parts seek;
    "nd4j-flatarray": flatarray parts seek;
    "java-serialized": java parts seek;
    "nd4j-txt": nd4j;
    "text": text;
    "csv": csv;
};

/// The other doors of modules, which bring arrays into memory too.
const OTHERS: &[(&str, Door)] = &[
    (
        "nd4j-stream",
        ("arrays", |file, limits| {
            options_of!(stream, limits).arrays(&file.path)?.try_for_each(|array| array.map(drop))
        }),
    ),
    (
        "nd4j-stream",
        ("arrays_from", |file, limits| {
            options_of!(stream, limits).arrays_from(&file.bytes[..]).try_for_each(|array| array.map(drop))
        }),
    ),
    ("text", ("genfromtxt", |file, limits| options_of!(genfromtxt, limits).read(&file.path).map(drop))),
    (
        "java-serialized",
        ("read_buffered", |file, limits| options_of!(java, limits).read_buffered(&file.path).map(drop)),
    ),
    (
        "nd4j-aeron-message",
        ("read_chunks_with", |file, limits| {
            let chunks: Result<Vec<Vec<u8>>> =
                aeron::split(&file.bytes, 64, "x")?.map(|chunk| chunk.to_bytes()).collect();
            aeron::read_chunks_with(&chunks?, limits).map(drop)
        }),
    ),
];

/// Doors that look at what is in memory already: of the limits, only those on its form hold.
const IN_PLACE: &[(&str, Door)] = &[
    ("nd4j-stream", ("view_with", |file, limits| stream::view_with(&file.bytes, limits).map(drop))),
    ("nd4j-binaryserde", ("view_with", |file, limits| binaryserde::view_with(&file.bytes, limits).map(drop))),
    (
        "nd4j-binaryserde",
        ("parse_header", |file, limits| binaryserde::parse_header(&file.bytes, limits).map(drop)),
    ),
    (
        "nd4j-binaryserde",
        ("read_header", |file, limits| {
            binaryserde::read_header(&mut Input::from_bytes(&file.bytes).with_limits(limits)).map(drop)
        }),
    ),
    ("nd4j-aeron-message", ("view_with", |file, limits| aeron::view_with(&file.bytes, limits).map(drop))),
    ("nd4j-flatarray", ("view_with", |file, limits| flatarray::view_with(&file.bytes, limits).map(drop))),
    (
        "nd4j-flatarray",
        ("parse_header", |file, limits| flatarray::parse_header(&file.bytes, limits).map(drop)),
    ),
];

#[test]
fn every_format_holds_the_limits_at_every_door() {
    let folder = tempfile::tempdir().unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for file in files(folder.path()) {
        let is_own = |name: &str| name == file.format;
        let others = OTHERS.iter().filter(|(name, _)| is_own(name)).map(|(_, door)| door);
        let own = OF_MODULES.iter().filter(|(name, _)| is_own(name)).flat_map(|(_, doors)| doors.iter());
        let in_place = IN_PLACE.iter().filter(|(name, _)| is_own(name)).map(|(_, door)| door);
        let held = OF_ALL.iter().chain(own).chain(others).map(|door| (door, true));
        for ((door, try_it), is_held) in held.chain(in_place.map(|door| (door, false))) {
            for (name, value) in LIMITS.iter().filter(|(name, _)| is_held || *name != "max_bytes") {
                count += 1;
                let found = try_it(&file, &limits(name, *value));
                let hint = found.as_ref().err().and_then(Error::hint);
                if !matches!(hint, Some(Hint::Limit(hinted)) if hinted == *name) {
                    wrong.push(format!("{door} of {} under {name}: {found:?}", file.format));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 200, "{count}");
}
