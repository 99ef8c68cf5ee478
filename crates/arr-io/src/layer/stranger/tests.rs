use arr_core::ErrorKind;
use proptest::prelude::*;

use super::stranger;

/// `bytes` at `at`, behind zeros.
fn at(at: usize, bytes: &[u8]) -> Vec<u8> {
    [vec![0; at].as_slice(), bytes, &[1; 32]].concat()
}

/// The headers of members of those names, without data.
fn zip(names: &[&str]) -> Vec<u8> {
    let header = |name: &&str| {
        let len = u8::try_from(name.len()).unwrap();
        [b"PK\x03\x04".as_slice(), &[0; 22], &[len, 0, 0, 0], name.as_bytes()].concat()
    };
    names.iter().flat_map(header).collect()
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(unit).collect()
}

fn matlab_4() -> Vec<u8> {
    let fields: [i32; 5] = [0, 3, 4, 0, 2];
    [fields.map(i32::to_le_bytes).concat().as_slice(), b"A\0", &[0; 96]].concat()
}

fn bmp() -> Vec<u8> {
    [b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0".as_slice(), &[40, 0, 0, 0], &[0; 36]].concat()
}

fn windows_program() -> Vec<u8> {
    let mut head = at(0x3C, &[0x40, 0, 0, 0]);
    head[..2].copy_from_slice(b"MZ");
    head[0x40..0x44].copy_from_slice(b"PE\0\0");
    head
}

fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let fixed: [(&str, &[u8]); 95] = [
        ("empty", b""),
        ("HTML", b"<!DOCTYPE html>\n<html><head><title>Sign in</title>"),
        ("HTML, blanks and a mark first", b"\xEF\xBB\xBF \r\n <HTML lang=en>"),
        ("XHTML", b"<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\">"),
        ("XML", b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<data/>"),
        (
            "XML of S3",
            b"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>no</Message></Error>",
        ),
        ("Git LFS", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
        ("PDF", b"%PDF-1.7\n%\xE2\xE3\xCF\xD3"),
        ("PostScript", b"%!PS-Adobe-3.0"),
        ("pickle 0, dict", b"(dp0\nVa\np1\nI1\ns."),
        ("pickle 0, list", b"(lp0\nI1\na."),
        ("pickle 0, array", b"cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n"),
        ("pickle 1, dict", b"}q\0U\x01aq\x01K\x01s."),
        ("pickle 1, array", b"cnumpy.core.multiarray\n_reconstruct\nq\0(cnumpy\n"),
        ("pickle 2", b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n"),
        ("pickle 3", b"\x80\x03}q\0(X"),
        ("pickle 4", b"\x80\x04\x95\x0b\0\0\0\0\0\0\0"),
        ("pickle 5", b"\x80\x05\x95\x0b\0\0\0\0\0\0\0"),
        ("PyTorch before 1.6", b"\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19\x2E\x80\x02"),
        ("HDF5", b"\x89HDF\r\n\x1A\n\0\0\0\0"),
        ("HDF4", b"\x0E\x03\x13\x01\0\0"),
        ("NetCDF 1", b"CDF\x01\0\0\0\0"),
        ("NetCDF 2", b"CDF\x02\0\0\0\0"),
        ("NetCDF 5", b"CDF\x05\0\0\0\0"),
        ("MATLAB 5", b"MATLAB 5.0 MAT-file, Platform: GLNXA64"),
        ("MATLAB 7.3", b"MATLAB 7.3 MAT-file, Platform: GLNXA64"),
        ("FITS", b"SIMPLE  =                    T / file does conform"),
        ("NRRD", b"NRRD0004\ntype: float\n"),
        ("GRIB", b"GRIB\0\0\0\x02"),
        ("ROOT", b"root\0\0\xF3\xC8"),
        ("R, RDX", b"RDX3\nX\n\0\0\0\x03"),
        ("R, RDS", b"X\n\0\0\0\x03\0\x04\x02\x01"),
        ("Parquet", b"PAR1\x15\x04"),
        ("Parquet, encrypted", b"PARE\x15\x04"),
        ("Arrow", b"ARROW1\0\0\xFF\xFF\xFF\xFF"),
        ("Feather 1", b"FEA1\0\0\0\0"),
        ("ORC", b"ORC\x08\x03"),
        ("Avro", b"Obj\x01\x04\x16avro.schema"),
        ("SQLite", b"SQLite format 3\0\x10\0"),
        ("Zarr 2", b"{\n    \"chunks\": [10],\n    \"zarr_format\": 2\n}"),
        ("Zarr, consolidated", b"{\"zarr_consolidated_format\": 1, \"metadata\": {}}"),
        ("safetensors", b"\x40\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\""),
        ("safetensors, none", b"\x02\0\0\0\0\0\0\0{}"),
        ("GGUF", b"GGUF\x03\0\0\0"),
        ("TFLite", b"\x1C\0\0\0TFL3\x14\0"),
        ("ONNX", b"\x08\x07\x12\x07pytorch\x1A\x051.9.0"),
        ("SavedModel", b"\x08\x01\x12\xB4\x90\x02\x0A\x9A\x04"),
        ("PNG", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"),
        ("JPEG", b"\xFF\xD8\xFF\xE0\0\x10JFIF"),
        ("GIF", b"GIF89a\x10\0"),
        ("TIFF, little", b"II*\0\x08\0\0\0"),
        ("TIFF, big", b"MM\0*\0\0\0\x08"),
        ("BigTIFF", b"II+\0\x08\0\0\0"),
        ("WebP", b"RIFF\x24\0\0\0WEBPVP8 "),
        ("WAV", b"RIFF\x24\0\0\0WAVEfmt \x10"),
        ("Office 97", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0"),
        ("ELF", b"\x7fELF\x02\x01\x01\x00\x00"),
        ("Mach-O", b"\xCF\xFA\xED\xFE\x07\0\0\x01"),
        ("Java class", b"\xCA\xFE\xBA\xBE\0\0\0\x34"),
        ("WebAssembly", b"\0asm\x01\0\0\0"),
        ("7z", b"7z\xBC\xAF\x27\x1C\0\x04"),
        ("rar", b"Rar!\x1A\x07\x01\0"),
        ("zip, empty", b"PK\x05\x06\0\0\0\0"),
        ("zip, in parts", b"PK\x07\x08PK\x03\x04"),
        ("zip, cut", b"PK\x03\x04\x14\0"),
        ("lz4", b"\x04\x22\x4D\x18\x64\x40"),
        ("lzip", b"LZIP\x01\x0C"),
        ("compress", b"\x1F\x9D\x90"),
        ("snappy", b"\xFF\x06\0\0sNaPpY"),
        ("AppleDouble", b"\0\x05\x16\x07\0\x02\0\0Mac OS X        "),
        ("gzip", b"\x1F\x8B\x08\0\0\0\0\0\0\x03"),
        ("bzip2", b"BZh91AY&SY"),
        ("xz", b"\xFD7zXZ\0\0\x04"),
        ("zstd", b"\x28\xB5\x2F\xFD\x24\x05"),
        ("JSON object", b"{\"message\": \"Not Found\"}"),
        ("JSON list", b"[[1.0, 2.0], [3.0, 4.0]]"),
        ("JSON, empty list", b" []\n"),
        ("printed by NumPy", b"[[1. 2.]\n [3. 4.]]\n"),
        ("text", b"x,y,z\n1,2,3\n"),
        ("text, a word per line", b"cat\ndog\npig\n"),
        ("text, blanks", b" \n\t\r\n"),
        ("text, long", "über ".repeat(40).leak().as_bytes()),
        ("text, cut in a character", b"caf\xC3\xA9 caf\xC3"),
        ("text, escapes", b"\x1B[31mred\x1B[0m\x07"),
        ("text, escapes without a bell", b"\x1B[31mred\x1B[0m"),
        ("text, right to left", "a\u{202E}b\u{2066}c\u{200B}".as_bytes()),
        ("Latin-1", b"caf\xE9 au lait"),
        ("letters", b"ABCD-1234 \x00\x01\x02"),
        ("C1 controls", b"\xC2\x9B31m"),
        ("delete", b"abcdef\x7F\x00"),
        ("zeros", &[0; 64]),
        ("numbers", b"\x00\x00\x80\x3F\x00\x00\x00\x40"),
        ("one byte", b"\x93"),
        ("BMP, in name only", b"BMW and other cars"),
        ("MZ, in name only", b"MZ\x90\0"),
    ];
    let made = [
        ("HDF5 behind a user block", at(512, b"\x89HDF\r\n\x1A\n")),
        ("NIfTI", at(344, b"n+1\0")),
        ("DICOM", at(128, b"DICM")),
        ("tar", at(257, b"ustar\x0000")),
        ("BMP", bmp()),
        ("PE", windows_program()),
        ("MATLAB 4", matlab_4()),
        ("PyTorch", zip(&["archive/data.pkl", "archive/version"])),
        ("Excel", zip(&["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"])),
        ("Word", zip(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"])),
        ("Keras 3", zip(&["metadata.json", "config.json", "model.weights.h5"])),
        ("Deeplearning4j", zip(&["configuration.json", "coefficients.bin"])),
        ("Java archive", zip(&["META-INF/", "META-INF/MANIFEST.MF"])),
        ("zip", zip(&["notes/\x1B[2Ja.txt", "b.txt"])),
        ("UTF-16, little", utf16("x;y\n1;2\n", u16::to_le_bytes)),
        ("UTF-16, big", utf16("x;y\n1;2\n", u16::to_be_bytes)),
    ];
    let fixed = fixed.into_iter().map(|(name, head)| (name, head.to_vec()));
    fixed.chain(made).collect()
}

/// True for what a terminal would act upon: controls, and what turns the direction of text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{61C}')
}

#[test]
#[cfg(all(
    feature = "bzip2",
    feature = "gzip",
    feature = "npy",
    feature = "npz",
    feature = "xz",
    feature = "zstd"
))]
fn every_kind_has_its_sentence() {
    let all: Vec<String> = kinds().iter().map(|(name, head)| format!("{name}: {}", stranger(head))).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn kinds_of_errors_stay() {
    for (name, head) in kinds() {
        let error = stranger(&head);
        let kind = if head.is_empty() { ErrorKind::Malformed } else { ErrorKind::Unsupported };
        assert_eq!((error.kind(), error.offset()), (kind, Some(0)), "{name}");
        assert!(!error.to_string().contains(is_unsafe), "{name}: {error:?}");
    }
}

#[test]
#[cfg(not(feature = "gzip"))]
fn a_feature_that_is_missing_is_named() {
    assert_eq!(
        stranger(b"\x1F\x8B\x08\0\0\0\0\0\0\x03").to_string(),
        "this is data compressed by gzip, which this build of arr-io does not read: it is without the feature 'gzip' \
         (at byte 0)"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_have_a_sentence_without_controls(head in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(!stranger(&head).to_string().contains(is_unsafe));
    }

    #[test]
    fn any_text_has_one_too(text in any::<String>(), kind in any::<prop::sample::Index>()) {
        let kinds = kinds();
        let (_, head) = &kinds[kind.index(kinds.len())];
        for head in [text.as_bytes().to_vec(), utf16(&text, u16::to_le_bytes), [head, text.as_bytes()].concat(), zip(&[&text])] {
            prop_assert!(!stranger(&head).to_string().contains(is_unsafe));
        }
    }
}
