//! Binary files without a mark, which are told by how they begin.

use std::borrow::Cow;

use arr_core::format::literal::names_class;

/// The name of a file that begins as some kind does.
pub(super) fn name(head: &[u8]) -> Option<Cow<'static, str>> {
    KINDS.iter().find(|(is_kind, _)| is_kind(head)).map(|(_, sentence)| Cow::Borrowed(*sentence))
}

/// How a kind is told, and what the file is then.
type Kind = (fn(&[u8]) -> bool, &'static str);

const KINDS: &[Kind] = &[
    (is_safetensors, "this is a safetensors file: safetensors.numpy.load_file reads it"),
    (is_pickle, "this is a Python pickle, which arr-io reads with its feature 'pickle'"),
    (is_bmp, "this is a BMP image: numpy.asarray(PIL.Image.open(file)) is its array"),
    (is_windows_program, "this is a program of Windows, not an array file"),
    (is_saved_model, "this is a TensorFlow SavedModel: tensorflow.saved_model.load reads its folder"),
    (
        is_onnx,
        "this is an ONNX model: onnx.load reads it, and onnx.numpy_helper.to_array makes arrays of its tensors",
    ),
    (is_matlab_4, "this is a MATLAB 4 file: scipy.io.loadmat reads it"),
];

/// The length of a JSON header of at most 100 MB, and the header.
fn is_safetensors(head: &[u8]) -> bool {
    let Some((len, json)) = head.split_first_chunk() else { return false };
    (2..=100_000_000).contains(&u64::from_le_bytes(*len))
        && (json.starts_with(b"{\"") || json.starts_with(b"{}"))
}

/// Protocol 2 and later have a mark; 0 and 1 begin with a container that is kept, or with the name of a class.
fn is_pickle(head: &[u8]) -> bool {
    match head {
        [0x80, 2..=5, opcode, ..] => {
            b"\x8A\x8B\x8C\x8E\x90\x94\x95\x96()]}BCGIJKLMNSTUVX\x85\x86\x87\x88\x89c".contains(opcode)
        }
        [b'}' | b']', b'q', 0, ..] => true,
        [b'(', b'd' | b'l', b'p', b'0' | b'1', b'\n', ..] => true,
        [b'c', rest @ ..] => is_taken(rest),
        _ => false,
    }
}

/// True for a module and a name in it, each on its line, and an opcode that takes what they name.
fn is_taken(text: &[u8]) -> bool {
    matches!(names_class(text), Some([b'(', ..] | [b'q', 0 | 1, ..] | [b'p', b'0' | b'1', b'\n', ..]))
}

/// Two letters are too few: the header's length is one of those that there are.
fn is_bmp(head: &[u8]) -> bool {
    head.starts_with(b"BM") && matches!(u32_at(head, 14), Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
}

fn is_windows_program(head: &[u8]) -> bool {
    let header = u32_at(head, 0x3C).and_then(|at| head.get(usize::try_from(at).ok()?..));
    head.starts_with(b"MZ") && header.is_some_and(|header| header.starts_with(b"PE\0\0"))
}

/// Version 1 of the schema, and a graph that begins with its description.
fn is_saved_model(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(&[0x08, 1, 0x12]) else { return false };
    let len = rest.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    rest.get(len) == Some(&0x0A)
}

/// A version of the format, and the name of the producer.
fn is_onnx(head: &[u8]) -> bool {
    let [0x08, 1..=32, 0x12, len, rest @ ..] = head else { return false };
    let Some(producer) = rest.get(..usize::from(*len)) else { return false };
    producer.len() >= 2 && producer.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The type, two lengths, whether it is complex, and the length of the name, which ends in a zero.
fn is_matlab_4(head: &[u8]) -> bool {
    let fields = [0, 4, 8, 12, 16].map(|at| u32_at(head, at));
    let [Some(kind), Some(rows), Some(columns), Some(0 | 1), Some(name @ 2..=64)] = fields else {
        return false;
    };
    let text = head.get(20..).and_then(|rest| rest.get(..usize::try_from(name).ok()?));
    let Some((0, text)) = text.and_then(<[u8]>::split_last) else { return false };
    let is_name = text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let is_kind = kind <= 52 && kind % 10 <= 2;
    is_kind && is_name && rows < 1 << 28 && columns < 1 << 28
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}
