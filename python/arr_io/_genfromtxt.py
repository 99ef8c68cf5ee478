"""``genfromtxt``."""

import io
import warnings

import numpy as np
from numpy.exceptions import VisibleDeprecationWarning
from numpy.lib._iotools import ConversionWarning, NameValidator

from . import _native
from ._fallback import left_to
from ._lines import Lines, encoding_of_paths, fetched, is_url, path_of, rest_of, undecoded
from ._masked import masked

# NumPy's function as it was at first, whatever takes its place later.
_NUMPY = np.genfromtxt


def genfromtxt(
    fname,
    dtype=float,
    comments="#",
    delimiter=None,
    skip_header=0,
    skip_footer=0,
    converters=None,
    missing_values=None,
    filling_values=None,
    usecols=None,
    names=None,
    excludelist=None,
    deletechars="".join(sorted(NameValidator.defaultdeletechars)),
    replace_space="_",
    autostrip=False,
    case_sensitive=True,
    defaultfmt="f%i",
    unpack=None,
    usemask=False,
    loose=True,
    invalid_raise=True,
    max_rows=None,
    encoding=None,
    *,
    ndmin=0,
    like=None,
):
    """Read a table of text that may have missing values and names: ``numpy.genfromtxt``.

    Parameters
    ----------
    fname : path, file object, or iterable of lines
        What is read.
    dtype : dtype or None
        What the values are; ``None`` for what they look like.
    comments : str
        What begins a comment.
    delimiter : str, int, or a sequence of them
        What stands between columns, or how wide they are.
    skip_header, skip_footer : int
        Leaves out so many lines at first, and rows at the end.
    converters : dict
        Makes values of fields. Such calls are left to NumPy.
    missing_values, filling_values
        What stands for a missing value, and what is read in its place: for all columns, a list, or a dict by column.
    usecols : sequence
        Reads these columns, by number or name.
    names : True, str, or sequence
        The names of the fields; ``True`` for those in the first line.
    excludelist, deletechars, replace_space, case_sensitive, defaultfmt
        What becomes of names.
    autostrip : bool
        Strips blanks off fields.
    unpack : bool
        Transposes the array; of a record, gives a list of its fields.
    usemask : bool
        Returns a masked array. It is left to NumPy where columns are named in ``usecols``, or fields hold several.
    loose : bool
        Replaces what is not a value, instead of a ``ValueError``.
    invalid_raise : bool
        Whether rows with another number of columns are an error, or left out with a ``ConversionWarning``.
    max_rows : int
        Reads no more than so many rows.
    encoding : str
        The encoding of a file.
    ndmin : 0, 1 or 2
        The least number of dimensions.
    like : array_like
        Left to NumPy.

    Examples
    --------
    >>> import io, arr_io
    >>> table = arr_io.genfromtxt(io.StringIO("x,y\\n1,2.5\\n,4\\n"), delimiter=",", names=True, filling_values=-1)
    >>> table["x"]
    array([ 1., -1.])
    """
    given = {name: value for name, value in locals().items() if name != "fname"}
    for name in ("like", "converters"):
        if given[name] is not None and given[name] is not False:
            left_to("genfromtxt", name)
            return _NUMPY(fname, **given)
    if ndmin not in (0, 1, 2):
        raise ValueError(f"Illegal value of ndmin keyword: {ndmin}")
    if max_rows is not None:
        if skip_footer:
            raise ValueError("The keywords 'skip_footer' and 'max_rows' can not be specified at the same time.")
        if max_rows < 1:
            raise ValueError("'max_rows' must be at least 1.")
    options = _options(given)
    if options is None:
        left_to("genfromtxt", "dtype")
        return _NUMPY(fname, **given)
    unpack = options["unpack"] and not usemask
    options["unpack"] = unpack
    try:
        source, array, (skipped, first, is_empty) = _read(fname, options, given)
    except _native.ArrError as error:
        raise undecoded(error, encoding) or _worded(error) from None
    if usemask:
        array = _masked(source, array, options, given)
        if array is None:
            left_to("genfromtxt", "usemask")
            return _NUMPY(io.StringIO(source[0]) if isinstance(source, tuple) else source, **given)
    if is_empty:
        warnings.warn(f'genfromtxt: Empty input file: "{fname}"', UserWarning, stacklevel=2)
    if skipped:
        line, columns = first
        warnings.warn(
            f"Some errors were detected !\n    Line #{line} (got {columns} columns); {skipped} rows are left out",
            ConversionWarning,
            stacklevel=2,
        )
    if encoding == "bytes" and dtype is None and _has_text(array.dtype):
        warnings.warn(
            "Reading unicode strings without specifying the encoding argument is deprecated. "
            "Set the encoding, use None for the system default.",
            VisibleDeprecationWarning,
            stacklevel=2,
        )
    if usemask and given["unpack"] and array.dtype.names is None:
        return array.T
    if given["unpack"] and array.dtype.names is not None:
        fields = array.dtype.names
        return array[fields[0]] if len(fields) == 1 else [array[field] for field in fields]
    return array


def _has_text(dtype):
    if dtype.names is not None:
        return any(_has_text(dtype[name]) for name in dtype.names)
    return dtype.kind in "SU"


def _read(fname, options, given):
    """What was read, the array, and what was not read as it stands."""
    encoding = given["encoding"]
    as_bytes = encoding == "bytes"
    encoding = None if as_bytes else encoding
    path = path_of(fname)
    if path is not None and not is_url(path):
        if not as_bytes:
            options["encoding"] = encoding_of_paths(encoding)
        return _native_of(path, options)
    if path is not None:
        return _native_of((fetched(path, encoding),), options)
    max_rows = given["max_rows"]
    if max_rows is None:
        text = rest_of(fname, encoding)
        if text is not None:
            return _native_of((text,), options)
    try:
        lines = Lines(fname, encoding)
    except TypeError as error:
        raise TypeError(
            "fname must be a string, a filehandle, a sequence of strings,\n"
            f"or an iterator of strings. Got {type(fname)} instead."
        ) from error
    if max_rows is None:
        lines.take_all()
        return _native_of((lines.text,), options)
    is_row = _Rows(given["comments"], given["names"] is True)
    wanted = max_rows + (given["names"] is True)
    while True:
        lines.take(given["skip_header"], wanted, is_row)
        source, array, told = _native_of((lines.text,), options)
        # Rows that are left out do not count.
        wanted = max_rows - array.shape[-1 if given["unpack"] else 0] if array.ndim else 0
        if lines.is_at_end or wanted <= 0 or not told[0]:
            return source, array, told


def _native_of(source, options):
    return source, *_native.genfromtxt(source, options)


def _masked(source, array, options, given):
    """The array with a mask of what is missing; ``None`` where that is left to NumPy."""
    if array.size == 0 or any(isinstance(column, str) for column in options.get("usecols", ())):
        return None
    texts = dict(options, dtype=np.dtype("U"), names=None, missing_values=None, filling_values=None, ndmin=2)
    try:
        fields, _ = _native.genfromtxt(source, texts)
    except _native.ArrError:
        return None
    return masked(array, fields, dict(given, usecols=options.get("usecols")))


class _Rows:
    """Tells lines that have fields. Those of names may be in a comment."""

    def __init__(self, comments, has_names):
        self._comments = comments
        self._has_names = has_names

    def __call__(self, line):
        if self._comments:
            before, _, behind = line.partition(self._comments)
            line = behind if self._has_names and behind else before
        is_row = bool(line.strip())
        self._has_names = self._has_names and not is_row
        return is_row


def _options(given):
    """The parameters as the native function takes them; ``None`` for a dtype that it does not read."""
    options = {}
    dtype = given["dtype"]
    if dtype is None:
        options["dtype"] = None
    else:
        try:
            dtype = np.dtype(dtype)
        except TypeError:
            dtype = np.dtype([("", one) for one in dtype])
        if dtype.hasobject or not type(dtype)._legacy:
            return None
        options["dtype"] = dtype
    for name in ("skip_header", "skip_footer", "autostrip", "loose", "invalid_raise", "ndmin", "defaultfmt"):
        options[name] = given[name]
    for name in ("comments", "delimiter", "replace_space"):
        value = given[name]
        options[name] = value.decode("latin1") if isinstance(value, bytes) else value
    options["unpack"] = bool(given["unpack"])
    options["case_sensitive"] = given["case_sensitive"]
    if given["max_rows"] is not None:
        options["max_rows"] = given["max_rows"]
    if given["excludelist"]:
        options["excludelist"] = list(given["excludelist"])
    if given["deletechars"] is not None:
        options["deletechars"] = "".join(given["deletechars"])
    if given["encoding"] == "bytes":
        options["encoding"] = "bytes"
    usecols = given["usecols"]
    if usecols is not None:
        if isinstance(usecols, str):
            usecols = [one.strip() for one in usecols.split(",")]
        elif not hasattr(usecols, "__iter__"):
            usecols = [usecols]
        options["usecols"] = list(usecols)
    names = given["names"]
    if isinstance(names, str):
        names = [one.strip() for one in names.split(",")]
    options["names"] = names if names is True else list(names) if names else None
    options["missing_values"] = _missing(given["missing_values"])
    options["filling_values"] = _filling(given["filling_values"])
    return options


def _texts(value):
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]


def _missing(values):
    if isinstance(values, bytes):
        values = values.decode("latin1")
    if not values and values != 0:
        return None
    if isinstance(values, dict):
        return {key: _texts(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [[str(value)] for value in values]
    return values.split(",") if isinstance(values, str) else [str(values)]


def _filling(values):
    def plain(value):
        return value.item() if isinstance(value, np.generic) else value

    if isinstance(values, dict):
        return {key: plain(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [plain(value) for value in values]
    return plain(values)


def _worded(error):
    """An error in the words of NumPy, where it has some."""
    ours = str(error)
    if "column" in ours and "row" in ours:
        worded = _native.ArrError(f"Some errors were detected !\n{ours}")
        worded.__dict__.update(error.__dict__)
        return worded
    return error
