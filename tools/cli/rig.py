# SPDX-License-Identifier: Apache-2.0
"""A node, its operator and their files in a folder: what the tests of the command line stand on."""
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE_S = 20


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Rig:
    """One node called alpha; `start` runs it with a console, `start_daemon` as a service would."""

    def __init__(self, binaries, disk_bytes=16 << 20):
        self.binaries = os.path.abspath(binaries)
        self.kept = tempfile.TemporaryDirectory(prefix="grafos-rig-")
        self.folder = self.kept.name
        self.disk_bytes = disk_bytes
        self.port = free_port()
        self.process = None
        self.log = open(self.path("node.log"), "ab")
        made = json.loads(self.run("keygen", "--out", "operator.key", "--json").stdout)
        self.operator = made["exchange_key"]
        self.start()
        self.node = dict(word.split("=", 1) for word in self.ask("identity").split()[1:])
        self.ask("off")
        self.process.wait(PATIENCE_S)
        self.write_config()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_config(self):
        with open(self.path("fabric.toml"), "w") as file:
            file.write(f"""[me]
name = "operator"
key = "operator.key"
tenant = 7

[[node]]
name = "alpha"
address = "127.0.0.1:{self.port}"
exchange_key = "{self.node['x25519']}"
node_id = "{self.node['node_id']}"

[daemon]
name = "alpha"
listen = "127.0.0.1:{self.port}"
disk = "alpha.disk"
disk_bytes = {self.disk_bytes}
memory_bytes = 16777216

[[principal]]
name = "operator"
exchange_key = "{self.operator}"
roles = ["cap", "revoke", "fence_clear", "collect", "time", "observe"]
tenant = "any"
""")

    def tool(self, name):
        return os.path.join(self.binaries, name)

    def run(self, *words, timeout=PATIENCE_S):
        return subprocess.run([self.tool("grafos"), *words], cwd=self.folder, text=True,
                              capture_output=True, timeout=timeout)

    def begin(self, *words):
        """A command that goes on; ended by the caller."""
        return subprocess.Popen([self.tool("grafos"), *words], cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def start(self, disk="alpha.disk"):
        """The node with a console on a pipe."""
        peer = f"peer=operator,key={self.operator},roles=all,tenant=any"
        self.process = subprocess.Popen(
            [self.tool("grafos-node"), "name=alpha", f"address=127.0.0.1:{self.port}",
             f"disk={disk}", f"disk_bytes={self.disk_bytes}", "memory_bytes=16777216", peer],
            cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.wait_for_line("state=ready", "state=degraded")

    def start_daemon(self):
        self.process = subprocess.Popen([self.tool("grafosd"), "--config", "fabric.toml"],
                                        cwd=self.folder, stdout=subprocess.PIPE, stderr=self.log)
        self.wait_for_line("state=ready", "state=degraded")

    def wait_for_line(self, *parts):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            line = self.process.stdout.readline().decode()
            if any(part in line for part in parts):
                return line
            if not line:
                break
        raise AssertionError(f"the node never said {parts}")

    def ask(self, command):
        """One console command, its last line."""
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline().decode().strip()
            if not line:
                raise AssertionError(f"the node died at {command}")
            if line.startswith(("ok", "error")):
                return line

    def grant(self, ttl_ms=60_000):
        """A lease's id, or the refusal."""
        line = self.ask(f"lease alloc memory 4096 {ttl_ms}")
        found = re.search(r"\blease=(\S+)", line)
        return found.group(1) if found else line

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.log.close()
        self.kept.cleanup()
