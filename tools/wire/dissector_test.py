# SPDX-License-Identifier: Apache-2.0
"""dissector_test.py PROGRAM FOLDER: the golden packets, as a capture, through tshark and the dissector.

Each field that the golden vectors spell has to come out of tshark with its value; the sealed packet
shows nothing without the key log and its messages with it. The exit status is 77 without tshark.
"""
import json
import pathlib
import shutil
import struct
import subprocess
import sys

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

import dissector

GOLDEN = (pathlib.Path(__file__).resolve().parents[2] / "tests" / "conformance" / "golden" / "wire"
          / "v1")
KEYS = (bytes(range(32)), bytes(range(32, 64)))
PORT = 7000


def golden(name):
    return [json.loads(line) for line in (GOLDEN / name).read_text().splitlines()]


def datagram(payload, number):
    """An IPv4 packet with one UDP datagram."""
    udp = struct.pack(">HHHH", 40_000, PORT, 8 + len(payload), 0) + payload
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0,
                       bytes((10, 0, 2, 2)), bytes((10, 0, 2, 15))) + udp


def capture(packets):
    """A pcap file of raw IPv4 (link type 101)."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 101)]
    for number, payload in enumerate(packets):
        frame = datagram(payload, number)
        parts.append(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
    return b"".join(parts)


def seal(plain, to_client):
    """The sealed packet that says what a plain one says."""
    header = bytearray(plain[:24])
    header[3] = 5
    header[6:8] = struct.pack(">H", len(plain) - 24 + 16)
    counter = struct.unpack(">Q", header[16:24])[0]
    nonce = bytes(4) + struct.pack("<Q", counter)
    return bytes(header) + ChaCha20Poly1305(KEYS[to_client]).encrypt(nonce, plain[24:],
                                                                     bytes(header))


def shown(script, pcap, *options):
    """What tshark shows of each packet: a list of (field, value) a packet."""
    run = subprocess.run(
        ["tshark", "-n", "-r", pcap, "-X", f"lua_script:{script}", *options, "-T", "json",
         "--no-duplicate-keys"], capture_output=True, text=True, timeout=100, check=False)
    if run.returncode != 0:
        sys.exit(f"tshark ended with {run.returncode}: {run.stderr}")
    if "Lua Error" in run.stdout:
        sys.exit("dissector: " + run.stdout[run.stdout.index("Lua Error"):][:200])
    return [list(pairs(packet["_source"]["layers"].get("grafos", {})))
            for packet in json.loads(run.stdout)], run.stderr


def pairs(value, key=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from pairs(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from pairs(inner, key)
    else:
        yield key, value


def wanted(row):
    """(field, value) for every scalar field that a golden payload spells, lists included."""
    prefix = f"grafos.{row['name']}.{'reply' if row['reply'] else 'request'}"

    def walk(text, at):
        depth, word, words = 0, "", []
        for character in text + ";":
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(character, 0)
            if character == ";" and depth == 0:
                words.append(word)
                word = ""
            else:
                word += character
        for name, value in (word.split("=", 1) for word in words if word):
            if value.startswith("["):
                for entry in value[2:-2].split("},{") if value != "[]" else []:
                    yield from walk(entry, f"{at}.{name}")
            else:
                yield f"{at}.{name}", value
    yield from walk(row["fields"], prefix)


def agrees(value, seen):
    """tshark shows bytes with colons, text as it is, numbers in decimal."""
    return seen.replace(":", "") == value or seen == value or seen.encode().hex() == value


def check_payloads(packets, rows, problems):
    for row, (packet, seen) in zip(rows, packets):
        for name, value in wanted(row):
            values = [text for key, text in seen if key == name]
            if value and not any(agrees(value, text) for text in values):
                problems.append(f"{packet['name']}: {name} = {value} is shown as {values}")
        if any(key == "grafos.malformed" for key, _ in seen):
            problems.append(f"{packet['name']}: shown as malformed")


def expect(problems, what, seen, *fields):
    for name, value in fields:
        if (name, value) not in seen:
            problems.append(f"{what}: no {name} = {value}")


def main(arguments):
    if len(arguments) != 2:
        print(__doc__)
        return 2
    if shutil.which("tshark") is None:
        print("dissector: no tshark here")
        return 77
    folder = pathlib.Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    script, pcap, keylog = folder / "grafos.lua", folder / "golden.pcap", folder / "keys.txt"
    script.write_text(dissector.dissector(arguments[0]))
    packets = golden("packets.jsonl")
    plain = {packet["name"]: bytes.fromhex(packet["packet"]) for packet in packets}
    sealed = [seal(plain["batch"], 0), seal(plain["lease_alloc reply"], 1)]
    pcap.write_bytes(capture([*plain.values(), *sealed]))
    keylog.write_text(f"{sealed[0][8:16].hex()} {KEYS[0].hex()} {KEYS[1].hex()}\n")

    closed, errors = shown(script, pcap)
    opened, _ = shown(script, pcap, "-o", f"grafos.keylog:{keylog}")
    problems = [line for line in errors.splitlines() if "grafos.lua" in line]
    if len(closed) != len(packets) + 2:
        problems.append(f"{len(closed)} packets shown, {len(packets) + 2} captured")
    check_payloads(list(zip(packets, closed)), golden("payloads.jsonl"), problems)
    of = dict(zip(plain, closed))
    expect(problems, "refusal", of["refusal"], ("grafos.refusal.code", "12"),
           ("grafos.message.status", "12"), ("grafos.refusal.expected", "4096"),
           ("grafos.tlv.type", "2"))
    expect(problems, "traced", of["traced"], ("grafos.trace.flags", "1"))
    expect(problems, "first piece", of["first piece"], ("grafos.piece.offset", "0"))
    expect(problems, "unknown type", of["unknown type"], ("grafos.message.type", "0x7fff"))
    expect(problems, "hello", of["hello"], ("grafos.packet.kind", "1"))
    if any(key.startswith("grafos.message") for key, _ in closed[-2] + closed[-1]):
        problems.append("a sealed packet shows messages without its keys")
    expect(problems, "opened batch", opened[-2], ("grafos.lease_query.request.is_by_ref", "1"))
    check_payloads([(packets[17], opened[-1])], [row for row in golden("payloads.jsonl")
                                                if row["name"] == "lease_alloc" and row["reply"]],
                   problems)
    for problem in problems:
        print(problem)
    print(f"dissector: {len(closed)} packets, {len(problems)} problem(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
