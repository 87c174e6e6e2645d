# SPDX-License-Identifier: Apache-2.0
"""The same seed and settings print the same bytes on every machine: runs beside what they once printed.

usage: golden_test.py [--of FOLDER] [--write] COMMAND...     COMMAND takes the words of the machine

FOLDER (this one) has golden.json with a row for each run: its words, the exit status, the size and
SHA-256 of all it prints. short.trace is one of them as text, so that a difference can be read. --write
makes both anew from the words; a new run is a row with its words alone.
"""
import hashlib
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
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
    folder = HERE
    if words[:1] == ["--of"]:
        folder, words = pathlib.Path(words[1]), words[2:]
    is_write = words[:1] == ["--write"]
    command = words[int(is_write):]
    golden, trace = folder / "golden.json", folder / "short.trace"
    wanted = json.loads(golden.read_text(encoding="utf-8"))
    found = {name: run(command, row["words"]) for name, row in wanted.items()}
    rows = {name: row for name, (_, row) in found.items()}
    short = found["short"][0]
    if is_write:
        golden.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        trace.write_bytes(short)
        return 0
    problems = [f"{name}: {rows[name]} instead of {wanted[name]}"
                for name in wanted if rows[name] != wanted[name]]
    if short != trace.read_bytes():
        problems.append(f"short.trace: {first_difference(short, trace.read_bytes())}")
    print(*problems, f"{len(rows)} runs, {len(problems)} problem(s)", sep="\n")
    return 1 if problems else 0


sys.exit(main(sys.argv[1:]))
