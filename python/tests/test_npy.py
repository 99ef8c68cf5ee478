"""`.npy` files: what `save` writes is what NumPy writes, and what `load` reads is what NumPy reads."""

import collections
import io
import pickle
import threading

import arr_io
import numpy as np
import pytest

DTYPES = [
    "?", "i1", "<i2", ">i4", "<u8", "<f2", ">f4", "<f8", "<c8", ">c16", "g", "G", "S5", "<U3", ">U3", "V4", "<M8[ns]", ">m8[25s]",
    [("x", "<f4"), ("y", ">i2", (2,)), ("z", [("a", "S3"), ("b", "<U2")])],
    np.dtype({"names": ["a", "b"], "formats": ["i1", "<f8"], "offsets": [0, 8], "itemsize": 24}),
    np.dtype("i1,i4", align=True),
    [(("title", "name"), "<f4")],
    "S0",
]


def made(dtype, shape, order):
    """An array of any dtype."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    bytes_ = (np.arange(size) % 2).astype("u1").tobytes()
    return np.ndarray(shape, dtype, bytes_, order=order)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (1, 4), (2, 0, 3)], ids=str)
@pytest.mark.parametrize("order", "CF")
def test_saved_bytes_are_those_of_numpy(tmp_path, dtype, shape, order):
    """To a path and to a file object, and back."""
    array = made(dtype, shape, order)
    theirs = io.BytesIO()
    np.save(theirs, array)
    path = tmp_path / "x.npy"
    arr_io.save(path, array)
    assert path.read_bytes() == theirs.getvalue()
    ours = io.BytesIO()
    arr_io.save(ours, array)
    assert ours.getvalue() == theirs.getvalue()
    for source in (path, ours, io.BytesIO(theirs.getvalue())):
        if source is not path:
            source.seek(0)
        loaded = arr_io.load(source)
        assert (loaded.dtype, loaded.shape) == (array.dtype, array.shape)
        again = io.BytesIO()
        np.save(again, loaded)
        assert loaded.itemsize == 0 or again.getvalue() == theirs.getvalue()
        assert loaded.itemsize == 0 or loaded.flags.f_contiguous == np.load(io.BytesIO(theirs.getvalue())).flags.f_contiguous


@pytest.mark.parametrize("view", [np.s_[::2], np.s_[::-1], np.s_[:, ::-1, 1:], np.s_[1, :, ::3], np.s_[..., None]], ids=str)
def test_strided_views_are_saved(view):
    """Negative strides, gaps, new axes."""
    array = np.arange(4 * 5 * 6, dtype=">i4").reshape(4, 5, 6)[view]
    theirs, ours = io.BytesIO(), io.BytesIO()
    np.save(theirs, array)
    arr_io.save(ours, array)
    assert ours.getvalue() == theirs.getvalue()
    with_broadcast = np.broadcast_to(array, (2, *array.shape))
    ours = io.BytesIO()
    arr_io.save(ours, with_broadcast)
    assert np.array_equal(np.load(io.BytesIO(ours.getvalue())), with_broadcast)


def test_loaded_arrays_can_be_written_to(tmp_path):
    """They are in memory that nobody else has."""
    path = tmp_path / "x.npy"
    arr_io.save(path, np.arange(5))
    for source in (path, io.BytesIO(path.read_bytes()), open(path, "rb")):
        loaded = arr_io.load(source)
        assert loaded.flags.writeable and loaded.flags.aligned
        loaded += 1
    assert arr_io.load(path).tolist() == [0, 1, 2, 3, 4]


def test_arrays_follow_each_other_in_a_file(tmp_path):
    """A file object is behind what was read, and behind what was written."""
    path = tmp_path / "many.npy"
    with open(path, "w+b") as file:
        file.write(b"before")
        for number in range(3):
            arr_io.save(file, np.full(number, number))
            file.write(b"between")
        file.seek(6)
        for number in range(3):
            assert arr_io.load(file).tolist() == [number] * number
            assert file.read(7) == b"between"
        with pytest.raises(EOFError):
            arr_io.load(file)


class OnlyReads:
    """An object with nothing but what is asked for, which hands out a few bytes at a time."""

    def __init__(self, content):
        self.file = io.BytesIO(content)

    def read(self, size):
        return self.file.read(min(size, 7))


def test_objects_that_only_read(tmp_path):
    """`read_array` asks for no more than `read`."""
    content = io.BytesIO()
    np.save(content, np.arange(1000))
    assert arr_io.format.read_array(OnlyReads(content.getvalue())).tolist() == list(range(1000))


def test_errors_of_an_object_are_raised_as_they_are():
    """Whatever `read` or `write` raises comes out."""

    class Broken:
        def read(self, size):
            raise ZeroDivisionError("mine")

        def write(self, content):
            raise ZeroDivisionError("mine")

        def seek(self, *place):
            pass

    with pytest.raises(ZeroDivisionError, match="mine"):
        arr_io.format.read_array(Broken())
    with pytest.raises(ZeroDivisionError, match="mine"):
        arr_io.save(Broken(), np.arange(3))
    with pytest.raises(TypeError, match="binary"):
        arr_io.format.read_array(io.StringIO("text"))


def test_errors_say_where(tmp_path):
    """They are of NumPy's kinds, and tell the place."""
    path = tmp_path / "cut.npy"
    arr_io.save(path, np.arange(10))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match="80 bytes, found 77") as caught:
        arr_io.load(path)
    assert (caught.value.offset, caught.value.format, caught.value.kind) == (128, "npy", "malformed data")
    assert caught.value.file == str(path)
    with pytest.raises(FileNotFoundError) as missing:
        arr_io.load(tmp_path / "none.npy")
    assert missing.value.filename == str(tmp_path / "none.npy")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(EOFError):
        arr_io.load(tmp_path / "empty")
    (tmp_path / "text").write_bytes(b"no array")
    with pytest.raises(ValueError, match="allow_pickle"):
        arr_io.load(tmp_path / "text")
    with pytest.raises(pickle.UnpicklingError):
        arr_io.load(tmp_path / "text", allow_pickle=True)


def test_a_failed_save_leaves_the_old_file(tmp_path):
    """A file is there whole or not at all."""
    path = tmp_path / "x.npy"
    arr_io.save(path, np.arange(3))
    before = path.read_bytes()
    with pytest.raises(ValueError):
        arr_io.save(path, np.array([object()]), allow_pickle=False)
    overlapping = np.dtype({"names": ["a", "b"], "formats": ["<i4", "<i2"], "offsets": [0, 2]})
    with pytest.raises(ValueError):
        arr_io.save(path, np.zeros(2, overlapping))
    assert path.read_bytes() == before


def test_masked_arrays_are_refused(tmp_path):
    """Their masks would be lost."""
    with pytest.raises(NotImplementedError):
        arr_io.save(tmp_path / "x.npy", np.ma.array([1, 2], mask=[0, 1]))
    assert not (tmp_path / "x.npy").exists()


def test_objects_are_read_without_running_anything(tmp_path):
    """Those of known kinds; others are left to `pickle`, and counted."""
    shared = [1, "two"]
    array = np.array([None, True, 2**70, 1.5, 1j, "text", b"bytes", shared, shared, {"k": (1, {2})}], dtype=object)
    path = tmp_path / "o.npy"
    arr_io.save(path, array)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        arr_io.load(path)
    before = arr_io.fallbacks.copy()
    loaded = arr_io.load(path, allow_pickle=True)
    assert loaded.tolist() == array.tolist() and loaded[7] is loaded[8]
    assert arr_io.fallbacks == before
    arr_io.save(path, np.array([collections.Counter("aab")], dtype=object))
    assert arr_io.load(path, allow_pickle=True)[0] == collections.Counter("aab")
    assert arr_io.fallbacks.total() == before.total() + 1


@pytest.mark.parametrize("mode", ["r", "r+", "c"])
def test_maps(tmp_path, mode):
    """They are maps of NumPy, in each mode."""
    path = tmp_path / "x.npy"
    arr_io.save(path, np.arange(6.0).reshape(2, 3))
    mapped = arr_io.load(path, mmap_mode=mode)
    assert type(mapped) is np.memmap and mapped.tolist() == [[0, 1, 2], [3, 4, 5]]
    if mode != "r":
        mapped[0, 0] = 9
        mapped.flush()
    assert arr_io.load(path)[0, 0] == (9 if mode == "r+" else 0)


def test_new_maps(tmp_path):
    """`open_memmap` makes files too."""
    path = tmp_path / "x.npy"
    mapped = arr_io.format.open_memmap(path, "w+", dtype="<f4", shape=(2, 3), fortran_order=True)
    mapped[:] = 7
    mapped.flush()
    loaded = np.load(path)
    assert loaded.flags.f_contiguous and loaded.tolist() == [[7] * 3] * 2


def test_nothing_is_copied():
    """The memory of a loaded array is the buffer that was read into."""
    file = io.BytesIO()
    np.save(file, np.arange(100))
    loaded = arr_io.format.read_array(io.BytesIO(file.getvalue()))
    base = loaded
    while isinstance(base.base, np.ndarray):
        base = base.base
    assert type(base.base).__name__ == "Memory" and base.base.nbytes == loaded.nbytes


def test_others_go_on_while_a_file_is_read(tmp_path):
    """A thread of Python counts while another one reads."""
    path = tmp_path / "large.npy"
    np.save(path, np.zeros(40_000_000, "u1"))
    counted, end = 0, threading.Event()

    def count():
        nonlocal counted
        while not end.is_set():
            counted += 1

    thread = threading.Thread(target=count)
    thread.start()
    before = counted
    for _ in range(10):
        arr_io.load(path)
    after = counted
    end.set()
    thread.join()
    assert after > before


def test_8_threads_on_one_file(tmp_path):
    """All of them see all of it."""
    path = tmp_path / "x.npz"
    arrays = {f"a{n}": np.full(5000, n) for n in range(20)}
    arr_io.savez_compressed(path, **arrays)
    npz = arr_io.load(path)
    wrong = []

    def read():
        for name, array in arrays.items():
            if not np.array_equal(npz[name], array):
                wrong.append(name)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
