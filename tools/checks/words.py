# SPDX-License-Identifier: Apache-2.0
"""Licence lines, unfinished business, and names that belong to a workplace instead of the project."""
import pathlib
import re

import tree

LICENCE = "SPDX-License-Identifier: Apache-2.0"
# Each word is broken by a class, so that this file does not find itself.
BANNED = [(re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b"), "unfinished business"),
          (re.compile(r"/wor[k]/|/hom[e]/\w|/roo[t]/|/tm[p]/bash|\.\./share[d]|workt[r]ee"),
           "a path of a workplace"),
          (re.compile(r"(?i)\bclaud[e]\b|anthropi[c]|openai[.]|copilo[t]"), "a name of a tool")]
COMMENTED = {".hpp", ".cpp", ".S", ".ld", ".cmake", ".py", ".sh", ".lock", ".allow", ".forbidden"}


def needs_licence(path, first):
    return (path.suffix in COMMENTED or path.name in ("CMakeLists.txt", ".clang-format")
            or first.startswith("#!"))


problems = []
for name in tree.files():
    path = pathlib.PurePath(name)
    if path.parts[:2] == ("tests", "fuzz") and "corpus" in path.parts:
        continue
    try:
        lines = tree.lines(name)
    except UnicodeDecodeError:
        continue
    if needs_licence(path, lines[0] if lines else ""):
        head = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
        if not head or LICENCE not in head[0]:
            problems.append(f"{name}:1: no line '{LICENCE}'")
    if name == "LICENSE":
        continue
    for number, line in enumerate(lines, 1):
        for pattern, what in BANNED:
            if pattern.search(line):
                problems.append(f"{name}:{number}: {what}: {line.strip()[:80]}")
tree.report("words", problems)
