# SPDX-License-Identifier: Apache-2.0
"""The machines of a run: three with a server, this host with the clients, a relay between all.

Each is the node as it is shipped, with `program=ec-counter`. Whom it trusts is fixed at its boot, so
each is started twice: alone, to make its keys and say them; then with everybody's.
"""

from pathlib import Path

import proof
from cli import Cli
from machine import BOARDS, Board, Machine, Transcript
from network import Peer, Wires
from node import DISK_BYTES, Node, check
from programs import at_once

HOST = Board("host", "linux", "linux", "grafos-node", 0)
PROCESSES = tuple(Board(f"linux-{number}", "linux", "linux", "grafos-node", 0)
                  for number in (1, 2, 3))
PROGRAM = "ec-counter"
STARTED_S = 30.0
DELAY = "4..8"           # ms each way: so that clients are at work for some seconds
LEASE_MS = 4_000         # so short that a run sees renewals
DURABLE_MS = 30_000      # so long that a machine is back before its leases end


def boards_of(options, settings) -> tuple:
    """Of the servers."""
    return (PROCESSES if options.processes else BOARDS)[:settings.num_servers]


class Machines:
    """`servers`: their nodes, in order; `host`: the clients'."""

    def __init__(self, root: Path, options, settings, trace, work: Path):
        self.root, self.options, self.settings, self.trace = root, options, settings, trace
        self.wires = Wires()
        self.servers = [self._node(board, work) for board in boards_of(options, settings)]
        self.host = self._node(HOST, work)
        self.cli = Cli(proof.program(root, "grafos"), work, self.wires)
        self.exchange_keys: dict[str, str] = {}

    @property
    def all(self) -> list[Node]:
        return [*self.servers, self.host]

    def _node(self, board: Board, work: Path) -> Node:
        out = self.options.out
        disk = out / "disk" / f"{board.name}.img"
        disk.parent.mkdir(parents=True, exist_ok=True)
        disk.unlink(missing_ok=True)
        with disk.open("wb") as file:
            file.truncate(DISK_BYTES)
        transcript = Transcript(out / "console" / f"{board.name}.log", self.trace.began)
        machine = Machine(board, board.image(self.root), disk, work, transcript)
        machine.claims = self.trace.claimer(board.name)
        return Node(machine, out, self.root, bound_s=self.options.timeout)

    # --- who is who -----------------------------------------------------------------------------

    def make_keys(self) -> None:
        """All at once, without a network."""
        def boot(node: Node) -> None:
            node.start()
            words = node.run("identity").words
            node.node_id, self.exchange_keys[node.name] = words["node_id"], words["x25519"]
            node.machine.kill()
        at_once(boot, self.all)

    def connect(self) -> None:
        """A relay between every pair, and everybody told of everybody."""
        for node in self.all:
            self.wires.add(node.name, bool(node.machine.board.qemu))
            node.wires = self.wires
        self.wires.start_relay(proof.program(self.root, "grafos-netem"),
                               f"--seed={self.settings.seed}", f"--fault=all delay={DELAY}",
                               bound_s=self.options.timeout)
        for node in self.all:
            node.peers = (self.cli.peer_word(), *(self._peer(other, node) for other in self.all
                                                  if other is not node))
        self.cli.configure([(node.name, self.exchange_keys[node.name], node.node_id)
                            for node in self.servers])

    def _peer(self, other: Node, viewer: Node) -> str:
        """The program's calls need a role; blocks on another node, one more."""
        roles = "call+cap" if self.settings.is_durable else "call"
        peer = Peer(other.name, self.exchange_keys[other.name], roles, node_id=other.node_id)
        return peer.word(self.wires.address_of(other.name, viewer.name))

    # --- the program ----------------------------------------------------------------------------

    def words(self, node: Node) -> str:
        """`extra=` of its machine: who it is there, where the servers are, and the settings."""
        names = "+".join(server.name for server in self.servers)
        role = (f"server={self.servers.index(node) + 1}" if node in self.servers
                else f"clients={self.settings.num_clients}")
        ttl = DURABLE_MS if self.settings.is_durable else LEASE_MS
        words = [role, f"nodes={names}", f"ttl_ms={ttl}", *self.settings.words()]
        return ",".join(words + ["durable"] * self.settings.is_durable)

    def start(self) -> None:
        """The servers' machines first: main's first words are for them."""
        for node in self.all:
            node.arguments = {"program": PROGRAM, "seed": str(self.settings.seed),
                              "extra": self.words(node)}
        at_once(self._start, self.servers)
        self._start(self.host)

    def _start(self, node: Node) -> None:
        node.start()
        check(self.trace.wait(lambda trace: trace.notice(node.name), STARTED_S),
              f"{node.name} did not start {PROGRAM} within {STARTED_S:.0f} s")
        said = self.trace.notice(node.name)
        check(said == "started", f"{PROGRAM} on {node.name} {said}")

    # --- the net --------------------------------------------------------------------------------

    def cut(self, node: Node) -> None:
        """From every other machine, both ways."""
        for other in self.all:
            if other is not node:
                self.wires.relay.tell(f"partition {node.name}::{other.name}")

    def heal(self, node: Node) -> None:
        for other in self.all:
            if other is not node:
                self.wires.relay.tell(f"heal {node.name}::{other.name}")

    def packets_cut(self, node: Node) -> int:
        return sum(self.wires.relay.counters(f"{node.name}::{other.name}").get("cut", 0)
                   for other in self.all if other is not node)

    def close(self) -> None:
        if self.wires.relay:
            try:
                self.wires.stop_relay()
            except Exception:  # it is on its way out, and whatever failed has been told
                self.wires.kill_relay()
