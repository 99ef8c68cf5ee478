//! What precedes the values.

use arr_core::{Error, Input, Order, Result};

/// The order, the shape, and which version's way of writing numbers follows.
#[derive(Clone, Debug)]
pub struct Head {
    pub(super) order: Order,
    pub(super) shape: Vec<usize>,
    /// The number of values.
    pub(super) items: usize,
    /// True for the way of 0.9.1, in which commas group thousands.
    pub(super) grouped: bool,
}

/// The byte order mark, in UTF-8.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

/// The longest key or word that has a meaning, and some more.
const WORD: usize = 40;

/// Reads up to the colon after `"data"`, byte by byte: what follows is another's to read.
pub(super) fn read(input: &mut Input<'_>) -> Result<Head> {
    let most = input.budget().limits().header_size();
    Reader { start: input.position(), input, most }.head()
}

struct Reader<'i, 'a> {
    input: &'i mut Input<'a>,
    start: u64,
    most: u64,
}

impl Reader<'_, '_> {
    fn head(mut self) -> Result<Head> {
        // Editors put it there; ND4J does not.
        if self.input.peek(MARK.len())? == MARK {
            self.input.skip(MARK.len() as u64, "mark")?;
        }
        self.expect(b'{', "an opening brace")?;
        let (mut order, mut shape, mut grouped) = (None, None, None);
        loop {
            let (at, key) = self.word("a key")?;
            let inside = key.ends_with(b":");
            if !inside {
                self.expect(b':', "a colon")?;
            }
            let twice = |key: &str| Error::malformed(format!("the key '{key}' is there twice")).at(at);
            match key.strip_suffix(b":").unwrap_or(&key) {
                b"filefrom" => {
                    self.word("the name of the program")?;
                    if grouped.replace(inside).is_some() {
                        return Err(twice("filefrom"));
                    }
                }
                b"ordering" => {
                    let (at, word) = self.word("the order")?;
                    let found = match word.as_slice() {
                        // Some versions say `a`, either, of arrays of one item.
                        b"c" | b"a" => Order::C,
                        b"f" => Order::F,
                        other => {
                            let other = other.escape_ascii();
                            return Err(Error::malformed(format!(
                                "the ordering is '{other}', expected 'c' or 'f'"
                            ))
                            .at(at));
                        }
                    };
                    if order.replace(found).is_some() {
                        return Err(twice("ordering"));
                    }
                }
                b"shape" => {
                    let found = self.shape()?;
                    if shape.replace(found).is_some() {
                        return Err(twice("shape"));
                    }
                }
                b"data" => {
                    let missing = |key: &str| {
                        Error::malformed(format!("there is no key '{key}' before the data")).at(at)
                    };
                    let (shape, items) = shape.ok_or_else(|| missing("shape"))?;
                    let grouped = grouped.ok_or_else(|| missing("filefrom"))?;
                    return Ok(Head { order: order.unwrap_or(Order::C), shape, items, grouped });
                }
                other => {
                    let other = other.escape_ascii();
                    return Err(Error::malformed(format!(
                        "the key '{other}' is unknown, expected filefrom, ordering, shape or data"
                    ))
                    .at(at));
                }
            }
            self.expect(b',', "a comma")?;
        }
    }

    /// `[2, 3]`, with the product of the numbers.
    fn shape(&mut self) -> Result<(Vec<usize>, usize)> {
        let start = self.input.position();
        self.expect(b'[', "the shape, in brackets")?;
        let mut shape: Vec<usize> = Vec::new();
        let (mut at, mut byte) = self.after_blanks()?;
        if byte != b']' {
            loop {
                let (first, mut dimension) = (at, None::<usize>);
                while byte.is_ascii_digit() {
                    let next = dimension.unwrap_or(0).checked_mul(10);
                    let next = next.and_then(|next| next.checked_add(usize::from(byte - b'0')));
                    dimension = Some(next.ok_or_else(|| {
                        Error::malformed(format!("dimension {} is too large", shape.len())).at(first)
                    })?);
                    (at, byte) = self.byte()?;
                }
                shape.push(dimension.ok_or_else(|| unexpected(byte, "a dimension", first))?);
                self.input.budget().check_rank(shape.len()).map_err(|error| error.at(first))?;
                if byte.is_ascii_whitespace() {
                    (at, byte) = self.after_blanks()?;
                }
                match byte {
                    b']' => break,
                    b',' => (at, byte) = self.after_blanks()?,
                    other => return Err(unexpected(other, "a comma or a closing bracket", at)),
                }
            }
        }
        // Zeros left out, the product may not overflow either.
        let some = shape.iter().filter(|dimension| **dimension > 0);
        let items = some.copied().try_fold(1usize, usize::checked_mul);
        let items = items
            .filter(|items| isize::try_from(*items).is_ok())
            .ok_or_else(|| Error::malformed(format!("the number of items overflows: {shape:?}")).at(start))?;
        let items = if shape.contains(&0) { 0 } else { items };
        Ok((shape, items))
    }

    /// The next byte, and where it stands.
    fn byte(&mut self) -> Result<(u64, u8)> {
        let at = self.input.position();
        let spent = at - self.start;
        if spent >= self.most {
            self.input.budget().check_header(spent + 1).map_err(|error| error.at(self.start))?;
        }
        let [byte] = self.input.read_array("header")?;
        Ok((at, byte))
    }

    fn after_blanks(&mut self) -> Result<(u64, u8)> {
        loop {
            let (at, byte) = self.byte()?;
            if !byte.is_ascii_whitespace() {
                return Ok((at, byte));
            }
        }
    }

    /// Reads that byte; says where it stands.
    fn expect(&mut self, wanted: u8, what: &str) -> Result<u64> {
        let (at, found) = self.after_blanks()?;
        if found == wanted { Ok(at) } else { Err(unexpected(found, what, at)) }
    }

    /// What is in the next quotes, and where these begin.
    fn word(&mut self, what: &str) -> Result<(u64, Vec<u8>)> {
        let at = self.expect(b'"', what)?;
        let mut word = Vec::new();
        loop {
            match self.byte()?.1 {
                b'"' => return Ok((at, word)),
                _ if word.len() >= WORD => {
                    return Err(Error::malformed(format!("{what} of more than {WORD} bytes")).at(at));
                }
                byte => word.push(byte),
            }
        }
    }
}

pub(super) fn unexpected(byte: u8, expected: &str, at: u64) -> Error {
    Error::malformed(format!("found '{}', expected {expected}", byte.escape_ascii())).at(at)
}
