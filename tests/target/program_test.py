#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""program_test.py BOARD IMAGE PRODUCT: a program beside the node's console.

IMAGE is the node with one program (tests/target/program), PRODUCT the node as it is shipped. Shown
are: what is wrong with `program=` and its words is said and starts nothing; lines come whole and what
is lost is counted; neither a program's end nor its failure ends the node; a revoked lease stops the
program that holds it. Exit: 0 passed, 1 failed.
"""
import os
import re
import sys
import tempfile

import run

REFUSED = run.ENDS["refused"]


class Talk:
    """One start of a machine, its lines kept as they come."""

    def __init__(self, machine, *words):
        self.machine, self.process = machine, machine.start("name=here", *words)
        self.lines = []

    def wait(self, pattern):
        """The match in the first line from now on that has one."""
        while line := self.process.stdout.readline():
            self.lines.append(line.decode().rstrip("\r\n"))
            if found := re.search(pattern, self.lines[-1]):
                return found
        raise run.Failed(f"no line with '{pattern}' among {self.lines[-5:]}")

    def say(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def end(self):
        """The node still answers, and ends as it is told."""
        self.say("readiness")
        run.check(self.wait(r"^(ok|error)").group(1) == "ok", f"readiness: {self.lines[-1]}")
        self.say("off")
        rest, _ = self.process.communicate()
        self.lines += rest.decode().splitlines()
        status = self.process.returncode
        run.check(status == run.end_of("success", self.machine.board), f"exit status {status}")


def refusals(machine, product):
    for image, words, expected in (
            (machine.image, ["program=nobody"],
             'argument program: got "nobody", expected tiny'),
            (machine.image, ["program=no/body"], "argument program: got \"no/body\", expected 1 to"),
            (machine.image, ["program=tiny", "extra=lines=x"],
             'argument extra: got "x", expected lines=N, flood=N, fail or hold'),
            (product, ["program=tiny"], 'argument program: got "tiny", expected ')):
        other = run.Machine(machine.board, image, os.path.dirname(machine.disk))
        status, text, _ = other.run(*words)
        run.check(status == REFUSED, f"{words}: exit status {status}: {text.strip()}")
        run.check(expected in text, f"{words}: said {text.strip()}")
        run.check("state=" not in text, f"{words}: something was started: {text.strip()}")


def too_many_peers(machine, _):
    """Linux only: the images of this test have no card."""
    if machine.board in run.BARE:
        return
    peers = [f"peer=p{n},key={n:064x},address=127.0.0.1:{7000 + n}" for n in range(1, 10)]
    status, text, _ = machine.run("program=tiny", "extra=hold", "address=127.0.0.1:0", *peers)
    run.check(status == REFUSED and "expected at most 8 peers" in text, f"{status}: {text.strip()}")


def lines_come_and_the_node_stays(machine, _):
    talk = Talk(machine, "program=tiny", "extra=lines=3")
    talk.wait("^grafos program=tiny started$")
    talk.wait("^grafos program=tiny ended$")
    run.check([line for line in talk.lines if line.startswith("| ")] ==
              ["| line 3", "| line 2", "| line 1"], f"lines: {talk.lines}")
    talk.end()


def a_failure_is_told(machine, _):
    talk = Talk(machine, "program=tiny", "extra=fail")
    talk.wait("^grafos program=tiny failed: denied at argument")
    talk.end()


def a_flood_is_counted_and_cuts_no_line(machine, _):
    count = 5000
    talk = Talk(machine, "program=tiny", f"extra=flood={count}")
    talk.wait("^grafos .*state=ready")  # before that a line may lose its first bytes
    talk.say("help")
    talk.wait(r"^grafos program_lines_lost=\d+$")
    talk.end()
    numbers = [int(line[7:]) for line in talk.lines if line.startswith("| line ")]
    run.check(numbers == list(range(count, count - len(numbers), -1)), "lines out of order")
    lost = sum(int(line.split("=")[1]) for line in talk.lines
               if line.startswith("grafos program_lines_lost="))
    run.check(lost > 0 and len(numbers) + lost == count,
              f"{len(numbers)} lines and {lost} lost of {count}")
    whole = re.compile(r"(\| line \d+|grafos .*|ok.*|help .*|readiness .*|ready.*|node .*)$")
    torn = [line for line in talk.lines if not whole.match(line)]
    run.check(not torn, f"lines of nobody: {torn[:3]}")


def a_revoked_lease_stops_it(machine, _):
    talk = Talk(machine, "program=tiny", "extra=hold")
    talk.wait(r"^\| holds 4096$")
    talk.say("lease list")
    ref = talk.wait(r"^lease .*ref=([0-9a-f]+)").group(1)
    talk.wait("^ok")
    talk.say(f"lease revoke {ref}")
    talk.wait("^grafos program=tiny failed: revoked")
    talk.end()


def without_one_nothing_is_different(machine, _):
    talk = Talk(machine)
    talk.wait("^grafos .*state=ready")
    talk.end()
    run.check(not [line for line in talk.lines if line.startswith("| ") or "program" in line],
              f"lines: {talk.lines}")


STEPS = [refusals, too_many_peers, without_one_nothing_is_different, lines_come_and_the_node_stays,
         a_failure_is_told, a_flood_is_counted_and_cuts_no_line, a_revoked_lease_stops_it]


def main():
    board, image, product = sys.argv[1:]
    for step in STEPS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                step(run.Machine(board, os.path.abspath(image), folder), os.path.abspath(product))
            except run.Failed as failed:
                print(f"failed {board} {step.__name__}: {failed}")
                return 1
        print(f"passed {board} {step.__name__}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
