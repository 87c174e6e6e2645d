# SPDX-License-Identifier: Apache-2.0
"""The example on every machine, with memory of every machine: nine pairs when all three are built.

usage: hello_test.py ROOT [BOARD ...]

Each program says its key; each node is told to trust these keys and says its own; then each program
leases on each node, and the nodes' chains tell of every grant and release. A machine whose images
are not built is left out and named; without any two pairs the test is skipped (77).
"""

import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(ROOT / "tools" / "tour"), str(ROOT / "tools" / "netem")]

from console import Console  # noqa: E402
from machine import BOARDS, Machine, Start, Transcript  # noqa: E402
from network import Wires  # noqa: E402

DISK_BYTES = 16 << 20
EXAMPLE = {"linux": "example-hello_lease"}
LINE = "hello, lease"


class Pairs:
    def __init__(self, folder: Path, names: list[str]):
        self.folder = folder
        self.began = time.monotonic()
        self.boards = [board for board in BOARDS if not names or board.name in names]
        self.boards = [board for board in self.boards if self.is_built(board)]
        self.wires = Wires()
        self.node_keys: dict[str, str] = {}
        self.program_keys: dict[str, str] = {}
        self.consoles: dict[str, Console] = {}

    def example(self, board) -> Path:
        return board.image(ROOT, EXAMPLE.get(board.name, "example-hello_lease.elf"))

    def is_built(self, board) -> bool:
        built = board.image(ROOT).is_file() and self.example(board).is_file()
        if not built:
            print(f"{board.name}: not built, left out")
        return built

    def machine(self, board, image: Path, name: str) -> Machine:
        disk = self.folder / f"{name}.img"
        if not disk.exists():
            with disk.open("wb") as file:
                file.truncate(DISK_BYTES)
        work = self.folder / name
        work.mkdir(exist_ok=True)
        return Machine(board, image, disk, work, Transcript(work / "log", self.began))

    def run_program(self, board, start: Start) -> list[str]:
        """What it says until it has ended with success."""
        machine = self.machine(board, self.example(board), f"hello-{board.name}")
        start.bound_s = 60.0
        machine.start(start)
        status = machine.wait_end(60.0)
        said = []
        while (line := machine.lines.get(timeout=2.0)) is not None:
            said.append(line)
        assert status == board.success, f"{board.name} ended with {status}: {said}"
        return said

    def learn_program_keys(self) -> None:
        for board in self.boards:
            name = f"hello-{board.name}"
            said = self.run_program(board, Start(arguments={"name": name}))
            assert said[-1] == LINE, said   # on its own node
            key = next(line for line in said if line.startswith(f"{name},key="))
            self.program_keys[board.name] = key.split("=")[1]

    def start_nodes(self) -> None:
        peers = tuple(f"hello-{name},key={key},roles=cap"
                      for name, key in self.program_keys.items())
        for board in self.boards:
            plug = self.wires.add(board.name, bool(board.qemu))
            machine = self.machine(board, board.image(ROOT), board.name)
            machine.start(Start(plug=plug, peers=peers))
            console = Console(machine, patience=4.0)
            assert console.wait_state()["state"] == "ready"
            self.node_keys[board.name] = console.run("identity").text("x25519")
            self.consoles[board.name] = console

    def lease(self, holder, node) -> None:
        name = f"hello-{holder.name}"
        plug = self.wires.plugs.get(name) or self.wires.add(name, bool(holder.qemu))
        address = self.wires.address_of(node.name, name)
        peer = f"{node.name},key={self.node_keys[node.name]},address={address}"
        began = time.monotonic()
        said = self.run_program(holder, Start(arguments={"name": name, "extra": node.name},
                                              plug=plug, peers=(peer,)))
        assert said[-1] == LINE, said
        print(f"{holder.name:8} leased on {node.name:8} in {time.monotonic() - began:.1f} s")

    def prove(self, node) -> None:
        """The node's own chain: each program's lease, granted and released."""
        console = self.consoles[node.name]
        assert not console.run("lease list").data, "a lease is left"
        records = [json.loads(line) for line in console.run("audit export").raw]
        for kind in ("lease_allocated", "lease_released"):
            found = {record["identity"] for record in records if record.get("kind") == kind}
            assert found == set(self.program_keys.values()), f"{node.name} {kind}: {found}"

    def run(self) -> int:
        if not self.boards:
            print("nothing is built")
            return 77
        self.learn_program_keys()
        self.start_nodes()
        for holder in self.boards:
            for node in self.boards:
                self.lease(holder, node)
        for node in self.boards:
            self.prove(node)
        print(f"{len(self.boards) ** 2} pairs")
        return 0


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="grafos-hello-") as folder:
        try:
            return Pairs(Path(folder), sys.argv[2:]).run()
        finally:
            Machine.kill_all()


if __name__ == "__main__":
    sys.exit(main())
