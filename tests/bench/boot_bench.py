# SPDX-License-Identifier: Apache-2.0
"""boot_bench.py [--rounds N] [--json FILE]: from starting QEMU to the first granted lease.

Each round starts both bare boards on a fresh disk of 64 MiB with 256 MiB of RAM, asks for 4 KiB as soon
as the node says `state=ready`, and stops the clock at the answer, which is there when its record is
durable. Beside it: QEMU with no machine at all, which is what no guest can be faster than. Medians.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOAL_MS = 60
COMMON = ["-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot",
          "-m", "256", "-accel", "tcg", "-global", "virtio-mmio.force-legacy=false",
          "-device", "virtio-rng-device"]
BOARDS = {
    "x86_64": ["qemu-system-x86_64", "-machine", "microvm,rtc=off", "-device",
               "isa-debug-exit,iobase=0x501,iosize=4"],
    "aarch64": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a57",
                "-semihosting-config", "enable=on,target=native"],
}


def boot_once(board, disk):
    """Milliseconds to the first byte, to ready, and to the granted lease."""
    with open(disk, "wb") as file:
        file.truncate(64 << 20)
    command = [*BOARDS[board], *COMMON, "-kernel", str(ROOT / "build" / f"{board}-qemu" / "grafos.elf"),
               "-blockdev", f"driver=file,filename={disk},node-name=d",
               "-device", "virtio-blk-device,drive=d", "-fw_cfg",
               "name=opt/grafos/args,string=name=bench"]
    began = time.monotonic()
    marks = {}
    with subprocess.Popen(["timeout", "20", *command], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            at = 1000 * (time.monotonic() - began)
            marks.setdefault("first_line", at)
            if b"state=ready" in line:
                marks["ready"] = at
                process.stdin.write(b"lease alloc memory 4096 1000\n")
                process.stdin.flush()
            elif line.startswith((b"ok lease=", b"error")):
                if line.startswith(b"error capacity_exceeded"):
                    process.stdin.write(b"lease alloc memory 4096 1000\n")  # nothing wiped yet
                    process.stdin.flush()
                    continue
                marks["granted"] = at
                break
        process.terminate()  # `timeout` hands it on to QEMU; a kill would orphan it
    if "granted" not in marks:
        sys.exit(f"boot: {board} granted nothing; is it built? (tools/run builds it)")
    return marks


def qemu_alone(board):
    began = time.monotonic()
    subprocess.run([BOARDS[board][0], "-M", "none", "-nodefaults", "-display", "none", "-monitor",
                    "stdio"], input=b"quit\n", stdout=subprocess.DEVNULL, check=True, timeout=20)
    return 1000 * (time.monotonic() - began)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--json", type=pathlib.Path)
    options = options.parse_args()
    rows = {board: {"alone": [], "first_line": [], "ready": [], "granted": []} for board in BOARDS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for board, row in rows.items():
                row["alone"].append(qemu_alone(board))
                for mark, at in boot_once(board, os.path.join(folder, "disk")).items():
                    row[mark].append(at)
    report = []
    print(f"{'ms from starting QEMU, median of ' + str(options.rounds):<42}"
          f"{'QEMU alone':>12}{'first line':>12}{'ready':>10}{'granted':>10}{'goal':>8}")
    for board, row in rows.items():
        medians = {mark: statistics.median(values) for mark, values in row.items()}
        verdict = "met" if medians["granted"] <= GOAL_MS else "MISSED"
        print(f"{board:<42}{medians['alone']:>12.1f}{medians['first_line']:>12.1f}"
              f"{medians['ready']:>10.1f}{medians['granted']:>10.1f}{GOAL_MS:>8} {verdict}")
        report.append({"board": board, "goal_ms": GOAL_MS, **medians})
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


main()
