//! Text that is out to do harm: refused within the limits, with the place where it is too much.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::io::Read;

use arr_core::{Array, DType, ErrorKind, Limits, Result};
use arr_text::{csv, genfromtxt, text};

/// A text without end: a beginning, and what follows again and again.
struct Endless {
    front: &'static [u8],
    again: &'static [u8],
    place: usize,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let taken = self.front.read(out)?;
        if taken > 0 {
            return Ok(taken);
        }
        for byte in &mut *out {
            *byte = self.again[self.place % self.again.len()];
            self.place += 1;
        }
        Ok(out.len())
    }
}

fn endless(front: &'static str, again: &'static str) -> Endless {
    Endless { front: front.as_bytes(), again: again.as_bytes(), place: 0 }
}

/// A way to read, and what it is called.
type Way = (&'static str, fn(&mut (dyn Read + Send), Limits) -> Result<Array>);

const WAYS: &[Way] = &[
    ("text", |mut bytes, limits| text::ReadOptions::new().limits(limits).read_from(&mut bytes)),
    ("text with commas", |mut bytes, limits| {
        text::ReadOptions::new().delimiter(',').quotechar('"').limits(limits).read_from(&mut bytes)
    }),
    ("text of any dtype", |mut bytes, limits| {
        text::ReadOptions::new().infer(true).limits(limits).read_from(&mut bytes)
    }),
    ("texts", |mut bytes, limits| {
        text::ReadOptions::new().dtype("U".parse::<DType>()?).limits(limits).read_from(&mut bytes)
    }),
    ("csv", |mut bytes, limits| csv::ReadOptions::new().limits(limits).read_from(&mut bytes)),
    ("csv with a header line", |mut bytes, limits| {
        csv::ReadOptions::new().delimiter(',').header(true).limits(limits).read_from(&mut bytes)
    }),
    ("filled csv", |mut bytes, limits| {
        csv::ReadOptions::new().delimiter(',').fill(true).limits(limits).read_from(&mut bytes)
    }),
    ("genfromtxt", |mut bytes, limits| genfromtxt::ReadOptions::new().limits(limits).read_from(&mut bytes)),
    ("genfromtxt with commas", |mut bytes, limits| {
        let how = genfromtxt::ReadOptions::new().delimiter(',').quotechar(Some('"')).infer(true);
        how.limits(limits).read_from(&mut bytes)
    }),
];

/// What begins, and what never ends.
const TEXTS: &[(&str, &str)] = &[
    ("", "7"),
    ("", "1,"),
    ("", "1 "),
    ("", ","),
    ("", " "),
    ("", "\n"),
    ("", "#"),
    ("# ", "x"),
    ("x,y\n1,2\n", "3,"),
    ("x,y\n", "z"),
    ("\"", "a"),
    ("1,\"", "a\n"),
    ("1,\"", "\"\""),
    ("1,2\n", "\0"),
    ("1\n", "\0\n"),
    ("1 ", "e"),
    ("0.", "0"),
    ("1e", "0"),
    ("", "é"),
    ("1 2\n", "1 2\n"),
    ("1,2\n", "3\n"),
    ("", "(1+2j),"),
    ("", "nan "),
];

#[test]
fn text_without_end_comes_to_the_limit() {
    for (front, again) in TEXTS {
        // genfromtxt holds lines without a field no longer than it looks at them: it waits for the end of a stream of those.
        for (name, read) in WAYS.iter().filter(|way| *again != "\n" || !way.0.starts_with("genfromtxt")) {
            let error = read(&mut endless(front, again), Limits::default().max_bytes(1 << 18))
                .expect_err(&format!("{name} reads {front:?} and {again:?} without end"));
            let message = error.to_string();
            let is_placed = error.offset().is_some() || message.contains("line ");
            let is_fine =
                error.kind() == ErrorKind::LimitExceeded || is_placed && error.kind() == ErrorKind::Malformed;
            assert!(is_fine, "{name}, {front:?}, {again:?}: {message}");
        }
    }
}

/// A gigabyte in one line, or behind one quote, under the limits that are usual.
#[test]
#[ignore = "takes long: gigabytes"]
fn a_line_of_a_gigabyte_is_read_or_refused() {
    for (front, again) in [("", "7"), ("1\n", "\0"), ("", "1,"), ("", ","), ("1,\"", "a\n")] {
        for (name, read) in
            WAYS.iter().filter(|way| ["text", "csv", "genfromtxt with commas"].contains(&way.0))
        {
            // genfromtxt joins the lines of an open quote one by one.
            let len = if name.starts_with("genfromtxt") && front.contains('"') { 1 << 22 } else { 1 << 30 };
            let read = read(&mut endless(front, again).take(len), Limits::default());
            println!(
                "{name}, {front:?}, {again:?}: {}",
                read.as_ref().map_or_else(ToString::to_string, |array| format!("{array:?}"))
            );
            if let Err(error) = read {
                let message = error.to_string();
                let is_placed =
                    message.contains("line ") && (error.offset().is_some() || message.contains("column "));
                assert!(is_placed, "{name}, {front:?}, {again:?}: {message}");
            }
        }
    }
}

/// The text is all there, and not too large itself: what is made of it would be, or is wrong.
#[test]
fn text_that_is_wrong_somewhere_says_where() {
    let commas = ",".repeat(1 << 20);
    let many = "1,".repeat(1 << 19);
    for (text, wanted) in [
        (format!("1,2\n{commas}\n"), "line 2"),
        (format!("1,2\n{many}\n"), "line 2"),
        (format!("1,2\n3,4{}\n", "\0".repeat(1 << 20)), "line 2, column 2"),
        (format!("1,2\n3,\"{}", "4\n".repeat(1 << 19)), "line 2"),
        (format!("1,2\n3,{}x\n", "4".repeat(1 << 20)), "line 2, column 2"),
    ] {
        for (name, read) in [
            ("text", text::ReadOptions::new().delimiter(',').quotechar('"').read_bytes(text.as_bytes())),
            ("csv", csv::ReadOptions::new().dtype(DType::of::<f64>()).read_bytes(text.as_bytes())),
            (
                "genfromtxt",
                genfromtxt::ReadOptions::new()
                    .delimiter(',')
                    .quotechar(Some('"'))
                    .loose(false)
                    .read_bytes(text.as_bytes()),
            ),
        ] {
            let error = read.expect_err(&format!("{name} reads {:?} ...", &text[..20]));
            let message = error.to_string();
            assert!(message.contains(wanted) && error.offset().is_some(), "{name}: {message}");
            assert!(message.len() < 400, "{name}: a message of {} bytes", message.len());
        }
    }
}

#[test]
fn bytes_that_are_not_text_have_a_line_and_an_offset() {
    let text = b"1,2\n3,4\n5,\xff6\n";
    for (name, read) in [
        ("text", text::ReadOptions::new().delimiter(',').read_bytes(text)),
        ("csv", csv::ReadOptions::new().read_bytes(text)),
        ("genfromtxt", genfromtxt::ReadOptions::new().delimiter(',').read_bytes(text)),
    ] {
        let error = read.unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(10)), "{name}: {error}");
        assert!(error.to_string().contains("line 3"), "{name}: {error}");
    }
}
