"""``loadtxt``."""

import operator
import re
import warnings

import numpy as np

from . import _native
from ._fallback import left_to
from ._lines import Lines, encoding_of_paths, fetched, is_url, path_of, rest_of, undecoded

# NumPy's function as it was at first, whatever takes its place later.
_NUMPY = np.loadtxt


def loadtxt(
    fname,
    dtype=float,
    comments="#",
    delimiter=None,
    converters=None,
    skiprows=0,
    usecols=None,
    unpack=False,
    ndmin=0,
    encoding=None,
    max_rows=None,
    *,
    quotechar=None,
    like=None,
):
    """Read a table of text: ``numpy.loadtxt``.

    Parameters
    ----------
    fname : path, file object, or iterable of lines
        What is read. Files whose names end in ``.gz``, ``.bz2`` or ``.xz`` are unpacked.
    dtype : dtype
        What the values are. The columns of a record are its fields.
    comments : str, or a sequence of them, or None
        What begins a comment.
    delimiter : str
        The character between columns; white space unless it is given.
    converters : callable, or dict of columns to callables
        Makes values of fields.
    skiprows : int
        Leaves out so many lines at first.
    usecols : int, or a sequence of them
        Reads these columns.
    unpack : bool
        Transposes the array; of a record, gives a list of its fields.
    ndmin : 0, 1 or 2
        The least number of dimensions.
    encoding : str
        The encoding of a file.
    max_rows : int
        Reads no more than so many rows.
    quotechar : str
        The character around fields that have delimiters in them.
    like : array_like
        Left to NumPy.

    Raises
    ------
    ValueError
        When a field is not a value, or a row has another number of columns. An `ArrError` says in which line and where.

    Examples
    --------
    >>> import io, arr_io
    >>> arr_io.loadtxt(io.StringIO("# x y\\n1,2.5\\n3,4\\n"), delimiter=",")
    array([[1. , 2.5],
           [3. , 4. ]])
    """
    if like is not None:
        left_to("loadtxt", "like")
        return _NUMPY(
            fname, dtype, comments, delimiter, converters, skiprows, usecols, unpack, ndmin, encoding, max_rows,
            quotechar=quotechar, like=like,
        )
    how = _How(dtype, comments, delimiter, skiprows, usecols, ndmin, max_rows, quotechar)
    as_bytes = encoding == "bytes"
    source, encoding = how.source(fname, None if as_bytes else encoding)
    columns = _Converters(converters, as_bytes)
    try:
        if columns or how.has_objects:
            array = _by_columns(source, encoding, how, columns)
        else:
            array = how.read(source, encoding, how.dtype)
    except _native.ArrError as error:
        raise undecoded(error, encoding) or how.worded(error, source, encoding) from None
    if array.shape and array.shape[0] == 0:
        warnings.warn(f'loadtxt: input contained no data: "{fname}"', UserWarning, stacklevel=2)
    if not unpack:
        return array
    if array.dtype.names is not None:
        return [array[name] for name in array.dtype.names]
    return array.T


def _count(number):
    """A number of lines or rows."""
    try:
        number = operator.index(number)
    except TypeError:
        raise TypeError("argument must be an integer") from None
    if number < 0:
        raise ValueError("argument must be nonnegative")
    return number


def _character(name, value):
    """A character that means something, or ``None``."""
    if isinstance(value, bytes):
        value = value.decode("latin1")
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != 1:
        raise TypeError(
            f"Text reading control character must be a single unicode character or None; but got: {value!r}"
        )
    if value in "\r\n":
        raise TypeError(f"control character '{name}' cannot be a newline (`\\r` or `\\n`).")
    return value


class _How:
    """The parameters, checked."""

    def __init__(self, dtype, comments, delimiter, skiprows, usecols, ndmin, max_rows, quotechar):
        self.dtype = np.dtype(float if dtype is None else dtype)
        if usecols is not None:
            try:
                usecols = list(usecols)
            except TypeError:
                usecols = [usecols]
        if ndmin not in (0, 1, 2):
            raise ValueError(f"Illegal value of ndmin keyword: {ndmin}")
        self.ndmin = ndmin
        if isinstance(delimiter, bytes):
            delimiter = delimiter.decode("latin1")
        self.comments = self._comments(comments, delimiter, quotechar)
        self.skiprows = _count(skiprows)
        self.max_rows = None if max_rows is None else _count(max_rows)
        self.delimiter = _character("delimiter", delimiter)
        self.quotechar = _character("quotechar", quotechar)
        self._check_characters()
        self.usecols = None if usecols is None else [self._column(column) for column in usecols]
        self._check_usecols()
        self.has_objects = self.dtype.hasobject or not type(self.dtype)._legacy

    @staticmethod
    def _comments(comments, delimiter, quotechar):
        if comments is None:
            return []
        if isinstance(comments, (str, bytes)):
            comments = [comments]
        comments = [mark.decode("latin1") if isinstance(mark, bytes) else mark for mark in comments]
        if "" in comments:
            raise ValueError("comments cannot be an empty string. Use comments=None to disable comments.")
        if len(comments) > 1 and delimiter in comments:
            raise TypeError(f"Comment characters '{tuple(comments)}' cannot include the delimiter '{delimiter}'")
        if (len(comments) > 1 or any(len(mark) > 1 for mark in comments)) and quotechar is not None:
            raise ValueError(
                "when multiple comments or a multi-character comment is given, quotes are not supported.  "
                "In this case quotechar must be set to None."
            )
        if len(comments) == 1 and len(comments[0]) == 1:
            _character("comment", comments[0])
        return comments

    def _check_characters(self):
        comment = self.comments[0] if len(self.comments) == 1 and len(self.comments[0]) == 1 else None
        roles = {"delimiter": self.delimiter, "comment": comment, "quotechar": self.quotechar}
        names = list(roles)
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                same = roles[one] is not None and roles[one] == roles[other]
                blank = one == "delimiter" and roles[one] is None and (roles[other] or "x").isspace()
                if same or blank:
                    raise TypeError(f"The values for control characters '{one}' and '{other}' are incompatible")

    @staticmethod
    def _column(column):
        try:
            column = operator.index(column)
        except TypeError:
            raise TypeError(
                "usecols must be an int or a sequence of ints but it contains at least one element of type "
                f"'{type(column).__name__}'"
            ) from None
        if not -(2**63) <= column < 2**63:
            raise OverflowError("cannot fit 'int' into an index-sized integer")
        return column

    def _check_usecols(self):
        if self.usecols is None or self.dtype.names is None:
            return
        count = len(_leaves(self.dtype))
        if len(self.usecols) != count:
            raise TypeError(
                "If a structured dtype is used, the number of columns in `usecols` must match the effective number "
                f"of fields. But {len(self.usecols)} usecols were given and the number of fields is {count}."
            )

    def source(self, fname, encoding):
        """What the native function reads, and in which encoding."""
        path = path_of(fname)
        if path is not None:
            if is_url(path):
                return (fetched(path, encoding),), None
            return path, encoding_of_paths(encoding)
        if encoding is None:
            encoding = getattr(fname, "encoding", "latin1")
        if self.max_rows is None:
            text = rest_of(fname, encoding)
            if text is not None:
                return (text,), None
        try:
            lines = Lines(fname, encoding, self.quotechar is not None)
        except TypeError as error:
            raise ValueError(
                "fname must be a string, filehandle, list of strings,\n"
                f"or generator. Got {type(fname)} instead."
            ) from error
        if self.max_rows is None:
            lines.take_all()
        else:
            lines.take(self.skiprows, self.max_rows, self._is_row)
        return (lines.text,), None

    def _is_row(self, line):
        """True when a line has a field."""
        for mark in self.comments:
            line = line.split(mark, 1)[0]
        return bool(line.strip()) if self.delimiter is None else bool(line.rstrip("\r\n"))

    def read(self, source, encoding, dtype, usecols=None, ndmin=None):
        """Read columns as values of a dtype."""
        return _native.loadtxt(
            source,
            dtype=dtype,
            delimiter=self.delimiter,
            comments=self.comments,
            quotechar=self.quotechar,
            skiprows=self.skiprows,
            max_rows=self.max_rows,
            usecols=self.usecols if usecols is None else usecols,
            ndmin=self.ndmin if ndmin is None else ndmin,
            encoding=encoding,
        )

    def worded(self, error, source, encoding):
        """An error that says what NumPy says first, and then where it is in the file."""
        ours = str(error)
        found = re.search(r"line (\d+)(?:, column (\d+))?: (.*)", ours, re.DOTALL)
        theirs = found and self._theirs(found[3], self._row(int(found[1]), source, encoding), found[2])
        if not theirs:
            return error
        worded = _native.ArrError(f"{theirs}\n{ours}")
        worded.__dict__.update(error.__dict__)
        return worded

    def _row(self, line, source, encoding):
        """How many rows there are before a line."""
        if isinstance(source, tuple):
            lines = source[0].splitlines()
        else:
            with np.lib._datasource.open(source, "rt", encoding=encoding) as file:
                lines = [text for _, text in zip(range(line), file)]
        return sum(map(self._is_row, lines[self.skiprows : line - 1]))

    def _theirs(self, ours, row, column):
        if found := re.match(r"'(.*)' is (?:not|too) ", ours, re.DOTALL):
            field = found[1].encode("latin1", "backslashreplace").decode("unicode_escape", "replace")
            return f"could not convert string {field!r} to {self._leaf(column)} at row {row}, column {column}."
        if found := re.match(r"the row has (\d+) columns?, the first row has (\d+)", ours):
            return (
                f"the number of columns changed from {found[2]} to {found[1]} at row {row + 1}; "
                "use `usecols` to select a subset and avoid this error"
            )
        if found := re.match(r"the row has (\d+) columns?, the dtype has (\d+)", ours):
            return (
                f"the dtype passed requires {found[2]} columns but {found[1]} were found at row {row + 1}; "
                "use `usecols` to select a subset and avoid this error"
            )
        if found := re.match(r"there is no column (-?\d+): the row has (\d+)", ours):
            return f"invalid column index {found[1]} at row {row + 1} with {found[2]} columns"
        return None

    def _leaf(self, column):
        leaves = _leaves(self.dtype)
        place = int(column or 1) - 1
        return leaves[place][0] if place < len(leaves) else leaves[0][0]


def _leaves(dtype):
    """The dtypes of the columns of a dtype, each with its place in an item."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        count = int(np.prod(shape, dtype=np.int64))
        return [(leaf, n * base.itemsize + at) for n in range(count) for leaf, at in _leaves(base)]
    if dtype.names is None:
        return [(dtype, 0)]
    fields = [dtype.fields[name] for name in dtype.names]
    return [(leaf, offset + at) for field, offset, *_ in fields for leaf, at in _leaves(field)]


class _Converters:
    """What makes values of the fields of some columns."""

    def __init__(self, given, as_bytes):
        self._given = given
        self.as_bytes = as_bytes
        if given is not None and not isinstance(given, dict) and not callable(given):
            raise TypeError(
                "converters must be a dictionary mapping columns to converter functions or a single callable."
            )

    def __bool__(self):
        return self._given is not None

    def by_place(self, count, usecols):
        """The converter of each of so many columns that are read, or ``None``."""
        if self._given is None:
            return [None] * count
        if callable(self._given):
            return [self._given] * count
        found = [None] * count
        for key, convert in self._given.items():
            try:
                column = operator.index(key)
            except TypeError:
                raise TypeError(f"keys of the converters dictionary must be integers; got {key!r}") from None
            if usecols is not None:
                if column not in usecols:
                    continue
                column = usecols.index(column)
            elif not -count <= column < count:
                raise ValueError(
                    f"converter specified for column {column}, which is invalid for the number of fields {count}."
                )
            if not callable(convert):
                raise TypeError(
                    "values of the converters dictionary must be callable, but the value associated with key "
                    f"{key!r} is not"
                )
            found[column] = convert
        return found


def _by_columns(source, encoding, how, converters):
    """Read columns one by one: some are made by Python, or are its objects."""
    fields = how.read(source, encoding, np.dtype("U"), ndmin=2)
    count = fields.shape[1] if len(fields) else len(how.usecols or [0])
    made = converters.by_place(count, how.usecols)
    dtype = how.dtype
    if not fields.size:
        return how.read(source, encoding, dtype if not how.has_objects else np.dtype(float)).astype(dtype)
    is_record = dtype.names is not None
    leaves = _leaves(dtype) if is_record else [(dtype, 0)] * count
    if is_record and len(leaves) != count:
        return how.read(source, encoding, dtype)
    columns = _converted(fields, made, leaves, converters.as_bytes)
    for place, (leaf, _) in enumerate(leaves):
        if columns[place] is None:
            if leaf.hasobject or not type(leaf)._legacy:
                columns[place] = fields[:, place].astype(leaf)
            else:
                pick = how.usecols[place] if how.usecols is not None else place
                columns[place] = how.read(source, encoding, leaf, usecols=[pick], ndmin=1)
    if not is_record:
        array = np.stack(columns, axis=1)
        if array.ndim > how.ndmin:
            array = array.squeeze()
        if array.ndim < how.ndmin:
            array = np.atleast_1d(array) if how.ndmin == 1 else np.atleast_2d(array).T
        return array
    array = np.zeros(len(fields), dtype)
    flat = np.dtype(
        {
            "names": [f"f{n}" for n in range(len(leaves))],
            "formats": [leaf for leaf, _ in leaves],
            "offsets": [at for _, at in leaves],
            "itemsize": dtype.itemsize,
        }
    )
    if dtype.hasobject:
        for name, column in zip(dtype.names, columns):
            array[name] = column
    else:
        view = array.view(flat)
        for name, column in zip(flat.names, columns):
            view[name] = column
    if how.ndmin == 0 and len(array) == 1:
        return array.reshape(())
    return array if how.ndmin < 2 else array.reshape(-1, 1)


def _converted(fields, made, leaves, as_bytes):
    """The columns that converters make, in the order of the file; ``None`` for the others."""
    columns = [None if convert is None else [] for convert in made]
    for row, texts in enumerate(fields.tolist()):
        for place, (text, convert) in enumerate(zip(texts, made)):
            if convert is None:
                continue
            try:
                value = convert(text.encode("latin1") if as_bytes else text)
            except Exception as error:
                raise ValueError(
                    f"could not convert string {text!r} to {leaves[place][0]} at row {row}, column {place + 1}."
                ) from error
            if isinstance(value, bytes) and leaves[place][0].kind in "UT":
                value = value.decode("latin1")
            columns[place].append(value)
    for place, column in enumerate(columns):
        if column is not None:
            columns[place] = _array_of(column, leaves[place][0])
    return columns


def _array_of(values, dtype):
    """An array of values, each of which is one item."""
    array = np.empty(len(values), object)
    for place, value in enumerate(values):
        array[place] = value
    return array if dtype == object else array.astype(dtype)
