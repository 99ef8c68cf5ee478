"""NumPy's rows of the benchmarks: medians of single calls, as JSON. Usage: numpy_bench.py FOLDER [--quick] [FILTER]

The files are those that the benchmarks in Rust have left in FOLDER. As there, every row is called once without being
timed, every call is timed alone, and its answer is checked and freed after the clock has stopped.
"""

import gc
import io
import json
import os
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


def rows(folder):
    """Name, job and check of every row."""
    c_file, fortran, big = (os.path.join(folder, name) for name in ("c.npy", "fortran.npy", "big_endian.npy"))
    record_file, written_records = (os.path.join(folder, name) for name in ("records.npy", "written_records"))
    written, new = (os.path.join(folder, name) for name in ("written", "new"))
    values = np.load(c_file)
    records = np.load(record_file)
    samples = values.ravel()[::STEP].copy()
    total = float(values.sum())
    small = [values.ravel()[at : at + SMALL_ITEMS].copy() for at in range(0, SMALL_ARRAYS * SMALL_ITEMS, SMALL_ITEMS)]
    small_files = [small_bytes(array) for array in small]

    def check_array(array):
        assert array.shape == SHAPE and array.flags.c_contiguous and array.dtype == np.dtype("=f4")
        assert np.array_equal(array.ravel()[::STEP], samples)

    def check_written(_):
        with open(written, "rb+") as file:
            check_array(np.load(file))
            os.fsync(file.fileno())

    def check_new(_):
        with open(new, "rb+") as file:
            check_array(np.load(file))
            os.fsync(file.fileno())
        os.remove(new)

    def check_mapped(array):
        assert array.shape == SHAPE and array[0, 0] == values[0, 0]

    def check_sum(answer):
        assert abs(float(answer[0]) - total) < 1.0

    def check_small(arrays):
        assert len(arrays) == SMALL_ARRAYS
        assert all(array[0] == other[0] and array[-1] == other[-1] for array, other in zip(arrays, small))

    def check_small_files(files):
        assert files == small_files

    def check_records(array):
        assert array.dtype == records.dtype and np.array_equal(array[::1009], records[::1009])

    def check_written_records(_):
        with open(written_records, "rb+") as file:
            check_records(np.load(file))
            os.fsync(file.fileno())

    def mapped_sum():
        array = np.load(c_file, mmap_mode="r")
        return array.sum(), array

    return [
        ("read/40MB_f32", lambda: np.load(c_file), check_array),
        ("write/40MB_f32_over_existing", lambda: save(written, values), check_written),
        ("write/40MB_f32_new_file", lambda: save(new, values), check_new),
        ("map/open_40MB_f32", lambda: np.load(c_file, mmap_mode="r"), check_mapped),
        ("map/sum_40MB_f32", mapped_sum, check_sum),
        ("small/read_10k_f32x100", lambda: [np.load(io.BytesIO(file)) for file in small_files], check_small),
        ("small/write_10k_f32x100", lambda: [small_bytes(array) for array in small], check_small_files),
        ("records/read_1M_i4_f8", lambda: np.load(record_file), check_records),
        ("records/write_1M_i4_f8", lambda: save(written_records, records), check_written_records),
        *archive_rows(folder),
        ("order/big_endian_to_native_40MB_f32", lambda: big_endian(big), check_array),
        ("order/F_to_C_40MB_f32", lambda: np.ascontiguousarray(np.load(fortran)), check_array),
    ]


def archive_rows(folder):
    """The rows of archives; the files that are read were written by the benchmarks in Rust."""
    place = lambda name: os.path.join(folder, name)
    written = place("written.npz")
    rows = []

    def sync(_):
        with open(written, "rb+") as file:
            os.fsync(file.fileno())

    def add(kind):
        own, other = place(f"{kind}.arr.npz"), place(f"{kind}.other.npz")
        data = np.load(own)["x"]

        def deflate():
            np.savez_compressed(written, x=data)

        def check(array):
            assert np.array_equal(array.ravel()[::997], data.ravel()[::997])

        def check_size(_):
            sync(_)
            check(np.load(written)["x"])
            size = os.path.getsize(own) / os.path.getsize(written)
            print(f"{kind}: arr's archive is {size:.4f} times as large as NumPy's", file=sys.stderr)

        rows.append((f"npz/deflate_{kind}_40MB_f32", deflate, check_size, 3))
        rows.append((f"npz/inflate_{kind}_40MB_f32", lambda: np.load(other)["x"], check))

    add("smooth")
    add("noise")
    stored, many = place("stored.npz"), place("many.npz")
    values = np.load(stored)["x"]

    def check_stored(array):
        assert np.array_equal(array.ravel()[::997], values.ravel()[::997])

    def read_many():
        archive = np.load(many)
        return [archive[name] for name in archive.files]

    def check_many(arrays):
        assert len(arrays) == SMALL_ARRAYS

    rows.append(("npz/store_40MB_f32_over_existing", lambda: np.savez(written, x=values), sync))
    rows.append(("npz/read_stored_40MB_f32", lambda: np.load(stored)["x"], check_stored))
    rows.append(("npz/read_10k_members_f32x100", read_many, check_many, 5))
    return rows


def main(folder, quick=False, wanted=""):
    gc.disable()
    # As the other programs do: after idling the machine is slow for a while.
    start = time.perf_counter()
    while time.perf_counter() - start < 1:
        pass
    rounds = 11 if quick else 41
    chosen = [row for row in rows(folder) if wanted in f"{row[0]}/numpy"]
    medians = {
        f"{topic}/numpy": median(fewer[0] if fewer else rounds, job, check) for topic, job, check, *fewer in chosen
    }
    versions = f"NumPy {np.__version__} on Python {platform.python_version()}"
    print(json.dumps({"versions": versions, "medians": medians}, indent=1))


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--quick"]
    main(words[0], len(words) < len(sys.argv) - 1, *words[1:2])
