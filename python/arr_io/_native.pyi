from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from . import Array as Array
from . import ArrError as ArrError

__all__ = [
    "Archive",
    "ArrError",
    "Array",
    "Memory",
    "append",
    "check",
    "convert",
    "descr_to_dtype",
    "diff",
    "formats",
    "genfromtxt",
    "info",
    "load_path",
    "load_pickle",
    "loadtxt",
    "member_keys",
    "open_file",
    "read_array",
    "read_array_header_of",
    "read_member",
    "read_pickle",
    "repair",
    "run_command",
    "save_as",
    "save_npz",
    "save_objects",
    "save_path",
    "savetxt",
    "stats",
    "write_array",
]

@final
class Memory:
    @property
    def nbytes(self) -> int: ...

@final
class Archive:
    def __new__(cls, file: Any, max_header_size: int) -> Archive: ...
    def names(self) -> list[str]: ...
    def array(self, name: str) -> NDArray[Any] | None: ...
    def bytes(self, name: str) -> bytes: ...

def run_command(arguments: list[str]) -> int: ...
def load_path(path: Any, max_header_size: int) -> NDArray[Any] | None: ...
def read_array(file: Any, max_header_size: int) -> NDArray[Any] | None: ...
def read_array_header_of(
    file: Any, version: tuple[int, int], max_header_size: int
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]: ...
def descr_to_dtype(descr: str) -> np.dtype[Any]: ...
def save_path(
    path: Any, array: NDArray[Any], descr: str | None = None, version: tuple[int, int] | None = None
) -> tuple[int, int]: ...
def write_array(
    file: Any, array: NDArray[Any], descr: str | None = None, version: tuple[int, int] | None = None
) -> tuple[int, int]: ...
def save_npz(target: Any, members: list[tuple[str, Any, str | None]], level: int = 0) -> None: ...
def read_pickle(source: Any, encoding: str = "ASCII") -> Any: ...
def load_pickle(content: bytes, encoding: str) -> tuple[Any, int]: ...
def loadtxt(
    text: Any,
    *,
    dtype: np.dtype[Any],
    delimiter: str | None = None,
    comments: list[str] | None = None,
    quotechar: str | None = None,
    skiprows: int = 0,
    max_rows: int | None = None,
    usecols: list[int] | None = None,
    ndmin: int = 0,
    encoding: str | None = None,
) -> NDArray[Any]: ...
def genfromtxt(
    text: Any, options: dict[str, Any]
) -> tuple[NDArray[Any], tuple[int, tuple[int, int] | None, bool]]: ...
def savetxt(
    array: NDArray[Any],
    *,
    fmt: str | list[str],
    delimiter: str,
    newline: str,
    header: str,
    footer: str,
    comments: str,
    encoding: str | None = None,
    path: Any = None,
) -> bytes | None: ...
def open_file(path: Any, map: bool = False, **arguments: Any) -> Any: ...
def member_keys(path: Any, **arguments: Any) -> list[str]: ...
def read_member(path: Any, key: str, map: bool = False, **arguments: Any) -> Array | bytes: ...
def info(path: Any, **arguments: Any) -> dict[str, Any]: ...
def check(path: Any, **arguments: Any) -> list[str]: ...
def stats(path: Any, **arguments: Any) -> list[tuple[str | None, str | None, dict[str, Any] | None]]: ...
def convert(path: Any, target: Any, reading: dict[str, Any], **arguments: Any) -> None: ...
def save_as(path: Any, array: NDArray[Any], **arguments: Any) -> None: ...
def save_objects(path: Any, object: Any, **arguments: Any) -> None: ...
def append(path: Any, arrays: list[tuple[str | None, NDArray[Any]]], **arguments: Any) -> None: ...
def repair(path: Any, target: Any, **arguments: Any) -> tuple[int, list[tuple[str | None, str]]]: ...
def diff(
    left: Any, right: Any, rtol: float = 0.0, atol: float = 0.0, equal_nan: bool = True, **arguments: Any
) -> list[str]: ...
def formats() -> list[dict[str, Any]]: ...
