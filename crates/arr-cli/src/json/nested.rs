//! Arrays as nested lists.

use std::io::Write;

use arr_io::{Array, Error, Storage};

use super::{Dates, Values};
use crate::failure::Failure;

/// The most empty lists that are written for an array without items: the shape `(1000000000, 0)` has no bytes, but
/// its lists would fill a disk.
const MOST_EMPTY_LISTS: usize = 1 << 20;

/// Refuses to write more empty lists than anybody wants.
pub fn check_lists(shape: &[usize]) -> Result<(), Error> {
    let dims = shape.iter().take_while(|dim| **dim > 0);
    let lists = dims.fold(1usize, |lists, dim| lists.saturating_mul(*dim));
    if shape.contains(&0) && lists > MOST_EMPTY_LISTS {
        return Err(Error::unsupported(format!("the array has no items, but {lists} empty lists")));
    }
    Ok(())
}

/// Writes the values as lists in lists.
pub fn write_nested<W: Write, S: Storage>(out: &mut W, array: &Array<S>) -> Result<(), Failure> {
    check_lists(array.shape())?;
    write_level(out, array.shape(), &mut Values::new(array, Dates::Iso)?)
}

/// Lists in lists that are written item by item, of a shape without zeros.
pub struct Lists<'a> {
    shape: &'a [usize],
    place: Vec<usize>,
    /// Lists that begin with the next item.
    opening: usize,
}

impl<'a> Lists<'a> {
    /// Before the first item.
    pub fn new(shape: &'a [usize]) -> Self {
        Self { shape, place: vec![0; shape.len()], opening: shape.len() }
    }

    /// Writes an item, with the brackets in front of it and after it.
    pub fn write<W: Write>(
        &mut self,
        out: &mut W,
        item: impl FnOnce(&mut W) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        (0..self.opening).try_for_each(|_| out.write_all(b"["))?;
        item(out)?;
        self.opening = 0;
        for (place, dim) in self.place.iter_mut().zip(self.shape).rev() {
            *place += 1;
            if *place < *dim {
                return Ok(out.write_all(b",")?);
            }
            *place = 0;
            self.opening += 1;
            out.write_all(b"]")?;
        }
        Ok(())
    }
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
    fn lists_are_written_item_by_item() {
        for shape in [&[][..], &[1], &[3], &[2, 3], &[1, 2, 1], &[2, 1, 3, 2]] {
            let mut out = Vec::new();
            let mut lists = Lists::new(shape);
            for value in 0..shape.iter().product::<usize>() {
                lists.write(&mut out, |out| Ok(write!(out, "{value}")?)).unwrap();
            }
            assert_eq!(String::from_utf8(out).unwrap(), nested(shape).unwrap());
        }
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
