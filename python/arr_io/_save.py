"""``save``, ``savez`` and ``savez_compressed``."""

import io
import os

import numpy as np

from . import _native, format

# What NumPy's archives are deflated with.
_LEVEL = 6


def save(file, arr, allow_pickle=True):
    """Save an array as a ``.npy`` file: ``numpy.save``.

    Parameters
    ----------
    file : path or file object
        Where to. ``.npy`` is added to a path that does not end so. A file at a path is there whole or not at all.
    arr : array_like
        What is saved.
    allow_pickle : bool
        Saves arrays of objects, by ``pickle.dump``; otherwise they are a ``ValueError``.

    Examples
    --------
    >>> import io, numpy, arr_io
    >>> file = io.BytesIO()
    >>> arr_io.save(file, [1, 2])
    >>> arr_io.save(file, [3.5])
    >>> _ = file.seek(0)
    >>> arr_io.load(file), arr_io.load(file)
    (array([1, 2]), array([3.5]))
    """
    if hasattr(file, "write"):
        format.write_array(file, np.asanyarray(arr), allow_pickle=allow_pickle)
        return
    path = os.fspath(file)
    ending = b".npy" if isinstance(path, bytes) else ".npy"
    if not path.endswith(ending):
        path = path + ending
    arr = np.asanyarray(arr)
    if format._is_plain(arr.dtype):
        format._check_unmasked(arr)
        used = _native.save_path(path, arr, format._spelled(arr, 2))
        format._warn_of(used, 2)
        return
    format._check_pickle(arr.dtype, allow_pickle)
    with open(path, "wb") as fid:
        format.write_array(fid, arr, allow_pickle=allow_pickle)


def savez(file, *args, allow_pickle=True, **kwds):
    """Save arrays as the members of an archive that is not compressed: ``numpy.savez``.

    Arrays by position are called ``arr_0``, ``arr_1`` and so on, those by keyword by their names. ``.npz`` is added to a
    path that does not end so.

    Examples
    --------
    >>> import io, numpy, arr_io
    >>> file = io.BytesIO()
    >>> arr_io.savez(file, [1, 2], x=numpy.zeros(3))
    >>> _ = file.seek(0)
    >>> list(arr_io.load(file))
    ['x', 'arr_0']
    """
    _savez(file, args, kwds, 0, allow_pickle)


def savez_compressed(file, *args, allow_pickle=True, **kwds):
    """Save arrays as the members of an archive that is compressed: ``numpy.savez_compressed``. See `savez`."""
    _savez(file, args, kwds, _LEVEL, allow_pickle)


def _savez(file, args, kwds, level, allow_pickle):
    if not hasattr(file, "write"):
        file = os.fspath(file)
        if not file.endswith(".npz"):
            file = file + ".npz"
    arrays = dict(kwds)
    for i, array in enumerate(args):
        key = f"arr_{i}"
        if key in arrays:
            raise ValueError(f"Cannot use un-named variables and keyword {key}")
        arrays[key] = array
    members = []
    for key, array in arrays.items():
        array = np.asanyarray(array)
        name = key + ".npy"
        if format._is_plain(array.dtype):
            descr = format._spelled(array, 3)
            if descr is not None:
                d = {"shape": array.shape, "fortran_order": False, "descr": array.dtype.descr}
                format._warn_of(format._header_of(d)[1], 3)
            members.append((name, array, descr))
        else:
            content = io.BytesIO()
            format.write_array(content, array, allow_pickle=allow_pickle)
            members.append((name, content.getvalue(), None))
    _native.save_npz(file, members, level)
