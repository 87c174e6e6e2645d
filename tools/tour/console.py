# SPDX-License-Identifier: Apache-2.0
"""The operator's side of a node's console: one command, its data lines, one last line.

The grammar is core/node/README.md. An answer that does not follow it, does not come in time or
comes from a machine that died is an exception; `error` answers are `Refused`, with the node's own
advice what to do next.
"""

import queue
import re
import time
from dataclasses import dataclass, field

from machine import Machine, MachineError

ANSWER_TIMEOUT_S = 10.0
PROGRESS_S = 2.0
REFUSAL = re.compile(r"error (?P<code>\w+)(?: at (?P<field>\w+))?"
                     r"(?:: got (?P<value>.*?))?(?:, expected (?P<expected>.*?))?"
                     r"(?: (?:-|—) (?P<next_step>.*))?$")


class ConsoleError(MachineError):
    """The console did not answer in its grammar or in time."""


class Refused(Exception):
    """The node said no: a typed error. `next_step` is its own advice."""

    def __init__(self, command: str, line: str):
        match = REFUSAL.match(line)
        if not match:
            raise ConsoleError(f"'{command}' got a malformed refusal: {line!r}")
        self.command, self.line = command, line
        self.code, self.field = match["code"], match["field"] or ""
        self.value, self.expected = match["value"] or "", match["expected"] or ""
        self.next_step = match["next_step"] or ""
        super().__init__(f"'{shorten(command)}' was refused: {line}")


@dataclass
class Answer:
    """`data`: (noun, words) of each data line; `words`: of the last line; `raw`: data lines as they
    came (for exports)."""

    command: str
    words: dict = field(default_factory=dict)
    data: list = field(default_factory=list)
    raw: list = field(default_factory=list)

    def number(self, key: str) -> int:
        return int(self.text(key))

    def text(self, key: str) -> str:
        if key not in self.words:
            raise ConsoleError(f"'{shorten(self.command)}' answered without {key}=: {self.words}")
        return self.words[key]


def shorten(command: str) -> str:
    return command if len(command) <= 60 else f"{command[:57]}..."


def parse_words(text: str) -> dict:
    """`a=1 b=two` → {"a": "1", "b": "two"}; words without `=` are left out."""
    return dict(word.split("=", 1) for word in text.split() if "=" in word)


class Console:
    """Talks to one machine, one command at a time."""

    def __init__(self, machine: Machine, patience: float = 1.0):
        self.machine = machine
        self.notices: list[str] = []     # `grafos …` lines: boot, degraded, epitaphs
        self._patience = patience        # 0: wait for ever (somebody has a debugger)

    def wait_state(self, timeout: float = 20.0) -> dict:
        """The words of `grafos … state=ready` or `state=degraded`."""
        while True:
            line = self.next_line(timeout, "booting")
            words = parse_words(line) if line.startswith("grafos ") else {}
            if words.get("state", "booting") not in ("booting",):
                return words

    def run(self, command: str, timeout: float = ANSWER_TIMEOUT_S) -> Answer:
        """Sends one line and collects its answer. Raises Refused, ConsoleError, MachineError."""
        self.send(command)
        return self.collect(command, timeout)

    def send(self, command: str | bytes) -> None:
        data = command if isinstance(command, bytes) else command.encode()
        self.machine.transcript.put(">", data.decode("utf-8", "backslashreplace"))
        self.machine.send(data + b"\n")

    def collect(self, command: str, timeout: float = ANSWER_TIMEOUT_S) -> Answer:
        """Reads up to the next last line."""
        answer = Answer(command)
        deadline = time.monotonic() + timeout
        while True:
            line = self.next_line(deadline - time.monotonic(), command)
            if line.startswith("grafos "):
                self.notices.append(line)
                continue
            first, _, rest = line.partition(" ")
            if first == "ok":
                answer.words = parse_words(rest)
                return answer
            if first == "error":
                raise Refused(command, line)
            answer.raw.append(line)
            answer.data.append((first, parse_words(rest)))

    def code_of(self, command: str | bytes, timeout: float = ANSWER_TIMEOUT_S) -> str:
        """The code a command is refused with, or `ok`."""
        try:
            self.send(command)
            self.collect(str(command), timeout)
            return "ok"
        except Refused as refusal:
            return refusal.code

    def echo_off(self) -> None:
        """Switches the echo off; the echo of this very line is swallowed as a data line."""
        self.run("echo off")

    def next_line(self, timeout: float, waiting_for: str) -> str:
        bound = timeout * self._patience if self._patience else None
        try:
            line = self.machine.lines.get(timeout=max(bound, 0.001) if bound is not None else None)
        except queue.Empty:
            raise ConsoleError(f"{self.machine.board.name} did not answer '{shorten(waiting_for)}' "
                               f"in time; see its transcript") from None
        if line is None:
            raise MachineError(self.machine.why_ended())
        return line
