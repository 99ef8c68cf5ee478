//! Strings and numbers as JSON writes them, and as Python does where JSON has nothing.

use std::io::Write;

use arr_core::format::room::no_memory;
use arr_core::{Error, Result};

/// Adds a string in quotes.
pub(super) fn string(text: &str, to: &mut Vec<u8>) -> Result<()> {
    to.try_reserve(text.len().saturating_add(2)).map_err(no_memory)?;
    to.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => to.extend_from_slice(&[b'\\', byte]),
            b'\n' => to.extend_from_slice(b"\\n"),
            b'\r' => to.extend_from_slice(b"\\r"),
            b'\t' => to.extend_from_slice(b"\\t"),
            0..0x20 => add(to, format_args!("\\u{byte:04x}"))?,
            _ => to.push(byte),
        }
    }
    to.push(b'"');
    Ok(())
}

/// Adds a floating-point number in the fewest digits that read back: `NaN`, `Infinity` and `-Infinity` as Python writes them.
pub(super) fn float(float: f64, to: &mut Vec<u8>) -> Result<()> {
    if float.is_nan() {
        to.extend_from_slice(b"NaN");
    } else if float.is_infinite() {
        to.extend_from_slice(if float > 0.0 { b"Infinity".as_slice() } else { b"-Infinity" });
    } else {
        add(to, format_args!("{float:?}"))?;
    }
    Ok(())
}

/// Adds anything that is printed.
pub(super) fn add(to: &mut Vec<u8>, what: std::fmt::Arguments<'_>) -> Result<()> {
    to.try_reserve(32).map_err(no_memory)?;
    to.write_fmt(what).map_err(|error| Error::io("can't write", error))
}

/// Adds numbers in brackets.
pub(super) fn sizes(sizes: &[usize], to: &mut Vec<u8>) -> Result<()> {
    to.push(b'[');
    for (place, size) in sizes.iter().enumerate() {
        add(to, format_args!("{}{size}", if place > 0 { ", " } else { "" }))?;
    }
    to.push(b']');
    Ok(())
}
