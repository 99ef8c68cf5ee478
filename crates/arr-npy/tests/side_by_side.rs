//! Whatever number of threads there is, and where none can be started, archives are the same.
#![cfg(feature = "npz")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::Path;
use std::process::Command;

use arr_core::Array;
use arr_core::format::threads;
use arr_npy::{Npz, NpzOptions};

/// Where a child writes.
const PATH: &str = "ARR_SIDE_BY_SIDE";

/// A large member that is deflated in segments, one of noise, and small ones that are deflated together.
fn members() -> Vec<(String, Array)> {
    let mut state = 88_172_645_463_325_252u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let smooth: Vec<u32> = (0..7_000_000).map(|at| at / 3).collect();
    let noise: Vec<u64> = (0..700_000).map(|_| noise() % 1_000_000).collect();
    let array = |values: Vec<u32>| Array::from_vec(values.clone(), &[values.len()]).unwrap();
    let mut all = vec![
        ("smooth".to_owned(), array(smooth)),
        ("noise".to_owned(), Array::from_vec(noise.clone(), &[noise.len()]).unwrap()),
    ];
    all.extend((0..300).map(|at| (format!("small{at}"), array((0..at * 7 % 200).collect()))));
    all
}

/// Writes an archive, reads it again in all ways, and gives its bytes.
fn bytes(path: &Path) -> Vec<u8> {
    let members = members();
    let named = || members.iter().map(|(name, array)| (name, array));
    NpzOptions::new().level(6).save(path, named()).unwrap();
    let npz = Npz::open(path).unwrap();
    for ((name, array), (key, read)) in members.iter().zip(npz.read_all().unwrap()) {
        assert!(*name == key && read.items().eq(array.items()), "{name}");
        assert!(npz.get(name).unwrap().items().eq(array.items()), "{name}");
    }
    std::fs::read(path).unwrap()
}

#[test]
fn any_number_of_threads_writes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let expected = bytes(&path);
    for count in [1, 2, 3, 9] {
        assert!(threads::with_count(count, || bytes(&path)) == expected, "{count} threads");
    }
}

#[test]
#[ignore = "is started by another test"]
fn child_writes() {
    if let Some(path) = std::env::var_os(PATH) {
        assert_eq!(threads::count(), 1);
        bytes(Path::new(&path));
    }
}

/// With one thread by the variable that says how many, and with stacks so large that no thread can have one.
#[test]
fn one_thread_writes_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let expected = bytes(&folder.path().join("x.npz"));
    let (too_large, path) = ((1u64 << 46).to_string(), folder.path().join("y.npz"));
    for (name, value) in [("RAYON_NUM_THREADS", "1"), ("RUST_MIN_STACK", too_large.as_str())] {
        if name == "RUST_MIN_STACK" && !cfg!(all(target_os = "linux", target_pointer_width = "64")) {
            continue;
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", "child_writes", "--ignored", "--test-threads=1"])
            .env(name, value)
            .env(PATH, &path);
        let run = child.output().unwrap();
        assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stdout));
        assert!(std::fs::read(&path).unwrap() == expected, "{name}");
        std::fs::remove_file(&path).unwrap();
    }
}
