# SPDX-License-Identifier: Apache-2.0
"""The chain itself: linkage, sequence, node, boots, and the signed end."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from record import Head, Problem, Record

GENESIS = bytes(32)


class Chain:
    """Follows records from `anchor`: (hash, sequence) of the last trusted one, or None for genesis."""

    def __init__(self, anchor=None, anchored=True):
        self.hash = GENESIS if anchor is None else anchor[0]
        self.next = 0 if anchor is None else anchor[1] + 1
        self.is_anchored = anchored  # else the first record's own previous hash is believed
        self.node_id = None
        self.boot = 0 if anchor is None and anchored else None  # None: not known yet
        self.first = None
        self.count = 0
        self.head = None

    @property
    def last(self) -> int:
        return self.next - 1

    def take(self, record: Record) -> None:
        if self.head is not None:
            raise Problem("checkpoint", "a record follows the signed head")
        if not self.is_anchored:
            self.hash, self.next, self.is_anchored = record.prev_event_hash, record.sequence, True
        if record.sequence != self.next:
            raise Problem("sequence", f"got {record.sequence}, expected {self.next}")
        if record.prev_event_hash != self.hash:
            raise Problem("prev_event_hash",
                          f"got {record.prev_event_hash.hex()}, expected {self.hash.hex()}")
        if self.node_id is not None and record.node_id != self.node_id:
            raise Problem("node_id", f"got {record.node_id.hex()}, expected {self.node_id.hex()}")
        computed = record.hash()
        if record.current_event_hash != computed:
            raise Problem("current_event_hash",
                          f"got {record.current_event_hash.hex()}, computed {computed.hex()}")
        self._check_boot(record)
        self.node_id = record.node_id
        self.boot = record.boot
        self.hash = computed
        self.first = record.sequence if self.first is None else self.first
        self.next += 1
        self.count += 1

    def _check_boot(self, record: Record) -> None:
        if self.boot is None:
            return
        if record.boot < self.boot:
            raise Problem("boot", f"fell from {self.boot} to {record.boot}")
        if record.kind == "boot" and record.boot == self.boot:
            raise Problem("boot", f"a second boot record of boot {record.boot}")
        if record.kind != "boot" and record.boot != self.boot:
            raise Problem("boot", f"rose from {self.boot} to {record.boot} without a boot record")

    def end(self, head: Head) -> None:
        if self.head is not None:
            raise Problem("checkpoint", "a second signed head")
        if self.count == 0:
            raise Problem("checkpoint", "no record before the signed head")
        if head.node_id != self.node_id:
            raise Problem("node_id", f"got {head.node_id.hex()}, expected {self.node_id.hex()}")
        if head.sequence != self.last:
            raise Problem("sequence", f"got {head.sequence}, expected {self.last}")
        if head.current_event_hash != self.hash:
            raise Problem("current_event_hash",
                          f"got {head.current_event_hash.hex()}, expected {self.hash.hex()}")
        try:
            key = Ed25519PublicKey.from_public_bytes(head.node_id)
            key.verify(head.signature, head.signed_bytes())
        except (InvalidSignature, ValueError):
            raise Problem("signature", f"is not {head.node_id.hex()}'s over this head") from None
        self.head = head

    def reopen(self) -> None:
        """Another segment of the same chain follows, with a signed head of its own."""
        self.head = None
