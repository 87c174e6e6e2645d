# SPDX-License-Identifier: Apache-2.0
"""differences.py [PRESET...]: every machine runs the same unit tests, or a reason is written down.

Reads build/<preset>/unit-results.txt, which each preset's `unit-late` leaves; prints the count of each.
Without presets it compares those that are there.
"""
import sys

import tree

presets = sys.argv[1:] or sorted(path.parent.name
                                 for path in tree.ROOT.glob("build/*/unit-results.txt"))
ran, problems = {}, []
for preset in presets:
    path = tree.ROOT / "build" / preset / "unit-results.txt"
    if not path.is_file():
        problems.append(f"{preset}: no unit-results.txt; did unit-late run?")
        continue
    rows = dict(line.split() for line in path.read_text(encoding="utf-8").splitlines())
    ran[preset] = {name for name, outcome in rows.items() if outcome != "skipped"}
    print(f"{preset:16} {len(ran[preset]):5} unit tests, {len(rows) - len(ran[preset])} skipped")

allow = tree.allowed("tests/unit/differences.allow")
used = set()


def reason_for(preset, name):
    for key in allow:
        where, _, what = key.partition(" ")
        if where in (preset, "*") and (name == what
                                       or what.endswith("*") and name.startswith(what[:-1])):
            used.add(key)
            return True
    return False


everything = set().union(*ran.values()) if ran else set()
for preset, names in ran.items():
    problems += [f"{preset}: {name} does not run, and no reason is written down"
                 for name in sorted(everything - names) if not reason_for(preset, name)]
tree.report("differences", problems)
