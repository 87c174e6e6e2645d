# SPDX-License-Identifier: Apache-2.0
"""Power cuts that really cut: a session whose disk writes are logged, then replayed.

A killed QEMU keeps unflushed writes in the host's page cache, so killing proves nothing about
order. Here QEMU logs every write and flush of the guest (blklogwrites); grafos-disk rebuilds the
disk for every prefix of that log, and for subsets and torn sectors between two flushes, and each
must reopen to a verifiable prefix that holds every acknowledged record.
"""

import time
from pathlib import Path

import proof
from console import Refused, parse_words
from machine import MachineError
from node import BLOCK, DISK_BYTES, CheckFailed, Node, check
from show import Result, Show

SESSION_ROUNDS = 8


def run(options, show: Show, work: Path) -> int:
    """Exit status of `tools/run power-cut`. The boards only: a process has no write log."""
    held = True
    for board in options.boards:
        if not board.qemu:
            continue
        node = options.make_node(options, board, show, work)
        began = time.monotonic()
        show.begins(node.name, "power-cut")
        try:
            detail, ok = cut(node), True
        except (CheckFailed, MachineError, Refused) as failure:
            detail, ok = str(failure), False
        node.machine.kill()
        ms = round((time.monotonic() - began) * 1000)
        show.ends(Result("power-cut", node.name, ok, detail, ms))
        held = held and ok
    return 0 if held else 1


def cut(node: Node) -> str:
    """A short life from a blank disk on, with every kind of record; then its log, replayed."""
    log = node.machine.disk.with_suffix(".writes")
    log.write_bytes(b"")
    blank = node.machine.disk.with_suffix(".before")
    with blank.open("wb") as file:
        file.truncate(DISK_BYTES)
    node.start(write_log=log)
    node.settle()
    session(node)
    acknowledged = node.head()
    node.machine.kill()
    said = proof.replay_write_log(node.root, blank, log)
    found = int(parse_words(said)["records"])
    check(found >= acknowledged, f"{found} records after the last cut, {acknowledged} acknowledged")
    log.unlink()
    blank.unlink()
    return said


def session(node: Node) -> None:
    """Grants, renewals, writes, releases, an expiry, revocations."""
    for _ in range(SESSION_ROUNDS):
        freed, revoked = (node.alloc("memory", 4096, 60_000) for _ in range(2))
        block = node.alloc("block", 64 * 1024, 60_000)
        node.write(block, 0, b"cut!" * (BLOCK // 4))
        node.run(f"lease renew {revoked.identity} {revoked.generation}")
        node.alloc("memory", 4096, 100)
        node.free(freed)
        node.run(f"lease revoke {revoked.ref}")
        node.free(block)
    time.sleep(0.2)
    node.settle()
