"""What NumPy has not: files of every format."""

import os
from collections.abc import Mapping

import numpy as np

from . import _native


class Members(Mapping):
    """The members of an archive, each read when it is asked for: a mapping of keys to arrays, or ``bytes`` of what is none.

    >>> import numpy, arr_io, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "m.npz")
    >>> arr_io.savez(path, w=numpy.ones(2), b=numpy.zeros(1))
    >>> members = arr_io.open(path)
    >>> list(members), members["w"].tolist()
    (['w', 'b'], [1.0, 1.0])
    """

    def __init__(self, path, map, options):
        self._path = path
        self._map = map
        self._options = options
        self._keys = _native.member_keys(path, **options)
        self._known = frozenset(self._keys)

    def __getitem__(self, key):
        if key not in self._known:
            raise KeyError(key)
        return _native.read_member(self._path, key, self._map, **self._options)

    def __contains__(self, key):
        return key in self._known

    def __iter__(self):
        return iter(self._keys)

    def __len__(self):
        return len(self._keys)

    def __repr__(self):
        return f"<arr_io.Members of {os.fspath(self._path)!r}: {len(self)}>"


def open(path, *, map=False, **options):
    """Open a file of any format, which is found out by its content.

    Parameters
    ----------
    path : path
        The file. Compressed files are unpacked.
    map : bool
        Maps the file instead of reading it, where its format allows that: it takes no memory, and changes of the file
        show through.
    **options
        ``format`` names the format, ``member`` a part of the file; ``dtype``, ``order`` (``'C'``, ``'F'``) and ``byte_order``
        (``'little'``, ``'big'``, ``'native'``) say how arrays are brought into memory; limits (``max_bytes``,
        ``max_header_size``, ...) what is refused; all others are options of the format, which `formats` lists.

    Returns
    -------
    An `Array`; a list of them where a file has several without names; `Members` for an archive; Python's own objects for
    a file of objects (a pickle, Torch7, JSON), where those of unknown classes are `Object`.

    Raises
    ------
    OSError
        When the file can't be read.
    ArrError
        When it is damaged, not known, or beyond a limit.

    Examples
    --------
    >>> import numpy, arr_io, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "x.npy")
    >>> arr_io.save(path, numpy.arange(6).reshape(2, 3))
    >>> array = arr_io.open(path, map=True)
    >>> array.shape, numpy.asarray(array)[1].tolist()
    ((2, 3), [3, 4, 5])
    """
    opened = _native.open_file(path, map, **options)
    return Members(path, map, options) if opened is NotImplemented else opened


def info(path, **options):
    """Describe a file without reading its data.

    Returns a dict: ``format``, ``bytes`` of the file, ``compression`` (layers around it), ``arrays`` without names and
    ``members`` by key, each of them a dict of ``dtype``, ``shape``, ``order``, ``offset``, ``bytes``, or ``None`` for what is no
    array. The options are those of `open`.

    >>> import numpy, arr_io, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "x.npy")
    >>> arr_io.save(path, numpy.zeros((2, 3), "f4"))
    >>> found = arr_io.info(path)
    >>> found["format"], found["arrays"][0]["dtype"], found["arrays"][0]["shape"]
    ('npy', '<f4', (2, 3))
    """
    return _native.info(path, **options)


def check(path, **options):
    """Read a whole file and return what is wrong with it: a list of texts, empty when it is sound."""
    return _native.check(path, **options)


def stats(path, **options):
    """Statistics of the arrays of a file, read piece by piece.

    Returns a list of ``(key, field, numbers)``. ``numbers`` is a dict of ``count``, ``nan``, ``min``, ``max``, ``mean``, ``std``,
    ``zeros``, ``histogram`` and more, or ``None`` for items that are no numbers.
    """
    return _native.stats(path, **options)


def convert(path, target, *, reading=None, **options):
    """Convert a file into another format, which is that of the name of ``target`` unless ``format`` names it.

    ``dtype``, ``order`` and ``byte_order`` say what arrays become, ``replace=True`` that a file that exists is replaced; all
    others are options of the format that is written. ``reading`` is a dict of options for the file that is read.

    >>> import numpy, arr_io, tempfile, os
    >>> folder = tempfile.mkdtemp()
    >>> source, target = os.path.join(folder, "x.npy"), os.path.join(folder, "x.csv")
    >>> arr_io.save(source, numpy.array([[1, 2], [3, 4]]))
    >>> arr_io.convert(source, target)
    >>> arr_io.open(target).shape
    (2, 2)
    """
    _native.convert(path, target, reading or {}, **options)


def diff(left, right, *, rtol=0.0, atol=0.0, equal_nan=True, **options):
    """Compare the arrays of two files of any formats; return what differs, a list of texts, empty when nothing does."""
    return _native.diff(left, right, rtol, atol, equal_nan, **options)


def append(path, rows=None, *, replace=False, **members):
    """Add the rows of an array to a file of one, or arrays by name to an archive. All of it is there then, or nothing.

    ``replace`` replaces members that exist.

    >>> import numpy, arr_io, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "log.npy")
    >>> arr_io.save(path, numpy.zeros((2, 3)))
    >>> arr_io.append(path, numpy.ones((1, 3)))
    >>> arr_io.load(path).shape
    (3, 3)
    """
    arrays = [] if rows is None else [(None, np.asanyarray(rows))]
    arrays += [(key, np.asanyarray(array)) for key, array in members.items()]
    _native.append(path, arrays, replace=replace)


def repair(path, target, **options):
    """Write what is whole of a cut or damaged file to another.

    Returns ``(kept, lost)``: how many arrays were written, and a list of names and reasons.
    """
    return _native.repair(path, target, **options)


def save_as(path, array, **options):
    """Save an array in any format: that of the name of the file, or the one that ``format`` names.

    ``order``, ``byte_order`` and ``dtype`` say what is written; all others are options of the format. A file that exists is
    replaced.
    """
    _native.save_as(path, np.asanyarray(array), **options)


def read_pickle(source, *, encoding="ASCII"):
    """Read a pickle without running anything: Python's containers and numbers, NumPy's arrays, and `Object` for all else.

    ``source`` is a path, ``bytes`` or a file object. Several pickles one after another are a list.

    >>> import pickle
    >>> read_pickle(pickle.dumps({"x": [1, 2]}))
    {'x': [1, 2]}
    """
    return _native.read_pickle(source, encoding)


def load_t7(path, **options):
    """Read a file of Torch7, binary or ascii: tables are dicts, tensors arrays, objects of classes `Object`."""
    return _native.open_file(path, False, format="torch7", **options)


def save_t7(path, value, **options):
    """Save an array, or a table, in a file of Torch7: dicts, lists, texts, numbers and arrays in each other, shared as they are.

    >>> import numpy, arr_io, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "x.t7")
    >>> arr_io.save_t7(path, {"w": numpy.ones(2), "epoch": 3})
    >>> found = arr_io.load_t7(path)
    >>> found["w"].tolist(), found["epoch"]
    ([1.0, 1.0], 3.0)
    """
    _native.save_objects(path, value, format="torch7", **options)


def formats():
    """Return the formats there are, each a dict of ``name``, ``description``, ``extensions``, ``reads``, ``writes`` and ``options``.

    >>> [entry["reads"] for entry in formats() if entry["name"] == "npy"]
    [True]
    """
    return _native.formats()
