# SPDX-License-Identifier: Apache-2.0
"""Steps of the tour in which machines hold leases on machines: every one on every other and on its
own kind, at the same time; over a good network, one that loses a tenth, and a cut one way.

Each pair has a result of its own: what the program asked and was answered, and what the node's chain
says about this lease, with the program's key as its holder.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from chain import ALLOCATED, RELEASED, RENEWED
from network import Wires
from node import SETTLE_S, CheckFailed, Node, check, check_equal
from programs import REQUESTS, Program, at_once
from relay_client import Relay

LOSS = "drop=0.1 duplicate=0.02 reorder=0.05"
CUT_S = 0.7          # shorter than the life of a lease (3 s) and than a request's patience (2 s)
CUT_WORK_MS = 1_500  # the programs work on for longer than the cut
RUN_S = 40.0


@dataclass
class Machines:
    """The programs, the nodes they hold leases on, and the relay in between."""

    programs: list[Program]
    nodes: list[Node]
    node_keys: dict
    wires: Wires
    relay: Relay

    def pairs(self) -> list[tuple[Program, Node]]:
        return [(program, node) for program in self.programs for node in self.nodes]

    def run(self, work_ms: int = 0, meanwhile: Callable[[], None] = lambda: None) -> None:
        """All programs at once, from their start to their end; `meanwhile` when all leases are
        held."""
        names = [node.name for node in self.nodes]
        at_once(lambda each: each.start(self.wires, self.node_keys, work_ms), self.programs)
        at_once(lambda each: each.wait_held(names, RUN_S), self.programs)
        meanwhile()
        at_once(lambda each: each.finish(RUN_S), self.programs)


def net_machines(machines: Machines) -> Callable:
    """Granted, written, read back, renewed, let go: nine pairs at once."""
    machines.run()
    return lambda program, node: prove(program, node)


def net_machines_loss(machines: Machines) -> Callable:
    """The same while a tenth of all packets of each pair is lost."""
    before = losses(machines)
    for program, node in machines.pairs():
        machines.relay.tell(f"set {program.name}::{node.name} {LOSS}")
    try:
        machines.run()
    finally:
        for program, node in machines.pairs():
            machines.relay.tell(f"clear {program.name}::{node.name}")
    lost = losses(machines)

    def proven(program: Program, node: Node) -> tuple[str, list]:
        text, records = prove(program, node)
        gone = lost[program.name, node.name] - before[program.name, node.name]
        return f"{gone} packets lost; {text}", records

    check(sum(lost.values()) > sum(before.values()), "no packet was lost")
    return proven


def net_machines_cut(machines: Machines) -> Callable:
    """A partition one way, of each pair: shorter than a life, and no lease ends by it."""
    cuts = [one_way(program, node) for program, node in machines.pairs()]

    def cut_and_heal() -> None:
        for cut in cuts:
            machines.relay.tell(f"partition {cut}")
        time.sleep(CUT_S)
        for cut in cuts:
            machines.relay.tell(f"heal {cut}")

    try:
        machines.run(CUT_WORK_MS, cut_and_heal)
    finally:
        for cut in cuts:
            machines.relay.tell(f"heal {cut}")

    def proven(program: Program, node: Node) -> tuple[str, list]:
        text, records = prove(program, node)
        slowest = max(each["ms"] for each in program.exchanges(node.name)
                      if each["request"] in ("MEM_WRITE", "MEM_READ"))
        check(slowest >= CUT_S * 800, f"the slowest answer took {slowest} ms: nothing was cut off")
        return f"{one_way(program, node)} cut for {CUT_S} s; {text}", records

    return proven


def one_way(program: Program, node: Node) -> str:
    """Which way of this pair is cut: requests of some, answers of others."""
    ends = program.name, node.name
    return ":".join(ends if program.board.name <= node.name else reversed(ends))


def losses(machines: Machines) -> dict:
    return {(program.name, node.name):
            machines.relay.counters(f"{program.name}::{node.name}")["dropped"]
            for program, node in machines.pairs()}


def prove(program: Program, node: Node) -> tuple[str, list]:
    """Every request of this pair was answered with ok, and the node's chain says the same of this
    lease, under the key of the program."""
    told = program.exchanges(node.name)
    refused = [f"{each['request']}: {each['code']}" for each in told if each["code"] != "ok"]
    check(not refused, f"{program.name} on {node.name}: {', '.join(refused)}")
    by_request = {each["request"]: each for each in told}
    check_equal(sorted(by_request), sorted(REQUESTS.values()), "requests that were answered")
    refs = {each["reply"]["lease_ref"] for each in told}
    check_equal(len(refs), 1, "leases of one program on one node")
    records = wait_released(node, refs.pop())
    kinds = [record["kind"] for record in records]
    check_equal([kind for kind in kinds if kind != RENEWED], [ALLOCATED, RELEASED],
                f"records of the lease on {node.name}")
    renewals = by_request["LEASE_RENEW"]["count"]
    check(kinds.count(RENEWED) >= renewals, f"{renewals} renewals, in the chain {kinds}")
    check_equal({record["identity"] for record in records}, {program.key}, "holder in the records")
    node.story.append((records[0]["lease_ref"], tuple(kinds)))
    slowest = max(each["ms"] for each in told)
    return (f"{by_request['MEM_WRITE']['count']} writes, {by_request['MEM_READ']['count']} reads, "
            f"{renewals} renewals, the slowest answer after {slowest} ms"), records


def wait_released(node: Node, ref: str) -> list[dict]:
    """The node's records of this lease, the last of them its release."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        lines = node.run("audit export", 60.0).raw[:-1]
        found = [record for record in map(json.loads, lines) if record["lease_ref"] == ref]
        if found and found[-1]["kind"] == RELEASED:
            node.wait_anchored(int(found[-1]["sequence"]))
            return found
        if time.monotonic() > deadline:
            raise CheckFailed(f"{node.name} does not record the release of {ref}: {found}")
        time.sleep(0.05)


EACH_MACHINE = (net_machines, net_machines_loss, net_machines_cut)
NAMES = tuple(step.__name__ for step in EACH_MACHINE)
