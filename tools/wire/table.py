# SPDX-License-Identifier: Apache-2.0
"""The message table as grafos-wire-table prints it, and how its rows read."""
import json
import subprocess

WIDTH = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
UNIT = {"blocks": "whole blocks", "aligned": "a multiple of 8", "not_zero": "not zero",
        "text": "printable ASCII", "reason": "a reason", "parameters": "parameters"}


def load(program):
    """The table of the core, by running the host program that prints it."""
    run = subprocess.run([program], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(run.stdout)


def shape(field):
    """How a field stands on the wire, in a word."""
    if field["shape"] == "fixed":
        return f"{field['size']} bytes"
    if field["shape"] == "counted":
        return "bytes"
    if field["shape"] == "list":
        return "list"
    return field["shape"]


def accepted(field):
    """What a field accepts, in a few words; empty: everything its width can say."""
    least, most, rule = field["least"], field["most"], field["rule"]
    words = []
    if field["shape"] == "counted":
        words.append(f"{least} … {most} long")
    elif field["shape"] == "list":
        words.append(f"≤ {most} entries, ≤ {field['size']} bytes")
    elif field["shape"] != "fixed":
        if most >= 0:
            words.append(f"{least} … {most}")
        elif least > 0:
            words.append(f"≥ {least}")
    if rule == "zero_or_range":
        words.insert(0, "0 or")
    elif rule in UNIT:
        words.append(UNIT[rule])
    return ", ".join(words).replace("0 or, ", "0 or ")
