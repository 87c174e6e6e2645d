# SPDX-License-Identifier: Apache-2.0
"""What the machines print, merged as it comes, and what may be said of it afterwards.

Each machine's lines are in order; between machines only the arrival here orders them. The judge knows
the rules of the counter and nothing of how it is built: it reads the trace as a person would.
"""

import collections
import re
import threading
import time
from dataclasses import dataclass, field

PREFIX = "| "                                    # before each line of a program
NOTICE = re.compile(r"grafos program=\S+ (started|ended|failed: .*)$")
LOST = re.compile(r"grafos program_lines_lost=(\d+)$")
VERDICT = re.compile(r"All servers converged to (\d+)$")
NO_VERDICT = "Servers have not yet fully converged"

SERVER = re.compile(r"\[server-(\d+)\] (.*)$")
CLIENT = re.compile(r"\[client-(\d+)\] (.*)$")
READ = re.compile(r"GET -> (\d+)$")
TAKEN = re.compile(r"(?:SET|SYNC received) (\d+) -> (?:accepted|updated) \(was (\d+)\)$")
REJECTED = re.compile(r"SET (\d+) -> rejected \(current (\d+)\)$")
REQUEST = re.compile(r"(?:GET|SET (\d+)) -> (.*)$")
# The same answer, as its server and as its client tell of it.
ANSWERED = re.compile(r"\[server-(\d+)\] (GET -> \d+|SET \d+ -> \w+)")
HEARD = re.compile(r"\[client-(\d+)\] (GET -> \d+|SET \d+ -> (?:accepted|rejected))$")
VALUE = re.compile(r"server-(\d+): (\d+)$")


class Trace:
    """Lines of all machines, from any thread. Of the machine that asks (main's and the clients') a line
    about an answer waits, with all behind it, until the line of the server that gave the answer has
    come, so that the trace reads as it was."""

    PATIENCE_S = 0.5

    def __init__(self, show, servers: int = 0, asker: str = ""):
        self._show = show
        self._servers = servers
        self._asker = asker
        self._asked: collections.deque = collections.deque()   # (since, line) of the asker's machine
        self._answers: collections.Counter = collections.Counter()
        self._news = threading.Condition()
        self.began = time.monotonic()
        self.lines: list[tuple[float, str, str]] = []    # seconds, machine, text
        self.notices: list[tuple[str, str]] = []         # machine, what became of its program
        threading.Thread(target=self._release_late, daemon=True).start()

    def claimer(self, machine: str):
        """For `Machine.claims`: takes the lines of this machine's program."""
        def claim(line: str) -> bool:
            if not line.startswith(PREFIX) and not NOTICE.match(line) and not LOST.match(line):
                return False
            with self._news:
                if machine == self._asker:
                    self._asked.append((time.monotonic(), line))
                else:
                    self._take(machine, line)
                self._release()
                self._news.notify_all()
            return True
        return claim

    def _take(self, machine: str, line: str) -> None:
        if not line.startswith(PREFIX):
            self.notices.append((machine, line))
            return
        text = line.removeprefix(PREFIX)
        if machine != self._asker and (found := ANSWERED.match(text)):
            self._answers[int(found[1]), found[2]] += 1
        self.lines.append((time.monotonic() - self.began, machine, text))
        self._show(text)

    def _release(self) -> None:
        """What waits no longer, in its order."""
        while self._asked:
            since, line = self._asked[0]
            answer = self._answer_behind(line.removeprefix(PREFIX))
            if answer is not None and not self._answers[answer]:
                if time.monotonic() < since + self.PATIENCE_S:
                    return
            elif answer is not None:
                self._answers[answer] -= 1
            self._asked.popleft()
            self._take(self._asker, line)

    def _answer_behind(self, text: str) -> tuple[int, str] | None:
        """Which server said what; nothing: the line is about no answer."""
        if found := VALUE.match(text):
            return int(found[1]), f"GET -> {found[2]}"
        if self._servers and (found := HEARD.match(text)):
            return (int(found[1]) - 1) % self._servers + 1, found[2]
        return None

    def _release_late(self) -> None:
        while True:
            time.sleep(self.PATIENCE_S / 5)
            with self._news:
                self._release()
                self._news.notify_all()

    def settle(self) -> None:
        """Until nothing waits."""
        with self._news:
            self._news.wait_for(lambda: not self._asked, 10 * self.PATIENCE_S)

    def wait(self, holds, timeout: float) -> bool:
        """Until `holds(self)`, asked again at each line. Whether it does."""
        with self._news:
            return self._news.wait_for(lambda: holds(self), timeout)

    def has(self, text: str, machine: str = "") -> bool:
        return any(text == line and machine in ("", who) for _, who, line in self.lines)

    def count(self, start: str) -> int:
        return sum(line.startswith(start) for _, _, line in self.lines)

    def notice(self, machine: str) -> str:
        """The last one of this machine: `started`, `ended`, `failed: …`, or nothing."""
        found = [NOTICE.match(line) for who, line in self.notices if who == machine]
        return next((match[1] for match in reversed(found) if match), "")

    def verdict(self) -> int | None:
        """What all servers have; None: no verdict yet, or they differ."""
        found = (VERDICT.match(line) for _, _, line in self.lines)
        return next((int(match[1]) for match in found if match), None)

    def has_verdict(self) -> bool:
        return self.verdict() is not None or self.has(NO_VERDICT)


@dataclass
class Judgement:
    """`broken`: each rule that did not hold, with the line that shows it."""

    largest: int = 0            # that any server ever held
    requests: int = 0
    timed_out: int = 0
    refused: int = 0
    broken: list[str] = field(default_factory=list)


def judge(trace: Trace, settings) -> Judgement:
    """Of a finished run with `settings`."""
    trace.settle()
    done = Judgement()
    check_servers(trace, done)
    check_clients(trace, done, settings)
    value = trace.verdict()
    if value is None:
        done.broken.append("the servers converge: they did not, or there is no verdict")
    elif value != done.largest:
        done.broken.append(f"the final value is the largest that any server held: it is {value}, "
                           f"and one held {done.largest}")
    for machine, line in trace.notices:
        if lost := LOST.match(line):
            done.broken.append(f"the trace is whole: {machine} lost {lost[1]} lines")
    return done


def check_servers(trace: Trace, done: Judgement) -> None:
    held: dict[str, int] = {}
    for _, _, line in trace.lines:
        found = SERVER.match(line)
        if not found:
            continue
        server, text = found.groups()
        before = held.get(server, 0)
        after = before
        if taken := TAKEN.match(text):
            after = int(taken[1])
            if int(taken[2]) != before or after <= before:
                done.broken.append(f"a value is taken only if it is larger: {line} after {before}")
        elif rejected := REJECTED.match(text):
            if int(rejected[2]) != before or int(rejected[1]) > before:
                done.broken.append(f"a value is rejected only if it is not larger: {line}, "
                                   f"the counter was {before}")
        elif (read := READ.match(text)) and int(read[1]) != before:
            done.broken.append(f"a get answers the counter: {line}, it was {before}")
        held[server] = max(before, after)
    done.largest = max(held.values(), default=0)


def check_clients(trace: Trace, done: Judgement, settings) -> None:
    counts = {number: 0 for number in range(1, settings.num_clients + 1)}
    for _, machine, line in trace.lines:
        found = CLIENT.match(line)
        request = found and REQUEST.match(found[2])
        if not request:
            continue
        counts[int(found[1])] = counts.get(int(found[1]), 0) + 1
        value, outcome = request.groups()
        done.timed_out += outcome == "timed out"
        done.refused += not (outcome.isdigit() or outcome in ("accepted", "rejected", "timed out"))
        if value is not None and not settings.value_least <= int(value) <= settings.value_most:
            done.broken.append(f"a set is of {settings.value_least} … {settings.value_most}: {line}")
    done.requests = sum(counts.values())
    for client, count in counts.items():
        if count != settings.requests:
            done.broken.append(f"each client sends {settings.requests} requests: client-{client} "
                               f"sent {count}")
        if not trace.has(f"[client-{client}] Finished all {settings.requests} requests"):
            done.broken.append(f"each client finishes: client-{client} did not")
