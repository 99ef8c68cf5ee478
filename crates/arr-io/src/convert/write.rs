//! To a file with one array, several, or members.

use std::path::Path;
use std::rc::Rc;

use arr_core::format::{
    Description, Format, Holds, Match, NewPart, Outline, Part, PartInfo, Sink, Writer, Writing,
};
use arr_core::{Array, Buffer, DType, Error, ErrorKind, Order, Result};

use super::names::{Names, key_of, usual_level};
use super::view::{self, is_line, own_order, reshaped, turned, with_items};
use super::{Conversion, Origin, takes_several};
use crate::registry::LEVEL;
use crate::watch::tell;
use crate::{Data, LARGE, Watch, objects};

/// Says that values are left out which are not arrays.
pub(super) fn tell_beside(count: u64, name: &str, watch: &mut dyn Watch) {
    match count {
        0 => {}
        1 => watch.left(name, "one value is left out: it is not an array"),
        _ => watch.left(name, &format!("{count} values are left out: they are not arrays")),
    }
}

/// A conversion, and where it goes.
pub(crate) struct Job<'j> {
    pub(super) conversion: &'j Conversion,
    pub(super) format: &'j dyn Format,
    pub(super) how: &'j Writing,
    /// What errors call the target.
    pub(super) output: &'j str,
    /// Whether parts become files: then errors name the part.
    pub(super) into_files: bool,
    /// Whether a file of one array keeps its format, where it becomes a file of a folder.
    pub(super) keeps_format: bool,
    /// Whether there is one input.
    pub(super) is_single: bool,
}

impl Job<'_> {
    /// Converts all inputs into one file.
    pub(crate) fn fill(
        &self,
        inputs: &mut [Origin<'_>],
        sink: Sink<'_>,
        watch: &mut dyn Watch,
    ) -> Result<()> {
        let mut writer = self.format.create(sink, self.how)?;
        let job = Job { is_single: inputs.len() == 1, ..*self };
        if let [input] = inputs {
            if job.keeps_objects(input) {
                job.copy_objects(input, writer.as_mut())?;
                watch.end();
                return writer.finish();
            }
        }
        // The parts of one input have names of their own, which the archive checks.
        let mut names = (inputs.len() > 1).then(Names::default);
        let (mut count, mut done) = (0, 0);
        for input in inputs {
            let Origin { name, parts, .. } = input;
            parts.check_total().map_err(|error| error.in_file(name))?;
            let mut is_first = true;
            let name: Rc<str> = name.as_str().into();
            while let Some(part) = input.parts.next_part().map_err(|error| error.in_file(&input.name))? {
                if is_first {
                    self.check_count(input, &part)?;
                    is_first = false;
                }
                let key = key_of(input, &part);
                if let Some(names) = names.as_mut().filter(|_| self.format.info().holds.has_keys()) {
                    names.claim(&key, &name)?;
                }
                done += job.add(input, &part, &key, writer.as_mut(), done, watch)?;
                count += 1;
            }
            let beside = input.parts.beside_parts().map_err(|error| error.in_file(&input.name))?;
            if is_first && beside > 0 && job.is_single {
                return Err(
                    Error::invalid("the file has values, and none of them is an array").in_file(&input.name)
                );
            }
            tell_beside(beside, &input.name, watch);
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

    /// True when the objects of a file stay what they are, around its arrays: it is written in a form of the same format, or is an
    /// archive of objects that becomes a file of them, and nothing of it is changed.
    fn keeps_objects(&self, input: &mut Origin<'_>) -> bool {
        let (info, conversion) = (self.format.info(), self.conversion);
        info.holds == Holds::Graph
            && !input.parts.is_named()
            && conversion.change.is_nothing()
            && conversion.slice.is_none()
            && conversion.shape.is_none()
            && (input.parts.format().family() == info.family() || input.parts.has_objects())
    }

    /// Copies all objects of a file.
    fn copy_objects(&self, input: &mut Origin<'_>, writer: &mut dyn Writer) -> Result<()> {
        let Origin { name, parts, .. } = input;
        let graph = parts
            .graph(&mut |_, error| Err(error))
            .and_then(|graph| graph.with_arrays(&mut |part| parts.read(part).and_then(Part::into_array)));
        writer.graph(&graph.map_err(|error| error.in_file(name))?).map_err(|error| error.in_file(self.output))
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
        key: &str,
        writer: &mut dyn Writer,
        done: u64,
        watch: &mut dyn Watch,
    ) -> Result<u64> {
        let info = self.format.info();
        let label = input.parts.label(&input.name, part);
        // From one archive to another of the same format names stay to the letter.
        let is_same = input.parts.format().name == info.name && part.key.as_deref() == Some(key);
        let is_all =
            info.holds == Holds::Graph && self.is_single && part.key.as_deref().unwrap_or("").is_empty();
        let same = part.member.as_ref().filter(|_| is_same);
        let is_asked = self.conversion.options.get(LEVEL).is_some();
        let level = part.member.as_ref().filter(|_| !is_asked).map(usual_level);
        // The only array of the only input is all that a file of objects holds.
        let new = if is_all && !input.parts.has_others() { NewPart::new() } else { NewPart::keyed(key) };
        let new = new.named(same.map(|member| member.name.as_str())).level(level);
        match self.data(input, part, &label, watch)? {
            Data::Bytes(bytes) if info.holds.has_keys() => {
                let name = match &part.member {
                    Some(member) if part.key.as_deref() == Some(key) => member.name.clone(),
                    Some(member) if member.key == member.name => key.to_owned(),
                    _ => writer.name_of(key),
                };
                writer.bytes(&new.named(Some(&name)), &bytes)?;
                Ok(bytes.len() as u64)
            }
            // A member may be a file of the format that is written.
            Data::Bytes(bytes) if self.format.sniff(&bytes) == Match::Yes => {
                writer.bytes(&new, &bytes).map_err(|error| self.refused(error, &label))?;
                Ok(bytes.len() as u64)
            }
            data => self.put(input, part, data, &new, writer, done, watch),
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
                self.tell_left(&what.dtype, &label, watch);
                let label = if self.into_files { label } else { input.name.clone() };
                let source = Large { input, part, what: &what, label: &label };
                self.add_large(source, new, writer, done, watch)
            }
            Data::Array(array) => {
                self.tell_left(array.dtype(), &label, watch);
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

    /// Says of an array that is not cast why it is not.
    fn tell_left(&self, dtype: &DType, label: &str, watch: &mut dyn Watch) {
        if let Some(why) = self.conversion.change.why_left(dtype) {
            watch.left(label, &why);
        }
    }

    /// A part, or the slice of it that is asked for. Objects stay the bytes that they are, if these can be written.
    pub(super) fn data(
        &self,
        input: &mut Origin<'_>,
        part: &PartInfo,
        label: &str,
        watch: &mut dyn Watch,
    ) -> Result<Data> {
        let conversion = self.conversion;
        let is_same = || input.parts.format().name == self.format.info().name;
        let is_small = part.member.as_ref().is_some_and(|member| member.len <= LARGE);
        if conversion.keeps_bytes && is_small && !self.into_files && is_same() {
            return input
                .parts
                .read_bytes(part)
                .map(Data::Bytes)
                .map_err(|error| of_input(error, input, label));
        }
        let found = match &conversion.slice {
            Some(slice) => view::sliced(&mut input.parts, part, slice),
            None => input.parts.data(part),
        };
        match found {
            Err(error)
                if (error.kind() == ErrorKind::Unsupported || conversion.keeps_bytes)
                    && conversion.slice.is_none()
                    && conversion.shape.is_none() =>
            {
                let bytes = self.bytes_to_keep(input, part);
                let Some(bytes) = bytes else { return Err(of_input(error, input, label)) };
                if !conversion.change.is_nothing() {
                    watch.left(label, &format!("it stays as it is: {error}"));
                }
                Ok(Data::Bytes(bytes))
            }
            found => found.map_err(|error| of_input(error, input, label)),
        }
    }

    /// The bytes of a part that is not an array, or one of objects, if they can be written as they are.
    fn bytes_to_keep(&self, input: &mut Origin<'_>, part: &PartInfo) -> Option<Buffer> {
        let info = self.format.info();
        let goes_anywhere = self.into_files || info.holds.has_keys();
        if part.member.is_some() {
            let bytes = input.parts.read_bytes(part).ok()?;
            return Some(bytes).filter(|bytes| goes_anywhere || self.format.sniff(bytes) == Match::Yes);
        }
        // Of arrays in a row those of objects are files that can't be read.
        let is_fit = info.holds.has_keys() || input.parts.format().name == info.name;
        if is_fit { objects::bytes_of(&mut input.parts, part).map(|(_, bytes)| bytes) } else { None }
    }

    /// The array of a part, or the slice of it that is asked for, in memory.
    pub(super) fn whole(&self, input: &mut Origin<'_>, part: &PartInfo, label: &str) -> Result<Array> {
        let read = match &self.conversion.slice {
            Some(slice) => input.parts.read_slice(part, slice),
            None => input.parts.read(part),
        };
        read.and_then(Part::into_array).map_err(|error| of_input(error, input, label))
    }

    /// An array as it is to be written.
    pub(super) fn changed(&self, array: Array, label: &str) -> Result<Array> {
        let reshaped = match &self.conversion.shape {
            Some(shape) => array.to_contiguous(Order::C).and_then(|array| {
                let shape = reshaped(array.shape(), shape)?;
                Array::contiguous(array.dtype().clone(), &shape, Order::C, array.storage().clone())
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
        let Conversion { change, slice, shape, .. } = self.conversion;
        let own = own_order(what);
        let of_input = |error: Error| error.in_file(label);
        let (shape, order) = match shape {
            Some(shape) => {
                let order = change.wanted_order().unwrap_or(Order::C);
                (reshaped(&what.shape, shape).map_err(of_input)?, order)
            }
            None => (what.shape.clone(), change.wanted_order().unwrap_or(own)),
        };
        let written_in = writer.items_in(order);
        // Items that take another shape follow one another in C order.
        let read_in = if self.conversion.shape.is_some() { Order::C } else { written_in };
        let dtype = change.dtype_of(&what.dtype);
        let outline = Outline { dtype: &dtype, shape: &shape, order };
        match writer.begin(new, &outline) {
            // The target has another form: it needs all of the array.
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                let array = self.whole(input, part, label)?;
                self.add_array(array, new, label, writer)?;
                return outline.nbytes();
            }
            begun => begun.map_err(|error| self.refused(error, label))?,
        }
        let bytes = outline.nbytes()?;
        let total = Some(bytes).filter(|_| done == 0 && !input.parts.has_more());
        watch.begin("writing", self.output, total);
        let (blocks, found_in) =
            view::blocks(&mut input.parts, part, slice.as_ref(), what, read_in).map_err(of_input)?;
        let blocks = turned(blocks, &what.dtype, &what.shape, found_in, read_in).map_err(of_input)?;
        let mut blocks = turned(blocks, &what.dtype, &shape, read_in, written_in).map_err(of_input)?;
        // What lies in a line has the order of the blocks that it was read in.
        let block_order = if is_line(&shape) { read_in } else { written_in };
        let mut written = 0;
        while let Some(block) = blocks.next_block().map_err(of_input)? {
            let array = change.apply_to_block(block.array, &block.place).map_err(of_input)?;
            with_items(&array, block_order, |items| {
                writer.items(items).map_err(|error| error.in_file(self.output))?;
                written += items.len() as u64;
                tell(watch, done + written)
            })
            .map_err(of_input)?;
        }
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
        crate::edit::check_new_name(member).map_err(of_output)?;
        let part = input.parts.only().map_err(|error| error.in_file(&input.name))?;
        input.key = Some(member.to_owned());
        let mut write = |sink: Sink<'_>| {
            let mut writer = self.format.create(sink, self.how)?;
            self.add(input, &part, member, writer.as_mut(), 0, watch)?;
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

/// Names the file of an error, or the part where it is what was asked for that does not fit.
fn of_input(error: Error, input: &Origin<'_>, label: &str) -> Error {
    let is_of_part = error.kind() == ErrorKind::InvalidArgument;
    error.in_file(if is_of_part { label } else { &input.name })
}
