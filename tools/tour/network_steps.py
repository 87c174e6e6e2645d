# SPDX-License-Identifier: Apache-2.0
"""Steps of the tour over the network: every machine asked from the command line, over a good network,
over one that loses a tenth, and through a partition that heals; and by a second client.

A step gets the whole fabric and the nodes it is about (one, or two), returns one line of detail, and
fails by raising. What the chains must say about its leases it tells the nodes, as everywhere.
"""

import json
import time
from dataclasses import dataclass, replace

from chain import ALLOCATED, EXPIRED, RELEASED, RENEWED
from cli import Cli
from holder import SILENT, TRANSFER, Held, Holder
from network import CLIENT
from node import Node, check, check_equal, pattern
from relay_client import Relay

SIZES = {"memory": 64 * 1024, "block": 64 * 1024}
TTL_MS = 20_000
LOSS = "drop=0.1 duplicate=0.02 reorder=0.05"
CUT_TTL_MS = 2_000   # a command opens a session first
NOT_ITS_TOKEN = ("denied", "stale_epoch")


@dataclass
class Fabric:
    """Who asks the nodes, and the relay in between."""

    cli: Cli
    second: Holder
    relay: Relay

    def records_of(self, node: Node, held: Held) -> list[dict]:
        """What the node's chain says about this lease, as its console exports it."""
        lines = node.run(f"audit export from={held.lease.record}", 60.0).raw[:-1]
        records = [json.loads(line) for line in lines]
        return [record for record in records if record["lease_ref"] == held.lease.ref]

    def prove(self, node: Node, held: Held, *kinds: str) -> list[dict]:
        """The chain says of this lease exactly this, in this order."""
        node.wait_anchored(held.lease.record)
        found = self.records_of(node, held)
        check_equal([record["kind"] for record in found], list(kinds),
                    f"records of lease {held.lease.ref} on {node.name}")
        node.tell(held.lease, *kinds)
        return found


def net_session(fabric: Fabric, node: Node) -> tuple[str, list]:
    """The node proves over the network to be the one that its console says."""
    words = node.run("identity").words
    expected = words["node_id"], words["x25519"]
    session = fabric.second.open(node.name)
    check_equal(fabric.cli.identify(node.name), expected, "identity over the network")
    check_equal(session.node_id.hex(), words["node_id"], "node_id in the accept")
    check_equal(fabric.second.identify(node.name), expected, "identity for the second client")
    found = fabric.second.ask(node.name, "GET_INVENTORY")["resources"]
    here = node.inventory()
    for entry, kind in ((2, "memory"), (3, "block")):
        there = next(each for each in found if each["kind"] == entry)
        check_equal(there["capacity"], here[kind].bytes, f"{kind} over the network")
    return f"boot {session.boot}, window {session.window}, id {words['node_id'][:8]}…", []


def lease_by(fabric: Fabric, holder: Cli | Holder, node: Node) -> tuple[int, list]:
    """Memory and blocks: granted, written, read back, renewed, given back, and recorded."""
    proof, moved = [], 0
    for kind, size in SIZES.items():
        held = holder.grant(node.name, kind, size, TTL_MS)
        for offset in (0, size - TRANSFER):
            check_equal(holder.read(held, offset), bytes(TRANSFER), f"{kind} before a write")
            text = pattern(f"{node.name} {kind} {offset}", TRANSFER)
            holder.write(held, offset, text)
            check_equal(holder.read(held, offset), text, f"{kind} at {offset}")
            moved += 2 * TRANSFER
        holder.flush(held)
        check_equal(holder.renew(held), 1, "generation after a renewal")
        end = holder.free(held)
        check_equal(holder.code_of_read(held), "released", "a read after the end")
        node.wait_anchored(end)
        proof += fabric.prove(node, held, ALLOCATED, RENEWED, RELEASED)
    node.settle()
    return moved, proof


def net_lease(fabric: Fabric, node: Node) -> tuple[str, list]:
    """From the command line: a lease's whole life, in memory and in blocks."""
    moved, proof = lease_by(fabric, fabric.cli, node)
    return f"{moved} bytes over the network and back", proof


def net_second(fabric: Fabric, node: Node) -> tuple[str, list]:
    """The same by a client that shares no code with the node."""
    moved, proof = lease_by(fabric, fabric.second, node)
    return f"{moved} bytes over the network and back", proof


def net_pair(fabric: Fabric, source: Node, target: Node) -> tuple[str, list]:
    """Bytes go from a lease on one machine to a lease on the other."""
    cli = fabric.cli
    here = cli.grant(source.name, "memory", SIZES["memory"], TTL_MS)
    there = cli.grant(target.name, "memory", SIZES["memory"], TTL_MS)
    sent = pattern(f"{source.name} to {target.name}", 4 * TRANSFER)
    cli.write(here, 0, sent)
    cli.write(there, 0, cli.read(here, 0, len(sent)))
    check_equal(cli.read(there, 0, len(sent)), sent, f"what came to {target.name}")
    refused = cli.code_of_read(replace(here, node=target.name))
    check(refused in NOT_ITS_TOKEN, f"{target.name} answered {refused} to a token of {source.name}")
    proof = []
    for node, held in ((source, here), (target, there)):
        node.wait_anchored(cli.free(held))
        proof += fabric.prove(node, held, ALLOCATED, RELEASED)
    return f"{len(sent)} bytes; the one's token is refused by the other ({refused})", proof


def net_loss(fabric: Fabric, node: Node) -> tuple[str, list]:
    """The same while a tenth of all packets is lost: each request takes effect once."""
    pair = f"{CLIENT}::{node.name}"
    before = fabric.relay.counters(pair)
    fabric.relay.tell(f"set {pair} {LOSS}")
    try:
        _, proof = lease_by(fabric, fabric.cli, node)
        counted, more = count_to(fabric, node, 40)
    finally:
        fabric.relay.tell(f"clear {pair}")
    after = fabric.relay.counters(pair)
    lost, passed = (after[key] - before[key] for key in ("dropped", "arrived"))
    check(lost > 0, "no packet was lost")
    return f"{lost} of {passed} packets lost, {counted} additions, each once", proof + more


def count_to(fabric: Fabric, node: Node, count: int) -> tuple[int, list]:
    """Adds 1 so often; each answer must be the number before it."""
    holder = fabric.second
    held = holder.grant(node.name, "memory", 4096, TTL_MS)
    for number in range(count):
        before = holder.ask(node.name, "MEM_FETCH_ADD", token=held.token, offset=0, addend=1)
        check_equal(before["value"], number, "value before an addition")
    node.wait_anchored(holder.free(held))
    return count, fabric.prove(node, held, ALLOCATED, RELEASED)


def net_partition(fabric: Fabric, node: Node) -> tuple[str, list]:
    """Cut one way: the lease ends in time without its holder; healed, everything goes on."""
    cli, proof, waited = fabric.cli, [], []
    for cut in (f"{CLIENT}:{node.name}", f"{node.name}:{CLIENT}"):
        held = cli.grant(node.name, "memory", 4096, CUT_TTL_MS)
        cli.write(held, 0, b"cut off")
        began = time.monotonic()
        fabric.relay.tell(f"partition {cut}")
        try:
            code = cli.code_of_read(held, CUT_TTL_MS / 1000 + 0.5)
        finally:
            fabric.relay.tell(f"heal {cut}")
        check_equal(code, SILENT, f"a read through the partition {cut}")
        check_equal(cli.code_of_read(held), "lease_expired", "a read after it healed")
        waited.append(time.monotonic() - began)
        check_equal(fabric.second.identify(node.name)[0], node.node_id, "the session goes on")
        node.settle()
        proof += fabric.prove(node, held, ALLOCATED, EXPIRED)
        again = cli.grant(node.name, "memory", 4096, TTL_MS)
        check_equal(cli.read(again, 0, 8), bytes(8), "memory of a lease that was cut off")
        node.wait_anchored(cli.free(again))
        proof += fabric.prove(node, again, ALLOCATED, RELEASED)
    return f"cut off both ways in turn, lease_expired after {max(waited):.1f} s at most", proof


EACH_NODE = (net_session, net_lease, net_second, net_loss, net_partition)
EACH_PAIR = (net_pair,)
NAMES = tuple(step.__name__ for step in (*EACH_NODE, *EACH_PAIR))
