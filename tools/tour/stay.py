# SPDX-License-Identifier: Apache-2.0
"""After the tour: a person at the console of a node that is still up.

The terminal edits and echoes the line itself; whole lines go to the node, and what the node says is
shown as it comes. Ctrl-] leaves. A line `@NAME` goes to another node. Without a terminal, lines
come from standard input until it ends.
"""

import contextlib
import os
import sys
import termios

from console import Refused
from machine import MachineError
from node import Node
from show import Show

LEAVE = b"\x1d"


@contextlib.contextmanager
def ctrl_bracket_ends(descriptor: int):
    """On a terminal, Ctrl-] is the end of input instead of Ctrl-D."""
    if not os.isatty(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)
    changed = termios.tcgetattr(descriptor)
    changed[6][termios.VEOF] = LEAVE
    termios.tcsetattr(descriptor, termios.TCSADRAIN, changed)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def attach(nodes: list[Node], show: Show) -> None:
    """Until the person leaves or the node ends. The others stay up meanwhile."""
    if not nodes:
        show.line("no node is up")
        return
    by_name = {node.name: node for node in nodes}
    names = ", ".join(by_name)
    current = nodes[0]
    show.line(f"attached to {current.name} (up: {names}); @NAME goes to another, Ctrl-] leaves, "
              f"help lists the commands")
    _watch(by_name, current)
    with ctrl_bracket_ends(sys.stdin.fileno()):
        while line := sys.stdin.buffer.readline():
            text = line.strip()
            if text.startswith(b"@"):
                wanted = text[1:].decode("utf-8", "replace")
                if wanted not in by_name:
                    show.line(f"no node '{wanted}' is up: expected one of {names}")
                    continue
                current = by_name[wanted]
                _watch(by_name, current)
                show.line(f"attached to {current.name}")
                continue
            try:
                if os.isatty(sys.stdin.fileno()):
                    current.console.send(text)
                else:
                    current.console.run(text.decode("utf-8", "replace"))
            except Refused:
                pass  # the person has seen it
            except MachineError as error:
                show.line(f"{error}")
                return


def _watch(by_name: dict[str, Node], current: Node) -> None:
    for node in by_name.values():
        node.machine.tap = _print if node is current else None


def _print(chunk: bytes) -> None:
    sys.stdout.buffer.write(chunk.replace(b"\r\n", b"\n"))
    sys.stdout.buffer.flush()

