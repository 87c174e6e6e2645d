# SPDX-License-Identifier: Apache-2.0
"""Writes the golden vectors of wire version 1 below v1/: payloads.jsonl, packets.jsonl, and both as
golden.hpp for unit tests that run where there are no files. `--check` compares instead of writing.

This is a second encoder: every message is written down here field by field, from the description of
the protocol and not from the core's table. The files are part of the protocol: they change only
together with its version.
"""

import json
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent / "v1"


def pattern(start, size):
    """Bytes that count upward, so that a misplaced one shows."""
    return bytes((start + i) & 0xFF for i in range(size))


# Kinds of field, each a function from a value to its bytes.
def u8(value):
    return struct.pack(">B", value)


def u16(value):
    return struct.pack(">H", value)


def u32(value):
    return struct.pack(">I", value)


def u64(value):
    return struct.pack(">Q", value)


def raw(value):
    return value


def counted(value):
    return u32(len(value)) + value


def listed(entries):
    return u16(len(entries)) + b"".join(
        b"".join(kind(value) for _, kind, value in entry) for entry in entries)


TOKEN = pattern(0x80, 125)
LONG_TOKEN = pattern(0x11, 256)
LEASE_ID, LEASE_REF, RESOURCE = pattern(0x20, 16), pattern(0x40, 16), b"memory-0" + bytes(8)
CURSOR = [("cursor", u64, 0x0102030405060708)]
GRANTED = [("epoch", u64, 77), ("generation", u32, 3), ("left", u64, 29_990),
           ("size_bytes", u64, 65_536), ("kind", u16, 2), ("resource", raw, RESOURCE),
           ("unit_bytes", u64, 4096)]
ISOLATION = u16(0x0902) + u16(1) + u8(1)
AFFINITY = u16(0x0910) + u16(7) + bytes((1, 3, 0)) + u16(2) + b"xy"


def inventory(number, kind, flags, capacity, available):
    return [("resource", raw, bytes([number]) * 16), ("kind", u16, kind), ("flags", u16, flags),
            ("capacity", u64, capacity), ("available", u64, available)]


def lease_entry(number, phase):
    return [("lease_ref", raw, bytes([number]) * 16), ("kind", u16, 3), ("tenant", u32, 7),
            ("phase", u8, phase), ("epoch", u64, number), ("generation", u32, 1),
            ("left", u64, 1000), ("size_bytes", u64, 1024)]


def fence(number):
    return [("resource", raw, bytes([number]) * 16), ("kind", u16, 3), ("fence", u64, number),
            ("first_unit", u64, 5), ("unit_count", u64, 2)]


def commit(offset, data):
    return [("offset", u64, offset), ("data", counted, data)]


# number, name, request, reply
MESSAGES = [
    (0x0001, "ping", [("echo", counted, b"")], [("echo", counted, pattern(1, 64))]),
    (0x0002, "get_identity", [], [
        ("node_id", raw, pattern(1, 32)), ("exchange_key", raw, pattern(0x60, 32)),
        ("boot", u64, 4), ("version", u8, 1), ("is_sealed", u8, 1),
        ("peers", raw, pattern(0xA0, 32)), ("turn_max", u64, 10), ("name", counted, b"node-a")]),
    (0x0003, "get_inventory", [], [("resources", listed, [
        inventory(1, 2, 0, 1 << 40, (1 << 40) - 4096), inventory(2, 3, 3, 1 << 20, 0)])]),
    (0x0004, "get_readiness", [], [
        ("state", u8, 6), ("reason", u8, 3), ("epoch", u64, 1 << 60), ("up", u64, 123_456),
        ("leases", u32, 12), ("leases_max", u32, 64), ("sessions", u32, 2)]),
    (0x0005, "time_sync", [("now", u64, 1_700_000_000_123)], [("base", u64, 1_699_999_999_000)]),
    (0x0006, "get_counters", CURSOR, [("next", u64, 9), ("counters", listed, [
        [("name", counted, b"grants"), ("value", u64, 5)],
        [("name", counted, b"refused_denied"), ("value", u64, (1 << 64) - 1)]])]),
    (0x0100, "cap_request", [
        ("tenant", u32, 7), ("kind", u16, 2), ("resource", raw, bytes(16)),
        ("bytes_max", u64, 1 << 33), ("ttl_max", u64, 300_000), ("token_ttl", u64, 100)],
     [("token_left", u64, 100), ("token", counted, TOKEN)]),
    (0x0101, "token_refresh", [("token", counted, LONG_TOKEN)],
     [("token_left", u64, 5000), ("token", counted, LONG_TOKEN)]),
    (0x0200, "lease_alloc", [
        ("token", counted, TOKEN), ("kind", u16, 2), ("resource", raw, RESOURCE),
        ("amount_bytes", u64, 65_536), ("ttl", u64, 30_000), ("alloc_key", raw, pattern(0xC0, 16)),
        ("parameters", counted, ISOLATION + AFFINITY)],
     [("lease", raw, LEASE_ID), ("lease_ref", raw, LEASE_REF), *GRANTED, ("record", u64, 1234),
      ("token_left", u64, 29_989), ("token", counted, pattern(0x30, 192))]),
    (0x0201, "lease_renew", [("token", counted, TOKEN), ("ttl", u64, 0)],
     [("generation", u32, 4), ("left", u64, 30_000), ("record", u64, 1235),
      ("token_left", u64, 30_000), ("token", counted, TOKEN)]),
    (0x0202, "lease_free", [("lease", raw, LEASE_ID)],
     [("lease_ref", raw, LEASE_REF), ("record", u64, 1236)]),
    (0x0203, "lease_query", [("is_by_ref", u8, 1), ("name", raw, LEASE_REF)], [
        ("lease_ref", raw, LEASE_REF), ("kind", u16, 2), ("resource", raw, RESOURCE),
        ("tenant", u32, 7), ("phase", u8, 3), ("revoke_state", u8, 2), ("status", u8, 2),
        ("end", u16, 2), ("reason", u16, 18), ("is_warned", u8, 1), ("epoch", u64, 77),
        ("generation", u32, 3), ("left", u64, 250), ("size_bytes", u64, 65_536)]),
    (0x0204, "lease_list_active", CURSOR,
     [("next", u64, 0), ("leases", listed, [lease_entry(1, 1), lease_entry(2, 4)])]),
    (0x0205, "lease_checkpoint", [("lease", raw, LEASE_ID)], [("lease_ref", raw, LEASE_REF)]),
    (0x0206, "lease_attach", [("lease", raw, LEASE_ID)],
     [("lease_ref", raw, LEASE_REF), *GRANTED, ("token_left", u64, 29_989),
      ("token", counted, TOKEN)]),
    (0x020A, "lease_revoke",
     [("lease_ref", raw, LEASE_REF), ("grace", u64, 60_000), ("reason", u16, 9)],
     [("outcome", u8, 3), ("left", u64, 60_000), ("record", u64, 0)]),
    (0x0300, "mem_read", [("token", counted, TOKEN), ("offset", u64, 4095), ("length", u32, 1024)],
     [("data", counted, pattern(0, 1024))]),
    (0x0301, "mem_write",
     [("token", counted, TOKEN), ("offset", u64, 1), ("data", counted, pattern(9, 100))], []),
    (0x0302, "mem_compare_exchange", [
        ("token", counted, TOKEN), ("offset", u64, 8), ("expected", u64, 1),
        ("desired", u64, (1 << 64) - 1)], [("is_exchanged", u8, 0), ("value", u64, 2)]),
    (0x0303, "mem_fetch_add", [("token", counted, TOKEN), ("offset", u64, 16), ("addend", u64, 1)],
     [("value", u64, 41)]),
    (0x0304, "mem_lock", [
        ("token", counted, TOKEN), ("offset", u64, 256), ("holder", raw, b"a holder's name."),
        ("nonce", u64, 0xDEADBEEF00000001), ("ttl", u64, 1)], [
            ("is_granted", u8, 1), ("place", u8, 0), ("generation", u64, 6), ("left", u64, 1),
            ("poll_within", u64, 0), ("commits", u64, 5), ("last_generation", u64, 5),
            ("last_nonce", u64, 0xDEADBEEF00000000)]),
    (0x0305, "mem_commit", [
        ("token", counted, TOKEN), ("offset", u64, 256), ("generation", u64, 6),
        ("nonce", u64, 0xDEADBEEF00000001), ("is_release", u8, 1),
        ("extents", listed, [commit(1024, b"first"), commit(0, pattern(3, 40))])],
     [("commits", u64, 6), ("last_generation", u64, 6), ("last_nonce", u64, 0xDEADBEEF00000001)]),
    (0x0310, "block_read", [("token", counted, TOKEN), ("offset", u64, 512), ("length", u32, 1024)],
     [("data", counted, pattern(5, 512))]),
    (0x0311, "block_write",
     [("token", counted, TOKEN), ("offset", u64, 0), ("data", counted, pattern(7, 512))], []),
    (0x0312, "block_flush", [("token", counted, TOKEN)], []),
    (0x0400, "fence_list", CURSOR, [("next", u64, 3), ("fences", listed, [fence(1), fence(2)])]),
    (0x0401, "fence_clear", [("resource", raw, RESOURCE), ("fence", u64, 99)],
     [("record", u64, 1240)]),
    (0x0500, "audit_head", [], [
        ("oldest", u64, 10), ("next", u64, 1241), ("hash", raw, pattern(0x70, 32)),
        ("signature", raw, pattern(0, 64))]),
    (0x0501, "audit_read", [("from", u64, 10), ("records_max", u16, 16)],
     [("next", u64, 12), ("records", listed, [[("canonical", counted, pattern(1, 160))],
                                              [("canonical", counted, pattern(2, 288))]])]),
    (0x0502, "audit_trim", [("last", u64, 1000), ("hash", raw, pattern(0x70, 32))],
     [("record", u64, 1242)]),
    (0x0700, "program_call", [("to", u64, 1 << 63), ("message", counted, pattern(0x11, 256))],
     [("answer", counted, b"")]),
]
REFUSAL = [("code", u16, 12), ("field", u16, 5), ("value", u64, 1 << 40), ("expected", u64, 4096)]
REFUSAL_TLVS = u8(1) + u16(9) + b"too much." + u8(2) + u16(8) + u64(250)


def encode(fields):
    return b"".join(kind(value) for _, kind, value in fields)


def spelled(fields):
    """The fields as text: `name=value` a line's worth, numbers decimal, bytes in hex, lists in [ ]."""
    words = []
    for name, kind, value in fields:
        if kind is listed:
            value = "[" + ",".join("{" + spelled(entry) + "}" for entry in value) + "]"
        elif isinstance(value, bytes):
            value = value.hex()
        words.append(f"{name}={value}")
    return ";".join(words)


def payloads():
    for number, name, request, reply in MESSAGES:
        for is_reply, fields in ((False, request), (True, reply)):
            yield {"type": number, "name": name, "reply": is_reply, "payload": encode(fields).hex(),
                   "fields": spelled(fields)}


def message(number, flags, request, word, payload, trace=b"", piece=b""):
    return (u16(number) + bytes((flags, 0)) + u64(request) + u16(word) + u16(len(payload)) + trace
            + piece + payload)


def packet(kind, to_client, session, counter, body):
    return (u16(0x6746) + bytes((1, kind)) + u16(to_client) + u16(len(body)) + u64(session)
            + u64(counter) + body)


def packets():
    """Whole datagrams, and what stands in them."""
    of = {name: (number, encode(request), encode(reply))
          for number, name, request, reply in MESSAGES}
    session, counter = 0xA1A2A3A4A5A60003, 7
    trace = bytes(1) + pattern(0x10, 16) + pattern(0x30, 8) + b"\x01"
    reply, continued, final, pieces, traced, warned = 1, 2, 4, 8, 16, 32
    numbers = (session, counter)

    def plain(name, to_client, *messages):
        return {"name": name, "packet": packet(6, to_client, *numbers, b"".join(messages)).hex()}

    for number, name, request, answer in MESSAGES:
        yield plain(f"{name} request", 0, message(number, 0, number, 3, encode(request)))
        yield plain(f"{name} reply", 1, message(number, reply, number, 0, encode(answer)))
    number, request, answer = of["lease_renew"]
    yield plain("refusal", 1, message(number, reply, 9, 12, encode(REFUSAL) + REFUSAL_TLVS))
    yield plain("traced", 0, message(number, traced, 10, 0, request, trace))
    yield plain("warned", 1, message(number, reply | warned, 10, 0, answer))
    yield plain("unknown type", 0, message(0x7FFF, 0, 11, 0, b"anything"))
    yield plain("batch", 0, *(message(of[name][0], 0, 20 + i, i, of[name][1])
                              for i, name in enumerate(("ping", "lease_query", "lease_free"))))
    number, request, _ = of["audit_read"]
    yield plain("offer to take pieces", 0, message(number, pieces | final, 30, 0, request, b"",
                                                   u32(0) + u32(len(request))))
    whole = of["audit_read"][2]
    for name, begin, end in (("first piece", 0, 200), ("last piece", 200, len(whole))):
        flags = reply | pieces | (final if end == len(whole) else continued)
        yield plain(name, 1, message(number, flags, 30, 0, whole[begin:end], b"",
                                     u32(begin) + u32(len(whole))))
    yield {"name": "hello", "packet": packet(1, 0, 0, 0, pattern(1, 16) + bytes(48)).hex()}
    yield {"name": "cookie", "packet": packet(2, 1, 0, 0, pattern(1, 16) + pattern(50, 32)).hex()}
    yield {"name": "init", "packet": packet(3, 0, session, 0, pattern(9, 300)).hex()}
    yield {"name": "accept", "packet": packet(4, 1, session, 0, pattern(8, 150)).hex()}
    yield {"name": "sealed", "packet": packet(5, 0, *numbers, pattern(7, 80)).hex()}


def literal(text):
    """A C++ string over as many lines as it takes."""
    parts = [text[i:i + 88] for i in range(0, len(text), 88)] or [""]
    return "\n     ".join(f'"{part}"' for part in parts)


def header():
    rows = [f"    {{0x{row['type']:04x}, {'true' if row['reply'] else 'false'},\n"
            f"     {literal(row['payload'])},\n     {literal(row['fields'])}}},"
            for row in payloads()]
    return """// SPDX-License-Identifier: Apache-2.0
/// The golden vectors of wire version 1, for tests without files; written by make_golden.py.
#pragma once

#include <cstdint>
#include <string_view>

namespace grafos::test {

struct GoldenPayload {
    uint16_t type;
    bool is_reply;
    std::string_view payload; ///< hexadecimal
    std::string_view fields;  ///< `name=value;…`, bytes in hexadecimal, lists in [ ]
};

// clang-format off
inline constexpr GoldenPayload golden_payloads[] = {
""" + "\n".join(rows) + """
};
// clang-format on

} // namespace grafos::test
"""


def main(arguments):
    files = {"payloads.jsonl": "".join(json.dumps(row) + "\n" for row in payloads()),
             "packets.jsonl": "".join(json.dumps(row) + "\n" for row in packets()),
             "golden.hpp": header()}
    wrong = 0
    for name, text in files.items():
        path = HERE / name
        if "--check" not in arguments:
            HERE.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path.name}: not what make_golden.py writes")
            wrong += 1
    print(f"golden: {len(files)} files, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
