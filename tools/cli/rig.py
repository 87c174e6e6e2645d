# SPDX-License-Identifier: Apache-2.0
"""Nodes, who asks them, and their files in a folder: what the tests of the command line stand on."""
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
        self.close_pipes()
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
roles = ["cap", "revoke", "fence_clear", "collect", "time", "observe", "call"]
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

    def start_daemon(self, notify=None):
        """`notify`: what a service manager would put into NOTIFY_SOCKET."""
        environment = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
        if notify is not None:
            environment["NOTIFY_SOCKET"] = notify
        self.process = subprocess.Popen([self.tool("grafosd"), "--config", "fabric.toml"],
                                        cwd=self.folder, stdout=subprocess.PIPE, stderr=self.log,
                                        env=environment)
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
        self.close_pipes()
        self.log.close()
        self.kept.cleanup()

    def close_pipes(self):
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


class Fabric:
    """Two nodes, alpha and beta, and three who know them: an operator, a guest without a role, and a
    member of tenant 9 with a quota."""

    def __init__(self, folder, tool, node):
        self.folder, self.tool, self.node = folder, tool, node
        self.processes = {}
        self.keys = {}
        self.ports = {}
        for name in ("op", "guest", "member"):
            made = self.run("keygen", "--out", f"{name}.key", config=None)
            self.keys[name] = json.loads(made.stdout)["exchange_key"]
        for name in ("alpha", "beta"):
            self.start(name)
        for who in ("op", "guest", "member"):
            self.write_config(who)

    def start(self, name):
        self.ports.setdefault(name, free_port())
        node = subprocess.Popen(
            [self.node, f"name={name}", f"address=127.0.0.1:{self.ports[name]}", f"disk={name}.disk",
             "disk_bytes=16777216", "memory_bytes=16777216",
             f"peer=op,key={self.keys['op']},roles=all,tenant=any",
             f"peer=guest,key={self.keys['guest']},roles=none,tenant=9",
             f"peer=member,key={self.keys['member']},roles=cap,tenant=9,bytes=262144"],
            cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.processes[name] = node
        for line in node.stdout:
            if "state=ready" in line:
                break
        node.stdin.write("identity\n")
        node.stdin.flush()
        words = node.stdout.readline().split()
        self.keys[name] = next(word[7:] for word in words if word.startswith("x25519="))

    def write_config(self, who):
        text = f'[me]\nname = "{who}"\nkey = "{who}.key"\n'
        text += 'tenant = 7\n' if who == "op" else 'tenant = 9\n'
        for name in ("alpha", "beta"):
            text += (f'[[node]]\nname = "{name}"\naddress = "127.0.0.1:{self.ports[name]}"\n'
                     f'exchange_key = "{self.keys[name]}"\n')
        with open(os.path.join(self.folder, f"{who}.toml"), "w") as file:
            file.write(text)

    def run(self, *words, config="op", node=None, form=("--json",)):
        line = [self.tool, *form]
        line += ["--config", f"{config}.toml"] if config else []
        line += ["--node", node] if node else []
        return subprocess.run([*line, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=PATIENCE_S)

    def stop(self, name):
        process = self.processes.pop(name)
        process.stdin.close()
        process.stdout.close()
        process.terminate()
        process.wait(PATIENCE_S)

    def end(self):
        for name in list(self.processes):
            self.stop(name)
