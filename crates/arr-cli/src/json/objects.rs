//! What every object of a file is written with.

use std::io::Write;

use arr_io::format::PartInfo;
use arr_io::{Array, Contiguity, DType, Data, Error, Parts};
use serde_json::to_writer;

use super::{Dates, Values, check_blocks, check_text, dtype, each_block, write_hex};
use crate::failure::Failure;
use crate::progress::Progress;

/// How many items are written between two reports of progress.
const STEP: usize = 1 << 14;

/// What all objects of a file are written with, whoever knows which there are.
pub struct Objects<'d, 'a, W> {
    pub(super) out: &'d mut W,
    pub(super) parts: &'d mut Parts<'a>,
    progress: Progress,
    done: u64,
}

impl<'d, 'a, W: Write> Objects<'d, 'a, W> {
    /// Writes to `out` what is in a file.
    pub fn new(out: &'d mut W, parts: &'d mut Parts<'a>, progress: Progress) -> Self {
        Self { out, parts, progress, done: 0 }
    }

    /// All of an array but its values, up to the bracket before them.
    pub(super) fn head(&mut self, found: &DType, shape: &[usize], order: Contiguity) -> Result<(), Failure> {
        self.out.write_all(b"{\"t\":\"array\",\"dtype\":")?;
        to_writer(&mut *self.out, &dtype(found))?;
        self.out.write_all(b",\"shape\":")?;
        to_writer(&mut *self.out, shape)?;
        Ok(write!(self.out, ",\"order\":\"{order}\",\"data\":[")?)
    }

    /// The values of an array that is still in the file.
    pub(super) fn part(&mut self, part: &PartInfo) -> Result<(), Failure> {
        match self.parts.data(part)? {
            Data::Array(array) => self.values(&array),
            Data::Large(_) => {
                let Self { out, parts, progress, done, .. } = self;
                let mut is_first = true;
                each_block(parts, part, |block| {
                    out.write_all(if is_first { b"" } else { b"," })?;
                    is_first = false;
                    write_values(out, &block.array, |bytes| progress.done(*done + bytes as u64))?;
                    *done += block.array.nbytes() as u64;
                    Ok::<_, Failure>(())
                })
            }
            _ => Err(Error::invalid("it is not an array").into()),
        }
    }

    pub(super) fn values(&mut self, array: &Array) -> Result<(), Failure> {
        let Self { out, progress, done, .. } = self;
        write_values(out, array, |bytes| progress.done(*done + bytes as u64))?;
        *done += array.nbytes() as u64;
        Ok(())
    }
}

pub(super) fn write_none<W: Write>(out: &mut W) -> Result<(), Failure> {
    Ok(out.write_all(b"{\"t\":\"none\"}")?)
}

pub(super) fn write_ref<W: Write>(out: &mut W, id: usize) -> Result<(), Failure> {
    Ok(write!(out, "{{\"t\":\"ref\",\"id\":{id}}}")?)
}

pub(super) fn write_str<W: Write>(out: &mut W, text: &str) -> Result<(), Failure> {
    out.write_all(b"{\"t\":\"str\",\"v\":")?;
    to_writer(&mut *out, text)?;
    Ok(out.write_all(b"}")?)
}

pub(super) fn write_bytes<W: Write>(out: &mut W, bytes: &[u8]) -> Result<(), Failure> {
    out.write_all(b"{\"t\":\"bytes\",\"hex\":")?;
    write_hex(out, bytes)?;
    Ok(out.write_all(b"}")?)
}

/// Finds why an array that is still in the file can't be written.
pub(super) fn check_part(parts: &mut Parts<'_>, part: &PartInfo) -> Result<(), Failure> {
    match parts.data(part)? {
        Data::Array(array) => Ok(check_text(&array)?),
        Data::Large(what) => check_blocks(parts, part, &what.dtype),
        _ => Ok(()),
    }
}

fn write_values<W: Write>(
    out: &mut W,
    array: &Array,
    mut progress: impl FnMut(usize),
) -> Result<(), Failure> {
    let mut values = Values::new(array, Dates::Ticks)?;
    for at in 0..array.len() {
        if at > 0 {
            out.write_all(b",")?;
        }
        values.write_next(out)?;
        if at % STEP == 0 {
            progress(at.saturating_mul(array.itemsize()));
        }
    }
    Ok(())
}
