# SPDX-License-Identifier: Apache-2.0
"""The step in which `grafos hold` keeps a lease through a partition, and gives up before its node.

On every node at the same time: what takes longest here is waiting.
"""

import json
import time

from chain import ALLOCATED, EXPIRED, RELEASED, RENEWED
from cli import Cli
from network import CLIENT
from network_steps import TTL_MS, Fabric
from node import SETTLE_S, Node, check, check_equal

LIFE_MS = 5_000
RENEW_S = 0.75 * LIFE_MS / 1000   # after each renewal, tools/cli/hold_command.cpp
SHORT_CUT_S = RENEW_S + 0.1       # the renewal is asked for while nothing gets through


def net_hold(fabric: Fabric, cli: Cli, node: Node) -> tuple[str, list]:
    """No answers for less than a life: it goes on, renewed once. No questions for longer: the holder
    stops before the node ends the lease, with exit 1; healed, it leases and holds again."""
    held = cli.grant(node.name, "memory", 4096, LIFE_MS)
    answers, questions = f"{node.name}:{CLIENT}", f"{CLIENT}:{node.name}"
    hold = cli.hold(held)
    hold.wait("held")
    try:
        fabric.relay.tell(f"partition {answers}")
        time.sleep(SHORT_CUT_S)
        fabric.relay.tell(f"heal {answers}")
        hold.wait("renewed")
        check_equal(lives(node, held.lease.ref), True, "the lease after the short partition")
        fabric.relay.tell(f"partition {questions}")
        began = time.monotonic()
        status, code = hold.wait_end()
        ended = time.monotonic() - began
        first = int(node.run(f"lease query {held.identity.hex()}").words.get("left_ms", "0"))
        check_equal((status, code), (1, "lease_expired"), "exit and error of grafos hold")
        check_equal(hold.events[-1]["event"], "stopped", "last event of grafos hold")
        check(first > 0, "the node had ended the lease before its holder stopped")
        expired = wait_kind(node, held.lease.record, held.lease.ref, EXPIRED)
    finally:
        for cut in (answers, questions):
            fabric.relay.tell(f"heal {cut}")
        hold.process.kill()
    check(ended < LIFE_MS / 1000, f"the holder stopped after {ended:.2f} s of a life")
    proof = fabric.prove(node, held, ALLOCATED, RENEWED, EXPIRED)
    check_equal(int(proof[-1]["sequence"]), expired, "the expiry's record")
    return (f"held {SHORT_CUT_S:.1f} s without answers; without questions stopped after "
            f"{ended:.2f} s, the node's end still {first} ms away; held again",
            proof + hold_again(fabric, cli, node))


def hold_again(fabric: Fabric, cli: Cli, node: Node) -> list:
    """After it healed: a new lease, held for a second, given back."""
    held = cli.grant(node.name, "memory", 4096, TTL_MS)
    check_equal(cli.read(held, 0, 8), bytes(8), "memory of a lease whose holder was cut off")
    check_equal(cli.hold(held, "--for", "1").wait_end(), (0, "ok"), "exit of grafos hold")
    return fabric.prove(node, held, ALLOCATED, RELEASED)


def lives(node: Node, ref: str) -> bool:
    return any(words["ref"] == ref for noun, words in node.run("lease list").data
               if noun == "lease")


def wait_kind(node: Node, first: int, ref: str, kind: str) -> int:
    """The sequence of the first record of this kind that the node seals about this lease."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        for line in node.run(f"audit export from={first}", 60.0).raw[:-1]:
            record = json.loads(line)
            if (record["lease_ref"], record["kind"]) == (ref, kind):
                node.wait_anchored(int(record["sequence"]))
                return int(record["sequence"])
        check(time.monotonic() < deadline, f"{node.name} seals no {kind} for {ref}")
        time.sleep(0.02)


EACH_NODE_AT_ONCE = (net_hold,)
NAMES = tuple(step.__name__ for step in EACH_NODE_AT_ONCE)
