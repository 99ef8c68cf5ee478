//! `arr dump`: everything, exactly.

use std::io::Write;

use arr_io::{Array, Contents, Contiguity, DType, Part, Pieces};
use serde_json::to_writer;

use super::{Out, print};
use crate::args::DumpArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::Named;
use crate::json;
use crate::progress::Progress;

/// How many items are written between two looks at the progress.
const STEP: usize = 1 << 14;

/// Prints the JSON object.
pub fn run(args: &DumpArgs) -> Result<Outcome, Failure> {
    let named = Named::new(&args.file);
    if let Some(pieces) = named.pieces(&args.read)? {
        json::check_text_of(&pieces).of(&named.name)?;
        return print(|out| write_large(out, &named, &pieces)).map_err(|failure| failure.of(&named.name));
    }
    let contents = named.read(&args.read)?;
    contents.check_total().of(&named.name)?;
    let mut parts = Vec::new();
    for part in 0..contents.len() {
        let read = contents.read(part).of(&named.name)?;
        if let Part::Array(array) = &read {
            json::check_text(array).of(&named.label(&contents, part))?;
        }
        parts.push(read);
    }
    let size = |part: &Part| match part {
        Part::Array(array) => array.nbytes(),
        Part::Bytes(bytes) => bytes.len(),
    };
    let total: usize = parts.iter().map(size).sum();
    let mut progress = Progress::beside_output("writing", &named.name, Some(total as u64));
    print(|out| write_all(out, &contents, &parts, &mut progress)).map_err(|failure| failure.of(&named.name))
}

/// The only array of a file, which is too large to be held.
fn write_large(out: &mut Out, named: &Named, pieces: &Pieces<'_>) -> Result<(), Failure> {
    let what = pieces.description();
    let mut progress = Progress::beside_output("writing", &named.name, what.data_len);
    write_start(out, pieces.format().name)?;
    write!(out, "\"1\":")?;
    write_head(out, &what.dtype, &what.shape, what.order)?;
    let (mut done, mut is_first) = (0, true);
    json::each_piece(pieces, |piece| {
        out.write_all(if is_first { b"" } else { b"," })?;
        is_first = false;
        write_values(out, piece, |bytes| progress.at(done + bytes as u64))?;
        done += piece.nbytes() as u64;
        Ok(())
    })?;
    Ok(out.write_all(b"]}}}\n")?)
}

fn write_start(out: &mut Out, format: &str) -> Result<(), Failure> {
    Ok(write!(out, "{{\"format\":\"{format}\",\"root\":{},\"heap\":{{", reference(1))?)
}

/// One array is the root. Of several the root is a list, and of an archive a dict: object 1, and the arrays are the
/// objects behind it.
fn write_all(
    out: &mut Out,
    contents: &Contents,
    parts: &[Part],
    progress: &mut Progress,
) -> Result<(), Failure> {
    write_start(out, contents.format().name)?;
    let is_root = parts.len() == 1 && !contents.is_archive();
    if !is_root {
        out.write_all(b"\"1\":")?;
        write_container(out, contents, parts)?;
    }
    let first = if is_root { 1 } else { 2 };
    let mut done = 0;
    for (id, array) in (first..).zip(parts.iter().filter_map(Part::as_array)) {
        write!(out, "{}\"{id}\":", if id == 1 { "" } else { "," })?;
        write_array(out, array, |bytes| progress.at((done + bytes) as u64))?;
        done += array.nbytes();
    }
    Ok(out.write_all(b"}}\n")?)
}

/// The list of the arrays of a row, or the dict of the members of an archive.
fn write_container(out: &mut Out, contents: &Contents, parts: &[Part]) -> Result<(), Failure> {
    let is_dict = contents.is_archive();
    let kind = if is_dict { "\"dict\",\"entries\"" } else { "\"list\",\"items\"" };
    write!(out, "{{\"t\":{kind}:[")?;
    let mut id = 1;
    for (at, part) in parts.iter().enumerate() {
        out.write_all(if at == 0 { b"" } else { b"," })?;
        if is_dict {
            out.write_all(b"[{\"t\":\"str\",\"v\":")?;
            to_writer(&mut *out, contents.key(at).unwrap_or_default())?;
            out.write_all(b"},")?;
        }
        match part {
            Part::Array(_) => {
                id += 1;
                out.write_all(reference(id).as_bytes())?;
            }
            Part::Bytes(bytes) => {
                out.write_all(b"{\"t\":\"bytes\",\"hex\":")?;
                json::write_hex(out, bytes)?;
                out.write_all(b"}")?;
            }
        }
        out.write_all(if is_dict { b"]" } else { b"" })?;
    }
    Ok(out.write_all(b"]}")?)
}

fn reference(id: usize) -> String {
    format!("{{\"t\":\"ref\",\"id\":{id}}}")
}

fn write_array(out: &mut Out, array: &Array, progress: impl FnMut(usize)) -> Result<(), Failure> {
    write_head(out, array.dtype(), array.shape(), array.order())?;
    write_values(out, array, progress)?;
    Ok(out.write_all(b"]}")?)
}

/// All of an array but its values, up to the bracket before them.
fn write_head(out: &mut Out, dtype: &DType, shape: &[usize], order: Contiguity) -> Result<(), Failure> {
    out.write_all(b"{\"t\":\"array\",\"dtype\":")?;
    to_writer(&mut *out, &json::dtype(dtype))?;
    out.write_all(b",\"shape\":")?;
    to_writer(&mut *out, shape)?;
    Ok(write!(out, ",\"order\":\"{order}\",\"data\":[")?)
}

fn write_values(out: &mut Out, array: &Array, mut progress: impl FnMut(usize)) -> Result<(), Failure> {
    let mut values = json::Values::new(array)?;
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
