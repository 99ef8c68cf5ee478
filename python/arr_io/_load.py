"""``load``, and the archives that it returns."""

import io
import os
import pickle
import zipfile
from contextlib import ExitStack

import numpy as np
from numpy.lib._npyio_impl import BagObj

from . import _native, format

_ENCODINGS = ("ASCII", "latin1", "bytes")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


class NpzFile(np.lib.npyio.NpzFile):
    """An open ``.npz`` archive: a mapping of names to arrays, which are read when they are asked for.

    It is NumPy's class with another way to read. Members that are no arrays are ``bytes``. Close it, or use it in a
    ``with`` statement.

    >>> import io, numpy, arr_io
    >>> file = io.BytesIO()
    >>> arr_io.savez(file, x=numpy.arange(3))
    >>> _ = file.seek(0)
    >>> with arr_io.load(file) as npz:
    ...     print(npz.files, npz["x"])
    ['x'] [0 1 2]
    """

    _archive = None

    def __init__(
        self,
        fid,
        own_fid=False,
        allow_pickle=False,
        pickle_kwargs=None,
        *,
        max_header_size=format.MAX_HEADER_SIZE,
    ):
        if not hasattr(fid, "read"):
            fid, own_fid = open(os.fspath(fid), "rb"), True
        limit = format._ANY_SIZE if allow_pickle else min(max_header_size, format._ANY_SIZE)
        try:
            self._archive = _native.Archive(fid, limit)
        except _native.ArrError as error:
            if own_fid:
                fid.close()
            raise zipfile.BadZipFile(str(error)) from error
        members = self._archive.names()
        self.files = [name.removesuffix(".npy") for name in members]
        self._files = dict(zip(self.files, members)) | dict(zip(members, members))
        self.allow_pickle = allow_pickle
        self.max_header_size = max_header_size
        self.pickle_kwargs = pickle_kwargs
        self.zip = _Zip(fid)
        self.f = BagObj(self)
        if own_fid:
            self.fid = fid

    def close(self):
        """Close the archive, and the file if it is its own."""
        self._archive = None
        super().close()

    def __getitem__(self, key):
        try:
            name = self._files[key]
        except KeyError:
            raise KeyError(f"{key} is not a file in the archive") from None
        if self._archive is None:
            # NumPy has no zip file to ask then.
            raise AttributeError("'NoneType' object has no attribute 'open': the archive is closed")
        with format._words():
            array = self._archive.array(name)
        if array is not None:
            return array
        content = self._archive.bytes(name)
        if not content.startswith(format.MAGIC_PREFIX):
            return content
        return format.read_array(
            io.BytesIO(content),
            allow_pickle=self.allow_pickle,
            pickle_kwargs=self.pickle_kwargs,
            max_header_size=self.max_header_size,
        )


class _Zip:
    """The ``zipfile.ZipFile`` of an archive, which is opened when something is asked of it."""

    def __init__(self, fid):
        self._fid = fid
        self._zip = None

    def __getattr__(self, name):
        if self._zip is None:
            self._zip = zipfile.ZipFile(self._fid)
        return getattr(self._zip, name)

    def close(self):
        if self._zip is not None:
            self._zip.close()


def load(
    file,
    mmap_mode=None,
    allow_pickle=False,
    fix_imports=True,
    encoding="ASCII",
    *,
    max_header_size=format.MAX_HEADER_SIZE,
):
    """Load an array of a ``.npy`` file, an archive of a ``.npz`` file, or the objects of a pickle: ``numpy.load``.

    Parameters
    ----------
    file : path or file object
        What is read. A file object has to have ``read`` and ``seek``, and be opened in binary mode.
    mmap_mode : None, 'r', 'r+', 'w+' or 'c'
        Maps the array of a ``.npy`` file in that mode.
    allow_pickle : bool
        Reads arrays of objects, and pickles. Objects of kinds that are known are made without running anything; all
        others by the module ``pickle``, which runs what the file says.
    fix_imports, encoding
        How the pickles of Python 2 are read.
    max_header_size : int
        Refuses larger headers, unless ``allow_pickle`` is true.

    Returns
    -------
    An array, an `NpzFile`, or what the pickle holds.

    Raises
    ------
    OSError
        When the file can't be read.
    EOFError
        When it is empty, or the file object is at its end.
    ValueError
        When it is damaged, or holds objects and ``allow_pickle`` is false. An `ArrError` says where.
    pickle.UnpicklingError
        When it is no pickle either, and ``allow_pickle`` is true.
    zipfile.BadZipFile
        When it is a damaged archive.

    Examples
    --------
    >>> import numpy, arr_io, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "x.npy")
    >>> arr_io.save(path, numpy.array([[1, 2, 3], [4, 5, 6]]))
    >>> arr_io.load(path)
    array([[1, 2, 3],
           [4, 5, 6]])
    >>> arr_io.load(path, mmap_mode="r")[1]
    memmap([4, 5, 6])
    """
    if encoding not in _ENCODINGS:
        raise ValueError("encoding must be 'ASCII', 'latin1', or 'bytes'")
    kwargs = {"encoding": encoding, "fix_imports": fix_imports}
    limit = format._ANY_SIZE if allow_pickle else min(max_header_size, format._ANY_SIZE)
    with ExitStack() as stack:
        if hasattr(file, "read"):
            fid, is_own = file, False
        else:
            path = os.fspath(file)
            if not mmap_mode:
                with format._words():
                    array = _native.load_path(path, limit)
                if array is not None:
                    return array
            fid, is_own = stack.enter_context(open(path, "rb")), True
        head = fid.read(len(format.MAGIC_PREFIX))
        if not head:
            raise EOFError("No data left in file")
        fid.seek(-len(head), 1)
        if head.startswith(_ZIP):
            stack.pop_all()
            return NpzFile(fid, is_own, allow_pickle, kwargs, max_header_size=max_header_size)
        if head == format.MAGIC_PREFIX:
            if mmap_mode:
                return format.open_memmap(file, mode=mmap_mode, max_header_size=limit)
            return format.read_array(fid, allow_pickle, kwargs, max_header_size=max_header_size)
        if not allow_pickle:
            raise ValueError(
                "This file contains pickled (object) data. If you trust the file you can load it unsafely using "
                "the `allow_pickle=` keyword argument or `pickle.load()`."
            )
        try:
            return format._unpickled(fid, "load", kwargs)
        except Exception as error:
            raise pickle.UnpicklingError(f"Failed to interpret file {file!r} as a pickle") from error
