# SPDX-License-Identifier: Apache-2.0
"""Writes the golden chain of format version 1: chain_v1.jsonl, and the same as a header for unit tests
that run where there are no files. The bytes come from the second verifier's encoder and a library's
Ed25519, never from the core. `--check` compares instead of writing.

The events are also written down in tests/unit/lease/audit/golden_test.cpp, which seals them with the
core. The files are part of the format: they change only together with its version.
"""

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "tools" / "audit_verifier"))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402

import record as audit  # noqa: E402

# RFC 8032 §7.1, TEST 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
NODE = KEY.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

START_MS = 1_700_000_000_000
MEMORY, BLOCK, NOTHING = b"M" * 16, b"B" * 16, bytes(16)
ALICE, OPERATOR = b"alice", b"operator"
NO_EPITAPH = dict(has_epitaph=0, epitaph_kind=0, epitaph_cpu=0, epitaph_boot=0, cause=0, pc=0, sp=0,
                  fault_address=0, site=0)


def ref(number):
    return bytes([number]) * 16


def end(generation, first, count, grace=0, state=0):
    return dict(generation=generation, first_unit=first, unit_count=count, grace_ms=grace,
                revoke_state=state)


def grant(kind, first, count, amount, ttl):
    return dict(resource_kind=kind, first_unit=first, unit_count=count, amount_bytes=amount, ttl_ms=ttl)


# boot, kind, identity, tenant, lease, resource, epoch, reason, fields of event_data
EVENTS = [
    (1, "boot", b"", 0, NOTHING, NOTHING, 0, 23, dict(previous_boot=0, wall_source=1, **NO_EPITAPH)),
    (1, "lease_allocated", ALICE, 7, ref(1), MEMORY, 1, 0, grant(2, 0, 4, 16384, 1000)),
    (1, "lease_allocated", ALICE, 7, ref(2), BLOCK, 2, 0, grant(3, 8, 2, 1024, 300000)),
    (1, "lease_renewed", ALICE, 7, ref(1), MEMORY, 1, 0, dict(generation=1, ttl_ms=1000)),
    (1, "request_refused", b"", 7, NOTHING, NOTHING, 0, 256 + 7,
     dict(operation=1, field=5, value=1 << 40, expected=65536, count=3)),
    (1, "lease_expired", b"", 7, ref(1), MEMORY, 1, 16, end(1, 0, 4)),
    (1, "lease_revoked", OPERATOR, 7, ref(2), BLOCK, 2, 18, end(0, 8, 2, 5000, 2)),
    (1, "resource_fenced", b"", 7, ref(2), BLOCK, 2, 21,
     dict(first_unit=8, unit_count=2, device_value=5)),
    (1, "turn_overrun", b"", 0, NOTHING, NOTHING, 0, 0, dict(took_ms=25, allowed_ms=10)),
    (1, "lease_allocated", ALICE, 7, ref(3), MEMORY, 3, 0, grant(2, 0, 8, 32768, 60000)),
    (2, "boot", b"", 0, NOTHING, NOTHING, 3, 25,
     dict(previous_boot=1, wall_source=2, has_epitaph=1, epitaph_kind=1, epitaph_cpu=2, epitaph_boot=1,
          cause=0x9600004F, pc=0x40201234, sp=0x40300000, fault_address=0xDEADBEEF, site=0)),
    (2, "fence_cleared", OPERATOR, 1, NOTHING, BLOCK, 4, 19,
     dict(fence=7, first_unit=8, unit_count=2)),
    (2, "lease_allocated", bytes(range(32)), 0xFFFFFFFF, ref(4), BLOCK, 5, 0, grant(3, 8, 2, 1, 100)),
    (2, "lease_preempted", OPERATOR, 0xFFFFFFFF, ref(4), BLOCK, 5, 10, end(0, 8, 2, 0, 0)),
    (2, "lease_allocated", ALICE, 7, ref(5), MEMORY, 6, 0, grant(2, 4, 1, 4096, 100)),
    (2, "lease_released", ALICE, 7, ref(5), MEMORY, 6, 17, end(0, 4, 1)),
    (2, "state_adopted", OPERATOR, 1, NOTHING, NOTHING, 0, 19, dict(epoch_floor=1 << 53)),
    (2, "edge_rewritten", OPERATOR, 1, NOTHING, NOTHING, (1 << 64) - 1, 0, None),
    (2, "log_trimmed", OPERATOR, 1, NOTHING, NOTHING, 0, 19, "trim"),
]


def make_chain():
    records, previous = [], bytes(32)
    codes = {name: code for code, name in audit.KINDS.items()}
    for sequence, (boot, kind, identity, tenant, lease, resource, epoch, reason, data) \
            in enumerate(EVENTS):
        if data is None:
            encoded = bytes(range(96))
        elif data == "trim":
            encoded = audit.encode_event_data(
                kind, dict(last=9, hash=records[9].current_event_hash))
        else:
            encoded = audit.encode_event_data(kind, data)
        fields = dict(prev_event_hash=previous, sequence=sequence,
                      timestamp_unix_ms=START_MS + 10 * sequence, node_id=NODE, boot=boot, kind=kind,
                      kind_code=codes[kind], identity=identity, tenant=tenant, lease_ref=lease,
                      resource_id=resource, epoch=epoch, reason=audit.REASONS[reason],
                      reason_code=reason, event_data=encoded)
        bare = audit.Record(current_event_hash=b"", **fields)
        previous = hashlib.sha256(bare.canonical()).digest()
        records.append(audit.Record(current_event_hash=previous, **fields))
    return records


def sign(records):
    bare = audit.Head(True, NODE, records[-1].sequence, records[-1].current_event_hash, b"")
    return audit.Head(True, NODE, bare.sequence, bare.current_event_hash, KEY.sign(bare.signed_bytes()))


def jsonl_text(records):
    return "".join(audit.line_of(line) + "\n" for line in [*records, sign(records)])


def literal(text, width=84):
    pieces = [text[i:i + width] for i in range(0, len(text), width)] or [""]
    return "\n        ".join('"' + piece.replace('"', '\\"') + '"' for piece in pieces)


def header_text(records):
    entries = "".join(
        "    {\n        " + literal(record.canonical().hex()) + ",\n        "
        + literal(record.current_event_hash.hex()) + ",\n        "
        + literal(audit.line_of(record), 72) + ",\n    },\n" for record in records)
    return f"""// SPDX-License-Identifier: Apache-2.0
/// The golden chain of format version 1, written by make_golden.py. The lines: chain_v1.jsonl.
// clang-format off
#pragma once

#include <string_view>

namespace grafos::test {{

struct GoldenRecord {{
    std::string_view canonical_hex;
    std::string_view hash_hex;
    std::string_view line;
}};

inline constexpr std::string_view golden_seed_hex =
    "{SEED.hex()}"; // RFC 8032 §7.1, TEST 1

inline constexpr GoldenRecord golden_chain_v1[] = {{
{entries}}};

inline constexpr std::string_view golden_head_v1 =
        {literal(audit.line_of(sign(records)), 72)};

}} // namespace grafos::test
"""


def main():
    records = make_chain()
    for name, text in (("chain_v1.jsonl", jsonl_text(records)), ("chain_v1.hpp", header_text(records))):
        if "--check" not in sys.argv:
            (HERE / name).write_text(text, encoding="utf-8")
        elif (HERE / name).read_text(encoding="utf-8") != text:
            sys.exit(f"{name} is not what make_golden.py writes")


if __name__ == "__main__":
    main()
