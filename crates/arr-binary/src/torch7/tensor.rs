//! Tensors and storages, and instances of all other classes.

use arr_core::format::room::push;
use arr_core::format::{Keep, PartInfo};
use arr_core::value::{ArrayNode, GraphBuilder, Items, Part, View};
use arr_core::{Array, ByteOrder, Contiguity, Error, Layout, Limits, Node, NodeId, Order, Result, Value};

use super::frame::{Frame, Tensor};
use super::kind::{self, Kind, Role, storage_class};
use super::load::{Found, Place};
use super::machine::{Begun, Machine};
use super::runs::{Payload, held};

impl Machine<'_> {
    /// Reads what is behind the name of a class, up to the first value that it holds.
    pub(super) fn instance(
        &mut self,
        id: NodeId,
        at: u64,
        class: String,
        version: Option<f64>,
    ) -> Result<Begun> {
        match kind::class(&class) {
            None => Ok(Begun::Frame(Frame::Object { id, class, version })),
            Some((kind, Role::Tensor)) => self.begin_tensor(id, at, kind, class, version),
            Some((kind, Role::Storage)) => {
                let node = self.storage(id, kind, &class)?.with_class(class, version);
                self.builder.fill(id, node, &mut self.budget)?;
                Ok(Begun::Value(id.into()))
            }
        }
    }

    fn begin_tensor(
        &mut self,
        id: NodeId,
        at: u64,
        kind: Kind,
        class: String,
        version: Option<f64>,
    ) -> Result<Begun> {
        let place = self.runs.feed.position();
        let rank = self.runs.int("number of dimensions")?;
        let rank = usize::try_from(rank).map_err(|_| {
            Error::malformed(format!("a tensor has the negative number of {rank} dimensions")).at(place)
        })?;
        // What is left in the file is checked when it is wanted.
        let checked = match self.keep {
            Keep::Left => Limits::default().budget().check_rank(rank),
            _ => self.budget.check_rank(rank),
        };
        checked.map_err(|error| error.at(place))?;
        let place = self.runs.feed.position();
        let sizes = self.runs.longs(rank, "size of a tensor")?;
        if let Some(size) = sizes.iter().find(|size| **size < 1) {
            let message = format!("a tensor has a dimension of {size} elements, which Torch7 never has");
            return Err(Error::malformed(message).at(place));
        }
        let strides = self.runs.longs(rank, "strides of a tensor")?;
        let offset = self.runs.long("offset of a tensor")?;
        self.has_shape |= rank > 0;
        let tensor = Tensor { id, at, kind, class, version, sizes, strides, offset };
        Ok(Begun::Frame(Frame::Tensor(Box::new(tensor))))
    }

    fn storage(&mut self, id: NodeId, kind: Kind, class: &str) -> Result<ArrayNode> {
        let place = self.runs.feed.position();
        let count = self.runs.long("number of elements of a storage")?;
        let count = u64::try_from(count).map_err(|_| {
            Error::malformed(format!("a storage has the negative number of {count} elements")).at(place)
        })?;
        let what = format!("data of {class}");
        let data = self.runs.data(kind, count, &what, &mut self.budget)?;
        let dtype = kind.dtype(self.runs.encoding.order());
        let too_large = || Error::limit(format!("{count} elements do not fit into memory")).at(place);
        let len = usize::try_from(count).map_err(|_| too_large())?;
        let bytes = match (&data, self.keep) {
            (Payload::At { at, .. }, Keep::Left) => {
                let part = Part::new(PartInfo::at(self.arrays.len()), dtype.clone(), &[len], Contiguity::C);
                let layout =
                    Layout::contiguous(&[len], dtype.itemsize(), Order::C).map_err(|_| too_large())?;
                push(&mut self.arrays, Found { node: id, place: Place::File { at: *at, dtype, layout } })?;
                return Ok(ArrayNode::new(Items::Part(part)));
            }
            (Payload::At { at, len }, Keep::Shared(whole)) => {
                let start = usize::try_from(self.runs.feed.place(*at)).ok();
                let range = start
                    .zip(usize::try_from(*len).ok())
                    .and_then(|(start, len)| Some(start..start.checked_add(len)?));
                range.and_then(|range| whole.slice(range)).ok_or_else(super::feed::lost)?
            }
            _ => held(&data, &self.runs.feed, &mut self.budget)?,
        };
        let array = Array::contiguous(dtype, &[len], Order::C, bytes)?;
        push(&mut self.arrays, Found { node: id, place: Place::Memory(array.clone()) })?;
        Ok(ArrayNode::new(Items::Array(array)))
    }
}

impl Tensor {
    /// The tensor over its storage, every item of which has to be there.
    pub(super) fn with_storage(
        &mut self,
        storage: &Value,
        builder: &GraphBuilder,
        order: ByteOrder,
    ) -> Result<(Node, Found)> {
        let at = self.at;
        let found = match storage {
            Value::None => None,
            Value::Ref(id) => Some((*id, self.check_storage(*id, builder)?)),
            _ => {
                return Err(Error::malformed(format!(
                    "the storage of a {} is a value of another kind",
                    self.class
                ))
                .at(at));
            }
        };
        let (len, dtype) = match found {
            Some((_, node)) => (node.shape().first().copied().unwrap_or(0), node.dtype().clone()),
            None => (0, self.kind.dtype(order)),
        };
        self.check_items(len).map_err(|error| error.at(at))?;
        let too_large = || Error::malformed("a tensor is larger than any memory").at(at);
        let signed = |long: &i64| isize::try_from(*long).map_err(|_| too_large());
        let unsigned = |long: &i64| usize::try_from(*long).map_err(|_| too_large());
        // Without dimensions there are no items.
        let (sizes, strides) = match self.sizes.as_slice() {
            [] => (vec![0], vec![1]),
            sizes => (
                sizes.iter().map(unsigned).collect::<Result<Vec<_>>>()?,
                self.strides.iter().map(signed).collect::<Result<Vec<_>>>()?,
            ),
        };
        let offset = unsigned(&(self.offset - 1))?;
        let itemsize = dtype.itemsize();
        let in_bytes = |stride: &isize| {
            isize::try_from(itemsize).ok().and_then(|size| stride.checked_mul(size)).ok_or_else(too_large)
        };
        let byte_strides = strides.iter().map(in_bytes).collect::<Result<Vec<_>>>()?;
        let layout = Layout::new(&sizes, &byte_strides, offset.checked_mul(itemsize).ok_or_else(too_large)?)?;
        let id = found.map(|(id, _)| id);
        let view = View::new(dtype.clone(), &sizes, &strides, offset, id);
        let node =
            ArrayNode::new(Items::View(view)).with_class(std::mem::take(&mut self.class), self.version);
        Ok((node.into(), Found { node: self.id, place: Place::View { storage: id, dtype, layout } }))
    }

    fn check_storage<'b>(&self, id: NodeId, builder: &'b GraphBuilder) -> Result<&'b ArrayNode> {
        let wanted = storage_class(&self.class);
        let node = builder.node(id).and_then(Node::as_array);
        let node = node.filter(|node| !matches!(node.items, Items::View(_)));
        let node = node.ok_or_else(|| {
            Error::malformed(format!("the storage of a {} is not a storage", self.class)).at(self.at)
        })?;
        match node.class.as_deref() {
            Some(class) if class == wanted => Ok(node),
            class => {
                let class = class.unwrap_or("nothing known");
                Err(Error::malformed(format!("the storage of a {} is a {class}, not a {wanted}", self.class))
                    .at(self.at))
            }
        }
    }

    /// Checks that every item lies in a storage of `len` elements, and that there are not more of them than memory could
    /// hold.
    fn check_items(&self, len: usize) -> Result<()> {
        if self.offset < 1 {
            return Err(Error::malformed(format!(
                "a tensor begins at element {}, before the first, which is 1",
                self.offset
            )));
        }
        if self.sizes.is_empty() {
            return Ok(());
        }
        let (mut first, mut last) = (i128::from(self.offset), i128::from(self.offset));
        let mut bytes = u128::from(self.kind.width(8) as u64);
        for (size, stride) in self.sizes.iter().zip(&self.strides) {
            // Of two numbers of 64 bits; of a sum of these no more than the sign counts.
            let reach = (i128::from(*size) - 1).saturating_mul(i128::from(*stride));
            if reach < 0 {
                first = first.saturating_add(reach)
            } else {
                last = last.saturating_add(reach)
            }
            bytes = bytes.saturating_mul(u128::from(size.unsigned_abs()));
        }
        if first < 1 || last > len as i128 {
            let outside = if first < 1 { first } else { last };
            return Err(Error::malformed(format!(
                "a {} of size {:?}, stride {:?} and offset {} reaches element {outside} of a storage of {len}",
                self.class, self.sizes, self.strides, self.offset
            )));
        }
        if bytes > isize::MAX.unsigned_abs() as u128 {
            return Err(Error::malformed(format!(
                "a {} of size {:?} has more items than any memory",
                self.class, self.sizes
            )));
        }
        Ok(())
    }
}
