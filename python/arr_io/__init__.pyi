from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, Protocol, SupportsIndex, TypeAlias, final, overload, type_check_only

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import format as format

_Path: TypeAlias = str | bytes | PathLike[str] | PathLike[bytes]
_MapMode: TypeAlias = Literal["r", "r+", "w+", "c"]
_Text: TypeAlias = str | PathLike[str] | Iterable[str] | Iterable[bytes]

@type_check_only
class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

@type_check_only
class _Seekable(_Readable, Protocol):
    def seek(self, offset: int, whence: int, /) -> object: ...

@type_check_only
class _Writable(Protocol):
    def write(self, content: bytes, /) -> object: ...

@type_check_only
class _TextWritable(Protocol):
    def write(self, content: str, /) -> object: ...

__all__ = [
    "ArrError",
    "Array",
    "Members",
    "NpzFile",
    "Object",
    "append",
    "check",
    "convert",
    "diff",
    "fallbacks",
    "format",
    "formats",
    "genfromtxt",
    "info",
    "load",
    "load_t7",
    "loadtxt",
    "open",
    "read_pickle",
    "repair",
    "save",
    "save_as",
    "save_t7",
    "savetxt",
    "savez",
    "savez_compressed",
    "stats",
]

fallbacks: Counter[str]

class ArrError(ValueError):
    kind: str | None
    format: str | None
    offset: int | None
    path: str | None
    file: str | None
    hint: str | None

@final
class Array:
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def ndim(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def order(self) -> Literal["C", "F", "strided"]: ...
    @property
    def address(self) -> int: ...
    def numpy(self) -> NDArray[Any]: ...
    def tolist(self) -> Any: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]: ...
    @property
    def __array_interface__(self) -> dict[str, Any]: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __dlpack__(
        self,
        *,
        stream: None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> object: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class Members(Mapping[str, Array | bytes]):
    def __init__(self, path: _Path, map: bool, options: dict[str, Any]) -> None: ...
    def __getitem__(self, key: str, /) -> Array | bytes: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...

class Object:
    class_name: str
    args: Any
    kwargs: Any
    state: Any
    version: float | None
    items: list[Any]
    entries: list[tuple[Any, Any]]
    def __init__(self, class_name: str) -> None: ...

class NpzFile(np.lib.npyio.NpzFile):
    def __init__(
        self,
        fid: _Path | _Seekable,
        own_fid: bool = False,
        allow_pickle: bool = False,
        pickle_kwargs: Mapping[str, Any] | None = None,
        *,
        max_header_size: int = 10000,
    ) -> None: ...
    def __getitem__(self, key: str, /) -> Any: ...

def load(
    file: _Path | _Seekable,
    mmap_mode: _MapMode | None = None,
    allow_pickle: bool = False,
    fix_imports: bool = True,
    encoding: Literal["ASCII", "latin1", "bytes"] = "ASCII",
    *,
    max_header_size: int = 10000,
) -> Any: ...
def save(file: _Path | _Writable, arr: ArrayLike, allow_pickle: bool = True) -> None: ...
def savez(file: _Path | _Writable, *args: ArrayLike, allow_pickle: bool = True, **kwds: ArrayLike) -> None: ...
def savez_compressed(
    file: _Path | _Writable, *args: ArrayLike, allow_pickle: bool = True, **kwds: ArrayLike
) -> None: ...
@overload
def loadtxt(
    fname: _Text,
    dtype: DTypeLike | None = ...,
    comments: str | bytes | Sequence[str | bytes] | None = "#",
    delimiter: str | bytes | None = None,
    converters: Mapping[int, Callable[[Any], Any]] | Callable[[Any], Any] | None = None,
    skiprows: SupportsIndex = 0,
    usecols: SupportsIndex | Sequence[SupportsIndex] | None = None,
    unpack: Literal[False] = False,
    ndmin: Literal[0, 1, 2] = 0,
    encoding: str | None = None,
    max_rows: SupportsIndex | None = None,
    *,
    quotechar: str | None = None,
    like: Any = None,
) -> NDArray[Any]: ...
@overload
def loadtxt(
    fname: _Text,
    dtype: DTypeLike | None = ...,
    comments: str | bytes | Sequence[str | bytes] | None = "#",
    delimiter: str | bytes | None = None,
    converters: Mapping[int, Callable[[Any], Any]] | Callable[[Any], Any] | None = None,
    skiprows: SupportsIndex = 0,
    usecols: SupportsIndex | Sequence[SupportsIndex] | None = None,
    *,
    unpack: Literal[True],
    ndmin: Literal[0, 1, 2] = 0,
    encoding: str | None = None,
    max_rows: SupportsIndex | None = None,
    quotechar: str | None = None,
    like: Any = None,
) -> Any: ...
def savetxt(
    fname: str | PathLike[str] | _Writable | _TextWritable,
    X: ArrayLike,
    fmt: str | Sequence[str] = "%.18e",
    delimiter: str = " ",
    newline: str = "\n",
    header: str = "",
    footer: str = "",
    comments: str = "# ",
    encoding: str | None = None,
) -> None: ...
def genfromtxt(
    fname: _Text,
    dtype: DTypeLike | None = ...,
    comments: str | bytes | None = "#",
    delimiter: str | int | Sequence[int] | None = None,
    skip_header: int = 0,
    skip_footer: int = 0,
    converters: Mapping[int | str, Callable[[Any], Any]] | None = None,
    missing_values: Any = None,
    filling_values: Any = None,
    usecols: int | str | Sequence[int | str] | None = None,
    names: bool | str | Sequence[str] | None = None,
    excludelist: Sequence[str] | None = None,
    deletechars: str | Iterable[str] = ...,
    replace_space: str = "_",
    autostrip: bool = False,
    case_sensitive: bool | Literal["upper", "lower"] = True,
    defaultfmt: str = "f%i",
    unpack: bool | None = None,
    usemask: bool = False,
    loose: bool = True,
    invalid_raise: bool = True,
    max_rows: int | None = None,
    encoding: str | None = None,
    *,
    ndmin: Literal[0, 1, 2] = 0,
    like: Any = None,
) -> Any: ...
def open(path: _Path, *, map: bool = False, **options: Any) -> Any: ...
def info(path: _Path, **options: Any) -> dict[str, Any]: ...
def check(path: _Path, **options: Any) -> list[str]: ...
def stats(path: _Path, **options: Any) -> list[tuple[str | None, str | None, dict[str, Any] | None]]: ...
def convert(path: _Path, target: _Path, *, reading: Mapping[str, Any] | None = None, **options: Any) -> None: ...
def diff(
    left: _Path, right: _Path, *, rtol: float = 0.0, atol: float = 0.0, equal_nan: bool = True, **options: Any
) -> list[str]: ...
def append(path: _Path, rows: ArrayLike | None = None, *, replace: bool = False, **members: ArrayLike) -> None: ...
def repair(path: _Path, target: _Path, **options: Any) -> tuple[int, list[tuple[str | None, str]]]: ...
def save_as(path: _Path, array: ArrayLike, **options: Any) -> None: ...
def read_pickle(
    source: _Path | _Readable, *, encoding: Literal["ASCII", "latin1", "bytes"] = "ASCII"
) -> Any: ...
def load_t7(path: _Path, **options: Any) -> Any: ...
def save_t7(path: _Path, value: Any, **options: Any) -> None: ...
def formats() -> list[dict[str, Any]]: ...
