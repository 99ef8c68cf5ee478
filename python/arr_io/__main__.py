"""``python -m arr_io``: the ``arr`` command."""

import sys

from ._native import run_command

if __name__ == "__main__":
    sys.exit(run_command(["arr", *sys.argv[1:]]))
