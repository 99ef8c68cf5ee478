//! Opcodes one after another: what every object is written with.

use std::collections::HashMap;
use std::sync::Arc;

use arr_core::format::Output;
use arr_core::format::room::{no_memory, push};
use arr_core::value::{Object, Text};
use arr_core::{Buffer, DType, Error, Result, Value};

use super::super::opcodes as op;
use super::super::{compat, globals};

/// Opcodes are gathered up to this length, which is that of a frame.
const FRAME: usize = 64 << 10;

/// Data of more bytes stands outside of frames, and is handed on without being copied.
pub(super) const LONG: usize = 32 << 10;

/// Texts of no more bytes are memorised: names of attributes come again and again.
const SHORT_TEXT: usize = 64;

/// The name of a class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Class<'a> {
    /// With its module.
    pub(super) text: &'a str,
    /// The length of the name of the module, where that is not all before the last dot.
    pub(super) module: Option<usize>,
}

impl<'a> Class<'a> {
    /// The class of an object.
    pub(super) fn of(object: &'a Object) -> Self {
        Self { text: &object.class, module: object.module }
    }

    /// The module, and the name in it, in which there is a dot for a class in a class.
    fn parts(self) -> Option<(&'a str, &'a str)> {
        match self.module {
            None => self.text.rsplit_once('.'),
            Some(len) => Some((self.text.get(..len)?, self.text.get(len..)?.strip_prefix('.')?)),
        }
    }
}

#[cold]
fn no_module(class: &str) -> Error {
    Error::unsupported(format!("the class '{class}' has no module, which a pickle wants"))
}

/// Where a long value lies that others may hold as well, and its length. Nothing of those that are short, or held once.
fn place_of(value: &Value) -> Option<(usize, usize)> {
    match value {
        Value::Str(text) if text.len() > SHORT_TEXT => Some((text.as_ptr().addr(), text.len())),
        Value::Bytes(bytes) if bytes.len() > SHORT_TEXT && Arc::strong_count(bytes) > 1 => {
            Some((Arc::as_ptr(bytes).addr(), bytes.len()))
        }
        Value::BigInt(int) if int.bits() > 8 * SHORT_TEXT as u64 => Some((int.place(), 0)),
        _ => None,
    }
}

/// Writes opcodes.
#[derive(Debug)]
pub(super) struct Encoder<'o> {
    out: Output<'o>,
    pub(super) protocol: u8,
    gathered: Vec<u8>,
    memorised: u32,
    globals: HashMap<(&'static str, &'static str), u32>,
    /// Those that were written of a name: the same may be a class in a class of one module and another's own.
    classes: HashMap<String, Vec<(Option<usize>, u32)>>,
    texts: HashMap<Text, u32>,
    /// Long values that several others may hold, by their places in memory, which they keep.
    shared: HashMap<(usize, usize), (Value, u32)>,
    /// Dtypes that were written; the flags of records are not part of their equality.
    pub(super) dtypes: HashMap<(DType, Vec<u8>), u32>,
    /// What every array begins with.
    pub(super) fresh: Option<u32>,
    /// The buffers beside the pickle, where data goes there.
    pub(super) buffers: Option<Vec<Buffer>>,
}

impl<'o> Encoder<'o> {
    pub(super) fn new(out: Output<'o>, protocol: u8) -> Self {
        Self {
            out,
            protocol,
            gathered: Vec::new(),
            memorised: 0,
            globals: HashMap::new(),
            classes: HashMap::new(),
            texts: HashMap::new(),
            shared: HashMap::new(),
            dtypes: HashMap::new(),
            fresh: None,
            buffers: None,
        }
    }

    /// Begins a pickle; what was memorised in the one before is forgotten.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.memorised = 0;
        self.globals.clear();
        self.classes.clear();
        self.texts.clear();
        self.shared.clear();
        self.dtypes.clear();
        self.fresh = None;
        self.out.write(&[op::PROTO, self.protocol])
    }

    /// Ends a pickle.
    pub(super) fn end(&mut self) -> Result<()> {
        self.op(op::STOP)?;
        self.hand_on()
    }

    /// Hands on what was gathered, as a frame where the protocol has them.
    fn hand_on(&mut self) -> Result<()> {
        if self.protocol >= 4 && self.gathered.len() >= 4 {
            self.out.write(&[op::FRAME])?;
            self.out.write(&(self.gathered.len() as u64).to_le_bytes())?;
        }
        self.out.write(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }

    /// What belongs to the last opcode, and stands in the same frame.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> Result<()> {
        self.gathered.try_reserve(bytes.len()).map_err(no_memory)?;
        self.gathered.extend_from_slice(bytes);
        if self.protocol < 4 && self.gathered.len() > FRAME { self.hand_on() } else { Ok(()) }
    }

    /// An opcode, and what it has in front.
    pub(super) fn opcode(&mut self, bytes: &[u8]) -> Result<()> {
        if self.gathered.len() > FRAME {
            self.hand_on()?;
        }
        self.raw(bytes)
    }

    pub(super) fn op(&mut self, opcode: u8) -> Result<()> {
        self.opcode(&[opcode])
    }

    /// What is written outside of frames, behind all that was gathered.
    pub(super) fn outside(&mut self) -> Result<&mut Output<'o>> {
        self.hand_on()?;
        Ok(&mut self.out)
    }

    /// Memorises what is on top of the stack.
    pub(super) fn memorise(&mut self) -> Result<u32> {
        let number = self.memorised;
        self.memorised =
            number.checked_add(1).ok_or_else(|| Error::unsupported("too many objects for a pickle"))?;
        match u8::try_from(number) {
            _ if self.protocol >= 4 => self.op(op::MEMOIZE)?,
            Ok(short) => self.opcode(&[op::BINPUT, short])?,
            Err(_) => {
                let [a, b, c, d] = number.to_le_bytes();
                self.opcode(&[op::LONG_BINPUT, a, b, c, d])?;
            }
        }
        Ok(number)
    }

    /// What was memorised under a number.
    pub(super) fn get(&mut self, number: u32) -> Result<()> {
        match u8::try_from(number) {
            Ok(short) => self.opcode(&[op::BINGET, short]),
            Err(_) => {
                let [a, b, c, d] = number.to_le_bytes();
                self.opcode(&[op::LONG_BINGET, a, b, c, d])
            }
        }
    }

    /// A value that is not a reference. A long one that is there again, in the same place in memory, is written once, as
    /// Python does it.
    pub(super) fn value(&mut self, value: &Value) -> Result<()> {
        let Some(place) = place_of(value) else { return self.own_value(value) };
        if let Some((_, number)) = self.shared.get(&place) {
            return self.get(*number);
        }
        self.own_value(value)?;
        let number = self.memorise()?;
        self.shared.try_reserve(1).map_err(no_memory)?;
        self.shared.insert(place, (value.clone(), number));
        Ok(())
    }

    fn own_value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::None => self.op(op::NONE),
            Value::Bool(true) => self.op(op::NEWTRUE),
            Value::Bool(false) => self.op(op::NEWFALSE),
            Value::Int(int) => self.int(*int),
            Value::BigInt(int) => self.long(&int.to_signed_le_bytes()),
            Value::Float(float) => self.float(*float),
            Value::Complex(complex) => {
                self.global("builtins", "complex")?;
                self.float(complex.re)?;
                self.float(complex.im)?;
                self.op(op::TUPLE2)?;
                self.op(op::REDUCE)
            }
            Value::Str(text) => self.shared_text(text),
            Value::Bytes(bytes) => self.bytes(bytes),
            other => Err(Error::unsupported(format!("{other:?} has no form in a pickle"))),
        }
    }

    fn float(&mut self, float: f64) -> Result<()> {
        self.op(op::BINFLOAT)?;
        self.raw(&float.to_be_bytes())
    }

    pub(super) fn int(&mut self, int: i64) -> Result<()> {
        if let Ok(short) = u8::try_from(int) {
            self.opcode(&[op::BININT1, short])
        } else if let Ok(short) = u16::try_from(int) {
            let [low, high] = short.to_le_bytes();
            self.opcode(&[op::BININT2, low, high])
        } else if let Ok(short) = i32::try_from(int) {
            let [a, b, c, d] = short.to_le_bytes();
            self.opcode(&[op::BININT, a, b, c, d])
        } else {
            self.opcode(&[op::LONG1, 8])?;
            self.raw(&int.to_le_bytes())
        }
    }

    fn long(&mut self, bytes: &[u8]) -> Result<()> {
        match (u8::try_from(bytes.len()), i32::try_from(bytes.len())) {
            (Ok(short), _) => self.opcode(&[op::LONG1, short])?,
            (_, Ok(len)) => {
                self.op(op::LONG4)?;
                self.raw(&len.to_le_bytes())?;
            }
            _ => return Err(Error::unsupported("a whole number is too long for a pickle")),
        }
        self.raw(bytes)
    }

    /// A text that may come again.
    pub(super) fn shared_text(&mut self, text: &Text) -> Result<()> {
        if text.len() > SHORT_TEXT {
            return self.text(text);
        }
        if let Some(number) = self.texts.get(text) {
            return self.get(*number);
        }
        self.text(text)?;
        let number = self.memorise()?;
        self.texts.try_reserve(1).map_err(no_memory)?;
        self.texts.insert(text.clone(), number);
        Ok(())
    }

    /// A text.
    pub(super) fn text(&mut self, text: &str) -> Result<()> {
        match (u8::try_from(text.len()), u32::try_from(text.len())) {
            (Ok(len), _) if self.protocol >= 4 => self.opcode(&[op::SHORT_BINUNICODE, len])?,
            (_, Ok(len)) => {
                self.op(op::BINUNICODE)?;
                self.raw(&len.to_le_bytes())?;
            }
            _ if self.protocol >= 4 => {
                self.op(op::BINUNICODE8)?;
                self.raw(&(text.len() as u64).to_le_bytes())?;
            }
            _ => return Err(self.too_long()),
        }
        self.raw(text.as_bytes())
    }

    /// A text that names something, which is a `str` in each Python: in Python 2 that is not text.
    pub(super) fn name(&mut self, name: &str) -> Result<()> {
        match u8::try_from(name.len()) {
            Ok(len) if self.protocol < 3 && name.is_ascii() => {
                self.opcode(&[op::SHORT_BINSTRING, len])?;
                self.raw(name.as_bytes())
            }
            _ => self.shared_text(&Text::copy(name)?),
        }
    }

    /// Bytes, which protocol 2 has as the characters of a text.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        if self.protocol >= 3 {
            self.bytes_head(op::BINBYTES, bytes.len() as u64)?;
            return self.data(bytes, bytes.len() as u64);
        }
        if bytes.is_empty() {
            self.global("builtins", "bytes")?;
            self.op(op::EMPTY_TUPLE)?;
            return self.op(op::REDUCE);
        }
        self.global("_codecs", "encode")?;
        let more = bytes.iter().filter(|byte| !byte.is_ascii()).count();
        let len = bytes.len().checked_add(more).and_then(|len| u32::try_from(len).ok());
        self.op(op::BINUNICODE)?;
        self.raw(&len.ok_or_else(|| self.too_long())?.to_le_bytes())?;
        for piece in bytes.chunks(LONG / 2) {
            let text = super::super::text::of_latin1(piece)?;
            self.raw(text.as_bytes())?;
        }
        self.name("latin1")?;
        self.op(op::TUPLE2)?;
        self.op(op::REDUCE)
    }

    /// The opcode of so many bytes that follow: `BINBYTES`, of which there is a shorter and a longer one, or `BYTEARRAY8`.
    pub(super) fn bytes_head(&mut self, opcode: u8, len: u64) -> Result<()> {
        // The head of what stands outside of a frame stands there too.
        if len > LONG as u64 {
            self.hand_on()?;
        }
        let mut head = [0; 9];
        let used = match (u8::try_from(len), u32::try_from(len)) {
            (Ok(short), _) if opcode == op::BINBYTES => {
                head[..2].copy_from_slice(&[op::SHORT_BINBYTES, short]);
                2
            }
            (_, Ok(short)) if opcode == op::BINBYTES => {
                head[0] = op::BINBYTES;
                head[1..5].copy_from_slice(&short.to_le_bytes());
                5
            }
            _ if self.protocol >= 4 => {
                head[0] = if opcode == op::BINBYTES { op::BINBYTES8 } else { opcode };
                head[1..9].copy_from_slice(&len.to_le_bytes());
                9
            }
            _ => return Err(self.too_long()),
        };
        let head = head.get(..used).unwrap_or_default();
        if len > LONG as u64 { self.out.write(head) } else { self.opcode(head) }
    }

    /// A part of `len` bytes behind their head.
    pub(super) fn data(&mut self, bytes: &[u8], len: u64) -> Result<()> {
        if len > LONG as u64 { self.outside()?.write(bytes) } else { self.raw(bytes) }
    }

    #[cold]
    fn too_long(&self) -> Error {
        let message = format!("protocol {} has no form for data of 4 GiB and more", self.protocol);
        Error::unsupported(message).with_hint(arr_core::Hint::Option("protocol", "4"))
    }

    /// A class or function that is known here.
    pub(super) fn global(&mut self, module: &'static str, name: &'static str) -> Result<()> {
        if let Some(number) = self.globals.get(&(module, name)) {
            return self.get(*number);
        }
        self.write_global(module, name)?;
        let number = self.memorise()?;
        self.globals.insert((module, name), number);
        Ok(())
    }

    /// A class or function by its name with its module.
    pub(super) fn class(&mut self, class: Class<'_>) -> Result<()> {
        let known = self.classes.get(class.text).and_then(|known| {
            known.iter().find(|(module, _)| *module == class.module).map(|(_, number)| *number)
        });
        if let Some(number) = known {
            return self.get(number);
        }
        let (module, name) = class.parts().ok_or_else(|| no_module(class.text))?;
        match name.split_once('.') {
            Some((outer, inner)) if self.protocol < 4 && !name.split('.').any(str::is_empty) => {
                self.write_attributes(module, outer, inner)?
            }
            _ => self.write_global(module, name)?,
        }
        let number = self.memorise()?;
        self.classes.try_reserve(1).map_err(no_memory)?;
        push(self.classes.entry(class.text.to_owned()).or_default(), (class.module, number))
    }

    /// `partial(class.__new__)`, and its state up to the class, which is the first of the arguments: their tuple is still open.
    pub(super) fn partial_new(&mut self, class: Class<'_>) -> Result<()> {
        let (module, _) = class.parts().ok_or_else(|| no_module(class.text))?;
        let name = format!("{}.__new__", class.text);
        let new = Class { text: &name, module: Some(module.len()) };
        self.global("functools", "partial")?;
        self.class(new)?;
        self.op(op::TUPLE1)?;
        self.op(op::REDUCE)?;
        self.op(op::MARK)?;
        self.class(new)?;
        self.op(op::MARK)?;
        self.class(class)
    }

    /// A class in a class, which protocols below 4 have as an attribute.
    fn write_attributes(&mut self, module: &str, outer: &str, inner: &str) -> Result<()> {
        for _ in inner.split('.') {
            self.global("builtins", "getattr")?;
        }
        self.write_global(module, outer)?;
        for name in inner.split('.') {
            self.name(name)?;
            self.op(op::TUPLE2)?;
            self.op(op::REDUCE)?;
        }
        Ok(())
    }

    fn write_global(&mut self, module: &str, name: &str) -> Result<()> {
        let (module, name) = globals::in_every_numpy(module, name);
        if self.protocol >= 4 {
            self.shared_text(&Text::copy(module)?)?;
            self.shared_text(&Text::copy(name)?)?;
            return self.op(op::STACK_GLOBAL);
        }
        let (module, name) =
            if self.protocol < 3 { compat::in_python_2(module, name) } else { (module, name) };
        if module.contains('\n') || name.contains('\n') {
            return Err(Error::unsupported("the name of a class has more than one line"));
        }
        self.op(op::GLOBAL)?;
        self.raw(module.as_bytes())?;
        self.raw(b"\n")?;
        self.raw(name.as_bytes())?;
        self.raw(b"\n")
    }
}
