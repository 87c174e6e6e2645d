#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""handlers.py IMAGE: interrupt handlers use general registers only and call nothing that might not.

The stubs save no vector registers, so one that a handler touched would be lost to the turn it
interrupted, about once in a blue moon.
"""
import re
import subprocess
import sys

HANDLER = "grafos_on_interrupt"
FORBIDDEN = re.compile(r"%[xyz]mm|\b[vqds]\d+\b|\bcall|\bbl\b|\bblr\b")


def main():
    text = subprocess.run(["llvm-objdump-19", "-d", "--no-show-raw-insn",
                           f"--disassemble-symbols={HANDLER}", sys.argv[1]],
                          capture_output=True, text=True, check=True).stdout
    lines = [line.split(":", 1)[1].strip() for line in text.splitlines()
             if re.match(r"\s*[0-9a-f]+:", line)]
    bad = [line for line in lines if FORBIDDEN.search(line)]
    for line in bad:
        print(f"{HANDLER}: {line}")
    print(f"handlers: {len(lines)} instructions, {len(bad)} problem(s)")
    return 1 if bad or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
