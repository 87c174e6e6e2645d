# SPDX-License-Identifier: Apache-2.0
"""The example finds its bug, makes it small, finds it again by the line it prints; the other passes.

usage: host_test.py EXECUTABLE
"""

import os
import re
import subprocess
import sys

AGAIN = re.compile(r"^testkit: again: GRAFOS_TESTKIT_SEED=(\d+) GRAFOS_TESTKIT_FAULTS=(\S+) "
                   r"GRAFOS_TESTKIT_MS=(\d+) (.*)$", re.M)
WRONG = re.compile(r"30 came, and the counter says 3[1-9]")
SMALLEST = re.compile(r"smallest that fails: seed \d+, faults \S+ \(of (\d+) kinds\), "
                      r"for (\d+) ms \(of (\d+)\)")


def run(words, **variables):
    done = subprocess.run(words, env=os.environ | variables, timeout=100, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f"$ {' '.join(words)} {variables or ''}\n{done.stdout}", flush=True)
    return done.returncode, done.stdout


def main():
    example = sys.argv[1]
    status, said = run([example, "turnstile"])
    assert status == 1, status
    assert WRONG.search(said)
    kinds, length, whole = (int(each) for each in SMALLEST.search(said).groups())
    seed, faults, ms, words = AGAIN.search(said).groups()
    assert len(faults.split(",")) < kinds and int(ms) == length < whole, "nothing was shrunk"

    case = {"GRAFOS_TESTKIT_SEED": seed, "GRAFOS_TESTKIT_FAULTS": faults, "GRAFOS_TESTKIT_MS": ms}
    status, again = run(words.split(), **case)
    assert status == 1 and WRONG.search(again)
    assert "stands still" in again or "is lost" in again or "waits" in again, "no story"
    status, _ = run([example, "turnstile_fixed"], **case)
    assert status == 0, "the same case, without the bug"

    status, said = run([example, "turnstile_fixed"])
    assert status == 0 and re.search(r"^testkit: 200 seeds, \d{4,} faults: good$", said, re.M)

    status, said = run([example, "turnstile"], GRAFOS_TESTKIT_SEED="1", GRAFOS_TESTKIT_FAULTS="rain")
    assert status not in (0, 1) and "all, none, or of: loss, duplicate" in said
    assert run([example, "turnpike"])[0] == 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
