# SPDX-License-Identifier: Apache-2.0
"""The step in which a log is full: another machine of each kind, with a disk of 2 MiB, on which some
hundred leases take all the room there is for records.

A machine of its own, because a collected chain begins later: the tour wants the other one whole.
"""

import json
import shutil
import time
from pathlib import Path

import proof
from chain import ALLOCATED, EXPIRED, RELEASED
from cli import Cli
from console import Refused
from fault_steps import only_fence
from hold_steps import wait_kind
from machine import DiskFault, Machine, Transcript
from network import Wires
from network_steps import Fabric
from node import BLOCK, Lease, Node, check, check_equal, lease_of, pattern

DISK_BYTES = 2 << 20
GRANTS_MAX = 2_000
LONG_MS, SHORT_MS = 300_000, 4_000


def net_full_log(_: Fabric, cli: Cli, node: Node) -> tuple[str, list]:
    """Grants are refused; ends, expiries and fences still find room; once collected, it grants."""
    folder = Path(cli.folder) / f"{node.name}-full"
    folder.mkdir()
    wires = Wires()
    wires.add(node.name, bool(node.machine.board.qemu))
    there = cli.move_to(folder, wires)
    small = small_node(node, folder, wires, cli.peer_word())
    try:
        small.start()
        words = small.run("identity").words
        small.node_id = words["node_id"]
        there.configure([(node.name, words["x25519"], words["node_id"])])
        return fill_and_collect(small, there, folder)
    finally:
        small.machine.kill()


def small_node(node: Node, folder: Path, wires: Wires, peer: str) -> Node:
    with (folder / "disk.img").open("wb") as disk:
        disk.truncate(DISK_BYTES)
    machine = Machine(node.machine.board, node.machine.image, folder / "disk.img", folder,
                      Transcript(node.out / "console" / f"{node.name}-full.log", time.monotonic()))
    return Node(machine, node.out, node.root, wires=wires, peers=(peer,), bound_s=120.0)


def fill_and_collect(small: Node, cli: Cli, folder: Path) -> tuple[str, list]:
    cli.run(small.name, "readiness")
    small.settle()
    block = with_bad_unit(small)
    short = small.alloc("memory", 4096, SHORT_MS)
    held = fill(small)
    small.free(held[0])
    small.free(block)
    expired = wait_kind(small, short.record, short.ref, EXPIRED)
    released = wait_kind(small, held[0].record, held[0].ref, RELEASED)
    small.settle(leased=True)
    fence = only_fence(small)
    held += fill(small)
    check_equal(cli.code_of_grant(small.name), "capacity_exceeded", "a grant over the network")
    stored = collect(small, cli, folder)
    lease = cli.grant(small.name, "memory", 4096, 10_000)
    small.wait_anchored(cli.free(lease))
    stored = collect(small, cli, folder)
    wanted = {released: RELEASED, expired: EXPIRED, fence: "resource_fenced",
              lease.lease.record: ALLOCATED}
    found = [record for record in stored if int(record["sequence"]) in wanted]
    check_equal({int(record["sequence"]): record["kind"] for record in found}, wanted,
                "what the store holds")
    return (f"full with {len(held)} leases; one freed, one expired, fence {fence}; "
            f"{len(stored)} records collected, then granted again"), found


def with_bad_unit(small: Node) -> Lease:
    """A lease whose wipe will fail: the tour's way (README.md)."""
    unit = small.inventory()["block"].unit_bytes
    block = small.alloc("block", unit, LONG_MS)
    marker = pattern(f"full {small.name} {small.node_id}", BLOCK)
    small.write(block, 0, marker)
    offset = small.find_on_disk(marker)
    check(offset > 0, "what was written to the unit is not on the disk")
    small.machine.break_disk(DiskFault(offset))
    return block


def fill(small: Node) -> list[Lease]:
    """Leases until the log has no room for the records that another one may need."""
    made: list[Lease] = []
    while len(made) < GRANTS_MAX:
        try:
            made.append(lease_of(small.run(f"lease alloc memory 4096 {LONG_MS}")))
        except Refused as refusal:
            check_equal((refusal.code, refusal.field), ("capacity_exceeded", "log"), "the refusal")
            return made
    raise Refused("lease alloc", "error the log never filled")


def collect(small: Node, cli: Cli, folder: Path) -> list[dict]:
    """Pulled, verified, stored, trimmed; and verified again by the program that shares no code."""
    before = small.run("audit head").number("next")
    cli.run(small.name, "audit", "collect", "--out", str(folder / "store"))
    store = folder / "store" / f"{small.name}.jsonl"
    proof.verify_store(small.root, store)
    records = [json.loads(line) for line in store.read_text(encoding="utf-8").splitlines()]
    check(len(records) >= before, f"{len(records)} records stored, the node had {before}")
    check_equal(int(records[0]["sequence"]), 0, "first record of the store")
    kept = small.out / "audit" / f"{small.name}-full.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(store, kept)
    return records


EACH_NODE_AT_ONCE = (net_full_log,)
NAMES = tuple(step.__name__ for step in EACH_NODE_AT_ONCE)
