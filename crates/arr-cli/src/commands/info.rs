//! `arr info`: what files are.

use std::io::Write;

use arr_io::format::{Description, FormatInfo};
use arr_io::{Contiguity, DType, FileInfo, Input, MemberFound};
use serde_json::{Value, json};

use super::print;
use crate::args::{InfoArgs, ReadArgs};
use crate::failure::{Failure, OfFile, Outcome, conclude, report, worded};
use crate::files::{Named, open_each};
use crate::listing::{List, Subject};
use crate::walk::expand;
use crate::{json, text};

/// The most characters of a dtype in a block.
const DTYPE_IN_BLOCK: usize = 1000;
/// The most characters of a dtype in a line.
const DTYPE_IN_LINE: usize = 60;
/// The most characters of a member's name in a line.
const NAME_IN_LINE: usize = 60;
/// The most characters of a shape in a line.
const SHAPE_IN_LINE: usize = 30;

/// What was found of each file.
type Found = Vec<(Named, Result<FileInfo, Failure>)>;

/// Describes every file; those that can't be are reported.
pub fn run(args: &InfoArgs) -> Outcome {
    let files = expand(&args.files, &args.read);
    let single = files.len() == 1;
    let found: Found = match open_each(files, &args.read) {
        Ok(files) => files.map(|(named, inputs)| describe(named, inputs, &args.read)).collect(),
        Err(failure) => return conclude(Err(failure), Outcome::Done),
    };
    let used: Vec<&FormatInfo> =
        found.iter().filter_map(|(_, info)| Some(info.as_ref().ok()?.format)).collect();
    let checked = if used.is_empty() { Ok(()) } else { args.read.check_options(&used) };
    let outcome = conclude(checked.map(|()| Outcome::Done), report_all(&found));
    let described = || found.iter().filter_map(|(named, info)| Some((named, info.as_ref().ok()?)));
    let printed = match (args.json, single) {
        (true, _) => print(|out| write_json(out, &found)),
        (false, true) => {
            print(|out| Ok(described().try_for_each(|(named, info)| write_blocks(out, named, info))?))
        }
        (false, false) => print(|out| Ok(out.write_all(lines(&described().collect::<Vec<_>>()).as_bytes())?)),
    };
    conclude(printed, outcome)
}

/// What a file says of itself; of its arrays only the named one.
fn describe(
    named: Named,
    inputs: Result<Vec<Input<'static>>, Failure>,
    reading: &ReadArgs,
) -> (Named, Result<FileInfo, Failure>) {
    let options = named.options(reading);
    let info = inputs.and_then(|inputs| Ok(options.info_of(inputs, named.path.as_deref())?));
    let info = info.of(&named.name);
    (named, info)
}

/// Names what can't be described, in a line each.
fn report_all(found: &Found) -> Outcome {
    let mut outcome = Outcome::Done;
    for (named, info) in found {
        let faults: Vec<String> = match info {
            Err(failure) => {
                failure.report();
                outcome = Outcome::Failed;
                continue;
            }
            Ok(info) => info.members.iter().filter_map(|member| member.error.as_ref()).chain(&info.fault),
        }
        .map(|error| format!("{}: {}", named.name, worded(error)))
        .collect();
        faults.iter().for_each(|line| report(line));
        if !faults.is_empty() {
            outcome = Outcome::Failed;
        }
    }
    outcome
}

fn write_json(out: &mut impl Write, found: &Found) -> Result<(), Failure> {
    let mut list = List::default();
    for (named, info) in found {
        match info {
            Err(failure) => list.error(out, &named.subject(), failure)?,
            Ok(info) => write_objects(out, &mut list, named, info)?,
        }
    }
    list.end(out)
}

/// An object for each array or member; a file without any has one of its own.
fn write_objects(
    out: &mut impl Write,
    list: &mut List,
    named: &Named,
    info: &FileInfo,
) -> Result<(), Failure> {
    let has_keys = info.has_keys();
    let subject = |part: Option<String>| Subject {
        part: part.or_else(|| named.member.clone()),
        has_keys,
        ..named.subject()
    };
    let file = json!({
        "format": info.format.name,
        "size": info.len,
        "compressed": info.layers.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if info.members.is_empty() && info.arrays.is_empty() {
        return list.object(out, &subject(None), file);
    }
    for member in &info.members {
        let of_array = member.array.as_ref().map_or(Value::Null, array_object);
        list.object(
            out,
            &subject(Some(member.key.clone())),
            joined([&file, &member_object(member), &of_array]),
        )?;
    }
    for (at, array) in info.arrays.iter().enumerate() {
        let last = json!({ "error": info.fault.as_ref().map(worded) });
        let is_cut = info.fault.is_some() && at + 1 == info.arrays.len();
        let rest = json!({ "trailing": info.trailing });
        let part = (info.arrays.len() > 1).then(|| at.to_string());
        let fault = if is_cut { &last } else { &Value::Null };
        list.object(out, &subject(part), joined([&file, &rest, &array_object(array), fault]))?;
    }
    Ok(())
}

/// One object of the fields of several.
fn joined<'v>(objects: impl IntoIterator<Item = &'v Value>) -> Value {
    let fields = objects.into_iter().filter_map(Value::as_object).flatten();
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn member_object(member: &MemberFound) -> Value {
    let info = &member.info;
    let mut object = json!({
        "member": info.name,
        "packing": info.packing,
        "packed_bytes": info.packed_len,
        "bytes": info.len,
        "crc32": info.crc32.map(|sum| format!("{sum:08x}")),
        "folder": info.is_folder,
    });
    if let (Some(object), Some(error)) = (object.as_object_mut(), &member.error) {
        object.insert("error".to_owned(), worded(error).into());
    }
    object
}

fn array_object(array: &Description) -> Value {
    let mut object = json!({
        "version": array.version,
        "dtype": json::dtype(&array.dtype),
        "shape": array.shape,
        "order": array.order.to_string(),
        "itemsize": itemsize(array),
        "items": items(array),
        "data_offset": array.data_offset,
        "data_bytes": array.data_len,
    });
    if let (Some(object), false) = (object.as_object_mut(), array.details.is_empty()) {
        let details = array.details.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
        object.insert("details".to_owned(), Value::Object(details.collect()));
    }
    object
}

/// Bytes of an item; variable-length strings have no such number.
fn itemsize(array: &Description) -> Option<usize> {
    Some(array.dtype.itemsize()).filter(|_| array.dtype != DType::Utf8)
}

fn items(array: &Description) -> usize {
    array.shape.iter().product()
}

/// A block for a file with one array, or one for the file and one for each array.
fn write_blocks(out: &mut impl Write, named: &Named, info: &FileInfo) -> std::io::Result<()> {
    let mut file = vec![("file size", info.len.map_or("unknown".to_owned(), text::bytes))];
    if !info.layers.is_empty() {
        let layers: Vec<_> = info.layers.iter().map(ToString::to_string).collect();
        file.push(("compressed", format!("by {}", layers.join(", then by "))));
    }
    if info.trailing > 0 {
        file.push(("trailing", format!("{} that belong to no array", text::bytes(info.trailing))));
    }
    if info.has_keys() {
        file.insert(0, ("members", info.members.len().to_string()));
        file.insert(0, ("format", info.format.name.to_owned()));
        write_block(out, &named.name, &file)?;
        if !info.members.is_empty() {
            writeln!(out)?;
        }
        return out.write_all(member_table(&info.members).as_bytes());
    }
    if let [array] = info.arrays.as_slice() {
        let mut lines = array_lines(info, array);
        lines.extend(file);
        return write_block(out, &named.name, &lines);
    }
    file.insert(0, ("arrays", info.arrays.len().to_string()));
    file.insert(0, ("format", info.format.name.to_owned()));
    write_block(out, &named.name, &file)?;
    for (name, array) in names(named, info.arrays.len()).iter().zip(&info.arrays) {
        writeln!(out)?;
        write_block(out, name, &array_lines(info, array))?;
    }
    Ok(())
}

fn write_block(out: &mut impl Write, title: &str, lines: &[(&str, String)]) -> std::io::Result<()> {
    writeln!(out, "{title}")?;
    lines.iter().try_for_each(|(what, value)| writeln!(out, "  {what:<10} {}", text::one_line(value)))
}

fn array_lines(info: &FileInfo, array: &Description) -> Vec<(&'static str, String)> {
    let format = match &array.version {
        Some(version) => format!("{} {version}", info.format.name),
        None => info.format.name.to_owned(),
    };
    let data = match array.data_len {
        // A field: other bytes lie between its items.
        None if array.order == Contiguity::Strided => {
            format!("from byte {} on, with other bytes between", array.data_offset)
        }
        Some(len) => format!("{} from byte {} on", text::bytes(len), array.data_offset),
        None => format!("from byte {} on, of a length that only the data tells", array.data_offset),
    };
    let items = text::counted(items(array) as u64, "item");
    let mut lines = vec![
        ("format", format),
        ("dtype", text::shortened(&array.dtype.to_string(), DTYPE_IN_BLOCK).into_owned()),
        ("shape", format!("{}, {items}", text::shape(&array.shape))),
        ("order", array.order.to_string()),
        ("itemsize", itemsize(array).map_or("any".to_owned(), |size| text::bytes(size as u64))),
        ("data", data),
    ];
    lines.extend(array.details.iter().cloned());
    lines
}

/// A line for each member of an archive, in columns.
fn member_table(members: &[MemberFound]) -> String {
    if members.is_empty() {
        return String::new();
    }
    let title = ["member", "shape", "order", "packing", "offset", "bytes", "packed", "dtype"];
    let mut rows = vec![title.map(str::to_owned).to_vec()];
    for MemberFound { info, key, array, error, .. } in members {
        let dash = || "-".to_owned();
        let what = match (info.is_folder, error) {
            (true, _) => "a folder",
            (_, Some(_)) => "it can't be read",
            _ => "no array",
        };
        // Of packed data the offset in the file says nothing.
        let offset = array.as_ref().filter(|_| info.packing == "stored").map(|array| array.data_offset);
        rows.push(vec![
            text::one_line(&text::shortened(key, NAME_IN_LINE)).into_owned(),
            array.as_ref().map_or_else(dash, |array| {
                text::shortened(&text::shape(&array.shape), SHAPE_IN_LINE).into_owned()
            }),
            array.as_ref().map_or_else(dash, |array| array.order.to_string()),
            info.packing.clone(),
            offset.map_or_else(dash, |offset| offset.to_string()),
            info.len.to_string(),
            info.packed_len.to_string(),
            array.as_ref().map_or_else(
                || what.to_owned(),
                |array| {
                    text::one_line(&text::shortened(&array.dtype.to_string(), DTYPE_IN_LINE)).into_owned()
                },
            ),
        ]);
    }
    text::table(&rows, &[4, 5, 6])
}

/// A line for each array, in columns.
fn lines(found: &[(&Named, &FileInfo)]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let title = ["file", "format", "shape", "order", "offset", "bytes", "dtype"];
    let mut rows = vec![title.map(str::to_owned).to_vec()];
    for (named, info) in found {
        for (name, array) in names(named, info.arrays.len()).into_iter().zip(&info.arrays) {
            rows.push(row(name, info, array));
        }
        for member in &info.members {
            let name = format!("{}::{}", named.file, text::one_line(&member.info.key));
            rows.extend(member.array.as_ref().map(|array| row(name, info, array)));
        }
        if let (1.., Some(last)) = (info.trailing, rows.last_mut().and_then(|row| row.last_mut())) {
            last.push_str(&format!(
                "  (and {} that belong to no array)",
                text::counted(info.trailing, "byte")
            ));
        }
    }
    text::table(&rows, &[4, 5])
}

/// The names of the arrays of a file: the file's name, or `name::0` and so on where there are several.
fn names(named: &Named, count: usize) -> Vec<String> {
    match count {
        0 | 1 => vec![named.name.clone()],
        _ => (0..count).map(|at| format!("{}::{at}", named.name)).collect(),
    }
}

fn row(name: String, info: &FileInfo, array: &Description) -> Vec<String> {
    let version = array.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let dtype = array.dtype.to_string();
    vec![
        name,
        format!("{}{version}", info.format.name),
        text::shortened(&text::shape(&array.shape), SHAPE_IN_LINE).into_owned(),
        array.order.to_string(),
        array.data_offset.to_string(),
        array.data_len.map_or("?".to_owned(), |len| len.to_string()),
        text::one_line(&text::shortened(&dtype, DTYPE_IN_LINE)).into_owned(),
    ]
}
