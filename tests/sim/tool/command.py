# SPDX-License-Identifier: Apache-2.0
"""What `tools/sim` does with its words."""

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import build
import failure
import options as option_words
import shrink
import timeline
import trace_file
from runs import DEFAULT_LENGTH_MS, Plan, SimError, Simulator, chunks_of
from screen import YEAR_MS, Screen, at, count, span
from sums import Sums

SEEDS = 200
LONG_LENGTH_MS = 3_600_000
FAILURES_TOLD = 3    # in full; the others by their commands
GOOD, FAILED, BAD_INPUT, NOT_BUILT = 0, 1, 2, 3


class Command:
    def __init__(self, options):
        self.options = options
        self.screen = Screen(sys.stderr if options.json else sys.stdout)
        program = build.program_of(options, self.screen)
        self.simulator = Simulator(program)
        self.named = program if options.program is not None else None
        self.profiles = self.simulator.choices["profiles"]
        option_words.check_names(options, self.simulator.choices)
        self.plan = Plan(options.seed or 1, options.profile, options.nodes, options.faults,
                         options.length_ms or DEFAULT_LENGTH_MS, *options.window)

    def again(self, plan):
        return plan.command(self.named)

    # --- one run ---------------------------------------------------------------------------------

    def one(self, plan):
        options, screen = self.options, self.screen
        with tempfile.TemporaryDirectory() as folder:
            wants_events = options.trace or options.timeline or options.replay
            file = options.trace or Path(folder) / "trace.jsonl"
            for path in filter(None, (options.trace, options.timeline)):
                check_writable(path)
            outcome = self.simulator.run(plan, file if wants_events else None)
            report = {"outcome": outcome, "command": self.again(Plan.of(outcome))}
            end = GOOD if outcome["good"] else FAILED
            if options.replay:
                end = max(end, self.compare(options.replay, file, report))
            self.tell_one(outcome, report)
            self.note_faults(outcome["faults_on"].split(","), "seed "
                             f"{outcome['plan']['seed']} in profile {outcome['plan']['profile']} "
                             "switches on")
            if not outcome["good"] and options.shrink:
                smaller = shrink.smallest(self.simulator, outcome, screen, self.again)
                report["shrunk"] = smaller
                outcome = smaller["outcome"]
                if wants_events:
                    self.simulator.run(Plan.of(outcome), file)
            elif options.shrink:
                screen.line("nothing to shrink: it holds")
            if options.timeline:
                timeline.draw(trace_file.Trace(file, may_be_cut=True), outcome,
                              self.again(Plan.of(outcome)), options.timeline)
                screen.line(f"timeline {options.timeline}")
            if options.trace:
                screen.line(f"trace    {options.trace}")
        self.print_json({"good": end == GOOD, **report})
        return end

    def tell_one(self, outcome, report):
        screen = self.screen
        plan = Plan.of(outcome)
        if not outcome["good"]:
            report["failure"] = failure.seen(self.simulator, outcome)
            screen.line(failure.text(screen, report["failure"], report["command"]))
            return
        kinds = outcome["fault_counts"]
        screen.line(f"seed {plan.seed}, profile {plan.profile}, {outcome['nodes']} nodes, "
                    f"{span(outcome['ended_at'])} simulated in {span(outcome['cpu_us'] / 1000)}")
        screen.line(f"  {count(outcome['operations'])} operations, {count(outcome['leases'])} leases, "
                    f"{count(outcome['checks'])} checks, {count(outcome['events'])} events")
        screen.line("  faults  " + (", ".join(f"{kind} {count(kinds[kind])}" for kind in kinds)
                                    or "none"))
        screen.line(f"  trace   {outcome['trace']}")
        screen.line(screen.green("all that must hold held"))

    def note_faults(self, on, whose):
        """To stderr, if kinds that were asked for stay off: a seed and its profile may lack them."""
        asked = self.options.faults.split(",")
        found = [kind for kind in asked if kind in on]
        if asked not in (["all"], ["none"], found) and "all" not in on:
            self.screen.clear()
            print(f"of the faults asked for, {whose}: {', '.join(found) or 'none'}", file=sys.stderr)

    # --- trace files -----------------------------------------------------------------------------

    def compare(self, old, new, report):
        """A trace file and the run it says; FAILED if they differ."""
        difference = trace_file.first_difference(trace_file.Trace(old), trace_file.Trace(new))
        report["difference"] = difference
        return tell_difference(self.screen, (str(old), "now"), difference)

    # --- many runs -------------------------------------------------------------------------------

    def many(self):
        options, screen = self.options, self.screen
        sums = Sums()
        first = options.first or 1
        number = None if options.long else (options.seeds or SEEDS)
        least_ms = YEAR_MS if options.long else None
        plan = self.plan
        if options.long and options.length_ms is None:
            plan = replace(plan, length_ms=LONG_LENGTH_MS)

        def take(_, outcome):
            sums.add(outcome)
            if not outcome["good"]:
                screen.line(f"{screen.red('broken')}  {outcome['oracle']}: {outcome['failure']}  "
                            f"({self.again(Plan.of(outcome))})")
            screen.progress(lambda: sums.progress(number, least_ms))
            is_enough = least_ms is not None and sums.all.simulated_ms >= least_ms
            return not is_enough and not (options.stop and sums.failures)

        is_stopped = False
        try:
            size = 1 if plan.length_ms > DEFAULT_LENGTH_MS else 8
            self.simulator.run_seeds(plan, chunks_of(first, number, size), take)
        except KeyboardInterrupt:
            is_stopped = True
        return self.tell_many(sums, is_stopped)

    def tell_many(self, sums, is_stopped):
        screen = self.screen
        sums.end()
        screen.line(sums.text(self.profiles))
        if sums.on:
            self.note_faults(sums.on, "the seeds in their profiles switch on")
        bad = sorted(sums.failures, key=lambda outcome: outcome["plan"]["seed"])
        stories = []
        for outcome in bad:
            story = failure.seen(self.simulator, outcome) if len(stories) < FAILURES_TOLD else {}
            command = self.again(Plan.of(outcome))
            if story:
                screen.line()
                screen.line(failure.text(screen, story, command))
            stories.append({**story, "oracle": outcome["oracle"], "failure": outcome["failure"],
                            "seed": outcome["plan"]["seed"], "command": command})
        if len(bad) > FAILURES_TOLD:
            screen.line()
            for story in stories[FAILURES_TOLD:]:
                screen.line(f"  also broken  {story['oracle']}: {story['command']}")
        report = {"good": not bad, "is_stopped": is_stopped,
                  **sums.json(self.profiles), "failed": stories}
        if bad and self.options.shrink:
            screen.line()
            report["shrunk"] = shrink.smallest(self.simulator, bad[0], screen, self.again)
        screen.line()
        stopped = "stopped; " if is_stopped else ""
        oracles = ", ".join(sorted({outcome["oracle"] for outcome in bad}))
        if sums.all.seeds == 0 and not bad:
            screen.line(f"{stopped}nothing was run")
        elif bad:
            screen.line(screen.red(f"FAILED: {len(bad)} broke something ({oracles}); ")
                        + stopped + sums.closing())
        else:
            screen.line(screen.green("all held: ") + stopped + sums.closing())
        self.print_json(report)
        return FAILED if bad else GOOD

    def print_json(self, report):
        if self.options.json:
            print(json.dumps(report, ensure_ascii=False))


def check_writable(path):
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise SimError(f"cannot write {path}: {error.strerror}") from error


def tell_difference(screen, names, difference):
    if difference is None:
        screen.line("both traces tell the same")
        return GOOD
    screen.line("the traces differ; the first event that does:" if "outcome" not in
                (difference[0] or {}) else "the traces differ in what the run came to:")
    width = max(map(len, names))
    for name, event in zip(names, difference):
        screen.line(f"  {name.ljust(width)}  {trace_file.tell(event)}")
    for field in trace_file.where(difference):
        screen.line(f"  differs in {field}")
    return FAILED


def diff(options):
    screen = Screen(sys.stderr if options.json else sys.stdout)
    one, other = (trace_file.Trace(path) for path in options.diff)
    difference = trace_file.first_difference(one, other)
    end = tell_difference(screen, tuple(map(str, options.diff)), difference)
    if options.json:
        print(json.dumps({"good": end == GOOD, "difference": difference}, ensure_ascii=False))
    return end


def mutations(options):
    """Their runner has its own words for the same things."""
    runner = build.ROOT / "tests" / "sim" / "mutations" / "mutate.py"
    if not runner.is_file():
        raise SimError(f"{runner} is missing")
    if not options.no_build:
        build.build(Screen(sys.stderr), "grafos-sim", "grafos-tests")
    words = [word for name in options.only for word in ("--only", name)]
    words += ["--json"] if options.json else []
    words += ["--seeds", str(options.seeds)] if options.seeds else []
    return subprocess.run([sys.executable, "-B", str(runner), *words], check=False).returncode


def run(options):
    if options.help:
        print(option_words.HELP.strip())
        return GOOD
    if options.diff:
        return diff(options)
    if options.mutations:
        return mutations(options)
    replayed = trace_file.Trace(options.replay).plan if options.replay else None
    command = Command(options)
    if replayed is not None:
        return command.one(replayed)
    return command.one(command.plan) if options.seed is not None else command.many()


def main(words):
    try:
        return run(option_words.parse(words))
    except build.BuildError as error:
        print(f"sim: {error}", file=sys.stderr)
        return NOT_BUILT
    except SimError as error:
        if "--json" in words:
            print(json.dumps({"error": {"code": "bad_input", "why": str(error)}}), file=sys.stderr)
        else:
            print(f"sim: {error} (--help)", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        return FAILED
    except OSError as error:
        print(f"sim: {error}", file=sys.stderr)
        return BAD_INPUT
