//! Objects that have begun and not ended: what a reader that recursed would have on its stack.

use arr_core::{Buffer, NodeId, Value};

use super::kind::Kind;

/// Deeper nesting is refused. Torch itself recurses and has not the stack for a tenth of it.
pub(super) const DEEPEST: usize = 1 << 16;

/// So many names are at either end of a long path in an error.
const ENDS: usize = 8;

/// An object that wants more values.
#[derive(Debug)]
pub(super) enum Frame {
    Table {
        id: NodeId,
        entries: Vec<(Value, Value)>,
        /// The hashes of their keys.
        hashes: Vec<u32>,
        /// Entries that have not come.
        left: u32,
        /// True when the last entry waits for its value.
        has_key: bool,
    },
    /// An instance of a class, whose payload comes next.
    Object { id: NodeId, class: String, version: Option<f64> },
    /// A tensor, whose storage comes next.
    Tensor(Box<Tensor>),
    /// A function, whose upvalues come next.
    Function { id: NodeId, form: u32, code: Buffer },
}

/// What stands before the storage of a tensor.
#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) id: NodeId,
    /// Where it begins in the file.
    pub(super) at: u64,
    pub(super) kind: Kind,
    pub(super) class: String,
    pub(super) version: Option<f64>,
    pub(super) sizes: Vec<i64>,
    pub(super) strides: Vec<i64>,
    /// The first element, from 1 on.
    pub(super) offset: i64,
}

impl Frame {
    /// The name of what comes next, as paths have it; nothing where it has none of its own.
    fn name(&self) -> Option<String> {
        match self {
            Self::Table { entries, has_key: true, .. } => {
                let name = entries.last().and_then(|(key, _)| key.path_name());
                name.or_else(|| Some("~value".to_owned()))
            }
            Self::Table { .. } => Some("~key".to_owned()),
            Self::Function { .. } => Some("~upvalues".to_owned()),
            Self::Object { .. } | Self::Tensor(_) => None,
        }
    }
}

/// The path of what is being read; of a long one the middle is left out.
pub(super) fn path(stack: &[Frame]) -> String {
    joined(stack.iter().filter_map(Frame::name))
}

/// Names as a path; of many those in the middle are left out.
pub(super) fn joined(names: impl Iterator<Item = String> + Clone) -> String {
    let count = names.clone().count();
    let mut path = String::new();
    for (place, name) in names.enumerate() {
        if count > 2 * ENDS && place == ENDS {
            path.push_str("/...");
        }
        if count <= 2 * ENDS || !(ENDS..count - ENDS).contains(&place) {
            path.push('/');
            path.extend(name.chars().take(80));
        }
    }
    path
}

/// The class of an instance whose payload is being read, or is a table whose first entries are: a class may have a payload
/// of its own, that looks like anything.
pub(super) fn suspect(stack: &[Frame]) -> Option<&str> {
    fn class(frame: &Frame) -> Option<&str> {
        if let Frame::Object { class, .. } = frame { Some(class) } else { None }
    }
    match stack {
        [.., object, Frame::Table { entries, has_key, .. }] if entries.len() <= usize::from(*has_key) => {
            class(object)
        }
        [.., last] => class(last),
        [] => None,
    }
}
