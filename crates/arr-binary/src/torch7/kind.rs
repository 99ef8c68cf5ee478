//! The element types of Torch7, and the classes of tensors and storages of them.

use arr_core::{ByteOrder, DType, Scalar};

/// What one element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Byte,
    Char,
    Short,
    Int,
    Long,
    Half,
    Float,
    Double,
}

/// A class whose payload is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Tensor,
    Storage,
}

/// Every element type with its name in classes and what it is here.
const TABLE: [(Kind, &str, Scalar); 8] = [
    (Kind::Byte, "Byte", Scalar::U8),
    (Kind::Char, "Char", Scalar::I8),
    (Kind::Short, "Short", Scalar::I16),
    (Kind::Int, "Int", Scalar::I32),
    (Kind::Long, "Long", Scalar::I64),
    (Kind::Half, "Half", Scalar::F16),
    (Kind::Float, "Float", Scalar::F32),
    (Kind::Double, "Double", Scalar::F64),
];

impl Kind {
    /// What it is here. An element of a Long class has 64 bits, whatever a `long` of the writer's machine had.
    pub(super) fn scalar(self) -> Scalar {
        TABLE.iter().find(|row| row.0 == self).map_or(Scalar::U8, |row| row.2)
    }

    pub(super) fn dtype(self, order: ByteOrder) -> DType {
        DType::scalar(self.scalar(), order)
    }

    /// The element type that holds items of a dtype as they are.
    pub(super) fn of(dtype: &DType) -> Option<Self> {
        let DType::Scalar(scalar, _) = dtype else { return None };
        TABLE.iter().find(|row| row.2 == *scalar).map(|row| row.0)
    }

    /// Its name in the names of classes.
    pub(super) fn name(self) -> &'static str {
        TABLE.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// Bytes of an element in a binary file whose C `long` has `long` bytes.
    pub(super) fn width(self, long: usize) -> usize {
        if self == Self::Long { long } else { self.scalar().itemsize() }
    }

    /// True for those that an ascii file has as bytes, not as numbers.
    pub(super) fn is_raw(self) -> bool {
        matches!(self, Self::Byte | Self::Char)
    }
}

/// The element type of a tensor or storage by the name of its class. `torch.CudaTensor` holds floats.
pub(super) fn class(name: &str) -> Option<(Kind, Role)> {
    let name = name.strip_prefix("torch.")?;
    let (element, role) = match name.strip_suffix("Tensor") {
        Some(element) => (element, Role::Tensor),
        None => (name.strip_suffix("Storage")?, Role::Storage),
    };
    let kind = |name: &str| TABLE.iter().find(|row| row.1 == name).map(|row| row.0);
    let kind = match element.strip_prefix("Cuda") {
        Some("") => Some(Kind::Float),
        Some(element) => kind(element).filter(|kind| *kind != Kind::Float),
        None => kind(element),
    };
    kind.map(|kind| (kind, role))
}

/// The class of the storage of a tensor's class: `torch.CudaStorage` of `torch.CudaTensor`.
pub(super) fn storage_class(tensor: &str) -> String {
    format!("{}Storage", tensor.strip_suffix("Tensor").unwrap_or(tensor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_known_by_name() {
        for (kind, name, _) in TABLE {
            assert_eq!(class(&format!("torch.{name}Tensor")), Some((kind, Role::Tensor)));
            assert_eq!(class(&format!("torch.{name}Storage")), Some((kind, Role::Storage)));
            assert_eq!(Kind::of(&kind.dtype(ByteOrder::Big)), Some(kind));
            assert_eq!(kind.name(), name);
        }
        assert_eq!(class("torch.CudaTensor"), Some((Kind::Float, Role::Tensor)));
        assert_eq!(class("torch.CudaHalfStorage"), Some((Kind::Half, Role::Storage)));
        assert_eq!(class("torch.CudaLongTensor"), Some((Kind::Long, Role::Tensor)));
        for other in
            ["torch.CudaFloatTensor", "torch.Tensor", "nn.FloatTensor", "torch.Generator", "torch.Storage"]
        {
            assert_eq!(class(other), None, "{other}");
        }
        assert_eq!(storage_class("torch.CudaTensor"), "torch.CudaStorage");
        assert_eq!((Kind::Long.width(4), Kind::Double.width(4)), (4, 8));
    }
}
