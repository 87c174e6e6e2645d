# SPDX-License-Identifier: Apache-2.0
"""One node on its way through the tour: its machine, its console, and what the steps remember.

The words of the steps: grants, inventories, checks that can fail. A `CheckFailed` names what was
expected and what was found; it is the only way a step says no.
"""

import hashlib
import mmap
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from console import Answer, Console, Refused
from machine import Machine, MachineError, Start
from network import Wires

MIB = 1 << 20
BLOCK = 512             # what a block lease moves at once
DISK_BYTES = 16 * MIB
SETTLE_S = 20.0
PORT_TRIES = 5


class CheckFailed(Exception):
    """A step's check did not hold."""


def check(holds: bool, text: str) -> None:
    if not holds:
        raise CheckFailed(text)


def check_equal(got, expected, what: str) -> None:
    if isinstance(got, bytes) and isinstance(expected, bytes) and got != expected:
        longest = max(len(got), len(expected))
        at = next(i for i in range(longest) if got[i:i + 1] != expected[i:i + 1])
        raise CheckFailed(f"{what}: byte {at} of {len(expected)} on: got {got[at:at + 8].hex()}…, "
                          f"expected {expected[at:at + 8].hex()}…")
    check(got == expected, f"{what}: got {got}, expected {expected}")


def pattern(seed: str, size: int) -> bytes:
    """Bytes that nothing else on the machine holds."""
    return hashlib.shake_128(seed.encode()).digest(size)


@dataclass(frozen=True)
class Lease:
    """What a grant answered."""

    identity: str
    ref: str
    epoch: int
    generation: int
    left_ms: int
    size: int
    record: int


@dataclass
class Inventory:
    """Units of one kind of resource."""

    kind: str
    unit_bytes: int
    units: int
    free: int
    leased: int
    tearing: int
    dirty: int
    fenced: int

    @property
    def bytes(self) -> int:
        return self.unit_bytes * self.units

    @property
    def free_bytes(self) -> int:
        return self.unit_bytes * self.free

    @property
    def is_settled(self) -> bool:
        return self.tearing == 0 and self.dirty == 0


def lease_of(answer: Answer) -> Lease:
    lease = Lease(answer.text("lease"), answer.text("ref"), answer.number("epoch"),
                  answer.number("generation"), answer.number("left_ms"), answer.number("bytes"),
                  answer.number("record"))
    expected = hashlib.sha256(bytes.fromhex(lease.identity)).hexdigest()[:32]
    check_equal(lease.ref, expected, "lease_ref is not the first 16 bytes of SHA-256(lease id)")
    return lease


@dataclass
class Node:
    """Steps get this and nothing else."""

    machine: Machine
    out: Path
    root: Path
    patience: float = 1.0
    bound_s: float = 180.0
    arguments: dict = field(default_factory=dict)
    debugger: bool = False
    wires: Wires | None = None                  # the network it is plugged into
    peers: tuple[str, ...] = ()                 # who may talk to it: values of peer=
    console: Console | None = None
    boot: int = 0
    node_id: str = ""
    story: list = field(default_factory=list)   # (lease ref, kinds in the order of the chain)
    marks: list = field(default_factory=list)   # (sequence, kind): records that must be there
    fence: int = 0                              # sequence of the fence on the last block unit
    bad_offset: int = 0                         # where on the disk the refused unit lies
    export: Path | None = None
    anchor: str = ""
    next_record: int = 0                        # the chain's length after the last step
    records: int = 0
    verified: bool = False

    @property
    def name(self) -> str:
        return self.machine.board.name

    # --- up and down ----------------------------------------------------------------------------

    def start(self, **given) -> dict:
        """Starts the machine and waits until it grants. Answers the words of `readiness`."""
        for _ in range(PORT_TRIES):
            try:
                return self._start_once(given)
            except MachineError:
                if not self.machine.lost_its_port():
                    raise
                self.wires.move(self.wires.plugs[self.name])
        raise MachineError(f"{self.name} found no free UDP port in {PORT_TRIES} tries")

    def _start_once(self, given: dict) -> dict:
        start = Start(arguments=dict(self.arguments), bound_s=self.bound_s, debugger=self.debugger,
                      plug=self.wires.plugs[self.name] if self.wires else None, peers=self.peers)
        for key, value in given.items():
            setattr(start, key, value)
        self.machine.start(start)
        self.console = Console(self.machine, self.patience)
        if self.debugger:
            self.debugger = False
            print(f"{self.name} waits for a debugger:\n  {self.machine.debugger_command()}",
                  file=sys.stderr, flush=True)
            Console(self.machine, 0).wait_state()
        else:
            self.console.wait_state()
        return self.come_up()

    def come_up(self) -> dict:
        """After the banner: quiet console, ready, and a boot number above the last one."""
        self.console.echo_off()
        readiness = self.console.run("readiness").words
        check_equal(readiness.get("state"), "ready", "state after boot")
        boot = int(readiness["boot"])
        check(boot > self.boot, f"boot number did not rise: {self.boot}, then {boot}")
        self.boot = boot
        return readiness

    def restart(self, **given) -> dict:
        """SIGKILL, then a new start on the same disk."""
        self.machine.kill()
        return self.start(**given)

    # --- asking ---------------------------------------------------------------------------------

    def run(self, command: str, timeout: float = 10.0) -> Answer:
        return self.console.run(command, timeout)

    def refused(self, command: str, *codes: str) -> Refused:
        """The command must be refused, with one of these codes (any, if none is named)."""
        try:
            answer = self.console.run(command)
        except Refused as refusal:
            check(not codes or refusal.code in codes,
                  f"'{command[:60]}' was refused with {refusal.line!r}, expected "
                  f"{' or '.join(codes)}")
            return refusal
        raise CheckFailed(f"'{command[:60]}' answered ok {answer.words}, "
                          f"expected {' or '.join(codes) or 'a refusal'}")

    def inventory(self) -> dict[str, Inventory]:
        found = {}
        for noun, words in self.run("inventory").data:
            if noun == "resource":
                numbers = {key: int(words[key]) for key in
                           ("unit_bytes", "units", "free", "leased", "tearing", "dirty", "fenced")}
                item = Inventory(words["kind"], **numbers)
                total = item.free + item.leased + item.tearing + item.dirty + item.fenced
                check_equal(total, item.units, f"{item.kind} units by state do not add up")
                found[item.kind] = item
        check({"memory", "block"} <= set(found), f"no memory or no block in {sorted(found)}")
        return found

    def settle(self, leased: bool = False) -> dict[str, Inventory]:
        """Waits until nothing is being torn down (and, unless `leased`, nothing is leased)."""
        deadline = time.monotonic() + SETTLE_S
        while True:
            found = self.inventory()
            if all(item.is_settled and (leased or item.leased == 0) for item in found.values()):
                return found
            check(time.monotonic() < deadline, f"teardown did not end in {SETTLE_S:.0f} s: {found}")
            time.sleep(0.01)

    def head(self) -> int:
        """Sequence of the next record."""
        return self.run("audit head").number("next")

    def wait_anchored(self, sequence: int) -> None:
        """Until this record is durable. What was never acknowledged may be lost with the power."""
        deadline = time.monotonic() + SETTLE_S
        while self.head() <= sequence:
            check(time.monotonic() < deadline, f"record {sequence} did not become durable")
            time.sleep(0.01)

    # --- leases ---------------------------------------------------------------------------------

    def alloc(self, kind: str, size: int, ttl_ms: int, extra: str = "") -> Lease:
        return lease_of(self.run(f"lease alloc {kind} {size} {ttl_ms} {extra}".rstrip()))

    def free(self, lease: Lease) -> None:
        self.run(f"lease free {lease.identity}")

    def write(self, lease: Lease, offset: int, data: bytes) -> None:
        answer = self.run(f"write {lease.identity} {offset} {data.hex()}")
        check_equal(answer.number("bytes"), len(data), "bytes written")

    def read(self, lease: Lease, offset: int, size: int) -> bytes:
        data = bytes.fromhex(self.run(f"read {lease.identity} {offset} {size}").text("data"))
        check_equal(len(data), size, "bytes read")
        return data

    def tell(self, lease: Lease, *kinds: str) -> None:
        """What the chain must say about this lease, checked when it is exported."""
        self.story.append((lease.ref, kinds))

    def find_on_disk(self, needle: bytes) -> int:
        """Byte offset in the disk image, −1 if it is not there."""
        with self.machine.disk.open("rb") as file:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
                return view.find(needle)
