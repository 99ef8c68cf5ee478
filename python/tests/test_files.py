"""What NumPy has not: files of every format, and the array that others take as it is."""

import gc
import json
import pathlib
import pickle
import subprocess
import sys
import types

import arr_io
import numpy as np
import pytest

FIXTURES = pathlib.Path(__file__).parents[2] / "fixtures"


def test_open_finds_the_format_out(tmp_path):
    """Arrays, archives, objects, several arrays."""
    array = np.arange(6, dtype=">i2").reshape(2, 3)
    for name in ("x.npy", "x.fb", "x.nd4j", "x.json"):
        arr_io.save_as(tmp_path / name, array)
        opened = arr_io.open(tmp_path / name)
        assert np.array_equal(opened if not isinstance(opened, list) else opened[0], array)
    arr_io.savez(tmp_path / "x.npz", w=array, b=np.zeros(1))
    members = arr_io.open(tmp_path / "x.npz")
    assert list(members) == ["w", "b"] and members["w"].tolist() == array.tolist()
    with pytest.raises(KeyError):
        members["none"]
    assert arr_io.open(tmp_path / "x.npz", member="w").shape == (2, 3)


def test_objects_keep_what_they_share(tmp_path):
    """The same list twice, a circle, and a class that is not run."""
    shared = [1]
    circle = {"shared": (shared, shared), "array": np.arange(3), "class": types.SimpleNamespace(a=1)}
    circle["self"] = circle
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(circle))
    for found in (arr_io.open(tmp_path / "x.pkl"), arr_io.read_pickle(pickle.dumps(circle))):
        assert found["self"] is found and found["shared"][0] is found["shared"][1]
        assert found["array"].tolist() == [0, 1, 2] and found["class"].class_name == "types.SimpleNamespace"
    with pytest.raises(ValueError):
        arr_io.read_pickle(b"\x80\x04not a pickle")


def test_what_is_nested_deep_does_no_harm():
    """Neither as a value nor as a key, which Python would go down into."""
    deep = b")" + b"\x85" * 100_000
    found = arr_io.read_pickle(b"\x80\x02" + deep + b".")
    for _ in range(100_000):
        (found,) = found
    assert found == ()
    with pytest.raises(ValueError, match="nested"):
        arr_io.read_pickle(b"\x80\x04\x8f(" + deep + b"\x90.")
    with pytest.raises(ValueError, match="nested"):
        arr_io.read_pickle(b"\x80\x02}" + deep + b"Ns.")


def test_torch7():
    """Tables are dicts, and tensors of one storage share its memory."""
    network = arr_io.load_t7(FIXTURES / "torch7" / "network.t7")
    assert network.class_name.startswith("nn.")
    assert isinstance(network.state, dict) and network.state["modules"][1].state["weight"].dtype == np.float32


def test_save_t7(tmp_path):
    """A tensor comes back."""
    arr_io.save_t7(tmp_path / "x.t7", np.arange(6.0).reshape(2, 3))
    assert arr_io.load_t7(tmp_path / "x.t7").tolist() == [[0, 1, 2], [3, 4, 5]]


def test_describing_and_checking(tmp_path):
    """`info`, `check`, `stats`, `diff`."""
    path, other = tmp_path / "x.npy", tmp_path / "y.npy"
    arr_io.save(path, np.array([[1.0, np.nan], [3.0, 0.0]]))
    found = arr_io.info(path)
    assert (found["format"], found["bytes"], found["arrays"][0]["shape"]) == ("npy", 160, (2, 2))
    assert arr_io.check(path) == []
    ((key, field, numbers),) = arr_io.stats(path)
    assert (key, field, numbers["nan"], numbers["max"], numbers["zeros"]) == (None, None, 1, 3.0, 1)
    arr_io.save(other, np.array([[1.0, np.nan], [3.0, 0.5]]))
    assert len(arr_io.diff(path, other)) == 1 and arr_io.diff(path, other, atol=1) == [] and arr_io.diff(path, path) == []
    path.write_bytes(path.read_bytes() + b"more")
    assert len(arr_io.check(path)) == 1


def test_changing_files(tmp_path):
    """`convert`, `append`, `repair`."""
    path, npz = tmp_path / "x.npy", tmp_path / "x.npz"
    arr_io.save(path, np.arange(4).reshape(2, 2))
    arr_io.append(path, np.array([[8, 9]]))
    assert arr_io.load(path).tolist() == [[0, 1], [2, 3], [8, 9]]
    arr_io.convert(path, tmp_path / "y.npy", dtype=">f4", order="F")
    converted = arr_io.load(tmp_path / "y.npy")
    assert converted.dtype == ">f4" and converted.flags.f_contiguous
    with pytest.raises(ValueError, match="replace=True"):
        arr_io.convert(path, tmp_path / "y.npy")
    arr_io.convert(path, tmp_path / "x.csv", delimiter=";")
    assert (tmp_path / "x.csv").read_text().splitlines()[-1] == "8;9"
    arr_io.savez(npz, a=np.zeros(2))
    arr_io.append(npz, b=np.ones(3))
    assert list(arr_io.load(npz)) == ["a", "b"]
    npz.write_bytes(npz.read_bytes()[:-30])
    kept, lost = arr_io.repair(npz, tmp_path / "whole.npz")
    assert kept == 2 and list(arr_io.load(tmp_path / "whole.npz")) == ["a", "b"]
    npz.write_bytes(npz.read_bytes()[:300])
    kept, lost = arr_io.repair(npz, tmp_path / "whole.npz", replace=True)
    assert kept == 1 and lost[0][0] == "b"


def test_limits_and_options_are_arguments(tmp_path):
    """Of every format, by the names of its table; others are refused."""
    path = tmp_path / "x.txt"
    path.write_text("a;1\nb;2\n")
    table = arr_io.open(path, format="csv", delimiter=";", names=["n", "v"])
    assert np.asarray(table)["v"].tolist() == [1, 2]
    arr_io.save(tmp_path / "x.npy", np.zeros(1000))
    with pytest.raises(ValueError, match="max_bytes") as caught:
        arr_io.open(tmp_path / "x.npy", max_bytes=100)
    assert caught.value.kind == "limit exceeded"
    with pytest.raises(TypeError, match="no_such_thing"):
        arr_io.open(path, no_such_thing=1)
    csv = next(entry for entry in arr_io.formats() if entry["name"] == "csv")
    assert "delimiter" in csv["options"] and csv["reads"] and csv["writes"]


def test_arrays_are_taken_as_they_are(tmp_path):
    """By every protocol, without a copy: the addresses are the same."""
    path = tmp_path / "x.npy"
    arr_io.save(path, np.arange(6.0).reshape(2, 3))
    for opened in (arr_io.open(path), arr_io.open(path, map=True)):
        address = opened.address
        assert np.asarray(opened).ctypes.data == address
        assert opened.__array_interface__["data"][0] == address
        assert np.frombuffer(memoryview(opened).cast("B")).ctypes.data == address
        assert np.from_dlpack(opened).ctypes.data == address
        assert not np.asarray(opened).flags.writeable
        assert np.array(opened, dtype="f4").tolist() == opened.tolist() == [[0, 1, 2], [3, 4, 5]]
        assert (opened.ndim, opened.size, opened.nbytes, opened.order, len(opened)) == (2, 6, 48, "C", 2)
        kept = np.asarray(opened)
        del opened
        gc.collect()
        assert kept[1, 2] == 5


def test_a_mapped_file_shows_through(tmp_path):
    """A file of an array and a member of an archive: both are in no memory of their own."""
    path, npz = tmp_path / "x.npy", tmp_path / "x.npz"
    arr_io.save(path, np.zeros(1000))
    arr_io.savez(npz, x=np.zeros(1000))
    array, member = arr_io.open(path, map=True), arr_io.open(npz, map=True)["x"]
    np.load(path, mmap_mode="r+")[:] = 1
    content = npz.read_bytes()
    with open(npz, "r+b") as file:
        file.seek(content.index(b"NUMPY") - 1 + 128)
        file.write(np.ones(1000).tobytes())
    assert array[999] == 1 and member[0] == 1
    assert arr_io.open(path)[0] == 1
    packed = tmp_path / "y.npz"
    arr_io.savez_compressed(packed, x=np.ones(3))
    assert arr_io.open(packed, map=True)["x"].tolist() == [1, 1, 1]


def test_many_loads_leak_nothing(tmp_path):
    """References and memory are given back."""
    import resource

    path = tmp_path / "x.npy"
    arr_io.save(path, np.zeros(1000))
    dtype = np.dtype("f8")
    for _ in range(2000):
        arr_io.load(path)
    references, memory = sys.getrefcount(dtype), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(20_000):
        arr_io.load(path)
        arr_io.open(path)
    assert abs(sys.getrefcount(dtype) - references) < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 20_000


def test_the_command(tmp_path):
    """`python -m arr_io` is `arr`."""
    path = tmp_path / "x.npy"
    arr_io.save(path, np.arange(3))
    done = subprocess.run([sys.executable, "-m", "arr_io", "info", "--json", path], capture_output=True, check=True)
    assert json.loads(done.stdout)
    done = subprocess.run([sys.executable, "-m", "arr_io", "info", tmp_path / "none"], capture_output=True)
    assert done.returncode == 2 and b"none" in done.stderr
