# SPDX-License-Identifier: Apache-2.0
"""A machine that can be started, talked to, broken, killed and started again on the same disk.

Problem: the three machines end in three ways, fail their disks in two, and may hang in any of them.
Idea: one class; what differs stands in `Board` (how it is started, what its exit codes mean) and in
two ways to break a disk. Rule: nothing started here outlives its bound: each start runs below
`timeout`, in a process group of its own, and all groups are killed when the tour ends.
"""

import atexit
import contextlib
import json
import os
import queue
import resource
import shlex
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from network import Plug, port_was_taken

SECTOR_BYTES = 512
# What the last words of a machine mean (boards/README.md). 0 and 1 are QEMU's own on bare boards.
ENDS = {35: "failure", 65: "assertion", 67: "exception", 69: "refused its arguments or its clock"}
# A process waits for its debugger as a shell, and only then becomes the node.
WAIT_FOR_TRACER = 'until grep -q "^TracerPid:.*[1-9]" /proc/$$/status; do sleep 0.2; done; exec "$@"'


class MachineError(Exception):
    """A machine died, hangs or is missing. The text says which, why, and what to do next."""


@dataclass(frozen=True)
class Board:
    """How a machine is started. `qemu` is empty for a process."""

    name: str          # of the node, as the report calls it
    board: str         # folder below boards/
    preset: str        # of CMake
    executable: str    # below build/<preset>
    success: int       # exit status that means success
    qemu: tuple = ()
    gdb: str = "gdb"

    def image(self, root: Path, executable: str = "") -> Path:
        return root / "build" / self.preset / (executable or self.executable)


QEMU_COMMON = (
    "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-accel", "tcg",
    "-m", "256", "-global", "virtio-mmio.force-legacy=false",
)
BOARDS = (
    Board("x86_64", "qemu_x86_64", "x86_64-qemu", "grafos.elf", 33,
          ("qemu-system-x86_64", "-machine", "microvm,rtc=off", *QEMU_COMMON,
           "-device", "isa-debug-exit,iobase=0x501,iosize=4"), "gdb"),
    Board("aarch64", "qemu_aarch64", "aarch64-qemu", "grafos.elf", 16,
          ("qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a57", *QEMU_COMMON,
           "-semihosting-config", "enable=on,target=native"), "gdb-multiarch"),
    Board("linux", "linux", "linux", "grafos-node", 0),
)


def board_named(name: str) -> Board:
    """By the node's name or the board's. Raises KeyError."""
    for board in BOARDS:
        if name in (board.name, board.board, board.preset):
            return board
    raise KeyError(name)


@dataclass
class DiskFault:
    """The disk refuses every write that touches this byte offset (QEMU: this sector; process: and
    everything behind it)."""

    offset: int

    @property
    def sector(self) -> int:
        return self.offset // SECTOR_BYTES


class Transcript:
    """Everything a machine said and was told, with seconds since the tour began."""

    def __init__(self, path: Path, began: float):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace")
        self._lock = threading.Lock()
        self._began = began

    def put(self, mark: str, text: str) -> None:
        with self._lock:
            if not self._file.closed:
                self._file.write(f"{time.monotonic() - self._began:9.3f} {mark} {text}\n")
                self._file.flush()

    def close(self) -> None:
        with self._lock:
            self._file.close()


class Qmp:
    """QEMU's control channel: one command at a time, events ignored."""

    def __init__(self, path: Path, timeout: float):
        deadline = time.monotonic() + timeout
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        while True:
            try:
                self._socket.connect(str(path))
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > deadline:
                    raise MachineError(f"QEMU's control socket {path} did not open") from None
                time.sleep(0.005)
        self._stream = self._socket.makefile("rw", encoding="utf-8")
        self._stream.readline()
        self.run("qmp_capabilities")

    def run(self, command: str, **arguments) -> dict:
        self._stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._stream.flush()
        while True:
            line = self._stream.readline()
            if not line:
                raise MachineError(f"QEMU ended during {command}")
            answer = json.loads(line)
            if "error" in answer:
                raise MachineError(f"QEMU refused {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


@dataclass
class Start:
    """What one start of a machine is given besides its disk."""

    arguments: dict = field(default_factory=dict)   # key=value words for the image
    plug: Plug | None = None                        # its end of the network
    peers: tuple[str, ...] = ()                     # values of peer=
    fault: DiskFault | None = None                  # the disk is broken from the beginning
    write_log: Path | None = None                   # QEMU: every write and flush goes here too
    debugger: bool = False                          # stopped before its first instruction
    bound_s: float = 180.0                          # killed after this, whatever happens


class Machine:
    """One node and its disk, over any number of starts."""

    _all: list["Machine"] = []

    def __init__(self, board: Board, image: Path, disk: Path, work: Path, transcript: Transcript):
        self.board = board
        self.image = image
        self.disk = disk
        self.transcript = transcript
        self.lines: queue.Queue = queue.Queue()   # str; None = the machine said its last line
        self.tap = None                           # callable(bytes): sees output as it comes
        self.claims = None                        # callable(str): true, the line is not the console's
        self.start_count = 0
        self.process: subprocess.Popen | None = None
        self._work = work
        self._qmp: Qmp | None = None
        self._qmp_path = work / f"{board.name}.qmp"
        self._gdb_path = work / f"{board.name}.gdb"
        self._errors: list[str] = []
        self._readers: list[threading.Thread] = []
        Machine._all.append(self)

    # --- starting -------------------------------------------------------------------------------

    def start(self, start: Start) -> None:
        """Starts the machine; it is up when its console says so. Raises MachineError if the image
        or QEMU is missing."""
        assert self.process is None or self.process.poll() is not None
        if not self.image.is_file():
            raise MachineError(f"{self.image} is missing; build it: "
                               f"cmake --preset {self.board.preset} && "
                               f"cmake --build --preset {self.board.preset}")
        command = self._qemu_command(start) if self.board.qemu else self._process_command(start)
        if start.bound_s > 0:
            command = ["timeout", "--signal=KILL", str(start.bound_s), *command]
        self.start_count += 1
        self.transcript.put("=", f"start {self.start_count}: {shlex.join(command)}")
        self.lines = queue.Queue()
        self._errors = []
        self._close_qmp()
        for stale in (self._qmp_path, self._gdb_path):
            stale.unlink(missing_ok=True)
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.PIPE, start_new_session=True)
        except FileNotFoundError as error:
            raise MachineError(f"{error.filename} is not installed; run tools/setup") from None
        self._readers = [
            threading.Thread(target=read, args=(self.process, self.lines), daemon=True)
            for read in (self._read_output, self._read_errors)
        ]
        for reader in self._readers:
            reader.start()

    def _words(self, start: Start) -> list[str]:
        words = {"name": self.board.name, **start.arguments}
        return [*(f"{key}={value}" for key, value in words.items()),
                *(f"peer={peer}" for peer in start.peers)]

    def _qemu_command(self, start: Start) -> list[str]:
        command = [
            *self.board.qemu,
            "-kernel", str(self.image),
            "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
            "-object", "rng-random,id=rng,filename=/dev/urandom",
            "-device", "virtio-rng-device,rng=rng",
            *_disk_nodes(self.disk, start),
            "-device", "virtio-blk-device,drive=disk,werror=report,rerror=report",
            "-qmp", f"unix:{self._qmp_path},server=on,wait=off",
            "-fw_cfg", f"name=opt/grafos/args,string={_escaped(' '.join(self._words(start)))}",
        ]
        if start.plug:
            command += start.plug.qemu_words()
        if start.debugger:
            command += ["-S", "-gdb", f"unix:{self._gdb_path},server=on,wait=off"]
        return command

    def _process_command(self, start: Start) -> list[str]:
        command = [str(self.image), f"disk={self.disk}", *self._words(start)]
        if start.plug:
            command += start.plug.process_words()
        if start.fault:
            command = ["prlimit", f"--fsize={start.fault.offset}:unlimited", *command]
        if start.debugger:
            command = ["sh", "-c", WAIT_FOR_TRACER, "sh", *command]
        return command

    def debugger_command(self) -> str:
        """What to type in another terminal to attach."""
        if self.board.qemu:
            return f"{self.board.gdb} {self.image} -ex 'target remote {self._gdb_path}'"
        return f"{self.board.gdb} -p {self.pid()} -ex 'catch exec' -ex continue"

    # --- talking --------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Raises MachineError if the machine has ended."""
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except (BrokenPipeError, OSError):
            raise MachineError(self.why_ended()) from None

    def _read_output(self, process: subprocess.Popen, lines: queue.Queue) -> None:
        rest = b""
        while chunk := os.read(process.stdout.fileno(), 65536):
            if self.tap:
                self.tap(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                text = line.rstrip(b"\r").decode("utf-8", "backslashreplace")
                self.transcript.put("<", text)
                if not (self.claims and self.claims(text)):
                    lines.put(text)
        if rest:
            self.transcript.put("<", rest.decode("utf-8", "backslashreplace") + " [cut off]")
        lines.put(None)

    def _read_errors(self, process: subprocess.Popen, _lines: queue.Queue) -> None:
        for line in process.stderr:
            text = line.decode("utf-8", "backslashreplace").rstrip()
            self.transcript.put("!", text)
            self._errors.append(text)

    # --- breaking, ending -----------------------------------------------------------------------

    def qmp(self) -> Qmp:
        if self._qmp is None:
            self._qmp = Qmp(self._qmp_path, 5.0)
        return self._qmp

    def break_disk(self, fault: DiskFault) -> None:
        """From now on the disk refuses writes at the fault; the machine is not told."""
        self.transcript.put("=", f"disk refuses writes at sector {fault.sector}")
        if self.board.qemu:
            self.qmp().run("blockdev-add", **_blkdebug(fault))
            self.qmp().run("blockdev-reopen",
                           options=[{"driver": "raw", "node-name": "disk", "file": "bad"}])
        else:
            resource.prlimit(self.pid(), resource.RLIMIT_FSIZE,
                             (fault.offset, resource.RLIM_INFINITY))

    def warm_reset(self) -> None:
        """Starts the machine again without clearing its RAM. QEMU only. Otherwise a reset ends the
        machine, so that a guest that resets itself is not taken for one that goes on."""
        self.transcript.put("=", "warm reset")
        self.qmp().run("set-action", reboot="reset")
        self.qmp().run("system_reset")
        self.qmp().run("set-action", reboot="shutdown")

    def pid(self) -> int:
        """Of the machine itself, below `timeout`."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for _ in range(100):
            if found := children.read_text().split():
                return int(found[0])
            time.sleep(0.01)
        return self.process.pid

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL, now; answers when the machine is gone and its last words are read."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.transcript.put("=", "SIGKILL")
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                os.kill(self.pid(), signal.SIGKILL)
            try:
                self.process.wait(2.0)   # `timeout` goes when its child has gone
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for reader in self._readers:
            reader.join(2.0)
        self._close_qmp()

    def wait_end(self, timeout: float) -> int:
        """The exit status of a machine that was told to end. Raises MachineError if it does not."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise MachineError(f"{self.board.name} did not end within {timeout:.0f} s") from None
        for reader in self._readers:
            reader.join(2.0)
        self.transcript.put("=", f"ended with status {status}")
        self._close_qmp()
        return status

    def why_ended(self) -> str:
        """One sentence about a machine that is not there any more."""
        try:
            status = self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            return f"{self.board.name} closed its console but still runs"
        for reader in self._readers:
            reader.join(1.0)
        if status == self.board.success:
            meaning = "success"
        elif status in (-signal.SIGKILL, 128 + signal.SIGKILL):
            meaning = "killed: its time was up or somebody killed it"
        else:
            meaning = ENDS.get(status, "no code of ours: QEMU's own, or a signal")
        said = f"; it said: {' / '.join(self._errors[-3:])}" if self._errors else ""
        return f"{self.board.name} died with status {status} ({meaning}){said}"

    def lost_its_port(self) -> bool:
        """Whether it has ended because another program received at its port already."""
        return not self.is_running() and port_was_taken(self._errors)

    def _close_qmp(self) -> None:
        if self._qmp is not None:
            self._qmp.close()
            self._qmp = None

    @classmethod
    def kill_all(cls) -> None:
        for machine in cls._all:
            machine.kill()


def _escaped(text: str) -> str:
    """As QEMU wants a value in which commas may stand."""
    return text.replace(",", ",,")


def _blkdebug(fault: DiskFault) -> dict:
    return {
        "driver": "blkdebug", "node-name": "bad", "image": "file",
        "inject-error": [
            {"event": "none", "iotype": kind, "errno": 5, "sector": fault.sector, "once": False}
            for kind in ("write", "write-zeroes")
        ],
    }


def _disk_nodes(disk: Path, start: Start) -> list[str]:
    """The disk as a chain of block nodes, the lowest first; the guest sees the one named `disk`."""
    nodes = [{"driver": "file", "node-name": "file", "filename": str(disk)}]
    if start.fault:
        nodes.append(_blkdebug(start.fault))
    top = {"driver": "raw", "node-name": "disk", "file": "bad" if start.fault else "file"}
    if start.write_log:
        nodes.append({"driver": "file", "node-name": "log", "filename": str(start.write_log)})
        top = {"driver": "blklogwrites", "node-name": "disk", "file": "file", "log": "log"}
    return [word for node in [*nodes, top] for word in ("-blockdev", json.dumps(node))]


atexit.register(Machine.kill_all)
