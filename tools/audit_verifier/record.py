# SPDX-License-Identifier: Apache-2.0
"""One line of an export: read strictly, turned back into the bytes that were hashed.

Written from core/lease/audit/README.md alone; nothing of the core is used, read or generated here. The tables below
are the format, written down a second time on purpose.
"""

import dataclasses
import hashlib
import json
import re
import struct

LINE_BYTES_MAX = 1024
IDENTITY_BYTES_MAX = 32
EVENT_DATA_BYTES_MAX = 96
U64_MAX = 2**64 - 1

DOMAIN = b"grafos-audit-v1\n"
HEAD_DOMAIN = b"grafos-head-v1\n"

KINDS = {
    1: "boot", 2: "lease_allocated", 3: "lease_renewed", 4: "lease_released", 5: "lease_expired",
    6: "lease_revoked", 7: "lease_preempted", 8: "resource_fenced", 9: "fence_cleared",
    10: "request_refused", 11: "edge_rewritten", 12: "turn_overrun", 13: "state_adopted",
    14: "log_trimmed",
}

REASONS = {
    0: "none", 1: "priority_preemption", 2: "quota_rebalance", 3: "quota_pressure",
    4: "burst_credit_exhausted", 5: "budget_exhausted", 6: "cost_cap_eviction", 7: "operator_drain",
    8: "operator_mig_profile_change", 9: "maintenance_window", 10: "policy_violation_recovery",
    16: "ttl_elapsed", 17: "holder_request", 18: "authority_request", 19: "operator_request",
    20: "not_drained", 21: "device_refused", 22: "lane_held", 23: "first_boot", 24: "restart",
    25: "restart_after_epitaph",
}
REFUSED_BASE = 256
REFUSALS = (
    "lease_expired", "revoked", "released", "fenced", "stale_epoch", "disconnected",
    "capacity_exceeded", "busy", "not_found", "invalid_argument", "denied", "rate_limited", "corrupt",
    "io", "unsupported", "unsupported_version", "out_of_fuel", "not_ready", "degraded", "foreign",
    "exhausted",
)
REASONS |= {REFUSED_BASE + 1 + i: f"refused_{name}" for i, name in enumerate(REFUSALS)}

PREEMPTIONS = frozenset(range(1, 11))
REFUSAL_CODES = frozenset(range(REFUSED_BASE + 1, REFUSED_BASE + 1 + len(REFUSALS)))
# Which reasons a kind may carry. Kinds that are not here carry any.
REASONS_OF = {
    "boot": frozenset({23, 24, 25}), "lease_allocated": frozenset({0}),
    "lease_renewed": frozenset({0}), "lease_released": frozenset({17}),
    "lease_expired": frozenset({16}), "lease_revoked": frozenset({18, 19}),
    "lease_preempted": PREEMPTIONS, "resource_fenced": frozenset({20, 21, 22}),
    "fence_cleared": frozenset({18, 19}), "request_refused": REFUSAL_CODES,
}

# event_data of each kind, version 1: a u8 version, then these fields, big-endian.
_ENDS = ("generation:I", "first_unit:Q", "unit_count:Q", "grace_ms:Q", "revoke_state:B")
EVENT_DATA = {
    "boot": ("previous_boot:Q", "wall_source:B", "has_epitaph:B", "epitaph_kind:H", "epitaph_cpu:H",
             "epitaph_boot:Q", "cause:Q", "pc:Q", "sp:Q", "fault_address:Q", "site:I"),
    "lease_allocated": ("resource_kind:H", "first_unit:Q", "unit_count:Q", "amount_bytes:Q", "ttl_ms:Q"),
    "lease_renewed": ("generation:I", "ttl_ms:Q"),
    "lease_released": _ENDS, "lease_expired": _ENDS, "lease_revoked": _ENDS, "lease_preempted": _ENDS,
    "resource_fenced": ("first_unit:Q", "unit_count:Q", "device_value:Q"),
    "fence_cleared": ("fence:Q", "first_unit:Q", "unit_count:Q"),
    "request_refused": ("operation:B", "field:H", "value:Q", "expected:Q", "count:I"),
    "turn_overrun": ("took_ms:Q", "allowed_ms:Q"),
    "state_adopted": ("epoch_floor:Q",),
    "log_trimmed": ("last:Q", "hash:32s"),
}
# What version 2 adds behind these: to `boot`, of a node that serves others; to `request_refused` only
# operations that version 1 does not know; to `turn_overrun` how many there were, if not one.
EVENT_DATA_2 = {"boot": ("is_sealed:B", "peers:32s"), "request_refused": (),
                "turn_overrun": ("count:I",)}
_EVENT_DATA_VERSION = 1
_EVENT_DATA_RANGES = {
    ("boot", "wall_source"): (0, 4), ("boot", "has_epitaph"): (0, 1),
    ("boot", "is_sealed"): (0, 1),
    ("lease_allocated", "resource_kind"): (1, 5), ("lease_allocated", "unit_count"): (1, U64_MAX),
    ("request_refused", "operation"): (1, 14), ("request_refused", "count"): (1, 2**32 - 1),
    ("resource_fenced", "unit_count"): (1, U64_MAX), ("fence_cleared", "unit_count"): (1, U64_MAX),
} | {(kind, "revoke_state"): (0, 8) for kind, fields in EVENT_DATA.items() if fields is _ENDS}


class Problem(Exception):
    """What is wrong, and in which field; whoever reads the file adds file and line."""

    def __init__(self, field: str, message: str):
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


def _hex(size_min: int, size_max: int):
    def read(name, value):
        if not isinstance(value, str) or re.fullmatch(r"(?:[0-9a-f]{2})*", value) is None:
            raise Problem(name, f"got {value!r}, expected lower-case hexadecimal")
        if not size_min <= len(value) // 2 <= size_max:
            raise Problem(name, f"got {len(value) // 2} bytes, expected "
                          + (f"{size_min}" if size_min == size_max else f"{size_min} to {size_max}"))
        return bytes.fromhex(value)
    return read


def _decimal_text(name, value):
    if not isinstance(value, str) or re.fullmatch(r"0|[1-9][0-9]{0,19}", value) is None:
        raise Problem(name, f"got {value!r}, expected a decimal number as a string")
    if int(value) > U64_MAX:
        raise Problem(name, f"got {value}, expected at most 2^64 - 1")
    return int(value)


def _integer(most: int):
    def read(name, value):
        if type(value) is not int or not 0 <= value <= most:  # a bool is not a number here
            raise Problem(name, f"got {value!r}, expected an integer from 0 to {most}")
        return value
    return read


def _text(name, value):
    if not isinstance(value, str):
        raise Problem(name, f"got {value!r}, expected a name")
    return value


RECORD_FIELDS = {
    "prev_event_hash": _hex(32, 32), "sequence": _decimal_text, "timestamp_unix_ms": _decimal_text,
    "node_id": _hex(32, 32), "boot": _decimal_text, "kind": _text, "kind_code": _integer(2**16 - 1),
    "identity": _hex(0, IDENTITY_BYTES_MAX), "tenant": _integer(2**32 - 1), "lease_ref": _hex(16, 16),
    "resource_id": _hex(16, 16), "epoch": _decimal_text, "reason": _text,
    "reason_code": _integer(2**16 - 1), "event_data": _hex(0, EVENT_DATA_BYTES_MAX),
    "current_event_hash": _hex(32, 32),
}


def _true(name, value):
    if value is not True:
        raise Problem(name, f"got {value!r}, expected true")
    return value


HEAD_FIELDS = {
    "checkpoint": _true, "node_id": _hex(32, 32), "sequence": _decimal_text,
    "current_event_hash": _hex(32, 32), "signature": _hex(64, 64),
}


@dataclasses.dataclass(frozen=True)
class Record:
    prev_event_hash: bytes
    sequence: int
    timestamp_unix_ms: int
    node_id: bytes
    boot: int
    kind: str
    kind_code: int
    identity: bytes
    tenant: int
    lease_ref: bytes
    resource_id: bytes
    epoch: int
    reason: str
    reason_code: int
    event_data: bytes
    current_event_hash: bytes

    def canonical(self) -> bytes:
        return (DOMAIN + self.prev_event_hash
                + struct.pack(">QQ", self.sequence, self.timestamp_unix_ms)
                + self.node_id + struct.pack(">QH", self.boot, self.kind_code)
                + struct.pack(">I", len(self.identity)) + self.identity
                + struct.pack(">I", self.tenant) + self.lease_ref + self.resource_id
                + struct.pack(">QH", self.epoch, self.reason_code)
                + struct.pack(">I", len(self.event_data)) + self.event_data)

    def hash(self) -> bytes:
        return hashlib.sha256(self.canonical()).digest()

    def data(self) -> dict:
        """The fields of event_data; {} for a kind without a layout."""
        return decode_event_data(self.kind, self.event_data)


@dataclasses.dataclass(frozen=True)
class Head:
    checkpoint: bool
    node_id: bytes
    sequence: int
    current_event_hash: bytes
    signature: bytes

    def signed_bytes(self) -> bytes:
        return (HEAD_DOMAIN + self.node_id + struct.pack(">Q", self.sequence)
                + self.current_event_hash)


def decode_event_data(kind: str, data: bytes) -> dict:
    if kind not in EVENT_DATA:
        return {}
    newest = 2 if kind in EVENT_DATA_2 else _EVENT_DATA_VERSION
    if not data or not _EVENT_DATA_VERSION <= data[0] <= newest:
        found = data[0] if data else "nothing"
        raise Problem("event_data", f"version: got {found}, expected {_EVENT_DATA_VERSION}"
                      + (f" to {newest}" if newest > _EVENT_DATA_VERSION else ""))
    described = EVENT_DATA[kind] + (EVENT_DATA_2[kind] if data[0] == 2 else ())
    names = [field.split(":")[0] for field in described]
    layout = ">" + "".join(field.split(":")[1] for field in described)
    if len(data) != 1 + struct.calcsize(layout):
        raise Problem("event_data", f"got {len(data)} bytes, expected "
                      f"{1 + struct.calcsize(layout)} for {kind}")
    fields = dict(zip(names, struct.unpack(layout, data[1:])))
    for name, value in fields.items():
        low, high = _EVENT_DATA_RANGES.get((kind, name), (None, None))
        if low is not None and not low <= value <= high:
            raise Problem("event_data", f"{name}: got {value}, expected {low} to {high}")
    oldest = 2 if kind == "request_refused" and fields["operation"] > 6 else 1
    if kind == "request_refused" and data[0] != oldest:
        raise Problem("event_data", f"version: got {data[0]}, expected {oldest} for operation "
                      f"{fields['operation']}")
    if kind == "turn_overrun" and data[0] == 2 and fields["count"] == 1:
        raise Problem("event_data", "version: got 2 for one overrun, expected 1")
    return fields


def encode_event_data(kind: str, fields: dict) -> bytes:
    """For those who make chains to test with."""
    names = [field.split(":")[0] for field in EVENT_DATA[kind]]
    layout = ">" + "".join(field.split(":")[1] for field in EVENT_DATA[kind])
    return bytes([_EVENT_DATA_VERSION]) + struct.pack(layout, *(fields[name] for name in names))


def _object(line: str) -> list:
    def pairs(items):
        names = [name for name, _ in items]
        for name in names:
            if names.count(name) > 1:
                raise Problem(name, "stands there twice")
        return items
    try:
        found = json.loads(line, object_pairs_hook=pairs)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Problem("json", str(error)) from None
    if not isinstance(found, list) or not all(isinstance(item, tuple) for item in found):
        raise Problem("json", "expected one object")
    return found


def _read(fields: dict, items: list) -> dict:
    names = [name for name, _ in items]
    for name in fields:
        if name not in names:
            raise Problem(name, "is missing")
    for name in names:
        if name not in fields:
            raise Problem(name, "is no field of this line")
    for name, expected in zip(names, fields):
        if name != expected:
            raise Problem(name, f"stands where {expected} is expected")
    return {name: fields[name](name, value) for name, value in items}


def read_line(line: bytes):
    """A Record or a Head. Raises Problem."""
    if len(line) > LINE_BYTES_MAX:
        raise Problem("line", f"got {len(line)} bytes, expected at most {LINE_BYTES_MAX}")
    try:
        text = line.decode("ascii")
    except UnicodeDecodeError as error:
        raise Problem("line", f"byte {error.start} is not ASCII") from None
    items = _object(text)
    if items and items[0][0] == "checkpoint":
        return Head(**_read(HEAD_FIELDS, items))
    record = Record(**_read(RECORD_FIELDS, items))
    for name, names, code in (("kind", KINDS, record.kind_code),
                              ("reason", REASONS, record.reason_code)):
        if code not in names:
            raise Problem(f"{name}_code", f"got {code}, which is no {name}")
        if getattr(record, name) != names[code]:
            raise Problem(name, f"got {getattr(record, name)!r}, expected {names[code]!r} for {code}")
    return record


def line_of(record) -> str:
    """The one spelling of a record or a head, for those who make chains to test with."""
    values = {}
    fields = HEAD_FIELDS if isinstance(record, Head) else RECORD_FIELDS
    for name, read in fields.items():
        value = getattr(record, name)
        if isinstance(value, bytes):
            value = value.hex()
        elif read is _decimal_text:
            value = str(value)
        values[name] = value
    return json.dumps(values, separators=(",", ":"))
