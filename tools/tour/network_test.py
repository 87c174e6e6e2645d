# SPDX-License-Identifier: Apache-2.0
"""The wires of the tour: names of addresses, lost races for a port, words with commas.

usage: network_test.py GRAFOS_NODE GRAFOS_NETEM [unittest's words]
"""

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "netem")]

from machine import BOARDS, Machine, MachineError, Start, Transcript, board_named  # noqa: E402
from network import Peer, Wires, port_was_taken  # noqa: E402
from node import DISK_BYTES, Node  # noqa: E402

NODE, NETEM = (Path(sys.argv.pop(1)), Path(sys.argv.pop(1))) if __name__ == "__main__" else (0, 0)


class WiresTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="grafos-wires-")
        self.wires = Wires()
        for board in BOARDS:
            self.wires.add(board.name, bool(board.qemu))

    def tearDown(self):
        Machine.kill_all()
        self.wires.kill_relay()
        self.folder.cleanup()

    def node(self) -> Node:
        path = Path(self.folder.name)
        with (path / "disk").open("wb") as disk:
            disk.truncate(DISK_BYTES)
        transcript = Transcript(path / "log", time.monotonic())
        machine = Machine(board_named("linux"), NODE, path / "disk", path, transcript)
        return Node(machine, path, path, bound_s=30.0, wires=self.wires)

    def test_without_a_relay_images_and_processes_call_a_node_differently(self):
        port = self.wires.plugs["linux"].port
        self.assertEqual(self.wires.address_of("linux"), f"127.0.0.1:{port}")
        self.assertEqual(self.wires.address_of("linux", "x86_64"), f"10.0.2.2:{port}")
        port = self.wires.plugs["aarch64"].port
        self.assertEqual(self.wires.address_of("aarch64", "linux"), f"127.0.0.1:{port}")

    def test_with_a_relay_each_pair_has_an_address_of_its_own(self):
        relay = self.wires.start_relay(NETEM)
        seen = {(viewer, node): self.wires.address_of(node, viewer)
                for viewer in (*self.wires.plugs, "cli") for node in self.wires.plugs
                if viewer != node}
        self.assertEqual(len(set(seen.values())), 9)
        self.assertTrue(seen["x86_64", "linux"].startswith("10.0.2.2:"))
        self.assertTrue(seen["linux", "x86_64"].startswith("127.0.0.1:"))
        self.assertEqual(self.wires.address_of("linux", directly=True),
                         f"127.0.0.1:{self.wires.plugs['linux'].port}")
        self.wires.move(self.wires.plugs["linux"])
        told = {node["name"]: node["address"] for node in relay.tell("help")["nodes"]}
        self.assertEqual(told["linux"], f"127.0.0.1:{self.wires.plugs['linux'].port}")

    def test_a_program_asks_through_lanes_of_its_own_and_is_no_node(self):
        self.wires.add_program("x86_64-program", True)
        self.wires.add_program("linux-program", False)
        relay = self.wires.start_relay(NETEM)
        seen = {self.wires.address_of(node, viewer) for node in self.wires.plugs
                for viewer in ("x86_64-program", "linux-program", "cli")}
        self.assertEqual(len(seen), 9)
        self.assertTrue(self.wires.address_of("linux", "x86_64-program").startswith("10.0.2.2:"))
        self.assertTrue(self.wires.address_of("x86_64", "linux-program").startswith("127.0.0.1:"))
        self.assertEqual(relay.counters("linux-program::aarch64")["dropped"], 0)

    def test_a_peer_is_one_word(self):
        peer = Peer("operator", "ab" * 32, "cap+time", "tenant=1")
        self.assertEqual(peer.word(), f"operator,key={'ab' * 32},roles=cap+time,tenant=1")
        self.assertTrue(peer.word("10.0.2.2:5").endswith(",address=10.0.2.2:5"))

    def test_a_node_that_lost_its_port_takes_another(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            plug = self.wires.plugs["linux"]
            plug.port = taken = other.getsockname()[1]
            self.node().start()
            self.assertNotEqual(plug.port, taken)

    def test_qemu_says_in_known_words_that_a_port_is_taken(self):
        for board in BOARDS[:2]:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.1", 0))
                self.wires.plugs[board.name].port = other.getsockname()[1]
                done = subprocess.run(["timeout", "10", *board.qemu, "-S",
                                       *self.wires.plugs[board.name].qemu_words()],
                                      stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                      check=False)
            self.assertNotIn(done.returncode, (0, 124))
            self.assertTrue(port_was_taken(done.stderr.splitlines()), done.stderr)

    def test_other_failures_are_not_taken_for_a_lost_port(self):
        node = self.node()
        node.arguments = {"operations": "none"}
        with self.assertRaises(MachineError):
            node.start()
        self.assertFalse(node.machine.lost_its_port())

    def test_words_for_an_image_may_hold_commas(self):
        machine = self.node().machine
        machine.board = board_named("x86_64")
        start = Start(peers=("a,key=1", "b,key=2"), plug=self.wires.plugs["x86_64"])
        command = machine._qemu_command(start)
        self.assertIn("name=opt/grafos/args,string=name=x86_64 peer=a,,key=1 peer=b,,key=2", command)
        self.assertTrue(any("hostfwd=udp:127.0.0.1:" in word for word in command))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        unittest.main(verbosity=1, warnings="ignore")
