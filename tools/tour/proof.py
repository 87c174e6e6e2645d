# SPDX-License-Identifier: Apache-2.0
"""The outside opinions: the second audit verifier and the disk reader, run as programs.

Neither shares code with the core or with this tour. What they print is believed only in the one
form that is expected here; anything else is a failed check with their own words in it.
"""

import json
import re
import subprocess
from pathlib import Path

from node import CheckFailed, check


PROGRAMS = ("grafos-disk", "grafos-netem", "grafos")


def is_complete(root: Path) -> bool:
    """Whether the host's tools have been built."""
    return all(any(root.glob(f"build/linux*/{name}")) for name in PROGRAMS)


def program(root: Path, name: str) -> Path:
    """One of them; the preset linux before its variants. Raises CheckFailed."""
    found = sorted(root.glob(f"build/linux*/{name}"))
    check(bool(found), f"{name} is not built: cmake --preset linux && "
                       f"cmake --build --preset linux --target {name}")
    return found[0]


def verify_export(root: Path, export: Path) -> str:
    """The anchor of an exported chain, recomputed. Raises CheckFailed if it does not verify."""
    said = json.loads(_run(root, "audit-verify", "--json", str(export)))
    chain = said["chains"][0]
    check(said["ok"] and chain["ok"] and chain["signed"], f"{export} does not verify: {chain}")
    return chain["anchor"]


def verify_store(root: Path, store: Path) -> None:
    """What a collector stored, without a head. Raises CheckFailed if it does not verify."""
    _run(root, "audit-verify", "--unsigned", str(store))


def anchor_on_disk(root: Path, disk: Path) -> str:
    """The anchor that stands in a disk image."""
    said = _run(root, "grafos-disk", "anchor", str(disk))
    return _anchor_in(said, f"tools/grafos-disk anchor {disk}")


def records_on_disk(root: Path, disk: Path) -> list[str]:
    """The chain as a disk image holds it, one line a record, without the signed head."""
    return _run(root, "grafos-disk", "export", str(disk)).splitlines()[:-1]


def replay_write_log(root: Path, disk: Path, log: Path) -> str:
    """Cuts the power at every write of the log, in thought; the last line of what was found."""
    said = _run(root, "grafos-disk", "replay", str(disk), "--log", str(log), timeout=300.0)
    return said.strip().splitlines()[-1]


def _anchor_in(said: str, who: str) -> str:
    found = re.search(r"anchor[= ]+([0-9a-f]{64})", said)
    check(found is not None, f"{who} printed no anchor: {said.strip()!r}")
    return found[1]


def _run(root: Path, tool: str, *arguments: str, timeout: float = 60.0) -> str:
    program = root / "tools" / tool
    if not program.exists():
        raise CheckFailed(f"{program} is missing")
    try:
        done = subprocess.run([str(program), *arguments], capture_output=True, text=True,
                              timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise CheckFailed(f"{tool} {arguments[0]} did not end within {timeout:.0f} s") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise CheckFailed(f"{tool} {' '.join(arguments)} answered {done.returncode}: "
                          f"{' / '.join(said)}")
    return done.stdout
