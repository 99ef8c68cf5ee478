//! The contents of a file as one graph of objects.

use arr_core::format::{Content, PartInfo};
use arr_core::value::{ArrayNode, Items, Part as PartNode};
use arr_core::{Error, Graph, Limits, Node, Result, Value};

use crate::Parts;
use crate::parts::key_of;

/// The objects of a file, and the parts of it that hold its arrays: [`Items::Part`] is an index into them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Objects {
    /// The objects.
    pub graph: Graph,
    /// The parts that are still in the file.
    pub parts: Vec<PartInfo>,
}

impl Parts<'_> {
    /// The contents of a file as one graph: the only array itself, several arrays as a list, an archive as a dict of
    /// its members. Arrays are not read: each is a part that can be read when it is needed. Members that are not arrays
    /// are bytes.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # arr_npy::save_npz(&path, [("w", [1.0f32, 2.0])])?;
    /// let mut parts = arr_io::parts(&path)?;
    /// let objects = parts.objects()?;
    /// let (path, id) = objects.graph.paths()?.next().ok_or("an array")??;
    /// assert_eq!(path, "/w");
    /// # let _ = id;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What the format finds; `Unsupported` for a stream, whose arrays would be gone when they are needed: make its
    /// input [seekable](arr_core::Input::make_seekable) before.
    pub fn objects(&mut self) -> Result<Objects> {
        if !self.is_seekable() {
            return Err(Error::unsupported("the arrays of a stream can't be read when they are wanted"));
        }
        // What is listed is bounded by the file; limits are for what is read of it.
        let mut budget = Limits::default().budget();
        let (mut builder, mut parts, mut values) = (Graph::builder(), Vec::new(), Vec::new());
        // A container comes before what it holds.
        let has_keys = self.has_keys();
        let mut root = if has_keys { Some(builder.reserve(&mut budget)?) } else { None };
        while let Some(part) = self.next_part()? {
            if root.is_none() && self.has_several() && parts.is_empty() {
                root = Some(builder.reserve(&mut budget)?);
            }
            let value = match self.describe(&part)? {
                Content::Array(what) => {
                    let node = PartNode::new(parts.len(), what.dtype, &what.shape, what.order);
                    let items = Items::Part(match &part.key {
                        Some(key) => node.with_key(key.as_str()),
                        None => node,
                    });
                    Value::Ref(builder.add(ArrayNode::new(items), &mut budget)?)
                }
                _ => Value::from(self.read_bytes(&part)?),
            };
            let key = if has_keys { key_of(&part)?.to_owned() } else { String::new() };
            values.push((key, value));
            parts.push(part);
        }
        let root = match (root, has_keys) {
            (Some(id), true) => {
                let entries = values.into_iter().map(|(key, value)| (Value::from(key), value)).collect();
                builder.fill(id, Node::Dict(entries), &mut budget)?;
                Value::Ref(id)
            }
            (Some(id), false) => {
                let items = values.into_iter().map(|(_, value)| value).collect();
                builder.fill(id, Node::List(items), &mut budget)?;
                Value::Ref(id)
            }
            (None, _) => {
                let only = values.pop().map(|(_, value)| value);
                only.ok_or_else(|| Error::invalid("the file has no arrays"))?
            }
        };
        Ok(Objects { graph: builder.finish(vec![root])?, parts })
    }
}
