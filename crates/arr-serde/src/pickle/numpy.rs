//! NumPy's reconstructors: arrays of bytes, of objects, and scalars.

use arr_core::format::room::{push, reserved};
use arr_core::{Array, Buffer, ByteOrder, DType, Error, Layout, Order, Result, Scalar, Value};

use smallvec::SmallVec;

use super::globals::Known;
use super::machine::Machine;
use super::text;
use super::value::{Arr, ArrItems, Cell, Class, Lies, Made, Obj, Payload, Val};

impl Machine<'_> {
    pub(super) fn array(&mut self, array: Arr) -> Result<Val> {
        let cell = self.array_cell(array)?;
        self.cell(cell)
    }

    /// What a cell is that is an array from now on.
    pub(super) fn array_cell(&mut self, array: Arr) -> Result<Cell> {
        self.budget.charge_objects(size_of::<Arr>() as u64)?;
        let number = u32::try_from(self.arrays.len());
        push(&mut self.arrays, array)?;
        number.map(Cell::Array).map_err(|_| Error::limit("a pickle can't have more than 2^32 arrays"))
    }

    /// The array that a cell is.
    pub(super) fn array_mut(&mut self, cell: u32) -> Result<Option<&mut Arr>> {
        let Cell::Array(number) = *self.cell_mut(cell)? else { return Ok(None) };
        Ok(self.arrays.get_mut(number as usize))
    }

    /// The name of the class of an array; nothing for `numpy.ndarray`. Nothing at all when the class is not one that is
    /// known: what its state means is its own affair.
    fn class_of(&mut self, class: &Val) -> Result<Option<Option<Box<Class>>>> {
        let (number, known) = self.callee(class)?;
        Ok(match known {
            Known::NdArray => Some(None),
            known if known.is_array_class() => Some(self.name_of(number)?),
            _ => None,
        })
    }

    /// The name of a class by its cell, copied for an array that has it.
    fn name_of(&mut self, class: u32) -> Result<Option<Box<Class>>> {
        let Some(Cell::Global(global)) = self.cells.get(class as usize) else { return Ok(None) };
        self.spend(global.name.text.len())?;
        Ok(match self.cells.get(class as usize) {
            Some(Cell::Global(global)) => Some(Box::new(global.name.clone())),
            _ => None,
        })
    }

    /// True for a class of NumPy's own masked arrays.
    fn is_of_numpy_ma(&self, class: u32) -> bool {
        matches!(self.cells.get(class as usize), Some(Cell::Global(global)) if global.name.text.starts_with("numpy.ma."))
    }

    /// `_reconstruct(numpy.ndarray, (0,), b'b')`, as nearly all arrays begin.
    pub(super) fn plain_array(&mut self, args: &Val) -> Result<Option<Val>> {
        let class = self.tuple(args).and_then(<[Val]>::first).and_then(|class| self.follow(class));
        match class {
            Some(Cell::Global(global)) if global.known == Known::NdArray => {
                self.array(Arr::default()).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// `_reconstruct(class, (0,), b'b')`: what is in the array follows in its state.
    pub(super) fn reconstruct(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let (class, rest) = items.split_first().ok_or_else(|| Error::malformed("an array has no class"))?;
        match self.class_of(class)? {
            Some(class) => self.array(Arr { class, ..Arr::default() }).map(Some),
            None => {
                let (class, _) = self.callee(class)?;
                let mut args = rest.to_vec();
                // A string of Python 2 is bytes here.
                if let Some(code) = args.get_mut(1).filter(|code| code.text() == Some("b")) {
                    *code = Self::bytes_value(Buffer::from_static(b"b"));
                }
                let args = self.new_tuple(args)?;
                // It was made by the `__new__` of that base.
                let base = self.global("numpy", "ndarray")?;
                self.object(Obj { args: Some(args), kwargs: Some(base), ..Obj::new(class, Made::Array) })
                    .map(Some)
            }
        }
    }

    /// `_frombuffer(buffer, dtype, shape, order)`, and with the order `'K'` the axes of the array as well.
    pub(super) fn array_of_buffer(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let bad = || {
            Error::malformed("an array of a buffer is not made of a buffer, a dtype, a shape and an order")
        };
        let ([buffer, dtype, shape, order], axes) = items.split_first_chunk::<4>().ok_or_else(bad)?;
        let data = self.payload(buffer)?.ok_or_else(bad)?;
        let dtype = self.typ_of(dtype)?.dtype.clone();
        let shape = self.shape_of(shape)?;
        let (order, axes) = match (order.text(), axes) {
            (Some("C"), []) => (Order::C, None),
            (Some("F"), []) => (Order::F, None),
            (Some("K"), [axes]) => (Order::C, Some(self.shape_of(axes)?)),
            _ => return Err(bad()),
        };
        let layout = self.layout(&dtype, &shape, order, data.len())?;
        let items = match axes {
            Some(axes) => {
                let layout = layout.permuted(&axes).map_err(|error| Error::malformed(error.to_string()))?;
                let shape = SmallVec::from_slice(layout.shape());
                ArrItems::Bytes { dtype, shape, lies: Lies::Otherwise(Box::new(layout)), data }
            }
            None => ArrItems::Bytes { dtype, shape, lies: Lies::In(order), data },
        };
        self.array(Arr { items, ..Arr::default() }).map(Some)
    }

    /// `ndarray(shape, dtype, buffer, 0, None, order)`.
    pub(super) fn array_in_memory(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let [shape, dtype, buffer, offset, strides, order] = items else { return Ok(None) };
        let order = match order.text() {
            Some("C") => Order::C,
            Some("F") => Order::F,
            _ => return Ok(None),
        };
        let data = self.payload(buffer)?;
        let Some(data) = data.filter(|_| offset.int() == Some(0) && strides.is_none()) else {
            return Ok(None);
        };
        let dtype = self.typ_of(dtype)?.dtype.clone();
        let shape = self.shape_of(shape)?;
        let items = self.bytes_items(dtype, shape, order, data)?;
        self.array(Arr { items, ..Arr::default() }).map(Some)
    }

    /// `scalar(dtype, data)`.
    pub(super) fn scalar(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let (dtype, data) = match items {
            [dtype] => (dtype, None),
            [dtype, data] => (dtype, Some(data)),
            _ => return Err(Error::malformed("a scalar is not made of a dtype and data")),
        };
        let dtype = self.typ_of(dtype)?.dtype.clone();
        let items = match data {
            Some(value) if dtype == DType::Object => ArrItems::Values {
                dtype,
                shape: SmallVec::new(),
                order: Order::C,
                items: vec![value.clone()],
            },
            // A record with objects.
            Some(value) if dtype.has_references() => {
                let Some(Cell::Array(number)) = self.follow(value) else { return Ok(None) };
                let number = *number as usize;
                let count = match self.arrays.get(number).map(|array| &array.items) {
                    Some(ArrItems::Values { items, .. }) => items.len(),
                    _ => return Ok(None),
                };
                self.spend(count.saturating_mul(size_of::<Val>()))?;
                let mut copy = reserved(count)?;
                if let Some(ArrItems::Values { items, .. }) =
                    self.arrays.get(number).map(|array| &array.items)
                {
                    copy.extend(items.iter().cloned());
                }
                ArrItems::Values { dtype, shape: SmallVec::new(), order: Order::C, items: copy }
            }
            data => {
                let data = match data {
                    Some(data) => self
                        .payload(data)?
                        .ok_or_else(|| Error::malformed("the data of a scalar is not bytes"))?,
                    None => {
                        // Nothing of it is in the file.
                        self.spend(dtype.itemsize())?;
                        Payload::held(Array::zeros(dtype.clone(), &[])?.freeze().into_parts().2)
                    }
                };
                self.bytes_items(dtype, SmallVec::new(), Order::C, data)?
            }
        };
        self.array(Arr { class: None, is_scalar: true, items }).map(Some)
    }

    /// Items that lie one after another in bytes.
    pub(super) fn bytes_items(
        &mut self,
        dtype: DType,
        shape: SmallVec<[usize; 4]>,
        order: Order,
        data: Payload,
    ) -> Result<ArrItems> {
        self.layout(&dtype, &shape, order, data.len())?;
        Ok(ArrItems::Bytes { dtype, shape, lies: Lies::In(order), data })
    }

    /// Where the items of so many bytes lie, which have to be just as many as the shape says.
    pub(super) fn layout(
        &mut self,
        dtype: &DType,
        shape: &[usize],
        order: Order,
        len: u64,
    ) -> Result<Layout> {
        self.budget.check_rank(shape.len())?;
        if dtype.has_references() {
            return Err(Error::malformed(format!("items of {dtype} are not bytes")));
        }
        let layout = Layout::contiguous(shape, dtype.itemsize(), order)
            .map_err(|error| Error::malformed(error.to_string()))?;
        let wanted = (layout.len() as u64).checked_mul(dtype.itemsize() as u64);
        if wanted != Some(len) {
            let message = format!("an array of {dtype} and shape {shape:?} has {len} bytes of data");
            return Err(Error::malformed(message));
        }
        if dtype.itemsize() == 0 {
            self.budget.charge_items(layout.len() as u64)?;
        }
        Ok(layout)
    }

    /// The state of an array: `(version, shape, dtype, is_fortran, data)`, in the oldest without the version.
    pub(super) fn build_array(&mut self, cell: u32, state: &Val) -> Result<()> {
        let bad = || Error::malformed("the state of an array is not one that NumPy writes");
        let [shape, dtype, is_fortran, data] = match self.tuple(state).ok_or_else(bad)? {
            [version, rest @ ..] if rest.len() == 4 => {
                if !matches!(version.int(), Some(0 | 1)) {
                    return Err(Error::unsupported("an array has a state of a version that is not known"));
                }
                rest.first_chunk().ok_or_else(bad)?
            }
            rest => rest.first_chunk().filter(|_| rest.len() == 4).ok_or_else(bad)?,
        };
        let order = if is_fortran.int().ok_or_else(bad)? == 0 { Order::C } else { Order::F };
        let dtype = self.typ_of(dtype)?.dtype.clone();
        let (shape, data) = (self.shape_of(shape)?, data.clone());
        let made = self.items(dtype, shape, order, &data)?;
        match self.array_mut(cell)? {
            Some(array) if matches!(array.items, ArrItems::Unset) => array.items = made,
            _ => return Err(Error::malformed("an array is given a second state")),
        }
        Ok(())
    }

    /// How many items of a value are the state of an array at least: nothing when it is none.
    fn is_array_state(&self, value: &Val) -> Option<usize> {
        let [_, shape, dtype, _, _, rest @ ..] = self.tuple(value)? else { return None };
        (self.shape_of(shape).is_ok() && self.typ_of(dtype).is_ok()).then_some(5 + rest.len())
    }

    /// The state of an array of a class that is not known: that of an array, a tuple that begins with the items of one, or
    /// a tuple whose first item is one. Gives what is left of the state.
    pub(super) fn build_subclass(&mut self, cell: u32, state: Val) -> Result<Val> {
        match self.is_array_state(&state) {
            Some(5) => self.build_class(cell, &state),
            Some(_) => self.build_longer(cell, &state),
            None => {
                let Some(mut items) = self.copy_of_tuple(&state)? else { return Ok(state) };
                let first = items.first_mut().filter(|first| self.is_array_state(first) == Some(5));
                let Some(first) = first else { return Ok(state) };
                *first = self.array_of_state(first)?;
                self.object_mut(cell)?.kwargs = Some(Val::NONE);
                self.new_tuple(items)
            }
        }
    }

    /// The object that a cell is.
    fn object_mut(&mut self, cell: u32) -> Result<&mut Obj> {
        match self.cell_mut(cell)? {
            Cell::Object(object) => Ok(object),
            _ => Err(super::feed::lost()),
        }
    }

    /// An array of a class without a state of its own.
    fn build_class(&mut self, cell: u32, state: &Val) -> Result<Val> {
        let class = self.object_mut(cell)?.class;
        let class = self.name_of(class)?;
        let array = self.array_cell(Arr { class, ..Arr::default() })?;
        *self.cell_mut(cell)? = array;
        self.build_array(cell, state)?;
        Ok(Val::Cell(cell))
    }

    /// An array of a class whose own state is appended to that of the array: the object is made of the array.
    fn build_longer(&mut self, cell: u32, state: &Val) -> Result<Val> {
        let mut items = self.copy_of_tuple(state)?.ok_or_else(super::feed::lost)?;
        let own = self.new_tuple(items.drain(..5))?;
        let array = self.array_of_state(&own)?;
        let args = self.new_tuple([array])?;
        self.object_mut(cell)?.args = Some(args);
        self.new_tuple(items)
    }

    /// The array of a state.
    fn array_of_state(&mut self, state: &Val) -> Result<Val> {
        let array = self.array(Arr::default())?;
        if let Some(cell) = array.cell() {
            self.build_array(cell, state)?;
        }
        Ok(array)
    }

    /// The items of an array, of its data or a list of objects.
    pub(super) fn items(
        &mut self,
        dtype: DType,
        shape: SmallVec<[usize; 4]>,
        order: Order,
        data: &Val,
    ) -> Result<ArrItems> {
        if let Some(data) = self.payload(data)? {
            return self.bytes_items(dtype, shape, order, data);
        }
        let Some(items) = self.items_of(data)? else {
            return Err(Error::malformed("the data of an array is neither bytes nor a list"));
        };
        self.values(dtype, shape, order, items)
    }

    /// The items of an array that are objects.
    pub(super) fn values(
        &mut self,
        dtype: DType,
        shape: SmallVec<[usize; 4]>,
        order: Order,
        items: Vec<Val>,
    ) -> Result<ArrItems> {
        self.budget.check_rank(shape.len())?;
        let count = shape.iter().try_fold(1usize, |count, dim| count.checked_mul(*dim));
        if count != Some(items.len()) {
            let message = format!("an array of objects and shape {shape:?} has {} items", items.len());
            return Err(Error::malformed(message));
        }
        if !dtype.has_references() {
            return Err(Error::malformed(format!("items of {dtype} are a list of objects")));
        }
        // What is missing is no text: then they stay objects.
        let is_texts = items.iter().all(|item| matches!(item, Val::Plain(Value::Str(_))));
        if dtype == DType::Utf8 && is_texts {
            let texts: Vec<&str> = items.iter().filter_map(Val::text).collect();
            let bytes: usize = texts.iter().map(|text| text.len()).sum();
            self.spend(bytes)?;
            // They come in C order, whatever the order in memory was.
            return Array::from_texts(&shape, Order::C, texts)?.to_contiguous(order).map(ArrItems::Made);
        }
        let dtype = if dtype == DType::Utf8 { DType::Object } else { dtype };
        Ok(ArrItems::Values { dtype, shape, order, items })
    }

    /// `_mareconstruct(class, base, shape, code)`: what is in it follows in its state. Until that is known it is what the
    /// function has made.
    pub(super) fn masked(&mut self, function: u32, items: &[Val], args: &Val) -> Result<Option<Val>> {
        let [class, base, _, _] = items else { return Ok(None) };
        self.callee(class)?;
        self.callee(base)?;
        self.object(Obj { args: Some(args.clone()), ..Obj::new(function, Made::Masked) }).map(Some)
    }

    /// The state of a masked array: `(version, shape, dtype, is_fortran, data, mask, fill_value)`, and behind it what a
    /// class of somebody's own has. It becomes a dict of its data and its mask, which are arrays. A state that is another
    /// stays as it is.
    pub(super) fn build_masked(&mut self, cell: u32, state: &Val) -> Result<()> {
        let bad = || Error::malformed("the state of a masked array is not one that NumPy writes");
        let object = self.object_mut(cell)?;
        let (has_state, args) = (object.state.is_some(), object.args.clone());
        if has_state {
            return Err(Error::malformed("a masked array is given a second state"));
        }
        let args = args.map(|args| self.copy_of_tuple(&args)).transpose()?.flatten().ok_or_else(bad)?;
        let [class, base, _, _] = args.as_slice() else { return Err(bad()) };
        let class = class.cell().ok_or_else(bad)?;
        if self.is_array_state(state).is_none_or(|count| count < 7) {
            if self.is_of_numpy_ma(class) {
                return Err(bad());
            }
            let object = self.object_mut(cell)?;
            (object.made, object.state) = (Made::Call, Some(state.clone()));
            return Ok(());
        }
        let dict = self.masked_state(state, base)?;
        let object = self.object_mut(cell)?;
        (object.class, object.args, object.state) = (class, None, Some(dict));
        Ok(())
    }

    /// The dict that the state of a masked array becomes. Its data is of the class that is its base.
    fn masked_state(&mut self, state: &Val, base: &Val) -> Result<Val> {
        let bad = || Error::malformed("the state of a masked array is not one that NumPy writes");
        let items = self.copy_of_tuple(state)?.ok_or_else(bad)?;
        let [_, shape, dtype, is_fortran, data, mask, fill, more @ ..] = items.as_slice() else {
            return Err(bad());
        };
        let (base, known) = self.callee(base)?;
        let base = if known == Known::NdArray { None } else { self.name_of(base)? };
        let order = if is_fortran.int().ok_or_else(bad)? == 0 { Order::C } else { Order::F };
        let dtype = self.typ_of(dtype)?.dtype.clone();
        let mask_dtype = mask_of(&dtype)?;
        let shape = self.shape_of(shape)?;
        let data = self.items(dtype, shape.clone(), order, data)?;
        let mask = self.items(mask_dtype, shape, order, mask)?;
        let mut entries = reserved(4)?;
        for (name, class, items) in [("data", base, data), ("mask", None, mask)] {
            let array = self.array(Arr { class, is_scalar: false, items })?;
            entries.push((Val::from(name), array));
        }
        if !fill.is_none() {
            entries.push((Val::from("fill_value"), fill.clone()));
        }
        if !more.is_empty() {
            entries.push((Val::from("more"), self.new_tuple(more.iter().cloned())?));
        }
        self.charge_values(2 * entries.len())?;
        self.cell(Cell::Dict(entries))
    }

    /// `array._array_reconstructor(class, typecode, format, bytes)`.
    pub(super) fn array_of_bytes(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let [_, code, format, data] = items else { return Ok(None) };
        self.note_letter(code)?;
        let Some(dtype) = format.int().and_then(of_machine_format) else { return Ok(None) };
        let Some(data) = self.payload(data)? else { return Ok(None) };
        let count = usize::try_from(data.len()).unwrap_or(usize::MAX) / dtype.itemsize().max(1);
        let items = self.bytes_items(dtype, SmallVec::from_slice(&[count]), Order::C, data)?;
        self.array(Arr { class: Some(array_module()), is_scalar: false, items }).map(Some)
    }

    /// Takes note of a letter that is not kept: two stand for whole numbers of eight bytes.
    fn note_letter(&mut self, code: &Val) -> Result<()> {
        match code.text() {
            Some(letter @ ("q" | "Q")) => {
                let kept = if letter == "q" { "l" } else { "L" };
                self.note(format!("the letter {letter} of an array.array becomes {kept} when it is written"))
            }
            _ => Ok(()),
        }
    }

    /// `array.array(typecode, list)`, which is what protocols below 3 have.
    pub(super) fn array_of_list(&mut self, items: &[Val]) -> Result<Option<Val>> {
        let [code, list] = items else { return Ok(None) };
        let Some(dtype) = code.text().and_then(of_typecode) else { return Ok(None) };
        self.note_letter(code)?;
        let bad = || Error::malformed(format!("an item of an array.array is not one of {dtype}"));
        let mut bytes = Vec::new();
        let items = match self.payload(list)? {
            Some(data) => {
                let count = usize::try_from(data.len()).unwrap_or(usize::MAX) / dtype.itemsize().max(1);
                self.bytes_items(dtype, SmallVec::from_slice(&[count]), Order::C, data)?
            }
            None => {
                let Some(values) = self.items_of(list)? else { return Ok(None) };
                bytes
                    .try_reserve_exact(values.len().saturating_mul(8))
                    .map_err(arr_core::format::room::no_memory)?;
                for value in &values {
                    bytes.extend_from_slice(&encoded(value, &dtype).ok_or_else(bad)?);
                }
                let shape = SmallVec::from_slice(&[values.len()]);
                self.bytes_items(dtype, shape, Order::C, Payload::held(Buffer::from_vec(bytes)))?
            }
        };
        self.array(Arr { class: Some(array_module()), is_scalar: false, items }).map(Some)
    }
}

/// The class `array.array`.
fn array_module() -> Box<Class> {
    Box::new(Class { text: "array.array".to_owned(), module: None })
}

/// The dtype of the mask of an array: a truth for each number in its items.
fn mask_of(dtype: &DType) -> Result<DType> {
    let of_file = |error: Error| Error::malformed(error.to_string());
    match dtype {
        DType::Record(record) => {
            let mut builder = arr_core::RecordType::builder();
            for field in record.fields() {
                builder = match field.title() {
                    Some(title) => builder.titled_field(field.name(), title, mask_of(field.dtype())?),
                    None => builder.field(field.name(), mask_of(field.dtype())?),
                };
            }
            Ok(builder.build().map_err(of_file)?.into())
        }
        DType::SubArray(sub) => {
            let base = mask_of(sub.base())?;
            Ok(arr_core::SubArray::new(base, sub.shape()).map_err(of_file)?.into())
        }
        _ => Ok(DType::native(Scalar::Bool)),
    }
}

/// The items of `array.array` by the number of their format, which names size, sign and byte order.
fn of_machine_format(number: i64) -> Option<DType> {
    const KINDS: [Scalar; 9] = [
        Scalar::U16,
        Scalar::I16,
        Scalar::U32,
        Scalar::I32,
        Scalar::U64,
        Scalar::I64,
        Scalar::F32,
        Scalar::F64,
        Scalar::U8,
    ];
    let order = if number % 2 == 0 { ByteOrder::Little } else { ByteOrder::Big };
    match number {
        0 => Some(DType::Scalar(Scalar::U8, order)),
        1 => Some(DType::Scalar(Scalar::I8, order)),
        2..=17 => {
            let kind = KINDS.get(usize::try_from(number / 2 - 1).ok()?)?;
            Some(DType::Scalar(*kind, order))
        }
        20 | 21 => Some(DType::Unicode(1, order)),
        _ => None,
    }
}

/// The items of `array.array` by their letter, as 64-bit Linux has them.
fn of_typecode(code: &str) -> Option<DType> {
    let kind = match code {
        "b" => Scalar::I8,
        "B" => Scalar::U8,
        "h" => Scalar::I16,
        "H" => Scalar::U16,
        "i" => Scalar::I32,
        "I" => Scalar::U32,
        "l" | "q" => Scalar::I64,
        "L" | "Q" => Scalar::U64,
        "f" => Scalar::F32,
        "d" => Scalar::F64,
        "u" | "w" => return Some(DType::Unicode(1, ByteOrder::Little)),
        "c" => return Some(DType::Bytes(1)),
        _ => return None,
    };
    Some(DType::Scalar(kind, ByteOrder::Little))
}

/// A value as an item of a dtype.
fn encoded(value: &Val, dtype: &DType) -> Option<Vec<u8>> {
    let Val::Plain(value) = value else { return None };
    Some(match dtype {
        #[allow(clippy::cast_possible_truncation, reason = "a float32 is what was written as a float64")]
        DType::Scalar(Scalar::F32, _) => (value.as_f64()? as f32).to_le_bytes().to_vec(),
        DType::Scalar(Scalar::F64, _) => value.as_f64()?.to_le_bytes().to_vec(),
        DType::Scalar(kind, _) => {
            let number: i128 = value.to_decimal()?.parse().ok()?;
            let bits = kind.itemsize() * 8;
            let is_signed = matches!(kind, Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64);
            let (least, most) = match is_signed {
                true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
                false => (0, (1i128 << bits) - 1),
            };
            let bytes = (least..=most).contains(&number).then(|| number.to_le_bytes())?;
            bytes.get(..kind.itemsize())?.to_vec()
        }
        DType::Unicode(..) => {
            let mut letters = value.as_str()?.chars();
            let letter = letters.next().filter(|_| letters.next().is_none())?;
            u32::from(letter).to_le_bytes().to_vec()
        }
        DType::Bytes(_) => text::to_latin1(value.as_str()?).ok()??,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_array_array_are_dtypes() {
        for (number, dtype) in [
            (0, "|u1"),
            (1, "|i1"),
            (2, "<u2"),
            (5, ">i2"),
            (6, "<u4"),
            (9, ">i4"),
            (12, "<i8"),
            (15, ">f4"),
            (16, "<f8"),
        ] {
            assert_eq!(of_machine_format(number), Some(dtype.parse().unwrap()), "{number}");
        }
        assert_eq!(of_machine_format(18), None);
    }
}
