# SPDX-License-Identifier: Apache-2.0
"""The table of refusals in core/node/service/refusals.md says what the tests' table says.

The tests reach every cell of tests/unit/node/service/refusal_table.hpp; the page is for people. `--fix`
writes the page's table anew.
"""
import pathlib
import re
import sys

import tree

SOURCE = "tests/unit/node/service/refusal_table.hpp"
PAGE = "core/node/service/refusals.md"
BEGIN, END = "<!-- table -->", "<!-- /table -->"

root = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^    \{(\w+),\s+of\(([^)]*)\),\s+of\(([^)]*)\)\},$", re.M)
rows = [tuple(" ".join(cell.split()) for cell in row)
        for row in ROW.findall((root / SOURCE).read_text())]
codes = sorted({code for row in rows for cell in row[1:] for code in cell.split(", ") if code})


def table() -> str:
    lines = ["| message | reached by a test | noted below |", "|---|---|---|"]
    for message, reached, noted in rows:
        cells = [", ".join(f"`{code}`" for code in cell.split(", ") if code) for cell in (reached, noted)]
        lines.append(f"| `{message}` | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


page = (root / PAGE).read_text()
before, rest = page.split(BEGIN)
found, after = rest.split(END)
problems = [] if found.strip() == table() else [f"{PAGE}: not the table of {SOURCE} (--fix)"]
problems += [f"{PAGE}: nothing is said about `{code}`" for code in codes if f"`{code}`" not in after]
if len(rows) != 31:
    problems.append(f"{SOURCE}: {len(rows)} rows, expected one for each of the 31 messages")
if "--fix" in sys.argv[1:]:
    (root / PAGE).write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}")
tree.report("refusals", problems)
