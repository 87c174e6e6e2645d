# SPDX-License-Identifier: Apache-2.0
"""Tokens by core/lease/token/README.md and the layout in token.hpp: minted with a root key, narrowed by
whoever has one, and opened as a node would. Shares no code with the core.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass, field

ALLOC, LEASE = 1, 2
READ, WRITE, RENEW = 1, 2, 4
SHORTER, RIGHTS, WINDOW, BYTES, TTL, HOLDER = 1, 2, 3, 4, 5, 6
FIXED = ">BBHI16s16sIQ16sQQQ"
FIXED_BYTES, MAC_BYTES, TOKEN_BYTES_MAX, CAVEATS_MAX = struct.calcsize(FIXED), 32, 256, 8
VALUE_BYTES = {SHORTER: 8, RIGHTS: 2, WINDOW: 16, BYTES: 8, TTL: 8, HOLDER: 32}
U64_MAX = (1 << 64) - 1


class Wrong(Exception):
    def __init__(self, code: str, at: str):
        super().__init__(f"{code} at {at}")
        self.code, self.field = code, at


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def mint(root: bytes, fixed: bytes, caveats: tuple = ()) -> bytes:
    assert len(fixed) == FIXED_BYTES
    chain = mac(root, fixed)
    for caveat in caveats:
        chain = mac(chain, caveat)
    return fixed + bytes([len(caveats)]) + b"".join(caveats) + chain


def fixed(kind=LEASE, rights=7, tenant=0, resource=bytes(16), lease_ref=bytes(16), generation=0,
          epoch=0, audience=bytes(16), expires_at=0, amount=0, ttl=0, version=1) -> bytes:
    return struct.pack(FIXED, version, kind, rights, tenant, resource, lease_ref, generation, epoch,
                       audience, expires_at, amount, ttl)


def caveat(kind: int, *values) -> bytes:
    shape = {RIGHTS: ">H", WINDOW: ">QQ", HOLDER: ">32s"}.get(kind, ">Q")
    value = struct.pack(shape, *values)
    return bytes([kind, len(value)]) + value


def narrow(token: bytes, added: bytes) -> bytes:
    """One more caveat; nobody is asked for a key."""
    body, old = token[:-MAC_BYTES], token[-MAC_BYTES:]
    count = bytes([body[FIXED_BYTES] + 1])
    return body[:FIXED_BYTES] + count + body[FIXED_BYTES + 1:] + added + mac(old, added)


@dataclass
class Claims:
    kind: int
    rights: int
    tenant: int
    generation: int
    epoch: int
    expires_at: int
    bytes: int
    bytes_max: int
    ttl: int
    begin: int
    end: int
    holder: bytes = field(default=b"")


def _form(token: bytes) -> list[bytes]:
    """The caveats of well-formed bytes."""
    if not FIXED_BYTES + 1 + MAC_BYTES <= len(token) <= TOKEN_BYTES_MAX:
        raise Wrong("invalid_argument", "length")
    if token[0] != 1:
        raise Wrong("unsupported_version", "version")
    if token[1] not in (ALLOC, LEASE):
        raise Wrong("invalid_argument", "kind")
    if int.from_bytes(token[2:4], "big") & ~7:
        raise Wrong("invalid_argument", "rights")
    if token[FIXED_BYTES] > CAVEATS_MAX:
        raise Wrong("invalid_argument", "caveat")
    rest, found = token[FIXED_BYTES + 1:-MAC_BYTES], []
    for _ in range(token[FIXED_BYTES]):
        if len(rest) < 2 or len(rest) < 2 + rest[1]:
            raise Wrong("invalid_argument", "caveat")
        found.append(rest[:2 + rest[1]])
        rest = rest[2 + rest[1]:]
    if rest:
        raise Wrong("invalid_argument", "caveat")
    return found


def _apply(claims: Claims, one: bytes) -> None:
    kind, value = one[0], one[2:]
    if kind not in VALUE_BYTES:
        raise Wrong("denied", "caveat")
    if len(value) != VALUE_BYTES[kind]:
        raise Wrong("invalid_argument", "caveat")
    number = int.from_bytes(value[:8], "big")
    if kind == SHORTER:
        claims.expires_at -= min(number, claims.expires_at)
    elif kind == RIGHTS:
        claims.rights &= number
    elif kind == WINDOW:
        if claims.kind == ALLOC:
            raise Wrong("denied", "caveat")
        end = number + int.from_bytes(value[8:], "big")
        if end > U64_MAX:
            raise Wrong("invalid_argument", "caveat")
        claims.begin, claims.end = max(claims.begin, number), min(claims.end, end)
    elif kind == BYTES:
        claims.bytes_max = min(claims.bytes_max, number)
    elif kind == TTL:
        claims.ttl = min(claims.ttl, number)
    elif claims.holder and claims.holder != value:
        raise Wrong("denied", "holder")
    else:
        claims.holder = value


def open_token(token: bytes, root: bytes, audience: bytes, first_epoch: int) -> Claims:
    """What the token proves at the node with this root key. Raises Wrong as the node would refuse."""
    caveats = _form(token)
    (_, kind, rights, tenant, _, _, generation, epoch, given, expires_at, amount,
     ttl) = struct.unpack_from(FIXED, token)
    if not hmac.compare_digest(mint(root, token[:FIXED_BYTES], tuple(caveats)), token):
        if given == audience and 0 < epoch < first_epoch:
            raise Wrong("stale_epoch", "epoch")
        raise Wrong("denied", "mac")
    if given != audience:
        raise Wrong("foreign", "audience")
    claims = Claims(kind, rights, tenant, generation, epoch, expires_at, amount, amount, ttl, 0, amount)
    for one in caveats:
        _apply(claims, one)
    return claims
