//! Every limit has its flag, and every error of a limit names it.
#![allow(clippy::panic, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use arr_io::Limits;
use support::{arr_in, arr_with_input, f8, fixtures, folder, npy};

/// An empty member of a gzip file.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0";

/// A Zstandard frame (RFC 8878) of a header and 1.25 GiB of zeros, in blocks of one repeated byte.
fn zeros_in_zstd() -> Vec<u8> {
    let block =
        |kind: usize, len: usize, last: bool| (usize::from(last) | kind << 1 | len << 3).to_le_bytes();
    let header = npy("'|u1'", false, &format!("({},)", 10_000 << 17), &[]);
    // No checksum, no size, a window of 1 MiB; then a raw block.
    let mut file = b"\x28\xb5\x2f\xfd\x00\x50".to_vec();
    file.extend([&block(0, header.len(), false)[..3], header.as_slice()].concat());
    for index in 0..10_000 {
        file.extend([&block(1, 1 << 17, index == 9_999)[..3], &[0]].concat());
    }
    file
}

/// Files that a limit of this name refuses, and a value of it that does.
fn refused(limit: &str) -> (&'static [&'static str], &'static str) {
    match limit {
        "max_bytes" => (&["rows.npy", "text.txt", "-"], "15"),
        "max_header_size" => (&["rows.npy", "text.txt"], "10"),
        "max_rank" => (&["rows.npy", "text.txt"], "1"),
        "max_depth" => (&["rows.npy", "text.txt"], "1"),
        "max_items" => (&["nothing.npy"], "2"),
        "max_members" => (&["two.npz", "two.npy.gz"], "1"),
        "max_expansion_ratio" => (&["large.npy.zst"], "2"),
        other => panic!("no file shows what {other} refuses"),
    }
}

#[test]
fn every_error_of_a_limit_names_its_flag() {
    let rows = npy("'<f8'", false, "(2, 2)", &f8(&[1.0, 2.0, 3.0, 4.0]));
    let two = std::fs::read(fixtures().join("hostile/npz/crc-wrong-stored.npz")).unwrap();
    let text = std::fs::read(fixtures().join("nd4j/nd4j-txt/m21-f32-2x3x2-c.txt")).unwrap();
    let folder = folder(&[
        ("rows.npy", &rows),
        ("nothing.npy", &npy("'|S0'", false, "(3,)", &[])),
        ("text.txt", &text),
        ("two.npz", &two),
        ("two.npy.gz", &[GZIP, GZIP].concat()),
        ("large.npy.zst", &zeros_in_zstd()),
    ]);
    for info in Limits::ALL {
        let flag = format!("--{}", info.name.replace('_', "-"));
        let (files, value) = refused(info.name);
        for file in files {
            let command = if file.ends_with(".zst") { "check" } else { "show" };
            let args = [command, *file, &format!("{flag}={value}")];
            let run = if *file == "-" {
                arr_with_input(folder.path(), &args, &two)
            } else {
                arr_in(folder.path(), &args)
            };
            let error = run.fails();
            assert!(error.contains(&format!("; {flag} allows more")), "{args:?}: {error}");
        }
    }
}

#[test]
fn what_no_flag_allows_is_refused_without_one() {
    let dims = "1, ".repeat(65);
    let folder = folder(&[("deep.npy", &npy("'<f8'", false, &format!("({dims})"), &f8(&[1.0])))]);
    for args in [&["show", "deep.npy"][..], &["show", "deep.npy", "--max-rank=99"]] {
        let error = arr_in(folder.path(), args).fails();
        assert!(error.contains("65 dimensions exceed the limit of 64") && !error.contains("--"), "{error}");
    }
}
