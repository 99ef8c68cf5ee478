"""The functions of ``numpy.lib.format``: headers, arrays and maps of ``.npy`` files.

>>> import io, numpy
>>> file = io.BytesIO()
>>> write_array(file, numpy.zeros((2, 3), order="F"))
>>> _ = file.seek(0)
>>> version = read_magic(file)
>>> read_array_header_1_0(file)
((2, 3), True, dtype('float64'))
"""

import contextlib
import io
import os
import pickle
import re
import warnings

import numpy as np
from numpy.lib._utils_impl import drop_metadata

from . import _native
from ._fallback import left_to

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

EXPECTED_KEYS = {"descr", "fortran_order", "shape"}
MAGIC_PREFIX = b"\x93NUMPY"
MAGIC_LEN = len(MAGIC_PREFIX) + 2
ARRAY_ALIGN = 64
BUFFER_SIZE = 2**18
GROWTH_AXIS_MAX_DIGITS = 21

MAX_HEADER_SIZE = 10000

# What max_header_size is where a file is trusted.
_ANY_SIZE = 2**64 - 1


def magic(major, minor):
    """Return the magic bytes of a file of that version.

    Raises ``ValueError`` when a number is no byte.

    >>> magic(1, 0)
    b'\\x93NUMPY\\x01\\x00'
    """
    for name, number in (("major", major), ("minor", minor)):
        if not 0 <= number <= 255:
            raise ValueError(f"{name} version must be 0 <= {name} < 256")
    return MAGIC_PREFIX + bytes([major, minor])


def read_magic(fp):
    """Read the magic bytes of a file object and return its version, ``(major, minor)``.

    Raises ``ValueError`` for other bytes.
    """
    found = _read_exactly(fp, MAGIC_LEN, "magic string")
    if not found.startswith(MAGIC_PREFIX):
        raise ValueError(f"the magic string is not correct; expected {MAGIC_PREFIX!r}, got {found[:-2]!r}")
    return found[-2], found[-1]


def _read_exactly(fp, size, what):
    """All of the next ``size`` bytes of an object, which may hand out fewer at a time."""
    parts = []
    left = size
    while left:
        try:
            part = fp.read(left)
        except BlockingIOError:
            continue
        if part is None:
            continue
        if not part:
            raise ValueError(f"EOF: reading {what}, expected {size} bytes got {size - left}")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _check_version(version):
    if version not in [(1, 0), (2, 0), (3, 0), None]:
        raise ValueError(f"we only support format version (1,0), (2,0), and (3,0), not {version}")


def dtype_to_descr(dtype):
    """Return what stands for a dtype in a header: a type string, or a list of fields.

    Metadata is lost with a ``UserWarning``, and dtypes that other packages add to NumPy are saved as objects with one.

    >>> dtype_to_descr(np.dtype("f4"))
    '<f4'
    """
    bare = drop_metadata(dtype)
    if bare is not dtype:
        warnings.warn(
            "metadata on a dtype is not saved to an npy/npz. Use another format (such as pickle) to store it.",
            UserWarning,
            stacklevel=2,
        )
    if bare.names is not None:
        return bare.descr
    if type(bare)._legacy:
        return bare.str
    warnings.warn(
        "Custom dtypes are saved as python objects using the pickle protocol. "
        "Loading this file requires allow_pickle=True to be set.",
        UserWarning,
        stacklevel=2,
    )
    return "|O"


def descr_to_dtype(descr):
    """Return the dtype that ``descr`` stands for; fields without a name that only fill space become holes.

    >>> descr_to_dtype([("x", "<f4"), ("", "|V4"), ("y", "<i8")]).itemsize
    16
    """
    if isinstance(descr, str):
        return np.dtype(descr)
    return _native.descr_to_dtype(repr(descr))


def header_data_from_array_1_0(array):
    """Return what the header of an array says, as a dict."""
    return {
        "shape": array.shape,
        "fortran_order": array.flags.f_contiguous and not array.flags.c_contiguous,
        "descr": dtype_to_descr(array.dtype),
    }


def _header_of(d, version=None):
    """The bytes of a header that says what a dict does, and their version, which is the smallest that will do if none is
    given."""
    shape = d["shape"]
    text = "{" + "".join(f"{key!r}: {value!r}, " for key, value in sorted(d.items())) + "}"
    if shape:
        # Room for the dimension along which the array may grow.
        text += " " * (GROWTH_AXIS_MAX_DIGITS - len(repr(shape[-1 if d["fortran_order"] else 0])))
    if version is not None:
        return _wrapped(text, version), version
    for version in _LENGTHS:
        try:
            return _wrapped(text, version), version
        except ValueError:
            if version == (3, 0):
                raise
    raise AssertionError("the last version holds every text, or says why not")


# The number of bytes that say how long a header is, and the encoding of its text.
_LENGTHS = {(1, 0): (2, "latin1"), (2, 0): (4, "latin1"), (3, 0): (4, "utf8")}


def _wrapped(text, version):
    size, encoding = _LENGTHS[version]
    text = text.encode(encoding)
    before = MAGIC_LEN + size + len(text) + 1
    text += b" " * (ARRAY_ALIGN - before % ARRAY_ALIGN) + b"\n"
    try:
        length = len(text).to_bytes(size, "little")
    except OverflowError:
        raise ValueError(f"Header length {len(text)} too big for version={version}") from None
    return magic(*version) + length + text


def _write_array_header(fp, d, version=None):
    header, used = _header_of(d, version)
    if version is None:
        _warn_of(used, 3)
    fp.write(header)


def _warn_of(version, stacklevel):
    needed = {(2, 0): "1.9", (3, 0): "1.17"}.get(version)
    if needed:
        major, minor = version
        warnings.warn(
            f"Stored array in format {major}.{minor}. It can only be read by NumPy >= {needed}",
            UserWarning,
            stacklevel=stacklevel + 1,
        )


def write_array_header_1_0(fp, d):
    """Write a header of version 1.0 that says what ``d`` does.

    Raises ``ValueError`` when it is too long for that version.
    """
    _write_array_header(fp, d, (1, 0))


def write_array_header_2_0(fp, d):
    """Write a header of version 2.0 that says what ``d`` does."""
    _write_array_header(fp, d, (2, 0))


def read_array_header_1_0(fp, max_header_size=MAX_HEADER_SIZE):
    """Read the rest of a header of version 1.0, behind its magic.

    Returns ``(shape, fortran_order, dtype)``. Raises ``ValueError`` when it is no header, or larger than
    ``max_header_size``.
    """
    return _read_array_header(fp, (1, 0), max_header_size)


def read_array_header_2_0(fp, max_header_size=MAX_HEADER_SIZE):
    """Read the rest of a header of version 2.0, behind its magic, as ``read_array_header_1_0`` does."""
    return _read_array_header(fp, (2, 0), max_header_size)


def _read_array_header(fp, version, max_header_size=MAX_HEADER_SIZE):
    with _words():
        return _native.read_array_header_of(fp, version, min(max_header_size, _ANY_SIZE))


@contextlib.contextmanager
def _words():
    """Say in the words of NumPy first what it has words for."""
    try:
        yield
    except _native.ArrError as error:
        worded = _worded(error)
        if worded is None:
            raise
        raise worded from None


def _worded(error):
    ours = str(error)
    if error.hint == "max_header_size=..." and (found := re.search(r"a header of (\d+) bytes", ours)):
        theirs = f"Header info length ({found[1]}) is large and may not be safe to load securely."
    elif found := re.search(r"the header ends after (\d+) of (\d+) bytes", ours):
        theirs = f"EOF: reading array header, expected {found[2]} bytes got {found[1]}"
    elif found := re.search(r"Failed to read all data .*?\?\)", ours):
        theirs = found[0]
        ours = ours.replace(theirs + ": ", "")
    else:
        return None
    worded = _native.ArrError(f"{theirs}\n{ours}")
    worded.__dict__.update(error.__dict__)
    return worded


def _spelled(array, stacklevel):
    """The descr of an array whose dtype has parts, for the native functions; ``None`` for the others."""
    dtype = array.dtype
    if dtype.names is None and dtype.metadata is None:
        return None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        descr = dtype_to_descr(dtype)
    for warning in caught:
        warnings.warn(warning.message, warning.category, stacklevel=stacklevel + 1)
    return repr(descr)


def _is_plain(dtype):
    """True when the items of a dtype are in the file as they are in memory."""
    return type(dtype)._legacy and not dtype.hasobject


def write_array(fp, array, version=None, allow_pickle=True, pickle_kwargs=None):
    """Write an array to a file object, with its header.

    ``version`` is that of the format, or ``None`` for the oldest that will do. Arrays of objects are written by
    ``pickle.dump``, unless ``allow_pickle`` is false, which makes them a ``ValueError``.
    """
    _check_version(version)
    if _is_plain(array.dtype):
        if isfileobj(fp):
            _check_unmasked(array)
        used = _native.write_array(fp, array, _spelled(array, 2), version)
        if version is None:
            _warn_of(used, 2)
        return
    _check_pickle(array.dtype, allow_pickle)
    _write_array_header(fp, header_data_from_array_1_0(array), version)
    pickle.dump(array, fp, protocol=4, **(pickle_kwargs or {}))


def _check_unmasked(array):
    """Refuse to write a masked array to a file without its mask, as NumPy does."""
    if isinstance(array, np.ma.MaskedArray):
        raise NotImplementedError("MaskedArray.tofile() not implemented yet.")


def _check_pickle(dtype, allow_pickle):
    if not allow_pickle:
        what = "Object arrays" if dtype.hasobject else "User-defined dtypes"
        raise ValueError(f"{what} cannot be saved when allow_pickle=False")


def read_array(fp, allow_pickle=False, pickle_kwargs=None, *, max_header_size=MAX_HEADER_SIZE):
    """Read the next array of a file object, whose position is behind it then.

    Arrays of objects are a ``ValueError`` unless ``allow_pickle`` is true. Then they are read without running anything
    where their objects are of known kinds, and by ``pickle.load`` where they are not.
    """
    if allow_pickle:
        max_header_size = _ANY_SIZE
    with _words():
        array = _native.read_array(fp, min(max_header_size, _ANY_SIZE))
    if array is not None:
        return array
    return _read_objects(fp, allow_pickle, pickle_kwargs)


def _read_objects(fp, allow_pickle, pickle_kwargs):
    """The array of objects whose pickle comes next."""
    if not allow_pickle:
        raise ValueError("Object arrays cannot be loaded when allow_pickle=False")
    try:
        return _unpickled(fp, "read_array", pickle_kwargs or {})
    except UnicodeError as error:
        raise UnicodeError(
            f"Unpickling a python object failed: {error!r}\n"
            "You may need to pass the encoding= option to numpy.load"
        ) from error


def _unpickled(fp, what, kwargs):
    """The objects of the pickle that comes next: made without running anything if they are of known kinds, or else by
    ``pickle``."""
    try:
        place = fp.tell()
        content = fp.read()
    except (AttributeError, OSError):
        left_to(what, "objects of a stream")
        return pickle.load(fp, **kwargs)
    try:
        objects, size = _native.load_pickle(content, kwargs.get("encoding", "ASCII"))
    except (_native.ArrError, NotImplementedError):
        left_to(what, "objects of unknown classes")
        fp.seek(place)
        return pickle.load(fp, **kwargs)
    fp.seek(place + size)
    return objects


def open_memmap(
    filename,
    mode="r+",
    dtype=None,
    shape=None,
    fortran_order=False,
    version=None,
    *,
    max_header_size=MAX_HEADER_SIZE,
):
    """Map a ``.npy`` file: one that exists, or with ``w`` in ``mode`` a new one.

    Returns a ``numpy.memmap``. ``mode`` is ``r``, ``r+``, ``w+`` or ``c``, a copy on write.
    Raises ``ValueError`` for an open file, and for a dtype with objects.
    """
    if isfileobj(filename):
        raise ValueError(
            "Filename must be a string or a path-like object.  Memmap cannot use existing file handles."
        )
    path = os.fspath(filename)
    if "w" in mode:
        _check_version(version)
        dtype = np.dtype(dtype)
        _check_mappable(dtype)
        d = {"descr": dtype_to_descr(dtype), "fortran_order": fortran_order, "shape": shape}
        with open(path, mode + "b") as fp:
            _write_array_header(fp, d, version)
            offset = fp.tell()
        mode = "r+" if mode == "w+" else mode
    else:
        with open(path, "rb") as fp:
            version = read_magic(fp)
            _check_version(version)
            shape, fortran_order, dtype = _read_array_header(fp, version, max_header_size)
            _check_mappable(dtype)
            offset = fp.tell()
    order = "F" if fortran_order else "C"
    return np.memmap(filename, dtype=dtype, shape=shape, order=order, mode=mode, offset=offset)


def _check_mappable(dtype):
    if dtype.hasobject:
        raise ValueError("Array can't be memory-mapped: Python objects in dtype.")


def isfileobj(f):
    """Return whether an object is an open file of the system."""
    if not isinstance(f, (io.FileIO, io.BufferedReader, io.BufferedWriter)):
        return False
    try:
        f.fileno()
    except OSError:
        return False
    return True
