# SPDX-License-Identifier: Apache-2.0
"""The tour: what a stranger is shown, one function a step, in this order.

Each step gets a running node whose units are all free, leaves it so, returns one line of detail,
and fails by raising. What the chain must say about its leases it tells the node (`Node.tell`); the
last steps export the chain and hold the story against it. How to add one: README.md.
"""

import collections
import collections.abc
import dataclasses
import hashlib
import json
import os
import time

import proof
from console import Answer, ConsoleError, Refused, parse_words
from machine import DiskFault, MachineError
from node import CheckFailed, Lease, Node, check, check_equal, lease_of

MIB = 1 << 20
BLOCK = 512                                   # what a block lease moves at once
ALLOCATED, RENEWED, RELEASED = "lease_allocated", "lease_renewed", "lease_released"
EXPIRED, REVOKED = "lease_expired", "lease_revoked"
GONE = ("stale_epoch", "not_found")           # what an id of an earlier boot is answered
STALL_MS = 50                                 # between a turn's reading of the clock and its end
BURST = 400                                   # grants asked for, unanswered, when the power goes


def pattern(seed: str, size: int) -> bytes:
    """Bytes that nothing else on the machine holds."""
    return hashlib.shake_128(seed.encode()).digest(size)


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
    node.tell(lease, ALLOCATED, REVOKED)
    node.tell(other, ALLOCATED, RELEASED)
    node.settle()
    return f"access went on for {lasted_ms:.0f} ms, a renewal was refused ({refusal.code})"


def revoke_at_once(node: Node) -> str:
    """Without grace, access is dead when the answer comes."""
    lease = node.alloc("memory", MIB, 30_000)
    node.write(lease, 0, b"taken back")
    answer = node.run(f"lease revoke {lease.ref} reason=operator_drain")
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
        b"read " + name + b" 0 0", b"read " + name + b" 0 1025", b"read " + name + b" 4097 1",
        b"read " + name + b" 18446744073709551615 2", b"write " + name + b" 0 abc",
        b"write " + name + b" 0 0g", b"write " + name + b" 0", b"fence clear 999999999",
        b"fence clear minus", b"audit trim 0 00", b"audit export from=abc", b"audit explode",
        b"hold " + b"1" * 32, b"echo maybe", b"help nothing", b"\xff\xfe\x80", b"readiness\xc3\xa4",
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
    added = {json.loads(line)["kind"] for line in export_lines(node, before[1])[:-1]}
    check(added <= {"request_refused"}, f"bad input left records of {sorted(added)}")
    node.free(lease)
    node.tell(lease, ALLOCATED, RELEASED)
    node.settle()
    return f"{len(lines)} lines refused: " + ", ".join(f"{count} {code}" for code, count
                                                       in codes.most_common())


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
    check(node.fence > first, f"a failed clear must be a new fence, still {first}")
    node.restart()
    node.settle()
    check_equal(only_fence(node), node.fence, "fence after restart on the healthy disk")
    refuses_all_blocks(node)
    return (f"boots {node.boot - 1} and {node.boot}; a clear on the bad disk became "
            f"fence {node.fence}")


def fence_clear(node: Node) -> str:
    """On a healthy disk the operator clears it: wiped, then free."""
    record = node.run(f"fence clear {node.fence}").number("record")
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


# --- the proof ------------------------------------------------------------------------------------


def export_lines(node: Node, first: int = 0) -> list[str]:
    """The chain as it comes over the console: records, then the signed checkpoint."""
    answer = node.run(f"audit export from={first}" if first else "audit export", 60.0)
    check_equal(answer.number("records"), len(answer.raw) - 1, "records exported")
    return answer.raw


def export_records(node: Node) -> list[dict]:
    return [json.loads(line) for line in export_lines(node)[:-1]]


def audit(node: Node) -> str:
    """The chain is exported, verified by a program that shares no code with the node, and tells the
    same story as this tour."""
    head = node.run("audit head")
    lines = export_lines(node)
    node.export = node.out / "audit" / f"{node.name}.jsonl"
    node.export.parent.mkdir(parents=True, exist_ok=True)
    node.export.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    node.records = len(lines) - 1
    node.anchor = proof.verify_export(node.root, node.export)
    check_equal(node.anchor, head.text("hash"), "anchor of the export and head on the console")
    told = check_story(node, [json.loads(line) for line in lines[:-1]])
    node.verified = True
    return f"{node.records} records, anchor {node.anchor[:16]}…, {told} leases as told"


def check_story(node: Node, records: list[dict]) -> int:
    """Each lease's records are those its step told, renewals at least as many."""
    by_lease = collections.defaultdict(list)
    for record in records:
        by_lease[record["lease_ref"]].append(record["kind"])
        check_equal(record["node_id"], node.node_id, f"node_id of record {record['sequence']}")
    for ref, kinds in node.story:
        found = by_lease[ref]
        ends = [kind for kind in found if kind != RENEWED]
        told = [kind for kind in kinds if kind != RENEWED]
        check_equal(ends, told, f"records of lease {ref}")
        check(found.count(RENEWED) >= kinds.count(RENEWED),
              f"lease {ref}: {found.count(RENEWED)} renewals, told {kinds.count(RENEWED)}")
    return len(node.story)


def off(node: Node) -> str:
    """The machine ends by itself, with success, and its disk holds the same anchor."""
    node.console.send("off")
    try:
        node.console.collect("off")
    except ConsoleError:
        raise
    except MachineError:
        pass  # ended before the last line was read: the status below decides
    status = node.machine.wait_end(10.0)
    check_equal(status, node.machine.board.success, "exit status")
    check_equal(proof.anchor_on_disk(node.root, node.machine.disk), node.anchor,
                "anchor on the disk image and anchor of the export")
    return f"exit status {status}, the disk image holds the same anchor"


@dataclasses.dataclass(frozen=True)
class Step:
    """`needs`: steps whose outcome it builds on; they run before it when it is chosen alone.
    `bare`: only for machines with RAM of their own."""

    run: collections.abc.Callable[[Node], str]
    needs: tuple[str, ...] = ("boot",)
    bare: bool = False

    @property
    def name(self) -> str:
        return self.run.__name__


STEPS = (
    Step(boot, ()),
    Step(grant),
    Step(data),
    Step(keepalive),
    Step(expire),
    Step(revoke_with_grace),
    Step(revoke_at_once),
    Step(bad_input),
    Step(fence),
    Step(fence_over_restart, ("fence",)),
    Step(fence_clear, ("fence_over_restart",)),
    Step(kill),
    Step(warm_reset, bare=True),
    Step(audit),
    Step(off, ("audit",)),
)


def chosen(names: list[str]) -> list[Step]:
    """The steps named and what they need, in the tour's order; all, if none is named."""
    by_name = {step.name: step for step in STEPS}
    wanted = list(names) or list(by_name)
    for name in wanted:
        wanted += [need for need in by_name[name].needs if need not in wanted]
    return [step for step in STEPS if step.name in wanted]
