# SPDX-License-Identifier: Apache-2.0
"""Writes v1/handshake.jsonl and v1/handshake.hpp: a session of wire version 1 from fixed keys, packet by
packet. `--check` compares instead of writing.

A second implementation: Noise_IK_25519_ChaChaPoly_SHA256, the cookie and the packets are written down
here from their descriptions, over another library. The files are part of the protocol: they change only
together with its version.
"""

import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import golden_files

HERE = Path(__file__).resolve().parent / "v1"
PROTOCOL = b"Noise_IK_25519_ChaChaPoly_SHA256"
PROLOGUE = b"grafos-wire-v1\n"
HELLO, COOKIE, INIT, ACCEPT, SEALED = 1, 2, 3, 4, 5


def pattern(start, size):
    return bytes((start + i) & 0xFF for i in range(size))


def public(secret):
    key = X25519PrivateKey.from_private_bytes(secret).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def shared(secret, key):
    return X25519PrivateKey.from_private_bytes(secret).exchange(
        X25519PublicKey.from_public_bytes(key))


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def seal(key, counter, associated, plain):
    nonce = bytes(4) + struct.pack("<Q", counter)
    return ChaCha20Poly1305(key).encrypt(nonce, plain, associated)


class Symmetric:
    """Noise §5.2."""

    def __init__(self):
        self.hash = PROTOCOL if len(PROTOCOL) == 32 else hashlib.sha256(PROTOCOL).digest()
        self.chain = self.hash
        self.key, self.counter = None, 0

    def mix_hash(self, data):
        self.hash = hashlib.sha256(self.hash + data).digest()

    def expand(self, material):
        base = mac(self.chain, material)
        first = mac(base, b"\x01")
        return first, mac(base, first + b"\x02")

    def mix_key(self, material):
        self.chain, self.key = self.expand(material)
        self.counter = 0

    def seal(self, plain):
        sealed = seal(self.key, self.counter, self.hash, plain)
        self.counter += 1
        self.mix_hash(sealed)
        return sealed


def packet(kind, to_client, session, counter, body):
    return struct.pack(">HBBHHQQ", 0x6746, 1, kind, 1 if to_client else 0, len(body), session,
                       counter) + body


def sealed_packet(key, to_client, session, counter, messages):
    head = struct.pack(">HBBHHQQ", 0x6746, 1, SEALED, 1 if to_client else 0, len(messages) + 16,
                       session, counter)
    return head + seal(key, counter, head, messages)


def handshake():
    keys = {"client_secret": pattern(0x01, 32), "node_secret": pattern(0x21, 32),
            "client_ephemeral": pattern(0x41, 32), "node_ephemeral": pattern(0x61, 32),
            "client_random": pattern(0x81, 16), "cookie_secret": pattern(0xA1, 32)}
    node_id = pattern(0xC1, 32)
    session, old_session, boot, window, turn_max = 0xF0E1D2C3B4A50007, 0x1122334455660002, 9, 16, 10
    address = struct.pack(">IH", 0x0A00020F, 40001)
    bucket = 5
    random = keys["client_random"]
    mark = struct.unpack(">Q", random[:8])[0]
    cookie = mac(keys["cookie_secret"], address + random + struct.pack(">Q", bucket))

    state = Symmetric()
    state.mix_hash(PROLOGUE)
    node_key, client_key = public(keys["node_secret"]), public(keys["client_secret"])
    state.mix_hash(node_key)
    e = public(keys["client_ephemeral"])
    state.mix_hash(e)
    state.mix_key(shared(keys["client_ephemeral"], node_key))
    s = state.seal(client_key)
    state.mix_key(shared(keys["client_secret"], node_key))
    payload = state.seal(struct.pack(">BBHQ", 1, 0, 0, old_session))
    message_1 = e + s + payload

    r = public(keys["node_ephemeral"])
    state.mix_hash(r)
    state.mix_key(shared(keys["node_ephemeral"], e))
    state.mix_key(shared(keys["node_ephemeral"], client_key))
    message_2 = r + state.seal(struct.pack(">QQHHI", session, boot, window, 0, turn_max) + node_id)
    up, down = state.expand(b"")

    ping = struct.pack(">HBBQHH", 0x0001, 0, 0, 1, 0, 8) + struct.pack(">I", 4) + b"ping"
    pong = struct.pack(">HBBQHH", 0x0001, 1, 0, 1, 0, 8) + struct.pack(">I", 4) + b"ping"
    values = dict(keys)
    values.update({
        "node_id": node_id,
        "handshake_hash": state.hash,
        "hello": packet(HELLO, False, 0, 0, random + bytes(48)),
        "cookie": packet(COOKIE, True, 0, 0, random + cookie),
        "init": packet(INIT, False, mark, 0, cookie + random + message_1),
        "accept": packet(ACCEPT, True, mark, 0, message_2),
        "probe": sealed_packet(up, False, session, 0, b""),
        "request": sealed_packet(up, False, session, 1, ping),
        "sign": sealed_packet(down, True, session, 0, b""),
        "reply": sealed_packet(down, True, session, 1, pong),
    })
    return values


def header_text(values):
    lines = ["// SPDX-License-Identifier: Apache-2.0",
             "/// One session of wire version 1 from fixed keys, packet by packet, in hexadecimal; written by",
             "/// make_handshake.py, which has its own Noise. Session 0xF0E1D2C3B4A50007 names",
             "/// 0x1122334455660002; boot 9, window 16, turn 10 ms; the client is 10.0.2.15:40001, the cookie",
             "/// of bucket 5.",
             "#pragma once", "", "#include <string_view>", "",
             "namespace grafos::test::golden_handshake {", "", "// clang-format off"]
    for name, value in values.items():
        text = value.hex()
        lines.append(f"inline constexpr std::string_view {name} =")
        parts = [text[i:i + 88] for i in range(0, len(text), 88)]
        lines += [f'    "{part}"' for part in parts[:-1]] + [f'    "{parts[-1]}";']
    lines += ["// clang-format on", "", "} // namespace grafos::test::golden_handshake", ""]
    return "\n".join(lines)


def main():
    values = handshake()
    files = {
        HERE / "handshake.jsonl": "".join(
            json.dumps({"name": name, "bytes": value.hex()}) + "\n"
            for name, value in values.items()),
        HERE / "handshake.hpp": header_text(values),
    }
    return golden_files.write_or_check("handshake", files)


if __name__ == "__main__":
    sys.exit(main())
