//! From text to cells: JSON as RFC 8259 has it, with what Python writes besides.

use arr_core::format::room::push;
use arr_core::{Error, MAX_RANK, Result};
use memchr::memchr2;

use super::cells::{Block, Cell, Cells, Dims, Kind, Span, signed};
use super::number;

/// What a list has held so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Nothing,
    /// Numbers alone, which are in no list of cells.
    Numbers,
    /// So many lists of numbers of one shape, which is the last of the shapes.
    Rows(usize),
    /// Anything; it is on the stack.
    Cells,
}

/// A list or dict that has not ended.
#[derive(Clone, Copy, Debug)]
struct Frame {
    is_dict: bool,
    run: Run,
    /// Where its cells begin on the stack.
    base: usize,
    /// Where its numbers begin.
    first: usize,
}

/// Reads documents, one value after another. Nothing recurses, however deep they nest.
#[derive(Debug)]
pub(super) struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    frames: Vec<Frame>,
    stack: Vec<Cell>,
    /// The shapes of the rows of open lists, the innermost one last.
    shapes: Vec<Dims>,
    cells: Cells,
    /// Whether the text has ended too early.
    is_cut: bool,
}

/// The most lists and dicts in one another: what has not ended takes forty times its one byte.
const DEEPEST: usize = 1 << 20;

/// The mark of UTF-8 that some programs write in front.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads all values of a text: one, or several in lines of their own.
///
/// # Errors
/// `Malformed` with the offset; `LimitExceeded` when memory is short or a whole number is too long.
pub(super) fn parse(text: &[u8]) -> Result<Cells> {
    let mut parser = Parser::new(text);
    parser.run()?;
    Ok(parser.cells)
}

/// Whether a text begins as a document does: it is whole, or it ends before the document does.
pub(super) fn begins(text: &[u8]) -> bool {
    let mut parser = Parser::new(text);
    parser.run().is_ok() || parser.is_cut
}

impl<'t> Parser<'t> {
    fn new(text: &'t [u8]) -> Self {
        let at = if text.starts_with(MARK) { MARK.len() } else { 0 };
        Self {
            text,
            at,
            frames: Vec::new(),
            stack: Vec::new(),
            shapes: Vec::new(),
            cells: Cells::default(),
            is_cut: false,
        }
    }

    fn run(&mut self) -> Result<()> {
        self.skip_blanks();
        loop {
            let root = self.value()?;
            push(&mut self.cells.roots, root)?;
            let end = self.at;
            self.skip_blanks();
            if self.at >= self.text.len() {
                return Ok(());
            }
            let between = self.text.get(end..self.at).ok_or_else(lost)?;
            if !between.contains(&b'\n') {
                return Err(self.wrong("something follows the document in the same line"));
            }
        }
    }

    #[cold]
    fn wrong(&mut self, what: &'static str) -> Error {
        if self.at >= self.text.len() {
            self.is_cut = true;
            return Error::malformed("the document ends too early").at(self.text.len() as u64);
        }
        Error::malformed(what).at(self.at as u64)
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// A whole value, and all that is in it.
    fn value(&mut self) -> Result<Cell> {
        loop {
            self.skip_blanks();
            let root = match self.peek() {
                Some(opening @ (b'[' | b'{')) => {
                    let is_dict = opening == b'{';
                    self.open(is_dict)?;
                    if self.peek() != Some(if is_dict { b'}' } else { b']' }) {
                        if is_dict {
                            self.key()?;
                        }
                        continue;
                    }
                    self.at += 1;
                    self.close()?
                }
                Some(b'"') => {
                    let text = self.string()?;
                    self.put(text)?
                }
                _ => self.word()?,
            };
            if let Some(root) = root {
                return Ok(root);
            }
            if let Some(root) = self.go_on()? {
                return Ok(root);
            }
        }
    }

    /// After a value in a list or dict: up to where the next one begins, or all that is open has ended.
    fn go_on(&mut self) -> Result<Option<Cell>> {
        loop {
            self.skip_blanks();
            let is_dict = self.frames.last().is_some_and(|frame| frame.is_dict);
            match (self.peek(), is_dict) {
                (Some(b','), _) => {
                    self.at += 1;
                    if is_dict {
                        self.skip_blanks();
                        self.key()?;
                    }
                    return Ok(None);
                }
                (Some(b']'), false) | (Some(b'}'), true) => {
                    self.at += 1;
                    if let Some(root) = self.close()? {
                        return Ok(Some(root));
                    }
                }
                (_, true) => return Err(self.wrong("a comma or a brace is wanted here")),
                (_, false) => return Err(self.wrong("a comma or a bracket is wanted here")),
            }
        }
    }

    fn open(&mut self, is_dict: bool) -> Result<()> {
        // Numbers beside a list or dict are in no block.
        if self.frames.last().is_some_and(|frame| frame.run == Run::Numbers) {
            self.unpack()?;
        }
        if self.frames.len() >= DEEPEST {
            let message = format!("lists and dicts are nested deeper than {DEEPEST} levels");
            return Err(Error::limit(message).at(self.at as u64));
        }
        self.at += 1;
        self.skip_blanks();
        let run = if is_dict { Run::Cells } else { Run::Nothing };
        let frame = Frame { is_dict, run, base: self.stack.len(), first: self.cells.bits.len() };
        push(&mut self.frames, frame)
    }

    /// A key and the colon behind it.
    fn key(&mut self) -> Result<()> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a key in quotes is wanted here"));
        }
        let key = self.string()?;
        push(&mut self.stack, key)?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.wrong("a colon is wanted behind the key"));
        }
        self.at += 1;
        Ok(())
    }

    /// A string in its quotes.
    fn string(&mut self) -> Result<Cell> {
        let start = self.at + 1;
        let mut at = start;
        let mut has_escapes = false;
        loop {
            // An escape may be cut.
            let Some(found) = self.text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) else {
                self.at = self.text.len();
                return Err(self.wrong(""));
            };
            at += found;
            if self.text.get(at) == Some(&b'"') {
                break;
            }
            has_escapes = true;
            at += 2;
        }
        let span = Span { start, len: at - start };
        if let Some(control) = control(span.of(self.text)) {
            self.at = start + control;
            return Err(self.wrong("a control character in a string has to be escaped"));
        }
        self.at = at + 1;
        Ok(if has_escapes { Cell::Escaped(span) } else { Cell::Text(span) })
    }

    /// A number or a word: `true`, `false`, `null`, and those that Python writes for what no number of JSON is.
    fn word(&mut self) -> Result<Option<Cell>> {
        const WORDS: [(&[u8], Kind, u64); 6] = [
            (b"true", Kind::Bool, 1),
            (b"false", Kind::Bool, 0),
            (b"null", Kind::Null, 0),
            (b"NaN", Kind::Float, f64::NAN.to_bits()),
            (b"Infinity", Kind::Float, f64::INFINITY.to_bits()),
            (b"-Infinity", Kind::Float, f64::NEG_INFINITY.to_bits()),
        ];
        let rest = self.text.get(self.at..).ok_or_else(lost)?;
        if let Some((word, kind, bits)) = WORDS.iter().find(|(word, ..)| rest.starts_with(word)) {
            self.at += word.len();
            return self.put_number(*kind, *bits);
        }
        if rest.len() < 9 && WORDS.iter().any(|(word, ..)| word.starts_with(rest)) {
            self.at = self.text.len();
            return Err(self.wrong(""));
        }
        if !matches!(rest.first(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.wrong("a value is wanted here"));
        }
        let len = match number::length(rest) {
            Ok(len) => len,
            Err(len) => {
                self.at += len;
                return Err(self.wrong("this is not a number as JSON has them"));
            }
        };
        let span = Span { start: self.at, len };
        let digits = span.of(self.text);
        self.at += len;
        match number::read(digits).map_err(|error| error.at(span.start as u64))? {
            Some((kind, bits)) => self.put_number(kind, bits),
            None => self.put(Cell::Digits(span)),
        }
    }

    /// Takes in a number, or another word.
    #[inline]
    fn put_number(&mut self, kind: Kind, bits: u64) -> Result<Option<Cell>> {
        if let Some(frame) = self.frames.last_mut() {
            if matches!(frame.run, Run::Nothing | Run::Numbers) {
                frame.run = Run::Numbers;
                self.cells.add_number(kind, bits)?;
                return Ok(None);
            }
        }
        let cell = match kind {
            Kind::Null => Cell::Null,
            Kind::Bool => Cell::Bool(bits != 0),
            Kind::Int => Cell::Int(signed(bits)),
            Kind::UInt => Cell::UInt(bits),
            Kind::Float => Cell::Float(f64::from_bits(bits)),
        };
        self.put(cell)
    }

    /// Takes in a value that is in no block: the document, if nothing is open.
    fn put(&mut self, cell: Cell) -> Result<Option<Cell>> {
        if self.frames.is_empty() {
            return Ok(Some(cell));
        }
        self.unpack()?;
        push(&mut self.stack, cell)?;
        Ok(None)
    }

    /// Makes cells of the numbers or rows of the innermost list.
    fn unpack(&mut self) -> Result<()> {
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        match std::mem::replace(&mut frame.run, Run::Cells) {
            Run::Nothing | Run::Cells => {}
            Run::Numbers => {
                for place in frame.first..self.cells.bits.len() {
                    push(&mut self.stack, self.cells.number(place))?;
                }
            }
            Run::Rows(count) => {
                let dims = self.shapes.pop().ok_or_else(lost)?;
                let step: usize = dims.iter().product();
                for row in 0..count {
                    let block = Block { start: frame.first + row * step, dims: dims.clone() };
                    let cell = self.cells.add_block(block)?;
                    push(&mut self.stack, cell)?;
                }
            }
        }
        Ok(())
    }

    /// Ends the innermost list or dict; the document, if nothing else is open.
    fn close(&mut self) -> Result<Option<Cell>> {
        let Some(frame) = self.frames.pop() else { return Ok(None) };
        let dims = match frame.run {
            Run::Numbers => Dims::from_elem(self.cells.bits.len() - frame.first, 1),
            Run::Rows(count) => {
                let mut dims = self.shapes.pop().ok_or_else(lost)?;
                dims.insert(0, count);
                dims
            }
            Run::Nothing | Run::Cells => {
                let start = self.cells.kept.len();
                let held = self.stack.get(frame.base..).ok_or_else(lost)?;
                self.cells.kept.try_reserve(held.len()).map_err(arr_core::format::room::no_memory)?;
                self.cells.kept.extend_from_slice(held);
                self.stack.truncate(frame.base);
                let span = Span { start, len: self.cells.kept.len() - start };
                return self.put(if frame.is_dict { Cell::Dict(span) } else { Cell::List(span) });
            }
        };
        self.put_block(Block { start: frame.first, dims })
    }

    /// Takes in a block: a row of the list that is open, if all others are of its shape.
    fn put_block(&mut self, block: Block) -> Result<Option<Cell>> {
        if let Some(frame) = self.frames.last_mut() {
            let fits = match frame.run {
                Run::Nothing => block.dims.len() < MAX_RANK && frame.first == block.start,
                Run::Rows(_) => self.shapes.last() == Some(&block.dims),
                Run::Numbers | Run::Cells => false,
            };
            if fits {
                frame.run = match frame.run {
                    Run::Rows(count) => Run::Rows(count + 1),
                    _ => {
                        push(&mut self.shapes, block.dims)?;
                        Run::Rows(1)
                    }
                };
                return Ok(None);
            }
        }
        self.unpack()?;
        let cell = self.cells.add_block(block)?;
        self.put(cell)
    }
}

/// Where the first control character is. Long strings are looked at in pieces, each at once.
fn control(text: &[u8]) -> Option<usize> {
    const PIECE: usize = 256;
    let has = |piece: &[u8]| piece.iter().fold(false, |found, byte| found | (*byte < 0x20));
    let piece = text.chunks(PIECE).position(has)?;
    let start = piece * PIECE;
    text.iter().skip(start).position(|byte| *byte < 0x20).map(|at| start + at)
}

/// What is open or was read is not where it was put.
#[cold]
fn lost() -> Error {
    Error::mismatch("a part of the document was lost while it was read")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Cells {
        parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn dims(text: &str) -> Vec<usize> {
        let found = cells(text);
        match found.roots.as_slice() {
            [Cell::Block(place)] => found.blocks[*place as usize].dims.to_vec(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn lists_of_numbers_of_one_shape_are_blocks() {
        assert_eq!(dims("[1, 2.5,null , NaN]"), [4]);
        assert_eq!(dims("[[1,2],[3,4],[5,6]]"), [3, 2]);
        assert_eq!(dims(" [[[true]],[[false]]]\n"), [2, 1, 1]);
        let deep = format!("{}1{}", "[".repeat(MAX_RANK), "]".repeat(MAX_RANK));
        assert_eq!(dims(&deep), [1; MAX_RANK]);
        assert!(matches!(cells(&format!("[{deep}]")).roots[..], [Cell::List(_)]));
    }

    #[test]
    fn what_is_not_of_one_shape_is_a_list_of_what_it_holds() {
        for (text, kept) in [
            ("[1, \"a\", 2]", 3),
            ("[[1,2],[3]]", 2),
            ("[[1,2],3]", 2),
            ("[1,[2]]", 2),
            ("[[1],[2],[\"a\"]]", 4),
            ("[[],[]]", 2),
            ("{\"a\": [1], \"b\": {}}", 4),
            ("[12345678901234567890123]", 1),
            ("[1, {\"a\": [2, 3]}, 4]", 5),
            ("[1, 2, [3, [4, \"a\"]]]", 7),
        ] {
            let found = cells(text);
            assert_eq!(found.kept.len(), kept, "{text}: {found:?}");
        }
        let found = cells("[[1,2],[3,4],\"a\"]");
        let Cell::List(span) = found.roots[0] else { panic!("{found:?}") };
        let items = span.of(&found.kept);
        assert!(matches!(items, [Cell::Block(_), Cell::Block(_), Cell::Text(_)]), "{items:?}");
        assert_eq!(found.blocks[1], Block { start: 2, dims: Dims::from_elem(2, 1) });
    }

    #[test]
    fn what_is_not_json_is_refused_where_it_is() {
        for (text, at) in [
            ("", 0),
            ("[1,]", 3),
            ("[1 2]", 3),
            ("{\"a\" 1}", 5),
            ("{a: 1}", 1),
            ("{\"a\": 1,}", 8),
            ("[1}", 2),
            ("]", 0),
            ("[1] [2]", 4),
            ("[01]", 2),
            ("[+1]", 1),
            ("[nan]", 1),
            ("[truer]", 5),
            ("\"a\nb\"", 2),
            ("[\"\\u12\"]x", 8),
            ("'a'", 0),
            ("[1, 2", 5),
            ("\"abc", 4),
            ("tru", 3),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.offset(), Some(at), "{text}: {error}");
        }
        assert_eq!(cells("1\n[2]\n\n{}\n").roots.len(), 3);
        assert_eq!(cells("\u{feff}[2]").roots.len(), 1);
    }

    #[test]
    fn a_document_is_known_by_its_beginning() {
        for text in ["[", "[[1, 2], [3", "{\"a", "{\"a\": tr", "[-", "[1e", "[\"\\"] {
            assert!(begins(text.as_bytes()), "{text}");
        }
        for text in ["[1 2]", "{1: 2}", "[[1, 2]\n [3, 4]]", "{'a': 1}", "[1] x", "{}{}"] {
            assert!(!begins(text.as_bytes()), "{text}");
        }
    }
}
