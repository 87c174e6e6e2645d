# SPDX-License-Identifier: Apache-2.0
"""Before anything starts: what was built is there, and --out is this run's own.

Two runs in one folder would write one another's disks, so the folder is locked (flock: it ends with
the process, however that ends). Whatever is missing is one line with the next step.
"""

import fcntl
import os
from pathlib import Path

import proof

LOCK = "lock"


class NotReady(Exception):
    """What is missing, and what to do next. `status`: what the run answers."""

    def __init__(self, text: str, status: int):
        super().__init__(text)
        self.status = status


def claim(out: Path):
    """Locks the folder, made if need be; it is ours until what is returned is closed."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = open(out / LOCK, "a+", encoding="utf-8")
    except OSError as error:
        raise NotReady(f"--out: {out} cannot be written ({error.strerror}); next: --out with a "
                       f"folder that can", 2) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "another run"
        lock.close()
        raise NotReady(f"{out} is in use by {holder}; next: wait for its end, or give this one a "
                       f"folder of its own with --out", 2) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()}\n")
    lock.flush()
    return lock


def check_built(options, root: Path) -> None:
    """The images of all boards that are asked for, and the host's programs."""
    boards = [board for board in options.boards if options.what != "power-cut" or board.qemu]
    missing = [str(path) for path in (image_of(options, board, root) for board in boards)
               if not path.is_file()]
    missing += [name for name in proof.PROGRAMS if not any(root.glob(f"build/linux*/{name}"))]
    if missing:
        raise NotReady(f"not built: {', '.join(missing)}; next: the same without --no-build", 1)


def image_of(options, board, root: Path) -> Path:
    if options.image:
        return options.image
    scenario = "grafos-scenario" + (".elf" if board.qemu else "")
    return board.image(root, scenario if options.what == "scenario" else "")
