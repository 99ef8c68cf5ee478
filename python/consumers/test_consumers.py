"""Other libraries take our array as it is: numbers are where they were, also those of a mapped file."""

import arr_io
import duckdb
import jax
import numpy as np
import pandas
import polars
import pyarrow
import pytest


def test_arrow(tmp_path):
    """A column, lists of a fixed size, a table of records; numbers are not copied."""
    path = tmp_path / "x.npy"
    arr_io.save(path, np.arange(5.0))
    opened = arr_io.open(path)
    column = pyarrow.array(opened)
    assert column.to_pylist() == [0, 1, 2, 3, 4] and column.buffers()[1].address == opened.address
    arr_io.save(path, np.arange(6, dtype="i4").reshape(3, 2))
    opened = arr_io.open(path)
    lists = pyarrow.array(opened)
    assert lists.to_pylist() == [[0, 1], [2, 3], [4, 5]] and lists.values.buffers()[1].address == opened.address
    assert pyarrow.table(opened).to_pydict() == {"f0": [0, 2, 4], "f1": [1, 3, 5]}
    records = np.array(
        [(1, "ä", True, "2020-01-01", [1, 2]), (2, "", False, "NaT", [3, 4])],
        dtype=[("i", ">i4"), ("t", "U2"), ("b", "?"), ("d", "M8[s]"), ("v", "u1", (2,))],
    )
    arr_io.save(path, records)
    table = pyarrow.table(arr_io.open(path)).to_pydict()
    assert table["i"] == [1, 2] and table["t"] == ["ä", ""] and table["b"] == [True, False] and table["v"] == [[1, 2], [3, 4]]
    assert table["d"][0].year == 2020 and table["d"][1] is None
    arr_io.save(path, np.array([1j]))
    with pytest.raises(TypeError, match="c16"):
        pyarrow.array(arr_io.open(path))



@pytest.fixture(params=[False, True], ids=["read", "mapped"])
def values(tmp_path, request):
    """A column of a million numbers."""
    path = tmp_path / "values.npy"
    arr_io.save(path, np.arange(1_000_000, dtype="f8"))
    return arr_io.open(path, map=request.param)


def test_polars(values):
    """A series over the same memory."""
    series = polars.Series(values)
    assert series.sum() == 499_999_500_000
    assert series.to_numpy(allow_copy=False).ctypes.data == values.address


def test_pandas(values):
    """A series over the same memory."""
    series = pandas.Series(np.asarray(values), copy=False)
    assert series.sum() == 499_999_500_000 and series.to_numpy().ctypes.data == values.address


def test_duckdb(values):
    """SQL over the same memory."""
    numbers = pyarrow.table(values)
    assert numbers["f0"].chunk(0).buffers()[1].address == values.address
    assert duckdb.sql("SELECT count(*), avg(f0) FROM numbers").fetchall() == [(1_000_000, 499_999.5)]


def test_jax(tmp_path):
    """An array over the same memory, by DLPack."""
    path = tmp_path / "x.npy"
    arr_io.save(path, np.arange(1000, dtype="f4"))
    values = arr_io.open(path)
    taken = jax.dlpack.from_dlpack(values)
    assert taken.sum() == 499_500 and taken.unsafe_buffer_pointer() == values.address
