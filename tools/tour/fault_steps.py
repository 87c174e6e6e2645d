# SPDX-License-Identifier: Apache-2.0
"""Steps of the tour: a disk that refuses, and power that goes.
"""

import os

from chain import ALLOCATED, RELEASED, export_records
from console import Answer, parse_words
from machine import DiskFault
from node import BLOCK, MIB, Lease, Node, check, check_equal, lease_of, pattern

GONE = ("stale_epoch", "not_found")  # what an id of an earlier boot is answered
BURST = 400                          # grants asked for, unanswered, when the power goes


# --- a teardown that fails ------------------------------------------------------------------------


def fence(node: Node) -> str:
    """The disk refuses the wipe of a freed lease: its unit is fenced, the rest goes on."""
    block = node.settle()["block"]
    rest = node.alloc("block", block.bytes - block.unit_bytes, 60_000)
    last = node.alloc("block", block.unit_bytes, 60_000)
    marker = pattern(f"marker {os.getpid()} {node.name} {node.boot}", BLOCK)
    node.write(last, block.unit_bytes - BLOCK, marker)
    node.bad_offset = node.find_on_disk(marker)
    check(node.bad_offset > 0, "what was written to the last unit is not on the disk")
    node.machine.break_disk(DiskFault(node.bad_offset))
    node.free(last)
    node.free(rest)
    found = node.settle()["block"]
    check_equal((found.fenced, found.free), (1, block.units - 1), "units fenced and free")
    node.fence = only_fence(node)
    node.marks.append((node.fence, "resource_fenced"))
    node.refused(f"read {last.identity} 0 16", "released", "fenced")
    refuses_all_blocks(node)
    node.tell(last, ALLOCATED, RELEASED)
    node.tell(rest, ALLOCATED, RELEASED)
    return f"writes to sector {node.bad_offset // 512} fail, fence {node.fence} over 1 unit"


def only_fence(node: Node) -> int:
    """The sequence of the one fence there is."""
    fences = [words for noun, words in node.run("fence list").data if noun == "fence"]
    check_equal(len(fences), 1, "fences listed")
    check_equal(fences[0]["kind"], "block", "kind of the fence")
    check_equal(fences[0]["units"], "1", "units of the fence")
    return int(fences[0]["sequence"])


def refuses_all_blocks(node: Node) -> None:
    """All blocks but the fenced one can be leased; all of them cannot."""
    block = node.inventory()["block"]
    node.refused(f"lease alloc block {block.bytes} 1000", "capacity_exceeded")
    lease = node.alloc("block", block.bytes - block.unit_bytes, 10_000)
    node.refused(f"lease alloc block {block.unit_bytes} 1000", "capacity_exceeded")
    node.free(lease)
    node.tell(lease, ALLOCATED, RELEASED)
    node.settle()


def fence_over_restart(node: Node) -> str:
    """It survives a restart, refuses new leases, and is not cleared while the disk is bad."""
    node.restart(fault=DiskFault(node.bad_offset))
    node.settle()
    check_equal(only_fence(node), node.fence, "fence after restart on the bad disk")
    refuses_all_blocks(node)
    node.refused("fence clear 999999999", "not_found")
    node.refused(f"fence clear {node.fence}", "fenced")
    node.settle()
    first, node.fence = node.fence, only_fence(node)
    node.marks.append((node.fence, "resource_fenced"))
    check(node.fence > first, f"a failed clear must be a new fence, still {first}")
    node.wait_anchored(node.fence)
    node.restart()
    node.settle()
    check_equal(only_fence(node), node.fence, "fence after restart on the healthy disk")
    refuses_all_blocks(node)
    return (f"boots {node.boot - 1} and {node.boot}; a clear on the bad disk became "
            f"fence {node.fence}")


def fence_clear(node: Node) -> str:
    """On a healthy disk the operator clears it: wiped, then free."""
    record = node.run(f"fence clear {node.fence}").number("record")
    node.marks.append((record, "fence_cleared"))
    block = node.settle()["block"]
    check_equal((block.fenced, block.free), (0, block.units), "units fenced and free")
    check_equal(node.run("fence list").data, [], "fences listed")
    lease = node.alloc("block", block.bytes, 10_000)
    last = block.bytes - BLOCK
    check_equal(node.read(lease, last, BLOCK), bytes(BLOCK), "the cleared unit")
    node.free(lease)
    node.tell(lease, ALLOCATED, RELEASED)
    node.settle()
    return f"record {record}, all {block.units} block units are free again"


# --- power ----------------------------------------------------------------------------------------


def kill(node: Node) -> str:
    """SIGKILL while grants are unanswered; what was acknowledged is in the chain."""
    memory = node.alloc("memory", MIB, 60_000)
    block = node.alloc("block", 64 * 1024, 60_000)
    secret = pattern(f"secret {os.getpid()} {node.name} {node.boot}", BLOCK)
    node.write(memory, 0, secret)
    node.write(block, 0, secret)
    acknowledged, sent = kill_in_burst(node)
    acknowledged = [memory, block, *acknowledged]
    before = node.boot
    readiness = node.start()
    node.settle()
    check(node.boot > before, "the boot number did not rise")
    highest = max(lease.epoch for lease in acknowledged)
    check(int(readiness["epoch"]) > highest or node_epoch_rises(node, highest),
          f"epochs did not rise: {readiness['epoch']} after {highest}")
    chain = {int(record["sequence"]): record for record in export_records(node)}
    for lease in acknowledged:
        record = chain.get(lease.record)
        check(record is not None, f"acknowledged record {lease.record} is not in the chain")
        found = record["kind"], record["lease_ref"], int(record["epoch"])
        check_equal(found, (ALLOCATED, lease.ref, lease.epoch), f"record {lease.record}")
    for lease in acknowledged[:8]:
        for command in (f"lease query {lease.identity}", f"read {lease.identity} 0 {BLOCK}",
                        f"write {lease.identity} 0 {bytes(BLOCK).hex()}", f"lease free {lease.identity}",
                        f"lease renew {lease.identity} {lease.generation}"):
            node.refused(command, *GONE)
    zeroed = reads_as_zero(node)
    check_equal(node.find_on_disk(secret), -1, "place of the killed lease's bytes on the disk")
    return (f"{sent} grants asked for, {len(acknowledged) - 2} acknowledged, all in the chain; "
            f"{zeroed} samples read as zero")


def kill_in_burst(node: Node) -> tuple[list[Lease], int]:
    """Sends grants without waiting, kills when some are answered. What was acknowledged, how many
    were sent."""
    line = b"lease alloc memory 4096 60000\n"
    node.machine.transcript.put(">", f"{line.decode().strip()} (times {BURST}, unanswered)")
    node.machine.send(line * BURST)
    answers = []
    while len(answers) < 5:
        answers.append(node.console.next_line(10.0, "the first grants of a burst"))
    node.machine.kill()
    while (text := node.machine.lines.get(timeout=5.0)) is not None:
        answers.append(text)
    leases = []
    for text in answers:
        if text.startswith("ok "):
            leases.append(lease_of(Answer("lease alloc", parse_words(text[3:]))))
    check(0 < len(leases) < BURST, f"{len(leases)} of {BURST} grants were answered at the kill; "
                                   f"some, but not all, should be")
    return leases, BURST


def node_epoch_rises(node: Node, highest: int) -> bool:
    """A grant now takes an epoch above every one before the kill."""
    lease = node.alloc("memory", 4096, 1_000)
    node.free(lease)
    node.settle()
    return lease.epoch > highest


def warm_reset(node: Node) -> str:
    """A reset keeps what is in RAM; nobody gets to read it."""
    secret = pattern(f"warm {os.getpid()} {node.name}", BLOCK)
    memory = node.inventory()["memory"]
    lease = node.alloc("memory", memory.free_bytes, 60_000)
    for offset in sample_offsets(memory.free_bytes):
        node.write(lease, offset, secret)
    node.machine.warm_reset()
    node.console.wait_state()
    node.come_up()
    node.settle()
    for command in (f"read {lease.identity} 0 16", f"lease free {lease.identity}"):
        node.refused(command, *GONE)
    return f"boot {node.boot} on warm memory, {reads_as_zero(node)} samples read as zero"


def sample_offsets(size: int) -> range:
    """About fifty places in `size` bytes, the first among them."""
    return range(0, size, max(size // 48, 512) // 512 * 512)


def reads_as_zero(node: Node) -> int:
    """Leases everything and looks at many places."""
    samples = 0
    for kind, item in node.inventory().items():
        lease = node.alloc(kind, item.free_bytes, 60_000)
        for offset in sample_offsets(item.free_bytes):
            check_equal(node.read(lease, offset, BLOCK), bytes(BLOCK), f"{kind} at {offset}")
            samples += 1
        node.free(lease)
        node.tell(lease, ALLOCATED, RELEASED)
    node.settle()
    return samples
