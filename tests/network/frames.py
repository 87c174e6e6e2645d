# SPDX-License-Identifier: Apache-2.0
"""Requests that are wrong in one place, and requests that are noise. Seeded."""

import random

import spec
from client import message

HEADER_BYTES = 16


def valid_fields(name: str, token: bytes, lease: bytes, ref: bytes) -> dict:
    """Values that a node accepts, or refuses only for what they mean."""
    known = {"token": token, "lease": lease, "lease_ref": ref, "name": ref, "is_by_ref": 1,
             "echo": b"ping", "kind": 2, "resource": bytes(16), "amount_bytes": 4096,
             "bytes_max": 65536, "ttl": 5000, "ttl_max": 60000, "token_ttl": 60000, "tenant": 1,
             "alloc_key": bytes(16), "parameters": b"", "offset": 512, "length": 512,
             "data": bytes(512), "holder": b"h" * 16, "nonce": 1, "now": 1_700_000_000_000,
             "records_max": 4, "hash": b"\x01" * 32, "grace": 100, "reason": 9,
             "extents": [{"offset": 0, "data": b"extent"}], "message": b"call"}
    return {row.name: known.get(row.name, 0) for row in spec.LAYOUTS[f"{name} request"]}


class Frames:
    """Messages of a hostile holder: half are one change away from a valid one."""

    def __init__(self, seed: int, token: bytes, lease: bytes, ref: bytes, spared: tuple = ()):
        self.dice = random.Random(seed)
        self.valid = [(spec.NUMBER[name],
                       spec.request(name, valid_fields(name, token, lease, ref)))
                      for name in spec.NUMBER if name not in spared]

    def message(self, request: int) -> bytes:
        number, payload = self.dice.choice(self.valid)
        good = message(number, request, 0, payload)
        if self.dice.random() < 0.5:
            return self._change(good)
        kind = self.dice.random()
        if kind < 0.5:  # a header that fits, noise behind it
            return message(number, request, 0, self.dice.randbytes(self.dice.randrange(600)))
        if kind < 0.75:
            return message(self.dice.randrange(65536), request, 0, payload,
                           self.dice.randrange(256) & ~8)
        return self.dice.randbytes(self.dice.randrange(1, 1300))

    def _change(self, good: bytes) -> bytes:
        data = bytearray(good)
        way = self.dice.randrange(5)
        at = self.dice.randrange(len(data))
        if at < HEADER_BYTES and self.dice.random() < 0.9:  # else few frames get past the header
            at = self.dice.randrange(min(HEADER_BYTES, len(data) - 1), len(data))
        if way == 0:
            data[at] ^= 1 << self.dice.randrange(8)
        elif way == 1:
            data[at] = self.dice.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif way == 2:
            data = data[:at]
        elif way == 3:
            data += self.dice.randbytes(self.dice.randrange(1, 40))
        else:  # a number of 1, 2, 4 or 8 bytes becomes an extreme one
            size = self.dice.choice((1, 2, 4, 8))
            at = min(at, len(data) - min(size, len(data)))
            data[at:at + size] = self.dice.choice((bytes(size), b"\xff" * size))
        return bytes(data) or b"\0"
