# SPDX-License-Identifier: Apache-2.0
"""A capture read by tshark with the dissector that tools/wire makes from the core's own table.

usage: tshark.py CAPTURE [KEYS]: how many packets of each kind, and of each message
"""

import collections
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEALED = "5"
KINDS = {"1": "hello", "2": "cookie", "3": "init", "4": "accept", SEALED: "sealed", "6": "plain"}
FIELDS = ("packet.kind", "message.type", "message.status", "malformed")


def is_ready() -> bool:
    """tshark is installed, and the table's program is built."""
    return shutil.which("tshark") is not None and _table() is not None


def _table() -> Path | None:
    return next(iter(sorted(ROOT.glob("build/linux*/grafos-wire-table"))), None)


def read(capture: Path, keys: Path | None = None, only: str = "udp") -> list[dict]:
    """Of each packet that passes the filter `only`: its fields, each a list of what it is shown as.
    Raises RuntimeError with tshark's own words."""
    with tempfile.TemporaryDirectory(prefix="grafos-tshark-") as folder:
        script = Path(folder) / "grafos.lua"
        _run([sys.executable, "-B", str(ROOT / "tools" / "wire" / "dissector.py"), str(_table()),
              str(script)])
        words = [word for name in FIELDS for word in ("-e", f"grafos.{name}")]
        options = ["-o", f"grafos.keylog:{keys}"] if keys else []
        said = _run(["tshark", "-n", "-X", f"lua_script:{script}", *options, "-r", str(capture),
                     "-Y", only, "-T", "fields", "-E", "occurrence=a", *words])
    rows = [line.split("\t") for line in said.splitlines()]
    return [{name: cell.split(",") if cell else [] for name, cell in zip(FIELDS, row)}
            for row in rows]


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode or "Lua Error" in done.stdout + done.stderr:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: "
                           f"{done.stderr.strip() or done.stdout[:300]}")
    return done.stdout


def summary(rows: list[dict]) -> str:
    """One line a kind of packet, one a message that was opened."""
    import spec  # reads core/wire/README.md: only when names are wanted
    kinds = collections.Counter(row["packet.kind"][0] if row["packet.kind"] else "?"
                                for row in rows)
    lines = [f"{count:7} {KINDS.get(kind, 'not ours')}" for kind, count in sorted(kinds.items())]
    lines.append(f"{sum(bool(row['malformed']) for row in rows):7} malformed")
    types = collections.Counter(each for row in rows for each in row["message.type"])
    lines += [f"{count:7} {spec.NAME.get(int(number, 16), number)}"
              for number, count in sorted(types.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if not is_ready():
        sys.exit("tshark is not installed (tools/setup), or grafos-wire-table is not built "
                 "(cmake --preset linux && cmake --build --preset linux)")
    print(summary(read(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else None)))
