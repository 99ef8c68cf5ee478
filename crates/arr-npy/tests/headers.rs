//! Header texts, good and bad, and what the newest NumPy made of them: `fixtures/numpy/headers.json`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::Path;

use arr_core::{ByteOrder, DType, ErrorKind, Limits};
use arr_npy::{Header, Version, parse_header};
use serde_json::Value;

/// The lines of the file, one a header.
fn lines() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/numpy/headers.json");
    // Python writes half a surrogate pair into JSON, in the answer to a header that is refused here.
    let text = std::fs::read_to_string(path).unwrap().replace(r#""\ud83d""#, r#""\ufffd""#);
    let lines = text.lines().filter(|line| line.starts_with("{\""));
    lines.map(|line| parse_line(line.trim_end_matches(','))).collect()
}

/// Some answers are nested deeper than the JSON parser goes; these lose their descr.
fn parse_line(line: &str) -> Value {
    let shallow = || {
        let (start, rest) = line.split_once("\"descr\": ").unwrap();
        let (_, end) = rest.split_once(", \"fortran_order\"").unwrap();
        format!("{start}\"descr\": null, \"fortran_order\"{end}")
    };
    serde_json::from_str(line).or_else(|_| serde_json::from_str(&shallow())).unwrap()
}

/// The text or its bytes, in the encoding of the version; nothing if it can't be encoded.
fn text_bytes(line: &Value, version: Version) -> Option<Vec<u8>> {
    if let Some(hex) = line["hex"].as_str() {
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        return Some((0..hex.len()).step_by(2).map(byte).collect());
    }
    let text = line["text"].as_str().unwrap();
    if version == Version::V3_0 {
        return Some(text.as_bytes().to_vec());
    }
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// A file that holds nothing but a header of that text.
fn file(text: &[u8], version: Version) -> Option<Vec<u8>> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version.major(), version.minor()]);
    match version {
        Version::V1_0 => bytes.extend(u16::try_from(text.len()).ok()?.to_le_bytes()),
        _ => bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes()),
    }
    bytes.extend(text);
    Some(bytes)
}

fn versions(line: &Value) -> Vec<Version> {
    let major = |version: &Value| version[0].as_u64().unwrap();
    let listed: Vec<u64> = line["versions"].as_array().unwrap().iter().map(major).collect();
    Version::ALL.into_iter().filter(|version| listed.contains(&u64::from(version.major()))).collect()
}

/// The dtype of a `descr` in which tuples became lists.
fn dtype(descr: &Value) -> DType {
    let text = match descr {
        Value::String(text) => text.clone(),
        descr => literal(descr),
    };
    text.parse().unwrap_or_else(|error| panic!("{descr}: {error}"))
}

fn literal(descr: &Value) -> String {
    match descr {
        Value::Array(parts) => format!("[{}]", parts.iter().map(field).collect::<Vec<_>>().join(", ")),
        text => py_str(text),
    }
}

fn field(parts: &Value) -> String {
    let name = match &parts[0] {
        Value::Array(names) => format!("({}, {})", py_str(&names[0]), py_str(&names[1])),
        name => py_str(name),
    };
    let shape = parts.get(2).map(|dims| format!(", {}", tuple(dims))).unwrap_or_default();
    format!("({name}, {}{shape})", base(&parts[1]))
}

/// Where a dtype stands, a list of a dtype and a list of numbers is a sub-array.
fn base(descr: &Value) -> String {
    match descr.as_array().map(Vec::as_slice) {
        Some([inner, dims @ Value::Array(list)]) if !list.is_empty() && list.iter().all(Value::is_u64) => {
            format!("({}, {})", base(inner), tuple(dims))
        }
        _ => literal(descr),
    }
}

fn tuple(dims: &Value) -> String {
    let dims: String = dims.as_array().into_iter().flatten().map(|dim| format!("{dim}, ")).collect();
    format!("({dims})")
}

fn py_str(name: &Value) -> String {
    arr_core::format::literal::py_repr(name.as_str().unwrap())
}

/// What differs between the header and what NumPy read, if anything does.
fn difference(header: &Header, ok: &Value) -> Option<String> {
    let shape: Vec<u64> = header.shape().iter().map(|dim| *dim as u64).collect();
    let expected: Option<Vec<u64>> = ok["shape"].as_array().unwrap().iter().map(Value::as_u64).collect();
    let found = header.dtype();
    // NumPy answered on a little-endian machine; on a big-endian one, types that name no byte order are big-endian.
    let same = |wanted: DType| {
        *found == wanted || cfg!(target_endian = "big") && found.with_byte_order(ByteOrder::Little) == wanted
    };
    if !ok["descr"].is_null() && !same(dtype(&ok["descr"])) {
        return Some(format!("dtype {} {:?}", header.dtype(), header.dtype()));
    }
    if header.dtype().itemsize() as u64 != ok["itemsize"].as_u64().unwrap() {
        return Some(format!("itemsize {}", header.dtype().itemsize()));
    }
    if Some(shape) != expected || Some(header.fortran_order()) != ok["fortran_order"].as_bool() {
        return Some(format!("shape {:?}, order {}", header.shape(), header.order()));
    }
    None
}

/// True for a sub-array as the dtype of the whole array, which NumPy can read by accident if it has one item, or if
/// the data is a pickle.
fn is_sub_array(ok: &Value) -> bool {
    let descr = ok["descr"].as_array();
    descr.is_some_and(|parts| parts.last().is_some_and(|shape| shape[0].is_u64()))
}

/// True for byte strings that are called `a`, or `a5`.
fn is_old_name(line: &Value, dtype: &DType) -> bool {
    let is_called = |text: &str| ["a'", "a0'", "a5'"].iter().any(|name| text.contains(name));
    matches!(dtype, DType::Bytes(0 | 5)) && line["text"].as_str().is_some_and(is_called)
}

/// Checks one line in one version; the answer is what is wrong.
fn check(line: &Value, version: Version) -> Option<String> {
    let bytes = file(&text_bytes(line, version)?, version)?;
    let read = parse_header(&bytes, &Limits::default());
    let ok = &line["ok"];
    match (&read, line["policy"].as_str()) {
        (Err(error), _) if error.kind() == ErrorKind::Io => Some(format!("{error:?}")),
        (Err(error), _) if error.format() != Some("npy") || error.offset().is_none() => {
            Some(format!("{error:?}"))
        }
        (Err(_), Some(_)) => None,
        (Err(_), None) if ok.is_null() || !line["fails_later"].is_null() || is_sub_array(ok) => None,
        (Err(error), None) => Some(format!("refused: {error:?}")),
        (Ok(header), Some("refuse")) => Some(format!("accepted: {header:?}")),
        // Long doubles of 12 bytes are known to NumPy only where it has them: on 32-bit x86.
        (Ok(header), _) if ok.is_null() && [12, 24].contains(&header.dtype().itemsize()) => None,
        // NumPy knew byte strings by a second letter until 2.4.
        (Ok(header), _) if ok.is_null() && is_old_name(line, header.dtype()) => None,
        (Ok(header), _) if ok.is_null() => Some(format!("accepted: {header:?}")),
        (Ok(header), _) => difference(header, ok),
    }
}

#[test]
fn headers_are_read_as_numpy_reads_them() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for line in lines() {
        for version in versions(&line) {
            checked += 1;
            if let Some(difference) = check(&line, version) {
                wrong.push(format!("{version} {line}\n    {difference}"));
            }
        }
    }
    assert!(checked > 1000, "only {checked} headers");
    assert!(wrong.is_empty(), "{} of {checked} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// The files that the real NumPys wrote: their headers are read as they were meant, and written again byte for byte
/// as the newest does.
#[test]
fn headers_of_files_are_read_and_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/numpy");
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let newest = manifest["producers"].as_array().unwrap().last().unwrap();
    let (mut read, mut rewritten) = (0, 0);
    for file in manifest["files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(path)).unwrap();
        for array in file["arrays"].as_array().unwrap() {
            let offset = |key: &str| usize::try_from(array[key].as_u64().unwrap()).unwrap();
            let (start, data) = (offset("header_offset"), offset("data_offset"));
            let header = parse_header(&bytes[start..], &Limits::default()).unwrap();
            let version = [header.version().major(), header.version().minor()].map(u64::from);
            assert_eq!(
                array["version"].as_array().unwrap().iter().filter_map(Value::as_u64).collect::<Vec<_>>(),
                version
            );
            assert_eq!(usize::try_from(header.data_offset()).unwrap(), data - start, "{path}");
            assert_eq!(header.fortran_order(), array["fortran_order"].as_bool().unwrap(), "{path}");
            let shape: Vec<u64> =
                array["shape"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
            assert_eq!(header.shape().iter().map(|dim| *dim as u64).collect::<Vec<_>>(), shape, "{path}");
            assert_eq!(*header.dtype(), dtype(&array["descr"]), "{path}");
            if array["object"] == false {
                assert_eq!(usize::try_from(header.data_len()).unwrap(), offset("end") - data, "{path}");
            }
            read += 1;
            // Types of ml_dtypes are opaque bytes to NumPy: `<V2` is read as `|V2`.
            let foreign = array["header"].as_str().unwrap().contains("'<V");
            if file["producers"].as_array().unwrap().contains(newest) && !foreign {
                let rebuilt = Header::new(header.dtype().clone(), header.shape(), header.order()).unwrap();
                assert_eq!(rebuilt.version() == header.version(), rebuilt == header, "{path}");
                let written = header.to_bytes(Some(header.version())).unwrap();
                assert_eq!(
                    String::from_utf8_lossy(&written),
                    String::from_utf8_lossy(&bytes[start..data]),
                    "{path}"
                );
                rewritten += 1;
            }
        }
    }
    assert!(read > 200 && rewritten > 150, "{read} headers read, {rewritten} written");
}
