# SPDX-License-Identifier: Apache-2.0
"""seeds_test.py SCENARIO: the same seed gives the same anchors and trace twice, another seed others; seeds that
once showed a bug show it no more."""

import pathlib
import re
import subprocess
import sys
import tempfile


# Seed: what a run of it must say, and what it said.
FOUND = {
    105: (" ended=8 ", "ten leases ended, two by loss: repeats that grew rarer shut the window"),
}


def run(scenario, seed, folder, operations=3000):
    """Anchor of the one node, anchors of the two, trace; and all that was said."""
    disk = pathlib.Path(folder) / f"disk-{seed}"
    disk.unlink(missing_ok=True)
    words = [scenario, "mode=scenario", f"seed={seed}", f"operations={operations}",
             f"disk={disk}", "disk_bytes=33554432", "memory_bytes=16777216"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False,
                          stdin=subprocess.DEVNULL)
    found = re.findall(r"^(?:anchor|fabric-anchor|trace) .* ?([0-9a-f]{64})$", done.stdout, re.M)
    if done.returncode != 0 or len(found) != 4:
        said = "".join(line for line in done.stdout.splitlines(True) if not line.startswith("{"))
        sys.exit(f"seed {seed} ended with {done.returncode}: {said[:900]}{done.stderr[:500]}")
    return found, done.stdout


def main():
    with tempfile.TemporaryDirectory() as folder:
        first, again, other = (run(sys.argv[1], seed, folder)[0] for seed in (7, 7, 8))
        for seed, (expected, story) in FOUND.items():
            if expected not in run(sys.argv[1], seed, folder, operations=100)[1]:
                sys.exit(f"seed {seed} does not say '{expected.strip()}': {story}")
    for seed, found in ((7, first), (7, again), (8, other)):
        print(seed, *(value[:16] for value in found))
    if first != again:
        sys.exit("the same seed gave two anchors or traces")
    if set(first) & set(other):
        sys.exit("two seeds gave the same anchor or trace")


main()
