# SPDX-License-Identifier: Apache-2.0
"""Trace files: read, compared, told. The first line says what the run was, each further one is an
event, the last one is the outcome. A file without its end is a run that was cut."""

import collections
import contextlib
import itertools
import json
from pathlib import Path

from runs import Plan, SimError, is_whole
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
                    self._end(number, value["outcome"], next(lines, None))
                    return
                if not is_event(value):
                    raise SimError(f"{self._path}:{number}: not an event; {SHAPE}")
                yield value
        if not self._may_be_cut:
            raise SimError(f"{self._path} is cut: it has no outcome behind its {number - 1} events; "
                           f"{SHAPE}")

    def _end(self, number, outcome, behind):
        if not isinstance(outcome, dict):
            raise SimError(f"{self._path}:{number}: not an outcome; {SHAPE}")
        if not self._may_be_cut and outcome.get("plan") != vars(self.plan):
            raise SimError(f"{self._path}:{number}: an outcome of another plan than the first line's")
        if behind is not None and not self._may_be_cut:
            raise SimError(f"{self._path}:{number + 1}: a line behind the outcome; {SHAPE}")
        self.outcome = outcome

    def _value(self, number, line):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
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
            return Plan.of(head), [str(name) for name in head["machines"]]
        except KeyError as error:
            raise SimError(f"{self._path}:1: {error} is missing; {SHAPE}") from error
        except (TypeError, ValueError) as error:
            raise SimError(f"{self._path}:1: {error}; {SHAPE}") from error


def is_event(value):
    return all(is_whole(value.get(name)) for name in ("n", "at")) and all(
        isinstance(value.get(name), str) and value[name].isprintable() for name in ("what", "text"))


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
    """(event of one or None, event of the other or None), or both lines of outcome, or None: they
    tell the same. Different plans may."""
    for first, second in itertools.zip_longest(one, other):
        if first != second:
            return first, second
    ends = [{name: value for name, value in trace.outcome.items() if name != "plan"}
            for trace in (one, other)]
    return None if ends[0] == ends[1] else tuple({"outcome": end} for end in ends)


def fields_that_differ(one, other, before=""):
    """[name: value of one and of the other]; what is in a field is named as outer.inner."""
    found = []
    for name in dict.fromkeys((*one, *other)):
        values = one.get(name), other.get(name)
        if values[0] == values[1] and name in one and name in other:
            continue
        if all(isinstance(value, dict) for value in values):
            found += fields_that_differ(*values, f"{before}{name}.")
        else:
            told = [json.dumps(of[name]) if name in of else "nothing" for of in (one, other)]
            found.append(f"{json.dumps(before + name)}: {told[0]} and {told[1]}")
    return found


def where(difference):
    """The fields in which two lines of a kind differ, or none: the lines tell enough."""
    one, other = difference
    if one is None or other is None or one.get("what") != other.get("what"):
        return []
    found = fields_that_differ(one.get("outcome", one), other.get("outcome", other))
    return [field for field in found if not field.startswith('"text"')] or found


def tell(event):
    if event is None:
        return "nothing more happens"
    if "outcome" in event:
        return "the outcome, behind all events"
    return f"event {event['n']}, {at(event['at'])}: {event['text']}"
