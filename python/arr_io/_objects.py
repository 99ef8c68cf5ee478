"""What files say of objects whose classes are not known, or are not to be run."""

import json


def typed(value):
    """A list or a dict as the options of formats take it: as JSON."""
    return json.dumps(value)


class Object:
    """An instance of a class, as its file describes it: nothing was run to make it.

    ``class_name`` is the name of the class with its module. ``args`` and ``kwargs`` are what it was made of, ``state`` what was
    set in it, mostly a dict of its attributes; each is ``None`` if the file says nothing. ``items`` are its items if it is
    a list too, ``entries`` pairs of keys and values if it is a dict too, ``version`` is that of the class.

    >>> import pickle, types, arr_io
    >>> found = arr_io.read_pickle(pickle.dumps(types.SimpleNamespace(x=1)))
    >>> found.class_name, found.state
    ('types.SimpleNamespace', {'x': 1})
    """

    __slots__ = ("args", "class_name", "entries", "items", "kwargs", "state", "version")

    def __init__(self, class_name):
        self.class_name = class_name
        self.args = self.kwargs = self.state = self.version = None
        self.items = []
        self.entries = []

    def __repr__(self):
        return f"<arr_io.Object {self.class_name}>"
