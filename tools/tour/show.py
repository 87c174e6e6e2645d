# SPDX-License-Identifier: Apache-2.0
"""What a person sees while the tour goes, and the report it leaves.

Lines of several nodes come mixed, so each names its node. Colours only on a terminal. Whatever
takes longer than two seconds says that it is still at work.
"""

import json
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

ARROW = "→"   # between two nodes
PROGRESS_AFTER_S = 2.0
PROGRESS_EVERY_S = 5.0
COLOURS = {"x86_64": "36", "aarch64": "35", "linux": "33", "ok": "32", "FAILED": "31;1"}


@dataclass
class Result:
    """One step on one node (`a→b`: on two), as it stands in report.json. `records`: first and last
    sequence that the step added to the chain; empty if it added none. Of steps over the network:
    `exchanges`, each request with its reply's code, and `proof`, what the chains say about it."""

    name: str
    node: str
    ok: bool
    detail: str
    ms: int
    records: list[int] = field(default_factory=list)
    exchanges: list[dict] = field(default_factory=list)
    proof: list[dict] = field(default_factory=list)


class Show:
    """Prints steps as they begin and end; any thread."""

    def __init__(self, stream=sys.stdout):
        self.began = time.monotonic()
        self._stream = stream
        self._colour = stream.isatty() and os.environ.get("NO_COLOR") is None
        self._lock = threading.Lock()
        self._running: dict[str, tuple[str, float, float]] = {}
        self._closed = threading.Event()
        threading.Thread(target=self._report_progress, daemon=True).start()

    def line(self, text: str = "") -> None:
        with self._lock:
            print(text, file=self._stream, flush=True)

    def begins(self, node: str, step: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._running[node] = (step, now, now + PROGRESS_AFTER_S)

    def ends(self, result: Result) -> None:
        with self._lock:
            self._running.pop(result.node, None)
        outcome = self._paint("ok" if result.ok else "FAILED", "ok" if result.ok else "FAILED")
        self.line(f"{self._stamp()} {self._name(result.node)} {result.name:<18} {outcome:<4} "
                  f"{result.ms:>6} ms  {result.detail}")

    def is_done(self, node: str) -> None:
        """Of what began under one name and ended under others."""
        with self._lock:
            self._running.pop(node, None)

    def close(self) -> None:
        self._closed.set()

    def table(self, results: list[Result], nodes: list[str]) -> None:
        """Steps × nodes, in ms; a step on two nodes counts for the first."""
        by_step: dict[str, dict[str, Result]] = {}
        for result in results:
            row, node = by_step.setdefault(result.name, {}), result.node.split(ARROW)[0]
            before = row.get(node)
            row[node] = result if before is None else replace(
                result, ok=result.ok and before.ok, ms=result.ms + before.ms)
        self.line()
        self.line(f"{'ms':<20}" + "".join(f"{node:>12}" for node in nodes))
        for step, by_node in by_step.items():
            cells = []
            for node in nodes:
                result = by_node.get(node)
                text = "-" if result is None else str(result.ms) if result.ok else "FAILED"
                cells.append(self._paint("FAILED", f"{text:>12}") if text == "FAILED"
                             else f"{text:>12}")
            self.line(f"{step:<20}" + "".join(cells))
        totals = [sum(r.ms for r in results if r.node.split(ARROW)[0] == node) for node in nodes]
        self.line(f"{'all':<20}" + "".join(f"{total:>12}" for total in totals))

    def _report_progress(self) -> None:
        while not self._closed.wait(0.2):
            now = time.monotonic()
            with self._lock:
                late = {node: seen for node, seen in self._running.items() if now >= seen[2]}
                for node, (step, began, _) in late.items():
                    self._running[node] = (step, began, now + PROGRESS_EVERY_S)
            for node, (step, began, _) in late.items():
                self.line(f"{self._stamp()} {self._name(node)} {step:<18} …    "
                          f"{(now - began):>5.1f} s so far")

    def _stamp(self) -> str:
        return f"{time.monotonic() - self.began:6.1f} s"

    def _name(self, node: str) -> str:
        return self._paint(node.split(ARROW)[0], f"{node:<8}")

    def _paint(self, key: str, text: str) -> str:
        return f"\033[{COLOURS[key]}m{text}\033[0m" if self._colour and key in COLOURS else text


def report_of(nodes: list, results: list[Result]) -> dict:
    """`nodes`: node.Node; see report.json in README.md."""
    return {
        "nodes": [{"name": node.name, "board": node.machine.board.board, "node_id": node.node_id,
                   "anchor": node.anchor, "records": node.records, "verified": node.verified}
                  for node in nodes],
        "steps": [asdict(result) for result in results],
    }


def write_report(out: Path, report: dict) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
