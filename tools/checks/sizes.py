# SPDX-License-Identifier: Apache-2.0
"""Bytes of text and RAM per room and image, against tools/budgets/sizes.json.

sizes.py PRESET FILE...  prints a table; ends with 1 if a figure is above its budget or has none. `text`
is what is read-only (code and constants), `ram` what is writable at run time. A budget is raised by
hand, in the commit that needs it, which says why.
"""
import json
import pathlib
import subprocess
import sys

import tree

BUDGETS = tree.ROOT / "tools/budgets/sizes.json"


def measure(path):
    """Sums over the sections that are loaded, by whether they are written to."""
    done = subprocess.run(["llvm-size-19", "--format=berkeley", path], capture_output=True, text=True,
                          check=True)
    text = ram = 0
    for line in done.stdout.splitlines()[1:]:
        cells = line.split()
        text += int(cells[0])
        ram += int(cells[1]) + int(cells[2])
    return {"text": text, "ram": ram}


preset, paths = sys.argv[1], sys.argv[2:]
figures = {pathlib.Path(path).name.removeprefix("libgrafos_").removesuffix(".a"): measure(path)
           for path in paths}
budgets = json.loads(BUDGETS.read_text(encoding="utf-8"))
problems = []
mine = budgets.get(preset, {})
print(f"{preset:24} {'text':>10} {'of':>10} {'RAM':>12} {'of':>12}")
for name, figure in figures.items():
    budget = mine.get(name, {})
    print(f"{name:24} {figure['text']:10} {budget.get('text', '-'):>10} "
          f"{figure['ram']:12} {budget.get('ram', '-'):>12}")
    for key, value in figure.items():
        if key not in budget:
            problems.append(f"{preset} {name}: no budget for {key} ({value} bytes)")
        elif value > budget[key]:
            problems.append(f"{preset} {name}: {value} bytes of {key}, budget {budget[key]}")
tree.report("sizes", problems)
