"""A plugin of pytest that puts the functions of ``arr_io`` in the place of NumPy's, for NumPy's own tests of them.

``python -m pytest -p numpy_judge .../numpy/lib/tests/test_io.py`` runs them, and prints what came of it by group, how many
calls went through ``arr_io``, and how many of those it left to others.
"""

import functools
import sys
from collections import Counter, defaultdict

import arr_io
import numpy as np
import numpy.lib._format_impl
import numpy.lib._npyio_impl
import numpy.lib.format
import numpy.lib.npyio
import pytest

FUNCTIONS = ["load", "save", "savez", "savez_compressed", "loadtxt", "savetxt", "genfromtxt"]
OUTCOMES = ["passed", "failed", "xfailed", "skipped"]

#: The tests that fail, and why. Any other failure is one of the run.
KNOWN = {
    "test_universal_newlines_quoted[\\r]": "ends of lines inside quotes are those of text: always \\n",
    "test_universal_newlines_quoted[\\r\\n]": "ends of lines inside quotes are those of text: always \\n",
    "test_null_character": "texts that become objects lose NUL characters at their ends, as those of NumPy's dtype U do",
    "test_max_rows_empty_lines": "a warning that NumPy has no more from 2.5 on",
}

calls = Counter()
results = defaultdict(Counter)
failures = []


def counted(name, function):
    """A function that counts its calls."""

    @functools.wraps(function)
    def count(*args, **kwargs):
        calls[name] += 1
        return function(*args, **kwargs)

    return count


def pytest_configure(config):
    """Put ours in the place of theirs, wherever they are found."""
    for name in FUNCTIONS:
        ours = counted(name, getattr(arr_io, name))
        for module in (np, numpy.lib._npyio_impl, numpy.lib.npyio):
            if hasattr(module, name):
                setattr(module, name, ours)
    for module in (numpy.lib._npyio_impl, numpy.lib.npyio):
        if hasattr(module, "NpzFile"):
            module.NpzFile = arr_io.NpzFile
    for name in [*arr_io.format.__all__, "_read_array_header", "_write_array_header"]:
        ours = getattr(arr_io.format, name)
        if callable(ours) and name != "drop_metadata":
            ours = counted(f"format.{name}", ours)
        for module in (numpy.lib.format, numpy.lib._format_impl):
            if hasattr(module, name):
                setattr(module, name, ours)


def group_of(nodeid):
    """The group that a test belongs to."""
    if "test_loadtxt.py" in nodeid or "LoadTxt" in nodeid or "Loadtxt" in nodeid:
        return "loadtxt"
    if "SaveTxt" in nodeid:
        return "savetxt"
    if "FromTxt" in nodeid:
        return "genfromtxt"
    if "regex" in nodeid.lower():
        return "fromregex (not ours)"
    return "format and io"


def pytest_collection_modifyitems(items):
    """Count what was collected."""
    for item in items:
        results[group_of(item.nodeid)]["collected"] += 1


def pytest_runtest_logreport(report):
    """Count what came of a test."""
    if report.when == "call" or report.outcome != "passed":
        xfail = hasattr(report, "wasxfail")
        outcome = "xfailed" if xfail else report.outcome
        if report.when == "teardown" and outcome != "failed":
            return
        results[group_of(report.nodeid)][outcome] += 1
        if outcome == "failed":
            failures.append(report.nodeid.rsplit("/", 1)[-1])


def reason_of(nodeid):
    """Why a test fails, if that is known."""
    name = nodeid.rsplit("::", 1)[-1]
    return KNOWN.get(name, KNOWN.get(name.split("[")[0]))


def is_known(nodeid):
    """True for a failure that is expected."""
    return reason_of(nodeid) is not None


def pytest_sessionfinish(session):
    """A run passes when nothing else fails than what is known to."""
    if failures and all(map(is_known, failures)):
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter):
    """Print the table."""
    write = terminalreporter.write_line
    write(f"NumPy {np.__version__}, Python {sys.version.split()[0]}: NumPy's own tests of arr_io")
    columns = ["collected", *OUTCOMES]
    write("".join(["group".ljust(22), *(column.rjust(11) for column in columns)]))
    total = Counter()
    for group, counts in sorted(results.items()):
        total.update(counts)
        write("".join([group.ljust(22), *(str(counts[column]).rjust(11) for column in columns)]))
    write("".join(["all".ljust(22), *(str(total[column]).rjust(11) for column in columns)]))
    write(f"{calls.total()} calls went through arr_io; it left {arr_io.fallbacks.total()} to others:")
    for reason, count in sorted(arr_io.fallbacks.items()):
        write(f"  {count:6} {reason}")
    for name in failures:
        write(f"failed: {name}: {reason_of(name) or 'NOT EXPECTED'}")
