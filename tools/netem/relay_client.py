# SPDX-License-Identifier: Apache-2.0
"""grafos-netem from Python: starts a relay, steers it, reads its captures. Used by the tests and by
the tour."""

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

START_S = 20.0
ANSWER_S = 20.0


class NetemError(Exception):
    """The relay did not start, has gone, or refused a command."""


class Relay:
    """A running relay. `nodes`: name → (host, port), or None for a client."""

    def __init__(self, program: Path, nodes: dict, *options: str, bound_s: float = 0):
        words = [f"--node={name}" + (f"={at[0]}:{at[1]}" if at else "")
                 for name, at in nodes.items()]
        bound = ["timeout", "--signal=TERM", str(bound_s)] if bound_s else []
        self.process = subprocess.Popen([*bound, str(program), "run", *words, *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        start_new_session=True)
        ready, _, _ = select.select([self.process.stdout], [], [], START_S)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self._end_group()
            raise NetemError(self.process.communicate()[1].strip() or "the relay did not start")
        self.ready = json.loads(line)
        self.addresses = {(pair["from"], pair["to"]): _address(pair["address"])
                          for pair in self.ready["pairs"]}
        self._socket = _connect(self.ready["control"])
        self._stream = self._socket.makefile("rw", encoding="utf-8")
        self._lock = threading.Lock()

    def tell(self, command: str) -> dict:
        """Raises NetemError with the relay's own words if it refuses."""
        answer = self.ask(command)
        if not answer["ok"]:
            raise NetemError(f"'{command}': {answer['error']}")
        return answer

    def ask(self, command: str) -> dict:
        """One command at a time, from any thread."""
        with self._lock:
            self._stream.write(command + "\n")
            self._stream.flush()
            line = self._stream.readline()
        if not line:
            raise NetemError(f"the relay went away during '{command}'")
        return json.loads(line)

    def counters(self, pair: str) -> dict:
        """Of one pair, or the sum of several."""
        total: dict = {}
        for each in self.tell(f"show {pair}")["pairs"]:
            for key, value in each["counters"].items():
                total[key] = total.get(key, 0) + value
        return total

    def kill(self) -> None:
        """Whatever state it is in."""
        self._stream.close()
        self._socket.close()
        self._end_group()
        self.process.communicate()

    def _end_group(self) -> None:
        """With `timeout` in front there are two processes, both in this group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> dict:
        """SIGTERM; answers its last line."""
        self._stream.close()
        self._socket.close()
        if self.process.poll() is None:
            self.process.terminate()
        told, errors = self.process.communicate(timeout=ANSWER_S)
        if self.process.returncode != 0:
            raise NetemError(f"the relay ended with {self.process.returncode}: {errors.strip()}")
        return json.loads(told.splitlines()[-1])


def _address(text: str) -> tuple[str, int]:
    host, port = text.rsplit(":", 1)
    return host, int(port)


def _connect(control: str) -> socket.socket:
    if control.startswith("unix:"):
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(ANSWER_S)
        made.connect(control[len("unix:"):])
        return made
    return socket.create_connection(_address(control), ANSWER_S)


@dataclass(frozen=True)
class Captured:
    """One datagram of a capture."""

    seconds: float
    source: str
    source_port: int
    target: str
    target_port: int
    ttl: int
    number: int      # IP identification
    sums_hold: bool  # of IP and UDP
    payload: bytes


def read_pcap(path: Path) -> list[Captured]:
    """A second parser of what the relay writes (nanosecond pcap of Ethernet, little-endian)."""
    raw = path.read_bytes()
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHIIII", raw)
    assert (magic, major, minor, link) == (0xa1b23c4d, 2, 4, 1), (hex(magic), major, minor, link)
    found, at = [], 24
    while at < len(raw):
        seconds, nanoseconds, size, original = struct.unpack_from("<IIII", raw, at)
        assert size == original and nanoseconds < 10 ** 9
        frame = raw[at + 16:at + 16 + size]
        at += 16 + size
        assert len(frame) == size and frame[12:14] == b"\x08\x00" and frame[14] == 0x45
        header, segment = frame[14:34], frame[34:]
        total, number, _, ttl, protocol = struct.unpack_from(">HHHBB", header, 2)
        assert total == len(frame) - 14 and protocol == 17
        ports = struct.unpack_from(">HHH", segment)
        assert ports[2] == len(segment)
        pseudo = header[12:20] + struct.pack(">HH", 17, len(segment))
        found.append(Captured(seconds + nanoseconds / 1e9, socket.inet_ntoa(header[12:16]), ports[0],
                              socket.inet_ntoa(header[16:20]), ports[1], ttl, number,
                              _sum(header) == 0xffff and _sum(pseudo + segment) == 0xffff,
                              segment[8:]))
    return found


def _sum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total
