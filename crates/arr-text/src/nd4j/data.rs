//! The values: one pass over the bytes, piece by piece.

use arr_core::{Error, Hint, Input, Order, Result};

use super::head::{Head, unexpected};
use super::nesting::Nesting;
use super::number::{Value, without_groups};
use super::values::Sink;

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// No number has more digits: every `f64` has fewer than 800.
const LONGEST: usize = 1100;

/// Reads the values and the closing brace, and not a byte more.
pub(super) fn read(input: &mut Input<'_>, head: &Head, sink: &mut dyn Sink) -> Result<()> {
    Values::new(head, input).read(input, sink, head.items)
}

/// The values of a text, which are taken in as far as is asked for.
#[derive(Debug)]
pub(super) struct Values {
    scanner: Scanner,
    piece: Vec<u8>,
}

impl Values {
    /// Before the first value, where `input` is.
    pub(super) fn new(head: &Head, input: &mut Input<'_>) -> Self {
        Self { scanner: Scanner::new(head, input.budget().limits().depth()), piece: vec![0; PIECE] }
    }

    /// Reads on until there were `count` values in all; if these are all values of the text, the closing brace too. `sink`
    /// takes those that are read now.
    pub(super) fn read(&mut self, input: &mut Input<'_>, sink: &mut dyn Sink, count: usize) -> Result<()> {
        let scanner = &mut self.scanner;
        let items = scanner.head.items;
        let mut charged = 0;
        while !scanner.done && (scanner.count < count || count == items) {
            // Each value that is missing takes two bytes, and the brace another one.
            let left = count.saturating_sub(scanner.count);
            let wanted = left.saturating_sub(1).saturating_mul(2).saturating_add(1).min(PIECE);
            let at = input.position();
            let piece = self.piece.get_mut(..wanted).ok_or_else(|| Error::mismatch("a piece is too long"))?;
            let got = input.fill(piece)?;
            if got == 0 {
                return Err(Error::malformed(format!(
                    "the input ends inside the data: expected {items} values, found {}",
                    scanner.count
                ))
                .at(at));
            }
            sink.reserve(left.min(got / 2 + 1))?;
            let piece = piece.get(..got).ok_or_else(|| Error::mismatch("a piece is too long"))?;
            scanner.feed(piece, at, sink)?;
            let taken = sink.taken() + (scanner.token.len() + scanner.held.len()) as u64;
            if taken > charged {
                input.budget().charge_bytes(taken - charged).map_err(|error| error.at(at))?;
                charged = taken;
            }
        }
        Ok(())
    }
}

/// How many values may be in one pair of brackets: those of a row, and those of all the rows that a vector of more
/// dimensions has, which 0.9.1 prints in one pair. A single item may have a pair.
fn group_lengths(shape: &[usize]) -> Vec<usize> {
    if shape.is_empty() {
        return vec![1];
    }
    let product = |product: &mut usize, dimension: &usize| {
        *product = product.saturating_mul(*dimension);
        Some(*product)
    };
    shape.iter().rev().scan(1, product).collect()
}

/// What precedes a byte, blanks left out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Start,
    Open,
    Close,
    Value,
    Comma,
}

/// What a byte is a part of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Between,
    Number,
    Text,
    /// After a quote in a text, which may be its end.
    Quote,
}

#[derive(Debug)]
struct Scanner {
    head: Head,
    /// The bytes that end a number.
    ends: &'static [bool; 256],
    /// Values so far.
    count: usize,
    /// Open brackets.
    depth: usize,
    most: usize,
    /// Values in the innermost open brackets, if there are no others inside.
    leaf: Option<usize>,
    before: Before,
    mode: Mode,
    /// What earlier pieces had of the value at hand.
    token: Vec<u8>,
    token_at: u64,
    /// Blanks after a quote.
    held: Vec<u8>,
    done: bool,
    groups: Vec<usize>,
    nesting: Nesting,
}

impl Scanner {
    fn new(head: &Head, depth: usize) -> Self {
        Self {
            head: head.clone(),
            ends: if head.grouped { &ENDS_GROUPED } else { &ENDS },
            count: 0,
            depth: 0,
            most: depth,
            leaf: None,
            before: Before::Start,
            mode: Mode::Between,
            token: Vec::new(),
            token_at: 0,
            held: Vec::new(),
            done: false,
            groups: group_lengths(&head.shape),
            nesting: Nesting::new(&head.shape),
        }
    }

    fn feed(&mut self, bytes: &[u8], start: u64, sink: &mut dyn Sink) -> Result<()> {
        let mut rest = bytes;
        while let [byte, behind @ ..] = rest {
            let at = start + (bytes.len() - rest.len()) as u64;
            match self.mode {
                Mode::Between => {
                    let value = rest;
                    rest = behind;
                    match byte {
                        b' ' | b'\n' | b'\t' | b'\r' => {
                            let blanks = behind.iter().take_while(|byte| **byte == b' ').count();
                            (_, rest) = behind.split_at(blanks);
                        }
                        b',' => self.comma(at)?,
                        b'[' => self.open(at)?,
                        b']' => self.close(at)?,
                        b'}' => return self.end(at),
                        b'"' => {
                            self.begin_value(at)?;
                            self.mode = Mode::Text;
                        }
                        _ => {
                            self.begin_value(at)?;
                            self.mode = Mode::Number;
                            rest = value;
                        }
                    }
                }
                Mode::Number => {
                    let ends = self.ends;
                    match rest.iter().position(|byte| ends[usize::from(*byte)]) {
                        Some(len) => {
                            let (token, behind) = rest.split_at(len);
                            self.number(token, sink)?;
                            rest = behind;
                        }
                        None => {
                            self.keep(rest)?;
                            rest = &[];
                        }
                    }
                }
                Mode::Text => {
                    let len = rest.iter().take_while(|byte| **byte != b'"').count();
                    let (text, quote) = rest.split_at(len);
                    hold(&mut self.token, text)?;
                    rest = quote;
                    if let [_, behind @ ..] = quote {
                        self.mode = Mode::Quote;
                        rest = behind;
                    }
                }
                Mode::Quote => match byte {
                    b' ' | b'\n' | b'\t' | b'\r' => {
                        hold(&mut self.held, &[*byte])?;
                        rest = behind;
                    }
                    b',' | b']' if self.depth > 0 => self.end_text(sink)?,
                    b'}' if self.depth == 0 => self.end_text(sink)?,
                    // The quote is a part of the text.
                    _ => {
                        hold(&mut self.token, b"\"")?;
                        hold(&mut self.token, &self.held)?;
                        self.held.clear();
                        self.mode = Mode::Text;
                    }
                },
            }
        }
        Ok(())
    }

    fn open(&mut self, at: u64) -> Result<()> {
        let fits = match self.before {
            Before::Start => true,
            // Values and brackets do not stand side by side.
            Before::Open => self.leaf == Some(0),
            Before::Comma => self.leaf.is_none(),
            Before::Close | Before::Value => false,
        };
        if !fits || (self.before == Before::Comma && self.depth == 0) {
            return Err(unexpected(b'[', self.wanted(), at));
        }
        if self.depth >= self.most {
            let error = Error::limit(format!("brackets are nested more than {} deep", self.most));
            return Err(error.with_hint(Hint::Limit("max_depth")).at(at));
        }
        self.nesting.open(self.depth, &self.head.shape).map_err(|error| error.at(at))?;
        self.depth += 1;
        self.leaf = Some(0);
        self.before = Before::Open;
        Ok(())
    }

    fn close(&mut self, at: u64) -> Result<()> {
        if self.depth == 0 || self.before == Before::Comma {
            return Err(unexpected(b']', self.wanted(), at));
        }
        if let Some(found) = self.leaf {
            let fits = self.groups.contains(&found) || (found == 0 && self.head.items == 0);
            if !fits {
                return Err(self.short_row(found).at(at));
            }
        }
        self.depth -= 1;
        self.nesting.close(self.depth, self.leaf).map_err(|error| error.at(at))?;
        self.leaf = None;
        self.before = Before::Close;
        Ok(())
    }

    #[cold]
    fn short_row(&self, found: usize) -> Error {
        // Without dimensions there is one value.
        let expected = self.head.shape.last().copied().unwrap_or(1);
        let lost = found == 0 && self.head.order == Order::F && self.head.shape.len() >= 4;
        let why = if lost { ": ND4J M2.1 loses rows of such arrays in order f" } else { "" };
        Error::malformed(format!(
            "a row behind {} values has {found} values, expected {expected}{why}",
            self.count - found
        ))
    }

    fn comma(&mut self, at: u64) -> Result<()> {
        if self.depth == 0 || !matches!(self.before, Before::Value | Before::Close) {
            return Err(unexpected(b',', self.wanted(), at));
        }
        self.before = Before::Comma;
        Ok(())
    }

    fn end(&mut self, at: u64) -> Result<()> {
        if self.depth > 0 || !matches!(self.before, Before::Value | Before::Close) {
            return Err(unexpected(b'}', self.wanted(), at));
        }
        if self.count < self.head.items {
            return Err(Error::malformed(format!(
                "expected {} values for the shape {:?}, found {}",
                self.head.items, self.head.shape, self.count
            ))
            .at(at));
        }
        self.nesting.end(&self.head.shape).map_err(|error| error.at(at))?;
        self.done = true;
        Ok(())
    }

    fn wanted(&self) -> &'static str {
        match (self.before, self.depth) {
            (Before::Start, _) if self.head.items == 1 => "a value or an opening bracket",
            (Before::Start, _) => "an opening bracket",
            (Before::Value | Before::Close, 0) => "a closing brace",
            (Before::Value | Before::Close, _) => "a comma or a closing bracket",
            (Before::Open, _) if self.leaf == Some(0) => "a value or a bracket",
            (Before::Comma, _) if self.leaf.is_none() => "an opening bracket",
            _ => "a value",
        }
    }

    fn begin_value(&mut self, at: u64) -> Result<()> {
        let fits = match self.before {
            // 0.9.1 prints single items bare, whatever the shape.
            Before::Start => self.head.items == 1,
            Before::Open | Before::Comma => self.leaf.is_some(),
            Before::Close | Before::Value => false,
        };
        if !fits {
            return Err(Error::malformed(format!("found a value, expected {}", self.wanted())).at(at));
        }
        if self.count >= self.head.items {
            return Err(Error::malformed(format!(
                "there are more than the {} values of the shape {:?}",
                self.head.items, self.head.shape
            ))
            .at(at));
        }
        self.token.clear();
        self.token_at = at;
        Ok(())
    }

    /// Keeps the beginning of a number for the next piece.
    fn keep(&mut self, some: &[u8]) -> Result<()> {
        if self.token.len().saturating_add(some.len()) > LONGEST {
            return Err(
                Error::malformed(format!("a value of more than {LONGEST} characters")).at(self.token_at)
            );
        }
        self.token.extend_from_slice(some);
        Ok(())
    }

    fn number(&mut self, rest: &[u8], sink: &mut dyn Sink) -> Result<()> {
        if self.token.is_empty() && rest.len() <= LONGEST {
            self.value(rest, sink)
        } else {
            self.keep(rest)?;
            let token = std::mem::take(&mut self.token);
            self.value(&token, sink)
        }
    }

    fn value(&mut self, token: &[u8], sink: &mut dyn Sink) -> Result<()> {
        let mut before = Before::Value;
        let value = if self.head.grouped {
            // A comma in front of a blank separates, even if there is no blank in front of it.
            let number = token.strip_suffix(b",").unwrap_or(token);
            if number.len() < token.len() && self.depth > 0 {
                before = Before::Comma;
            }
            let mut scratch = Vec::new();
            let number = without_groups(number, &mut scratch);
            number.and_then(Value::parse).map(|value| sink.push(value))
        } else {
            Value::parse(token).map(|value| sink.push(value))
        };
        match value {
            Some(Ok(())) => {}
            Some(Err(error)) => return Err(self.refused(token, error)),
            None => return Err(self.refused(token, Error::malformed("it is not a value"))),
        }
        self.took_one(before);
        Ok(())
    }

    fn end_text(&mut self, sink: &mut dyn Sink) -> Result<()> {
        let text = std::mem::take(&mut self.token);
        sink.push_text(&text).map_err(|error| self.refused(&text, error))?;
        self.held.clear();
        self.took_one(Before::Value);
        Ok(())
    }

    fn took_one(&mut self, before: Before) {
        self.count += 1;
        self.leaf = self.leaf.map(|values| values + 1);
        self.before = before;
        self.mode = Mode::Between;
        self.token.clear();
    }

    #[cold]
    fn refused(&self, token: &[u8], error: Error) -> Error {
        let text = String::from_utf8_lossy(token.get(..60).unwrap_or(token)).escape_debug().to_string();
        let dots = if token.len() > 60 { " ..." } else { "" };
        error.context(&format!("value {} is '{text}{dots}'", self.count)).at(self.token_at)
    }
}

/// The bytes that end a number: blanks, brackets, braces, quotes and commas.
static ENDS: [bool; 256] = ends_of(true);

/// The same where commas group thousands.
static ENDS_GROUPED: [bool; 256] = ends_of(false);

const fn ends_of(comma: bool) -> [bool; 256] {
    let mut ends = [false; 256];
    let bytes = b" \n\t\r[]{}\"";
    let mut place = 0;
    while place < bytes.len() {
        ends[bytes[place] as usize] = true;
        place += 1;
    }
    ends[b',' as usize] = comma;
    ends
}

fn hold(to: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    to.try_reserve(bytes.len())
        .map_err(|source| Error::limit("no memory for a text of this length").with_source(source))?;
    to.extend_from_slice(bytes);
    Ok(())
}
