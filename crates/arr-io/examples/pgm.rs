//! A format of one's own: PGM, the grey images of Netpbm, read, written and detected like all others.
//! `cargo run --example pgm`

use std::ops::RangeInclusive;

use arr_io::format::{
    Capabilities, Codec, FormatInfo, Frame, Head, Holds, OptionInfo, OptionKind, Options, Outline, Output,
    Side, Writing, write_framed,
};
use arr_io::{ArrayView, ByteOrder, DType, Error, Input, Order, Result, Scalar};
use arr_io::{Conversion, OpenOptions, Registry};

/// Raw PGM (`P5`), an image or several: rows of samples of 8 bits, or of 16 where the largest is above 255.
#[derive(Clone, Copy, Debug)]
pub struct Pgm;

const INFO: FormatInfo = FormatInfo {
    extensions: &["pgm"],
    magic: &[b"P5\n", b"P5 ", b"P5\t", b"P5\r", b"P5#"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
    holds: Holds::Row,
    byte_order: Some(ByteOrder::Big),
    options: &[OptionInfo {
        value: "TEXT",
        ..OptionInfo::new("comment", OptionKind::Text, Side::Writing, "Put a line of comment into the head")
    }],
    ..FormatInfo::new("pgm", "Netpbm grey image")
};

impl Codec for Pgm {
    type Header = ();

    const INFO: &'static FormatInfo = &INFO;

    fn head(&self, input: &mut Input<'_>) -> Result<Head> {
        let start = input.position();
        if input.read_array("magic")? != *b"P5" {
            return Err(Error::malformed("an image begins with P5").at(start));
        }
        let (width, height) =
            (number(input, "width", 0..=usize::MAX)?, number(input, "height", 0..=usize::MAX)?);
        let maxval = number(input, "maxval", 1..=65535)?;
        let scalar = if maxval < 256 { Scalar::U8 } else { Scalar::U16 };
        let dtype = DType::scalar(scalar, ByteOrder::Big);
        Head::contiguous(dtype, &[height, width], Order::C, input, ())
    }

    fn frame(&self, what: &Outline<'_>, how: &Writing) -> Result<Frame> {
        let (maxval, height, width) = match (what.dtype, what.shape, what.order) {
            (DType::Scalar(Scalar::U8, _), [height, width], Order::C) => (255, height, width),
            (DType::Scalar(Scalar::U16, _), [height, width], Order::C) => (65535, height, width),
            _ => return Err(Error::unsupported("an image is rows of samples of type u1 or u2")),
        };
        let lines = |text: &str| format!("# {}\n", text.replace(['\n', '\r'], "\n# "));
        let comment = how.options.text("comment").map_or_else(String::new, lines);
        let head = format!("P5\n{comment}{width} {height}\n{maxval}\n");
        Ok(Frame::new(head.into_bytes()).byte_order(ByteOrder::Big))
    }

    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        write_framed(self, array, &how.clone().order(Order::C), output)
    }
}

/// A number of the head and the byte of white space behind it. White space and comments may stand before it; a comment
/// counts as the end of its line.
fn number(input: &mut Input<'_>, what: &'static str, range: RangeInclusive<usize>) -> Result<usize> {
    let mut digits = String::new();
    loop {
        let at = input.position();
        let [mut byte] = input.read_array(what)?;
        let is_comment = byte == b'#';
        while is_comment && !matches!(byte, b'\n' | b'\r') {
            [byte] = input.read_array("comment")?;
        }
        match byte {
            b'0'..=b'9' if digits.len() < 20 => digits.push(byte.into()),
            b'\t'..=b'\r' | b' ' if digits.is_empty() => {}
            _ => {
                let is_ended = matches!(byte, b'\t'..=b'\r' | b' ');
                let number = digits.parse().ok().filter(|number| is_ended && range.contains(number));
                return number.ok_or_else(|| Error::malformed(format!("the {what} is not {range:?}")).at(at));
            }
        }
    }
}

/// Converts an image to `.npy` and back.
pub fn main() -> Result<()> {
    let registry = Registry::enabled().with(Pgm);
    let folder = tempfile::tempdir()?;
    let [image, npy, back] = ["image.pgm", "image.npy", "back.pgm"].map(|name| folder.path().join(name));
    std::fs::write(&image, b"P5\n# a gradient\n3 2\n255\n\x00\x20\x40\x60\x80\xa0")?;
    let options = OpenOptions::new().registry(&registry);
    println!("{:?}", options.open(&image)?);
    for (from, to) in [(&image, &npy), (&npy, &back)] {
        let how = Conversion::new().options(Options::new().with("comment", "by arr"));
        how.convert_with(&options, from, to)?;
        let info = options.info(to)?;
        println!("{}: {:?}", info.format.description, info.arrays.first().map(|array| &array.shape));
    }
    Ok(())
}
