"""Times `arr_io` beside NumPy and `pickle` in one run, on the same files: medians, and how many times as fast ours are.

``python python/benches/beside_numpy.py`` prints a table; nothing is written but temporary files.
"""

import pathlib
import pickle
import statistics
import tempfile
import time

import arr_io
import numpy as np


def median(function, least=0.4):
    """The median time of a call in seconds, of as many as fit."""
    times = []
    while len(times) < 3 or sum(times) < least and len(times) < 5000:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    """Measure and print."""
    folder = pathlib.Path(tempfile.mkdtemp())
    small, large = np.arange(10.0), np.random.default_rng(1).normal(size=(1000, 4000))
    table = np.round(np.random.default_rng(2).normal(size=(50_000, 10)), 6)
    sparse = np.repeat(np.arange(400_000, dtype="i4"), 10)
    objects = {f"key{n}": [n, float(n), str(n), np.arange(100)] for n in range(2000)}
    for name, array in (("small", small), ("large", large)):
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "x.npz", *[small] * 100)
    np.savez_compressed(folder / "packed.npz", x=sparse)
    np.savetxt(folder / "x.txt", table, fmt="%.6f")
    (folder / "x.pkl").write_bytes(pickle.dumps(objects))
    path = {name: folder / name for name in ("small.npy", "large.npy", "x.npz", "packed.npz", "x.txt", "x.pkl", "out")}

    def members(module):
        with module.load(path["x.npz"]) as npz:
            return [npz[name] for name in npz]

    def pickled():
        with open(path["x.pkl"], "rb") as file:
            return pickle.load(file)

    rows = [
        ("load, 10 items", lambda m: m.load(path["small.npy"])),
        ("load, 32 MB", lambda m: m.load(path["large.npy"])),
        ("save, 10 items", lambda m: m.save(folder / "out.npy", small)),
        ("save, 32 MB", lambda m: m.save(folder / "out.npy", large)),
        ("load, 100 members", members),
        ("load, a deflated member of 16 MB", lambda m: m.load(path["packed.npz"])["x"]),
        ("savez_compressed, 16 MB", lambda m: m.savez_compressed(folder / "out.npz", x=sparse)),
        ("loadtxt, 500 000 numbers", lambda m: m.loadtxt(path["x.txt"])),
        ("genfromtxt, 500 000 numbers", lambda m: m.genfromtxt(path["x.txt"])),
        ("savetxt, 500 000 numbers", lambda m: m.savetxt(folder / "out.txt", table)),
    ]
    print(f"{'':34}{'NumPy':>12}{'arr_io':>12}{'times as fast':>15}")
    for name, call in rows:
        report(name, median(lambda: call(np)), median(lambda: call(arr_io)))
    report("read_pickle and pickle.load, 1.9 MB", median(pickled), median(lambda: arr_io.read_pickle(path["x.pkl"])))


def report(name, theirs, ours):
    """Print a row."""
    print(f"{name:34}{theirs * 1e6:>9.1f} us{ours * 1e6:>9.1f} us{theirs / ours:>15.2f}", flush=True)


if __name__ == "__main__":
    main()
