# SPDX-License-Identifier: Apache-2.0
"""instructions.py BOARD COMMAND…: holds an image's instruction counts against their ceilings.

COMMAND boots grafos-instructions under instruction counting; each of its lines
`instructions name=N value=V` is compared with tools/budgets/instructions.json. A value more than 2 %
above its ceiling fails; so does a row that is missing on either side. A value more than 10 % below is
told, so that the ceiling can follow. --update writes the values as the new ceilings of this board.
"""

import json
import pathlib
import re
import subprocess
import sys

BUDGET = pathlib.Path(__file__).resolve().parent.parent / "budgets" / "instructions.json"
TOLERANCE = 0.02
SLACK = 0.10


def measure(command):
    run = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    rows = dict(re.findall(r"^instructions name=(\S+) value=(\d+)", run.stdout, re.M))
    if run.returncode != 0 or not rows:
        sys.exit(f"instructions: the image ended with {run.returncode}\n{run.stdout}{run.stderr}")
    return {name: int(value) for name, value in rows.items()}


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    update = "--update" in arguments
    arguments = [word for word in arguments if word != "--update"]
    board, rows = arguments[0], measure(arguments[1:])
    budget = json.loads(BUDGET.read_text()) if BUDGET.exists() else {}
    if update:
        budget[board] = rows
        BUDGET.write_text(json.dumps(budget, indent=2) + "\n")
    ceilings = budget.get(board, {})
    problems = 0
    print(f"{'row':<24}{'instructions':>14}{'ceiling':>14}")
    for name in sorted(rows.keys() | ceilings.keys()):
        value, ceiling = rows.get(name), ceilings.get(name)
        verdict = ""
        if value is None or ceiling is None:
            verdict = "missing in the image" if value is None else "has no ceiling"
            problems += 1
        elif value > ceiling * (1 + TOLERANCE):
            verdict = f"{100 * value / ceiling - 100:+.1f} %: over its ceiling"
            problems += 1
        elif value < ceiling * (1 - SLACK):
            verdict = f"{100 * value / ceiling - 100:+.1f} %: lower the ceiling"
        print(f"{name:<24}{value if value is not None else '-':>14}"
              f"{ceiling if ceiling is not None else '-':>14}  {verdict}".rstrip())
    print(f"instructions: {problems} problem(s) on {board}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
