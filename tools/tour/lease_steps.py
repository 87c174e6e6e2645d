# SPDX-License-Identifier: Apache-2.0
"""Steps of the tour: what a node has, grants, renews and ends, and what it makes of bad input.

Times are seen from here, over a console: a bound is the node's own, plus what a stalled turn may add.
"""

import collections
import time

from chain import ALLOCATED, EXPIRED, PREEMPTED, RELEASED, RENEWED, REVOKED, export_records
from console import Refused
from node import BLOCK, MIB, CheckFailed, Node, check, check_equal, pattern

STALL_MS = 50  # between a turn's reading of the clock and its end


# --- up, and what is there ------------------------------------------------------------------------


def boot(node: Node) -> str:
    """Ready, says who it is, and has memory and blocks to lend."""
    readiness = node.start() if not node.machine.is_running() else node.run("readiness").words
    node.node_id = node.run("identity").text("node_id")
    check_equal(len(node.node_id), 64, "digits of node_id")
    found = node.settle()
    for item in found.values():
        check_equal(item.free, item.units, f"{item.kind} units free")
    memory, block = found["memory"], found["block"]
    wanted = 200 * MIB if node.machine.board.qemu else 64 * MIB
    check(memory.bytes >= wanted, f"{memory.bytes // MIB} MiB leasable, expected {wanted // MIB}")
    return (f"boot {readiness['boot']}, epoch {readiness['epoch']}, "
            f"{memory.bytes // MIB} MiB memory, {block.bytes // MIB} MiB blocks, "
            f"id {node.node_id[:8]}…")


def grant(node: Node) -> str:
    """Memory and blocks are granted; epochs rise; a key asks only once; too much is refused."""
    memory = node.alloc("memory", 64 * MIB, 20_000)
    check_equal(memory.size, 64 * MIB, "bytes granted")
    check(0 < memory.left_ms <= 20_000, f"left_ms={memory.left_ms} of a TTL of 20000")
    block = node.alloc("block", 64 * 1024, 20_000)
    check(block.epoch > memory.epoch, f"epoch did not rise: {memory.epoch}, then {block.epoch}")
    key = f"key={pattern('key', 16).hex()}"
    keyed = node.alloc("memory", 4096, 20_000, key)
    again = node.alloc("memory", 4096, 20_000, key)
    check_equal(again.identity, keyed.identity, "lease for the same key")
    node.refused(f"lease alloc memory {node.inventory()['memory'].bytes + 1} 1000",
                 "capacity_exceeded")
    shown = node.run("lease list")
    refs = {words["ref"] for noun, words in shown.data if noun == "lease"}
    check_equal(refs, {memory.ref, block.ref, keyed.ref}, "refs listed")
    check(not any(memory.identity in line for line in shown.raw), "the list shows a lease id")
    for lease in (memory, block, keyed):
        node.free(lease)
        node.tell(lease, ALLOCATED, RELEASED)
    node.refused(f"read {memory.identity} 0 16", "released")
    node.settle()
    return f"64 MiB memory, 64 KiB blocks, epochs {memory.epoch} … {keyed.epoch}"


def data(node: Node) -> str:
    """What was written is read back; outside the lease nothing is; what is freed is wiped."""
    moved = 0
    for kind, size in (("memory", MIB), ("block", 64 * 1024)):
        lease = node.alloc(kind, size, 20_000)
        neighbour = node.alloc(kind, size, 20_000)
        for offset in (0, size // 2 - 512, size - 512):
            check_equal(node.read(lease, offset, BLOCK), bytes(BLOCK), f"{kind} before a write")
            text = pattern(f"{kind} {offset}", BLOCK)
            node.write(lease, offset, text)
            check_equal(node.read(lease, offset, BLOCK), text, f"{kind} at {offset}")
            check_equal(node.read(neighbour, offset, BLOCK), bytes(BLOCK), f"neighbour's {kind}")
            moved += 2 * BLOCK
        node.refused(f"read {lease.identity} {size} {BLOCK}", "capacity_exceeded")
        node.refused(f"write {lease.identity} {size} {bytes(BLOCK).hex()}", "capacity_exceeded")
        for each in (lease, neighbour):
            node.free(each)
            node.tell(each, ALLOCATED, RELEASED)
        node.settle()
        if kind == "block":
            found = node.find_on_disk(pattern("block 0", BLOCK))
            check_equal(found, -1, "place of freed bytes on the disk")
    return f"{moved} bytes written and read back, freed blocks are zero on the disk"


# --- the ways a lease goes on and ends ------------------------------------------------------------


def keepalive(node: Node) -> str:
    """The node's RenewalManager keeps a lease past three of its TTLs."""
    ttl_ms = 1000
    lease = node.alloc("memory", 4096, ttl_ms)
    node.write(lease, 0, b"kept alive")
    node.run(f"hold {lease.identity}")
    began = time.monotonic()
    while time.monotonic() - began < 3.3 * ttl_ms / 1000:
        check_equal(node.read(lease, 0, 10), b"kept alive", "held memory")
        time.sleep(0.05)
    held = {words["ref"]: int(words["renewals"]) for noun, words in node.run("holds").data
            if noun == "hold"}
    renewals = held.get(lease.ref, 0)
    check(renewals >= 3, f"{renewals} renewals after three TTLs, expected 3 or more")
    asked = node.run(f"lease query {lease.identity}")
    check_equal(asked.text("phase"), "active", "phase")
    check(asked.number("generation") >= 3, f"generation {asked.number('generation')}")
    node.run(f"unhold {lease.identity}")
    node.free(lease)
    node.tell(lease, ALLOCATED, RENEWED, RENEWED, RENEWED, RELEASED)
    return f"TTL {ttl_ms} ms, {renewals} renewals in {(time.monotonic() - began):.1f} s"


def expire(node: Node) -> str:
    """Unattended, a lease ends at its deadline: the next access says so, swept or not."""
    ttl_ms = 400
    sent = time.monotonic()
    lease = node.alloc("memory", 64 * MIB, ttl_ms)
    granted = time.monotonic()
    node.write(lease, 0, b"left alone")
    accesses, last_accepted = 0, granted
    while True:
        at = time.monotonic()
        code = node.console.code_of(f"read {lease.identity} 0 10")
        if code != "ok":
            break
        accesses, last_accepted = accesses + 1, at
        check(at - granted < 10 * ttl_ms / 1000, "the lease never ended")
    refused = time.monotonic()
    check_equal(code, "lease_expired", "first refusal after the deadline")
    tearing = node.inventory()["memory"].free != node.inventory()["memory"].units
    lived_ms, used_ms = (refused - sent) * 1000, (last_accepted - granted) * 1000
    check(lived_ms >= ttl_ms * 0.99 - STALL_MS, f"ended {lived_ms:.0f} ms after the wish, TTL {ttl_ms}")
    check(used_ms <= ttl_ms * 1.01 + STALL_MS, f"access sent {used_ms:.0f} ms after the grant, TTL {ttl_ms}")
    node.settle()
    node.refused(f"read {lease.identity} 0 10", "lease_expired")
    node.refused(f"lease renew {lease.identity} {lease.generation}", "lease_expired")
    node.tell(lease, ALLOCATED, EXPIRED)
    when = "before" if tearing else "as"
    return f"{accesses} accesses, then lease_expired after {lived_ms:.0f} ms, {when} it was wiped"


def revoke_with_grace(node: Node) -> str:
    """Warned, still usable, not renewable; then gone."""
    grace_ms = 500
    lease = node.alloc("block", 4096, 30_000)
    other = node.alloc("memory", 4096, 30_000)
    saved = pattern("grace", BLOCK)
    node.write(lease, 0, saved)
    check_equal(node.run(f"lease query {lease.identity}").text("warned"), "no", "warned before")
    answer = node.run(f"lease revoke {lease.ref} grace={grace_ms} reason=maintenance_window")
    revoked = time.monotonic()
    check_equal(answer.text("outcome"), "grace", "outcome")
    check_equal(node.run(f"lease query {lease.identity}").text("warned"), "yes", "warned")
    check_equal(node.read(lease, 0, BLOCK), saved, "access in grace")
    refusal = node.refused(f"lease renew {lease.identity} {lease.generation}")
    while (code := node.console.code_of(f"read {lease.identity} 0 {BLOCK}")) == "ok":
        check(time.monotonic() - revoked < 10 * grace_ms / 1000, "the grace never ended")
        time.sleep(0.005)
    lasted_ms = (time.monotonic() - revoked) * 1000
    check_equal(code, "revoked", "first refusal after the grace")
    check(lasted_ms >= grace_ms * 0.9, f"grace of {grace_ms} ms ended after {lasted_ms:.0f} ms")
    check_equal(node.read(other, 0, 8), bytes(8), "another lease")
    node.free(other)
    node.tell(lease, ALLOCATED, PREEMPTED)  # that is what this reason makes of it
    node.tell(other, ALLOCATED, RELEASED)
    node.settle()
    return f"access went on for {lasted_ms:.0f} ms, a renewal was refused ({refusal.code})"


def revoke_at_once(node: Node) -> str:
    """Without grace, access is dead when the answer comes."""
    lease = node.alloc("memory", MIB, 30_000)
    node.write(lease, 0, b"taken back")
    answer = node.run(f"lease revoke {lease.ref}")
    check_equal(answer.text("outcome"), "torn_down", "outcome")
    node.refused(f"read {lease.identity} 0 10", "revoked")
    node.refused(f"lease free {lease.identity}", "revoked")
    node.tell(lease, ALLOCATED, REVOKED)
    node.settle()
    return f"record {answer.text('record')}, the next read was refused"


# --- input that makes no sense --------------------------------------------------------------------


def bad_input(node: Node) -> str:
    """Each gets a typed error that names field, value and what was expected; nothing changes."""
    lease = node.alloc("memory", 4096, 60_000)
    name = lease.identity.encode()
    lines = [
        b"x" * 1281, b"lease alloc memory 4096 1000 " + b"y" * 8000, b"frobnicate", b"lease",
        b"lease alloc", b"lease alloc memory", b"lease alloc memory 4096",
        b"lease alloc gas 1 1000",
        b"lease alloc memory 18446744073709551616 1000", b"lease alloc memory -1 1000",
        b"lease alloc memory 4k 1000", b"lease alloc memory 0 1000", b"lease alloc memory 4096 0",
        b"lease alloc memory 4096 99", b"lease alloc memory 4096 300001",
        b"lease alloc memory 4096 1000 tenant=4294967296", b"lease alloc memory 4096 1000 key=12",
        b"lease alloc memory 4096 1000 colour=red", b"lease renew 00 0", b"lease free zz",
        b"lease free " + b"f" * 32, b"lease revoke " + b"0" * 31,
        b"lease query " + b"0" * 32, b"lease revoke " + lease.ref.encode() + b" grace=60001",
        b"lease revoke " + lease.ref.encode() + b" reason=because",
        b"read " + name + b" 0 1025", b"read " + name + b" 4097 1",
        b"read " + name + b" 18446744073709551615 2", b"write " + name + b" 0 abc",
        b"write " + name + b" 0 0g", b"write " + name + b" 0", b"fence clear 999999999",
        b"fence clear minus", b"audit trim 0 00", b"audit export from=abc", b"audit explode",
        b"hold " + b"1" * 32, b"echo maybe", b"\xff\xfe\x80", b"readiness\xc3\xa4",
        b"\x1b[A\x07", b"adopt 18446744073709551616",
    ]
    before = node.inventory(), node.head()
    codes = collections.Counter()
    for line in lines:
        shown = line[:60].decode("utf-8", "backslashreplace")
        try:
            node.console.send(line)
            node.console.collect(shown)
        except Refused as refusal:
            codes[refusal.code] += 1
            check(refusal.field != "" and refusal.next_step != "",
                  f"'{shown}': the error names no field or no next step: {refusal.line}")
            continue
        raise CheckFailed(f"'{shown}' was accepted, expected a typed error")
    check_equal(node.inventory(), before[0], "inventory after bad input")
    added = {record["kind"] for record in export_records(node, before[1])}
    check(added <= {"request_refused", "turn_overrun"}, f"bad input left records of {sorted(added)}")
    node.free(lease)
    node.tell(lease, ALLOCATED, RELEASED)
    node.settle()
    return f"{len(lines)} lines refused: " + ", ".join(f"{count} {code}" for code, count
                                                       in codes.most_common())
