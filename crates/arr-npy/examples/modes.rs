//! Maps files as it is told to, a line at a time, and answers each line with one: NumPy's `memmap` is told the same, and
//! `cargo xtask fixtures --read-back` compares what both do to the files.
//!
//! `map MODE PATH` with `r`, `r+` or `c`; `create PATH DTYPE ORDER VERSION SHAPE` for `w+`; `set VALUE INDEX`, `get`, `flush`, `close`. The answer is `ok` with what was asked for, or `error` with the reason.

use std::io::{BufRead, Write};

use arr_npy::arr_core::{Array, DType, Error, Mmap, MmapMut, Order, Result, Slice};
use arr_npy::{MapOptions, Version};

/// What is open.
#[derive(Default)]
enum Open {
    #[default]
    Nothing,
    Reading(Array<Mmap>),
    Writing(Array<MmapMut>),
}

fn main() -> Result<()> {
    let broken = |source| Error::io("can't talk", source);
    let mut open = Open::default();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(broken)?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match obey(&mut open, &words) {
            Ok(answer) => format!("ok {answer}"),
            Err(error) => format!("error {error}"),
        };
        let mut output = std::io::stdout().lock();
        writeln!(output, "{}", answer.trim_end()).and_then(|()| output.flush()).map_err(broken)?;
    }
    Ok(())
}

#[allow(unsafe_code, reason = "a map asks for a promise")]
fn obey(open: &mut Open, words: &[&str]) -> Result<String> {
    match *words {
        ["map", mode, path] => {
            *open = match mode {
                // SAFETY: whoever talks to this program changes no file while it has it open.
                "r" => Open::Reading(unsafe { arr_npy::map(path) }?),
                // SAFETY: as above.
                "r+" => Open::Writing(unsafe { arr_npy::map_mut(path) }?),
                // SAFETY: as above.
                "c" => Open::Writing(unsafe { arr_npy::map_private(path) }?),
                _ => return Err(Error::invalid(format!("no such mode: {mode}"))),
            };
        }
        ["create", path, dtype, order, version, shape] => {
            let order = if order == "F" { Order::F } else { Order::C };
            let version = if version == "2" { Version::V2_0 } else { Version::V1_0 };
            let options = MapOptions::new().order(order).version(version);
            let shape: Vec<usize> = shape.split(',').flat_map(str::parse).collect();
            // SAFETY: as above.
            *open = Open::Writing(unsafe { options.create(path, dtype.parse::<DType>()?, &shape) }?);
        }
        ["set", value, index] => match open {
            Open::Writing(array) => {
                let value = value.parse::<f64>().map_err(|error| Error::invalid(error.to_string()))?;
                let value = Array::from_vec(vec![value], &[])?.cast_checked(array.dtype())?;
                array.slice_mut(index.parse::<Slice>()?)?.assign(&value)?;
            }
            _ => return Err(Error::invalid("nothing is open for writing")),
        },
        ["get"] => {
            let values = match open {
                Open::Reading(array) => array.cast_checked(&DType::of::<f64>())?.to_vec::<f64>()?,
                Open::Writing(array) => array.cast_checked(&DType::of::<f64>())?.to_vec::<f64>()?,
                Open::Nothing => return Err(Error::invalid("nothing is open")),
            };
            return Ok(values.iter().map(f64::to_string).collect::<Vec<_>>().join(","));
        }
        ["flush"] => match open {
            Open::Writing(array) => array.flush()?,
            _ => return Err(Error::invalid("nothing is open for writing")),
        },
        ["close"] => *open = Open::Nothing,
        _ => return Err(Error::invalid(format!("what is {words:?}?"))),
    }
    Ok(String::new())
}
