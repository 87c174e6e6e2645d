# SPDX-License-Identifier: Apache-2.0
"""Trace files: read, compared, told. The first line says what the run was, each further one is an
event, the last one is the outcome. A file without its end is a run that was cut."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from runs import Plan, SimError
from screen import at

SHAPE = ("expected what `tools/sim --seed N --trace FILE` writes: a line "
         '{"grafos_trace":1,"plan":…}, one line an event, a last line {"outcome":…}')
TOLD_WITHOUT = ("turn_began", "turn_ended")   # a person wants what happened in a turn


@dataclass
class Trace:
    plan: Plan
    machines: list
    events: list = field(default_factory=list)
    outcome: dict = field(default_factory=dict)


def read(path, may_be_cut=False):
    """SimError says what is wrong with the file, and where."""
    try:
        with Path(path).open(encoding="utf-8") as lines:
            first = lines.readline()
            trace = _head(path, first)
            for number, line in enumerate(lines, 2):
                value = _value(path, number, line)
                if "outcome" in value:
                    trace.outcome = value["outcome"]
                elif not {"n", "at", "what", "text"} <= value.keys():
                    raise SimError(f"{path}:{number}: not an event; {SHAPE}")
                else:
                    trace.events.append(value)
    except OSError as error:
        raise SimError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SimError(f"{path} is not text; {SHAPE}") from error
    if not trace.outcome and not may_be_cut:
        raise SimError(f"{path} is cut: it has no outcome behind its {len(trace.events)} events; "
                       f"{SHAPE}")
    return trace


def _value(path, number, line):
    try:
        value = json.loads(line)
    except ValueError as error:
        raise SimError(f"{path}:{number}: not JSON ({error}); {SHAPE}") from error
    if not isinstance(value, dict):
        raise SimError(f"{path}:{number}: not a JSON object; {SHAPE}")
    return value


def _head(path, line):
    if not line:
        raise SimError(f"{path} is empty; {SHAPE}")
    head = _value(path, 1, line)
    if head.get("grafos_trace") != 1:
        raise SimError(f"{path} is not a trace; {SHAPE}")
    try:
        return Trace(Plan.of(head), list(head["machines"]))
    except (KeyError, TypeError) as error:
        raise SimError(f"{path}:1: {error} is missing; {SHAPE}") from error


def last_events(trace, number=20):
    """The end of a run, or what came before its failure, in words."""
    limit = trace.outcome.get("failed_at") or float("inf")
    told = [event for event in trace.events
            if event["what"] not in TOLD_WITHOUT and event["at"] <= limit]
    return [f"{at(event['at']):>12}  {event['text']}" for event in told[-number:]]


def first_difference(one, other):
    """(event of one or None, event of the other or None), or None: they tell the same."""
    for first, second in zip(one.events, other.events):
        if first != second:
            return first, second
    if len(one.events) != len(other.events):
        longer = one if len(one.events) > len(other.events) else other
        event = longer.events[min(len(one.events), len(other.events))]
        return (event, None) if longer is one else (None, event)
    if one.outcome.get("trace") != other.outcome.get("trace"):
        return {"n": 0, "at": 0, "text": f"trace {one.outcome.get('trace')}"}, \
               {"n": 0, "at": 0, "text": f"trace {other.outcome.get('trace')}"}
    return None


def tell(event):
    return "nothing more happens" if event is None else \
        f"event {event['n']}, {at(event['at'])}: {event['text']}"
