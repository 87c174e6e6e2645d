# SPDX-License-Identifier: Apache-2.0
"""Payloads by the tables of core/wire/README.md: the specification, read by a program.

A row of those tables says name and kind of a field; that is all that is needed to write and read
every payload. So whoever implements the protocol from the README alone, as this does, gets along
with the nodes, or the README is wrong.
"""

import re
import struct
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "core" / "wire" / "README.md"
NUMBERS = {"u8": ">B", "u16": ">H", "u32": ">I", "u64": ">Q"}


@dataclass(frozen=True)
class Row:
    name: str
    kind: str
    inner: tuple = ()


def _section(text: str, name: str) -> str:
    return text.split(f"<!-- table {name} -->")[1].split("<!-- end -->")[0]


def _rows(lines: list[str]) -> tuple[Row, ...]:
    rows: list[Row] = []
    for line in lines:
        found = re.match(r"\| (· )?`(\w+)` \| ([\w ]+?) \|", line)
        if not found:
            continue
        row = Row(found[2], found[3])
        if found[1]:
            rows[-1] = Row(rows[-1].name, rows[-1].kind, (*rows[-1].inner, row))
        else:
            rows.append(row)
    return tuple(rows)


def _read() -> tuple[dict, dict, dict, tuple]:
    text = README.read_text(encoding="utf-8")
    numbers, needs = {}, {}
    for line in _section(text, "messages").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].startswith("0x"):
            numbers[cells[1]] = int(cells[0], 16)
            needs[cells[1]] = cells[4]
    layouts = {}
    parts = re.split(r"^\*\*(.+?)\*\*$", _section(text, "payloads"), flags=re.M)
    for title, body in zip(parts[1::2], parts[2::2]):
        layouts[title] = _rows(body.splitlines())
    refusal = next(rows for title, rows in layouts.items() if title.startswith("Refusal"))
    return numbers, needs, layouts, refusal


NUMBER, NEEDS, LAYOUTS, REFUSAL = _read()
NAME = {number: name for name, number in NUMBER.items()}


def encode(rows: tuple[Row, ...], fields: dict) -> bytes:
    made = b""
    for row in rows:
        value = fields[row.name]
        if row.kind in NUMBERS:
            made += struct.pack(NUMBERS[row.kind], value)
        elif row.kind == "bytes":
            made += struct.pack(">I", len(value)) + value
        elif row.kind == "list":
            made += struct.pack(">H", len(value)) + b"".join(encode(row.inner, e) for e in value)
        else:
            assert len(value) == int(row.kind.split()[0]), (row, value)
            made += value
    return made


def decode(rows: tuple[Row, ...], data: bytes) -> dict:
    """What stands behind the fields (TLVs) is under `rest`. Raises struct.error if it is cut."""
    fields, at = _decode(rows, data, 0)
    return {**fields, "rest": data[at:]}


def _decode(rows: tuple[Row, ...], data: bytes, at: int) -> tuple[dict, int]:
    fields = {}
    for row in rows:
        if row.kind in NUMBERS:
            fields[row.name] = struct.unpack_from(NUMBERS[row.kind], data, at)[0]
            at += struct.calcsize(NUMBERS[row.kind])
        elif row.kind == "list":
            count, at = struct.unpack_from(">H", data, at)[0], at + 2
            fields[row.name] = []
            for _ in range(count):
                entry, at = _decode(row.inner, data, at)
                fields[row.name].append(entry)
        else:
            if row.kind == "bytes":
                size, at = struct.unpack_from(">I", data, at)[0], at + 4
            else:
                size = int(row.kind.split()[0])
            if at + size > len(data):
                raise struct.error(f"{row.name} is cut")
            fields[row.name] = data[at:at + size]
            at += size
    return fields, at


def request(message: str, fields: dict) -> bytes:
    return encode(LAYOUTS[f"{message} request"], fields)


def reply(message: str, data: bytes) -> dict:
    return decode(LAYOUTS[f"{message} reply"], data)
