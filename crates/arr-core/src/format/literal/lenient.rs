//! What is no literal, and is read where that is asked for.

use super::{Bracket, Kind, Scanner};
use crate::Result;

impl Scanner<'_> {
    /// Reads what stands in a call that gives its argument, such as `np.int64(2)` or `array([2, 3])`, if one comes and is to
    /// be read.
    pub(super) fn called<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if !self.lenient || self.peek()? != Kind::Name {
            return Ok(None);
        }
        let rest = self.rest();
        let end = rest.bytes().position(|byte| byte != b'.' && !super::is_name_byte(byte));
        let name = end.and_then(|end| rest.get(..end)).unwrap_or_default();
        let kind = name.rsplit('.').next().unwrap_or_default();
        let is_number = kind.trim_start_matches('u').trim_end_matches(|c: char| c.is_ascii_digit());
        if !matches!(is_number, "int" | "intp" | "intc" | "long" | "longlong" | "array" | "asarray") {
            return Ok(None);
        }
        self.pos += name.len();
        self.open(Bracket::Paren)?;
        // Nobody prints calls in calls.
        self.lenient = false;
        let value = read(self)?;
        self.lenient = true;
        self.close(Bracket::Paren)?;
        Ok(Some(value))
    }

    /// Reads over a dictionary, whatever is in it, if one comes and is to be read.
    pub(crate) fn skips_dict(&mut self) -> Result<bool> {
        if !self.lenient || self.peek()? != Kind::Open(Bracket::Brace) {
            return Ok(false);
        }
        let (mut open, mut quote) = (0usize, None);
        let mut bytes = self.rest().bytes().enumerate();
        while let Some((at, byte)) = bytes.next() {
            match (quote, byte) {
                (Some(_), b'\\') => {
                    bytes.next();
                }
                (Some(end), byte) if byte == end => quote = None,
                (Some(_), _) => {}
                (None, b'\'' | b'"') => quote = Some(byte),
                (None, b'{') => open += 1,
                (None, b'}') if open == 1 => {
                    self.pos += at + 1;
                    return Ok(true);
                }
                (None, b'}') => open -= 1,
                (None, _) => {}
            }
        }
        Err(self.error("the metadata of the dtype has no end"))
    }

    /// True when what is no literal is read.
    pub(crate) const fn is_lenient(&self) -> bool {
        self.lenient
    }
}
