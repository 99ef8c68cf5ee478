//! To a file with one array, several, or members.

use std::collections::HashMap;
use std::path::Path;

use arr_core::format::{Description, Format, Holds, NewPart, Outline, PartInfo, Sink, Writer, Writing};
use arr_core::{Array, Contiguity, Error, ErrorKind, Order, Result};

use super::names::{key_of, usual_level};
use super::{Conversion, Origin, takes_several};
use crate::watch::tell;
use crate::{Data, Watch};

/// A conversion, and where it goes.
pub(super) struct Job<'j> {
    pub(super) conversion: &'j Conversion,
    pub(super) format: &'j dyn Format,
    pub(super) how: &'j Writing,
    /// What errors call the target.
    pub(super) output: &'j str,
    /// Whether parts become files: then errors name the part.
    pub(super) into_files: bool,
}

impl Job<'_> {
    /// Converts all inputs into one file.
    pub(super) fn fill(
        &self,
        inputs: &mut [Origin<'_>],
        sink: Sink<'_>,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        let mut writer = self.format.create(sink, self.how)?;
        let mut names = HashMap::new();
        let (mut count, mut done) = (0, 0);
        for input in inputs {
            let Origin { name, parts, .. } = input;
            parts.check_total().map_err(|error| error.in_file(name))?;
            let mut is_first = true;
            while let Some(part) = input.parts.next_part().map_err(|error| error.in_file(&input.name))? {
                if is_first {
                    self.check_count(input, &part)?;
                    is_first = false;
                }
                done += self.add(input, &part, writer.as_mut(), &mut names, done, watch)?;
                count += 1;
            }
            if is_first && !self.format.info().holds.has_keys() && self.format.info().holds != Holds::Series {
                return Err(Error::invalid("the archive has no members").in_file(&input.name));
            }
        }
        if count == 0 && self.format.info().holds == Holds::Series {
            return Err(Error::invalid("there are no arrays to be written"));
        }
        watch.end();
        writer.finish()
    }

    /// Refuses several arrays for a file that holds one, when the first of them is at hand.
    fn check_count(&self, input: &mut Origin<'_>, first: &PartInfo) -> Result<()> {
        let info = self.format.info();
        if takes_several(info) {
            return Ok(());
        }
        let advice = "or make OUT a folder that ends in /";
        if let Some(key) = first.key.as_deref().filter(|_| input.parts.has_more()) {
            let count = 1 + input.parts.count_rest();
            let message = format!(
                "{count} members do not go into one file: name one, as {}::{key}, {advice}",
                input.name
            );
            return Err(Error::invalid(message).in_file(&input.name));
        }
        if first.key.is_none() && input.parts.has_several() && !info.holds.is_row() {
            let count = 1 + input.parts.count_rest();
            let message = format!(
                "{count} arrays do not go into one {} file: name one, as {}::0, {advice}",
                info.name, input.name
            );
            return Err(Error::unsupported(message).in_file(self.output));
        }
        Ok(())
    }

    /// Converts a part, and says how many bytes that took.
    fn add(
        &self,
        input: &mut Origin<'_>,
        part: &PartInfo,
        writer: &mut dyn Writer,
        names: &mut HashMap<String, String>,
        done: u64,
        watch: &mut dyn Watch,
    ) -> Result<u64> {
        let info = self.format.info();
        let label = input.parts.label(&input.name, part);
        let key = key_of(&input.parts, part, input.stem.as_deref());
        // From one archive to another of the same format names stay to the letter.
        let same = part.member.as_ref().filter(|_| input.parts.format().name == info.name);
        let level = self.conversion.level.or(part.member.as_ref().map(usual_level));
        let new = NewPart::keyed(&key).named(same.map(|member| member.name.as_str())).level(level);
        if info.holds.has_keys() {
            if let Some(other) = names.insert(key.clone(), input.name.clone()) {
                let message = format!("'{key}' would be in the archive twice, from {other} as well");
                return Err(Error::invalid(message).in_file(&input.name));
            }
        }
        match self.data(input, part, &label) {
            Ok(Data::Bytes(bytes)) if info.holds.has_keys() => {
                let name = new.name.or(new.key);
                writer.bytes(&new.named(name), &bytes)?;
                Ok(bytes.len() as u64)
            }
            Ok(data) => self.put(input, part, data, &new, writer, done, watch),
            // Objects stay as they are, if nothing is to be done with them.
            Err(error)
                if error.kind() == ErrorKind::Unsupported
                    && info.holds.has_keys()
                    && part.member.is_some()
                    && self.changes_nothing() =>
            {
                let bytes = input.parts.read_bytes(part).map_err(|error| error.in_file(&input.name))?;
                let name = part.member.as_ref().map(|member| member.name.as_str());
                writer.bytes(&new.named(name), &bytes)?;
                Ok(bytes.len() as u64)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes what was found of a part, which has to be an array, and says how many bytes that took.
    #[allow(clippy::too_many_arguments, reason = "a part, what it becomes, and how far the work has come")]
    pub(super) fn put(
        &self,
        input: &mut Origin<'_>,
        part: &PartInfo,
        data: Data,
        new: &NewPart<'_>,
        writer: &mut dyn Writer,
        done: u64,
        watch: &mut dyn Watch,
    ) -> Result<u64> {
        let label = input.parts.label(&input.name, part);
        match data {
            Data::Large(what) => {
                let label = if self.into_files { label } else { input.name.clone() };
                let source = Large { input, part, what: &what, label: &label };
                self.add_large(source, new, writer, done, watch)
            }
            Data::Array(array) => {
                let bytes = array.nbytes() as u64;
                let only = if done == 0 && !input.parts.has_more() { Some(bytes) } else { None };
                watch.begin("writing", self.output, only);
                self.add_array(array, new, &label, writer)?;
                tell(watch, done + bytes)?;
                Ok(bytes)
            }
            Data::Bytes(_) => Err(Error::invalid("it is not an array").in_file(&label)),
        }
    }

    /// True when arrays stay as they are.
    pub(super) fn changes_nothing(&self) -> bool {
        let conversion = self.conversion;
        conversion.change.is_nothing() && conversion.slice.is_none() && conversion.shape.is_none()
    }

    /// A part, or the slice of it that is asked for.
    pub(super) fn data(&self, input: &mut Origin<'_>, part: &PartInfo, label: &str) -> Result<Data> {
        let found = match &self.conversion.slice {
            Some(slice) => input.parts.read_slice(part, slice).map(|part| match part {
                arr_core::format::Part::Bytes(bytes) => Ok(Data::Bytes(bytes)),
                part => part.into_array().map(Data::Array),
            }),
            None => input.parts.data(part).map(Ok),
        };
        found.and_then(|data| data).map_err(|error| match error.kind() {
            ErrorKind::InvalidArgument => error.in_file(label),
            _ => error.in_file(&input.name),
        })
    }

    /// An array as it is to be written.
    pub(super) fn changed(&self, array: Array, label: &str) -> Result<Array> {
        let reshaped = match &self.conversion.shape {
            Some(shape) => array.to_contiguous(Order::C).and_then(|array| {
                check_reshape(array.shape(), shape)?;
                Array::contiguous(array.dtype().clone(), shape, Order::C, array.storage().clone())
            }),
            None => Ok(array),
        };
        reshaped.and_then(|array| self.conversion.change.apply(array)).map_err(|error| error.in_file(label))
    }

    fn add_array(&self, array: Array, new: &NewPart<'_>, label: &str, writer: &mut dyn Writer) -> Result<()> {
        let array = self.changed(array, label)?;
        writer.array(new, &array.view()).map_err(|error| self.refused(error, label))
    }

    /// Names the file that is at fault when an array can't be written: of one of several inputs it has to be said which.
    fn refused(&self, error: Error, label: &str) -> Error {
        let is_of_input = self.format.info().holds == Holds::Series && error.kind() != ErrorKind::Io;
        error.in_file(if is_of_input { label } else { self.output })
    }

    /// Writes an array block by block or, where the target needs all of it, as a whole.
    fn add_large(
        &self,
        source: Large<'_, '_>,
        new: &NewPart<'_>,
        writer: &mut dyn Writer,
        done: u64,
        watch: &mut dyn Watch,
    ) -> Result<u64> {
        let Large { input, part, what, label } = source;
        let change = &self.conversion.change;
        let own = if what.order == Contiguity::F { Order::F } else { Order::C };
        let shape = match &self.conversion.shape {
            Some(shape) => {
                check_reshape(&what.shape, shape).map_err(|error| error.in_file(label))?;
                shape
            }
            None => &what.shape,
        };
        // Another shape is filled in C order.
        let order = match (self.conversion.shape.is_some(), change.wanted_order()) {
            (true, Some(Order::F)) => return self.add_whole(input, part, new, label, writer),
            (true, _) => Order::C,
            (false, wanted) => wanted.unwrap_or(own),
        };
        let dtype = change.dtype_of(&what.dtype);
        match writer.begin(new, &Outline { dtype: &dtype, shape, order }) {
            // The target has another form: it needs all of the array.
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                return self.add_whole(input, part, new, label, writer);
            }
            begun => begun.map_err(|error| self.refused(error, label))?,
        }
        let bytes = Outline { dtype: &dtype, shape, order }.nbytes()?;
        let total = Some(bytes).filter(|_| done == 0 && !input.parts.has_more());
        watch.begin("writing", self.output, total);
        let of_input = |error: Error| error.in_file(label);
        let mut blocks = input.parts.blocks(part, order).map_err(of_input)?;
        let mut written = 0;
        while let Some(block) = blocks.next_block().map_err(of_input)? {
            let array = change.apply_to_block(block.array, &block.place).map_err(of_input)?;
            let array = match array.as_bytes(order) {
                Some(_) => array,
                None => array.to_contiguous(order).map_err(of_input)?,
            };
            let items = array.as_bytes(order);
            let items = items.ok_or_else(|| Error::mismatch("a block has gaps").in_file(label))?;
            writer.items(items).map_err(|error| error.in_file(self.output))?;
            written += items.len() as u64;
            tell(watch, done + written)?;
        }
        Ok(bytes)
    }

    fn add_whole(
        &self,
        input: &mut Origin<'_>,
        part: &PartInfo,
        new: &NewPart<'_>,
        label: &str,
        writer: &mut dyn Writer,
    ) -> Result<u64> {
        let array = input.parts.read(part).and_then(arr_core::format::Part::into_array);
        let array = array.map_err(|error| error.in_file(&input.name))?;
        let bytes = array.nbytes() as u64;
        self.add_array(array, new, label, writer)?;
        Ok(bytes)
    }

    /// Converts the only array of the only input into a member of an archive that may exist.
    pub(super) fn to_member(
        &self,
        inputs: &mut [Origin<'_>],
        path: &Path,
        member: &str,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        let of_output = |error: Error| error.in_file(self.output);
        let [input] = inputs else {
            return Err(of_output(Error::invalid("several inputs make an archive, not one member")));
        };
        let part = input.parts.only().map_err(|error| error.in_file(&input.name))?;
        let label = input.parts.label(&input.name, &part);
        let data = self.data(input, &part, &label)?;
        let new = NewPart::keyed(member).level(self.conversion.level);
        let write = |sink: Sink<'_>| {
            let mut writer = self.format.create(sink, self.how)?;
            self.put(input, &part, data, &new, writer.as_mut(), 0, watch)?;
            writer.finish()
        };
        let written = match path.exists() {
            true => write(Sink::Existing(path)),
            false => arr_core::SaveOptions::new().save(path, |output| write(Sink::New(output.reborrow()))),
        };
        written.map_err(of_output)
    }
}

/// A large array, and where it is.
struct Large<'s, 'a> {
    input: &'s mut Origin<'a>,
    part: &'s PartInfo,
    what: &'s Description,
    label: &'s str,
}

fn check_reshape(from: &[usize], to: &[usize]) -> Result<()> {
    let items = |shape: &[usize]| shape.iter().try_fold(1usize, |items, dim| items.checked_mul(*dim));
    if items(from).is_some() && items(from) == items(to) {
        return Ok(());
    }
    Err(Error::invalid(format!("an array of shape {from:?} can't take the shape {to:?}")))
}
