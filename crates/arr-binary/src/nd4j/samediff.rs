//! Graphs of SameDiff (format `nd4j-samediff`): the variables of a model, each an array with a name.
//!
//! `SameDiff.save` writes a FlatGraph, a [FlatBuffer](https://flatbuffers.dev) in which variables, operations and the
//! configuration of training refer to each other. Of its tables these fields are read:
//!
//! | table | field | name | meaning |
//! |---|---|---|---|
//! | FlatGraph, the root | 1 | `variables` | a vector of FlatVariables |
//! | FlatVariable | 1 | `name` | by which operations find it |
//! | FlatVariable | 4 | `ndarray` | its value, a [FlatArray](super::flatarray); placeholders and what operations make have none |
//!
//! A variable without a value is no part of the file. Values are read where they lie, one at a time, and looked at in place in
//! a map of the file; they are big-endian as the JVM writes them. Names have no other limit than that they are UTF-8 and differ
//! from each other. What the operations do is not read, and graphs are not written.
//!
//! A FlatGraph has no mark. It is told from a [FlatArray](super::flatarray) by its first table, which has other fields.
//!
//! A hostile file can lead any offset anywhere: each is checked against the file before it is followed, and none is followed
//! deeper than from the graph to a variable to its value. Many variables may share one table, so that they are counted, and
//! their names charged.

pub(crate) mod format;
mod graph;

use std::path::Path;

use arr_core::format::{Format as _, Reading, Selection, Source, in_file};
use arr_core::{Array, Input, Result};

use self::format::Nd4jSameDiff;

/// The registered name of the format.
const NAME: &str = "nd4j-samediff";

/// Reads the variables of a file that have values, each with its name, in the order of the file.
///
/// ```no_run
/// for (name, array) in arr_binary::samediff::read("model.fb")? {
///     println!("{name} {} {:?}", array.dtype(), array.shape());
/// }
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `Malformed`, `Unsupported` or `LimitExceeded` with the offset, naming the variable; `Io`.
pub fn read(path: impl AsRef<Path>) -> Result<Vec<(String, Array)>> {
    let path = path.as_ref();
    in_file(path, read_from(Input::open(path)?))
}

/// [`read`] of bytes in memory.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8]) -> Result<Vec<(String, Array)>> {
    read_from(Input::from_bytes(bytes))
}

fn read_from(mut input: Input<'_>) -> Result<Vec<(String, Array)>> {
    let how = Reading::new().limits(input.budget().limits().clone());
    let mut reader = Nd4jSameDiff.open(Source::from(input), &how)?;
    let (mut variables, mut budget) = (Vec::new(), how.limits.budget());
    while let Some(part) = reader.next_part()? {
        let array = reader.read(&part, Selection::All)?.into_array()?;
        budget.charge_bytes(array.nbytes() as u64).map_err(|error| error.in_format(NAME))?;
        arr_core::format::room::push(&mut variables, (part.key.unwrap_or_default(), array))?;
    }
    Ok(variables)
}
