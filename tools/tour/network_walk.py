# SPDX-License-Identifier: Apache-2.0
"""The walk over the network: through the relay, one step at a time, so that a loss is a step's own.

Steps of `network_steps.py` are about one node or two and are asked from outside; `hold_steps.py`
mostly waits, so all nodes take it at once; those of `machine_steps.py` are about all machines, and
give a result for each pair.
"""

import itertools
import time
from pathlib import Path

import hold_steps
import log_steps
import machine_steps
import network_steps
import proof
from console import Refused
from holder import NodeRefused
from machine import MachineError
from node import CheckFailed, Node
from programs import at_once
from show import ARROW, Result

NAMES = (*network_steps.NAMES, *hold_steps.NAMES, *log_steps.NAMES, *machine_steps.NAMES)
MACHINES = machine_steps.NAMES
EXPECTED = (CheckFailed, MachineError, Refused, NodeRefused)


def outcome_of(call) -> tuple:
    """What `call()` answers and "", or None and why it failed."""
    try:
        return call(), ""
    except EXPECTED as failure:
        return None, str(failure)
    except Exception as failure:  # an answer without its fields, or our own mistake
        return None, f"{type(failure).__name__}: {failure}"


class NetworkWalk:
    """All steps over the network. `tour`: the walk that this is a part of."""

    def __init__(self, root: Path, tour):
        self.root, self.tour, self.options = root, tour, tour.options

    def walk(self) -> None:
        wanted = [name for name in NAMES
                  if not self.options.only or name in self.options.only]
        nodes = self._nodes_left()
        if not wanted or not nodes:
            return
        program = proof.program(self.root, "grafos-netem")
        words = ["--pcap", str(self.options.pcap), "--pcap-what", "both"] if self.options.pcap else []
        relay = self.tour.wires.start_relay(program, *words, f"--seed={self.options.seed}",
                                            bound_s=0 if self.options.stay else self.options.timeout)
        self.fabric = network_steps.Fabric(self.tour.cli, self.tour.second, relay)
        self._introduce(nodes)
        for step in network_steps.EACH_NODE:
            if step.__name__ in wanted or step is network_steps.net_session:
                for node in nodes:
                    self._take(step, node)
            if step is network_steps.net_lease:
                self._walk_pairs(nodes, wanted)
        for step in (*hold_steps.EACH_NODE_AT_ONCE, *log_steps.EACH_NODE_AT_ONCE):
            if step.__name__ in wanted:
                at_once(lambda node, step=step: self._take_alone(step, node), self._nodes_left())
        for step in machine_steps.EACH_MACHINE:
            if step.__name__ in wanted:
                self._take_machines(step)

    def _nodes_left(self) -> list[Node]:
        return [node for node in self.tour.nodes if node.name not in self.tour.failed]

    def _introduce(self, nodes: list[Node]) -> None:
        """Their keys, as their consoles tell them, go to those who ask."""
        entries, self.exchange_keys = [], {}
        for node in nodes:
            words = node.run("identity").words
            entries.append((node.name, words["x25519"], words["node_id"]))
            self.exchange_keys[node.name] = words["x25519"]
            self.tour.second.node_keys[node.name] = bytes.fromhex(words["x25519"])
        self.tour.cli.configure(entries)

    def _walk_pairs(self, nodes: list[Node], wanted: list[str]) -> None:
        for step in network_steps.EACH_PAIR:
            for source, target in itertools.permutations(nodes, 2):
                if step.__name__ in wanted:
                    self._take(step, source, target)

    def _take(self, step, *nodes: Node) -> None:
        """Asked by whoever the step likes, one step at a time."""
        if any(node.name in self.tour.failed for node in nodes):
            return
        self._take_exchanges()
        self._run(step.__name__, lambda: step(self.fabric, *nodes), nodes, self._take_exchanges)

    def _take_alone(self, step, node: Node) -> None:
        """Asked from a command line of its own, beside others."""
        cli = self.tour.cli.sibling()
        self._run(step.__name__, lambda: step(self.fabric, cli, node), (node,), cli.take_exchanges)

    def _run(self, name: str, call, nodes: tuple[Node, ...], take_exchanges) -> None:
        label = ARROW.join(node.name for node in nodes)
        self.tour.show.begins(label, name)
        began, first = time.monotonic(), nodes[0].next_record
        answer, problem = outcome_of(call)
        detail, proven = answer or (problem, [])
        ms = round((time.monotonic() - began) * 1000)
        self._settle(nodes, not problem)
        records = [first, nodes[0].next_record - 1] if nodes[0].next_record > first else []
        self.tour.add(Result(name, label, not problem, detail, ms, records, take_exchanges(), proven))

    def _settle(self, nodes: tuple[Node, ...], held: bool) -> None:
        for node in nodes:
            if held:
                node.next_record = node.head()
            else:
                self.tour.fail(node)

    # --- machines on machines ---------------------------------------------------------------------

    def _take_machines(self, step) -> None:
        """One run of all programs; a result for each pair, and each its share of the time."""
        nodes = self._nodes_left()
        if not nodes:
            return
        name = step.__name__
        machines = machine_steps.Machines(self.tour.programs, nodes, self.exchange_keys,
                                          self.tour.wires, self.fabric.relay)
        self.tour.show.begins(nodes[0].name, name)
        began = time.monotonic()
        first = {node.name: node.next_record for node in nodes}
        prove, problem = outcome_of(lambda: self._checked_run(step, machines))
        proven = [(program, node, *outcome_of(lambda: prove(program, node)))
                  if prove else (program, node, None, problem)
                  for program, node in machines.pairs()]
        ms = round((time.monotonic() - began) * 1000 / len(proven))
        for program, node, answer, failed in proven:
            self._settle((node,), not failed)
            detail, records = answer or (failed, [])
            added = [first[node.name], node.next_record - 1]
            self.tour.add(Result(name, f"{program.board.name}{ARROW}{node.name}", not failed, detail,
                                 ms, added if added[1] >= added[0] else [],
                                 program.exchanges(node.name), records))
        for program in self.tour.programs:
            program.machine.kill()   # if it has not ended by itself
        self.tour.show.is_done(nodes[0].name)

    def _checked_run(self, step, machines: machine_steps.Machines):
        if self.tour.keys_problem:
            raise CheckFailed(self.tour.keys_problem)
        return step(machines)

    def _take_exchanges(self) -> list:
        return [*self.tour.cli.take_exchanges(), *self.tour.second.take_exchanges()]

    def close(self) -> None:
        if self.options.pcap and self.tour.second.key_lines:
            self._write_keys()
        self.tour.second.close()
        self.tour.wires.kill_relay() if self.options.stay else self.tour.wires.stop_relay()

    def _write_keys(self) -> None:
        """Beside the capture: the second client's sessions can be read. Nobody else's: no node and no
        command line tells its keys."""
        keys = self.options.pcap.with_name(self.options.pcap.name + ".keys")
        keys.write_text("".join(self.tour.second.key_lines), encoding="utf-8")
        self.tour.show.line(f"to read the capture: python3 tests/network/tshark.py "
                            f"{self.options.pcap} {keys}")
