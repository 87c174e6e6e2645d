# SPDX-License-Identifier: Apache-2.0
"""A second client: sessions and requests from the specification, sharing no code with the core.

It does what it is told, also what no honest client would: that is what it is for. Noise IK by hand
over the primitives of python3-cryptography.
"""

import hashlib
import hmac
import os
import socket
import struct
import time
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

import spec

MAGIC, VERSION = 0x6746, 1
HELLO, COOKIE, INIT, ACCEPT, SEALED = 1, 2, 3, 4, 5
TO_CLIENT = 1
REPLY, CONTINUED, FINAL, FRAG = 1, 2, 4, 8
PROTOCOL = b"Noise_IK_25519_ChaChaPoly_SHA256"
PROLOGUE = b"grafos-wire-v1\n"
CODES = ("", "lease_expired", "revoked", "released", "fenced", "stale_epoch", "disconnected",
         "capacity_exceeded", "busy", "not_found", "invalid_argument", "denied", "rate_limited",
         "corrupt", "io", "unsupported", "unsupported_version", "out_of_fuel", "not_ready",
         "degraded", "foreign", "exhausted")
RESEND_S = 0.06
RESEND_S_MAX = 1.0


class Refused(Exception):
    """The node said no."""

    def __init__(self, message: str, fields: dict):
        self.code, self.fields = CODES[fields["code"]], fields
        super().__init__(f"{message}: {self.code} field={fields['field']} value={fields['value']} "
                         f"expected={fields['expected']}")


class Silence(Exception):
    """No answer in time: the outcome is unknown."""


def public_bytes(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.Raw,
                                         serialization.PublicFormat.Raw)


class Noise:
    """The initiator of IK (Noise Protocol Framework, revision 34, §5 and §7.5)."""

    def __init__(self, own: X25519PrivateKey, responder: bytes):
        self.own, self.ephemeral = own, X25519PrivateKey.generate()
        self.responder = X25519PublicKey.from_public_bytes(responder)
        self.h = self.ck = PROTOCOL
        self.key = b""
        self._mix_hash(PROLOGUE)
        self._mix_hash(responder)

    def _mix_hash(self, data: bytes) -> None:
        self.h = hashlib.sha256(self.h + data).digest()

    def _mix_key(self, shared: bytes) -> None:
        self.ck, self.key = _hkdf(self.ck, shared)

    def _seal(self, plain: bytes) -> bytes:
        sealed = ChaCha20Poly1305(self.key).encrypt(bytes(12), plain, self.h)
        self._mix_hash(sealed)
        return sealed

    def _open(self, sealed: bytes) -> bytes:
        plain = ChaCha20Poly1305(self.key).decrypt(bytes(12), sealed, self.h)
        self._mix_hash(sealed)
        return plain

    def write(self, payload: bytes) -> bytes:
        """e, es, s, ss."""
        e = public_bytes(self.ephemeral)
        self._mix_hash(e)
        self._mix_key(self.ephemeral.exchange(self.responder))
        s = self._seal(public_bytes(self.own))
        self._mix_key(self.own.exchange(self.responder))
        return e + s + self._seal(payload)

    def read(self, message: bytes) -> tuple[bytes, bytes, bytes]:
        """e, ee, se: the payload, and the keys to the node and back."""
        e = X25519PublicKey.from_public_bytes(message[:32])
        self._mix_hash(message[:32])
        self._mix_key(self.ephemeral.exchange(e))
        self._mix_key(self.own.exchange(e))
        payload = self._open(message[32:])
        return (payload, *_hkdf(self.ck, b""))


def _hkdf(chaining: bytes, material: bytes) -> tuple[bytes, bytes]:
    secret = hmac.digest(chaining, material, "sha256")
    first = hmac.digest(secret, b"\1", "sha256")
    return first, hmac.digest(secret, first + b"\2", "sha256")


def packet(kind: int, flags: int, session: int, counter: int, body: bytes,
           body_bytes: int | None = None) -> bytes:
    size = len(body) if body_bytes is None else body_bytes
    return struct.pack(">HBBHHQQ", MAGIC, VERSION, kind, flags, size, session, counter) + body


def message(number: int, request: int, opened: int, payload: bytes, flags: int = 0) -> bytes:
    piece = struct.pack(">II", 0, len(payload)) if flags & FRAG else b""
    return struct.pack(">HBBQHH", number, flags, 0, request, opened, len(payload)) + piece + payload


@dataclass
class Answer:
    status: int
    payload: bytes
    pieces: dict = field(default_factory=dict)


class Session:
    """One session with one node. Raises Silence if it does not open in time. `key_line`: what a
    reader of captures needs to look under its seals (tools/wire)."""

    def __init__(self, node: tuple[str, int], node_key: bytes, own: X25519PrivateKey,
                 patience_s: float = 10.0, old: int = 0):
        self.node, self.node_key, self.own, self.patience_s = node, node_key, own, patience_s
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.next_request, self.next_counter = 1, 0
        self.open_requests: set[int] = set()
        self.answers: dict[int, Answer] = {}
        self.resent = 0
        self._open(old)

    def close(self) -> None:
        self.socket.close()

    # --- opening --------------------------------------------------------------------------------

    def _open(self, old: int) -> None:
        random = os.urandom(16)
        deadline = time.monotonic() + self.patience_s
        body = self._exchange(packet(HELLO, 0, 0, 0, random + bytes(48)), COOKIE, random, deadline)
        noise = Noise(self.own, self.node_key)
        mark = int.from_bytes(random[:8], "big")
        init = packet(INIT, 0, mark, 0, body[16:48] + random
                      + noise.write(struct.pack(">BBHQ", 1, 0, 0, old)))
        accept = self._exchange(init, ACCEPT, random, deadline)
        payload, to_node, to_client = noise.read(accept)
        self.number, self.boot, self.window, _, self.turn_max_ms = struct.unpack_from(">QQHHI",
                                                                                      payload)
        self.node_id = payload[24:56]
        self._to_node, self._to_client = ChaCha20Poly1305(to_node), ChaCha20Poly1305(to_client)
        self.key_line = f"{self.number:016x} {to_node.hex()} {to_client.hex()}\n"

    def _exchange(self, data: bytes, wanted: int, random: bytes, deadline: float) -> bytes:
        wait = RESEND_S
        while time.monotonic() < deadline:
            self.socket.sendto(data, self.node)
            until = min(time.monotonic() + wait, deadline)
            while (left := until - time.monotonic()) > 0:
                got = self._receive(left)
                if got and len(got) > 24 and got[3] == wanted and (
                        wanted != COOKIE or got[24:40] == random):
                    return got[24:]
            wait = min(wait * 2, RESEND_S_MAX)
        raise Silence(f"no answer to packet kind {data[3]} from {self.node}")

    def _receive(self, timeout: float) -> bytes:
        self.socket.settimeout(max(timeout, 0.0001))
        try:
            return self.socket.recv(2048)
        except (TimeoutError, BlockingIOError):
            return b""

    # --- packets --------------------------------------------------------------------------------

    def seal(self, body: bytes, counter: int | None = None, session: int | None = None) -> bytes:
        if counter is None:
            counter, self.next_counter = self.next_counter, self.next_counter + 1
        header = packet(SEALED, 0, self.number if session is None else session, counter, b"",
                        len(body) + 16)
        nonce = bytes(4) + counter.to_bytes(8, "little")
        return header + self._to_node.encrypt(nonce, body, header)

    def send_raw(self, data: bytes) -> None:
        self.socket.sendto(data, self.node)

    def take_answers(self, timeout: float) -> None:
        """Reads for so long, or until something came."""
        got = self._receive(timeout)
        while got:
            self._take(got)
            got = self._receive(0)

    def _take(self, data: bytes) -> None:
        if len(data) < 40 or data[3] != SEALED or int.from_bytes(data[8:16], "big") != self.number:
            return
        nonce = bytes(4) + data[16:24][::-1]
        try:
            body = self._to_client.decrypt(nonce, data[24:], data[:24])
        except InvalidTag:
            return
        while body:
            number, flags, _, request, status, size = struct.unpack_from(">HBBQHH", body)
            at, offset, total = 16, 0, size
            if flags & FRAG:
                offset, total = struct.unpack_from(">II", body, at)
                at += 8
            payload, body = body[at:at + size], body[at + size:]
            answer = self.answers.setdefault(request, Answer(status, b""))
            answer.pieces[offset] = payload
            whole = b"".join(answer.pieces[key] for key in sorted(answer.pieces))
            if len(whole) == total:
                answer.payload = whole
                self.open_requests.discard(request)

    # --- requests -------------------------------------------------------------------------------

    def start(self, name: str, payload: bytes, pieces: bool = False) -> tuple[int, bytes]:
        """Number and message of a new request; nothing is sent yet."""
        request, self.next_request = self.next_request, self.next_request + 1
        self.open_requests.add(request)
        flags = FRAG | FINAL if pieces else 0
        return request, message(spec.NUMBER[name], request, request - min(self.open_requests),
                                payload, flags)

    def finish(self, name: str, request: int, data: bytes, patience_s: float) -> dict:
        """Sends again until the answer is there."""
        deadline, wait = time.monotonic() + patience_s, RESEND_S
        while request in self.open_requests:
            if time.monotonic() >= deadline:
                raise Silence(f"no answer to {name} from {self.node}")
            self.send_raw(self.seal(data))
            until = min(time.monotonic() + wait, deadline)
            while request in self.open_requests and time.monotonic() < until:
                self.take_answers(until - time.monotonic())
            self.resent += 1 if request in self.open_requests else 0
            wait = min(wait * 2, RESEND_S_MAX)
        answer = self.answers.pop(request)
        if answer.status:
            raise Refused(name, spec.decode(spec.REFUSAL, answer.payload))
        return spec.reply(name, answer.payload)

    def ask(self, name: str, patience_s: float | None = None, pieces: bool = False,
            **fields) -> dict:
        request, data = self.start(name, spec.request(name, fields), pieces)
        return self.finish(name, request, data, patience_s or self.patience_s)
