#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""top in a terminal of our own: what its screen shows, redraw after redraw, and how it gives it back.

usage: top_test.py GRAFOS GRAFOS_NODE
"""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

TOOL, NODE = (os.path.abspath(word) for word in (sys.argv.pop(1), sys.argv.pop(1)))
SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Emulator:
    """As much of a terminal as top may use; anything else is an error, and so is a line that wraps."""

    def __init__(self, columns, rows):
        self.alternate, self.has_cursor, self.colour = False, True, ""
        self.frames, self.clears, self.rest = 0, 0, ""
        self.colours = {}  # of the last word drawn in it
        self.main = "before"
        self.resize(columns, rows)

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines = [""] * rows  # what was there is drawn anew
        self.x = self.y = 0
        self.is_strict = True

    def text(self):
        return "\n".join(line.rstrip() for line in self.lines).rstrip()

    def feed(self, data):
        self.rest += data
        while self.rest:
            if self.rest[0] != "\x1b":
                self.put(self.rest[0])
                self.rest = self.rest[1:]
                continue
            found = SEQUENCE.match(self.rest)
            if found is None:
                assert len(self.rest) < 12, repr(self.rest)
                return  # its end is still to come
            self.rest = self.rest[found.end():]
            self.act(*found.groups())

    def put(self, char):
        if char == "\r":
            self.x = 0
        elif char == "\n":
            self.y += 1
            assert self.y < self.rows or not self.alternate or not self.is_strict, \
                "the frame is higher than the window"
            self.y = min(self.y, self.rows - 1)
        else:
            assert " " <= char <= "~", repr(char)
            is_cut = self.x < self.columns - 1 or not self.alternate
            assert is_cut or not self.is_strict, \
                f"line {self.y} reaches the edge: {self.lines[self.y]}"
            if not is_cut:
                return
            line = self.lines[self.y].ljust(self.x)
            self.lines[self.y] = line[:self.x] + char + line[self.x + 1:]
            self.x += 1
            if self.colour:
                self.colours[self.y] = self.colour

    def act(self, mark, number, letter):
        what = mark + number + letter
        if what in ("?1049h", "?1049l"):
            self.alternate = what.endswith("h")
        elif what in ("?25h", "?25l"):
            self.has_cursor = what.endswith("h")
        elif what == "H":
            self.x = self.y = 0
            self.frames += 1
            self.colours = {}
        elif what == "K":
            self.lines[self.y] = self.lines[self.y][:self.x]
        elif what == "J":
            self.lines[self.y:] = [self.lines[self.y][:self.x]] + [""] * (self.rows - self.y - 1)
        elif what == "2J":
            self.lines = [""] * self.rows
            self.clears += 1
        elif letter == "m":
            self.colour = "" if number in ("", "0") else number
        else:
            raise AssertionError(f"unexpected sequence {what}")


class Terminal:
    """top on a terminal, as its session's leader."""

    def __init__(self, folder, *words, columns=100, rows=24, **environment):
        self.master, slave = pty.openpty()
        self.emulator = Emulator(columns, rows)
        self.set_size(columns, rows)
        self.before = termios.tcgetattr(slave)
        kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        self.process = subprocess.Popen(
            words, cwd=folder, stdin=slave, stdout=slave,
            stderr=slave, start_new_session=True, env=kept | {"TERM": "xterm"} | environment,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.slave = slave

    def set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def read(self, patience_s):
        """False: nothing came in this time."""
        if not select.select([self.master], [], [], patience_s)[0]:
            return False
        self.emulator.feed(os.read(self.master, 65536).decode())
        return True

    def wait(self, what, why):
        until = time.monotonic() + rig.PATIENCE_S
        while not what(self.emulator):
            assert time.monotonic() < until, f"{why}, still:\n{self.emulator.text()}"
            self.read(0.1)

    def wait_for(self, *patterns):
        self.wait(lambda seen: all(re.search(each, seen.text(), re.M) for each in patterns),
                  f"waited for {patterns}")

    def type(self, keys):
        os.write(self.master, keys)

    def end(self):
        code = self.process.wait(rig.PATIENCE_S)
        while self.read(0):
            pass
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)


class Top(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.fabric = rig.Fabric(cls.folder.name, TOOL, NODE)
        cls.addClassCleanup(cls.fabric.end)

    def open(self, *words, **more):
        line = [TOOL, "--config", "op.toml", *(words or ("top",))]
        terminal = Terminal(self.folder.name, *line, **more)
        self.addCleanup(terminal.close)
        return terminal

    def test_a_node_that_stops_is_shown_down_and_one_that_comes_back_is_not(self):
        terminal = self.open()
        terminal.wait_for(r"^  alpha +ready", r"^  beta +ready", r"2 nodes, 2 ready, 0 down")
        frames = terminal.emulator.frames
        terminal.wait(lambda seen: seen.frames >= frames + 2, "two redraws")
        screen = terminal.emulator.text().splitlines()
        self.assertRegex(screen[0], r"^grafos top  \d\d:\d\d:\d\d  2 nodes, 2 ready, 0 down")
        self.assertEqual(screen[2].split()[:3], ["node", "state", "leases"])
        self.assertEqual([line.split()[:2] for line in screen[3:]],
                         [["alpha", "ready"], ["beta", "ready"]])
        self.assertEqual(terminal.emulator.colours, {3: "32", 4: "32"})
        self.assertTrue(terminal.emulator.alternate)
        self.assertFalse(terminal.emulator.has_cursor)

        self.fabric.stop("beta")
        terminal.wait_for(r"^  alpha +ready", r"^  beta +down +- +-", r"1 ready, 1 down")
        frames = terminal.emulator.frames
        began = time.monotonic()
        terminal.wait(lambda seen: seen.frames >= frames + 3, "three redraws")
        self.assertLess(time.monotonic() - began, 6)  # not held up by the one that is away
        self.assertEqual(terminal.emulator.colours, {3: "32", 4: "31"})

        self.fabric.start("beta")
        terminal.wait_for(r"^  beta +ready", r"2 ready, 0 down")
        self.assertEqual(terminal.emulator.clears, 1)  # one at its beginning: nothing flickers
        terminal.type(b"\x03")
        self.assertEqual(terminal.end(), 0)

    def test_the_terminal_is_given_back_at_each_end(self):
        for end in (lambda terminal: terminal.type(b"\x03"),
                    lambda terminal: terminal.process.terminate()):
            terminal = self.open()
            terminal.wait_for(r"^  alpha +ready")
            terminal.type(b"typed")
            frames = terminal.emulator.frames
            terminal.wait(lambda seen: seen.frames >= frames + 2, "what was typed to arrive")
            end(terminal)
            self.assertEqual(terminal.end(), 0)
            self.assertFalse(terminal.emulator.alternate)
            self.assertTrue(terminal.emulator.has_cursor)
            self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)
            self.assertNotIn("typed", terminal.emulator.text())

    def test_it_steps_aside_and_comes_back(self):
        # A shell with jobs: without one nobody could continue it, and Ctrl-Z does nothing.
        line = f"{TOOL} --config op.toml top; echo aside; sleep 1; fg; echo over; exit 7"
        terminal = Terminal(self.folder.name, "bash", "-m", "-c", line)
        self.addCleanup(terminal.close)
        terminal.wait_for(r"^  alpha +ready")
        terminal.type(b"\x1a")
        terminal.wait(lambda seen: not seen.alternate and seen.has_cursor, "stepping aside")
        terminal.wait_for("aside")
        terminal.wait(lambda seen: seen.alternate, "coming back")
        terminal.wait_for(r"^  alpha +ready", r"^  beta +ready")
        self.assertEqual(terminal.emulator.clears, 2)
        terminal.type(b"\x03")
        self.assertEqual(terminal.end(), 7)
        self.assertFalse(terminal.emulator.alternate)

    def test_it_fits_any_window_at_once(self):
        terminal = self.open(columns=30, rows=10)  # the emulator refuses what does not fit
        terminal.wait_for(r"^  alpha +ready", r"^  beta +ready")
        for columns, rows, wanted in ((18, 4, r"\.\.\. 2 more lin"), (120, 40, r"audit_next  refused$"),
                                      (2, 1, r"^\.$"), (100, 24, r"^  beta +ready")):
            began = time.monotonic()
            frames = terminal.emulator.frames
            terminal.emulator.resize(columns, rows)
            terminal.emulator.is_strict = False  # a frame of the old size may be on its way
            terminal.set_size(columns, rows)
            terminal.wait_for(wanted)
            self.assertGreater(terminal.emulator.frames, frames)
            self.assertLess(time.monotonic() - began, 3)
            terminal.emulator.is_strict = True  # it has seen the new size: from here each must fit
            frames = terminal.emulator.frames
            terminal.wait(lambda seen: seen.frames >= frames + 2, "a whole frame in the new window")
            self.assertRegex(terminal.emulator.text(), re.compile(wanted, re.M))
        terminal.type(b"\x03")
        self.assertEqual(terminal.end(), 0)

    def test_colours_only_where_they_are_wanted(self):
        for words, environment in ((("--no-color", "top"), {}), (("top",), {"NO_COLOR": "1"})):
            terminal = self.open(*words, **environment)
            terminal.wait_for(r"^  alpha +ready")
            self.assertEqual(terminal.emulator.colours, {})
            terminal.type(b"\x03")
            self.assertEqual(terminal.end(), 0)
        terminal = self.open(TERM="dumb")  # once, without any sequence
        self.assertEqual(terminal.end(), 0)
        self.assertRegex(terminal.emulator.text(), r"^  node +state")
        self.assertEqual([terminal.emulator.frames, terminal.emulator.clears], [0, 0])
        piped = subprocess.run([TOOL, "--config", "op.toml", "top"], cwd=self.folder.name,
                               capture_output=True, text=True, timeout=rig.PATIENCE_S)
        self.assertEqual((piped.returncode, piped.stderr), (0, ""))
        self.assertNotIn("\x1b", piped.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)
