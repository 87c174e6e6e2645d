# SPDX-License-Identifier: Apache-2.0
"""tour: boots the three machines and shows what they do, or that they do not.

Started by tools/run, which has built the images. Each node walks through the same steps in a thread
of its own; the first failed check of a node ends its walk, the others go on, and the exit status is
then 1.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "netem"), str(HERE.parents[1] / "tests" / "network")]

import power_cut  # noqa: E402
import prepare    # noqa: E402
import proof      # noqa: E402
import scenario   # noqa: E402
import stay       # noqa: E402
from cli import Cli  # noqa: E402
from console import Refused  # noqa: E402
from holder import Holder  # noqa: E402
from machine import BOARDS, Machine, MachineError, Transcript, board_named  # noqa: E402
from network import Wires  # noqa: E402
from network_walk import MACHINES, NAMES, NetworkWalk  # noqa: E402
from node import DISK_BYTES, CheckFailed, Node  # noqa: E402
from programs import Program, learn_keys  # noqa: E402
from show import ARROW, Result, Show, report_of, write_report  # noqa: E402
from steps import STEPS, Step, chosen  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
STAY_BOUND_S = 12 * 3600.0
SKIPPED = 77  # as CTest is told
LAST = ("audit", "off")  # after everything else, on every node


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools/run", description="Boots the nodes on all three boards and takes a tour.",
        epilog="steps: " + ", ".join([*(step.name for step in STEPS), *NAMES]))
    parser.add_argument("what", nargs="?", default="tour",
                        choices=["tour", "scenario", "power-cut"],
                        help="tour (default); scenario: the same seeded run on all machines; "
                             "power-cut: replay a disk's write log, cut at every write")
    parser.add_argument("--out", type=Path, default=None, metavar="DIR",
                        help="where report.json, audit/, console/ and disk/ go (out/<what>)")
    parser.add_argument("--node", action="append", default=[], metavar="NAME", dest="nodes",
                        help="only this node; repeat for more: "
                             + ", ".join(board.name for board in BOARDS))
    parser.add_argument("--only", action="append", default=[], metavar="STEP",
                        choices=[*(step.name for step in STEPS), *NAMES],
                        help="only this step and what it needs; repeat for more")
    parser.add_argument("--timeout", type=float, default=300.0, metavar="SECONDS",
                        help="for all of it (300)")
    parser.add_argument("--stay", action="store_true",
                        help="boot the nodes, take the steps of --only if there are any, and "
                             "attach to a console; Ctrl-] leaves")
    parser.add_argument("--gdb", metavar="NODE",
                        help="this node waits for a debugger before its first instruction")
    parser.add_argument("--json", action="store_true",
                        help="print report.json to stdout, everything else to stderr")
    parser.add_argument("--pcap", type=Path, metavar="FILE",
                        help="tour: record what goes over the network, before and behind the relay")
    parser.add_argument("--seed", type=int, default=1, help="of the scenario, and of the relay (1)")
    parser.add_argument("--operations", type=int, default=10_000, help="scenario: how many (10000)")
    parser.add_argument("--image", type=Path, metavar="FILE",
                        help="with one --node: this image instead of the preset's")
    parser.add_argument("--or-skip", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--check-options", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    try:
        names = [board_named(name).name for name in options.nodes]
        options.gdb = board_named(options.gdb).name if options.gdb else None
    except KeyError as error:
        parser.error(f"no node {error}: expected one of {', '.join(b.name for b in BOARDS)}")
    if options.gdb and options.gdb not in names:
        names = [*names, options.gdb] if names else names
    options.boards = [board for board in BOARDS if not names or board.name in names]
    if options.stay and not options.only:
        options.only = ["boot"]
    if options.image and len(options.boards) != 1:
        parser.error("--image: needs exactly one --node")
    if not 0 <= options.seed < 2 ** 64:
        parser.error(f"--seed: got {options.seed}, expected 0 … 2^64 - 1")
    return options


class Tour:
    """The walk of all nodes."""

    def __init__(self, options: argparse.Namespace, show: Show, work: Path):
        self.options, self.show = options, show
        self.results: list[Result] = []
        self._lock = threading.Lock()
        self.nodes = [make_node(options, board, show, work) for board in options.boards]
        self.failed: set[str] = set()   # nodes whose walk has ended early
        self.wires = Wires()
        self.second = Holder(self.wires)
        self.cli = Cli(proof.program(ROOT, "grafos"), work, self.wires)
        self.programs = make_programs(options, show, work)
        for program in self.programs:
            self.wires.add_program(program.name, bool(program.board.qemu))
        self.keys_problem = learn_keys(self.programs)   # told by the steps that want them
        words = [each.peer_word() for each in self.programs if each.key]
        for node in self.nodes:
            self.wires.add(node.name, bool(node.machine.board.qemu))
            node.wires = self.wires
            node.peers = (self.cli.peer_word(), self.second.peer_word(), *words)

    def walk(self) -> bool:
        """All nodes at once, then what takes them all, then each one's proof. Whether every step
        of every node held."""
        steps = [step for step in chosen(self.options.only)
                 if not (self.options.stay and step.name == "off")]
        last = [step for step in steps if step.name in LAST]
        self._walk_nodes([step for step in steps if step.name not in LAST])
        network = NetworkWalk(ROOT, self)
        try:
            network.walk()
            self._walk_nodes(last)
        finally:
            network.close()
        return all(result.ok for result in self.results) and bool(self.results)

    def _walk_nodes(self, steps: list[Step]) -> None:
        threads = [threading.Thread(target=self._walk_node, args=(node, steps), daemon=True)
                   for node in self.nodes if node.name not in self.failed]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _walk_node(self, node: Node, steps: list[Step]) -> None:
        for step in steps:
            if step.bare and not node.machine.board.qemu:
                continue
            if not self._take(node, step):
                self.fail(node)
                return

    def fail(self, node: Node) -> None:
        """No further steps of this node."""
        self.failed.add(node.name)
        if not self.options.stay:
            node.machine.kill()

    def add(self, result: Result) -> None:
        with self._lock:
            self.results.append(result)
        self.show.ends(result)

    def _take(self, node: Node, step: Step) -> bool:
        self.show.begins(node.name, step.name)
        began, first = time.monotonic(), node.next_record
        try:
            detail, ok = step.run(node), True
        except (CheckFailed, MachineError, Refused) as failure:
            detail, ok = str(failure), False
        except Exception as failure:  # an answer without its words, or our own mistake
            detail, ok = f"{type(failure).__name__}: {failure}", False
        ms = round((time.monotonic() - began) * 1000)
        if ok and step.name != "off":
            node.next_record = node.head()
        records = [first, node.next_record - 1] if node.next_record > first else []
        result = Result(step.name, node.name, ok, detail, ms, records)
        self.add(result)
        return ok

    def in_order(self) -> list[Result]:
        """By step, then by node."""
        steps = [step.name for step in STEPS if step.name not in LAST]
        steps += [*NAMES, *LAST]
        names = [board.name for board in BOARDS]
        return sorted(self.results, key=lambda r: (steps.index(r.name), *map(
            names.index, r.node.split(ARROW))))


def make_programs(options: argparse.Namespace, show: Show, work: Path) -> list[Program]:
    """One on each board, if a step wants them; from the same tree as the node's image."""
    if options.only and not set(options.only) & set(MACHINES):
        return []
    return [Program(board, options.image, ROOT, options.out, work, show.began)
            for board in options.boards]


def make_node(options: argparse.Namespace, board, show: Show, work: Path) -> Node:
    disk = options.out / "disk" / f"{board.name}.img"
    disk.parent.mkdir(parents=True, exist_ok=True)
    disk.unlink(missing_ok=True)
    with disk.open("wb") as file:
        file.truncate(DISK_BYTES)
    transcript = Transcript(options.out / "console" / f"{board.name}.log", show.began)
    machine = Machine(board, options.image or board.image(ROOT), disk, work, transcript)
    waits = options.gdb == board.name
    return Node(machine, options.out, ROOT, patience=0 if waits else 1.0, debugger=waits,
                bound_s=STAY_BOUND_S if waits or options.stay else options.timeout)


def clear(out: Path) -> None:
    """What an earlier run left, and nothing else."""
    for pattern in ("report.json", "audit/*.jsonl", "console/*.log", "disk/*.img",
                    "disk/*.writes", "disk/*.before"):
        for path in out.glob(pattern):
            path.unlink()


def tour(options: argparse.Namespace, show: Show, work: Path) -> int:
    walk = Tour(options, show, work)
    held = walk.walk()
    results = walk.in_order()
    show.table(results, [board.name for board in options.boards])
    report = report_of(walk.nodes, results)
    write_report(options.out, report)
    if options.json:
        print(json.dumps(report, indent=2))
    show.line()
    for result in results:
        if not result.ok:
            show.line(f"FAILED {result.name} on {result.node}: {result.detail}\n"
                      f"  transcript: {options.out / 'console' / (result.node.split(ARROW)[0] + '.log')}")
    show.line(f"{'all steps held' if held else 'the tour FAILED'}; report, exported chains and "
              f"transcripts in {options.out}")
    if options.stay:
        stay.attach([node for node in walk.nodes if node.machine.is_running()], show)
    return 0 if held else 1


def bound(options: argparse.Namespace, show: Show) -> None:
    """Ends everything when the time is up, whatever hangs."""
    def end() -> None:
        show.line(f"FAILED: not done within {options.timeout:.0f} s (--timeout)")
        Machine.kill_all()
        sys.stdout.flush()
        os._exit(1)
    if not options.stay and not options.gdb:
        timer = threading.Timer(options.timeout, end)
        timer.daemon = True
        timer.start()


def main() -> int:
    options = parse(sys.argv[1:])
    options.out, options.root = (options.out or ROOT / "out" / options.what).resolve(), ROOT
    try:
        lock = prepare.claim(options.out)
        if options.check_options:
            return 0
        with lock:
            return run(options)
    except prepare.NotReady as problem:
        print(f"tools/run: {problem}", file=sys.stderr)
        return problem.status


def run(options: argparse.Namespace) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    if options.or_skip and not proof.is_complete(ROOT):
        print("skipped: no linux preset has built grafos-disk")
        return SKIPPED
    prepare.check_built(options, ROOT)
    options.make_node = make_node
    clear(options.out)
    show = Show(sys.stderr if options.json else sys.stdout)
    bound(options, show)
    kinds = {"tour": tour, "scenario": scenario.run, "power-cut": power_cut.run}
    with tempfile.TemporaryDirectory(prefix="grafos-") as work:
        try:
            return kinds[options.what](options, show, Path(work))
        except KeyboardInterrupt:
            show.line("interrupted")
            return 130
        finally:
            show.close()
            Machine.kill_all()


if __name__ == "__main__":
    sys.exit(main())
