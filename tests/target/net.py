#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""net.py BOARD IMAGE STEP: starts machines that echo datagrams, talks to them, and judges.
net.py --list BOARD: the steps of a board.

Images sit behind QEMU's user network, one UDP port of this host forwarded to each; the step `frames`
speaks raw Ethernet to one instead. Exit: 0 passed, 1 failed. Figures stand on standard output.
"""
import contextlib
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT_S = 50
SIZE_MAX = 1400
BARE = ("qemu_x86_64", "qemu_aarch64")
OWN_IP, PEER_IP = bytes([10, 0, 2, 15]), bytes([10, 0, 2, 2])
OWN_MAC, PEER_MAC = bytes.fromhex("525400123456"), bytes.fromhex("52550a000202")
ALL_MAC = b"\xff" * 6


class Failed(Exception):
    pass


def check(is_so, what):
    if not is_so:
        raise Failed(what)


def udp_socket():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    one.bind(("127.0.0.1", 0))
    one.settimeout(2)
    return one


def free_port():
    with udp_socket() as one:
        return one.getsockname()[1]


class Machine:
    """A machine that echoes; `netdev` replaces the forwarded port of an image."""

    def __init__(self, board, image, netdev=None):
        self.board, self.port = board, free_port()
        environment = dict(os.environ)
        if board == "linux":
            command = [image, f"address=127.0.0.1:{self.port}"]
        else:
            netdev = netdev or f"user,id=n0,hostfwd=udp:127.0.0.1:{self.port}-10.0.2.15:7000"
            environment["GRAFOS_QEMU_OPTIONS"] = (
                f"-netdev {netdev} -device virtio-net-device,netdev=n0,mac=52:54:00:12:34:56")
            environment["GRAFOS_QEMU_TIMEOUT"] = str(TIMEOUT_S)
            command = [str(ROOT / "tools/run-qemu"), board, image]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        env=environment, start_new_session=True)
        line = self.process.stdout.readline().decode(errors="replace").strip()
        if not line.startswith("echo at "):
            self.stop()
            raise Failed(f"the machine says '{line}'")

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def address_seen_by(self, viewer):
        host = "127.0.0.1" if viewer.board == "linux" else "10.0.2.2"
        return f"{host}:{self.port}"

    def processes(self):
        """(id, ticks of CPU) of each process of the session that this machine was started in."""
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                cells = stat.read_text().rpartition(")")[2].split()
                if int(cells[3]) == self.process.pid:
                    yield int(stat.parent.name), int(cells[11]) + int(cells[12])

    def stop(self):
        for process, _ in list(self.processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        self.process.wait(10)

    def cpu_s(self):
        return sum(ticks for _, ticks in self.processes()) / os.sysconf("SC_CLK_TCK")


def ask(here, machine, payload, attempts=5):
    """One exchange; a datagram may be lost, so it is repeated."""
    for _ in range(attempts):
        here.sendto(payload, machine.address)
        with contextlib.suppress(TimeoutError):
            return here.recvfrom(65536)[0]
    raise Failed(f"no answer to {len(payload)} bytes")


def stats(here, machine):
    answer = ask(here, machine, b"!stats").decode()
    check(answer.startswith("stats "), f"stats answered '{answer}'")
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", answer)}


def drain(here):
    here.settimeout(0.3)
    with contextlib.suppress(TimeoutError):
        while True:
            here.recv(65536)
    here.settimeout(2)


def quit_machine(here, machine):
    drain(here)
    stats(here, machine)
    here.sendto(b"!quit", machine.address)
    check(machine.process.wait(10) == 0, f"ended with {machine.process.returncode}")


def step_echo(machines):
    """Every size, byte for byte; longer ones meet silence."""
    machine = machines.start()
    numbers = random.Random(1)
    with udp_socket() as here:
        for size in range(1, SIZE_MAX + 1):
            payload = numbers.randbytes(size).replace(b"!", b"?")
            check(ask(here, machine, payload) == payload, f"{size} bytes came back changed")
        here.settimeout(0.2)
        for size in (0, SIZE_MAX + 1, 1472, 1473, 4000, 9000):
            here.sendto(bytes(size), machine.address)
            with contextlib.suppress(TimeoutError):
                raise Failed(f"{size} bytes were answered with {len(here.recv(65536))}")
        here.settimeout(2)
        check(ask(here, machine, b"still there") == b"still there", "gone after long datagrams")
        quit_machine(here, machine)


def step_round_trip(machines):
    """Figures only: one exchange of 64 bytes at a time, then 32 in flight."""
    machine = machines.start()
    with udp_socket() as here:
        times = []
        for _ in range(3000):
            before = time.perf_counter()
            ask(here, machine, bytes(64))
            times.append((time.perf_counter() - before) * 1e6)
        times.sort()
        print(f"round trip of 64 bytes: p50 {times[len(times) // 2]:.0f} us, "
              f"p99 {times[len(times) * 99 // 100]:.0f} us")
        count, window, lost = 20000, 32, 0
        before = time.perf_counter()
        for _ in range(window):
            here.sendto(bytes(64), machine.address)
        here.settimeout(0.2)
        done = 0
        while done < count:
            try:
                here.recv(2048)
                done += 1
                here.sendto(bytes(64), machine.address)
            except TimeoutError:
                lost += window
                check(lost < count // 10, "too many were lost")
                for _ in range(window):
                    here.sendto(bytes(64), machine.address)
        print(f"{window} in flight: {count / (time.perf_counter() - before):.0f} echoes/s, "
              f"at most {lost} lost")
        here.settimeout(2)
        quit_machine(here, machine)


def step_flood(machines):
    """More than the machine can take, of every size, then it serves as before."""
    machine = machines.start()
    numbers = random.Random(2)
    with udp_socket() as here, udp_socket() as hose:
        payloads = [bytes([65]) + numbers.randbytes(numbers.randrange(SIZE_MAX)) for _ in range(64)]
        for number in range(60000):
            hose.sendto(payloads[number % 64], machine.address)
        after = stats(here, machine)
        print(f"flood of 60000: {after['echoed']} taken, {after['refused']} refused by the link")
        check(after["echoed"] > 1000, "the machine took next to nothing")
        for size in (1, 700, SIZE_MAX):
            payload = bytes([66]) * size
            check(ask(here, machine, payload) == payload, f"{size} bytes came back changed")
        quit_machine(here, machine)


def step_idle(machines):
    """Rests while nothing comes, and wakes by the datagram."""
    machine = machines.start()
    with udp_socket() as here:
        before = stats(here, machine)
        cpu, seconds = machine.cpu_s(), 5
        time.sleep(seconds)
        cpu = machine.cpu_s() - cpu
        after = stats(here, machine)
        turns = after["turns"] - before["turns"]
        print(f"idle for {seconds} s: {cpu:.2f} s of CPU, {turns} turns")
        check(turns <= 8, f"{turns} turns without a datagram")
        check(cpu < 0.25 * seconds, f"{cpu} s of CPU in {seconds} s of rest")
        quit_machine(here, machine)


def step_pair(machines):
    """Two machines talk to each other through this host's ports."""
    one, other = machines.start(), machines.start()
    with udp_socket() as here:
        here.settimeout(20)
        order = f"!ping {other.address_seen_by(one)} 2000".encode()
        answer = ask(here, one, order, 1).decode()
        found = re.fullmatch(r"ping count=2000 ms=(\d+) repeated=(\d+)", answer)
        check(found, f"ping answered '{answer}'")
        print(f"machine to machine: {int(found[1]) / 2:.0f} us a round trip, {found[2]} repeated")
        here.settimeout(2)
        check(stats(here, other)["echoed"] >= 2000, "the other machine did not echo them")
        quit_machine(here, one)
        quit_machine(here, other)


def checksum(data, total=0):
    data += b"\0" * (len(data) % 2)
    total += sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_frame(payload, to_mac=OWN_MAC, to_ip=OWN_IP, port=7000):
    udp = struct.pack("!HHHH", 9000, port, 8 + len(payload), 0) + payload
    pseudo = sum(struct.unpack("!4H", PEER_IP + to_ip)) + 17 + len(udp)
    udp = udp[:6] + struct.pack("!H", checksum(udp, pseudo) or 0xFFFF) + udp[8:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + PEER_IP + to_ip
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return to_mac + PEER_MAC + b"\x08\x00" + ip + udp


def arp_frame(operation, to_mac=OWN_MAC, to_ip=OWN_IP):
    return (to_mac + PEER_MAC + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) +
            PEER_MAC + PEER_IP + OWN_MAC + to_ip)


class Wire:
    """The other end of an image's cable: one UDP datagram is one Ethernet frame."""

    def __init__(self, port):
        self.socket = udp_socket()
        self.to = ("127.0.0.1", port)

    def put(self, frame):
        self.socket.sendto(frame, self.to)

    def frames(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            with contextlib.suppress(TimeoutError):
                yield self.socket.recv(65536)

    def echo_of(self, payload, answers_arp=True, seconds=3):
        """Whether `payload` comes back; who asks for our address is told, or is not."""
        for frame in self.frames(seconds):
            if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1" and answers_arp:
                self.put(arp_frame(2))
            elif frame[12:14] == b"\x08\x00" and frame[42:] == payload:
                return True
        return False

    def serves(self, payload):
        """Repeats as any client would: a lost ARP exchange costs a datagram."""
        for _ in range(5):
            self.put(udp_frame(payload))
            if self.echo_of(payload, seconds=1):
                return True
        return False


def broken_frames(numbers):
    """One of: noise, a good frame with changed bytes or cut, oversize, foreign, to all."""
    good = udp_frame(numbers.randbytes(numbers.randrange(1, 64)))
    kind = numbers.randrange(7)
    if kind == 0:
        return OWN_MAC + numbers.randbytes(numbers.randrange(1500))
    if kind == 1:
        frame = bytearray(good if numbers.randrange(2) else arp_frame(numbers.randrange(4)))
        for _ in range(numbers.randrange(1, 4)):
            frame[numbers.randrange(6, len(frame))] ^= 1 << numbers.randrange(8)
        return bytes(frame)
    if kind == 2:
        return good[:numbers.randrange(1, len(good))]
    if kind == 3:
        return udp_frame(bytes(numbers.randrange(1401, 9000)))
    if kind == 4:
        return udp_frame(b"foreign", to_mac=bytes.fromhex("525400999999"))
    if kind == 5:
        return ALL_MAC + PEER_MAC + numbers.randbytes(numbers.randrange(2, 200))
    return OWN_MAC + PEER_MAC + b"\x08\x00" + bytes([0x4F]) + numbers.randbytes(100)


def step_frames(machines):
    """Lost ARP, broken, foreign and endless Ethernet frames do not stop it."""
    port = free_port()
    wire = Wire(port)
    here = wire.socket.getsockname()[1]
    machine = machines.start(
        f"dgram,id=n0,local.type=inet,local.host=127.0.0.1,local.port={port},"
        f"remote.type=inet,remote.host=127.0.0.1,remote.port={here}")
    wire.put(udp_frame(b"unheard"))
    check(not wire.echo_of(b"unheard", answers_arp=False, seconds=1), "answered without an address")
    check(wire.serves(b"heard"), "no echo after a lost ARP exchange")
    foreign = udp_frame(b"foreign", to_mac=bytes.fromhex("525400999999"))
    wire.put(foreign)
    wire.put(udp_frame(b"elsewhere", port=7001))
    quiet = [frame for frame in wire.frames(0.5) if frame[12:14] == b"\x08\x00"]
    check(not quiet, f"{len(quiet)} answers to frames that were not for it")
    numbers = random.Random(3)
    for number in range(20000):
        wire.put(broken_frames(numbers))
        if number % 64 == 0:
            list(wire.frames(0.0005))
    check(wire.serves(b"after the storm"), "no echo after 20000 broken frames")
    check(machine.process.poll() is None, "the machine ended")
    wire.put(udp_frame(b"!quit"))
    check(machine.process.wait(10) == 0, f"ended with {machine.process.returncode}")


class Machines:
    def __init__(self, board, image):
        self.board, self.image, self.all = board, image, []

    def start(self, netdev=None):
        self.all.append(Machine(self.board, self.image, netdev))
        return self.all[-1]

    def stop(self):
        for machine in self.all:
            machine.stop()


STEPS = {"echo": step_echo, "round_trip": step_round_trip, "flood": step_flood, "idle": step_idle,
         "pair": step_pair, "frames": step_frames}


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--list":
        print(" ".join(step for step in STEPS if step != "frames" or sys.argv[2] in BARE))
        return 0
    board, image, step = sys.argv[1:]
    machines = Machines(board, image)
    try:
        STEPS[step](machines)
    except Failed as failure:
        print(f"{step}: {failure}")
        return 1
    finally:
        machines.stop()
    return 0


sys.exit(main())
