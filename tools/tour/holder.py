# SPDX-License-Identifier: Apache-2.0
"""A second one who asks the nodes over the network: a key of its own, one session a node.

It is the second client (tests/network), which shares no code with the nodes. Every exchange is kept
as it is shown in the report: the request with its fields, the reply's code, the reply's fields. What
only its holder may know (lease ids, tokens) is left out of the report.
"""

import os
import time
from dataclasses import dataclass, field

from client import Refused, Session, Silence, X25519PrivateKey, public_bytes
from network import Peer, Wires
from node import CheckFailed, Lease, check_equal

KINDS = {"memory": 2, "block": 3}
SECRET = ("token", "lease", "alloc_key", "rest", "signature")
SHOWN_BYTES = 16
TRANSFER = 512
PATIENCE_S = 10.0
SILENT = "disconnected"   # what a client calls an answer that did not come in time


class NodeRefused(Exception):
    """A node said no to a program of the fabric, or nothing came (`disconnected`)."""

    def __init__(self, request: str, code: str):
        self.code = code
        super().__init__(f"{request} was refused: {code}")


@dataclass
class Held:
    """A lease of ours."""

    node: str
    kind: str
    identity: bytes
    token: bytes
    lease: Lease


@dataclass
class Holder:
    """One key, and a session with each node that was asked."""

    wires: Wires
    key: X25519PrivateKey = field(default_factory=X25519PrivateKey.generate)
    node_keys: dict = field(default_factory=dict)    # by node: exchange key, as its console says
    sessions: dict = field(default_factory=dict)
    exchanges: list = field(default_factory=list)
    key_lines: list = field(default_factory=list)    # of all sessions, for a reader of captures

    def peer_word(self) -> str:
        return Peer("second", public_bytes(self.key).hex(), "all", "tenant=any").word()

    def open(self, node: str) -> Session:
        """A session; what is asked later goes through it. A second one replaces the first."""
        old = self.sessions.pop(node, None)
        if old:
            old.close()
        host, port = self.wires.address_of(node).split(":")
        try:
            made = Session((host, int(port)), self.node_keys[node], self.key, PATIENCE_S,
                           old.number if old else 0)
        except Silence as silence:
            raise CheckFailed(f"no session with {node}: {silence}") from None
        self.sessions[node] = made
        self.key_lines.append(made.key_line)
        return made

    def close(self) -> None:
        for session in self.sessions.values():
            session.close()
        self.sessions.clear()

    def take_exchanges(self) -> list:
        """Those since the last call."""
        taken, self.exchanges = self.exchanges, []
        return taken

    def ask(self, node: str, request: str, patience_s: float = PATIENCE_S, **fields) -> dict:
        """Raises Refused, and Silence if no answer came."""
        session = self.sessions[node]
        began, code, reply = time.monotonic(), "ok", {}
        try:
            reply = session.ask(request, patience_s, **fields)
            return reply
        except Refused as refusal:
            code, reply = refusal.code, refusal.fields
            raise
        except Silence:
            code = SILENT
            raise
        finally:
            self.exchanges.append({
                "to": node, "request": request, "fields": _shown(fields), "code": code,
                "reply": _shown(reply), "ms": round((time.monotonic() - began) * 1000, 1)})

    def identify(self, node: str) -> tuple[str, str]:
        """node_id and exchange key, as the node answers."""
        told = self.ask(node, "GET_IDENTITY")
        return told["node_id"].hex(), told["exchange_key"].hex()

    # --- leases ---------------------------------------------------------------------------------

    def grant(self, node: str, kind: str, size: int, ttl_ms: int) -> Held:
        number = KINDS[kind]
        token = self.ask(node, "CAP_REQUEST", tenant=1, kind=number, resource=bytes(16),
                         bytes_max=size, ttl_max=max(ttl_ms, 1000), token_ttl=60_000)["token"]
        got = self.ask(node, "LEASE_ALLOC", token=token, kind=number, resource=bytes(16),
                       amount_bytes=size, ttl=ttl_ms, alloc_key=os.urandom(16), parameters=b"")
        lease = Lease(got["lease"].hex(), got["lease_ref"].hex(), got["epoch"], got["generation"],
                      got["left"], got["size_bytes"], got["record"])
        check_equal(lease.size, size, "bytes granted")
        return Held(node, kind, got["lease"], got["token"], lease)

    def write(self, held: Held, offset: int, data: bytes) -> None:
        name = "MEM_WRITE" if held.kind == "memory" else "BLOCK_WRITE"
        self.ask(held.node, name, token=held.token, offset=offset, data=data)

    def read(self, held: Held, offset: int, length: int = TRANSFER,
             patience_s: float = PATIENCE_S) -> bytes:
        name = "MEM_READ" if held.kind == "memory" else "BLOCK_READ"
        return self.ask(held.node, name, patience_s, token=held.token, offset=offset,
                        length=length)["data"]

    def flush(self, held: Held) -> None:
        if held.kind == "block":
            self.ask(held.node, "BLOCK_FLUSH", token=held.token)

    def code_of_read(self, held: Held, patience_s: float = PATIENCE_S) -> str:
        """The code a read is refused with, or `ok`."""
        try:
            self.read(held, 0, TRANSFER, patience_s)
            return "ok"
        except Refused as refusal:
            return refusal.code
        except Silence:
            return SILENT

    def renew(self, held: Held) -> int:
        """The new generation."""
        got = self.ask(held.node, "LEASE_RENEW", token=held.token, ttl=0)
        held.token = got["token"]
        return got["generation"]

    def free(self, held: Held) -> int:
        """The record that says so."""
        got = self.ask(held.node, "LEASE_FREE", lease=held.identity)
        check_equal(got["lease_ref"].hex(), held.lease.ref, "ref of the freed lease")
        return got["record"]


def _shown(fields: dict) -> dict:
    shown = {}
    for name, value in fields.items():
        if name in SECRET or isinstance(value, list):
            continue
        if isinstance(value, bytes):
            short = value[:SHOWN_BYTES].hex()
            value = short if len(value) <= SHOWN_BYTES else f"{short}… ({len(value)} bytes)"
        shown[name] = value
    return shown
