//! What calls would make, made of the data: `REDUCE` of what the machine knows. Of anything else it becomes an object
//! that says what would have been called with what.

use arr_core::format::room::reserved;
use arr_core::value::Text;
use arr_core::{Buffer, Error, Result, Value};

use super::globals::Known;
use super::machine::Machine;
use super::moment;
use super::text;
use super::value::{Cell, Class, Global, Made, Obj, Payload, Val};

impl Machine<'_> {
    /// What a call of `callee` with a tuple of arguments would make.
    pub(super) fn call(&mut self, callee: &Val, args: &Val) -> Result<Val> {
        if let Some(made) = self.partial_new(callee, args)? {
            return Ok(made);
        }
        let (class, known) = self.callee(callee)?;
        if known == Known::Reconstruct {
            if let Some(array) = self.plain_array(args)? {
                return Ok(array);
            }
        }
        let items = self.copy_of_tuple(args)?;
        let items = items.ok_or_else(|| Error::malformed("the arguments of a call are not a tuple"))?;
        self.reaches_out(callee)?;
        if !known.takes_classes() {
            items.iter().try_for_each(|item| self.reaches_out(item))?;
        }
        let made = match known {
            Known::Reconstruct => self.reconstruct(&items)?,
            Known::Scalar => self.scalar(&items)?,
            Known::NdArray => self.array_in_memory(&items)?,
            Known::FromBuffer => self.array_of_buffer(&items)?,
            Known::DType => self.dtype(&items)?,
            Known::StringDType => self.string_dtype(&items)?,
            Known::MaskedReconstruct => self.masked(class, &items, args)?,
            Known::GetAttr => self.attribute(&items)?,
            Known::ArrayModule => self.array_of_list(&items)?,
            Known::ArrayModuleReconstruct => self.array_of_bytes(&items)?,
            Known::Encode => self.encode(&items)?,
            Known::CopyReconstruct => self.copy_reconstruct(&items)?,
            Known::CopyNew => self.copy_new(&items, false)?,
            Known::CopyNewEx => self.copy_new(&items, true)?,
            Known::Moment => self.moment(class, &items)?,
            Known::OrderedDict => self.ordered(class, &items)?,
            _ => self.container(known, &items)?,
        };
        match made {
            Some(made) => Ok(made),
            None => {
                let is_text = known == Known::Decode
                    && matches!(&items[..], [_, encoding, errors] if encoding.text() == Some(UTF_8) && errors.text() == Some(SURROGATES));
                if known.takes_encoding() && items.len() > 1 && !is_text {
                    self.would_call(class, "imports the module of an encoding")?;
                }
                self.object(Obj { args: Some(args.clone()), ..Obj::new(class, Made::Call) })
            }
        }
    }

    /// Takes note of a class of files that is called, or handed to what may call it.
    pub(super) fn reaches_out(&mut self, value: &Val) -> Result<()> {
        match (value.cell(), self.follow(value)) {
            (Some(number), Some(Cell::Global(global))) if global.known == Known::MemMap => {
                self.would_call(number, "opens a file")
            }
            _ => Ok(()),
        }
    }

    /// `partial(class.__new__, class, *args, **kwargs)()`, as protocols 2 and 3 have what takes arguments by name.
    fn partial_new(&mut self, callee: &Val, args: &Val) -> Result<Option<Val>> {
        let Some(Cell::Object(partial)) = self.follow(callee) else { return Ok(None) };
        let name = |value: &Val| match self.follow(value) {
            Some(Cell::Global(global)) => Some(global.name.text.as_str()),
            _ => None,
        };
        let state = partial.state.as_ref().and_then(|state| self.tuple(state));
        let (Some([function, bound, kwargs, _]), Some([])) = (state, self.tuple(args)) else {
            return Ok(None);
        };
        let Some([class, ..]) = self.tuple(bound) else { return Ok(None) };
        let is_new = name(function)
            .and_then(|function| function.strip_suffix(".__new__"))
            .is_some_and(|outer| name(class) == Some(outer));
        if !is_new || name(&Val::Cell(partial.class)) != Some("functools.partial") {
            return Ok(None);
        }
        let (class, bound, kwargs) = (class.clone(), bound.clone(), kwargs.clone());
        let Some(mut bound) = self.copy_of_tuple(&bound)? else { return Ok(None) };
        bound.remove(0);
        let args = self.new_tuple(bound)?;
        self.new_object(&class, args, kwargs).map(Some)
    }

    /// The containers and values of Python.
    fn container(&mut self, known: Known, items: &[Val]) -> Result<Option<Val>> {
        match known {
            Known::Set => self.copied(items, Cell::Set),
            Known::FrozenSet => self.copied(items, Cell::FrozenSet),
            Known::List => self.copied(items, Cell::List),
            Known::Tuple => match items {
                [] => self.new_tuple([]).map(Some),
                [list] => {
                    let found = self.items_of(list)?;
                    found.map(|found| self.new_tuple(found)).transpose()
                }
                _ => Ok(None),
            },
            Known::Dict if items.is_empty() => self.cell(Cell::Dict(Vec::new())).map(Some),
            Known::Dict => {
                let entries = match items {
                    [entries] => self.entries_of(entries)?,
                    _ => None,
                };
                entries.map(|entries| self.cell(Cell::Dict(entries))).transpose()
            }
            Known::Complex if items.len() <= 2 => Ok(self.complex(items)),
            Known::Bytes | Known::ByteArray => {
                let Some(bytes) = self.bytes_of(items)? else { return Ok(None) };
                // Each becomes bytes of its own in the end, whatever it was made of.
                self.spend(usize::try_from(bytes.len()).unwrap_or(usize::MAX))?;
                let make = if known == Known::Bytes { Cell::Bytes } else { Cell::ByteArray };
                self.cell(make(bytes)).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A container of the items of another.
    fn copied(&mut self, items: &[Val], make: impl FnOnce(Vec<Val>) -> Cell) -> Result<Option<Val>> {
        let found = match items {
            [] => Vec::new(),
            [list] => match self.items_of(list)? {
                Some(items) => items,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.cell(make(found)).map(Some)
    }

    /// A copy of the items of a list, tuple or set.
    pub(super) fn items_of(&mut self, list: &Val) -> Result<Option<Vec<Val>>> {
        let Some(count) = self.sequence(list).map(<[Val]>::len) else { return Ok(None) };
        self.spend(count.saturating_mul(size_of::<Val>()))?;
        let mut copy = reserved(count)?;
        copy.extend(self.sequence(list).ok_or_else(super::feed::lost)?.iter().cloned());
        Ok(Some(copy))
    }

    /// The entries that a dict is made of: those of a dict, or pairs.
    fn entries_of(&mut self, from: &Val) -> Result<Option<Vec<(Val, Val)>>> {
        if let Some(Cell::Dict(entries)) = self.follow(from) {
            let count = entries.len();
            self.spend(count.saturating_mul(size_of::<(Val, Val)>()))?;
            let mut copy = reserved(count)?;
            if let Some(Cell::Dict(entries)) = self.follow(from) {
                copy.extend(entries.iter().cloned());
            }
            return Ok(Some(copy));
        }
        let Some(items) = self.items_of(from)? else { return Ok(None) };
        let mut entries = reserved(items.len())?;
        for item in &items {
            match self.sequence(item) {
                Some([key, value]) => entries.push((key.clone(), value.clone())),
                _ => return Ok(None),
            }
        }
        Ok(Some(entries))
    }

    /// What `bytes` or `bytearray` makes of its arguments: bytes, or a text and how it is encoded.
    fn bytes_of(&mut self, items: &[Val]) -> Result<Option<Payload>> {
        match items {
            [] => Ok(Some(Payload::held(Buffer::from_static(b"")))),
            [Val::Plain(Value::Bytes(bytes))] => Ok(Some(Payload::Held(bytes.clone()))),
            [Val::Plain(Value::Str(text)), Val::Plain(Value::Str(encoding))] if is_latin1(encoding) => {
                let text = text.clone();
                self.latin1(&text).map(|bytes| bytes.map(Payload::held))
            }
            // A string of Python 2.
            [Val::Plain(Value::Str(text))] => {
                let text = text.clone();
                self.latin1(&text).map(|bytes| bytes.map(Payload::held))
            }
            [value] => Ok(match self.follow(value) {
                Some(Cell::Bytes(bytes) | Cell::ByteArray(bytes) | Cell::OldText(bytes)) => {
                    Some(bytes.clone())
                }
                _ => None,
            }),
            _ => Ok(None),
        }
    }

    /// The bytes whose characters are those of a text.
    pub(super) fn latin1(&mut self, text: &str) -> Result<Option<Buffer>> {
        self.spend(text.len())?;
        Ok(text::to_latin1(text)?.map(Buffer::from_vec))
    }

    /// The bytes of a value that is data: bytes, or the text that stands for them.
    pub(super) fn payload(&mut self, value: &Val) -> Result<Option<Payload>> {
        match value {
            Val::Plain(_) => self.bytes_of(std::slice::from_ref(value)),
            Val::Cell(_) | Val::Tuple(_) => Ok(match self.follow(value) {
                Some(Cell::Bytes(bytes) | Cell::ByteArray(bytes) | Cell::OldText(bytes)) => {
                    Some(bytes.clone())
                }
                _ => None,
            }),
        }
    }

    /// `_codecs.encode(text, 'latin1')`, which is how protocols below 3 have bytes.
    fn encode(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let [Val::Plain(Value::Str(text)), rest @ ..] = items else { return Ok(None) };
        let text = text.clone();
        let is_known = match rest {
            [] => false,
            [encoding, ..] => encoding.text().is_some_and(is_latin1),
        };
        if !is_known {
            return Ok(None);
        }
        let bytes = self.latin1(&text)?;
        let bytes =
            bytes.ok_or_else(|| Error::malformed("bytes that are written as text have other characters"))?;
        match bytes.len() {
            0..=64 => Ok(Some(Self::bytes_value(bytes))),
            _ => self.cell(Cell::Bytes(Payload::held(bytes))).map(Some),
        }
    }

    /// `copyreg._reconstructor(class, base, state)`: protocols 0 and 1 have objects so.
    fn copy_reconstruct(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let [class, base, state] = items else { return Ok(None) };
        let (class, known) = self.callee(class)?;
        self.reaches_out(base)?;
        let (of_base, is_object) = match self.follow(base) {
            Some(Cell::Global(global)) => (global.known, global.name.text == "builtins.object"),
            _ => return Ok(None),
        };
        if known == Known::NdArray || known.is_array_class() {
            return Ok(None);
        }
        let mut object = Obj { kwargs: Some(Val::NONE), ..Obj::new(class, Made::New) };
        let mut args = Vec::new();
        match of_base {
            Known::List => match self.items_of(state)? {
                Some(items) => object.items = items,
                None => return Ok(None),
            },
            Known::Dict => match self.entries_of(state)? {
                Some(entries) => object.entries = entries,
                None => return Ok(None),
            },
            // The `__new__` of the class is passed by.
            _ if state.is_none() && is_object => return self.object(object).map(Some),
            _ if state.is_none() => {}
            _ => {
                // It was made by the `__new__` of its base, which takes what that of the class need not take.
                args.push(state.clone());
                object.kwargs = Some(base.clone());
            }
        }
        object.args = Some(self.new_tuple(args)?);
        self.object(object).map(Some)
    }

    /// `copyreg.__newobj__(class, *args)`, and with arguments by name `__newobj_ex__(class, args, kwargs)`.
    fn copy_new(&mut self, items: &[Val], has_kwargs: bool) -> Result<Option<Val>> {
        match (items, has_kwargs) {
            ([class, args @ ..], false) => {
                let args = self.new_tuple(args.iter().cloned())?;
                self.new_object(class, args, Val::NONE).map(Some)
            }
            ([class, args, kwargs], true) => self.new_object(class, args.clone(), kwargs.clone()).map(Some),
            _ => Ok(None),
        }
    }

    /// `getattr(class, name)`: a class in a class, or one of its methods, in protocols below 4. It is only named.
    fn attribute(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let [of, name] = items else { return Ok(None) };
        // A name with dots would become a way through several attributes.
        let name = self.text_of(name).filter(|name| !name.is_empty() && !name.contains('.'));
        let Some(name) = name.map(Text::copy).transpose()? else { return Ok(None) };
        let Some(Cell::Global(global)) = self.follow(of) else { return Ok(None) };
        let outer = &global.name;
        let len = size_of::<Global>() + outer.text.len() + name.len();
        let module = outer.module.or_else(|| u32::try_from(outer.text.rfind('.')?).ok());
        self.budget.charge_objects(len as u64)?;
        self.spend(len)?;
        let (Some(Cell::Global(global)), Some(_)) = (self.follow(of), module) else { return Ok(None) };
        let name = Class { text: format!("{}.{name}", global.name.text), module };
        self.class_cell(name, Known::Foreign).map(Some)
    }

    /// An ordered dict, which in Python 2 is made of a list of its entries.
    fn ordered(&mut self, class: u32, items: &[Val]) -> Result<Option<Val>> {
        let [entries] = items else { return Ok(None) };
        let Some(entries) = self.entries_of(entries)? else { return Ok(None) };
        let args = self.new_tuple([])?;
        self.object(Obj { args: Some(args), entries, ..Obj::new(class, Made::Call) }).map(Some)
    }

    /// A date or time, whose bytes become the numbers that its class takes as well.
    fn moment(&mut self, class: u32, items: &[Val]) -> Result<Option<Val>> {
        let [first, rest @ ..] = items else { return Ok(None) };
        let bytes = match self.payload(first)? {
            Some(bytes) if bytes.len() <= 16 => self.feed.held(&bytes, &mut self.budget)?,
            _ => return Ok(None),
        };
        let Some(numbers) = moment::numbers(&bytes) else { return Ok(None) };
        let mut args: Vec<Val> = numbers.into_iter().map(Val::from).collect();
        args.extend(rest.iter().cloned());
        let args = self.new_tuple(args)?;
        self.object(Obj { args: Some(args), ..Obj::new(class, Made::Call) }).map(Some)
    }
}

/// The encoding of texts, and how it is told that they have surrogates.
pub(super) const UTF_8: &str = "utf-8";
pub(super) const SURROGATES: &str = "surrogatepass";

fn is_latin1(encoding: &str) -> bool {
    matches!(encoding, "latin1" | "latin-1" | "iso-8859-1" | "L1")
}
