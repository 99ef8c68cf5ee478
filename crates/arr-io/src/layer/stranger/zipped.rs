//! Zip archives, which are told by the names in them.

use std::borrow::Cow;

use super::shown;

const MEMBER: &[u8] = b"PK\x03\x04";

/// The name of an archive that begins with `head`.
pub(super) fn name(head: &[u8]) -> Option<Cow<'static, str>> {
    if !head.starts_with(MEMBER) {
        return None;
    }
    let names = names(head);
    let has = |is: fn(&str) -> bool| names.iter().any(|name| is(name));
    let known = if has(|name| name == "data.pkl" || name.ends_with("/data.pkl")) {
        "this is a PyTorch archive: save its arrays with numpy.savez(path, **{k: v.numpy() for k, v in \
         torch.load(file).items()})"
    } else if has(|name| name.starts_with("xl/")) {
        "this is an Excel workbook: pandas.read_excel reads its tables"
    } else if has(|name| name == "[Content_Types].xml" || name.starts_with("word/")) {
        "this is an Office document (.docx, .xlsx or .pptx), not an array file"
    } else if has(|name| name.ends_with(".weights.h5")) {
        "this is a Keras model: keras.models.load_model reads it"
    } else if has(|name| name == "coefficients.bin") {
        "this is a model of Deeplearning4j: its arrays are in the members that end in .bin"
    } else if has(|name| name.starts_with("META-INF/")) {
        "this is a Java archive, not an array file"
    } else {
        return Some(match names.first() {
            Some(first) => {
                format!("this is a zip archive, which begins with {}: unpack it first", shown(first)).into()
            }
            None => "this is a zip archive: unpack it first".into(),
        });
    };
    Some(Cow::Borrowed(known))
}

/// The names of the members whose headers are in `head`.
fn names(head: &[u8]) -> Vec<Cow<'_, str>> {
    let headers = (0..head.len()).filter_map(|at| head.get(at..).filter(|rest| rest.starts_with(MEMBER)));
    let name = |header: &[u8]| {
        let len = header.get(26..)?.first_chunk().copied().map(u16::from_le_bytes)?;
        header.get(30..30 + usize::from(len)).map(|name| String::from_utf8_lossy(name).into_owned().into())
    };
    headers.filter_map(name).collect()
}
