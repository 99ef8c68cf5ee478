"""Array files in Python: NumPy's own functions, safe and fast, and every format of ``arr`` besides.

``import arr_io as np_io`` and ``np_io.load``, ``save``, ``savez``, ``savez_compressed``, ``loadtxt``, ``genfromtxt`` and
``savetxt`` are those of NumPy: the same names, parameters, defaults, warnings and kinds of errors. ``arr_io.format`` is
``numpy.lib.format``.

>>> import io, numpy, arr_io
>>> file = io.BytesIO()
>>> arr_io.save(file, numpy.arange(3))
>>> _ = file.seek(0)
>>> arr_io.load(file)
array([0, 1, 2])
"""

from . import format
from ._fallback import fallbacks
from ._files import (
    Members,
    append,
    check,
    convert,
    diff,
    formats,
    info,
    load_t7,
    open,
    read_pickle,
    repair,
    save_as,
    save_t7,
    stats,
)
from ._genfromtxt import genfromtxt
from ._load import NpzFile, load
from ._loadtxt import loadtxt
from ._native import ArrError, Array
from ._objects import Object
from ._save import save, savez, savez_compressed
from ._savetxt import savetxt

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
