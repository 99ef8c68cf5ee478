//! Arrays as nested lists.

use std::io::Write;

use arr_io::{Array, Error, Storage};

use super::Values;
use crate::failure::Failure;

/// The most empty lists that are written for an array without items: the shape `(1000000000, 0)` has no bytes, but
/// its lists would fill a disk.
const MOST_EMPTY_LISTS: usize = 1 << 20;

/// Writes the values as lists in lists.
pub fn write_nested<W: Write, S: Storage>(out: &mut W, array: &Array<S>) -> Result<(), Failure> {
    let lists = array
        .shape()
        .iter()
        .take_while(|dim| **dim > 0)
        .fold(1, |lists: usize, dim| lists.saturating_mul(*dim));
    if array.is_empty() && lists > MOST_EMPTY_LISTS {
        return Err(Error::unsupported(format!("the array has no items, but {lists} empty lists")).into());
    }
    write_level(out, array.shape(), &mut Values::new(array)?)
}

fn write_level<W: Write>(out: &mut W, shape: &[usize], values: &mut Values<'_>) -> Result<(), Failure> {
    let Some((length, inner)) = shape.split_first() else { return values.write_next(out) };
    out.write_all(b"[")?;
    for at in 0..*length {
        if at > 0 {
            out.write_all(b",")?;
        }
        write_level(out, inner, values)?;
    }
    Ok(out.write_all(b"]")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(shape: &[usize]) -> Result<String, Failure> {
        let count = u8::try_from(shape.iter().product::<usize>()).unwrap();
        let mut out = Vec::new();
        write_nested(&mut out, &Array::from_vec((0..count).collect(), shape).unwrap())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn lists_in_lists() {
        assert_eq!(nested(&[2, 3]).unwrap(), "[[0,1,2],[3,4,5]]");
        assert_eq!(nested(&[2, 0, 3]).unwrap(), "[[],[]]");
        assert_eq!(nested(&[]).unwrap(), "0");
        assert_eq!(nested(&[0]).unwrap(), "[]");
        assert!(nested(&[1 << 40, 0]).is_err());
        let texts = Array::from_texts(&[2, 2], arr_io::Order::F, ["a", "\"", "", "é\n"]).unwrap();
        let mut out = Vec::new();
        write_nested(&mut out, &texts).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), r#"[["a",""],["\"","é\n"]]"#);
    }
}
