//! Values that are in an opcode or behind it: numbers, texts, strings of Python 2, and buffers beside the pickle.

use arr_core::{Error, Result, Value};

use super::call::{SURROGATES, UTF_8};
use super::feed::lost;
use super::machine::{Encoding, Machine};
use super::opcodes as op;
use super::text;
use super::value::{Cell, Made, Obj, Payload, Val};

/// Strings of Python 2 that are no longer are decoded at once: others may be the data of an array.
const SHORT: u64 = 64;

/// What a short text takes in memory: itself, and what counts its owners.
pub(super) const TEXT: u64 = 80;

impl Machine<'_> {
    /// The length that an opcode says of what follows it.
    pub(super) fn length(&mut self, opcode: u8) -> Result<u64> {
        Ok(match opcode {
            op::SHORT_BINUNICODE | op::SHORT_BINSTRING | op::SHORT_BINBYTES => u64::from(self.feed.byte()?),
            op::BINUNICODE | op::BINBYTES => u64::from(u32::from_le_bytes(self.feed.array()?)),
            op::BINSTRING => {
                let len = i32::from_le_bytes(self.feed.array()?);
                u64::try_from(len).map_err(|_| Error::malformed(format!("a string has a length of {len}")))?
            }
            _ => u64::from_le_bytes(self.feed.array()?),
        })
    }

    pub(super) fn number(&mut self, opcode: u8) -> Result<()> {
        let value = match opcode {
            op::BININT => Value::from(i32::from_le_bytes(self.feed.array()?)),
            op::BININT1 => Value::from(self.feed.byte()?),
            op::BININT2 => Value::from(u16::from_le_bytes(self.feed.array()?)),
            op::BINFLOAT => Value::from(f64::from_be_bytes(self.feed.array()?)),
            op::LONG1 => {
                let len = self.feed.byte()?;
                Value::from_signed_le_bytes(self.feed.take(usize::from(len))?)
            }
            _ => {
                let len = i32::from_le_bytes(self.feed.array()?);
                let len = u64::try_from(len)
                    .map_err(|_| Error::malformed(format!("a whole number has a length of {len}")))?;
                self.long(len)?
            }
        };
        self.push(value.into())
    }

    pub(super) fn long(&mut self, len: u64) -> Result<Value> {
        if len > text::MOST_INT_BYTES {
            return Err(text::too_long(len, "bytes", text::MOST_INT_BYTES));
        }
        let len = self.feed.count(len)?;
        self.budget.charge_bytes(len as u64)?;
        Ok(Value::from_signed_le_bytes(self.feed.take(len)?))
    }

    /// A value of protocol 0, which is a line.
    pub(super) fn line(&mut self, opcode: u8) -> Result<()> {
        let line = self.feed.line()?;
        self.budget.charge_bytes(line.len() as u64)?;
        self.budget.charge_objects(if matches!(opcode, op::INT | op::FLOAT) { 0 } else { TEXT })?;
        if opcode == op::UNICODE {
            let bytes = text::raw_unicode(line)?;
            let text = text_of(&bytes)?;
            return self.push_text(text);
        }
        let value = match opcode {
            op::INT if line == b"00" => Value::from(false),
            op::INT if line == b"01" => Value::from(true),
            // Python's two implementations disagree on it.
            op::INT if line.starts_with(b"-0") => return Err(text::other_int()),
            op::INT => text::int(line)?,
            op::LONG => text::int(line.strip_suffix(b"L").unwrap_or(line))?,
            op::FLOAT => text::float(line)?,
            _ => {
                let bytes = text::quoted(line)?;
                self.decoded(&bytes)?
            }
        };
        self.push(value.into())
    }

    pub(super) fn text(&mut self, len: u64) -> Result<()> {
        let len = self.feed.count(len)?;
        self.budget.charge_objects(TEXT.saturating_add(len as u64))?;
        let text = text_of(self.feed.take(len)?)?;
        self.push_text(text)
    }

    /// A text, or the bytes of one that has surrogates: that is what Python would decode them to.
    fn push_text(&mut self, text: Value) -> Result<()> {
        if !matches!(text, Value::Bytes(_)) {
            return self.push(text.into());
        }
        let decoder = match self.decoder.clone() {
            Some(decoder) => decoder,
            None => self.global("_codecs", "decode")?,
        };
        self.decoder = Some(decoder.clone());
        let args = self.new_tuple([text.into(), UTF_8.into(), SURROGATES.into()])?;
        let class = decoder.cell().ok_or_else(lost)?;
        let object = self.object(Obj { args: Some(args), ..Obj::new(class, Made::Call) })?;
        self.push(object)
    }

    /// A string of Python 2, which may be text or bytes.
    pub(super) fn old_text(&mut self, len: u64) -> Result<()> {
        match self.feed.payload(len, &mut self.budget)? {
            short if short.len() <= SHORT => {
                self.budget.charge_objects(TEXT)?;
                let value = self.decoded(self.feed.lent(&short).ok_or_else(lost)?)?;
                self.push(value.into())
            }
            long => self.push_cell(Cell::OldText(long)),
        }
    }

    /// The text that a value is, also that of a string of Python 2 which is longer than what is decoded at once.
    pub(super) fn text_of<'v>(&'v self, value: &'v Val) -> Option<&'v str> {
        match (value.text(), self.follow(value)) {
            (None, Some(Cell::OldText(bytes))) => std::str::from_utf8(self.feed.lent(bytes)?).ok(),
            (text, _) => text,
        }
    }

    /// What the bytes of a string of Python 2 are.
    pub(super) fn decoded(&self, bytes: &[u8]) -> Result<Value> {
        match self.rules.encoding {
            Encoding::Latin1 => Ok(text::of_latin1(bytes)?.into()),
            Encoding::Ascii if bytes.is_ascii() => Value::copy_str(text::utf8(bytes)?),
            Encoding::Ascii | Encoding::Bytes => Value::copy_bytes(bytes),
        }
    }

    pub(super) fn next_buffer(&mut self) -> Result<()> {
        let number = self.taken;
        let buffer = self.rules.buffers.get(number).cloned().ok_or_else(|| {
            Error::invalid(format!(
                "the data of an array is in a buffer beside the pickle: buffer {number} was not given"
            ))
            .with_hint(arr_core::Hint::Option("buffer", "FILE"))
        })?;
        self.taken += 1;
        self.push_cell(Cell::ByteArray(Payload::held(buffer)))
    }

    pub(super) fn memo_number(&mut self, opcode: u8) -> Result<u64> {
        Ok(match opcode {
            op::BINPUT | op::BINGET => u64::from(self.feed.byte()?),
            op::LONG_BINPUT | op::LONG_BINGET => u64::from(u32::from_le_bytes(self.feed.array()?)),
            _ => {
                let line = std::str::from_utf8(self.feed.line()?).ok();
                let number = line.and_then(|line| line.trim().parse().ok());
                number.ok_or_else(|| Error::malformed("the number of a memorised value is none"))?
            }
        })
    }
}

/// The text of bytes in UTF-8; the bytes themselves where they have surrogates.
fn text_of(bytes: &[u8]) -> Result<Value> {
    match text::utf8(bytes) {
        Ok(text) => Value::copy_str(text),
        Err(_) if text::has_surrogates(bytes) => Value::copy_bytes(bytes),
        Err(error) => Err(error),
    }
}
