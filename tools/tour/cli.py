# SPDX-License-Identifier: Apache-2.0
"""The command line `grafos`, as the tour uses it: a key, a fabric.toml, one program a request.

Every command is kept as it is shown in the report, with ids and tokens left out.
"""

import copy
import json
import shutil
import subprocess
import time
from pathlib import Path

from holder import TRANSFER, Held, NodeRefused
from network import Peer, Wires
from node import CheckFailed, Lease, check, check_equal

BLOCK = 512
TIMEOUT_MS = 15_000
KEY = "operator.key"
HIDDEN = ("token", "lease", "alloc_key")


class Cli:
    """One operator at a command line."""

    name = "cli"

    def __init__(self, program: Path, folder: Path, wires: Wires):
        self.program, self.folder, self.wires = program, folder, wires
        self.exchanges: list[dict] = []
        self._hidden: dict[str, str] = {}    # what must not stand in a report, and what does
        key = self._run(["keygen", "--out", str(folder / KEY)])
        self.exchange_key = key["exchange_key"]

    def peer_word(self) -> str:
        return Peer(self.name, self.exchange_key, "all", "tenant=any").word()

    def configure(self, nodes: list) -> None:
        """Writes fabric.toml for these nodes (name, exchange key, node id), as they are reached."""
        lines = ["[me]", 'name = "operator"', f'key = "{KEY}"', "tenant = 1"]
        for name, exchange_key, node_id in nodes:
            lines += ["[[node]]", f'name = "{name}"', f'address = "{self.wires.address_of(name)}"',
                      f'exchange_key = "{exchange_key}"', f'node_id = "{node_id}"']
        (self.folder / "fabric.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._run(["config", "check"])

    def _run(self, words: list[str]) -> dict:
        """Its last JSON value. Raises CheckFailed if it does not end well."""
        status, value, error = self._start(words, TIMEOUT_MS)
        check(status == 0, f"grafos {' '.join(words[:2])} ended with {status}: {error}")
        return value

    def _command(self, words: list[str], timeout_ms: int) -> list[str]:
        return [str(self.program), "--json", "--timeout-ms", str(timeout_ms), "--config",
                str(self.folder / "fabric.toml"), *words]

    def _start(self, words: list[str], timeout_ms: int) -> tuple[int, dict, dict]:
        done = subprocess.run(self._command(words, timeout_ms), capture_output=True, text=True,
                              check=False, timeout=timeout_ms / 1000 + 30)
        try:
            value = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
            error = json.loads(done.stderr.splitlines()[-1]) if done.stderr.strip() else {}
        except json.JSONDecodeError:
            raise CheckFailed(f"grafos {' '.join(words[:2])}: {done.stdout}{done.stderr}") from None
        return done.returncode, value, error

    def run(self, node: str, *words: str, timeout_ms: int = TIMEOUT_MS) -> dict:
        """Raises NodeRefused with the typed error's code; CheckFailed for bad usage."""
        began = time.monotonic()
        status, value, error = self._start(["--node", node, *words], timeout_ms)
        code = "ok" if status == 0 else error.get("error", {}).get("code", f"exit {status}")
        self.exchanges.append({
            "to": node, "request": self._shown(f"grafos --node {node} {' '.join(words)}"),
            "code": code, "exit": status,
            "reply": {key: each for key, each in (value or error).items() if key not in HIDDEN},
            "ms": round((time.monotonic() - began) * 1000, 1)})
        if status == 1:
            raise NodeRefused(self._shown(" ".join(words[:2])), code)
        check_equal(status, 0, f"exit status of grafos {' '.join(words[:2])} ({error})")
        return value

    def _shown(self, text: str) -> str:
        for secret, name in self._hidden.items():
            text = text.replace(secret, name)
        return text

    def _hide(self, ref: str, **secrets: str) -> None:
        for name, secret in secrets.items():
            self._hidden[secret] = f"<{name} of {ref[:8]}…>"

    def sibling(self) -> "Cli":
        """The same operator at another terminal: what is asked there is told there."""
        other = copy.copy(self)
        other.exchanges, other._hidden = [], {}
        return other

    def move_to(self, folder: Path, wires: Wires) -> "Cli":
        """From now on about other nodes; what is asked is told where it was told before."""
        moved = copy.copy(self)
        shutil.copy(self.folder / KEY, folder)
        moved.folder, moved.wires = folder, wires
        return moved

    def take_exchanges(self) -> list:
        taken, self.exchanges = self.exchanges, []
        return taken

    def identify(self, node: str) -> tuple[str, str]:
        """node_id and exchange key, as the node answers."""
        rows = next(value for value in self.run(node, "identity").values()
                    if isinstance(value, list))
        check_equal(len(rows), 1, f"nodes that answered for {node}")
        return rows[0]["node_id"], rows[0]["exchange_key"]

    # --- leases ---------------------------------------------------------------------------------

    def grant(self, node: str, kind: str, size: int, ttl_ms: int) -> Held:
        got = self.run(node, "lease", "alloc", kind, str(size), "--ttl-ms", str(ttl_ms))
        self._hide(got["ref"], id=got["lease"], token=got["token"])
        lease = Lease(got["lease"], got["ref"], int(got["epoch"]), int(got["generation"]),
                      int(got["left_ms"]), int(got["bytes"]), int(got["record"]))
        check_equal(lease.size, size, "bytes granted")
        return Held(node, kind, bytes.fromhex(got["lease"]), bytes.fromhex(got["token"]), lease)

    def code_of_grant(self, node: str) -> str:
        """The code that 4 KiB of memory are refused with, or `ok`."""
        try:
            self.free(self.grant(node, "memory", 4096, 10_000))
            return "ok"
        except NodeRefused as refusal:
            return refusal.code

    def _place(self, held: Held, offset: int) -> list[str]:
        """Who and where; memory by bytes, blocks by number."""
        at = offset if held.kind == "memory" else offset // BLOCK
        return [held.identity.hex(), str(at), "--token", held.token.hex()]

    def write(self, held: Held, offset: int, data: bytes) -> None:
        noun = "mem" if held.kind == "memory" else "block"
        got = self.run(held.node, noun, "write", *self._place(held, offset), "--hex", data.hex())
        check_equal(int(got["bytes"]), len(data), "bytes written")

    def read(self, held: Held, offset: int, length: int = TRANSFER,
             patience_s: float = TIMEOUT_MS / 1000) -> bytes:
        noun, count = ("mem", length) if held.kind == "memory" else ("block", length // BLOCK)
        identity, at, *token = self._place(held, offset)
        got = self.run(held.node, noun, "read", identity, at, str(count), *token,
                       timeout_ms=int(patience_s * 1000))
        return bytes.fromhex(got["data"])

    def renew(self, held: Held) -> int:
        got = self.run(held.node, "lease", "renew", held.identity.hex(), "--token",
                       held.token.hex())
        held.token = bytes.fromhex(got["token"])
        self._hide(held.lease.ref, token=got["token"])
        return int(got["generation"])

    def free(self, held: Held) -> int:
        got = self.run(held.node, "lease", "free", held.identity.hex())
        check_equal(got["ref"], held.lease.ref, "ref of the freed lease")
        return int(got["record"])

    def hold(self, held: Held, *words: str) -> "Hold":
        """`grafos hold`, running. Its lease is alive for as long as it says so."""
        line = ["--node", held.node, "hold", held.identity.hex(), *words]
        return Hold(self, held.node, f"grafos {' '.join(line)}", self._command(line, TIMEOUT_MS))

    def flush(self, held: Held) -> None:
        """Block writes of the command line are flushed already."""

    def code_of_read(self, held: Held, patience_s: float = TIMEOUT_MS / 1000) -> str:
        """The code a read is refused with, or `ok`."""
        try:
            self.read(held, 0, TRANSFER, patience_s)
            return "ok"
        except NodeRefused as refusal:
            return refusal.code


class Hold:
    """A `grafos hold`: a line for each thing that happens to its lease, and an exit status."""

    def __init__(self, cli: Cli, node: str, request: str, command: list[str]):
        self.cli, self.node, self.request = cli, node, request
        self.began = time.monotonic()
        self.process = subprocess.Popen(["timeout", "60", *command], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.events: list[dict] = []

    def wait(self, event: str) -> dict:
        """The next event, which must be this one."""
        line = self.process.stdout.readline()
        check(bool(line), f"grafos hold ended instead of {event}")
        self.events.append(json.loads(line))
        check_equal(self.events[-1]["event"], event, "event of grafos hold")
        return self.events[-1]

    def wait_end(self) -> tuple[int, str]:
        """Exit status, and the code of its typed error, or `ok`."""
        rest, errors = self.process.communicate(timeout=60)
        self.events += [json.loads(line) for line in rest.splitlines()]
        code = json.loads(errors.splitlines()[-1])["error"]["code"] if errors.strip() else "ok"
        self.cli.exchanges.append({
            "to": self.node, "request": self.cli._shown(self.request), "code": code,
            "exit": self.process.returncode, "reply": {"events": self.events},
            "ms": round((time.monotonic() - self.began) * 1000, 1)})
        return self.process.returncode, code
