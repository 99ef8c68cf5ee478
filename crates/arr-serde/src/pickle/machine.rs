//! The machine: reads opcodes and makes cells of them. It has no way to call anything.

use std::sync::Arc;

use arr_core::format::Budget;
use arr_core::format::room::push;
use arr_core::value::Text;
use arr_core::{Buffer, Error, ErrorKind, Result, Value};
use num_complex::Complex;

use super::containers::pairs;
use super::feed::Feed;
use super::globals::{self, Known};
use super::memo::Memo;
use super::opcodes as op;
use super::stack::{empty, no_mark};
use super::value::{Arr, Cell, Class, Few, Made, Obj, Span, Val};

/// What the strings of Python 2 are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Text where they are ASCII, and bytes where they are not.
    #[default]
    Ascii,
    /// Text, of which each byte is a character.
    Latin1,
    /// Bytes.
    Bytes,
}

/// How a pickle is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) encoding: Encoding,
    /// True when classes that are not known are refused.
    pub(super) is_strict: bool,
    /// True when no more than the first pickle is read.
    pub(super) is_one: bool,
    /// The buffers beside the file, in order.
    pub(super) buffers: Vec<Buffer>,
}

/// What has been read so far, and how.
#[derive(Debug)]
pub(super) struct Machine<'f> {
    pub(super) feed: Feed<'f>,
    pub(super) budget: Budget,
    pub(super) rules: &'f Rules,
    pub(super) cells: Vec<Cell>,
    /// The arrays, by the numbers that cells have.
    pub(super) arrays: Vec<Arr>,
    /// The values of all tuples.
    pub(super) values: Vec<Val>,
    pub(super) stack: Vec<Val>,
    pub(super) marks: Vec<usize>,
    /// So many places on the stack, and for marks, were charged.
    pub(super) charged: (usize, usize),
    pub(super) memo: Memo,
    /// The opcode that was done before.
    pub(super) before: u8,
    /// The opcode that is being done, and where it is.
    pub(super) opcode: u8,
    pub(super) at: u64,
    /// What instances of old classes are made as, where there are some.
    instance_type: Option<Val>,
    /// What makes texts that have surrogates, where there are some.
    pub(super) decoder: Option<Val>,
    /// What the pickle says that its protocol is.
    pub(super) protocol: u8,
    /// Buffers beside the file that were taken.
    pub(super) taken: usize,
    /// What the pickle around the one that is being read will go on with.
    outer: Option<Outer>,
    /// Bytes and values that were copied from one cell to another.
    copied: u64,
    /// What values here do not show, each once.
    pub(super) notes: Vec<String>,
    /// Why the file is not read, though Python may go on: what it calls behind that is found all the same.
    pub(super) refusal: Option<Error>,
}

/// A pickle in which another one lies, as joblib's array of objects.
#[derive(Debug)]
struct Outer {
    stack: Vec<Val>,
    marks: Vec<usize>,
    memo: Memo,
    /// The array whose items are in the inner pickle.
    array: u32,
}

impl<'f> Machine<'f> {
    pub(super) fn new(feed: Feed<'f>, rules: &'f Rules, budget: Budget) -> Self {
        Self {
            feed,
            budget,
            rules,
            cells: Vec::new(),
            arrays: Vec::new(),
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            charged: (0, 0),
            memo: Memo::default(),
            before: 0,
            opcode: 0,
            at: 0,
            instance_type: None,
            decoder: None,
            protocol: 0,
            taken: 0,
            outer: None,
            copied: 0,
            notes: Vec::new(),
            refusal: None,
        }
    }

    /// Reads one pickle, up to its `STOP`.
    ///
    /// # Errors
    /// What is wrong with it, with the offset of the opcode.
    pub(super) fn run(&mut self) -> Result<Val> {
        self.stack.clear();
        self.marks.clear();
        self.memo.clear(&mut self.budget);
        self.protocol = 0;
        loop {
            self.at = self.feed.position();
            let depth = self.stack.len();
            // Behind the last opcode nobody can go on.
            let opcode = self.feed.byte().map_err(|error| self.ended_by(error.at(self.at)))?;
            self.before = std::mem::replace(&mut self.opcode, opcode);
            match self.step(opcode) {
                Ok(None) => {}
                Ok(Some(value)) => return Ok(value),
                Err(error) => self.go_on(error.at(self.at), depth)?,
            }
        }
    }

    /// Goes on behind an opcode that makes a value which is not known here, with none in its place: the stack had `depth`
    /// values before it. The file is refused in the end.
    ///
    /// # Errors
    /// The one that is given, where nobody can go on.
    #[cold]
    fn go_on(&mut self, error: Error, depth: usize) -> Result<()> {
        if !matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported) {
            return Err(error);
        }
        // What has a line has to be behind it.
        let is_behind = self.feed.position() > self.at.saturating_add(1);
        let taken = match self.opcode {
            op::INT | op::LONG | op::FLOAT | op::PERSID if is_behind => Some(0),
            op::BINPERSID => Some(1),
            op::REDUCE | op::NEWOBJ | op::BUILD => Some(2),
            op::NEWOBJ_EX => Some(3),
            _ => None,
        };
        let left = taken.and_then(|taken| depth.checked_sub(taken));
        // Below a mark nothing was taken.
        let left = left
            .filter(|left| self.marks.last().is_none_or(|mark| mark <= left) && *left <= self.stack.len());
        let Some(left) = left else { return Err(self.ended_by(error)) };
        self.refusal.get_or_insert(error);
        self.stack.truncate(left);
        self.push(Val::NONE)
    }

    /// What ends the work: what was refused first, if anything was, or else `error`.
    #[cold]
    fn ended_by(&mut self, error: Error) -> Error {
        self.refusal.take().unwrap_or(error)
    }

    /// Does one opcode; gives the value of the pickle when it ends.
    fn step(&mut self, opcode: u8) -> Result<Option<Val>> {
        match opcode {
            op::STOP => return self.stop(),
            op::PROTO => self.read_protocol()?,
            op::FRAME => {
                let len = u64::from_le_bytes(self.feed.array()?);
                self.feed.begin_frame(len)?;
            }
            op::MARK => self.mark()?,
            op::POP => self.pop_or_unmark()?,
            op::POP_MARK => drop(self.pop_mark()?),
            op::DUP => {
                let top = self.top()?.clone();
                self.push(top)?;
            }
            op::NONE => self.push(Val::NONE)?,
            op::NEWTRUE => self.push(true.into())?,
            op::NEWFALSE => self.push(false.into())?,
            op::BININT | op::BININT1 | op::BININT2 | op::LONG1 | op::LONG4 | op::BINFLOAT => {
                self.number(opcode)?;
            }
            op::INT | op::LONG | op::FLOAT | op::STRING | op::UNICODE => self.line(opcode)?,
            op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 => {
                let len = self.length(opcode)?;
                self.text(len)?;
            }
            op::SHORT_BINSTRING | op::BINSTRING => {
                let len = self.length(opcode)?;
                self.old_text(len)?;
            }
            op::SHORT_BINBYTES | op::BINBYTES | op::BINBYTES8 => {
                let len = self.length(opcode)?;
                let bytes = self.feed.payload(len, &mut self.budget)?;
                self.push_cell(Cell::Bytes(bytes))?;
            }
            op::BYTEARRAY8 => {
                let len = self.length(opcode)?;
                let bytes = self.feed.payload(len, &mut self.budget)?;
                self.push_cell(Cell::ByteArray(bytes))?;
            }
            op::NEXT_BUFFER => self.next_buffer()?,
            // Whether it may be written to is nothing to us.
            op::READONLY_BUFFER => drop(self.top()?),
            op::EMPTY_LIST => self.push_cell(Cell::List(Vec::new()))?,
            op::EMPTY_TUPLE => self.tuple_of(0)?,
            op::EMPTY_DICT => self.push_cell(Cell::Dict(Vec::new()))?,
            op::EMPTY_SET => self.push_cell(Cell::Set(Vec::new()))?,
            op::TUPLE1 => self.tuple_of(1)?,
            op::TUPLE2 => self.tuple_of(2)?,
            op::TUPLE3 => self.tuple_of(3)?,
            op::TUPLE => {
                let mark = self.marks.pop().ok_or_else(no_mark)?;
                self.tuple_of(self.stack.len().saturating_sub(mark))?;
            }
            op::LIST => self.collect(Cell::List)?,
            op::FROZENSET => self.collect(Cell::FrozenSet)?,
            op::DICT => {
                let items = self.pop_mark()?;
                let entries = pairs(items)?;
                self.push_cell(Cell::Dict(entries))?;
            }
            op::APPEND => {
                self.check_above(1)?;
                self.append(self.stack.len() - 1)?;
            }
            op::APPENDS | op::ADDITEMS => {
                let mark = self.unmark()?;
                self.append(mark)?;
            }
            op::SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set_item(key, value)?;
            }
            op::SETITEMS => self.set_items()?,
            _ => self.step_rarer(opcode)?,
        }
        Ok(None)
    }

    /// The opcodes of the memo, of classes and functions, and those that are refused.
    fn step_rarer(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            op::MEMOIZE => {
                let top = self.top()?.clone();
                self.memo.add(top, &mut self.budget)
            }
            op::PUT | op::BINPUT | op::LONG_BINPUT => {
                let number = self.memo_number(opcode)?;
                let top = self.top()?.clone();
                self.memo.put(number, top, &mut self.budget)
            }
            op::GET | op::BINGET | op::LONG_BINGET => {
                let number = self.memo_number(opcode)?;
                let found = self.memo.get(number).cloned();
                let missing = || Error::malformed(format!("nothing is memorised under the number {number}"));
                self.push(found.ok_or_else(missing)?)
            }
            op::GLOBAL => {
                let global = self.read_global()?;
                self.push(global)
            }
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                let text = |val: &Val| self.text_of(val).map(Text::copy).transpose();
                let (Some(module), Some(name)) = (text(&module)?, text(&name)?) else {
                    return Err(Error::malformed("the name of a class or function is not text"));
                };
                let global = self.global(&module, &name)?;
                self.push(global)
            }
            op::REDUCE => {
                let args = self.pop()?;
                let callee = self.pop()?;
                let made = self.call(&callee, &args)?;
                self.push(made)
            }
            op::NEWOBJ => {
                let args = self.pop()?;
                let class = self.pop()?;
                let made = self.new_object(&class, args, Val::NONE)?;
                self.push(made)
            }
            op::NEWOBJ_EX => {
                let kwargs = self.pop()?;
                let args = self.pop()?;
                let class = self.pop()?;
                let made = self.new_object(&class, args, kwargs)?;
                self.push(made)
            }
            op::OBJ => {
                let mut items = self.pop_mark()?;
                if items.is_empty() {
                    return Err(Error::malformed("an object has no class"));
                }
                let class = items.remove(0);
                self.instance(class, items)
            }
            op::INST => {
                let class = self.read_global()?;
                let args = self.pop_mark()?;
                self.instance(class, args)
            }
            op::BUILD => {
                let state = self.pop()?;
                match self.top()? {
                    Val::Cell(cell) => self.build(*cell, state),
                    Val::Tuple(span) => Err(self.no_attributes(&Val::Tuple(*span))),
                    Val::Plain(_) => Err(Error::malformed("a plain value has no state")),
                }
            }
            _ => Err(self.refused(opcode)),
        }
    }

    #[cold]
    fn refused(&mut self, opcode: u8) -> Error {
        match opcode {
            op::PERSID | op::BINPERSID => {
                let id = match opcode {
                    op::PERSID => {
                        self.feed.line().map(|line| String::from_utf8_lossy(line).into_owned()).ok()
                    }
                    _ => self.pop().ok().map(|id| self.named(&id)),
                };
                Error::unsupported(format!(
                    "a persistent id ({}) names something outside of the pickle, which only the program that wrote it finds",
                    id.unwrap_or_default()
                ))
            }
            op::EXT1 | op::EXT2 | op::EXT4 => Error::unsupported(
                "a class is named by its number in a registry of the program that wrote it",
            ),
            _ => Error::malformed(format!("{opcode:#04x} is not an opcode")),
        }
    }

    fn stop(&mut self) -> Result<Option<Val>> {
        let value = self.pop()?;
        self.feed.end_frame()?;
        if let Some(outer) = self.outer.take() {
            (self.stack, self.marks, self.memo) = (outer.stack, outer.marks, outer.memo);
            self.take_inner(outer.array, &value)?;
            return Ok(None);
        }
        Ok(Some(value))
    }

    /// Goes on with a pickle that lies in this one, whose value becomes the items of an array.
    pub(super) fn go_inside(&mut self, array: u32) -> Result<()> {
        if self.outer.is_some() {
            return Err(Error::unsupported("a pickle lies in a pickle that lies in a pickle"));
        }
        self.outer = Some(Outer {
            stack: std::mem::take(&mut self.stack),
            marks: std::mem::take(&mut self.marks),
            memo: std::mem::take(&mut self.memo),
            array,
        });
        Ok(())
    }

    fn read_protocol(&mut self) -> Result<()> {
        match self.feed.byte()? {
            known if known <= op::HIGHEST => {
                self.protocol = known;
                Ok(())
            }
            other => Err(Error::unsupported(format!("protocol {other} is newer than any that is known"))),
        }
    }

    /// Makes a cell.
    pub(super) fn cell(&mut self, cell: Cell) -> Result<Val> {
        let number = u32::try_from(self.cells.len()).ok().filter(|number| *number < u32::MAX);
        let number = number.ok_or_else(|| Error::limit("a pickle can't have more than 2^32 - 1 objects"))?;
        self.budget.charge_objects(size_of::<Cell>() as u64)?;
        push(&mut self.cells, cell)?;
        Ok(Val::Cell(number))
    }

    pub(super) fn push_cell(&mut self, cell: Cell) -> Result<()> {
        let value = self.cell(cell)?;
        self.push(value)
    }

    /// What a value refers to.
    pub(super) fn follow(&self, value: &Val) -> Option<&Cell> {
        self.cells.get(value.cell()? as usize)
    }

    pub(super) fn cell_mut(&mut self, cell: u32) -> Result<&mut Cell> {
        self.cells.get_mut(cell as usize).ok_or_else(|| Error::unsupported("a cell is lost"))
    }

    /// Charges for values that a cell takes in.
    pub(super) fn charge_values(&mut self, count: usize) -> Result<()> {
        self.budget.charge_objects((count as u64).saturating_mul(size_of::<Val>() as u64))
    }

    /// Takes note of bytes that are copied from one cell to another. A few opcodes could copy what is large any number of
    /// times, so that is bounded by the length of the file.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<()> {
        self.copied = self.copied.saturating_add(bytes as u64);
        let most = self.feed.len().saturating_mul(32).saturating_add(1 << 20);
        if self.copied > most {
            return Err(Error::limit("the pickle copies the same data again and again"));
        }
        self.budget.charge_bytes(bytes as u64)
    }

    /// Makes a tuple of the last values of the stack.
    fn tuple_of(&mut self, count: usize) -> Result<()> {
        let from =
            self.stack.len().checked_sub(count).filter(|from| *from >= self.floor()).ok_or_else(empty)?;
        if count == 0 {
            return self.push_cell(Cell::EmptyTuple);
        }
        self.charge_values(count)?;
        if self.values.capacity() - self.values.len() < count {
            arr_core::format::room::grow(&mut self.values, count)?;
        }
        let start = self.values.len();
        self.values.extend(self.stack.drain(from..));
        let tuple = self.tuple_from(start)?;
        self.push(tuple)
    }

    /// The tuple of the last values of all, from a place on.
    fn tuple_from(&self, start: usize) -> Result<Val> {
        let number = |number: usize| {
            let many = || Error::limit("the tuples of a pickle can't have more than 2^32 - 1 values");
            u32::try_from(number).map_err(|_| many())
        };
        let len = self.values.len().saturating_sub(start);
        Ok(Val::Tuple(Span { start: number(start)?, len: number(len)? }))
    }

    /// Makes a tuple of values.
    pub(super) fn new_tuple(&mut self, items: impl IntoIterator<Item = Val>) -> Result<Val> {
        let start = self.values.len();
        for item in items {
            push(&mut self.values, item)?;
        }
        let len = self.values.len() - start;
        self.charge_values(len)?;
        if len == 0 { self.cell(Cell::EmptyTuple) } else { self.tuple_from(start) }
    }

    /// The values of a tuple.
    pub(super) fn tuple(&self, value: &Val) -> Option<&[Val]> {
        match value {
            Val::Tuple(span) => self.values.get(span.range()),
            _ => matches!(self.follow(value)?, Cell::EmptyTuple).then_some(&[]),
        }
    }

    /// The items of a tuple, or of a list or set.
    pub(super) fn sequence(&self, value: &Val) -> Option<&[Val]> {
        match self.follow(value) {
            Some(Cell::List(items) | Cell::Set(items) | Cell::FrozenSet(items)) => Some(items),
            _ => self.tuple(value),
        }
    }

    /// A copy of the values of a tuple, which others keep.
    pub(super) fn copy_of_tuple(&mut self, value: &Val) -> Result<Option<Few>> {
        let Some(count) = self.tuple(value).map(<[Val]>::len) else { return Ok(None) };
        self.spend(count.saturating_mul(size_of::<Val>()))?;
        let mut copy = Few::new();
        copy.try_reserve(count).map_err(|_| Error::limit("the system has no more memory to give"))?;
        copy.extend(self.tuple(value).ok_or_else(super::feed::lost)?.iter().cloned());
        Ok(Some(copy))
    }

    fn collect(&mut self, make: impl FnOnce(Vec<Val>) -> Cell) -> Result<()> {
        let items = self.pop_mark()?;
        self.charge_values(items.len())?;
        self.push_cell(make(items))
    }

    fn read_global(&mut self) -> Result<Val> {
        let no_text = |_| Error::malformed("the name of a class or function is not text");
        let module = std::str::from_utf8(self.feed.line()?).map_err(no_text)?.to_owned();
        let name = std::str::from_utf8(self.feed.line()?).map_err(no_text)?.to_owned();
        self.global(&module, &name)
    }

    /// An instance of an old class: `INST` and `OBJ` have its arguments on the stack.
    fn instance(&mut self, class: Val, args: Vec<Val>) -> Result<()> {
        self.charge_values(args.len())?;
        let has_args = !args.is_empty();
        let args = self.new_tuple(args)?;
        let made = self.call(&class, &args)?;
        if !has_args {
            self.mark_instance(&made)?;
        }
        self.push(made)
    }

    /// Notes that an object was made by `INST` or `OBJ` without arguments: its class is not called then.
    fn mark_instance(&mut self, made: &Val) -> Result<()> {
        if !matches!(self.follow(made), Some(Cell::Object(object)) if object.made == Made::Call) {
            return Ok(());
        }
        let base = match self.instance_type.clone() {
            Some(base) => base,
            None => {
                let name = Class { text: globals::INSTANCE.to_owned(), module: None };
                self.class_cell(name, Known::Plain)?
            }
        };
        self.instance_type = Some(base.clone());
        if let Some(Cell::Object(object)) = made.cell().and_then(|made| self.cells.get_mut(made as usize)) {
            object.kwargs = Some(base);
        }
        Ok(())
    }

    /// An object by `__new__` alone.
    pub(super) fn new_object(&mut self, class: &Val, args: Val, kwargs: Val) -> Result<Val> {
        self.reaches_out(class)?;
        let (class, _) = self.callee(class)?;
        if self.tuple(&args).is_none() {
            return Err(Error::malformed("the arguments of an object are not a tuple"));
        }
        let object = Obj { args: Some(args), kwargs: Some(kwargs), ..Obj::new(class, Made::New) };
        self.object(object)
    }

    pub(super) fn object(&mut self, object: Obj) -> Result<Val> {
        // Each object of the graph has the name of its class.
        if let Some(Cell::Global(global)) = self.cells.get(object.class as usize) {
            self.spend(global.name.text.len())?;
        }
        self.budget.charge_objects(size_of::<Obj>() as u64)?;
        self.cell(Cell::Object(Box::new(object)))
    }

    /// The complex number of two floats.
    pub(super) fn complex(&self, items: &[Val]) -> Option<Val> {
        let part = |item: Option<&Val>| match item {
            None => Some(0.0),
            Some(Val::Plain(value)) => value.as_f64(),
            Some(Val::Cell(_) | Val::Tuple(_)) => None,
        };
        Some(Val::Plain(Complex::new(part(items.first())?, part(items.get(1))?).into()))
    }

    pub(super) fn bytes_value(bytes: Buffer) -> Val {
        Val::Plain(Value::Bytes(Arc::new(bytes)))
    }
}
