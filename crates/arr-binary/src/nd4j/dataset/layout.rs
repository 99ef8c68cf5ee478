//! What stands before the streams, and so how many there are and what they are called.

use arr_core::format::{Match, room};
use arr_core::{Error, Input, Result};

use crate::nd4j::buffer::read_name;
use crate::nd4j::stream::format::Nd4jStream;

/// With what a normalizer begins: a text with its length.
const NORMALIZER: &[u8] = b"\0\x0aNORMALIZER";

/// Flags of a data set.
const FEATURES: u8 = 1;
const LABELS: u8 = 2;
const LABELS_ARE_FEATURES: u8 = 4;
const FEATURES_MASK: u8 = 8;
const LABELS_MASK: u8 = 16;
const METADATA: u8 = 32;

/// The most arrays of one kind in a `MultiDataSet`: more is another file.
const MOST: u32 = 1 << 16;

/// The names of the streams of a file.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// In their order.
    pub(super) streams: Vec<String>,
    /// A name of the first stream besides its own.
    pub(super) also: Option<&'static str>,
    /// Java objects may follow.
    pub(super) has_metadata: bool,
    /// What kind of file it is.
    pub(super) kind: String,
}

/// Whether a file begins as one.
pub(super) fn detect(head: &[u8]) -> Match {
    use arr_core::format::Codec;
    let is_stream = |at: usize| head.get(at..).is_some_and(|rest| Nd4jStream.detect(rest) == Match::Yes);
    let is_data_set =
        head.first().is_some_and(|flags| flags & FEATURES != 0 && flags >> 6 == 0) && is_stream(1);
    let counts =
        head.first_chunk::<16>().map(|counts| counts.chunks_exact(4).filter_map(four).collect::<Vec<_>>());
    let is_multi = counts.is_some_and(|counts| {
        counts.iter().all(|count| *count < MOST) && counts.iter().any(|count| *count > 0)
    });
    match head.starts_with(NORMALIZER) || is_data_set || is_multi && is_stream(16) {
        true => Match::Yes,
        false => Match::No,
    }
}

fn four(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().copied().map(u32::from_be_bytes)
}

/// Reads what stands before the streams.
///
/// # Errors
/// `Malformed` with the offset; `Unsupported` for a normalizer of a type that is not read; `LimitExceeded`.
pub(super) fn names(input: &mut Input<'_>) -> Result<Names> {
    let head = input.peek(17)?;
    match () {
        () if head.starts_with(NORMALIZER) => normalizer(input),
        () if head.first() == Some(&0) => multi(input),
        () => data_set(input),
    }
}

fn data_set(input: &mut Input<'_>) -> Result<Names> {
    let at = input.position();
    let [flags] = input.read_array("flags of a data set")?;
    if flags >> 6 != 0 || flags & FEATURES == 0 || flags & LABELS != 0 && flags & LABELS_ARE_FEATURES != 0 {
        let message = format!(
            "the flags of the data set are {flags:#04x}, expected features (1) and no bit above 0x20"
        );
        return Err(Error::malformed(message).at(at));
    }
    let mut names =
        Names { kind: "data set".to_owned(), has_metadata: flags & METADATA != 0, ..Names::default() };
    for (flag, name) in [
        (FEATURES, "features"),
        (LABELS, "labels"),
        (FEATURES_MASK, "features_mask"),
        (LABELS_MASK, "labels_mask"),
    ] {
        if flags & flag != 0 {
            room::push(&mut names.streams, name.to_owned())?;
        }
    }
    names.also = (flags & LABELS_ARE_FEATURES != 0).then_some("labels");
    Ok(names)
}

fn multi(input: &mut Input<'_>) -> Result<Names> {
    let mut names = Names { kind: "data set of several inputs and outputs".to_owned(), ..Names::default() };
    let mut counts = [0; 4];
    for count in &mut counts {
        *count = counted(input, "number of arrays")?;
    }
    for (name, count) in ["features", "labels", "features_mask", "labels_mask"].into_iter().zip(counts) {
        numbered(&mut names.streams, &[name], count)?;
    }
    Ok(names)
}

fn normalizer(input: &mut Input<'_>) -> Result<Names> {
    input.skip(NORMALIZER.len() as u64, "mark of a normalizer")?;
    let at = input.position();
    let version = u32::from_be_bytes(input.read_array("version of a normalizer")?);
    if version != 1 {
        return Err(Error::unsupported(format!("a normalizer of version {version}, expected 1")).at(at));
    }
    let at = input.position();
    let kind = read_name(input, "type", "normalizer", |name| Some(name.to_owned()))?;
    let (pair, is_multi, numbers) = match kind.as_str() {
        "STANDARDIZE" => (["mean", "std"], false, 0),
        "MIN_MAX" => (["min", "max"], false, 2),
        "MULTI_STANDARDIZE" => (["mean", "std"], true, 0),
        "MULTI_MIN_MAX" => (["min", "max"], true, 2),
        "IMAGE_MIN_MAX" | "IMAGE_VGG16" => {
            return Err(Error::unsupported(format!("a normalizer of type {kind} has no arrays")).at(at));
        }
        _ => return Err(Error::unsupported(format!("a normalizer of type {kind:?} is not read")).at(at)),
    };
    let [has_labels] = input.read_array("whether labels are normalized")?;
    let mut names = Names { kind: format!("normalizer {kind}"), ..Names::default() };
    let of_labels = pair.map(|name| format!("label_{name}"));
    let of_labels = [of_labels[0].as_str(), of_labels[1].as_str()];
    if is_multi {
        let inputs = counted(input, "number of inputs")?;
        let at = input.position();
        let outputs = i32::from_be_bytes(input.read_array("number of outputs")?);
        let outputs = match u32::try_from(outputs) {
            Ok(outputs) if outputs < MOST => outputs,
            _ if has_labels == 0 => 0,
            _ => {
                let message = format!("the number of outputs is {outputs}, expected 0 to {}", MOST - 1);
                return Err(Error::malformed(message).at(at));
            }
        };
        numbered(&mut names.streams, &pair, inputs)?;
        numbered(&mut names.streams, &of_labels, if has_labels == 0 { 0 } else { outputs })?;
    } else {
        for name in pair.iter().chain(of_labels.iter().filter(|_| has_labels != 0)) {
            room::push(&mut names.streams, (*name).to_owned())?;
        }
    }
    // The range that values are brought to.
    input.skip(8 * numbers, "range of a normalizer")?;
    Ok(names)
}

fn counted(input: &mut Input<'_>, what: &str) -> Result<u32> {
    let at = input.position();
    let count = u32::from_be_bytes(input.read_array(what)?);
    match count < MOST {
        true => Ok(count),
        false => Err(Error::malformed(format!("the {what} is {count}, expected 0 to {}", MOST - 1)).at(at)),
    }
}

/// Adds names with a number, those of one number next to each other.
fn numbered(names: &mut Vec<String>, of: &[&str], count: u32) -> Result<()> {
    for number in 0..count {
        for name in of {
            room::push(names, format!("{name}_{number}"))?;
        }
    }
    Ok(())
}
