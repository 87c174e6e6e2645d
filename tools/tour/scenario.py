# SPDX-License-Identifier: Apache-2.0
"""The same seeded runs in all three machines: one anchor, seen from four sides; then one trace.

First one node alone: what a machine prints, what the second verifier recomputes from what it
exported, what stands on its disk image, and what the other machines say must all be equal. Then two
nodes and a net that fails, simulated inside the machine: the anchors of both, what the verifier
recomputes from their exports, and the hash over everything that happened.
"""

import json
import queue
import re
import threading
import time
from pathlib import Path

import proof
from console import ConsoleError
from machine import Machine, MachineError, Start, Transcript
from node import MIB, CheckFailed, check, check_equal
from show import Result, Show

SCENARIO_DISK_BYTES = 32 * MIB  # tests/sim/scenario/scenario.hpp: scenario_sectors
ALONE = "alone"                 # the node of the first run
FABRIC_NODES = ("east", "west") # tests/sim/scenario/fabric_scenario.hpp: names
ANCHOR_LINE = re.compile(r"(anchor|fabric-anchor) (\S+)(?: (\S+))? ([0-9a-f]{64})")


def run(options, show: Show, work: Path) -> int:
    """Exit status of `tools/run scenario`."""
    runs = [Run(options, board, show, work) for board in options.boards]
    threads = [threading.Thread(target=each.walk, daemon=True) for each in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    show.line()
    for each in runs:
        for line in each.lines_to_show():
            show.line(line)
    held = all(each.result.ok for each in runs)
    for what in runs[0].found if held else ():
        values = {each.found[what] for each in runs}
        if len(values) != 1:
            show.line(f"FAILED: the same seed gave {len(values)} different values of {what}")
            held = False
    if options.json:
        print(json.dumps({"seed": options.seed, "operations": options.operations, "equal": held,
                          "nodes": [each.report() for each in runs]}, indent=2))
    if held:
        first = runs[0]
        show.line(f"fabric: {first.found['figures']}")
        show.line(f"equal on {len(runs)} machines, in their exports and on their disks: "
                  f"seed {options.seed}, {first.records} records")
        show.line(f"equal on {len(runs)} machines, two nodes and a net that fails: "
                  f"{first.fabric_records} records, trace {first.found['trace'][:16]}…")
    return 0 if held else 1


class Run:
    """One machine's scenario."""

    def __init__(self, options, board, show: Show, work: Path):
        self.options, self.show = options, show
        self.audit = options.out / "audit"
        self.audit.mkdir(parents=True, exist_ok=True)
        disk = options.out / "disk" / f"scenario-{board.name}.img"
        disk.parent.mkdir(parents=True, exist_ok=True)
        with disk.open("wb") as file:
            file.truncate(SCENARIO_DISK_BYTES)
        transcript = Transcript(options.out / "console" / f"scenario-{board.name}.log", show.began)
        executable = "grafos-scenario.elf" if board.qemu else "grafos-scenario"
        image = options.image or board.image(options.root, executable)
        self.machine = Machine(board, image, disk, work, transcript)
        self.found: dict[str, str] = {}   # what must be equal on all machines
        self.records = self.fabric_records = 0
        self.result = Result("scenario", board.name, False, "", 0)

    def walk(self) -> None:
        name, began = self.machine.board.name, time.monotonic()
        self.show.begins(name, "scenario")
        try:
            detail, ok = self._prove(), True
        except (CheckFailed, MachineError) as failure:
            detail, ok = str(failure), False
        ms = round((time.monotonic() - began) * 1000)
        self.result = Result("scenario", name, ok, detail, ms)
        self.machine.kill()
        self.show.ends(self.result)

    def _prove(self) -> str:
        self.machine.start(Start(bound_s=self.options.timeout, arguments={
            "seed": self.options.seed, "operations": self.options.operations}))
        lines = self._lines()
        status = self.machine.wait_end(10.0)
        said = [line for line in lines if not line.startswith("{")]
        check(status == self.machine.board.success,
              f"ended with status {status}: {' / '.join(said[-2:])}")
        anchors, chains = {}, {}
        for line in lines:
            if line.startswith("{"):
                check(bool(anchors), "a record came before its anchor")
                chains[list(anchors)[-1]].append(line)
            elif found := ANCHOR_LINE.fullmatch(line):
                check_equal(found[2], self.machine.board.board, "the board in a line of its own")
                name = found[3] or ALONE
                check(name not in anchors, f"{name} has one anchor")
                anchors[name], chains[name] = found[4], []
        check_equal(list(anchors), [ALONE, *FABRIC_NODES], "who has an anchor")
        counts = {name: self._prove_chain(name, anchors[name], chains[name]) for name in anchors}
        on_disk = proof.anchor_on_disk(self.options.root, self.machine.disk)
        check_equal(on_disk, anchors[ALONE], "anchor on the disk image and anchor printed")
        self.records = counts[ALONE]
        self.fabric_records = sum(counts[name] for name in FABRIC_NODES)
        self.found = {"anchor": anchors[ALONE],
                      **{f"anchor of {name}": anchors[name] for name in FABRIC_NODES},
                      "figures": self._one(lines, "fabric "),
                      "trace": self._one(lines, f"trace {self.machine.board.board} ")}
        return (f"{self.records} records, anchor {self.found['anchor'][:16]}… printed, exported, "
                f"on the disk; {self.fabric_records} of two nodes, trace "
                f"{self.found['trace'][:16]}…")

    def _prove_chain(self, name: str, anchor: str, records: list[str]) -> int:
        """Exports it and has it verified; how many records it has. Raises CheckFailed."""
        file = f"scenario-{self.machine.board.name}{'' if name == ALONE else '-' + name}.jsonl"
        export = self.audit / file
        export.write_text("".join(line + "\n" for line in records), encoding="utf-8")
        recomputed = proof.verify_export(self.options.root, export)
        check_equal(recomputed, anchor, f"anchor of {name} recomputed from the export and printed")
        return sum('"checkpoint"' not in line[:20] for line in records)

    @staticmethod
    def _one(lines: list[str], beginning: str) -> str:
        found = [line[len(beginning):] for line in lines if line.startswith(beginning)]
        check_equal(len(found), 1, f"lines '{beginning}…'")
        return found[0]

    def _lines(self) -> list[str]:
        """All it says until it ends."""
        lines = []
        deadline = time.monotonic() + self.options.timeout
        while True:
            try:
                line = self.machine.lines.get(timeout=max(deadline - time.monotonic(), 0.1))
            except queue.Empty:
                raise ConsoleError(f"{self.machine.board.name} was not done in time") from None
            if line is None:
                return lines
            lines.append(line)

    def report(self) -> dict:
        return {"name": self.machine.board.name, "board": self.machine.board.board,
                "anchor": self.found.get("anchor", ""), "records": self.records,
                "fabric": {key: value for key, value in self.found.items() if key != "anchor"},
                "fabric_records": self.fabric_records, "ok": self.result.ok,
                "detail": self.result.detail, "ms": self.result.ms}

    def lines_to_show(self) -> list[str]:
        """`anchor <board> <hex>` and `trace <board> <hex>`, as the machine printed them."""
        board = self.machine.board.board
        return [f"{what} {board} {self.found[what]}" for what in ("anchor", "trace")
                if what in self.found]
