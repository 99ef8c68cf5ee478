//! The list that `--json` prints: one object for each part.

use std::io::Write;

use arr_io::Error;
use serde::Serialize;
use serde_json::{Value, to_writer};

use crate::failure::Failure;

/// What something is said of: a file, or a part of it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The file, as it was typed.
    pub file: String,
    /// The part, as it would be typed behind two colons.
    pub part: Option<String>,
    /// True when parts have names.
    pub has_keys: bool,
    /// What people and errors call it.
    pub label: String,
}

/// Writes a further field of an object.
pub fn field(out: &mut impl Write, name: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
    out.write_all(b",")?;
    to_writer(&mut *out, name)?;
    out.write_all(b":")?;
    Ok(to_writer(&mut *out, value)?)
}

/// Objects that are written as they are found.
#[derive(Debug, Default)]
pub struct List {
    count: usize,
}

impl List {
    /// Writes an object.
    pub fn object(&mut self, out: &mut impl Write, subject: &Subject, fields: Value) -> Result<(), Failure> {
        let Value::Object(fields) = fields else {
            return Err(Error::invalid("what is said is an object").into());
        };
        self.begin(out, subject)?;
        for (name, value) in fields {
            field(out, &name, &value)?;
        }
        Ok(out.write_all(b"}")?)
    }

    /// Writes what every object has; further fields and the brace are left to the caller.
    pub fn begin(&mut self, out: &mut impl Write, subject: &Subject) -> Result<(), Failure> {
        out.write_all(if self.count == 0 { b"[\n" } else { b",\n" })?;
        self.count += 1;
        out.write_all(b"{\"file\":")?;
        to_writer(&mut *out, &subject.file)?;
        let part = subject.part.as_deref();
        // Arrays in a row have places for names.
        let place = part.filter(|_| !subject.has_keys).and_then(|part| part.parse::<usize>().ok());
        out.write_all(b",\"name\":")?;
        to_writer(&mut *out, &part.filter(|_| place.is_none()))?;
        if let Some(place) = place {
            write!(out, ",\"index\":{place}")?;
        }
        Ok(())
    }

    /// Writes the object of what can't be read.
    pub fn error(
        &mut self,
        out: &mut impl Write,
        subject: &Subject,
        failure: &Failure,
    ) -> Result<(), Failure> {
        self.object(out, subject, serde_json::json!({ "error": failure.message() }))
    }

    /// Ends the list.
    pub fn end(self, out: &mut impl Write) -> Result<(), Failure> {
        Ok(out.write_all(if self.count == 0 { b"[]\n" } else { b"\n]\n" })?)
    }
}
