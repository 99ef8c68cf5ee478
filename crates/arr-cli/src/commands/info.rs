//! `arr info`: what files are.

use std::io::Write;

use arr_io::format::{Description, FormatInfo, Holds, MemberInfo};
use arr_io::{Contiguity, DType, Error, ErrorKind, FileInfo, MemberFound, OpenOptions, Parts};

use super::{Out, print};
use crate::args::InfoArgs;
use crate::failure::{Failure, OfFile, Outcome, conclude, report, worded};
use crate::files::{Named, inside, open_each};
use crate::listing::{List, Subject, field};
use crate::text::Table;
use crate::walk::expand;
use crate::{json, text, tree};

/// The most characters of a dtype in a block on a terminal.
const DTYPE_IN_BLOCK: usize = 1000;
/// The most characters of a dtype in a line on a terminal.
const DTYPE_IN_LINE: usize = 60;
/// The most characters of a member's name in a line.
const NAME_IN_LINE: usize = 60;
/// The most characters of a shape in a line.
const SHAPE_IN_LINE: usize = 30;

/// How what is found is said.
enum Form {
    /// A list of objects.
    Json(List),
    /// A block for a file with one array, or one for the file and one for each array.
    Blocks,
    /// A line for each array.
    Lines(Table),
}

/// Describes every file; those that can't be are reported. Of an archive one member is held at a time.
pub fn run(args: &InfoArgs) -> Outcome {
    let mut expanded = expand(&args.files, &args.read);
    let files = std::mem::take(&mut expanded.files);
    let is_single = files.len() == 1;
    let count = files.len() as u64;
    let (mut outcome, mut used) = (Outcome::Done, Vec::new());
    let printed = print(|out| {
        let titles = ["file", "format", "shape", "order", "offset", "bytes", "dtype"];
        let form = match (args.json, is_single) {
            (true, _) => Form::Json(List::default()),
            (false, true) => Form::Blocks,
            (false, false) => Form::Lines(Table::titled(&titles, &[4, 5])),
        };
        let mut described = Described { out, form, outcome: &mut outcome, arrays: 0 };
        for (named, inputs) in open_each(files, &args.read)? {
            let options = named.options(&args.read).leave_objects();
            let parts = inputs.and_then(|inputs| Ok(options.parts_of(inputs, named.path.as_deref())?));
            let done = parts.and_then(|parts| {
                used.push(parts.format());
                described.file(&named, parts)
            });
            // Of an archive that can't be opened, what is whole is named in front of the fault.
            let left = done.as_ref().err().and_then(|failure| left_of_damaged(&named, &options, failure));
            if let Some(parts) = left {
                described.archive(&named, parts).of(&named.name)?;
            }
            match done.of(&named.name) {
                Err(failure @ Failure::Output(_)) => return Err(failure),
                Err(failure) => described.bad(&named, &failure)?,
                Ok(()) => {}
            }
        }
        let what =
            format!("{} in {}", text::counted(described.arrays, "array"), text::counted(count, "file"));
        described.end(expanded.summary(&what))
    });
    let outcome = conclude(printed, outcome);
    let checked = if used.is_empty() { Ok(()) } else { args.read.check_options(&used) };
    conclude(checked.map(|()| Outcome::Done), outcome)
}

/// The members of a damaged archive.
fn left_of_damaged(named: &Named, options: &OpenOptions<'_>, failure: &Failure) -> Option<Parts<'static>> {
    let Failure::Error { error, .. } = failure else { return None };
    let path = named.path.as_deref().filter(|path| named.member.is_none() && path.is_file())?;
    let may_be = matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported);
    let parts = may_be.then(|| options.clone().salvage().parts(path).ok()).flatten();
    parts.filter(|parts| parts.has_keys() && parts.count_all() > Some(0))
}

/// What is said of a whole file.
struct OfFileItself {
    format: &'static FormatInfo,
    len: Option<u64>,
    layers: Vec<String>,
    trailing: u64,
}

/// What has been described so far.
struct Described<'a> {
    out: &'a mut Out,
    form: Form,
    outcome: &'a mut Outcome,
    /// How many arrays have a line.
    arrays: u64,
}

impl Described<'_> {
    fn file(&mut self, named: &Named, parts: Parts<'_>) -> Result<(), Failure> {
        if parts.has_keys() { self.archive(named, parts) } else { self.row(named, &parts.info()?) }
    }

    /// Names what can't be described.
    fn bad(&mut self, named: &Named, failure: &Failure) -> Result<(), Failure> {
        failure.report();
        *self.outcome = Outcome::Failed;
        match &mut self.form {
            Form::Json(list) => list.error(self.out, &named.subject(), failure),
            _ => Ok(()),
        }
    }

    /// Names a part that can't be described, and goes on.
    fn fault(&mut self, named: &Named, error: &Error) {
        report(&format!("{}: {}", named.name, worded(error)));
        *self.outcome = Outcome::Failed;
    }

    fn end(self, summary: Option<String>) -> Result<(), Failure> {
        match self.form {
            Form::Json(list) => list.end(self.out),
            Form::Blocks => Ok(()),
            Form::Lines(table) => {
                table.end(self.out)?;
                summary.map_or(Ok(()), |summary| Ok(writeln!(self.out, "{summary}")?))
            }
        }
    }

    /// The members of an archive, one after another.
    fn archive(&mut self, named: &Named, mut parts: Parts<'_>) -> Result<(), Failure> {
        let layers: Vec<String> = parts.layers().iter().map(ToString::to_string).collect();
        let own = Some(parts.position()).filter(|_| layers.is_empty());
        let len = parts.file_len().or(own);
        let file = OfFileItself { format: parts.format(), len, layers, trailing: 0 };
        let mut table = Table::titled(&MEMBER_TITLES, &[4, 5, 6]);
        if let Form::Blocks = self.form {
            let count = parts.count_all().map_or("unknown".to_owned(), |count| count.to_string());
            let mut lines = vec![("format", file.format.name.to_owned()), ("members", count)];
            lines.extend(file_lines(&file));
            write_block(self.out, &named.name, &lines)?;
        }
        let mut is_empty = true;
        while let Some(member) = parts.next_member()? {
            if let Some(error) = &member.error {
                self.fault(named, error);
            }
            match &mut self.form {
                Form::Json(list) => {
                    let key = inside(&parts, &member.key);
                    write_member(self.out, list, &subject(named, Some(key), true), &file, &member)?;
                }
                Form::Blocks => {
                    self.out.write_all(if is_empty { b"\n" } else { b"" })?;
                    table.row(self.out, &member_row(&file, &member))?;
                }
                Form::Lines(lines) => {
                    // What was asked for by name is called so.
                    let name = match parts.is_named() {
                        true => named.name_of(&parts).to_owned(),
                        false => format!("{}::{}", named.name_of(&parts), text::one_line(&member.key)),
                    };
                    if let Some(array) = &member.array {
                        let offset = offset_in(&file, Some(&member.info), array);
                        lines.row(self.out, &row(name, file.format, array, offset))?;
                        self.arrays += 1;
                    }
                }
            }
            is_empty = false;
        }
        match &mut self.form {
            Form::Json(list) if is_empty => write_alone(self.out, list, named, &file),
            Form::Blocks => {
                table.end(self.out)?;
                self.tree(&mut parts)
            }
            _ => Ok(table.end(self.out)?),
        }
    }

    /// The objects that arrays are in. What is wrong with an array has been said.
    fn tree(&mut self, parts: &mut Parts<'_>) -> Result<(), Failure> {
        if parts.format().holds != Holds::Graph || parts.is_named() {
            return Ok(());
        }
        let graph = parts.graph(&mut |_, _| Ok(()))?;
        tree::write(self.out, &graph, parts.format().words)
    }

    /// Arrays in a row, which have been found to the last one.
    fn row(&mut self, named: &Named, info: &FileInfo) -> Result<(), Failure> {
        if let Some(error) = &info.fault {
            self.fault(named, error);
        }
        let layers = info.layers.iter().map(ToString::to_string).collect();
        let file = OfFileItself { format: info.format, len: info.len, layers, trailing: info.trailing };
        match &mut self.form {
            Form::Json(list) => write_arrays(self.out, list, named, &file, info),
            Form::Blocks => Ok(write_blocks(self.out, named, &file, info)?),
            Form::Lines(lines) => {
                let count = info.arrays.len();
                self.arrays += count as u64;
                for (at, array) in info.arrays.iter().enumerate() {
                    let offset = offset_in(&file, None, array);
                    let mut row = row(name(named, at, count), info.format, array, offset);
                    if let (1.., Some(dtype), true) = (info.trailing, row.last_mut(), at + 1 == count) {
                        let bytes = text::counted(info.trailing, "byte");
                        dtype.push_str(&format!("  (and {bytes} that belong to no array)"));
                    }
                    lines.row(self.out, &row)?;
                }
                Ok(())
            }
        }
    }
}

/// The subject of a part of a file, or of the file where there is none.
fn subject(named: &Named, part: Option<String>, has_keys: bool) -> Subject {
    Subject { part: part.or_else(|| named.member.clone()), has_keys, ..named.subject() }
}

/// Begins an object with what is said of the file.
fn begin(out: &mut Out, list: &mut List, subject: &Subject, file: &OfFileItself) -> Result<(), Failure> {
    list.begin(out, subject)?;
    field(out, "compressed", &file.layers)?;
    field(out, "format", file.format.name)?;
    field(out, "size", &file.len)
}

/// The object of a file without parts.
fn write_alone(out: &mut Out, list: &mut List, named: &Named, file: &OfFileItself) -> Result<(), Failure> {
    begin(out, list, &subject(named, None, file.format.holds.has_keys()), file)?;
    Ok(out.write_all(b"}")?)
}

fn write_member(
    out: &mut Out,
    list: &mut List,
    subject: &Subject,
    file: &OfFileItself,
    member: &MemberFound,
) -> Result<(), Failure> {
    begin(out, list, subject, file)?;
    let info = &member.info;
    field(out, "member", &info.name)?;
    field(out, "packing", &info.packing)?;
    field(out, "packed_bytes", &info.packed_len)?;
    field(out, "bytes", &info.len)?;
    field(out, "crc32", &info.crc32.map(|sum| format!("{sum:08x}")))?;
    field(out, "folder", &info.is_folder)?;
    if let Some(error) = &member.error {
        field(out, "error", &worded(error))?;
    }
    if let Some(array) = &member.array {
        write_array(out, array, offset_in(file, Some(info), array))?;
    }
    Ok(out.write_all(b"}")?)
}

/// An object for each array of a row; a file without any has one of its own.
fn write_arrays(
    out: &mut Out,
    list: &mut List,
    named: &Named,
    file: &OfFileItself,
    info: &FileInfo,
) -> Result<(), Failure> {
    if info.arrays.is_empty() {
        return write_alone(out, list, named, file);
    }
    for (at, array) in info.arrays.iter().enumerate() {
        let part = (info.arrays.len() > 1).then(|| match &named.member {
            // The file is a member.
            Some(member) => format!("{member}::{at}"),
            None => at.to_string(),
        });
        begin(out, list, &subject(named, part, false), file)?;
        field(out, "trailing", &info.trailing)?;
        write_array(out, array, offset_in(file, None, array))?;
        // What is wrong is behind the last one.
        if let (Some(error), true) = (&info.fault, at + 1 == info.arrays.len()) {
            field(out, "error", &worded(error))?;
        }
        out.write_all(b"}")?;
    }
    Ok(())
}

/// Where the data begins in the file: of what is packed no place in the file has an item.
fn offset_in(file: &OfFileItself, member: Option<&MemberInfo>, array: &Description) -> Option<u64> {
    let is_packed = !file.layers.is_empty() || member.is_some_and(|member| member.packing != "stored");
    (!is_packed).then_some(array.data_offset)
}

fn write_array(out: &mut Out, array: &Description, offset: Option<u64>) -> Result<(), Failure> {
    field(out, "version", &array.version)?;
    field(out, "dtype", &json::dtype(&array.dtype))?;
    field(out, "shape", &array.shape)?;
    field(out, "order", &array.order.to_string())?;
    field(out, "itemsize", &itemsize(array))?;
    field(out, "items", &items(array))?;
    field(out, "data_offset", &offset)?;
    field(out, "data_bytes", &array.data_len)?;
    if let Some(there) = array.cut {
        field(out, "cut", &there)?;
    }
    if array.details.is_empty() {
        return Ok(());
    }
    let details: std::collections::BTreeMap<_, _> =
        array.details.iter().map(|(name, value)| (name, value)).collect();
    field(out, "details", &details)
}

/// Bytes of an item; variable-length strings have no such number.
fn itemsize(array: &Description) -> Option<usize> {
    Some(array.dtype.itemsize()).filter(|_| array.dtype != DType::Utf8)
}

fn items(array: &Description) -> usize {
    array.shape.iter().product()
}

/// The lines of a block that are about the file itself.
fn file_lines(file: &OfFileItself) -> Vec<(&'static str, String)> {
    let mut lines = vec![("file size", file.len.map_or("unknown".to_owned(), text::bytes))];
    if !file.layers.is_empty() {
        lines.push(("compressed", format!("by {}", file.layers.join(", then by "))));
    }
    if file.trailing > 0 {
        lines.push(("trailing", format!("{} that belong to no array", text::bytes(file.trailing))));
    }
    lines
}

/// A block for a file with one array, or one for the file and one for each array.
fn write_blocks(
    out: &mut impl Write,
    named: &Named,
    file: &OfFileItself,
    info: &FileInfo,
) -> std::io::Result<()> {
    if let [array] = info.arrays.as_slice() {
        let mut lines = array_lines(file, array);
        lines.extend(file_lines(file));
        return write_block(out, &named.name, &lines);
    }
    let count = info.arrays.len().to_string();
    let mut lines = vec![("format", info.format.name.to_owned()), ("arrays", count)];
    lines.extend(file_lines(file));
    write_block(out, &named.name, &lines)?;
    for (at, array) in info.arrays.iter().enumerate() {
        writeln!(out)?;
        write_block(out, &name(named, at, info.arrays.len()), &array_lines(file, array))?;
    }
    Ok(())
}

fn write_block(out: &mut impl Write, title: &str, lines: &[(&str, String)]) -> std::io::Result<()> {
    writeln!(out, "{title}")?;
    lines.iter().try_for_each(|(what, value)| writeln!(out, "  {what:<10} {}", text::one_line(value)))
}

fn array_lines(file: &OfFileItself, array: &Description) -> Vec<(&'static str, String)> {
    let format = match &array.version {
        Some(version) => format!("{} {version}", file.format.name),
        None => file.format.name.to_owned(),
    };
    let unpacked = if file.layers.is_empty() { "" } else { ", unpacked" };
    let data = match array.data_len {
        // A field: other bytes lie between its items.
        None if array.order == Contiguity::Strided => {
            format!("from byte {} on{unpacked}, with other bytes between", array.data_offset)
        }
        Some(len) => format!("{} from byte {} on{unpacked}", text::bytes(len), array.data_offset),
        None => format!("from byte {} on{unpacked}, of a length that only the data tells", array.data_offset),
    };
    let items = text::counted(items(array) as u64, "item");
    let mut lines = vec![
        ("format", format),
        ("dtype", text::dtype(&array.dtype, DTYPE_IN_BLOCK)),
        ("shape", format!("{}, {items}", text::shape(&array.shape))),
        ("order", array.order.to_string()),
        ("itemsize", itemsize(array).map_or("any".to_owned(), |size| text::bytes(size as u64))),
        ("data", data),
    ];
    lines.extend(array.said_to_be_there().map(|there| ("cut", there)));
    lines.extend(array.details.iter().cloned());
    lines
}

/// The columns of the table of members.
const MEMBER_TITLES: [&str; 8] = ["member", "shape", "order", "packing", "offset", "size", "packed", "dtype"];

/// The line of a member of an archive.
fn member_row(file: &OfFileItself, MemberFound { info, key, array, error, .. }: &MemberFound) -> [String; 8] {
    let dash = || "-".to_owned();
    let what = match (info.is_folder, error) {
        (true, _) => "a folder",
        (_, Some(_)) => "it can't be read",
        _ => "no array",
    };
    let offset = array.as_ref().and_then(|array| offset_in(file, Some(info), array));
    let array = array.as_ref();
    [
        text::one_line(&text::shortened(key, NAME_IN_LINE)).into_owned(),
        array.map_or_else(dash, |array| shape_in_line(&array.shape)),
        array.map_or_else(dash, |array| array.order.to_string()),
        info.packing.clone(),
        offset.map_or_else(dash, |offset| offset.to_string()),
        info.len.to_string(),
        info.packed_len.to_string(),
        array.map_or_else(|| what.to_owned(), |array| text::dtype(&array.dtype, DTYPE_IN_LINE)),
    ]
}

fn shape_in_line(shape: &[usize]) -> String {
    text::shortened(&text::shape(shape), SHAPE_IN_LINE).into_owned()
}

/// The name of an array of a file: the file's name, or `name::0` and so on where there are several.
fn name(named: &Named, at: usize, count: usize) -> String {
    if count < 2 { named.name.clone() } else { format!("{}::{at}", named.name) }
}

/// The line of an array.
fn row(name: String, format: &FormatInfo, array: &Description, offset: Option<u64>) -> [String; 7] {
    let version = array.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    [
        name,
        format!("{}{version}", format.name),
        shape_in_line(&array.shape),
        array.order.to_string(),
        offset.map_or_else(|| "-".to_owned(), |offset| offset.to_string()),
        array.data_len.map_or("?".to_owned(), |len| len.to_string()),
        text::dtype(&array.dtype, DTYPE_IN_LINE),
    ]
}
