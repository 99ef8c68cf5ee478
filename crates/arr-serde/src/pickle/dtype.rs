//! `numpy.dtype`: its constructor and its state.

use arr_core::{DType, Error, RecordBuilder, Result, Scalar, SubArray, Value};
use smallvec::SmallVec;

use super::machine::Machine;
use super::value::{Cell, Typ, Val};

/// The bit of the flags that says that a record was laid out as a C compiler would.
const ALIGNED: i64 = 0x80;

impl Machine<'_> {
    /// `numpy.dtype('f4', False, True)`. The byte order follows in its state.
    pub(super) fn dtype(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let first = items.first().ok_or_else(|| Error::malformed("a dtype is made of nothing"))?;
        if let Some(Cell::Global(global)) = self.follow(first) {
            if of_class(&global.name.text).is_ok_and(|spec| spec == SMALL) {
                let note =
                    format!("items of {} are read as bytes without a meaning ({SMALL})", global.name.text);
                self.note(note)?;
            }
        }
        let (fields, is_class) = match self.tuple(first) {
            Some([class, fields]) => (
                fields,
                matches!(self.follow(class), Some(Cell::Global(global)) if is_record_class(&global.name.text)),
            ),
            _ => (first, false),
        };
        if let Some(Cell::Dict(_)) = self.follow(fields) {
            let typ = self.record_of_dict(fields, is_class)?;
            self.spend(usize::try_from(typ.dtype.memory()).unwrap_or(usize::MAX))?;
            return self.dtype_cell(typ).map(Some);
        }
        let mut has_attributes = false;
        let spec = match (first.text(), self.follow(first)) {
            (Some(text), _) => text.to_owned(),
            (None, Some(Cell::Global(global))) => {
                has_attributes = is_record_class(&global.name.text);
                of_class(&global.name.text)?.to_owned()
            }
            (None, Some(Cell::DType(_))) => return Ok(Some(first.clone())),
            _ => return Err(Error::malformed("a dtype is made of something that does not name one")),
        };
        let dtype = plain(&spec, '<')?;
        self.dtype_cell(Typ { has_attributes, ..Typ::new(dtype, spec) }).map(Some)
    }

    fn dtype_cell(&mut self, typ: Typ) -> Result<Val> {
        self.budget.charge_objects(size_of::<Typ>() as u64)?;
        self.cell(Cell::DType(Box::new(typ)))
    }

    /// The dtype of NumPy's variable-length strings.
    pub(super) fn string_dtype(&mut self, items: &[Val]) -> Result<Option<Val>> {
        // The first says whether what is no text is made one.
        if items.len() > 1 || items.first().is_some_and(|coerce| coerce.int() == Some(0)) {
            self.note(
                "what a StringDType has for missing texts, and whether it coerces, is left out".to_owned(),
            )?;
        }
        self.dtype_cell(Typ::new(DType::Utf8, "T".to_owned())).map(Some)
    }

    /// The state of a dtype: `(version, order, subdtype, names, fields, elsize, alignment, flags[, metadata])`.
    pub(super) fn build_dtype(&mut self, cell: u32, state: &Val) -> Result<()> {
        let bad = || Error::malformed("the state of a dtype is not one that NumPy writes");
        let items = self.copy_of_tuple(state)?.ok_or_else(bad)?;
        let (spec, has_attributes) = match self.cell_mut(cell)? {
            Cell::DType(typ) => (typ.spec.clone(), typ.has_attributes),
            _ => return Err(bad()),
        };
        let state = State::of(&items).ok_or_else(bad)?;
        if self.has_metadata(state.metadata) {
            self.note("the metadata of a dtype are left out".to_owned())?;
        }
        let order = match state.order.text() {
            Some("<" | "=") => '<',
            Some(">") => '>',
            Some("|") => '|',
            _ => return Err(bad()),
        };
        let typ = match (state.subdtype, state.names) {
            (sub, _) if !sub.is_none() => self.sub_array(sub, spec)?,
            (_, names) if !names.is_none() => self.record(&state, spec, has_attributes)?,
            _ => {
                let dtype = match self.unit_of(state.metadata)? {
                    Some(unit) => plain(&format!("{spec}{unit}"), order)?,
                    None => sized(plain(&spec, order)?, state.elsize)?,
                };
                Typ::new(dtype, spec)
            }
        };
        self.spend(usize::try_from(typ.dtype.memory()).unwrap_or(usize::MAX))?;
        *self.cell_mut(cell)? = Cell::DType(Box::new(typ));
        Ok(())
    }

    /// The dtype that a value is.
    pub(super) fn typ_of(&self, value: &Val) -> Result<&Typ> {
        match self.follow(value) {
            Some(Cell::DType(typ)) => Ok(typ),
            _ => Err(Error::malformed("what should be a dtype is none")),
        }
    }

    fn check_depth(&self, depth: usize) -> Result<usize> {
        let most = self.budget.limits().depth().min(200);
        match depth.checked_add(1).filter(|depth| *depth <= most) {
            Some(depth) => Ok(depth),
            None => Err(Error::limit(format!("dtypes are nested more than {most} levels deep"))),
        }
    }

    fn sub_array(&self, sub: &Val, spec: String) -> Result<Typ> {
        let bad = || Error::malformed("a sub-array is not a dtype and a shape");
        let Some([base, shape]) = self.tuple(sub) else { return Err(bad()) };
        let base = self.typ_of(base)?;
        let (depth, fields) = (self.check_depth(base.depth)?, base.fields);
        let shape = self.shape_of(shape)?;
        let dtype = SubArray::new(base.dtype.clone(), &shape).map_err(of_file)?.into();
        Ok(Typ { depth, fields, ..Typ::new(dtype, spec) })
    }

    fn record(&self, state: &State<'_>, spec: String, has_attributes: bool) -> Result<Typ> {
        let bad = || Error::malformed("the fields of a dtype are not those that it names");
        let names = self.sequence(state.names).ok_or_else(bad)?;
        let Some(Cell::Dict(fields)) = self.follow(state.fields) else { return Err(bad()) };
        let mut by_name = std::collections::HashMap::new();
        by_name.try_reserve(fields.len()).map_err(arr_core::format::room::no_memory)?;
        by_name.extend(fields.iter().filter_map(|(name, field)| Some((self.text_of(name)?, field))));
        let mut all = Fields::default();
        for name in names {
            let name = self.text_of(name).ok_or_else(bad)?;
            let field = self.tuple(by_name.get(name).ok_or_else(bad)?).ok_or_else(bad)?;
            let (dtype, offset, title) = match field {
                [dtype, offset] => (dtype, offset, None),
                [dtype, offset, title] => (dtype, offset, self.text_of(title).map(str::to_owned)),
                _ => return Err(bad()),
            };
            all = self.with_field(all, name, title, dtype, offset)?;
        }
        let laid = Laid { is_aligned: state.flags & ALIGNED != 0, has_attributes, itemsize: state.elsize };
        all.finish(&laid, spec)
    }

    /// The fields of a record with one more.
    fn with_field(
        &self,
        all: Fields,
        name: &str,
        title: Option<String>,
        dtype: &Val,
        offset: &Val,
    ) -> Result<Fields> {
        let typ = self.typ_of(dtype)?;
        let depth = all.depth.max(self.check_depth(typ.depth)?);
        let count = all.count.saturating_add(1).saturating_add(typ.fields);
        let most = self.budget.limits().fields();
        if count > most {
            return Err(Error::limit(format!("a dtype has more than {most} fields")));
        }
        let offset = offset.int().and_then(|offset| usize::try_from(offset).ok());
        let offset = offset.ok_or_else(|| Error::malformed("a field of a dtype has no place in it"))?;
        Ok(Fields { builder: all.builder.field_at(name, title, typ.dtype.clone(), offset), depth, count })
    }

    /// A record of a dict of names, formats, offsets, titles, itemsize and whether it is aligned, as it is written here.
    fn record_of_dict(&self, dict: &Val, has_attributes: bool) -> Result<Typ> {
        let bad = || {
            Error::malformed(
                "a dtype is made of a dict that does not say names, formats, offsets and itemsize",
            )
        };
        let Some(Cell::Dict(entries)) = self.follow(dict) else { return Err(bad()) };
        let of = |name: &str| {
            entries.iter().rev().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value)
        };
        let list = |name: &str| of(name).and_then(|list| self.sequence(list));
        let (names, formats) = (list("names").ok_or_else(bad)?, list("formats").ok_or_else(bad)?);
        let (offsets, titles) = (list("offsets").ok_or_else(bad)?, list("titles"));
        let is_of_all = |list: &[Val]| list.len() == names.len();
        if !is_of_all(formats) || !is_of_all(offsets) || !titles.is_none_or(is_of_all) {
            return Err(bad());
        }
        let mut all = Fields::default();
        for (place, ((name, format), offset)) in names.iter().zip(formats).zip(offsets).enumerate() {
            let title = titles.and_then(|titles| self.text_of(titles.get(place)?)).map(str::to_owned);
            all = self.with_field(all, self.text_of(name).ok_or_else(bad)?, title, format, offset)?;
        }
        let is_aligned = of("aligned").and_then(Val::int).is_some_and(|truth| truth != 0);
        let itemsize = of("itemsize").and_then(Val::int).ok_or_else(bad)?;
        all.finish(&Laid { is_aligned, has_attributes, itemsize }, "V".to_owned())
    }

    /// True where a dtype has metadata of its user's: a dict, which stands before the unit of a date.
    fn has_metadata(&self, metadata: Option<&Val>) -> bool {
        let own = metadata.map(|metadata| self.tuple(metadata).and_then(<[Val]>::first).unwrap_or(metadata));
        let dict = own.and_then(|own| self.follow(own));
        matches!(dict, Some(Cell::Dict(entries)) if !entries.is_empty())
    }

    /// The unit of a date as NumPy writes it: `[25s]`; nothing of other metadata.
    fn unit_of(&self, metadata: Option<&Val>) -> Result<Option<String>> {
        let Some([_, unit]) = metadata.and_then(|metadata| self.tuple(metadata)) else { return Ok(None) };
        let Some(unit) = self.tuple(unit) else { return Ok(None) };
        let bad = || Error::malformed("the unit of dates is not one that NumPy writes");
        let mut name = match unit.first() {
            Some(name) => match (name.text(), self.follow(name)) {
                (Some(text), _) => text.to_owned(),
                (None, Some(Cell::Bytes(bytes))) => {
                    let bytes = self.feed.lent(bytes).ok_or_else(bad)?;
                    std::str::from_utf8(bytes).map_err(|_| bad())?.to_owned()
                }
                _ => return Err(bad()),
            },
            None => return Err(bad()),
        };
        let number = unit.get(1).and_then(Val::int).ok_or_else(bad)?;
        if unit.get(2).and_then(Val::int).is_some_and(|divisor| divisor > 1) {
            return Err(Error::unsupported("a unit of dates is divided"));
        }
        if name == "generic" {
            return Ok(Some(String::new()));
        }
        if name == "μs" {
            "us".clone_into(&mut name);
        }
        Ok(Some(if number == 1 { format!("[{name}]") } else { format!("[{number}{name}]") }))
    }

    /// A shape: a tuple of whole numbers, or one of them.
    pub(super) fn shape_of(&self, value: &Val) -> Result<SmallVec<[usize; 4]>> {
        let bad = || Error::malformed("a shape is not a tuple of whole numbers from 0 on");
        let dim = |dim: &Val| dim.int().and_then(|dim| usize::try_from(dim).ok()).ok_or_else(bad);
        match self.sequence(value) {
            Some(dims) => {
                // A few dozens of dimensions at most.
                self.budget.check_rank(dims.len())?;
                dims.iter().map(dim).collect()
            }
            None => Ok(SmallVec::from_slice(&[dim(value)?])),
        }
    }
}

/// Fields of a record.
#[derive(Default)]
struct Fields {
    builder: RecordBuilder,
    /// How deep they nest, and how many there are with those in them.
    depth: usize,
    count: usize,
}

/// How a record is laid out besides its fields.
struct Laid {
    is_aligned: bool,
    has_attributes: bool,
    /// A negative one is none.
    itemsize: i64,
}

impl Fields {
    /// The record of all fields.
    fn finish(self, laid: &Laid, spec: String) -> Result<Typ> {
        let Self { mut builder, depth, count } = self;
        if laid.is_aligned {
            builder = builder.aligned();
        }
        if laid.has_attributes {
            builder = builder.attributes();
        }
        if let Ok(itemsize) = usize::try_from(laid.itemsize) {
            builder = builder.itemsize(itemsize);
        }
        let dtype = builder.build().map_err(of_file)?.into();
        Ok(Typ { depth, fields: count, has_attributes: laid.has_attributes, ..Typ::new(dtype, spec) })
    }
}

/// The items of the state, whichever version has written it.
struct State<'v> {
    order: &'v Val,
    subdtype: &'v Val,
    names: &'v Val,
    fields: &'v Val,
    elsize: i64,
    flags: i64,
    metadata: Option<&'v Val>,
}

impl<'v> State<'v> {
    fn of(items: &'v [Val]) -> Option<Self> {
        const NONE: &Val = &Val::Plain(Value::None);
        let (order, subdtype, names, fields, elsize, flags, metadata) = match items {
            [_, order, sub, names, fields, elsize, _, flags, metadata] => {
                (order, sub, names, fields, elsize, Some(flags), Some(metadata))
            }
            [_, order, sub, names, fields, elsize, _, flags] => {
                (order, sub, names, fields, elsize, Some(flags), None)
            }
            [_, order, sub, names, fields, elsize, _] => (order, sub, names, fields, elsize, None, None),
            [_, order, sub, fields, elsize, _] | [order, sub, fields, elsize, _] if fields.is_none() => {
                (order, sub, NONE, fields, elsize, None, None)
            }
            _ => return None,
        };
        let flags = match flags {
            Some(flags) => flags.int()?,
            None => 0,
        };
        Some(Self { order, subdtype, names, fields, elsize: elsize.int()?, flags, metadata })
    }
}

/// True for the class of records whose fields are attributes.
fn is_record_class(name: &str) -> bool {
    let module = name.strip_suffix(".record");
    matches!(module, Some("numpy" | "numpy.rec" | "numpy.core.records" | "numpy._core.records"))
}

/// Numbers of ml_dtypes that have one byte, as NumPy sees them.
const SMALL: &str = "V1";

/// What a class stands for as a dtype.
fn of_class(name: &str) -> Result<&str> {
    let (module, class) = name.rsplit_once('.').unwrap_or(("", name));
    let class = class.trim_end_matches('_');
    Ok(match (module, class) {
        ("ml_dtypes" | "ml_dtypes._ml_dtypes_ext", "bfloat16") => "bfloat16",
        ("ml_dtypes" | "ml_dtypes._ml_dtypes_ext", _) => SMALL,
        ("numpy" | "numpy.rec" | "numpy.core.records" | "numpy._core.records", "record" | "void") => "V",
        ("numpy", "object") | ("builtins", "object") => "O",
        ("numpy", "str" | "unicode") | ("builtins", "str") => "U",
        ("numpy", "bytes" | "string") | ("builtins", "bytes") => "S",
        ("builtins", "float") => "f8",
        ("builtins", "int") => "i8",
        ("builtins", "bool") => "b1",
        ("builtins", "complex") => "c16",
        ("numpy", class) => class,
        _ => return Err(Error::unsupported(format!("'{name}' is not a dtype that is known"))),
    })
}

/// A dtype without fields, of what its constructor was given and the byte order.
fn plain(spec: &str, order: char) -> Result<DType> {
    match spec {
        "O" | "O8" | "O4" | "|O" => return Ok(DType::Object),
        "T" => return Ok(DType::Utf8),
        "bfloat16" => {
            let order = if order == '>' { arr_core::ByteOrder::Big } else { arr_core::ByteOrder::Little };
            return Ok(DType::Scalar(Scalar::BF16, order));
        }
        _ => {}
    }
    let ordered =
        if spec.starts_with(['<', '>', '|', '=']) { spec.to_owned() } else { format!("{order}{spec}") };
    let is_list = spec.contains(['[', ',', '(', '{']) && !spec.contains('M') && !spec.contains('m');
    let parsed = if is_list { None } else { ordered.parse().or_else(|_| spec.parse()).ok() };
    parsed.ok_or_else(|| Error::malformed(format!("'{spec}' is not a dtype")))
}

/// The dtype with the itemsize that its state says.
fn sized(dtype: DType, elsize: i64) -> Result<DType> {
    let Ok(size) = usize::try_from(elsize) else { return Ok(dtype) };
    if size > arr_core::format::MAX_ITEMSIZE {
        return Err(Error::malformed(format!("an itemsize of {size} bytes is too large")));
    }
    Ok(match dtype {
        DType::Bytes(_) => DType::Bytes(size),
        DType::Void(_) => DType::Void(size),
        DType::Unicode(_, order) if size % 4 == 0 => DType::Unicode(size / 4, order),
        DType::Unicode(..) => return Err(Error::malformed("texts of UTF-32 have a multiple of 4 bytes")),
        other => other,
    })
}

/// What the caller would have been told of its own dtype is the file's fault here.
fn of_file(error: Error) -> Error {
    match error.kind() {
        arr_core::ErrorKind::InvalidArgument => Error::malformed(error.to_string()),
        _ => error,
    }
}
