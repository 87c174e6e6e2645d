# SPDX-License-Identifier: Apache-2.0
"""Writes the corpora of the wire's fuzz targets from the golden vectors: each of them as it is, and
with one field changed. `--check` compares instead of writing.
"""
import json
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "conformance" / "golden" / "wire" / "v1"
HEADER, MESSAGE = 24, 16
# Where the fields of the two headers stand.
PACKET_FIELDS = {"magic": 0, "version": 2, "kind": 3, "flags": 5, "body": 7, "session": 15,
                 "counter": 23}
MESSAGE_FIELDS = {"type": 1, "flags": 2, "reserved": 3, "request": 11, "open": 13, "payload": 15}


def golden(name):
    return [json.loads(line) for line in (GOLDEN / name).read_text().splitlines()]


def changed(data, at, value=0xFF):
    return data[:at] + bytes([data[at] ^ value]) + data[at + 1:]


def packets():
    for row in golden("packets.jsonl"):
        data = bytes.fromhex(row["packet"])
        yield row["name"].replace(" ", "_"), data
    data = bytes.fromhex(golden("packets.jsonl")[0]["packet"])
    for name, at in PACKET_FIELDS.items():
        yield f"other_{name}", changed(data, at)
    for name, at in MESSAGE_FIELDS.items():
        yield f"other_message_{name}", changed(data, HEADER + at)


def messages():
    for name, data in packets():
        if len(data) > HEADER and data[3] == 6:
            yield name, data[HEADER:]


def payloads():
    """Each payload, and one with a byte in its middle changed."""
    for row in golden("payloads.jsonl"):
        head = struct.pack(">HB", row["type"], row["reply"])
        payload = bytes.fromhex(row["payload"])
        name = f"{row['name']}_{'reply' if row['reply'] else 'request'}"
        yield name, head + payload
        if payload:
            yield f"{name}_other", head + changed(payload, len(payload) // 2)
            yield f"{name}_tlv", head + payload + b"\xee\x00\x02hi"
    refusal = next(row for row in golden("packets.jsonl") if row["name"] == "refusal")
    yield "refusal", b"\0\0\2" + bytes.fromhex(refusal["packet"])[HEADER + MESSAGE:]
    yield "parameters", b"\0\0\3" + bytes.fromhex("09020001010910000701030000027879")


def step(what, who, offset, length, total):
    return struct.pack(">BBHHH", what, who, offset, length, total)


def pieces():
    yield "whole", step(0, 0, 0, 9, 9)
    yield "two", step(0, 0, 0, 5, 9) + step(0, 0, 5, 4, 9)
    yield "backwards", step(0, 1, 2000, 2000, 4000) + step(0, 1, 0, 2000, 4000)
    yield "twice", step(0, 0, 0, 5, 9) * 2 + step(0, 0, 5, 4, 9)
    yield "overlap", step(0, 0, 0, 5, 9) + step(0, 0, 4, 5, 9)
    yield "other_total", step(0, 0, 0, 5, 9) + step(0, 0, 5, 4, 10)
    yield "other_type", step(0, 0, 0, 5, 9) + step(0x40, 0, 5, 4, 9)
    yield "senders", b"".join(step(0, who, 0, 1, 2) for who in range(4)) + step(0, 2, 1, 1, 2)
    yield "forgotten", step(0, 0, 0, 5, 9) + step(0x20, 0, 5, 4, 9)
    yield "late", step(0, 0, 0, 5, 9) + step(0x30, 1, 0, 1, 1) * 3 + step(0, 0, 5, 4, 9)
    yield "many", b"".join(step(0, 0, i, 1, 40) for i in range(18))
    yield "too_large", step(0, 0, 0, 5, 5000)
    yield "empty", step(0, 0, 0, 0, 0)


def main(arguments):
    wrong = count = 0
    for target, files in (("packet", packets()), ("message", messages()), ("payload", payloads()),
                          ("fragment", pieces())):
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files:
            count += 1
            path = folder / name
            if "--check" not in arguments:
                path.write_bytes(data)
            elif not path.exists() or path.read_bytes() != data:
                print(f"{target}/{name}: not what wire_corpus.py writes")
                wrong += 1
    print(f"wire_corpus: {count} inputs, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
