from collections.abc import Mapping
from os import PathLike
from typing import Any, Final, Literal, Protocol, TypeAlias, TypedDict, type_check_only

import numpy as np
from numpy.lib._utils_impl import drop_metadata as drop_metadata
from numpy.typing import DTypeLike, NDArray

_Version: TypeAlias = tuple[int, int]
_Shape: TypeAlias = tuple[int, ...]

@type_check_only
class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

@type_check_only
class _Writable(Protocol):
    def write(self, content: bytes, /) -> object: ...

@type_check_only
class _Header(TypedDict):
    shape: _Shape
    fortran_order: bool
    descr: Any

__all__ = [
    "ARRAY_ALIGN",
    "BUFFER_SIZE",
    "EXPECTED_KEYS",
    "GROWTH_AXIS_MAX_DIGITS",
    "MAGIC_LEN",
    "MAGIC_PREFIX",
    "descr_to_dtype",
    "drop_metadata",
    "dtype_to_descr",
    "header_data_from_array_1_0",
    "isfileobj",
    "magic",
    "open_memmap",
    "read_array",
    "read_array_header_1_0",
    "read_array_header_2_0",
    "read_magic",
    "write_array",
    "write_array_header_1_0",
    "write_array_header_2_0",
]

EXPECTED_KEYS: Final[set[str]]
MAGIC_PREFIX: Final[bytes]
MAGIC_LEN: Final[int]
ARRAY_ALIGN: Final[int]
BUFFER_SIZE: Final[int]
GROWTH_AXIS_MAX_DIGITS: Final[int]
MAX_HEADER_SIZE: Final[int]

def magic(major: int, minor: int) -> bytes: ...
def read_magic(fp: _Readable) -> _Version: ...
def dtype_to_descr(dtype: np.dtype[Any]) -> str | list[Any]: ...
def descr_to_dtype(descr: Any) -> np.dtype[Any]: ...
def header_data_from_array_1_0(array: NDArray[Any]) -> _Header: ...
def write_array_header_1_0(fp: _Writable, d: _Header) -> None: ...
def write_array_header_2_0(fp: _Writable, d: _Header) -> None: ...
def read_array_header_1_0(fp: _Readable, max_header_size: int = 10000) -> tuple[_Shape, bool, np.dtype[Any]]: ...
def read_array_header_2_0(fp: _Readable, max_header_size: int = 10000) -> tuple[_Shape, bool, np.dtype[Any]]: ...
def write_array(
    fp: _Writable,
    array: NDArray[Any],
    version: _Version | None = None,
    allow_pickle: bool = True,
    pickle_kwargs: Mapping[str, Any] | None = None,
) -> None: ...
def read_array(
    fp: _Readable,
    allow_pickle: bool = False,
    pickle_kwargs: Mapping[str, Any] | None = None,
    *,
    max_header_size: int = 10000,
) -> NDArray[Any]: ...
def open_memmap(
    filename: str | PathLike[str],
    mode: Literal["r", "r+", "w+", "c"] = "r+",
    dtype: DTypeLike | None = None,
    shape: int | _Shape | None = None,
    fortran_order: bool = False,
    version: _Version | None = None,
    *,
    max_header_size: int = 10000,
) -> np.memmap[Any, Any]: ...
def isfileobj(f: object) -> bool: ...
