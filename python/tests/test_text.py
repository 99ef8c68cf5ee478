"""Text: what `loadtxt`, `genfromtxt` and `savetxt` make is what NumPy makes."""

import gzip
import io

import arr_io
import numpy as np
import pytest

TABLES = [
    ("1 2\n3 4\n", {}),
    ("1,2.5\n\n# c\n3,nan # d\n", {"delimiter": ","}),
    ("1;x;2j\n2;yy;3\n", {"delimiter": ";", "dtype": "i4,U3,c16"}),
    ("a b\nccc d", {"dtype": "U"}),
    ("2012-03 2013-01-15", {"dtype": "M8"}),
    ('"a, b",1\n', {"delimiter": ",", "quotechar": '"', "dtype": "U5,i2"}),
    ("1 2 3\n4 5 6\n", {"usecols": (-1, 0), "ndmin": 2}),
    ("1 2 3\n4 5 6\n", {"unpack": True, "skiprows": 1}),
    ("1\n2\n3\n4", {"max_rows": 2, "dtype": ">i2"}),
    ("x 1\ny 2", {"dtype": object}),
    ("0x1f 2", {"converters": {0: lambda text: int(text, 16)}, "dtype": int}),
    ("1 % 2 // c\n", {"comments": ["//"], "dtype": "U"}),
]


@pytest.mark.parametrize("text, options", TABLES, ids=[text for text, _ in TABLES])
def test_loadtxt_is_that_of_numpy(tmp_path, text, options):
    """From a path, a compressed one, file objects and lines."""
    expected = np.loadtxt(io.StringIO(text), **options)
    path, packed = tmp_path / "x.txt", tmp_path / "x.txt.gz"
    path.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    for source in (path, packed, str(path), io.StringIO(text), io.BytesIO(text.encode()), text.splitlines(), open(path)):
        found = arr_io.loadtxt(source, **options)
        assert found.dtype == expected.dtype and found.shape == expected.shape
        assert np.array_equal(found, expected) or found.tobytes() == expected.tobytes()


def test_records_are_unpacked_into_fields():
    """A list of arrays."""
    fields = arr_io.loadtxt(io.StringIO("1 a\n2 b"), dtype="i4,U1", unpack=True)
    assert [field.tolist() for field in fields] == [[1, 2], ["a", "b"]]


def test_rows_are_read_from_a_file_object_little_by_little():
    """No line is taken that is not wanted."""
    file = io.StringIO("1\n# c\n2\n3\n4\n")
    assert [arr_io.loadtxt(file, max_rows=2).tolist() for _ in range(2)] == [[1, 2], [3, 4]]
    lines = iter(["1\n", "2\n", "3\n"])
    arr_io.loadtxt(lines, max_rows=1)
    assert next(lines) == "2\n"


def test_errors_are_in_the_words_of_numpy_and_say_where():
    """Row and column as NumPy counts, line and byte besides."""
    with pytest.raises(ValueError, match=r"could not convert string 'x' to float64 at row 1, column 2.") as caught:
        arr_io.loadtxt(io.StringIO("# c\n1 2\n\n3 x\n"))
    assert "line 4, column 2" in str(caught.value) and caught.value.offset == 11
    with pytest.raises(ValueError, match="the number of columns changed from 2 to 3 at row 2"):
        arr_io.loadtxt(["1 2", "1 2 3"])
    with pytest.raises(FileNotFoundError):
        arr_io.loadtxt("there is no such file")


def test_no_data_is_a_warning():
    """As with NumPy."""
    with pytest.warns(UserWarning, match="input contained no data"):
        assert arr_io.loadtxt(io.StringIO("# c\n")).shape == (0,)


GENERAL = [
    ("1,2\n,4\n", {"delimiter": ",", "filling_values": -1}),
    ("x y\n1 2.5\n3 z\n", {"names": True, "dtype": None, "encoding": "utf-8"}),
    ("1 2 N/A\n4 5 6", {"missing_values": "N/A", "usecols": (0, 2)}),
    ("a,b\n1,2", {"delimiter": ",", "skip_header": 1, "names": "p,q", "dtype": "i4,f8"}),
    (" 11.3abc\n", {"delimiter": [1, 4, 3], "dtype": None, "encoding": None, "autostrip": True}),
    ("1 2\n3 4\n5 6", {"skip_footer": 1, "unpack": True}),
    ("1 2\n3 4", {"dtype": (int, float), "names": ["a", "a"]}),
    ("1 2\n3 4\n5 6", {"max_rows": 2}),
]


@pytest.mark.parametrize("text, options", GENERAL, ids=[text for text, _ in GENERAL])
def test_genfromtxt_is_that_of_numpy(tmp_path, text, options):
    """From a path, file objects and lines; nothing is left to NumPy."""
    expected = np.genfromtxt(io.StringIO(text), **options)
    path = tmp_path / "x.txt"
    path.write_text(text)
    before = arr_io.fallbacks.total()
    for source in (path, io.StringIO(text), io.BytesIO(text.encode()), text.splitlines()):
        found = arr_io.genfromtxt(source, **options)
        assert found.dtype == expected.dtype and found.shape == expected.shape
        assert found.tolist() == expected.tolist() or np.array_equal(found, expected, equal_nan=True)
    assert arr_io.fallbacks.total() == before


MASKED = [
    ("1,2\n,4\n", {"delimiter": ","}),
    ("a b\n1 N/A\n3 4", {"names": True, "missing_values": {"b": "N/A"}, "dtype": None, "encoding": None}),
    ("# a b\n1 -\n3 4", {"names": True, "missing_values": "-", "unpack": True}),
    ("a b\n1 -999.00\n-1 4", {"names": True, "missing_values": "-999.0,N/A", "dtype": "i4,f8"}),
    ("1 x 3\n4 5 6", {"usecols": (2, 1), "missing_values": {1: ["x", "y"]}, "unpack": True}),
    ("1 N/A", {"missing_values": ["1"]}),
    ("1\n-\n", {"missing_values": b"-", "ndmin": 1}),
]


@pytest.mark.parametrize("text, options", MASKED, ids=[text for text, _ in MASKED])
def test_masks_are_those_of_numpy(text, options):
    """Of records and of arrays, also of one row or one column."""
    expected = np.genfromtxt(io.StringIO(text), usemask=True, **options)
    before = arr_io.fallbacks.total()
    found = arr_io.genfromtxt(io.StringIO(text), usemask=True, **options)
    assert arr_io.fallbacks.total() == before
    pairs = zip(found, expected, strict=True) if isinstance(expected, list) else [(found, expected)]
    for one, other in pairs:
        assert type(one) is type(other) and one.dtype == other.dtype and one.shape == other.shape
        assert one.mask.tolist() == other.mask.tolist() and repr(one.data.tolist()) == repr(other.data.tolist())


def test_what_genfromtxt_leaves_to_numpy_is_counted():
    """Converters, and masks of columns by name."""
    before = arr_io.fallbacks.total()
    assert arr_io.genfromtxt(io.StringIO("1 2\n3 4"), converters={0: lambda text: 7}).tolist() == [(7, 2), (7, 4)]
    masked = arr_io.genfromtxt(io.StringIO("a b\n3 4"), names=True, usecols=["b"], usemask=True)
    assert isinstance(masked, np.ma.MaskedArray) and arr_io.fallbacks.total() == before + 2


WRITTEN = [
    (np.array([[1, 2], [3, 4]]), {}),
    (np.array([[1, 2.5]]), {"fmt": "%g", "delimiter": ";", "header": "a\nb", "footer": "f", "comments": "% "}),
    (np.array([1 + 2j, -1j]), {"fmt": "%.2f"}),
    (np.array([(1, "x")], dtype="i4,U3"), {"fmt": ["%d", "%s"], "newline": "\r\n"}),
    (np.array(["ä", "b"]), {"fmt": "%s"}),
]


@pytest.mark.parametrize("array, options", WRITTEN, ids=[str(array) for array, _ in WRITTEN])
def test_savetxt_is_that_of_numpy(tmp_path, array, options):
    """To a path, a compressed one, and file objects."""
    theirs = io.StringIO()
    np.savetxt(theirs, array, **options)
    text = theirs.getvalue()
    path, packed = tmp_path / "x.txt", tmp_path / "x.txt.gz"
    arr_io.savetxt(path, array, encoding="utf-8", **options)
    assert path.read_bytes() == text.encode()
    arr_io.savetxt(packed, array, encoding="utf-8", **options)
    assert gzip.decompress(packed.read_bytes()) == text.encode()
    ours, raw = io.StringIO(), io.BytesIO()
    arr_io.savetxt(ours, array, **options)
    arr_io.savetxt(raw, array, **options)
    assert ours.getvalue() == text and raw.getvalue() == text.encode("latin1")


def test_savetxt_refuses_what_numpy_refuses():
    """With errors of the same kinds."""
    for array, options, kind in [
        (np.zeros((1, 1, 1)), {}, ValueError),
        (np.zeros((2, 2)), {"fmt": ["%d"]}, AttributeError),
        (np.zeros((2, 2)), {"fmt": "%d%d%d"}, ValueError),
        (np.zeros((2, 2)), {"fmt": 99}, ValueError),
        (np.array(["a"]), {"fmt": "%d"}, TypeError),
    ]:
        with pytest.raises(kind):
            np.savetxt(io.StringIO(), array, **options)
        with pytest.raises(kind):
            arr_io.savetxt(io.StringIO(), array, **options)
