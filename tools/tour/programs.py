# SPDX-License-Identifier: Apache-2.0
"""Programs on machines: `examples/hold_everywhere`, one on each board, that holds leases on all nodes.

A program is a machine of its own (a second QEMU, a second process) with a disk, a key and an end of
the wires. It is started once, without a network, to say its key: the nodes are told of it when they
boot. What it prints of each request becomes what the report shows.
"""

import queue
import threading
import time
from pathlib import Path

from console import parse_words
from machine import Board, Machine, MachineError, Start, Transcript
from network import Peer, Wires, free_port
from node import DISK_BYTES, CheckFailed, check

EXECUTABLE = "example-hold_everywhere"
REQUESTS = {"acquire": "CAP_REQUEST, LEASE_ALLOC", "write": "MEM_WRITE", "read": "MEM_READ",
            "renew": "LEASE_RENEW", "free": "LEASE_FREE"}
BOOT_S = 20.0
BOUND_S = 60.0
PORT_TRIES = 5


class Program:
    """On one board. `lines`: what it has said of its leases in this run, each as its words."""

    def __init__(self, board: Board, node_image: Path | None, root: Path, out: Path, work: Path,
                 began: float):
        self.board, self.name = board, f"{board.name}-program"
        file = EXECUTABLE + (".elf" if board.qemu else "")
        image = node_image.parent / file if node_image else board.image(root, file)
        self.key = ""
        folder = work / self.name
        folder.mkdir()
        with (folder / "disk.img").open("wb") as disk:
            disk.truncate(DISK_BYTES)
        self.machine = Machine(board, image, folder / "disk.img", folder,
                               Transcript(out / "console" / f"{self.name}.log", began))
        self.lines: list[dict] = []

    def peer_word(self) -> str:
        return Peer(self.name, self.key, "cap").word()

    def learn_key(self) -> None:
        """Starts it alone, until it has said who it is."""
        self.machine.start(Start(arguments={"name": self.name}, bound_s=BOUND_S))
        prefix = f"{self.name},key="
        while not (line := self._next_line(BOOT_S)).startswith(prefix):
            pass
        self.key = line.removeprefix(prefix)
        self.machine.kill()

    def start(self, wires: Wires, node_keys: dict, work_ms: int) -> None:
        """It holds a lease on each of these nodes (name → exchange key) for at least so long."""
        self.lines = []
        peers = tuple(f"{node},key={key},address={wires.address_of(node, self.name)}"
                      for node, key in node_keys.items())
        plug = wires.programs[self.name]
        for _ in range(PORT_TRIES):
            self.machine.start(Start(arguments={"name": self.name, "extra": str(work_ms)},
                                     plug=plug, peers=peers, bound_s=BOUND_S))
            try:
                while not self._next_line(BOOT_S).startswith(f"{self.name},key="):
                    pass
                return
            except MachineError:
                if not self.machine.lost_its_port():
                    raise
                plug.port = free_port()
        raise MachineError(f"{self.name} found no free UDP port in {PORT_TRIES} tries")

    def wait_held(self, nodes: list[str], timeout: float) -> None:
        """Until it has a lease on each."""
        deadline = time.monotonic() + timeout
        while not set(nodes) <= {line["node"] for line in self.lines if line["step"] == "acquire"}:
            self._take_line(deadline)

    def finish(self, timeout: float) -> int:
        """Reads to its last line; its exit status."""
        deadline = time.monotonic() + timeout
        while self._take_line(deadline):
            pass
        return self.machine.wait_end(5.0)

    def exchanges(self, node: str) -> list[dict]:
        """What it asked of one node, as it stands in the report."""
        return [{"from": self.name, "to": node, "request": REQUESTS[line["step"]],
                 "code": line["code"], "count": int(line["count"]),
                 "reply": {"lease_ref": line["ref"]}, "ms": int(line["ms"])}
                for line in self.lines if line["node"] == node]

    def _take_line(self, deadline: float) -> bool:
        line = self._next_line(deadline - time.monotonic(), may_end=True)
        if line is not None and line.startswith("lease "):
            self.lines.append(parse_words(line))
        return line is not None

    def _next_line(self, timeout: float, may_end: bool = False) -> str | None:
        try:
            line = self.machine.lines.get(timeout=max(timeout, 0.001))
        except queue.Empty:
            raise CheckFailed(f"{self.name} said nothing in time; see its transcript") from None
        if line is None and not may_end:
            raise MachineError(self.machine.why_ended())
        return line


def learn_keys(programs: list[Program]) -> str:
    """All at once. What went wrong, or nothing."""
    problems: list[str] = []

    def learn(program: Program) -> None:
        try:
            program.learn_key()
        except (CheckFailed, MachineError) as problem:
            problems.append(str(problem))

    at_once(learn, programs)
    return "; ".join(problems)


def at_once(call, items: list) -> None:
    """`call(item)` in a thread each; the first exception is raised when all have ended."""
    failures: list[Exception] = []

    def run(item) -> None:
        try:
            call(item)
        except Exception as failure:  # told by the caller's thread
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(item,), daemon=True) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
