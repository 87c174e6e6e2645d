# SPDX-License-Identifier: Apache-2.0
"""What many runs came to: by profile and in all."""

import time
from dataclasses import dataclass, field

import screen


@dataclass
class Sum:
    """A run in which nothing was done counts as empty, and adds nothing else."""

    seeds: int = 0
    empty: int = 0
    simulated_ms: int = 0
    operations: int = 0
    faults: int = 0
    checks: int = 0
    leases: int = 0
    failures: int = 0
    cpu_us: int = 0

    def add(self, outcome):
        self.failures += 0 if outcome["good"] else 1
        if outcome["operations"] == 0 and outcome["good"]:
            self.empty += 1
            return
        self.seeds += 1
        self.simulated_ms += outcome["ended_at"]
        for name in ("operations", "faults", "checks", "leases", "cpu_us"):
            setattr(self, name, getattr(self, name) + outcome[name])

    @property
    def cpu_s(self):
        return self.cpu_us / 1e6

    @property
    def ratio(self):
        """Simulated time to processor time."""
        return self.simulated_ms / 1000 / self.cpu_s if self.cpu_us else 0.0

    def row(self, name):
        return [name, screen.count(self.seeds), screen.span(self.simulated_ms),
                screen.count(self.operations), screen.count(self.leases),
                screen.count(self.faults), screen.count(self.checks), screen.count(self.failures),
                f"{self.cpu_s:.1f} s", f"×{self.ratio:,.0f}"]


TITLES = ["profile", "seeds", "simulated", "operations", "leases", "faults", "checks", "failures",
          "CPU", "ratio"]


@dataclass
class Sums:
    """`began`: on the monotonic clock."""

    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    all: Sum = field(default_factory=Sum)
    profiles: dict = field(default_factory=dict)
    kinds: dict = field(default_factory=dict)    # of faults: how many
    asked: dict = field(default_factory=dict)    # each oracle: how often it looked
    histories: dict = field(default_factory=dict)    # whose order was asked for
    largest: int = 0                             # of them, operations
    excused: int = 0                             # how often one did not, as a premise was broken
    failures: list = field(default_factory=list)
    on: set = field(default_factory=set)         # kinds of faults that some run had switched on

    def add(self, outcome):
        self.all.add(outcome)
        self.on.update(outcome["faults_on"].split(","))
        self.profiles.setdefault(outcome["plan"]["profile"], Sum()).add(outcome)
        for sums, numbers in ((self.kinds, outcome["fault_counts"]), (self.asked, outcome["asked"])):
            for name, number in numbers.items():
                sums[name] = sums.get(name, 0) + number
        self.excused += outcome["excused"]
        for name in ("histories", "history_operations", "histories_undecided"):
            self.histories[name] = self.histories.get(name, 0) + outcome[name]
        self.largest = max(self.largest, outcome["history_largest"])
        if not outcome["good"]:
            self.failures.append(outcome)

    @property
    def seconds(self):
        return max((self.ended or time.monotonic()) - self.began, 1e-6)

    def end(self):
        """The runs are done: what comes now takes no time of theirs."""
        self.ended = time.monotonic()

    def progress(self, number, least_ms=None):
        """One line; `number` of seeds, or None if it is simulated time that ends it."""
        every, seconds = self.all, self.seconds
        done = every.seeds + every.empty
        share = (every.simulated_ms / least_ms if least_ms else done / number) if done else 0.0
        left = f"  {screen.span(seconds / share * (1 - share) * 1000)} left" if 0 < share < 1 else ""
        of = f"/{number:,}" if number else ""
        return (f"seeds {done:,}{of}{left}  {every.failures} failed  "
                f"{screen.span(every.simulated_ms)} simulated "
                f"({screen.years(every.simulated_ms)} years)  "
                f"×{every.simulated_ms / 1000 / seconds:,.0f}  "
                f"{screen.count(every.operations)} operations  {screen.count(every.faults)} faults  "
                f"{screen.count(every.checks / seconds)} checks/s")

    def text(self, order):
        rows = [self.profiles[name].row(name) for name in order if name in self.profiles]
        if len(rows) > 1:
            rows.append(self.all.row("all"))
        lines = [screen.table(rows, TITLES)]
        for title, numbers in (("faults", self.kinds), ("checks", self.asked)):
            if numbers:
                told = [f"{name} {screen.count(numbers[name])}"
                        for name in sorted(numbers, key=numbers.get, reverse=True)]
                lines += screen.wrapped(f"  {title}  ", told)
        if self.excused:
            lines.append(f"          {screen.count(self.excused)} not made: a premise was broken")
        if self.histories.get("histories"):
            told = {name: screen.count(number) for name, number in self.histories.items()}
            lines.append(f"  orders  {told['histories']} histories of {told['history_operations']} "
                         f"operations, the largest of {screen.count(self.largest)}, "
                         f"{told['histories_undecided']} undecided")
        if self.all.empty:
            lines.append(f"  {screen.plural(self.all.empty, 'run')} in which nothing was done: "
                         "not counted")
        return "\n".join(lines)

    def closing(self):
        every, seconds = self.all, self.seconds
        speed = (f"{screen.span(every.simulated_ms)} simulated in {screen.span(seconds * 1000)} "
                 f"(×{every.simulated_ms / 1000 / seconds:,.0f}); a second: "
                 f"{screen.count(every.operations / seconds)} operations, "
                 f"{screen.count(every.faults / seconds)} faults, "
                 f"{screen.count(every.checks / seconds)} checks")
        return f"{screen.plural(every.seeds, 'seed')}, {speed}"

    def json(self, order):
        def fields(one):
            return {"seeds": one.seeds, "empty": one.empty, "simulated_ms": one.simulated_ms,
                    "operations": one.operations, "leases": one.leases, "faults": one.faults,
                    "checks": one.checks, "failures": one.failures,
                    "cpu_s": round(one.cpu_s, 3), "ratio_per_core": round(one.ratio, 1)}
        return {**fields(self.all), "seconds": round(self.seconds, 3),
                "ratio": round(self.all.simulated_ms / 1000 / self.seconds, 1),
                "fault_counts": self.kinds, "asked": self.asked, "excused": self.excused,
                **self.histories, "history_largest": self.largest,
                "profiles": {name: fields(self.profiles[name])
                             for name in order if name in self.profiles}}
