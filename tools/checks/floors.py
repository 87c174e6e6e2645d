# SPDX-License-Identifier: Apache-2.0
"""Who may include whom.

core: own room and lower floors, and hal; hal: core/base; arch: hal and core/base; boards/parts: those
and arch; a board: everything but tests. Nothing in core sees arch, boards or tests. Include paths
start at the root. Core and hal ask no preprocessor question about CPU or system, and include only
headers that a machine without an operating system has.
"""
import re

import tree

FLOOR = {"base": 0, "observe": 1, "crypto": 1, "lease": 2, "wire": 3, "node": 4, "fabric": 4,
         "data": 5, "compute": 6, "control": 7}
STANDARD = set("""cstddef cstdint limits climits new compare initializer_list concepts type_traits bit
    atomic version array span algorithm optional string_view utility""".split())
CPU = {"immintrin.h", "cpuid.h", "arm_neon.h", "arm_acle.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
QUESTION = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b.*"
                      r"(__x86_64__|__aarch64__|__arm__|__linux__|__unix__|_WIN32|__ELF__)")


def room(name):
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] in ("core", "boards", "arch", "tests") else parts[0]


def may_include(source, target):
    """Whether a file of room `source` may include one of room `target`."""
    top, other = source.split("/")[0], target.split("/")[0]
    if top == "core":
        own = source.split("/")[1]
        if other == "hal":
            return own != "base"
        if other != "core":
            return False
        return target == source or FLOOR[target.split("/")[1]] < FLOOR[own]
    if top == "hal":
        return other == "hal" or target == "core/base"
    if top == "arch":
        return other in ("hal", "arch") or target == "core/base"
    if source == "boards/parts":
        return other in ("hal", "arch") or target in ("core/base", "boards/parts")
    if top == "boards":
        return other in ("core", "hal", "arch") or target in (source, "boards/parts",
                                                               "boards/common")
    return True


def check(name):
    here = room(name)
    top = here.split("/")[0]
    for number, line in enumerate(tree.lines(name), 1):
        place = f"{name}:{number}"
        if top in ("core", "hal") and QUESTION.match(line):
            yield f"{place}: a question about CPU or system outside arch and boards"
        found = INCLUDE.match(line)
        if not found:
            continue
        ours, theirs = found.groups()
        if ours:
            if not (tree.ROOT / ours).is_file():
                yield f"{place}: \"{ours}\" is no path from the root"
            elif not may_include(here, room(ours)):
                yield f"{place}: {here} may not include {room(ours)} (\"{ours}\")"
        elif here == "arch/host":
            continue  # a process asks its system
        elif top in ("core", "hal", "arch") or here in ("tests/unit", "tests/support"):
            if theirs not in STANDARD and not (top == "arch" and theirs in CPU):
                yield f"{place}: <{theirs}> is not on the list of headers for {here}"


problems = []
for room_name in {name.split("/")[1] for name in tree.code("core")} - FLOOR.keys():
    problems.append(f"core/{room_name}: a room without a floor")
if not problems:
    problems = [p for name in tree.code("core", "hal", "arch", "boards", "tests")
                for p in check(name)]
tree.report("floors", problems)
