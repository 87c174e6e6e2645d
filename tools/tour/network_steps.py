# SPDX-License-Identifier: Apache-2.0
"""Steps of the tour over the network: every machine asked by a holder far away, over a good network,
over one that loses a tenth, and through a partition that heals.

A step gets the whole fabric and the nodes it is about (one, or two), returns one line of detail, and
fails by raising. What the chains must say about its leases it tells the nodes, as everywhere.
"""

import json
import time
from dataclasses import dataclass

from chain import ALLOCATED, EXPIRED, RELEASED, RENEWED
from client import Silence
from holder import TRANSFER, Held, Holder
from network import CLIENT
from node import Node, check, check_equal, pattern
from relay_client import Relay

SIZES = {"memory": 64 * 1024, "block": 64 * 1024}
TTL_MS = 20_000
LOSS = "drop=0.1 duplicate=0.02 reorder=0.05"
CUT_TTL_MS = 800


@dataclass
class Fabric:
    """All nodes with a network, who asks them, and the relay in between."""

    nodes: list[Node]
    holder: Holder
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
    fabric.holder.node_keys[node.name] = bytes.fromhex(words["x25519"])
    session = fabric.holder.open(node.name)
    check_equal(session.node_id.hex(), words["node_id"], "node_id in the accept")
    told = fabric.holder.ask(node.name, "GET_IDENTITY")
    check_equal((told["node_id"].hex(), told["exchange_key"].hex()),
                (words["node_id"], words["x25519"]), "identity over the network")
    check_equal(told["is_sealed"], 1, "is_sealed")
    found = fabric.holder.ask(node.name, "GET_INVENTORY")["resources"]
    here = node.inventory()
    for entry, kind in ((2, "memory"), (3, "block")):
        there = next(each for each in found if each["kind"] == entry)
        check_equal(there["capacity"], here[kind].bytes, f"{kind} over the network")
    return f"boot {session.boot}, window {session.window}, id {words['node_id'][:8]}…", []


def net_lease(fabric: Fabric, node: Node) -> tuple[str, list]:
    """Memory and blocks: granted, written, read back, renewed, given back, and recorded."""
    holder, proof, moved = fabric.holder, [], 0
    for kind, size in SIZES.items():
        held = holder.grant(node.name, kind, size, TTL_MS)
        for offset in (0, size // 2, size - TRANSFER):
            check_equal(holder.read(held, offset), bytes(TRANSFER), f"{kind} before a write")
            text = pattern(f"{node.name} {kind} {offset}", TRANSFER)
            holder.write(held, offset, text)
            check_equal(holder.read(held, offset), text, f"{kind} at {offset}")
            moved += 2 * TRANSFER
        if kind == "block":
            holder.ask(node.name, "BLOCK_FLUSH", token=held.token)
        check_equal(holder.renew(held), 1, "generation after a renewal")
        end = holder.free(held)
        name = "MEM_READ" if kind == "memory" else "BLOCK_READ"
        holder.refused(node.name, ("released",), name, token=held.token, offset=0, length=TRANSFER)
        node.wait_anchored(end)
        proof += fabric.prove(node, held, ALLOCATED, RENEWED, RELEASED)
    node.settle()
    return f"{moved} bytes over the network and back", proof


def net_pair(fabric: Fabric, source: Node, target: Node) -> tuple[str, list]:
    """Bytes go from a lease on one machine to a lease on the other."""
    holder = fabric.holder
    here = holder.grant(source.name, "memory", SIZES["memory"], TTL_MS)
    there = holder.grant(target.name, "memory", SIZES["memory"], TTL_MS)
    sent = pattern(f"{source.name} to {target.name}", 4 * TRANSFER)
    for at in range(0, len(sent), TRANSFER):
        holder.write(here, at, sent[at:at + TRANSFER])
    for at in range(0, len(sent), TRANSFER):
        holder.write(there, at, holder.read(here, at))
    came = b"".join(holder.read(there, at) for at in range(0, len(sent), TRANSFER))
    check_equal(came, sent, f"what came to {target.name}")
    holder.refused(target.name, ("foreign", "denied", "not_found", "corrupt"), "MEM_READ",
                   token=here.token, offset=0, length=8)
    proof = []
    for node, held in ((source, here), (target, there)):
        node.wait_anchored(holder.free(held))
        proof += fabric.prove(node, held, ALLOCATED, RELEASED)
    return f"{len(sent)} bytes; the one's token is refused by the other", proof


def net_loss(fabric: Fabric, node: Node) -> tuple[str, list]:
    """The same while a tenth of all packets is lost: each request takes effect once."""
    pair = f"{CLIENT}::{node.name}"
    before = fabric.relay.counters(pair)
    fabric.relay.tell(f"set {pair} {LOSS}")
    try:
        _, proof = net_lease(fabric, node)
        counted, more = count_to(fabric, node, 40)
    finally:
        fabric.relay.tell(f"clear {pair}")
    after = fabric.relay.counters(pair)
    lost, passed = (after[key] - before[key] for key in ("dropped", "arrived"))
    check(lost > 0, "no packet was lost")
    return f"{lost} of {passed} packets lost, {counted} additions, each once", proof + more


def count_to(fabric: Fabric, node: Node, count: int) -> tuple[int, list]:
    """Adds 1 so often; each answer must be the number before it."""
    holder = fabric.holder
    held = holder.grant(node.name, "memory", 4096, TTL_MS)
    for number in range(count):
        before = holder.ask(node.name, "MEM_FETCH_ADD", token=held.token, offset=0, addend=1)
        check_equal(before["value"], number, "value before an addition")
    node.wait_anchored(holder.free(held))
    return count, fabric.prove(node, held, ALLOCATED, RELEASED)


def net_partition(fabric: Fabric, node: Node) -> tuple[str, list]:
    """Cut one way: the lease ends in time without its holder; healed, the session goes on."""
    holder, proof, waited = fabric.holder, [], []
    for cut in (f"{CLIENT}:{node.name}", f"{node.name}:{CLIENT}"):
        held = holder.grant(node.name, "memory", 4096, CUT_TTL_MS)
        holder.write(held, 0, b"cut off")
        began = time.monotonic()
        fabric.relay.tell(f"partition {cut}")
        try:
            holder.read(held, 0, 8, patience_s=CUT_TTL_MS / 1000 + 0.5)
            check(False, f"an answer came through the partition {cut}")
        except Silence:
            pass
        finally:
            fabric.relay.tell(f"heal {cut}")
        holder.refused(node.name, ("lease_expired",), "MEM_READ", token=held.token, offset=0,
                       length=8)
        waited.append(time.monotonic() - began)
        node.settle()
        proof += fabric.prove(node, held, ALLOCATED, EXPIRED)
        again = holder.grant(node.name, "memory", 4096, TTL_MS)
        check_equal(holder.read(again, 0, 8), bytes(8), "memory of a lease that was cut off")
        node.wait_anchored(holder.free(again))
        proof += fabric.prove(node, again, ALLOCATED, RELEASED)
    return f"cut off both ways in turn, lease_expired after {max(waited):.1f} s at most", proof


EACH_NODE = (net_session, net_lease, net_loss, net_partition)
EACH_PAIR = (net_pair,)
NAMES = tuple(step.__name__ for step in (*EACH_NODE, *EACH_PAIR))
