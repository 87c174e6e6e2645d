# SPDX-License-Identifier: Apache-2.0
"""A failure as a person reads it: what was broken, what came before, how to have it again."""

import re
import subprocess
import tempfile
from pathlib import Path

import trace_file
from build import ROOT
from runs import Plan
from screen import at

SITE = re.compile(r"assertion ([0-9a-f]{8}) failed")


def with_place(text):
    """An assertion's number says little; where it stands is looked up."""
    found = SITE.search(text or "")
    if not found:
        return text
    done = subprocess.run([ROOT / "tools" / "site", found[1]], capture_output=True, text=True,
                          check=False)
    place = done.stdout.strip().splitlines()
    return f"{text}: {place[0]}" if done.returncode == 0 and place else text


def seen(simulator, outcome):
    """The failure again, with its events. Its JSON form, for whoever reads that."""
    plan = Plan.of(outcome)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trace.jsonl"
        again = simulator.run(plan, file)
        limit_ms = outcome["failed_at"] or float("inf")
        has_events = file.is_file() and file.stat().st_size > 0
        last = trace_file.last_events(trace_file.Trace(file, True), limit_ms) if has_events else []
    is_same = (again["oracle"], again["failure"], again["trace"]) == \
        (outcome["oracle"], outcome["failure"], outcome["trace"])
    return {"seed": plan.seed, "profile": plan.profile, "nodes": outcome["nodes"],
            "oracle": outcome["oracle"], "failure": with_place(outcome["failure"]),
            "failed_at_ms": outcome["failed_at"], "faults_on": outcome["faults_on"],
            "fault_counts": outcome["fault_counts"], "is_same_again": is_same,
            "last_events": last, "trace": outcome["trace"]}


def text(screen, story, command):
    nodes = f", {story['nodes']} nodes" if story["nodes"] else ""
    lines = [f"{screen.red('FAILED')}  seed {story['seed']}, profile {story['profile']}{nodes}, "
             f"after {at(story['failed_at_ms'])}", "",
             f"  broken    {screen.bold(story['oracle'])}: {story['failure']}"]
    counts = story["fault_counts"]
    lines.append("  faults    " + (", ".join(f"{name} {counts[name]}" for name in counts)
                                   if counts else story["faults_on"] or "none"))
    if story["last_events"]:
        lines += ["", "  what came before it:", *("  " + line for line in story["last_events"])]
    if not story["is_same_again"]:
        lines += ["", screen.red("  The same seed did something else when it was run again: this "
                                 "run is not deterministic, which is a failure of its own.")]
    return "\n".join([*lines, "", f"  again     {command}", f"  smaller   {command} --shrink"])
