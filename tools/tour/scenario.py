# SPDX-License-Identifier: Apache-2.0
"""The same seeded run in all three machines: one anchor, seen from four sides.

What a machine prints, what the second verifier recomputes from what it exported, what stands on its
disk image, and what the other machines say must all be equal.
"""

import json
import queue
import threading
import time
from pathlib import Path

import proof
from console import ConsoleError
from machine import Machine, MachineError, Start, Transcript
from node import MIB, CheckFailed, check, check_equal
from show import Result, Show

SCENARIO_DISK_BYTES = 32 * MIB  # tests/sim/scenario.hpp: scenario_sectors

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
        if each.anchor:
            show.line(f"anchor {each.machine.board.board} {each.anchor}")
    anchors = {each.anchor for each in runs}
    held = all(each.result.ok for each in runs)
    if held and len(anchors) != 1:
        show.line(f"FAILED: the same seed gave {len(anchors)} different anchors")
        held = False
    if options.json:
        print(json.dumps({"seed": options.seed, "operations": options.operations, "equal": held,
                          "nodes": [each.report() for each in runs]}, indent=2))
    if held:
        show.line(f"equal on {len(runs)} machines, in their exports and on their disks: "
                  f"seed {options.seed}, {runs[0].records} records")
    return 0 if held else 1


class Run:
    """One machine's scenario."""

    def __init__(self, options, board, show: Show, work: Path):
        self.options, self.show = options, show
        self.export = options.out / "audit" / f"scenario-{board.name}.jsonl"
        disk = options.out / "disk" / f"scenario-{board.name}.img"
        for path in (self.export, disk):
            path.parent.mkdir(parents=True, exist_ok=True)
        with disk.open("wb") as file:
            file.truncate(SCENARIO_DISK_BYTES)
        transcript = Transcript(options.out / "console" / f"scenario-{board.name}.log", show.began)
        executable = "grafos-scenario.elf" if board.qemu else "grafos-scenario"
        image = options.image or board.image(options.root, executable)
        self.machine = Machine(board, image, disk, work, transcript)
        self.anchor, self.records = "", 0
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
        board = self.machine.board.board
        anchors = [line.split()[2] for line in lines if line.startswith(f"anchor {board} ")]
        check_equal(len(anchors), 1, f"lines 'anchor {board} …'")
        self.anchor = anchors[0]
        records = [line for line in lines if line.startswith("{")]
        self.export.write_text("".join(line + "\n" for line in records), encoding="utf-8")
        self.records = sum('"checkpoint"' not in line[:20] for line in records)
        recomputed = proof.verify_export(self.options.root, self.export)
        check_equal(recomputed, self.anchor, "anchor recomputed from the export and anchor printed")
        on_disk = proof.anchor_on_disk(self.options.root, self.machine.disk)
        check_equal(on_disk, self.anchor, "anchor on the disk image and anchor printed")
        return f"{self.records} records, anchor {self.anchor[:16]}… printed, exported, on the disk"

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
                "anchor": self.anchor, "records": self.records, "ok": self.result.ok,
                "detail": self.result.detail, "ms": self.result.ms}
