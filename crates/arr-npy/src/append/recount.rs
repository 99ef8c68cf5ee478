//! The header with another number of rows.

use arr_core::{Limits, Result};

use crate::header::{Header, Version, parse_header, to_bytes_of_length};

/// A header of the same length that says what `header` says; `None` when there is no room for it. `old` counts `rows`
/// rows. Where it is spelt as NumPy does, all but the number stays: the names that other libraries give to their own
/// dtypes too.
pub(super) fn recounted(
    old: &[u8],
    version: Version,
    rows: usize,
    header: &Header,
) -> Result<Option<Vec<u8>>> {
    let says_the_same = |bytes: &Vec<u8>| {
        let limits = Limits::default().max_header_size(u64::MAX);
        parse_header(bytes, &limits).is_ok_and(|new| {
            (new.dtype(), new.shape(), new.order()) == (header.dtype(), header.shape(), header.order())
        })
    };
    match replaced(old, rows, header).filter(says_the_same) {
        Some(bytes) => Ok(Some(bytes)),
        None => to_bytes_of_length(header, version, old.len()),
    }
}

/// Puts another number in place of the first one of the shape, and takes the difference from the blanks at the end.
fn replaced(old: &[u8], rows: usize, header: &Header) -> Option<Vec<u8>> {
    let spelt = |rows: usize| format!("'shape': ({rows},");
    let (from, to) = (spelt(rows), spelt(*header.shape().first()?));
    let at = old.windows(from.len()).position(|window| window == from.as_bytes())?;
    let rest = old.get(at + from.len()..)?.strip_suffix(b"\n")?;
    let text = rest.trim_ascii_end();
    let blanks = (from.len() + rest.len()).checked_sub(to.len() + text.len())?;
    let mut new = old.get(..at)?.to_vec();
    new.extend_from_slice(to.as_bytes());
    new.extend_from_slice(text);
    new.resize(new.len() + blanks, b' ');
    new.push(b'\n');
    Some(new)
}

#[cfg(test)]
mod tests {
    use arr_core::{DType, Order};

    use super::*;

    fn header(dtype: &str, shape: &[usize]) -> Header {
        Header::new(dtype.parse::<DType>().unwrap(), shape, Order::C).unwrap()
    }

    #[test]
    fn the_same_bytes_as_a_new_header() {
        for (dtype, row) in
            [("<f4", &[][..]), ("|V2", &[3]), ("[('a', '<i2'), ('', '|V2'), ('b', '|u1')]", &[2, 2])]
        {
            let of = |rows: usize| header(dtype, &[&[rows], row].concat());
            for (from, to) in [(0, 7), (7, 1_000_000), (99, 100), (1, 1 << 40)] {
                let bytes = |rows| of(rows).to_bytes(None).unwrap();
                let new = recounted(&bytes(from), Version::V1_0, from, &of(to)).unwrap().unwrap();
                assert_eq!(new, bytes(to));
            }
        }
    }

    #[test]
    fn foreign_names_of_dtypes_stay() {
        let foreign = |rows: usize| {
            let mut bytes = header("|V2", &[rows]).to_bytes(None).unwrap();
            let at = bytes.iter().position(|byte| *byte == b'|').unwrap();
            bytes[at] = b'<';
            bytes
        };
        let new = recounted(&foreign(9), Version::V1_0, 9, &header("|V2", &[10])).unwrap().unwrap();
        assert_eq!(new, foreign(10));
    }

    #[test]
    fn a_name_that_looks_like_a_shape_is_left_alone() {
        let dtype = "[(\"'shape': (9,\", '<u2')]";
        let old = header(dtype, &[9]).to_bytes(None).unwrap();
        let new = recounted(&old, Version::V1_0, 9, &header(dtype, &[10])).unwrap().unwrap();
        assert_eq!(new, header(dtype, &[10]).to_bytes(None).unwrap());
    }
}
