//! `arr dump`: everything, exactly.

use std::io::Write;

use arr_io::Array;
use serde_json::to_writer;

use super::{Out, print};
use crate::args::DumpArgs;
use crate::failure::{Failure, Outcome};
use crate::files::{Loaded, Named};
use crate::json;
use crate::progress::Progress;

/// How many items are written between two looks at the progress.
const STEP: usize = 1 << 14;

/// Prints the JSON object.
pub fn run(args: &DumpArgs) -> Result<Outcome, Failure> {
    let named = Named::new(&args.file);
    let loaded = named.read(&args.read)?;
    let total: usize = loaded.arrays.iter().map(Array::nbytes).sum();
    let mut progress = Progress::beside_output("writing", &named.name, Some(total as u64));
    print(|out| write_all(out, &loaded, &mut progress)).map_err(|failure| failure.of(&named.name))
}

/// One array is the root; of several the root is a list, object 1, and they are the objects behind it.
fn write_all(out: &mut Out, loaded: &Loaded, progress: &mut Progress) -> Result<(), Failure> {
    loaded.arrays.iter().try_for_each(json::check_text)?;
    write!(out, "{{\"format\":\"{}\",\"root\":{},\"heap\":{{", loaded.format, reference(1))?;
    let count = loaded.arrays.len();
    let first = if count == 1 { 1 } else { 2 };
    if count != 1 {
        let items: Vec<String> = (first..first + count).map(reference).collect();
        write!(out, "\"1\":{{\"t\":\"list\",\"items\":[{}]}},", items.join(","))?;
    }
    let mut done = 0;
    for (id, array) in (first..).zip(&loaded.arrays) {
        let comma = if id == first { "" } else { "," };
        write!(out, "{comma}\"{id}\":")?;
        write_array(out, array, |bytes| progress.at((done + bytes) as u64))?;
        done += array.nbytes();
    }
    Ok(out.write_all(b"}}\n")?)
}

fn reference(id: usize) -> String {
    format!("{{\"t\":\"ref\",\"id\":{id}}}")
}

fn write_array(out: &mut Out, array: &Array, mut progress: impl FnMut(usize)) -> Result<(), Failure> {
    out.write_all(b"{\"t\":\"array\",\"dtype\":")?;
    to_writer(&mut *out, &json::dtype(array.dtype()))?;
    out.write_all(b",\"shape\":")?;
    to_writer(&mut *out, array.shape())?;
    write!(out, ",\"order\":\"{}\",\"data\":[", array.order())?;
    for (at, item) in array.items().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        json::write_item(out, array.dtype(), item)?;
        if at % STEP == 0 {
            progress(at.saturating_mul(array.itemsize()));
        }
    }
    Ok(out.write_all(b"]}")?)
}
