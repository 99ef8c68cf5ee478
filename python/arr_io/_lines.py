"""What text functions read: paths, file objects and iterables of lines, as what the native functions take."""

import locale
import os

from ._fallback import left_to


def path_of(fname):
    """The path that an argument is, or ``None`` for what is read through Python."""
    if isinstance(fname, os.PathLike):
        fname = os.fspath(fname)
    return fname if isinstance(fname, str) else None


def is_url(path):
    """True for what NumPy would fetch."""
    return "://" in path


def encoding_of_paths(encoding):
    """The encoding of a file, which is the usual one of the system unless it is named."""
    return encoding or locale.getencoding()


def fetched(path, encoding):
    """The text at a URL, by NumPy's own means."""
    import numpy as np

    left_to("text", "URL")
    with np.lib._datasource.open(path, "rt", encoding=encoding) as file:
        return file.read()


def rest_of(file, encoding):
    """All that is left in a file object, if it has a way to give it at once; else ``None``."""
    read = getattr(file, "read", None)
    if read is None or not hasattr(file, "readline"):
        return None
    text = read()
    return text if isinstance(text, str) else decoded(text, encoding)


def decoded(line, encoding):
    """Bytes as text; the usual encoding of bytes is Latin-1."""
    return line.decode(encoding or "latin1")


def line_of(line, encoding):
    """An item of an iterable as a line with its end."""
    if isinstance(line, bytes):
        line = line.decode(encoding or "latin1")
    elif not isinstance(line, str):
        raise TypeError("non-string returned while reading data")
    return line if line.endswith(("\n", "\r")) else line + "\n"


def check_line(line):
    """Refuse a line that has another end inside."""
    body = line[:-2] if line.endswith("\r\n") else line[:-1]
    if "\n" in body or "\r" in body:
        raise ValueError(
            "Found an unquoted embedded newline within a single line of input.  This is currently not supported."
        )


class Lines:
    """Lines of an iterable, of which no more are taken than are wanted."""

    def __init__(self, lines, encoding, is_quoted=True):
        self._lines = iter(lines)
        self._encoding = encoding
        self._is_quoted = is_quoted
        self._taken = []
        self.is_at_end = False

    def take(self, skip, rows, is_row):
        """Take ``skip`` lines at first, and more until so many of them are rows, or there are no more."""
        while rows > 0 or len(self._taken) < skip:
            line = next(self._lines, None)
            if line is None:
                self.is_at_end = True
                return
            line = line_of(line, self._encoding)
            if not self._is_quoted:
                check_line(line)
            self._taken.append(line)
            if len(self._taken) > skip and is_row(line):
                rows -= 1

    def take_all(self):
        """Take all lines that are left."""
        for line in self._lines:
            line = line_of(line, self._encoding)
            if not self._is_quoted:
                check_line(line)
            self._taken.append(line)
        self.is_at_end = True

    @property
    def text(self):
        """What was taken so far."""
        return "".join(self._taken)


def undecoded(error, encoding):
    """The error of Python for text that is not in its encoding, if an error is one of that; else nothing."""
    text = str(error)
    if "the bytes are not " in text or "is not ASCII" in text:
        return UnicodeDecodeError(encoding or "utf-8", b"?", 0, 1, text)
    return None
