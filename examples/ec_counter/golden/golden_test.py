# SPDX-License-Identifier: Apache-2.0
"""The same seed and settings print the same bytes on every machine: runs beside what they once printed.

usage: golden_test.py [--write] COMMAND...     COMMAND takes the words of the machine

golden.json has a row for each run: its words, the exit status, the size and SHA-256 of all it prints.
short.trace is one of them as text, so that a difference can be read. --write makes both anew.
"""
import hashlib
import json
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
ROWS = FOLDER / "golden.json"
SHORT = FOLDER / "short.trace"
# What a tick of another machine's clock, or a byte of another compiler, would change.
RUNS = {
    "seed 1": "seed=1 extra=num_servers=3,num_clients=5",
    "seed 7": "seed=7 extra=num_servers=3,num_clients=5",
    "a net with faults": "seed=3 extra=requests=10,loss_permille=100,duplicate_permille=100,"
                         "jitter_ms=20,cut=100-900:server-1+client-1,first_wait_ms=20000",
    "every SyncValue dropped": "seed=1 extra=requests=5,drop=SyncValue",
    "short": "seed=2 extra=num_servers=2,num_clients=3,requests=4",
}
FAILURE = {1, 35}  # of a process, of a machine


def run(command, words):
    done = subprocess.run([*command, *words.split()], stdout=subprocess.PIPE, timeout=100, check=False)
    status = "not converged" if done.returncode in FAILURE else done.returncode
    return done.stdout, {"words": words, "status": status, "bytes": len(done.stdout),
                         "sha256": hashlib.sha256(done.stdout).hexdigest()}


def first_difference(found, wanted):
    for number, (ours, theirs) in enumerate(zip(found.splitlines(), wanted.splitlines()), 1):
        if ours != theirs:
            return f"line {number}: {ours!r} instead of {theirs!r}"
    return f"{len(found)} bytes instead of {len(wanted)}"


def main(words):
    is_write = words[:1] == ["--write"]
    command = words[int(is_write):]
    found = {name: run(command, run_words) for name, run_words in RUNS.items()}
    rows = {name: row for name, (_, row) in found.items()}
    short = found["short"][0]
    if is_write:
        ROWS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        SHORT.write_bytes(short)
        return 0
    wanted = json.loads(ROWS.read_text(encoding="utf-8"))
    problems = [f"{name}: {rows.get(name)} instead of {wanted.get(name)}"
                for name in {**wanted, **rows} if rows.get(name) != wanted.get(name)]
    if short != SHORT.read_bytes():
        problems.append(f"short.trace: {first_difference(short, SHORT.read_bytes())}")
    print(*problems, f"{len(rows)} runs, {len(problems)} problem(s)", sep="\n")
    return 1 if problems else 0


sys.exit(main(sys.argv[1:]))
