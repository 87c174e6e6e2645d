# SPDX-License-Identifier: Apache-2.0
"""The wires between the machines: who is reached where, directly or through the relay.

Problem: an image sits behind QEMU's user network, a process and the command line have sockets of
this host, and in between there may be a relay. Idea: every node receives at one UDP port of this
host; what another calls it depends only on who looks and on whether the relay stands between.
Rule: ports are found by binding port 0; whoever loses the race for one takes another and tells the
relay.
"""

import socket
from dataclasses import dataclass, field
from pathlib import Path

from relay_client import Relay

GUEST_ADDRESS = "10.0.2.15:7000"   # of each image, in its own network
GUEST_GATEWAY = "10.0.2.2"         # what an image calls this host
LOCAL = "127.0.0.1"
CLIENT = "cli"                     # the command line, for the relay: any port is it
# What QEMU and the process say when somebody else has the port.
PORT_TAKEN = ("Could not set up host forwarding rule", "argument address")


@dataclass(frozen=True)
class Peer:
    """Who may talk to a node, as the argument `peer=` takes it (core/wire/principal.hpp)."""

    name: str
    key: str                 # of the exchange, 64 hex digits
    roles: str = "none"      # cap+revoke+…, all or none
    more: str = ""           # tenant=1,bytes=4096,…
    node_id: str = ""        # of a node, to check what it signed

    def word(self, address: str = "") -> str:
        parts = [self.name, f"key={self.key}"]
        parts += [f"node={self.node_id}"] if self.node_id else []
        parts += [f"roles={self.roles}", self.more, f"address={address}" if address else ""]
        return ",".join(part for part in parts if part)


def free_port() -> int:
    """A UDP port that nobody has at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOCAL, 0))
        return probe.getsockname()[1]


@dataclass
class Plug:
    """A node's end of the wires."""

    name: str
    is_image: bool
    port: int = field(default_factory=free_port)

    @property
    def address(self) -> tuple[str, int]:
        """Where the node receives, seen from this host."""
        return LOCAL, self.port

    def qemu_words(self) -> list[str]:
        forward = f"hostfwd=udp:{LOCAL}:{self.port}-{GUEST_ADDRESS}"
        return ["-netdev", f"user,id=n0,{forward}", "-device", "virtio-net-device,netdev=n0"]

    def process_words(self) -> list[str]:
        return [f"address={LOCAL}:{self.port}"]


class Wires:
    """All plugs, and the relay if there is one."""

    def __init__(self) -> None:
        self.plugs: dict[str, Plug] = {}      # of the nodes
        self.programs: dict[str, Plug] = {}   # who ask only: clients, for the relay
        self.relay: Relay | None = None

    def add(self, name: str, is_image: bool) -> Plug:
        plug = self.plugs[name] = Plug(name, is_image)
        return plug

    def add_program(self, name: str, is_image: bool) -> None:
        self.programs[name] = Plug(name, is_image)

    def start_relay(self, program: Path, *options: str, bound_s: float = 0) -> Relay:
        """From now on every pair talks through it. All nodes must have been added."""
        nodes = {plug.name: plug.address for plug in self.plugs.values()}
        clients = dict.fromkeys([CLIENT, *self.programs])
        self.relay = Relay(program, {**nodes, **clients}, *options, bound_s=bound_s)
        return self.relay

    def stop_relay(self) -> dict:
        relay, self.relay = self.relay, None
        return relay.stop() if relay else {}

    def kill_relay(self) -> None:
        relay, self.relay = self.relay, None
        if relay:
            relay.kill()

    def move(self, plug: Plug) -> None:
        """Somebody else has the node's port: it gets another."""
        plug.port = free_port()
        if self.relay:
            self.relay.tell(f"node {plug.name} {LOCAL}:{plug.port}")

    def address_of(self, node: str, viewer: str = CLIENT, directly: bool = False) -> str:
        """What `viewer` (a node, a program, the command line) sends to if it means `node`."""
        if self.relay and not directly:
            port = self.relay.addresses[viewer, node][1]
        else:
            port = self.plugs[node].port
        plug = self.plugs.get(viewer) or self.programs.get(viewer)
        behind = plug is not None and plug.is_image
        return f"{GUEST_GATEWAY if behind else LOCAL}:{port}"


def port_was_taken(said: list[str]) -> bool:
    """Whether a machine that ended at once lost the race for its port."""
    return any(text in line for line in said for text in PORT_TAKEN)
