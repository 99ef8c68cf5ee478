//! Maps with NumPy's four modes: what is written through each is seen where NumPy would show it.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a failed assumption is a failed test"
)]

use std::fs;

use arr_conformance::{own_file, said};
use arr_core::{ByteOrder, DType, ErrorKind, Limits, Order, SaveOptions};
use arr_npy::{Header, MapOptions, Version, WriteOptions};
use proptest::prelude::*;

fn values(path: &std::path::Path) -> Vec<u16> {
    arr_npy::read(path).unwrap().to_vec().unwrap()
}

#[test]
fn changes_reach_the_file_in_two_modes_of_four() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    arr_npy::save(&path, &vec![1u16, 2, 3]).unwrap();
    let before = own_file!(arr_npy::map(&path)).unwrap();

    let mut private = own_file!(arr_npy::map_private(&path)).unwrap();
    private.typed_mut::<u16>().unwrap()[[0]] = 10;
    private.flush().unwrap();
    assert_eq!(private.to_vec::<u16>().unwrap(), [10, 2, 3]);
    assert_eq!((values(&path), before.to_vec::<u16>().unwrap()), (vec![1, 2, 3], vec![1, 2, 3]));
    drop((private, before));

    let mut shared = own_file!(arr_npy::map_mut(&path)).unwrap();
    shared.typed_mut::<u16>().unwrap()[[1]] = 20;
    assert_eq!(values(&path), [1, 20, 3]);
    shared.flush().unwrap();
    drop(shared);

    // A new file: the old one is still what an older map shows.
    let old = own_file!(arr_npy::map(&path)).unwrap();
    let mut new = own_file!(arr_npy::create_map(&path, DType::of::<u16>(), &[2])).unwrap();
    assert_eq!(values(&path), [0, 0]);
    new.typed_mut::<u16>().unwrap().fill(7);
    assert_eq!((values(&path), old.to_vec::<u16>().unwrap()), (vec![7, 7], vec![1, 20, 3]));
}

#[cfg(unix)]
#[test]
fn a_private_map_needs_no_permission_to_write() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    arr_npy::save(&path, &vec![1u16]).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let mut map = own_file!(arr_npy::map_private(&path)).unwrap();
    map.typed_mut::<u16>().unwrap()[[0]] = 2;
    assert_eq!((map.get::<u16>(&[0]).unwrap(), values(&path)), (2, vec![1]));
    // The super-user may write everything.
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        assert_eq!(own_file!(arr_npy::map_mut(&path)).unwrap_err().kind(), ErrorKind::Io);
    }
}

#[test]
fn a_short_file_is_never_made_longer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let mut bytes = arr_npy::to_bytes(&vec![1.0f64; 100]).unwrap();
    bytes.truncate(bytes.len() - 1);
    fs::write(&path, &bytes).unwrap();
    let maps = [
        own_file!(arr_npy::map_mut(&path)).err(),
        own_file!(arr_npy::map_private(&path)).err(),
        own_file!(arr_npy::map(&path)).err(),
    ];
    for error in maps {
        let error = error.unwrap();
        assert_eq!(
            said(&error),
            "npy: the input ends inside the data: expected 800 bytes, found 799 (at byte 128)"
        );
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
    fs::write(&path, b"").unwrap();
    assert!(own_file!(arr_npy::map_mut(&path)).is_err() && own_file!(arr_npy::map_private(&path)).is_err());
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[test]
fn a_bad_request_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    arr_npy::save(&path, &vec![1u16]).unwrap();
    let try_with = |options: &MapOptions, dtype: &str, shape: &[usize]| {
        let error = own_file!(options.create(&path, dtype.parse::<DType>().unwrap(), shape)).unwrap_err();
        assert_eq!((values(&path), fs::read_dir(folder.path()).unwrap().count()), (vec![1], 1), "{error}");
        error.kind()
    };
    let plain = MapOptions::new();
    assert_eq!(try_with(&plain, "|O", &[3]), ErrorKind::Unsupported);
    assert_eq!(try_with(&plain, "[('a', '|O')]", &[3]), ErrorKind::Unsupported);
    assert_eq!(try_with(&plain, "<f8", &[1 << 40, 1 << 40]), ErrorKind::InvalidArgument);
    assert_eq!(try_with(&plain, "<f8", &[1; 65]), ErrorKind::InvalidArgument);
    assert_eq!(try_with(&plain, "|V0", &[1 << 60]), ErrorKind::LimitExceeded);
    assert_eq!(try_with(&plain, "|u1", &[isize::MAX as usize]), ErrorKind::Io);
    assert_eq!(
        try_with(&plain.clone().version(Version::V1_0), "[('\u{4e16}', '|u1')]", &[1]),
        ErrorKind::InvalidArgument
    );
    assert_eq!(
        try_with(&plain.clone().limits(Limits::default().max_rank(1)), "|u1", &[1, 1]),
        ErrorKind::LimitExceeded
    );
    assert_eq!(try_with(&plain.keep_existing(), "|u1", &[1]), ErrorKind::Io);
    assert!(own_file!(arr_npy::create_map(folder.path(), DType::of::<u8>(), &[1])).is_err());
}

#[test]
fn what_cannot_be_mapped_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let mut pickled = Header::new(DType::Object, &[2], Order::C).unwrap().to_bytes(None).unwrap();
    pickled.extend([0; 40]);
    fs::write(&path, pickled).unwrap();
    let error = own_file!(arr_npy::map_mut(&path)).unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("object items")), (ErrorKind::Unsupported, true));

    let foreign = if cfg!(target_endian = "little") { ByteOrder::Big } else { ByteOrder::Little };
    WriteOptions::new().byte_order(foreign).save(&path, &vec![1u16, 2]).unwrap();
    let mut map = own_file!(arr_npy::map_mut(&path)).unwrap();
    let error = map.typed_mut::<u16>().unwrap_err();
    assert!(error.to_string().starts_with("the byte order is foreign"), "{error}");
    assert_eq!(map.to_vec::<u16>().unwrap(), [1, 2]);
    let swapped = arr_core::Array::from_vec(vec![3u16, 4], &[2]).unwrap();
    map.assign(&swapped).unwrap();
    assert_eq!(values(&path), [3, 4]);
}

#[test]
fn fields_of_records_are_written_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let dtype: DType = "[('flag', '|b1'), ('x', '<f4', (2,)), ('n', '>u2')]".parse().unwrap();
    let mut map = own_file!(arr_npy::create_map(&path, dtype, &[2])).unwrap();
    map.field_mut("flag").unwrap().typed_mut::<bool>().unwrap()[[1]] = true;
    let numbers = arr_core::Array::from_vec(vec![1u16, 2], &[2]).unwrap();
    map.field_mut("n").unwrap().assign(&numbers).unwrap();
    let floats = arr_core::Array::from_vec(vec![0.5f32, 1.0, 1.5, 2.0], &[2, 2]).unwrap();
    map.field_mut("x").unwrap().assign(&floats).unwrap();
    assert!(map.field_mut("y").is_err());
    let read = arr_npy::read(&path).unwrap();
    assert_eq!(read.field("flag").unwrap().to_vec::<bool>().unwrap(), [false, true]);
    assert_eq!(read.field("x").unwrap().to_vec::<f32>().unwrap(), [0.5, 1.0, 1.5, 2.0]);
    assert_eq!(read.field("n").unwrap().to_vec::<u16>().unwrap(), [1, 2]);
}

#[test]
fn arrays_without_bytes_map_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    for (dtype, shape) in [("<f8", &[0][..]), ("<f4", &[3, 0, 2]), ("|S0", &[4]), ("[]", &[2])] {
        let mut map = own_file!(arr_npy::create_map(&path, dtype.parse::<DType>().unwrap(), shape)).unwrap();
        assert_eq!((map.shape(), map.nbytes()), (shape, 0));
        assert_eq!(fs::metadata(&path).unwrap().len(), 128);
        if dtype == "<f8" {
            assert!(map.typed_mut::<f64>().unwrap().is_empty());
        }
        map.flush().unwrap();
        for mapped in [own_file!(arr_npy::map_mut(&path)), own_file!(arr_npy::map_private(&path))] {
            assert_eq!(mapped.unwrap().shape(), shape);
        }
        assert_eq!(own_file!(arr_npy::map(&path)).unwrap().shape(), shape);
    }
    let scalar = own_file!(arr_npy::create_map(&path, DType::of::<u8>(), &[])).unwrap();
    assert_eq!((scalar.len(), scalar.get::<u8>(&[]).unwrap()), (1, 0));
}

#[test]
fn bytes_behind_the_array_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let mut bytes = arr_npy::to_bytes(&vec![1u16, 2]).unwrap();
    bytes.extend(b"tail");
    fs::write(&path, &bytes).unwrap();
    own_file!(arr_npy::map_mut(&path)).unwrap().typed_mut::<u16>().unwrap()[[1]] = 9;
    assert_eq!(values(&path), [1, 9]);
    assert!(fs::read(&path).unwrap().ends_with(b"tail"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_new_file_is_the_saved_one(
        dtype in prop_oneof![
            Just("<f4"), Just(">i8"), Just("|b1"), Just("<U3"), Just("|S2"), Just("<M8[ns]"), Just("<f16"), Just("bfloat16"),
            Just("[('a', '<i2'), ('\u{e9}', [('b', '>f8')], (2,))]"), Just("[('\u{4e16}', '|u1')]"),
        ],
        shape in prop::collection::vec(0usize..5, 0..4),
        fortran in any::<bool>(),
        version in prop_oneof![Just(None), Just(Some(Version::V2_0)), Just(Some(Version::V3_0))],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let order = if fortran { Order::F } else { Order::C };
        let dtype: DType = if dtype == "bfloat16" { arr_core::Scalar::BF16.into() } else { dtype.parse().unwrap() };
        let (mut map, mut write) = (MapOptions::new().order(order), WriteOptions::new().order(order));
        if let Some(version) = version {
            (map, write) = (map.version(version), write.version(version));
        }
        let write = write.save_options(SaveOptions::new());
        let expected = arr_core::Array::zeros(dtype.clone(), &shape).unwrap().freeze();
        match (write.to_bytes(&expected), own_file!(map.create(&path, dtype.clone(), &shape))) {
            (Ok(bytes), Ok(mapped)) => {
                prop_assert_eq!(fs::read(&path).unwrap(), bytes);
                prop_assert_eq!((mapped.dtype(), mapped.shape()), (&dtype, &shape[..]));
            }
            (written, mapped) => prop_assert!(written.is_err() && mapped.is_err()),
        }
    }
}
