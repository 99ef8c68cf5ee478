"""NumPy's rows of the benchmarks: medians of single calls, as JSON. Usage: numpy_bench.py FOLDER [--quick] [FILTER]

The files are those that the benchmarks in Rust have left in FOLDER. As there, every row is called once without being
timed, every call is timed alone, and its answer is checked and freed after the clock has stopped.
"""

import functools
import gc
import io
import json
import os
import pickle
import platform
import statistics
import sys
import time

import numpy as np

SHAPE = (10_000, 1_000)
STEP = 10_007
SMALL_ARRAYS = 10_000
SMALL_ITEMS = 100


def median(rounds, job, check):
    """The median nanoseconds of `rounds` calls of `job`."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter_ns()
        answer = job()
        times.append(time.perf_counter_ns() - start)
        check(answer)
        del answer
    return statistics.median(times[1:])


def big_endian(path):
    """Reads big-endian numbers and turns them where they are, the fastest way NumPy has."""
    array = np.load(path)
    return array.byteswap(inplace=True).view(array.dtype.newbyteorder())


def save(path, array):
    """Saves over a file of any name (`np.save` would append `.npy` to a path)."""
    with open(path, "wb") as file:
        np.save(file, array)


def small_bytes(array):
    """The bytes of a small array's file."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


class Shared:
    """The files in the folder, and what rows share; each is read when a row needs it first."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    @functools.cached_property
    def values(self):
        return np.load(self.path("c.npy"))

    @functools.cached_property
    def samples(self):
        return self.values.ravel()[::STEP].copy()

    @functools.cached_property
    def total(self):
        return float(self.values.sum())

    @functools.cached_property
    def small(self):
        starts = range(0, SMALL_ARRAYS * SMALL_ITEMS, SMALL_ITEMS)
        return [self.values.ravel()[at : at + SMALL_ITEMS].copy() for at in starts]

    @functools.cached_property
    def small_files(self):
        return [small_bytes(array) for array in self.small]

    @functools.cached_property
    def records(self):
        return np.load(self.path("records.npy"))

    @functools.lru_cache(maxsize=1)
    def member(self, name):
        """The array of an archive."""
        return np.load(self.path(name))["x"]


def on_disk(path):
    """Waits until the file is on the disk."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def rows(folder):
    """Name, job and check of every row."""
    shared = Shared(folder)
    place = shared.path
    written, new, written_records = place("written"), place("new"), place("written_records")

    def check_array(array):
        assert array.shape == SHAPE and array.flags.c_contiguous and array.dtype == np.dtype("=f4")
        assert np.array_equal(array.ravel()[::STEP], shared.samples)

    def check_written(_):
        with open(written, "rb") as file:
            check_array(np.load(file))
        on_disk(written)

    def check_new(_):
        with open(new, "rb") as file:
            check_array(np.load(file))
        on_disk(new)
        os.remove(new)

    def check_mapped(array):
        assert array.shape == SHAPE and array[0, 0] == shared.values[0, 0]

    def check_sum(answer):
        assert abs(float(answer[0]) - shared.total) < 1.0

    def check_small(arrays):
        assert len(arrays) == SMALL_ARRAYS
        assert all(array[0] == other[0] and array[-1] == other[-1] for array, other in zip(arrays, shared.small))

    def check_small_files(files):
        assert files == shared.small_files

    def check_records(array):
        assert array.dtype == shared.records.dtype and np.array_equal(array[::1009], shared.records[::1009])

    def check_written_records(_):
        with open(written_records, "rb") as file:
            check_records(np.load(file))
        on_disk(written_records)

    def mapped_sum():
        array = np.load(place("c.npy"), mmap_mode="r")
        return array.sum(), array

    def read_small():
        return [np.load(io.BytesIO(file)) for file in shared.small_files]

    return [
        ("read/40MB_f32", lambda: np.load(place("c.npy")), check_array),
        ("write/40MB_f32_over_existing", lambda: save(written, shared.values), check_written),
        ("write/40MB_f32_new_file", lambda: save(new, shared.values), check_new),
        ("map/open_40MB_f32", lambda: np.load(place("c.npy"), mmap_mode="r"), check_mapped),
        ("map/sum_40MB_f32", mapped_sum, check_sum),
        ("small/read_10k_f32x100", read_small, check_small),
        ("small/write_10k_f32x100", lambda: [small_bytes(array) for array in shared.small], check_small_files),
        ("records/read_1M_i4_f8", lambda: np.load(place("records.npy")), check_records),
        ("records/write_1M_i4_f8", lambda: save(written_records, shared.records), check_written_records),
        *deflated_rows(shared, "smooth"),
        *deflated_rows(shared, "noise"),
        *archive_rows(shared),
        *text_rows(shared),
        *pickle_rows(shared),
        *json_rows(shared),
        *torch7_rows(shared),
        ("order/big_endian_to_native_40MB_f32", lambda: big_endian(place("big_endian.npy")), check_array),
        ("order/F_to_C_40MB_f32", lambda: np.ascontiguousarray(np.load(place("fortran.npy"))), check_array),
    ]


def deflated_rows(shared, kind):
    """The rows of one large array that is deflated; the files that are read were written by the benchmarks in Rust."""
    own, other = f"{kind}.arr.npz", f"{kind}.other.npz"
    written = shared.path("written.npz")

    def deflate():
        np.savez_compressed(written, x=shared.member(own))

    def check(array):
        assert np.array_equal(array.ravel()[::997], shared.member(own).ravel()[::997])

    def check_size(_):
        on_disk(written)
        check(np.load(written)["x"])
        size = os.path.getsize(shared.path(own)) / os.path.getsize(written)
        print(f"{kind}: arr's archive is {size:.4f} times as large as NumPy's", file=sys.stderr)

    return [
        (f"npz/deflate_{kind}_40MB_f32", deflate, check_size, 3),
        (f"npz/inflate_{kind}_40MB_f32", lambda: np.load(shared.path(other))["x"], check),
    ]


def archive_rows(shared):
    """The rows of other archives."""
    stored, many, written = (shared.path(name) for name in ("stored.npz", "many.npz", "written.npz"))

    def check_stored(array):
        assert np.array_equal(array.ravel()[::997], shared.member("stored.npz").ravel()[::997])

    def read_many():
        archive = np.load(many)
        return [archive[name] for name in archive.files]

    def check_many(arrays):
        assert len(arrays) == SMALL_ARRAYS

    def store():
        np.savez(written, x=shared.member("stored.npz"))

    return [
        ("npz/store_40MB_f32_over_existing", store, lambda _: on_disk(written)),
        ("npz/read_stored_40MB_f32", lambda: np.load(stored)["x"], check_stored),
        ("npz/read_10k_members_f32x100", read_many, check_many, 5),
    ]


def pickle_rows(shared):
    """The rows of pickles. The files were written by the benchmarks in Rust."""
    one, many = shared.path("one.pkl"), shared.path("many.pkl")

    @functools.lru_cache(maxsize=1)
    def bytes_of_one():
        with open(one, "rb") as file:
            return file.read()

    @functools.lru_cache(maxsize=1)
    def dict_of_many():
        with open(many, "rb") as file:
            return pickle.load(file)

    @functools.lru_cache(maxsize=1)
    def beside():
        buffers = []
        return pickle.dumps(shared.values, 5, buffer_callback=buffers.append), buffers

    def load_many():
        with open(many, "rb") as file:
            return pickle.load(file)

    def check(array):
        assert np.array_equal(array.ravel()[::STEP], shared.samples)

    def check_many(found):
        assert len(found) == 200_000

    def write_beside():
        buffers = []
        return pickle.dumps(shared.values, 5, buffer_callback=buffers.append), buffers

    return [
        ("pickle/read_200k_f32x10_in_dict", load_many, check_many),
        ("pickle/write_200k_f32x10_in_dict", lambda: pickle.dumps(dict_of_many(), 4), lambda data: None),
        ("pickle/read_40MB_f32", lambda: pickle.loads(bytes_of_one()), check),
        ("pickle/read_40MB_f32_beside", lambda: pickle.loads(beside()[0], buffers=beside()[1]), check),
        ("pickle/write_40MB_f32", lambda: pickle.dumps(shared.values, 5), lambda data: None),
        ("pickle/write_40MB_f32_beside", write_beside, lambda made: None),
    ]


def text_rows(shared):
    """The rows of numbers as text, and those of other libraries beside NumPy: they are asked for arrays of numbers."""
    import pandas
    import polars
    import pyarrow.csv

    table, line, mixed, written = (shared.path(name) for name in ("e18.txt", "line.txt", "mixed.csv", "written.txt"))

    @functools.lru_cache(maxsize=1)
    def values():
        return np.loadtxt(table)

    @functools.lru_cache(maxsize=1)
    def frame():
        return polars.from_numpy(values())

    def check(array):
        assert array.size == values().size and np.array_equal(array.ravel()[::997], values().ravel()[::997])

    def check_written(_):
        check(np.loadtxt(written))

    def by_pandas(path):
        return pandas.read_csv(path, sep=" ", header=None, float_precision="round_trip").to_numpy()

    def by_pyarrow(path):
        options = pyarrow.csv.ReadOptions(autogenerate_column_names=True, block_size=1 << 26)
        read = pyarrow.csv.read_csv(path, options, pyarrow.csv.ParseOptions(delimiter=" "))
        return np.column_stack([column.to_numpy() for column in read.columns])

    def by_polars(path):
        return polars.read_csv(path, separator=" ", has_header=False).to_numpy()

    def whole(read):
        assert read.shape[0] == 1_000_000

    def rows_of(topic, path):
        return [
            (topic, lambda: np.loadtxt(path), check, 3),
            (topic + ":pandas", lambda: by_pandas(path), check, 5),
            (topic + ":pyarrow", lambda: by_pyarrow(path), check, 5),
            (topic + ":polars", lambda: by_polars(path), check, 5),
        ]

    # A line of a million columns is more than the others take.
    one_line = [("text/read_e18_one_line", lambda: np.loadtxt(line), check, 3)]
    return [
        *rows_of("text/read_e18_1000x1000", table),
        *one_line,
        ("text/write_e18_1000x1000", lambda: np.savetxt(written, values()), check_written, 3),
        ("text/write_shortest_1000x1000:polars", lambda: frame().write_csv(written, separator=" ", include_header=False), check_written, 5),
        ("text/read_csv_mixed_1M:pandas", lambda: pandas.read_csv(mixed, parse_dates=["day"]), whole, 5),
        ("text/read_csv_mixed_1M:pyarrow", lambda: pyarrow.csv.read_csv(mixed), whole, 5),
        ("text/read_csv_mixed_1M:polars", lambda: polars.read_csv(mixed, try_parse_dates=True), whole, 5),
    ]


def json_rows(shared):
    """The rows of an array as `[dtype, base64, shape]` in JSON, by Python's json and by orjson."""
    import base64

    import orjson

    def recipe(dumps):
        array = shared.values
        return dumps([array.dtype.str, base64.b64encode(array).decode(), array.shape])

    def parsed(loads, text):
        dtype, data, shape = loads(text)
        return np.frombuffer(base64.b64decode(data), dtype).reshape(shape)

    @functools.lru_cache(maxsize=1)
    def text():
        return recipe(json.dumps)

    def check(array):
        assert array.shape == SHAPE and np.array_equal(array.ravel()[::STEP], shared.samples)

    def check_text(found):
        assert len(found) > 53_000_000

    write, read = "serde/json_triple_write_40MB_f32", "serde/json_triple_read_40MB_f32"
    return [
        (write + ":json_base64", lambda: recipe(json.dumps), check_text),
        (write + ":orjson_base64", lambda: recipe(orjson.dumps), check_text),
        (read + ":json_base64", lambda: parsed(json.loads, text()), check),
        (read + ":orjson_base64", lambda: parsed(orjson.loads, text()), check),
    ]


def torch7_rows(shared):
    """The rows of Torch7's files, by torchfile where it is installed."""
    tensor, table, text = (shared.path(name) for name in ("tensor.t7", "table.t7", "torch7.txt"))

    def check(array):
        assert np.array_equal(array.ravel()[::STEP], shared.samples)

    def check_text(array):
        assert array.shape == (1000, 1000)

    rows = [
        ("torch7/read_40MB_f32", lambda: np.load(shared.path("c.npy")), check),
        ("torch7/read_ascii_1000x1000_f32", lambda: np.loadtxt(text, dtype=np.float32), check_text, 3),
    ]
    try:
        import torchfile
    except ImportError:
        return rows

    def whole(found):
        assert len(found) == 200_000

    return rows + [
        ("torch7/read_40MB_f32:torchfile", lambda: torchfile.load(tensor), check),
        ("torch7/read_table_200k:torchfile", lambda: torchfile.load(table), whole, 5),
    ]


def main(folder, quick=False, wanted=""):
    gc.disable()
    # As the other programs do: after idling the machine is slow for a while.
    start = time.perf_counter()
    while time.perf_counter() - start < 1:
        pass
    rounds = 11 if quick else 41
    # Who has no name in the row is NumPy.
    named = [(*(row[0].split(":") if ":" in row[0] else (row[0], "numpy")), *row[1:]) for row in rows(folder)]
    chosen = [row for row in named if wanted in f"{row[0]}/{row[1]}"]
    medians = {
        f"{topic}/{who}": median(fewer[0] if fewer else rounds, job, check) for topic, who, job, check, *fewer in chosen
    }
    versions = f"NumPy {np.__version__} on Python {platform.python_version()}"
    print(json.dumps({"versions": versions, "medians": medians}, indent=1))


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--quick"]
    main(words[0], len(words) < len(sys.argv) - 1, *words[1:2])
