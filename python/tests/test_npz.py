"""`.npz` archives: NumPy reads what is written here, and what NumPy writes is read."""

import io
import zipfile

import arr_io
import numpy as np
import pytest

ARRAYS = {"x": np.arange(6).reshape(2, 3), "layer/w": np.ones(3, ">f4"), "empty": np.zeros((0, 2)), "one": np.array(5)}


@pytest.mark.parametrize("name", ["savez", "savez_compressed"])
@pytest.mark.parametrize("is_file", [True, False])
def test_each_reads_what_the_other_writes(tmp_path, name, is_file):
    """By position and by name, to a path and to a file object."""
    for writer, reader in ((arr_io, np), (np, arr_io)):
        target = io.BytesIO() if is_file else tmp_path / f"{writer.__name__}.npz"
        getattr(writer, name)(target, np.arange(3), **ARRAYS)
        if is_file:
            target.seek(0)
        with reader.load(target) as npz:
            assert npz.files == [*ARRAYS, "arr_0"]
            for key, array in ARRAYS.items():
                assert npz[key].dtype == array.dtype and np.array_equal(npz[key], array)
                assert np.array_equal(npz[key + ".npy"], array)
            assert np.array_equal(npz.f.arr_0, np.arange(3))
            assert "none" not in npz and len(npz) == 5
            with pytest.raises(KeyError, match="none is not a file in the archive"):
                npz["none"]


def test_members_that_are_no_arrays(tmp_path):
    """They are bytes."""
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("note.txt", b"text")
    assert arr_io.load(path)["note.txt"] == b"text"


def test_objects_in_archives(tmp_path):
    """They are pickled, and refused unless they are allowed."""
    path = tmp_path / "x.npz"
    arr_io.savez(path, o=np.array([{"a": 1}, None], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        arr_io.load(path)["o"]
    assert arr_io.load(path, allow_pickle=True)["o"].tolist() == [{"a": 1}, None]
    assert np.load(path, allow_pickle=True)["o"].tolist() == [{"a": 1}, None]


def test_damage_is_found(tmp_path):
    """By the checksum, and where there is no directory."""
    path = tmp_path / "x.npz"
    arr_io.savez(path, x=np.arange(1000))
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="x.npy"):
        arr_io.load(path)["x"]
    path.write_bytes(content[:600])
    with pytest.raises(zipfile.BadZipFile):
        arr_io.load(path)


def test_closing(tmp_path):
    """A closed archive gives nothing, and a file of the caller's stays open."""
    path = tmp_path / "x.npz"
    arr_io.savez(path, x=np.arange(3))
    with open(path, "rb") as file:
        with arr_io.load(file) as npz:
            assert npz.zip.namelist() == ["x.npy"]
        assert npz.zip is None and npz.f is None and not file.closed
        with pytest.raises(AttributeError):
            npz["x"]
    assert repr(arr_io.load(path)) == f"NpzFile {str(path)!r} with keys: x"
