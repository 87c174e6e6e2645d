#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""grafosd: starts from a file, serves, tells a service manager, ends cleanly at SIGTERM, and refuses a
bad file by its line."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import tomllib
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

BINARIES = sys.argv.pop(1)
UNIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "daemon", "grafosd.service")


class Daemon(unittest.TestCase):
    def setUp(self):
        self.rig = rig.Rig(BINARIES)
        self.addCleanup(self.rig.close)

    def end(self, number):
        began = time.monotonic()
        self.rig.process.send_signal(number)
        code = self.rig.process.wait(10)
        self.rig.process.stdout.close()
        return code, time.monotonic() - began

    def test_it_serves_and_ends_cleanly(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.rig.start_daemon()
            shown = json.loads(self.rig.run("--json", "readiness").stdout)
            self.assertEqual(shown["nodes"][0]["state"], "ready")
            done = self.rig.run("--json", "lease", "alloc", "memory", "4KiB")
            self.assertEqual(done.returncode, 0, done.stderr)
            code, took = self.end(number)
            self.assertEqual(code, 0)
            self.assertLess(took, 2)
        self.rig.start_daemon()
        done = self.rig.run("audit", "export", "--out", "all.jsonl")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.rig.path("all.jsonl")) as file:
            records = [json.loads(line) for line in file][:-1]
        reasons = [record["reason"] for record in records if record["kind"] == "boot"]
        self.assertEqual(reasons, ["first_boot", "restart", "restart", "restart"])
        self.assertEqual(self.end(signal.SIGTERM)[0], 0)

    def test_it_is_the_node_itself_and_reads_no_console(self):
        self.rig.start_daemon()
        name = os.path.basename(os.readlink(f"/proc/{self.rig.process.pid}/exe"))
        self.assertEqual(name, "grafos-node")
        self.assertEqual(os.readlink(f"/proc/{self.rig.process.pid}/fd/0"), "/dev/null")
        self.assertEqual(self.end(signal.SIGTERM)[0], 0)

    def manager(self, name):
        """A socket as a service manager has one; each datagram says who sent it."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        listener.bind(name)
        listener.settimeout(10)
        return listener

    def heard(self, listener):
        """Lines of the next datagram, and the process it came from."""
        text, extra, _, _ = listener.recvmsg(4096, socket.CMSG_SPACE(12))
        sender = struct.unpack("3i", extra[0][2])[0]
        return dict(line.split("=", 1) for line in text.decode().split("\n")), sender

    def test_a_service_manager_is_told_when_it_serves_and_when_it_ends(self):
        path = self.rig.path("notify")
        name = "grafos-test-" + os.urandom(8).hex()
        for place, bound in ((path, path), ("@" + name, "\0" + name)):
            listener = self.manager(bound)
            self.rig.start_daemon(notify=place)
            said, sender = self.heard(listener)
            self.assertEqual(said, {"READY": "1", "STATUS": "ready"})
            self.assertEqual(sender, self.rig.process.pid)  # NotifyAccess=main
            self.assertEqual(self.rig.run("ping").returncode, 0)
            self.assertEqual(self.end(signal.SIGTERM)[0], 0)
            self.assertEqual(self.heard(listener)[0], {"STOPPING": "1", "STATUS": "stopping"})
            listener.setblocking(False)
            self.assertRaises(BlockingIOError, listener.recv, 4096)

    def test_a_degraded_node_is_up_too_and_says_so(self):
        with open(self.rig.path("alpha.disk"), "r+b") as disk:
            disk.seek(8192)
            disk.write(b"\xff" * (1 << 20))  # cells and log, as a failing disk leaves them
        listener = self.manager(self.rig.path("notify"))
        self.rig.start_daemon(notify=self.rig.path("notify"))
        said, _ = self.heard(listener)
        self.assertEqual(said["READY"], "1")
        self.assertTrue(said["STATUS"].startswith("degraded"), said)
        self.assertEqual(self.end(signal.SIGTERM)[0], 0)

    def test_without_a_service_manager_nobody_is_told(self):
        listener = self.manager(self.rig.path("notify"))
        for place in (None, "", "notify", "@", self.rig.path("nobody"), "/" + "x" * 200):
            self.rig.start_daemon(notify=place)
            self.assertEqual(self.end(signal.SIGTERM)[0], 0, place)
        listener.setblocking(False)
        self.assertRaises(BlockingIOError, listener.recv, 4096)

    def test_a_bad_file_is_refused_by_its_line(self):
        with open(self.rig.path("fabric.toml")) as file:
            good = file.read()
        line = good[:good.index("disk_bytes")].count("\n") + 1
        cases = [(good.replace(f"disk_bytes = {self.rig.disk_bytes}", "disk_bytes = 12"),
                  f"fabric.toml:{line}: daemon.disk_bytes: got 12"),
                 (good[:good.index("[daemon]")], "fabric.toml:1: daemon: got nothing"),
                 ("not toml", "fabric.toml:1: ")]
        for text, said in cases:
            with open(self.rig.path("fabric.toml"), "w") as file:
                file.write(text)
            done = subprocess.run([self.rig.tool("grafosd"), "--config", "fabric.toml"],
                                  cwd=self.rig.folder, capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(said, done.stderr)
        done = subprocess.run([self.rig.tool("grafosd"), "--nonsense"], capture_output=True)
        self.assertEqual(done.returncode, 2)

    def identity(self, file):
        return subprocess.run([self.rig.tool("grafosd"), "--config", file, "--identity"],
                              cwd=self.rig.folder, capture_output=True, text=True, timeout=40)

    def test_it_says_who_it_is_as_an_entry_to_paste(self):
        done = self.identity("fabric.toml")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        (entry,) = tomllib.loads(done.stdout)["node"]
        self.assertEqual(entry, {"name": "alpha", "address": f"127.0.0.1:{self.rig.port}",
                                 "exchange_key": self.rig.node["x25519"],
                                 "node_id": self.rig.node["node_id"]})
        with open(self.rig.path("asker.toml"), "w") as file:
            file.write('[me]\nname = "operator"\nkey = "operator.key"\n' + done.stdout)
        self.rig.start_daemon()
        asked = self.rig.run("--config", "asker.toml", "ping")
        self.assertEqual(asked.returncode, 0, asked.stderr)
        busy = self.identity("fabric.toml")  # the disk is the daemon's
        self.assertEqual((busy.returncode, busy.stdout), (1, ""))
        self.assertIn("`grafos identity` asks it", busy.stderr)
        self.assertEqual(self.end(signal.SIGTERM)[0], 0)

    def test_a_new_disk_gets_keys_that_stay(self):
        with open(self.rig.path("fabric.toml")) as file:
            text = file.read()
        with open(self.rig.path("new.toml"), "w") as file:
            file.write(text.replace("alpha.disk", "new.disk"))
        first = self.identity("new.toml")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertNotIn(self.rig.node["x25519"], first.stdout)
        self.assertEqual(self.identity("new.toml").stdout, first.stdout)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not there")
    def test_the_unit_is_sound(self):
        local = self.rig.path("grafosd.service")
        with open(UNIT) as unit, open(local, "w") as to:
            to.write(unit.read().replace("/usr/local/bin/grafosd", self.rig.tool("grafosd")))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", local],
                              capture_output=True, text=True, timeout=60)
        said = [text for text in done.stderr.splitlines() if "grafosd.service" in text]
        self.assertEqual(said, [], done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
