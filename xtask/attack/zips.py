"""Archives, changed at random, as Python's zipfile and the arr command read them.

    python zips.py FOLDER PROGRAM COUNT SEED    makes COUNT archives in FOLDER and prints a line for each that PROGRAM
                                                reads otherwise: the name of the file, and what differs
"""
import io
import json
import os
import random
import struct
import subprocess
import sys
import zipfile

NAMES = ["a.bin", "b/c.bin", "caf\u00e9.bin", "x.npy.bin", "a.bin", "d" * 50, "z"]
NUMBERS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]
SIGNATURES = [b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"]


def archive(rng):
    """The bytes of an archive with some members, stored or deflated, with or without comments and data descriptors."""
    out = io.BytesIO()
    if rng.random() < 0.1:
        out.write(bytes(rng.getrandbits(8) for _ in range(rng.randrange(40))))
    # A stream that can't be rewound makes data descriptors.
    stream = out if rng.random() < 0.7 else Unseekable(out)
    with zipfile.ZipFile(stream, "w" if out.tell() == 0 or stream is not out else "a") as made:
        for name in rng.sample(NAMES, rng.randrange(1, 5)):
            info = zipfile.ZipInfo(name)
            info.compress_type = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
            data = bytes(rng.choice(b"abc\x00") for _ in range(rng.randrange(200)))
            with made.open(info, "w", force_zip64=rng.random() < 0.2) as member:
                member.write(data)
        if rng.random() < 0.3:
            made.comment = bytes(rng.choice(b"PK\x05\x06abc") for _ in range(rng.randrange(60)))
    return bytearray(out.getvalue())


class Unseekable(io.RawIOBase):
    def __init__(self, out):
        self.out = out

    def writable(self):
        return True

    def write(self, data):
        return self.out.write(data)


def change(rng, data):
    """Changes a few bytes, most often in the directory and the end record."""
    for _ in range(rng.randrange(0, 4)):
        tail = data.rfind(b"PK\x01\x02")
        low = rng.choice([0, 0, max(tail, 0), max(len(data) - 30, 0)])
        at = rng.randrange(low, len(data) + 1) if len(data) > low else 0
        kind = rng.randrange(7)
        if kind == 0:
            del data[at:at + rng.randrange(20)]
        elif kind == 1 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            data[at:at] = rng.choice(SIGNATURES)
        elif kind == 3:
            number = struct.pack("<I", rng.choice(NUMBERS))[:rng.choice([1, 2, 4])]
            data[at:at + len(number)] = number
        elif kind == 4:
            piece = data[at:at + rng.randrange(60)]
            to = rng.randrange(len(data) + 1)
            data[to:to] = piece
        elif kind == 5:
            data += rng.choice([b"\x00", b"PK\x05\x06" + bytes(18), bytes(data[-22:])])
        elif at < len(data):
            data[at] = rng.getrandbits(8)


def of_python(data):
    """Each name and its bytes, of equal names the last; or the error."""
    try:
        with zipfile.ZipFile(io.BytesIO(bytes(data))) as found:
            return {name: found.read(name) for name in found.namelist() if not name.endswith("/")}
    except Exception as error:  # it raises many things
        return "%s: %s" % (type(error).__name__, error)


def of_arr(program, path):
    """The same, by the command; None where it refuses something."""
    run = subprocess.run([program, "dump", "--from", "npz", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode != 0:
        return None
    dump = json.loads(run.stdout.decode("utf-8"))
    root = dump["heap"][str(dump["root"]["id"])]
    entries = {}
    for key, value in root["entries"]:
        entries[key["v"]] = bytes.fromhex(value["hex"]) if value["t"] == "bytes" else value
    return entries


def main(folder, program, count, seed):
    rng = random.Random(seed)
    for number in range(count):
        data = archive(rng)
        change(rng, data)
        name = "changed-%d.npz" % (number % 8)
        path = os.path.join(folder, name)
        with open(path, "wb") as out:
            out.write(data)
        ours = of_arr(program, path)
        if ours is None:
            continue
        theirs = of_python(data)
        if theirs != ours:
            print(ascii("%s zipfile finds %.300r, the command %.300r" % (name, theirs, ours))[1:-1])
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
