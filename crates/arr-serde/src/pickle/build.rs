//! States: `BUILD` tells what is in an object that was made before. No `__setstate__` is called.

use arr_core::{Buffer, DType, Error, Order, Result, Scalar};

use super::globals::Known;
use super::machine::Machine;
use super::opcodes as op;
use super::value::{Arr, ArrItems, Cell, Lies, Made, Payload, Val};

/// What is built.
enum Target {
    Array,
    DType,
    Masked,
    Object,
    Joblib,
    Other,
}

impl Machine<'_> {
    /// Gives a cell its state.
    pub(super) fn build(&mut self, cell: u32, state: Val) -> Result<()> {
        let class = match self.cell_mut(cell)? {
            Cell::Object(object) if object.made != Made::Masked => Some(object.class),
            _ => None,
        };
        let known = class.and_then(|class| match self.cells.get(class as usize) {
            Some(Cell::Global(global)) => Some(global.known),
            _ => None,
        });
        let target = match self.cell_mut(cell)? {
            Cell::Array(_) => Target::Array,
            Cell::DType(_) => Target::DType,
            Cell::Object(object) if object.made == Made::Masked => Target::Masked,
            Cell::Object(_) if known == Some(Known::Joblib) => Target::Joblib,
            Cell::Object(_) => Target::Object,
            _ => Target::Other,
        };
        match target {
            Target::Array => self.build_array(cell, &state),
            Target::DType => self.build_dtype(cell, &state),
            Target::Masked => self.build_masked(cell, &state),
            Target::Joblib => self.build_joblib(cell, &state),
            Target::Object => self.build_object(cell, state),
            Target::Other => Err(self.no_attributes(&Val::Cell(cell))),
        }
    }

    #[cold]
    pub(super) fn no_attributes(&self, value: &Val) -> Error {
        let name = self.named(value);
        Error::unsupported(format!("the attributes of {name} would be changed: it has none here"))
    }

    fn build_object(&mut self, cell: u32, mut state: Val) -> Result<()> {
        if matches!(self.cell_mut(cell)?, Cell::Object(object) if object.made == Made::Array) {
            state = self.build_subclass(cell, state)?;
            if matches!(self.cell_mut(cell)?, Cell::Array(_)) {
                return Ok(());
            }
        }
        if let Cell::Object(object) = self.cell_mut(cell)? {
            if object.state.is_none() {
                object.state = Some(state);
                return Ok(());
            }
        }
        let name = self.named(&Val::Cell(cell));
        Err(Error::unsupported(format!("{name} is given a second state")))
    }

    /// Throws a value away. Python writes a call whose result is thrown away at once where a function gives an object its
    /// state, `setter(object, state)`: then the call stands for the state.
    pub(super) fn discard(&mut self, value: &Val) {
        if self.before != op::REDUCE {
            return;
        }
        let target = match self.follow(value) {
            Some(Cell::Object(call)) if call.made == Made::Call && call.state.is_none() => {
                match call.args.as_ref().and_then(|args| self.tuple(args)) {
                    Some([target, _]) => target.cell().filter(|target| Some(*target) != value.cell()),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(Cell::Object(object)) = target.and_then(|target| self.cells.get_mut(target as usize)) {
            if object.state.is_none() && matches!(object.made, Made::Call | Made::New) {
                object.state = Some(value.clone());
            }
        }
    }

    /// joblib has the items of an array behind the state of an object that stands for it, after padding whose length is
    /// in a byte of its own.
    fn build_joblib(&mut self, cell: u32, state: &Val) -> Result<()> {
        let bad = || {
            Error::malformed(
                "the state of joblib.numpy_pickle.NumpyArrayWrapper is not one that joblib writes",
            )
        };
        let Some(Cell::Dict(entries)) = self.follow(state) else { return Err(bad()) };
        let of = |name: &str| {
            entries.iter().rev().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value)
        };
        let shape = self.shape_of(of("shape").ok_or_else(bad)?)?;
        let order = match of("order").and_then(Val::text) {
            Some("C") => Order::C,
            Some("F") => Order::F,
            _ => return Err(bad()),
        };
        let dtype = self.typ_of(of("dtype").ok_or_else(bad)?)?.dtype.clone();
        let is_padded = of("numpy_array_alignment_bytes").is_some_and(|alignment| !alignment.is_none());
        let class = match of("subclass").and_then(|class| self.follow(class)) {
            Some(Cell::Global(global)) if global.known == Known::NdArray => None,
            Some(Cell::Global(global)) => Some(Box::new(global.name.clone())),
            _ => return Err(bad()),
        };
        self.spend(class.as_ref().map_or(0, |class| class.text.len()))?;
        if dtype.has_references() {
            let items = ArrItems::Values { dtype, shape, order, items: Vec::new() };
            let array = self.array_cell(Arr { class, is_scalar: false, items })?;
            *self.cell_mut(cell)? = array;
            return self.go_inside(cell);
        }
        if is_padded {
            let padding = self.feed.byte()?;
            self.feed.take(usize::from(padding))?;
        }
        let len = shape.iter().try_fold(dtype.itemsize() as u64, |len, dim| len.checked_mul(*dim as u64));
        let len = len.ok_or_else(|| Error::malformed(format!("no array has the shape {shape:?}")))?;
        let data = self.feed.payload(len, &mut self.budget)?;
        let items = self.bytes_items(dtype, shape, order, data)?;
        let array = self.array_cell(Arr { class, is_scalar: false, items })?;
        *self.cell_mut(cell)? = array;
        Ok(())
    }

    /// Takes the value of a pickle that lies in this one as the items of an array: it is the array itself.
    pub(super) fn take_inner(&mut self, cell: u32, value: &Val) -> Result<()> {
        let bad = || Error::malformed("a pickle inside of the pickle is not the array that is announced");
        let inner = value.cell().filter(|inner| *inner != cell).ok_or_else(bad)?;
        let items = std::mem::take(&mut self.array_mut(inner)?.ok_or_else(bad)?.items);
        self.array_mut(cell)?.ok_or_else(bad)?.items = items;
        Ok(())
    }
}

/// What is in an array that is never given a state: nothing, as its constructor says.
pub(super) fn unset() -> ArrItems {
    let (dtype, data) = (DType::native(Scalar::I8), Payload::held(Buffer::from_static(b"")));
    ArrItems::Bytes { dtype, shape: smallvec::smallvec![0], lies: Lies::In(Order::C), data }
}
