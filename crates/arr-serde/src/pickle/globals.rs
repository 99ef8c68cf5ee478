//! Classes and functions that the machine knows by name. None of them is ever looked up or called: what the known ones
//! would make is made of the data by the machine itself.

use super::compat;
use super::value::Class;

/// What a class or function is to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// `numpy.core.multiarray._reconstruct`: an array without items.
    Reconstruct,
    /// `numpy.core.multiarray.scalar`.
    Scalar,
    /// `numpy.core.numeric._frombuffer`: an array of bytes.
    FromBuffer,
    /// `numpy.ndarray`.
    NdArray,
    /// A class of NumPy's that is an array: its state is that of one.
    ArrayClass,
    /// `numpy.memmap`, which is such a class as well. A call of it opens a file, and may write to it.
    MemMap,
    /// `numpy.dtype`.
    DType,
    /// `numpy._core._internal._convert_to_stringdtype_kwargs`, and the class itself.
    StringDType,
    /// `numpy.ma.core._mareconstruct`.
    MaskedReconstruct,
    /// `array._array_reconstructor`.
    ArrayModuleReconstruct,
    /// `array.array`.
    ArrayModule,
    /// `_codecs.encode`.
    Encode,
    /// `_codecs.decode`, which a text is made by here that has surrogates.
    Decode,
    /// `copyreg._reconstructor`.
    CopyReconstruct,
    /// `copyreg.__newobj__`.
    CopyNew,
    /// `copyreg.__newobj_ex__`.
    CopyNewEx,
    Set,
    FrozenSet,
    List,
    Tuple,
    Dict,
    Bytes,
    ByteArray,
    Complex,
    /// `datetime.datetime`, `date`, `time`: their bytes are numbers.
    Moment,
    /// `collections.OrderedDict`, whose argument in Python 2 is a list of entries.
    OrderedDict,
    /// `joblib.numpy_pickle.NumpyArrayWrapper`: the items follow.
    Joblib,
    /// `getattr`, which names a class in a class or a method in protocols below 4.
    GetAttr,
    /// What makes NumPy's random generators, by calls of what it is given.
    Random,
    /// Something of Python's or NumPy's own that only holds data.
    Plain,
    /// Anything else.
    Foreign,
}

/// What an instance of an old class of Python 2 is: an object that is made without a call of its class.
pub(super) const INSTANCE: &str = "types.InstanceType";

impl Known {
    /// True for what is neither Python's own container or number nor NumPy's. Only to name it lets Python import its module,
    /// and what it is handed to may call it.
    pub(super) fn is_foreign(self) -> bool {
        matches!(self, Self::Foreign | Self::GetAttr)
    }

    /// True for a class of NumPy's that is an array, other than the one that all are.
    pub(super) fn is_array_class(self) -> bool {
        matches!(self, Self::ArrayClass | Self::MemMap)
    }

    /// True for what makes arrays of a class without a call of the class itself.
    pub(super) fn takes_classes(self) -> bool {
        matches!(self, Self::Reconstruct | Self::MaskedReconstruct | Self::ArrayModuleReconstruct)
    }

    /// True for what decodes or encodes by the name of an encoding, whose module Python imports.
    pub(super) fn takes_encoding(self) -> bool {
        matches!(self, Self::Encode | Self::Decode | Self::Bytes | Self::ByteArray)
    }
}

/// The name of something as it is known here: as Python 3 has it, also where Python 2 has written it.
fn in_python_3<'n>(module: &'n str, name: &'n str, protocol: u8) -> (&'n str, &'n str) {
    let (module, name) = match protocol {
        0..=2 => compat::in_python_3(module, name),
        _ => (module, name),
    };
    match (module, name) {
        ("__builtin__" | "copy_reg", name) => compat::in_python_3(module, name),
        ("_collections", name @ ("deque" | "defaultdict" | "OrderedDict")) => ("collections", name),
        other => other,
    }
}

/// The module in which every release of NumPy has a class of arrays.
pub(super) fn in_every_numpy<'n>(module: &'n str, name: &'n str) -> (&'n str, &'n str) {
    match (module, name) {
        ("numpy", "chararray") => ("numpy.core.defchararray", name),
        ("numpy.ma", "MaskedArray") => ("numpy.ma.core", name),
        other => other,
    }
}

/// The whole name of a class or function in a pickle of that protocol, and what it is to the machine.
pub(super) fn resolve(module: &str, name: &str, protocol: u8) -> (Class, Known) {
    let (module, name) = in_python_3(module, name, protocol);
    let known = known(module, name);
    let module = match known {
        // The one that people know it by.
        Known::Reconstruct | Known::Scalar => "numpy.core.multiarray",
        Known::FromBuffer => "numpy.core.numeric",
        known if known.is_array_class() && module.starts_with("numpy.") => match name {
            "memmap" | "matrix" | "recarray" | "chararray" => "numpy",
            _ => module,
        },
        Known::MaskedReconstruct => "numpy.ma.core",
        Known::Plain if (module, name) == ("numpy.ma.core", "MaskedArray") => "numpy.ma",
        _ => module,
    };
    let in_class = name.contains('.').then_some(module.len());
    let module_len = in_class.and_then(|len| u32::try_from(len).ok());
    (Class { text: format!("{module}.{name}"), module: module_len }, known)
}

fn known(module: &str, name: &str) -> Known {
    match (module, name) {
        (module, _) if module == "numpy" || module.starts_with("numpy.") => of_numpy(module, name),
        ("builtins", name) => of_builtins(name),
        ("_codecs", "encode") => Known::Encode,
        ("_codecs", "decode") => Known::Decode,
        ("copyreg", "_reconstructor") => Known::CopyReconstruct,
        ("copyreg", "__newobj__") => Known::CopyNew,
        ("copyreg", "__newobj_ex__") => Known::CopyNewEx,
        ("array", "_array_reconstructor") => Known::ArrayModuleReconstruct,
        ("array", "array") => Known::ArrayModule,
        ("collections", "OrderedDict") => Known::OrderedDict,
        ("collections", "defaultdict" | "deque" | "Counter") => Known::Plain,
        ("datetime", "datetime" | "date" | "time") => Known::Moment,
        ("datetime", "timedelta" | "timezone" | "tzinfo") => Known::Plain,
        ("joblib.numpy_pickle", "NumpyArrayWrapper") => Known::Joblib,
        // Types of numbers, which are items of arrays.
        ("ml_dtypes" | "ml_dtypes._ml_dtypes_ext", name) if is_small_number(name) => Known::Plain,
        _ => match format!("{module}.{name}").as_str() {
            "decimal.Decimal" | "fractions.Fraction" | "uuid.UUID" => Known::Plain,
            _ => Known::Foreign,
        },
    }
}

fn of_builtins(name: &str) -> Known {
    match name {
        "set" => Known::Set,
        "frozenset" => Known::FrozenSet,
        "list" => Known::List,
        "tuple" => Known::Tuple,
        "dict" => Known::Dict,
        "bytes" => Known::Bytes,
        "bytearray" => Known::ByteArray,
        "complex" => Known::Complex,
        "getattr" => Known::GetAttr,
        "slice" | "range" | "object" | "int" | "float" | "bool" | "str" | "Ellipsis" | "NotImplemented" => {
            Known::Plain
        }
        _ => Known::Foreign,
    }
}

fn of_numpy(module: &str, name: &str) -> Known {
    match (module, name) {
        (
            "numpy.core.multiarray"
            | "numpy._core.multiarray"
            | "numpy.core._internal"
            | "numpy._core._internal"
            | "numpy.core._multiarray_umath"
            | "numpy._core._multiarray_umath",
            name @ ("_reconstruct" | "scalar"),
        ) => {
            if name == "scalar" {
                Known::Scalar
            } else {
                Known::Reconstruct
            }
        }
        ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Known::FromBuffer,
        ("numpy" | "numpy.core.multiarray" | "numpy._core.multiarray", "ndarray") => Known::NdArray,
        ("numpy" | "numpy.core.multiarray" | "numpy._core.multiarray", "dtype") => Known::DType,
        ("numpy.core._internal" | "numpy._core._internal", "_convert_to_stringdtype_kwargs")
        | ("numpy.dtypes", "StringDType") => Known::StringDType,
        ("numpy.ma.core" | "numpy.ma", "_mareconstruct") => Known::MaskedReconstruct,
        (
            "numpy"
            | "numpy.core.memmap"
            | "numpy._core.memmap"
            | "numpy.matrixlib.defmatrix"
            | "numpy.core.records"
            | "numpy._core.records"
            | "numpy.rec"
            | "numpy.core.defchararray"
            | "numpy._core.defchararray"
            | "numpy.char",
            name @ ("memmap" | "matrix" | "recarray" | "chararray"),
        ) => {
            if name == "memmap" {
                Known::MemMap
            } else {
                Known::ArrayClass
            }
        }
        ("numpy.random" | "numpy.random._pickle" | "numpy.random.mtrand", name) if is_random(name) => {
            Known::Random
        }
        ("numpy", name) if is_scalar_type(name) => Known::Plain,
        ("numpy" | "numpy.rec" | "numpy.core.records" | "numpy._core.records", "record")
        | ("numpy.ma" | "numpy.ma.core", "MaskedArray" | "MaskedConstant") => Known::Plain,
        ("numpy.core._ufunc_reconstruct" | "numpy.core" | "numpy._core", "_ufunc_reconstruct") => {
            Known::Foreign
        }
        _ if module.starts_with("numpy.random.") && is_generator(name) => Known::Random,
        _ => Known::Foreign,
    }
}

/// What makes random generators of the names of their parts.
fn is_random(name: &str) -> bool {
    matches!(
        name,
        "__RandomState_ctor"
            | "__randomstate_ctor"
            | "__generator_ctor"
            | "__bit_generator_ctor"
            | "RandomState"
            | "Generator"
    )
}

/// The types of numbers of ml_dtypes.
fn is_small_number(name: &str) -> bool {
    name == "bfloat16"
        || ["float8_", "float6_", "float4_", "int1", "int2", "int4", "uint1", "uint2", "uint4"]
            .iter()
            .any(|kind| name.starts_with(kind) && !name.contains('.'))
}

fn is_generator(name: &str) -> bool {
    matches!(
        name,
        "MT19937"
            | "PCG64"
            | "PCG64DXSM"
            | "Philox"
            | "SFC64"
            | "SeedSequence"
            | "__pyx_unpickle_SeedSequence"
    )
}

/// The types of NumPy's scalars.
fn is_scalar_type(name: &str) -> bool {
    let name = name.trim_end_matches('_');
    let digits = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    matches!(
        digits,
        "bool"
            | "int"
            | "uint"
            | "float"
            | "complex"
            | "str"
            | "bytes"
            | "void"
            | "object"
            | "datetime"
            | "timedelta"
            | "longdouble"
            | "clongdouble"
            | "longlong"
            | "ulonglong"
            | "intc"
            | "uintc"
            | "byte"
            | "ubyte"
            | "short"
            | "ushort"
            | "half"
            | "single"
            | "double"
            | "unicode"
            | "string"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_versions_are_one() {
        for (module, name, whole, wanted) in [
            (
                "numpy.core.multiarray",
                "_reconstruct",
                "numpy.core.multiarray._reconstruct",
                Known::Reconstruct,
            ),
            (
                "numpy._core.multiarray",
                "_reconstruct",
                "numpy.core.multiarray._reconstruct",
                Known::Reconstruct,
            ),
            ("numpy.rec", "recarray", "numpy.recarray", Known::ArrayClass),
            ("numpy._core.memmap", "memmap", "numpy.memmap", Known::MemMap),
            ("numpy", "float64", "numpy.float64", Known::Plain),
            ("__builtin__", "xrange", "builtins.range", Known::Plain),
            ("copy_reg", "_reconstructor", "copyreg._reconstructor", Known::CopyReconstruct),
            ("__builtin__", "eval", "builtins.eval", Known::Foreign),
            ("os", "system", "os.system", Known::Foreign),
            (
                "numpy.testing._private.utils",
                "runstring",
                "numpy.testing._private.utils.runstring",
                Known::Foreign,
            ),
        ] {
            let (class, known) = resolve(module, name, 4);
            assert_eq!((class.text.as_str(), class.module, known), (whole, None, wanted), "{module} {name}");
        }
    }
}
