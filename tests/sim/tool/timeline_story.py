# SPDX-License-Identifier: Apache-2.0
"""What a timeline shows, gathered from events: spans and marks, no shapes yet."""

import collections
from dataclasses import dataclass, field

NEVER = float("inf")
BUCKETS = 240
LAST_MS = 60    # what was sent just before the end may be on its way
POWER_CUT = ("dropped_sector", "torn_sector")   # belong to the crash that made them


@dataclass
class Span:
    begin: float
    end: float = NEVER
    text: str = ""


@dataclass
class Lease:
    home: str
    holder: str
    program: int
    kind: str
    name: str
    begin: float
    end: float = NEVER
    how: str = ""        # "": until the end of the run; else an error's name, "given back", "power"
    renewals: int = 0


@dataclass
class Machine:
    name: str
    boots: int = 0
    leases: int = 0
    off: list = field(default_factory=list)
    paused: list = field(default_factory=list)
    unready: list = field(default_factory=list)
    fenced: list = field(default_factory=list)
    marks: list = field(default_factory=list)    # (time, group, words)


class Story:
    """`end_ms`: of the run."""

    def __init__(self, trace, outcome):
        self.outcome = outcome
        self.plan = trace.plan
        self.end_ms = max(outcome["ended_at"], 1)
        self.machines = {name: Machine(name) for name in trace.machines}
        self.leases = []
        self.ways = collections.defaultdict(list)    # (from, to): spans; text says if it waits
        self.sent = [0] * BUCKETS
        self.lost = [0] * BUCKETS
        self.done = [0] * BUCKETS
        self.failed = [0] * BUCKETS
        self.sent_count = 0
        self._held = {}
        self._on_way = collections.defaultdict(collections.deque)    # what is not there yet: times
        for event in trace:
            getattr(self, "_" + event["what"], self._nothing)(event)
        self._close()

    # --- machines --------------------------------------------------------------------------------

    def _nothing(self, event):
        pass

    def _power_on(self, event):
        machine = self.machines[event["machine"]]
        machine.boots += 1
        self._end(machine.off, event["at"])
        self._end(machine.unready, event["at"])
        machine.unready.append(Span(event["at"], text="boots"))

    def _power_off(self, event):
        machine = self.machines[event["machine"]]
        self._end(machine.unready, event["at"])
        self._end(machine.fenced, event["at"])
        self._end(machine.paused, event["at"])
        machine.off.append(Span(event["at"]))
        for lease in [one for one in self._held.values() if one.holder == machine.name]:
            self._end_lease(lease, event["at"], "power")

    def _turn_ended(self, event):
        machine = self.machines[event["machine"]]
        if event.get("ready"):
            self._end(machine.unready, event["at"])
        elif not machine.unready or machine.unready[-1].end != NEVER:
            machine.unready.append(Span(event["at"], text="is degraded"))
        fenced = event.get("fenced", 0)
        text = f"{fenced} units fenced"
        if machine.fenced and machine.fenced[-1].end == NEVER and machine.fenced[-1].text != text:
            self._end(machine.fenced, event["at"])
        if fenced and (not machine.fenced or machine.fenced[-1].end != NEVER):
            machine.fenced.append(Span(event["at"], text=text))

    def _crash(self, event):
        self._mark(event, "power")

    def _disk_replaced(self, event):
        self._mark(event, "power")

    def _disk_fault(self, event):
        if event["fault"] not in POWER_CUT:
            self._mark(event, "disk")

    def _machine_fault(self, event):
        if event["fault"] == "pause":
            end = event["at"] + event["amount"]
            self.machines[event["machine"]].paused.append(Span(event["at"], end, event["text"]))
            return
        self._mark(event, "turn" if event["fault"] == "long_turn" else "clock")

    def _trick(self, event):
        if event["machine"] in self.machines:
            self._mark(event, "trick")

    def _mark(self, event, group):
        self.machines[event["machine"]].marks.append((event["at"], group, event["text"]))

    @staticmethod
    def _end(spans, at):
        if spans and spans[-1].end > at:
            spans[-1].end = at

    # --- ways and what goes over them -------------------------------------------------------------

    def _way_closed(self, event):
        spans = self.ways[event["machine"], event["to"]]
        self._end(spans, event["at"])
        spans.append(Span(event["at"], text="waits" if event["waits"] else "lost"))

    def _way_opened(self, event):
        self._end(self.ways[event["machine"], event["to"]], event["at"])

    def _bucket(self, at):
        return min(int(at / self.end_ms * BUCKETS), BUCKETS - 1)

    def _sent(self, event):
        self.sent[self._bucket(event["at"])] += 1
        self.sent_count += 1
        self._on_way[event["from"], event["machine"], event["sum"]].append(event["at"])

    def _delivered(self, event):
        times = self._on_way.get((event["from"], event["machine"], event["sum"]))
        if times:    # else it comes a second time, or was changed
            times.popleft()

    def _still_waits(self, way, at):
        return at > self.end_ms - LAST_MS or any(
            span.text == "waits" and span.begin <= at and span.end >= self.end_ms
            for span in self.ways.get(way, ()))

    # --- programs --------------------------------------------------------------------------------

    def _program(self, event):
        did = event["did"]
        if did == "used":
            self.done[self._bucket(event["at"])] += 1
        elif did == "failed":
            self.failed[self._bucket(event["at"])] += 1
        if "lease" not in event:
            return
        key = (event["machine"], event["program"], event["lease"])
        if did == "granted":
            lease = Lease(event["home"], event["machine"], event["program"], event["kind"],
                          event["lease"], event["at"])
            self._held[key] = lease
            self.leases.append(lease)
            self.machines[event["home"]].leases += 1
        elif key in self._held:
            lease = self._held[key]
            if did == "renewed":
                lease.renewals += 1
            elif did in ("ended", "gave_up"):
                self._end_lease(lease, event["at"], event.get("error") or "given back")

    def _end_lease(self, lease, at, how):
        lease.end, lease.how = at, how
        self._held.pop((lease.holder, lease.program, lease.name), None)

    def _close(self):
        for (sender, receiver, _), times in self._on_way.items():
            for at in times:
                if not self._still_waits((sender, receiver), at):
                    self.lost[self._bucket(at)] += 1
        for machine in self.machines.values():
            for spans in (machine.off, machine.paused, machine.unready, machine.fenced):
                for span in spans:
                    span.end = min(span.end, self.end_ms)
            if machine.boots == 0:
                machine.off.append(Span(0, self.end_ms))
        for spans in self.ways.values():
            for span in spans:
                span.end = min(span.end, self.end_ms)
        for lease in self.leases:
            lease.end = min(lease.end, self.end_ms)
