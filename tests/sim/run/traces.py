#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""traces.py FILE COMMAND...: runs the image of traces, and keeps where each seed's trace ended in FILE.
traces.py --compare FILE...: whether builds say the same; each FILE is named by the folder it lies in.

Exit: 0 all equal, 1 an image failed, said too little, or two builds differ (which, and at what seed)."""

import pathlib
import re
import subprocess
import sys

LINE = re.compile(r"^sim-trace (\d+) (\w+) .* [0-9a-f]{64}$")
SEEDS = 8


def lines_of(text):
    """Seed: its line."""
    found = (LINE.match(line.rstrip()) for line in text.splitlines())
    return {int(match[1]): match[0] for match in found if match}


def keep(file, command):
    file.unlink(missing_ok=True)
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False,
                          stdin=subprocess.DEVNULL)
    lines = lines_of(done.stdout)
    if done.returncode != 0 or len(lines) != SEEDS:
        sys.exit(f"traces: ended with {done.returncode} after {len(lines)} of {SEEDS} seeds:\n"
                 f"{done.stdout[-900:]}{done.stderr[-500:]}")
    file.write_text("".join(f"{line}\n" for line in lines.values()))
    print("\n".join(lines.values()))


def compare(files):
    """Every build beside the first."""
    read = {file.parent.name: lines_of(file.read_text()) for file in files}
    (first, expected), *others = read.items()
    if len(expected) != SEEDS:
        sys.exit(f"traces: {first} has {len(expected)} of {SEEDS} seeds")
    differences = [f"traces: {first} and {name} differ at seed {seed}:\n  {expected.get(seed)}\n  {lines.get(seed)}"
                   for name, lines in others
                   for seed in sorted(expected.keys() | lines.keys())
                   if expected.get(seed) != lines.get(seed)]
    if differences:
        sys.exit("\n".join(differences))
    print(f"traces: {len(expected)} seeds, the same on {', '.join(read)}")


if sys.argv[1] == "--compare":
    compare([pathlib.Path(name) for name in sys.argv[2:]])
else:
    keep(pathlib.Path(sys.argv[1]), sys.argv[2:])
