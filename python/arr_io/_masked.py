"""The masks of ``genfromtxt``: which fields of a table are missing."""

import numpy as np

from . import _native

# What NumPy reads in place of what is not a value, by the kind of a dtype.
_DEFAULTS = {"b": False, "i": -1, "u": -1, "f": np.nan, "c": complex(np.nan, 0), "S": b"???", "U": "???"}


def masked(array, fields, given):
    """An array with the mask of its missing fields, which `fields` are the texts of; ``None`` where it is not known how the
    columns of one belong to those of the other."""
    names = array.dtype.names
    rows = array.size if names else (array.shape[0] if array.ndim == 2 else None)
    if names and given["missing_values"] and given["filling_values"] is not None:
        return None
    if names and (array.ndim > 1 or any(array.dtype[name].shape or array.dtype[name].names for name in names)):
        return None
    if names is None and array.ndim < 2:
        # A single row, a single column or a single value: the texts tell which.
        rows = array.size // fields.shape[1] if array.size % fields.shape[1] == 0 else None
    if rows is None or len(names or fields[0]) != fields.shape[1]:
        return None
    if given["names"] is True and len(fields) == rows + 1:
        # The names themselves.
        fields = fields[1:]
    if len(fields) != rows:
        return None
    missing = _missing(given["missing_values"], fields.shape[1], names, given["usecols"])
    found = np.array(
        [[text.strip() in marks for text, marks in zip(row, missing)] for row in fields.tolist()], bool
    ).reshape(fields.shape)
    if names is None:
        mask = found.reshape(array.shape)
    else:
        mask = np.zeros(rows, [(name, bool) for name in names])
        for place, name in enumerate(names):
            mask[name] = found[:, place]
            # As with NumPy, fields that have the value of a mark are missing too, and of a mark that is not a value the default.
            for text in filter(None, missing[place]):
                mask[name] |= array[name].reshape(-1) == _value_of(text, array.dtype[name])
        mask = mask.reshape(array.shape)
    result = array.view(np.ma.MaskedArray)
    result._mask = mask
    return result


def _value_of(text, dtype):
    """The value that a text has in a column, or the default where it has none."""
    try:
        options = {"dtype": dtype, "delimiter": "\0", "comments": None, "loose": False}
        return _native.genfromtxt((text + "\n",), options)[0][()]
    except _native.ArrError:
        return _DEFAULTS.get(dtype.kind)


def _missing(values, count, names, usecols):
    """What stands for a missing value in each of so many columns."""
    missing = [[""] for _ in range(count)]
    if isinstance(values, bytes):
        values = values.decode("latin1")
    if isinstance(values, dict):
        for key, value in values.items():
            value = [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]
            if isinstance(key, str):
                if names is None or key not in names:
                    continue
                key = names.index(key)
            if usecols is not None and key in usecols:
                key = usecols.index(key)
            for marks in missing if key is None else [missing[key]]:
                marks.extend(value)
    elif isinstance(values, (list, tuple)):
        for value, marks in zip(values, missing):
            marks.append(str(value))
    elif values:
        for marks in missing:
            marks.extend(values.split(",") if isinstance(values, str) else [str(values)])
    return missing
