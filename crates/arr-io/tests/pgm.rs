//! A format of somebody else's goes through every door of the facade.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![cfg(feature = "npy")]

#[path = "../examples/pgm.rs"]
mod pgm;

use std::path::{Path, PathBuf};

use arr_conformance::{Suite, own_file};
use arr_io::format::{Format, Match, Options, Part};
use arr_io::{Array, Conversion, DType, Destination, Error, ErrorKind, Input, OpenOptions, Order, Registry};
use pgm::Pgm;

const GREY: &[u8] = b"P5\n# a gradient\n3 2\n255\n\x00\x20\x40\x60\x80\xa0";
const DEEP: &[u8] = b"P5 2 # wide\n3 #high\n 1000\n\x00\x01\x00\x02\x03\xe8\x00\x04\x01\x00\x02\x00";

fn registry() -> Registry {
    Registry::enabled().with(Pgm)
}

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn convert(how: &Conversion, from: &Path, to: &Path) -> Result<(), Error> {
    let registry = registry();
    let options = OpenOptions::new().registry(&registry);
    how.convert_with(&options, from, to)
}

/// The error of a file of those bytes: its kind, text and offset.
fn refused(bytes: &[u8]) -> (ErrorKind, String, Option<u64>) {
    let registry = registry();
    let error =
        OpenOptions::new().registry(&registry).format("pgm").read(&mut Input::from_bytes(bytes)).unwrap_err();
    (error.kind(), error.to_string(), error.offset())
}

#[test]
fn the_example_runs_and_is_short() {
    pgm::main().unwrap();
    assert!(include_str!("../examples/pgm.rs").lines().count() <= 120);
}

#[test]
fn it_conforms() {
    let suite = Suite::new(&Pgm)
        .file("grey", GREY.to_vec())
        .file("deep", DEEP.to_vec())
        .file("nothing", b"P5#\n#\r 0 4 255 ".to_vec())
        .file("several", [GREY, DEEP].concat())
        .broken("text", b"P5 one two".to_vec())
        .broken("large", b"P5 99999999999 99999999999 65535 ".to_vec())
        .broken("plain", b"P2 1 1 255 0".to_vec());
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}

#[test]
fn images_are_read_by_every_door() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, named) = (registry(), file(&folder, "deep.pgm", DEEP));
    let other = file(&folder, "deep.dat", DEEP);
    let options = OpenOptions::new().registry(&registry);
    for path in [&named, &other] {
        let array = options.open(path).unwrap();
        assert_eq!((array.dtype().to_string().as_str(), array.shape()), (">u2", [3, 2].as_slice()));
        assert_eq!(array.to_vec::<u16>().unwrap(), [1, 2, 1000, 4, 256, 512]);
        let part = options.read_part(path, &"::-2, 1".parse().unwrap()).unwrap();
        assert_eq!(part.to_vec::<u16>().unwrap(), [512, 2]);
        assert_eq!(own_file!(options.map(path)).unwrap().get::<u16>(&[1, 0]).unwrap(), 1000);
        let info = options.info(path).unwrap();
        assert_eq!((info.format.name, info.arrays.len(), info.trailing), ("pgm", 1, 0));
        assert_eq!(info.arrays[0].shape, [3, 2]);
        assert!(options.check(path, &mut ()).unwrap().is_empty());
        let mut parts = options.parts(path).unwrap();
        let part = parts.next_part().unwrap().unwrap();
        let mut blocks = parts.blocks(&part, Order::F).unwrap();
        let block = blocks.next_block().unwrap().unwrap().array;
        assert_eq!(block.to_contiguous(Order::F).unwrap().as_bytes(Order::F).unwrap()[..4], [0, 1, 3, 0xe8]);
    }
    let several = [GREY, DEEP, b"tail"].concat();
    let info = options.info_of(Input::from_bytes(&several), None).unwrap();
    assert_eq!((info.arrays.len(), info.trailing), (2, 4));
    let mut parts =
        options.clone().member("1").parts_of(Input::from_reader(several.as_slice()), None).unwrap();
    let part = parts.next_part().unwrap().unwrap();
    assert!(matches!(parts.read(&part).unwrap(), Part::Array(array) if array.shape() == [3, 2]));
    assert_eq!(Pgm.sniff(b"P5\n1 1"), Match::Yes);
    assert_eq!(Pgm.sniff(b"P50"), Match::No);
}

#[test]
fn images_are_converted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (image, npy, back) = (file(&folder, "deep.pgm", DEEP), path("deep.npy"), path("back.pgm"));
    convert(&Conversion::new(), &image, &npy).unwrap();
    assert_eq!(arr_io::open(&npy).unwrap().to_vec::<u16>().unwrap(), [1, 2, 1000, 4, 256, 512]);
    let said = Conversion::new().options(Options::new().with("comment", "two\nlines"));
    convert(&said, &npy, &back).unwrap();
    let written = std::fs::read(&back).unwrap();
    assert_eq!(written, [b"P5\n# two\n# lines\n2 3\n65535\n", &DEEP[DEEP.len() - 12..]].concat());
    // Columns first, of 8 bits, and of another byte order: rows are written all the same.
    let array = Array::from_vec(vec![1u8, 2, 3, 4, 5, 6], &[2, 3]).unwrap();
    arr_io::save(&npy, &array.transpose()).unwrap();
    convert(&Conversion::new().replace(true), &npy, &back).unwrap();
    assert_eq!(std::fs::read(&back).unwrap(), b"P5\n2 3\n255\n\x01\x04\x02\x05\x03\x06");
    let cast = Conversion::new().replace(true).order(Order::F).dtype("<u2".parse::<DType>().unwrap());
    convert(&cast, &npy, &back).unwrap();
    assert_eq!(std::fs::read(&back).unwrap(), b"P5\n2 3\n65535\n\0\x01\0\x04\0\x02\0\x05\0\x03\0\x06");
    arr_io::save(&npy, &vec![1.0f32, 2.0]).unwrap();
    let error = convert(&Conversion::new().replace(true), &npy, &back).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("rows of samples of type u1 or u2"), "{error}");
}

#[test]
fn the_option_is_checked() {
    let how = Conversion::new().options(Options::new().with("comment", 7));
    let registry = registry();
    let error = how.target(Destination::Path("x.pgm".into()), &registry).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("comment: '7' is not text"), "{error}");
    let infos: Vec<_> = registry.infos().collect();
    let npy: Vec<_> = infos.iter().filter(|info| info.name == "npy").copied().collect();
    let asked = Options::new().with("comment", "x");
    assert!(asked.check(&infos, infos.iter().copied()).is_ok());
    let error = asked.check(&npy, infos.iter().copied()).unwrap_err();
    assert_eq!(error.to_string(), "comment is not an option of npy, but of pgm");
}

#[test]
fn hostile_heads_are_errors_with_their_place() {
    let cases: [(&[u8], &str, u64); 9] = [
        (b"P5 -1 2 255 ", "the width is not 0..=18446744073709551615", 3),
        (b"P5 1x 2 255 ", "the width", 4),
        (b"P5 1 2 65536 ", "the maxval is not 1..=65535", 12),
        (b"P5 1 2 0 ", "the maxval", 8),
        (b"P5 1 99999999999999999999 255 ", "the height", 25),
        (b"P5 4294967296 4294967296 255 ", "too large to address", 29),
        (b"P5 1 1 255", "the input ends inside the maxval", 10),
        (b"P5 # endless", "the input ends inside the comment", 12),
        (b"P5 3 3 255 \0\0", "the input ends inside the data", 11),
    ];
    for (bytes, text, offset) in cases {
        let (kind, said, at) = refused(bytes);
        assert_eq!(kind, ErrorKind::Malformed, "{said}");
        assert!(said.contains(text), "{said}");
        assert_eq!(at, Some(offset), "{said}");
    }
}
