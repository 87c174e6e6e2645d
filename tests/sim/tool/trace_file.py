# SPDX-License-Identifier: Apache-2.0
"""Trace files: read, compared, told. The first line says what the run was, each further one is an
event, the last one is the outcome. A file without its end is a run that was cut."""

import collections
import contextlib
import itertools
import json
from pathlib import Path

from runs import Plan, SimError
from screen import at

SHAPE = ("expected what `tools/sim --seed N --trace FILE` writes: a line "
         '{"grafos_trace":1,"plan":…}, one line an event, a last line {"outcome":…}')
TOLD_WITHOUT = ("turn_began", "turn_ended")   # a person wants what happened in a turn


class Trace:
    """Read as it is iterated, so that an hour of events is no more to hold than a minute: `plan` and
    `machines` from the start, `outcome` once all events were had. SimError says what is wrong with
    the file, and where."""

    def __init__(self, path, may_be_cut=False):
        self.outcome = {}
        self._path = path
        self._may_be_cut = may_be_cut
        with self._opened() as lines:
            self.plan, self.machines = self._head(lines.readline())

    @contextlib.contextmanager
    def _opened(self):
        try:
            with Path(self._path).open(encoding="utf-8") as lines:
                yield lines
        except OSError as error:
            raise SimError(f"cannot read {self._path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SimError(f"{self._path} is not text; {SHAPE}") from error

    def __iter__(self):
        number = 1
        with self._opened() as lines:
            lines.readline()
            for number, line in enumerate(lines, 2):
                value = self._value(number, line)
                if "outcome" in value:
                    self.outcome = value["outcome"]
                    return
                if not {"n", "at", "what", "text"} <= value.keys():
                    raise SimError(f"{self._path}:{number}: not an event; {SHAPE}")
                yield value
        if not self._may_be_cut:
            raise SimError(f"{self._path} is cut: it has no outcome behind its {number - 1} events; "
                           f"{SHAPE}")

    def _value(self, number, line):
        try:
            value = json.loads(line)
        except ValueError as error:
            if self._may_be_cut:
                return {"outcome": {}}
            raise SimError(f"{self._path}:{number}: not JSON ({error}); {SHAPE}") from error
        if not isinstance(value, dict):
            raise SimError(f"{self._path}:{number}: not a JSON object; {SHAPE}")
        return value

    def _head(self, line):
        if not line:
            raise SimError(f"{self._path} is empty; {SHAPE}")
        head = self._value(1, line)
        if head.get("grafos_trace") != 1:
            raise SimError(f"{self._path} is not a trace; {SHAPE}")
        try:
            return Plan.of(head), list(head["machines"])
        except (KeyError, TypeError) as error:
            raise SimError(f"{self._path}:1: {error} is missing; {SHAPE}") from error


def last_events(trace, limit_ms, number=20):
    """What came before a failure, or the end of a run, in words. An access that was answered at once
    is told once, and so is a datagram that arrived."""
    told = collections.deque(maxlen=3 * number)
    for event in trace:
        if event["what"] in TOLD_WITHOUT or event["at"] > limit_ms:
            continue
        if event.get("did") in ("used", "failed") and told and is_begin_of(told[-1], event):
            told.pop()
        elif event["what"] == "delivered":
            sent = next((one for one in told if is_same_datagram(one, event)), None)
            if sent is not None:
                told.remove(sent)
        told.append(event)
    return [f"{at(event['at']):>12}  {event['text']}" for event in list(told)[-number:]]


def is_same_datagram(sent, event):
    return sent["what"] == "sent" and all(
        sent.get(name) == event.get(name) for name in ("from", "machine", "sum"))


def is_begin_of(begin, answer):
    return begin.get("did") == "began" and all(
        begin.get(name) == answer.get(name) for name in ("at", "machine", "program", "number"))


def first_difference(one, other):
    """(event of one or None, event of the other or None), or None: they tell the same."""
    for first, second in itertools.zip_longest(one, other):
        if first != second:
            return first, second
    ends = [trace.outcome.get("trace") for trace in (one, other)]
    if ends[0] != ends[1]:
        return tuple({"n": 0, "at": 0, "text": f"trace {end}"} for end in ends)
    return None


def tell(event):
    return "nothing more happens" if event is None else \
        f"event {event['n']}, {at(event['at'])}: {event['text']}"
