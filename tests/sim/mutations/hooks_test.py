# SPDX-License-Identifier: Apache-2.0
"""What is shipped has no hook for mutations: no symbol of the core archives, or of a program, speaks
of one. Sees itself fail first, by an object that has one.

Usage: hooks_test.py COMPILER FILE…
"""
import os
import subprocess
import sys
import tempfile

WORD = "mutat"


def hooks_of(path):
    """Symbols of `path` that speak of mutations."""
    done = subprocess.run(["nm", "-A", "-C", "--no-sort", path], capture_output=True, text=True)
    if done.returncode != 0 or not done.stdout.strip():
        sys.exit(f"hooks_test.py: nm says nothing of {path}: {done.stderr.strip()}\n"
                 "    next: build it, or see whether it is stripped")
    return [line for line in done.stdout.splitlines() if WORD in line.split(":", 1)[-1].lower()]


def main(words):
    if len(words) < 2:
        sys.exit(__doc__)
    compiler, files = words[0], words[1:]
    with tempfile.TemporaryDirectory() as place:
        source = os.path.join(place, "hook.cpp")
        with open(source, "w", encoding="utf-8") as file:
            file.write("extern \"C\" bool grafos_mutation_is_on(int) { return false; }\n")
        hooked = os.path.join(place, "hook.o")
        subprocess.run([compiler, "-c", source, "-o", hooked], check=True)
        if not hooks_of(hooked):
            sys.exit("hooks_test.py: does not see a hook where there is one")
    found = [line for path in files for line in hooks_of(path)]
    for line in found:
        print(f"hooks_test.py: {line}\n    next: a mutation is an edit of text "
              "(tests/sim/mutations/README.md)", file=sys.stderr)
    print(f"{len(files)} files, {len(found)} hooks")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
