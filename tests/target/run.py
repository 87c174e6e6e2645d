#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py BOARD IMAGE STEP: starts a machine for one self-test step and judges it.
run.py --list BOARD: the steps of a board.

Every machine gets a disk of its own, is bounded by a timeout, and ends by itself. Exit: 0 passed,
1 failed, 77 skipped.
"""
import os
import re
import resource
import struct
import subprocess
import sys
import tempfile
import time

SECTOR = 512
DISK_SECTORS = 8192
EPITAPH_SECTOR, EPITAPH_BOOT = 7, 42
TIMEOUT_S = 40
ENDS = {"success": {"qemu_x86_64": 33, "qemu_aarch64": 16, "linux": 0},
        "assertion": 65, "exception": 67, "refused": 69}
BARE = ("qemu_x86_64", "qemu_aarch64")
EXCEPTION, ASSERTION = 1, 2
CPU = {"qemu_x86_64": 1, "qemu_aarch64": 2, "linux": 3}


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Failed(Exception):
    pass


def check(is_so, what):
    if not is_so:
        raise Failed(what)


class Machine:
    def __init__(self, board, image, folder):
        self.board, self.image = board, image
        self.disk = os.path.join(folder, "disk.img")
        with open(self.disk, "wb") as file:
            file.truncate(DISK_SECTORS * SECTOR)
        self.options, self.devices, self.broken = [], True, False

    def command(self, words):
        if self.board == "linux":
            disk = [f"disk={self.disk}"] if self.devices else []
            return [self.image, *disk, *words]
        common = ["-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
                  "-no-reboot", "-accel", "tcg", "-m", "256",
                  "-global", "virtio-mmio.force-legacy=false", "-kernel", self.image,
                  "-fw_cfg", "name=opt/grafos/args,string=" + " ".join(words).replace(",", ",,")]
        if self.devices:
            file = f"driver=file,filename={self.disk},node-name=file"
            node = "file"
            if self.broken:
                rules = os.path.join(os.path.dirname(self.disk), "rules")
                with open(rules, "w") as out:
                    out.write(f'[inject-error]\nevent = "none"\niotype = "write"\n'
                              f'errno = "5"\nsector = "{DISK_SECTORS - 1}"\n')
                common += ["-blockdev", file, "-blockdev",
                           f"driver=blkdebug,image=file,config={rules},node-name=debug"]
                node = "debug"
            else:
                common += ["-blockdev", file]
            common += ["-blockdev", f"driver=raw,file={node},node-name=disk", "-device",
                       "virtio-blk-device,drive=disk,werror=report,rerror=report",
                       "-device", "virtio-rng-device"]
        machine = {
            "qemu_x86_64": ["qemu-system-x86_64", "-machine", "microvm,rtc=off",
                            "-device", "isa-debug-exit,iobase=0x501,iosize=4"],
            "qemu_aarch64": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a57",
                             "-semihosting-config", "enable=on,target=native"],
        }[self.board]
        return machine + common + self.options

    def start(self, *words, size_limit=None):
        def limit():
            if size_limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (size_limit, size_limit))
        return subprocess.Popen(["timeout", "-k", "2", str(TIMEOUT_S), *self.command(words)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, preexec_fn=limit)

    def run(self, *words, size_limit=None):
        """Exit status, output, seconds; input is closed from the start."""
        began = time.monotonic()
        process = self.start(*words, size_limit=size_limit)
        output, _ = process.communicate()
        return process.returncode, output.decode("latin-1"), time.monotonic() - began

    def run_ok(self, step, **options):
        status, output, seconds = self.run(f"extra={step}", **options)
        check(status == end_of("success", self.board), f"exit status {status}: {output.strip()}")
        found = re.search(r"^ok (\S+)(.*?)\r?$", output, re.M)
        check(found and found.group(1) == step, f"no ok: {output.strip()}")
        figures = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", found.group(2))}
        return figures, seconds

    def sector(self, number):
        with open(self.disk, "rb") as file:
            file.seek(number * SECTOR)
            return file.read(SECTOR)


def end_of(way, board):
    code = ENDS[way]
    return code[board] if isinstance(code, dict) else code


def devices(machine):
    figures, _ = machine.run_ok("devices")
    check(figures["leasable"] >= (200 << 20 if machine.board in BARE else 64 << 20), "leasable")
    return figures


def boot(machine):
    """Milliseconds from the start of QEMU and from reset; the best of five, since others run too."""
    seconds = []
    for _ in range(5):
        began = time.monotonic()
        process = machine.start("extra=boot")
        os.read(process.stdout.fileno(), 1)  # unbuffered: communicate() would not see a buffer
        seconds.append(time.monotonic() - began)
        output = process.communicate()[0].decode("latin-1")
    figures = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", output)}
    check("reset_to_main_us" in figures, f"no figure: {output}")
    return {**figures, "start_to_output_ms": int(min(seconds) * 1000)}


def restart(machine):
    for count in range(3):
        figures, _ = machine.run_ok("restart")
        check(figures["count"] == count, f"count {figures['count']} instead of {count}")
    check(struct.unpack(">Q", machine.sector(300)[:8])[0] == 3, "the file does not hold 3")
    return {"count": 3}


def broken_sector(machine):
    machine.broken = True
    limit = (DISK_SECTORS - 1) * SECTOR if machine.board == "linux" else None
    figures, _ = machine.run_ok("broken_sector", size_limit=limit)
    expected = 27 if machine.board == "linux" else 1  # EFBIG; VIRTIO_BLK_S_IOERR
    check(figures["status"] == expected, f"status {figures['status']} instead of {expected}")
    return figures


def timer(machine):
    return machine.run_ok("timer")[0]


def timer_exact(machine):
    """Under counted instructions nothing disturbs a machine: a deadline is met in its millisecond."""
    machine.options = ["-icount", "shift=0,sleep=off"]
    runs = [machine.run_ok("timer")[0] for _ in range(2)]
    # The line's other end closes at some moment of the host's: one wake-up more, with no effect.
    rounds = [run.pop("rounds") for run in runs]
    check(max(rounds) <= runs[0]["deadlines"] + 2, f"woken for nothing: {rounds}")
    check(runs[0] == runs[1], f"two runs differ: {runs}")
    check(runs[0]["latest_ms"] == 0, f"a deadline was missed by {runs[0]['latest_ms']} ms")
    return runs[0]


def idle(machine):
    """Five seconds of nothing take a moment if the machine really halts: QEMU skips halted time."""
    machine.options = ["-icount", "shift=4,sleep=off"]
    figures, seconds = machine.run_ok("idle")
    check(seconds < 3, f"5 s of rest took {seconds:.1f} s: the machine did not halt")
    return {**figures, "wall_ms": int(seconds * 1000)}


def idle_cpu(machine):
    """The same in real time: what the process used of the CPU."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    figures, seconds = machine.run_ok("idle")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    check(seconds >= 5, f"5 s of rest took {seconds:.1f} s")
    check(used < 1.5, f"{used:.2f} s of CPU in 5 s of rest")
    return {**figures, "cpu_ms": int(used * 1000)}


def console(machine):
    """Slow lines, then more at once than any ring holds: all of it arrives, by interrupt."""
    process = machine.start("extra=console")
    line = b""
    while not line.startswith(b"ready"):
        line = process.stdout.readline()
        check(line, "no ready")
    sent = b""
    for piece in (b"a", b"b\n", b"line two\n"):
        process.stdin.write(piece)
        process.stdin.flush()
        sent += piece
        time.sleep(0.05)
    burst = b"".join(b"%07d\n" % i for i in range(4000)) + b"end\n"
    process.stdin.write(burst)
    process.stdin.flush()
    sent += burst
    output = process.stdout.read().decode("latin-1")
    process.stdin.close()
    status = process.wait()
    check(status == end_of("success", machine.board), f"exit status {status}: {output.strip()}")
    figures = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", output)}
    check(figures["bytes"] == len(sent), f"{figures['bytes']} of {len(sent)} bytes arrived")
    check(figures["crc"] == crc32c(sent), "the bytes are not those sent")
    return figures


def output(machine):
    status, text, _ = machine.run("extra=output")
    check(status == end_of("success", machine.board), f"exit status {status}")
    check(text.count("x" * 98) == 10_000, "output was lost")
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", text.split("ok ")[-1])}


def arguments(machine):
    """Bad ones: a typed error, an exit status of its own, and nothing done."""
    for words, expected in (
            (["operations=12x"], 'argument operations: got "12x", expected a decimal number'),
            (["colour=red"], 'argument colour: got "red", expected name, seed, '),
            (["mode"], 'argument mode: got "", expected key=value'),
            (["seed=1", "seed=2"], 'argument seed: got "2", expected each key once'),
            (["name=" + "n" * 33], "expected 1 to 32 of"),
            (["filter=" + "f" * 256], "expected 1 to 255 printable"),
            (["seed=18446744073709551616"], "expected a decimal number below 2^64"),
            (["a=b"] * 65, "expected at most 64 words")):
        status, text, _ = machine.run(*words)
        check(status == ENDS["refused"], f"{words}: exit status {status}")
        check(expected in text, f"{words}: said {text.strip()}")
    if machine.board in BARE:
        status, text, _ = machine.run("x" * 10_000)
        check(status == ENDS["refused"] and "capacity_exceeded" in text, f"10,000 bytes: {text}")
    return {}


def no_devices(machine):
    machine.devices = False
    status, text, _ = machine.run("extra=devices")
    check(status == 35 and "failed devices: no disk" in text, f"{status}: {text}")
    return {}


def epitaph(machine, kind, way, text_of_console=None):
    def judge(words):
        status, text, _ = machine.run(*words)
        check(status == ENDS[way], f"exit status {status} instead of {ENDS[way]}: {text.strip()}")
        check(f"EPITAPH {way}" in text, f"no epitaph on the console: {text.strip()}")
        check("not written" not in text, "the epitaph was not written")
        sector = machine.sector(EPITAPH_SECTOR)
        magic, version, found_kind, cpu, _, boot, cause, pc, sp, fault, site = struct.unpack(
            ">8sHHHHQQQQQI", sector[:60])
        check(magic == b"grafosE1" and version == 1, f"magic {magic} version {version}")
        check(struct.unpack(">I", sector[508:])[0] == crc32c(sector[:508]), "checksum")
        check(sector[60:508] == bytes(448), "bytes that should be zero")
        check(found_kind == kind, f"kind {found_kind}")
        check(cpu == CPU[machine.board], f"cpu {cpu}")
        check(boot == EPITAPH_BOOT, f"boot {boot}")
        check(pc != 0 and sp != 0, "no pc or sp")
        check((site != 0) == (kind == ASSERTION), f"site {site:08x}")
        return {"cause": cause, "fault": fault, "pc": pc}
    return judge


def death(how, kind, way, cause=None):
    def step(machine):
        figures = epitaph(machine, kind, way)([f"extra=die.{how}"])
        wanted = (cause or {}).get(machine.board, figures["cause"])
        check(figures["cause"] == wanted, f"cause {figures['cause']:#x} instead of {wanted:#x}")
        return figures
    return step


def page_fault(code):
    return {"qemu_x86_64": 14 << 32 | code}


STEPS = {
    "boot": boot,
    "devices": devices,
    "restart": restart,
    "broken_sector": broken_sector,
    "timer": timer,
    "timer_exact": timer_exact,
    "idle": idle,
    "idle_cpu": idle_cpu,
    "console": console,
    "output": output,
    "arguments": arguments,
    "no_devices": no_devices,
    "die.assertion": death("assertion", ASSERTION, "assertion"),
    "die.trap": death("trap", EXCEPTION, "exception", {"qemu_x86_64": 6 << 32}),
    "die.null": death("null", EXCEPTION, "exception", page_fault(0b00010)),
    "die.write_text": death("write_text", EXCEPTION, "exception", page_fault(0b00011)),
    "die.write_constant": death("write_constant", EXCEPTION, "exception", page_fault(0b00011)),
    "die.run_data": death("run_data", EXCEPTION, "exception", page_fault(0b10001)),
    "die.stack": death("stack", EXCEPTION, "exception"),
}
ONLY_BARE = ("boot", "timer_exact", "idle")


def main():
    if sys.argv[1] == "--list":
        steps = [name for name in STEPS if sys.argv[2] in BARE or name not in ONLY_BARE]
        print(" ".join(steps))
        return 0
    board, image, name = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        try:
            figures = STEPS[name](Machine(board, os.path.abspath(image), folder))
        except Failed as failed:
            print(f"failed {board} {name}: {failed}")
            return 1
    print(f"passed {board} {name}", *(f"{key}={value}" for key, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
