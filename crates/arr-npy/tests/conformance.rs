//! `.npy` and `.npz` show what every format shows.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_conformance::Suite;
use arr_core::Scalar;
use arr_npy::format::Npy;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(folder)
}

#[test]
fn npy() {
    let suite = Suite::new(&Npy)
        .without(&[Scalar::BF16])
        .effort(1000)
        .folder(&fixtures("numpy/npy"), |name| name.ends_with("fortran.npy") && !name.starts_with("object"))
        .unwrap();
    let suite = suite.broken_folder(&fixtures("hostile/npy"), |name| name.ends_with(".npy")).unwrap();
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}

#[cfg(feature = "npz")]
#[test]
fn npz() {
    let suite = Suite::new(&arr_npy::format::Npz)
        .dtypes(["<f4", ">i2", "<U2"].map(|text| text.parse().unwrap()))
        .effort(40)
        .overhead(4096);
    let suite = suite.folder(&fixtures("numpy/npz"), |name| name == "bzip2.npz").unwrap();
    // Of an archive that is a bomb much would be read before it is refused.
    let wanted = |name: &str| name.ends_with(".npz") && !name.starts_with("bomb");
    let suite = suite.broken_folder(&fixtures("hostile/npz"), wanted).unwrap();
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}
