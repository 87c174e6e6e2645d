#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A plain node and plain programs over UDP, through a tap; and what happens where kinds differ.

usage: trusted_test.py BUILD_FOLDER
"""
import json
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

BUILD = os.path.abspath(sys.argv.pop(1))
PATIENCE_S = 20
SECRET = "anybody reads this"
SEALED, PLAIN = 5, 6


class Tap:
    """Passes datagrams between one node and whoever asks, and keeps them."""

    def __init__(self, node):
        self.node, self.heard, self.guests = node, [], {}
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.port = self.front.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            ready, _, _ = select.select([self.front, *self.guests.values()], [], [])
            for end in ready:
                data, who = end.recvfrom(2048)
                self.heard.append(data)
                if end is self.front:
                    if who not in self.guests:
                        self.guests[who] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                        self.guests[who].connect(("127.0.0.1", self.node))
                    self.guests[who].send(data)
                else:
                    guest = next(key for key, value in self.guests.items() if value is end)
                    self.front.sendto(data, guest)

    def take(self):
        heard, self.heard = self.heard, []
        return heard


class Node:
    def __init__(self, folder, name, binary, peers):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [os.path.join(BUILD, binary), f"name={name}", f"address=127.0.0.1:{port}",
             f"disk={name}.disk", "disk_bytes=16777216", "memory_bytes=16777216", *peers],
            cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said = next(line for line in self.process.stdout if "state=ready" in line)
        self.identity = self.ask("identity")
        self.key = re.search("x25519=([0-9a-f]+)", self.identity).group(1)
        self.tap = Tap(port)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return next(line for line in self.process.stdout if line.startswith(("ok", "error")))

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.terminate()
        self.process.wait(PATIENCE_S)


class Trusted(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.folder = kept.name
        made = cls.run_tool("grafos", "keygen", "--out", "op.key", "--json")
        operator = json.loads(made.stdout)["exchange_key"]
        said = subprocess.run([os.path.join(BUILD, "example-hello_lease-plain"), "name=hello",
                               "disk=hello.disk", "disk_bytes=16777216"], cwd=cls.folder,
                              capture_output=True, text=True, timeout=PATIENCE_S).stdout
        program = re.search("key=([0-9a-f]+)", said).group(1)
        peers = (f"peer=op,key={operator},roles=all,tenant=any",
                 f"peer=hello,key={program},roles=cap")
        cls.nodes = {}
        for name, binary in (("plain", "grafos-node-plain"), ("sealed", "grafos-node")):
            cls.nodes[name] = Node(cls.folder, name, binary, peers)
            cls.addClassCleanup(cls.nodes[name].end)
        text = '[me]\nname = "op"\nkey = "op.key"\ntenant = 7\n'
        for name, node in cls.nodes.items():
            text += (f'[[node]]\nname = "{name}"\naddress = "127.0.0.1:{node.tap.port}"\n'
                     f'exchange_key = "{node.key}"\n')
        with open(os.path.join(cls.folder, "fabric.toml"), "w") as file:
            file.write(text)

    @classmethod
    def run_tool(cls, tool, *words):
        return subprocess.run([os.path.join(BUILD, tool), *words], cwd=cls.folder,
                              capture_output=True, text=True, timeout=PATIENCE_S)

    def ask(self, tool, node, *words):
        self.nodes[node].tap.take()
        return self.run_tool(tool, "--json", "--node", node, *words)

    def good(self, tool, node, *words):
        done = self.ask(tool, node, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def use(self, tool, node):
        """A lease from grant to release; the kinds of packets that passed, and whether they tell."""
        lease = self.good(tool, node, "lease", "alloc", "memory", "4096", "--ttl-ms", "30000")
        words = (lease["lease"], "0")
        token = ("--token", lease["token"])
        self.good(tool, node, "mem", "write", *words, "--text", SECRET, *token)
        heard = self.nodes[node].tap.take()
        read = self.good(tool, node, "mem", "read", *words, str(len(SECRET)), *token)
        heard += self.nodes[node].tap.take()
        self.assertEqual(bytes.fromhex(read["data"]), SECRET.encode())
        self.good(tool, node, "lease", "free", lease["lease"])
        return {data[3] for data in heard}, any(SECRET.encode() in data for data in heard)

    def test_a_plain_node_says_so_and_packets_are_there_to_be_read(self):
        node = self.nodes["plain"]
        self.assertIn("sealed=no", node.said)
        self.assertIn("sealed=no", node.identity)
        self.assertIs(self.good("grafos-plain", "plain", "identity")["nodes"][0]["is_sealed"], False)
        kinds, is_readable = self.use("grafos-plain", "plain")
        self.assertTrue(is_readable)
        self.assertIn(PLAIN, kinds)
        self.assertNotIn(SEALED, kinds)

    def test_a_normal_node_says_the_contrary_and_nothing_is_to_be_read(self):
        node = self.nodes["sealed"]
        self.assertIn("sealed=yes", node.said)
        self.assertIn("sealed=yes", node.identity)
        self.assertIs(self.good("grafos", "sealed", "identity")["nodes"][0]["is_sealed"], True)
        kinds, is_readable = self.use("grafos", "sealed")
        self.assertFalse(is_readable)
        self.assertIn(SEALED, kinds)
        self.assertNotIn(PLAIN, kinds)

    def test_kinds_do_not_mix(self):
        for tool, node in (("grafos", "plain"), ("grafos-plain", "sealed")):
            done = self.ask(tool, node, "ping")
            self.assertEqual(done.returncode, 1, done.stdout)
            error = json.loads(done.stderr)["error"]
            self.assertEqual((error["code"], error["field"]), ("unsupported", "session"), error)
            self.assertIn("leaves packets plain", error["why"])
            self.assertTrue(error["why"].startswith(error["address"]), error)
            self.assertIn("trusted fabric", error["next"])
            kinds = {data[3] for data in self.nodes[node].tap.take()}
            self.assertFalse(kinds & {SEALED, PLAIN}, "nothing but the handshake")

    def test_a_program_leases_from_its_kind_only(self):
        for name, line in (("plain", "hello, lease"), ("sealed", "unsupported at session")):
            node = self.nodes[name]
            done = subprocess.run(
                [os.path.join(BUILD, "example-hello_lease-plain"), "name=hello",
                 "disk=hello.disk", "disk_bytes=16777216", "address=127.0.0.1:0", f"extra={name}",
                 f"peer={name},key={node.key},address=127.0.0.1:{node.tap.port}"],
                cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE_S)
            self.assertIn(line, done.stdout.splitlines()[-1], done.stdout)
            self.assertEqual(done.returncode == 0, name == "plain")


if __name__ == "__main__":
    unittest.main()
