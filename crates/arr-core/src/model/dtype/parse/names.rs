//! The names of types.

use crate::{DType, Scalar, TimeUnit};

/// The dtype of that name in the machine's byte order: the keys of `numpy.sctypeDict`, and the names that NumPy has
/// for long double where it takes 12 bytes.
pub(super) fn find(name: &str) -> Option<DType> {
    let scalar = match name {
        "bool" | "bool_" => Scalar::Bool,
        "int8" | "byte" => Scalar::I8,
        "uint8" | "ubyte" => Scalar::U8,
        "int16" | "short" => Scalar::I16,
        "uint16" | "ushort" => Scalar::U16,
        "int32" | "intc" => Scalar::I32,
        "uint32" | "uintc" => Scalar::U32,
        "int64" | "int" | "int_" | "intp" | "long" | "longlong" => Scalar::I64,
        "uint64" | "uint" | "uintp" | "ulong" | "ulonglong" => Scalar::U64,
        "float16" | "half" => Scalar::F16,
        "float32" | "single" => Scalar::F32,
        "float64" | "double" | "float" => Scalar::F64,
        "float96" => Scalar::LongDouble12,
        "float128" | "longdouble" => Scalar::LongDouble16,
        "complex64" | "csingle" => Scalar::Complex64,
        "complex128" | "cdouble" | "complex" => Scalar::Complex128,
        "complex192" => Scalar::ComplexLongDouble24,
        "complex256" | "clongdouble" => Scalar::ComplexLongDouble32,
        _ => return find_other(name),
    };
    Some(DType::native(scalar))
}

fn find_other(name: &str) -> Option<DType> {
    Some(match name {
        "bytes" | "bytes_" => DType::Bytes(0),
        "str" | "str_" | "unicode" => DType::Unicode(0, crate::ByteOrder::NATIVE),
        "void" => DType::Void(0),
        "object" | "object_" => DType::Object,
        "datetime64" => DType::DateTime(TimeUnit::Generic, crate::ByteOrder::NATIVE),
        "timedelta64" => DType::TimeDelta(TimeUnit::Generic, crate::ByteOrder::NATIVE),
        _ => return None,
    })
}
