"""``savetxt``."""

import bz2
import gzip
import lzma
import os

import numpy as np

from . import _native
from ._fallback import left_to
from ._lines import encoding_of_paths, path_of

_PACKED = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open, ".lzma": lzma.open}

# NumPy's function as it was at first, whatever takes its place later.
_NUMPY = np.savetxt


def savetxt(
    fname,
    X,
    fmt="%.18e",
    delimiter=" ",
    newline="\n",
    header="",
    footer="",
    comments="# ",
    encoding=None,
):
    """Save an array of one or two dimensions as a table of text: ``numpy.savetxt``.

    Parameters
    ----------
    fname : path or file object
        Where to. Files whose names end in ``.gz``, ``.bz2`` or ``.xz`` are packed. A file at a path is there whole or not
        at all.
    X : array_like
        What is saved; of a record array each field is a column.
    fmt : str, or a sequence of them
        How values are printed: a format of Python's ``%`` for all columns, one for each, or a row with all of them.
    delimiter, newline : str
        What stands between columns, and at the ends of lines.
    header, footer : str
        Comments before the first row and behind the last one, each line of which begins with ``comments``.
    encoding : str
        The encoding of a file.

    Raises
    ------
    ValueError
        When the array has other than one or two dimensions, or ``fmt`` does not fit it.
    TypeError
        When a format does not fit the values.

    Examples
    --------
    >>> import io, numpy, arr_io
    >>> file = io.StringIO()
    >>> arr_io.savetxt(file, numpy.array([[1, 2.5], [3, 4]]), fmt="%g", header="x y")
    >>> print(file.getvalue(), end="")
    # x y
    1 2.5
    3 4
    """
    path = path_of(fname)
    if path is None and not hasattr(fname, "write"):
        raise ValueError("fname must be a string or file handle")
    array = np.asarray(X)
    if array.ndim not in (1, 2):
        raise ValueError(f"Expected 1D or 2D array, got {array.ndim}D array instead")
    if isinstance(delimiter, bytes):
        delimiter = delimiter.decode("latin1")
    columns = array.shape[1] if array.ndim == 2 else len(array.dtype.names or "x")
    if type(fmt) in (list, tuple):
        if len(fmt) != columns:
            raise AttributeError(f"fmt has wrong shape.  {fmt}")
        fmt = list(fmt)
    elif not isinstance(fmt, str):
        raise ValueError(f"invalid fmt: {fmt!r}")
    if array.dtype.hasobject or not type(array.dtype)._legacy:
        left_to("savetxt", "objects")
        _NUMPY(fname, array, fmt, delimiter, newline, header, footer, comments, encoding)
        return
    # To a file object, what the encoding of the file can't hold is the object's matter.
    target = encoding_of_paths(encoding) if path is not None else "utf-8"
    is_packed = path is not None and os.path.splitext(path)[1] in _PACKED
    try:
        text = _native.savetxt(
            array,
            fmt=fmt,
            delimiter=delimiter,
            newline=newline,
            header=header,
            footer=footer,
            comments=comments,
            encoding=target,
            path=None if is_packed else path,
        )
    except _native.ArrError as error:
        raise _worded(error, array, fmt, delimiter) from None
    if is_packed:
        with _PACKED[os.path.splitext(path)[1]](path, "wb") as file:
            file.write(text)
    elif path is None:
        _hand_over(fname, text, encoding or "latin1")


def _hand_over(file, text, encoding):
    """Give a text to a file object, as ``str`` if it takes it."""
    try:
        file.write(text.decode())
    except TypeError:
        file.write(text if text.isascii() else text.decode().encode(encoding))


def _worded(error, array, fmt, delimiter):
    """An error of the kind and in the words of NumPy."""
    ours = str(error)
    if error.kind == "mismatch":
        text = delimiter.join(fmt) if isinstance(fmt, list) else fmt
        return TypeError(
            f"Mismatch between array dtype ('{array.dtype}') and format specifier ('{text}')\n{ours}"
        )
    if isinstance(fmt, str) and fmt.count("%") != 1:
        return _native.ArrError(f"fmt has wrong number of % formats:  {fmt}\n{ours}")
    return error
