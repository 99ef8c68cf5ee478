//! Classes and functions by their names, what is noted of them, and what values are called in messages.

use arr_core::format::room::push;
use arr_core::{Error, Result, Value};

use super::globals::{self, Known};
use super::machine::Machine;
use super::value::{Cell, Class, Global, Obj, Val};

/// The most notes of a file: they name what is in it.
const MOST_NOTES: usize = 16;

/// The beginning of a text, for messages.
fn beginning(text: &str) -> String {
    text.chars().take(60).collect()
}

impl Machine<'_> {
    pub(super) fn global(&mut self, module: &str, name: &str) -> Result<Val> {
        self.budget.charge_objects((size_of::<Global>() + module.len() + name.len()) as u64)?;
        let (name, known) = globals::resolve(module, name, self.protocol);
        if self.rules.is_strict && known.is_foreign() {
            let message = format!("'{}' is not one of the classes that are known", name.text);
            return Err(Error::unsupported(message));
        }
        self.class_cell(name, known)
    }

    /// Makes a class or function that the opcode that is being done names.
    pub(super) fn class_cell(&mut self, name: Class, known: Known) -> Result<Val> {
        let loaded = (self.opcode, self.at);
        self.cell(Cell::Global(Box::new(Global { name, known, loaded, called: None })))
    }

    /// What is called or made, if it is a class or function: others are refused.
    pub(super) fn callee(&mut self, value: &Val) -> Result<(u32, Known)> {
        let (opcode, at) = (self.opcode, self.at);
        if let Some(number) = value.cell() {
            if let Some(Cell::Global(global)) = self.cells.get_mut(number as usize) {
                if global.known.is_foreign() {
                    global.called.get_or_insert((opcode, at));
                }
                return Ok((number, global.known));
            }
        }
        Err(Error::unsupported(format!("{} would be called: it is not run", self.named(value))))
    }

    /// Takes note that something known would be called for more than what it makes: that is refused where classes are strict.
    pub(super) fn would_call(&mut self, class: u32, what: &str) -> Result<()> {
        let (place, is_strict) = ((self.opcode, self.at), self.rules.is_strict);
        if let Some(Cell::Global(global)) = self.cells.get_mut(class as usize) {
            global.called.get_or_insert(place);
            if is_strict {
                return Err(Error::unsupported(format!("'{}' {what} when it is called", global.name.text)));
            }
        }
        Ok(())
    }

    /// Takes note of what is in the file and not in the graph.
    pub(super) fn note(&mut self, note: String) -> Result<()> {
        if self.notes.len() >= MOST_NOTES || self.notes.contains(&note) {
            return Ok(());
        }
        push(&mut self.notes, note)
    }

    /// What a value is, for messages.
    #[cold]
    pub(super) fn named(&self, value: &Val) -> String {
        match value {
            Val::Plain(Value::Str(text)) => {
                format!("the text '{}'", beginning(text))
            }
            Val::Plain(other) => format!("{other:?}"),
            Val::Tuple(_) => match self.tuple(value).and_then(|values| values.iter().find_map(Val::text)) {
                Some(first) => format!("a tuple with the text '{}'", beginning(first)),
                None => "a tuple".to_owned(),
            },
            Val::Cell(number) => match self.cells.get(*number as usize) {
                Some(Cell::Global(global)) => global.name.text.clone(),
                Some(Cell::Object(object)) => self.named_object(object),
                Some(Cell::EmptyTuple) => "an empty tuple".to_owned(),
                Some(Cell::List(_)) => "a list".to_owned(),
                Some(Cell::Dict(_)) => "a dict".to_owned(),
                Some(Cell::Array(_)) => "an array".to_owned(),
                _ => "an object".to_owned(),
            },
        }
    }

    /// What an object is that something made; of an attribute its name is said as well.
    fn named_object(&self, object: &Obj) -> String {
        let Some(Cell::Global(global)) = self.cells.get(object.class as usize) else {
            return "an object of a class that is lost".to_owned();
        };
        let made = format!("what '{}' makes", global.name.text);
        let name = match object.args.as_ref().and_then(|args| self.tuple(args)) {
            Some([_, name]) if global.known == Known::GetAttr => self.text_of(name),
            _ => None,
        };
        match name {
            Some(name) => format!("{made} of '{}'", beginning(name)),
            None => made,
        }
    }

    /// The classes and functions that would have been called, or imported at least.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Global> {
        let globals = self.cells.iter().filter_map(|cell| match cell {
            Cell::Global(global) => Some(&**global),
            _ => None,
        });
        globals.filter(|global| global.called.is_some() || global.known.is_foreign())
    }
}
