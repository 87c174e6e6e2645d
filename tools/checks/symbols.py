# SPDX-License-Identifier: Apache-2.0
"""What archives and images may contain, by llvm-nm.

symbols.py core ARCHIVE...   no undefined symbol outside tools/budgets/symbols.allow, no writable data
symbols.py state ARCHIVE...  no writable data (hosted builds, whose sanitizers and PIE add symbols)
symbols.py image FILE...     no allocation, no exceptions, nothing of tools/budgets/sodium.forbidden
symbols.py hosted FILE...    only the last of these: a process has a heap in its C library
"""
import pathlib
import re
import subprocess
import sys

import tree

HEAP = re.compile(r"(malloc|calloc|realloc|free|aligned_alloc|_Zn[wa]\w+|_Zd[la]\w+|__cxa_\w+"
                  r"|_Unwind_\w+|__gxx_personality_v0)")


def patterns(name):
    return [re.compile(line) for line in tree.lines(name) if line and not line.startswith("#")]


def symbols(path, *options):
    """(name, class letter, section) of each symbol of an archive or image."""
    done = subprocess.run(["llvm-nm-19", "--format=sysv", *options, path], capture_output=True,
                          text=True, check=True)
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in line.rsplit("|", 6)]
        if len(cells) == 7 and cells[2]:
            yield cells[0], cells[2], cells[6]


def state(archives):
    for path in archives:
        for name, letter, section in symbols(path, "--demangle"):
            if letter in "bBdDcCsS" and not section.startswith((".data.rel.ro", ".rodata")):
                yield f"{pathlib.Path(path).name}: writable data '{name}' in {section}"


def core(archives):
    allow = patterns("tools/budgets/symbols.allow")
    defined, wanted = set(), {}
    for path in archives:
        for name, letter, _ in symbols(path, "--demangle"):
            if letter == "U":
                wanted.setdefault(name, pathlib.Path(path).name)
            else:
                defined.add(name)
    for name in sorted(wanted.keys() - defined):
        if not any(pattern.fullmatch(name) for pattern in allow):
            yield f"{wanted[name]}: undefined symbol '{name}' is not on the list"
    yield from state(archives)


def image(files):
    forbidden = patterns("tools/budgets/sodium.forbidden")
    for path in files:
        for name, _, _ in symbols(path):
            if HEAP.fullmatch(name):
                yield f"{pathlib.Path(path).name}: allocates or throws: '{name}'"
            if any(pattern.fullmatch(name) for pattern in forbidden):
                yield f"{pathlib.Path(path).name}: forbidden: '{name}'"


def hosted(files):
    """A Linux process has a heap in its C library; the forbidden words it must not have."""
    return [problem for problem in image(files) if "forbidden" in problem]


kind, paths = sys.argv[1], sys.argv[2:]
if not paths:
    sys.exit("symbols: nothing to look at")
checks = {"core": core, "state": state, "image": image, "hosted": hosted}
tree.report(f"symbols {kind}", list(checks[kind](paths)))
