# SPDX-License-Identifier: Apache-2.0
"""seeds_test.py SCENARIO: the same seed gives the same anchor twice, another seed another one."""

import pathlib
import re
import subprocess
import sys
import tempfile


def anchor(scenario, seed, folder):
    disk = pathlib.Path(folder) / f"disk-{seed}"
    disk.unlink(missing_ok=True)
    words = [scenario, "mode=scenario", f"seed={seed}", "operations=3000", f"disk={disk}",
             "disk_bytes=33554432", "memory_bytes=8388608"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False,
                         stdin=subprocess.DEVNULL)
    found = re.search(r"^anchor \S+ ([0-9a-f]{64})", run.stdout, re.M)
    if run.returncode != 0 or found is None:
        sys.exit(f"seed {seed} ended with {run.returncode}: {run.stdout[:500]}{run.stderr[:500]}")
    return found.group(1)


def main():
    with tempfile.TemporaryDirectory() as folder:
        first, again, other = (anchor(sys.argv[1], seed, folder) for seed in (7, 7, 8))
    print(f"seed 7 {first}\nseed 7 {again}\nseed 8 {other}")
    if first != again:
        sys.exit("the same seed gave two anchors")
    if first == other:
        sys.exit("two seeds gave the same anchor")


main()
