#!/usr/bin/env python3
"""guard.py <ekws_guard> <piece> <bound>: instructions of the piece, as a multiple of those of the loop it is compared
with, both counted by callgrind. They do not depend on the machine's speed or load, only on code and compiler."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def instructions(program: str, piece: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--toggle-collect=ekws_guard_measured", f"--callgrind-out-file={folder}/out", program, piece]
        done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found or int(found[1]) == 0:
        sys.exit(f"{piece}: {done.stderr}")
    return int(found[1])


def main() -> int:
    program, piece, bound = sys.argv[1], sys.argv[2], float(sys.argv[3])
    if not shutil.which("valgrind"):
        print("valgrind is not installed: scripts/deps.sh e2e")
        return 1 if os.environ.get("CI") else SKIPPED
    counted, reference = instructions(program, piece), instructions(program, f"{piece}-reference")
    ratio = counted / reference
    print(f"{piece}: {counted} instructions, {ratio:.2f} times the reference ({reference}); bound {bound}")
    if ratio <= bound:
        return 0
    print(f"{piece} takes more instructions than it did. If that is wanted, give it another bound in tests/guard/CMakeLists.txt, and say why.")
    return 1


sys.exit(main())
