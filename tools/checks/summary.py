# SPDX-License-Identifier: Apache-2.0
"""The end of tools/test: minutes by label, unit tests by machine, failures, and the closing line.

summary.py RESULTS [--seconds N] [--json DESCRIPTOR] [--compare] PRESET...
RESULTS holds what tools/test left: <preset>.xml (CTest's JUnit form), <preset>.json (its list), build-seconds, broken, whole. --compare
also lets the lists of unit tests of all presets be compared, which counts as one test.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree

import tree

parser = argparse.ArgumentParser()
parser.add_argument("results", type=pathlib.Path)
parser.add_argument("--seconds", type=int, default=0)
parser.add_argument("--json", type=int)
parser.add_argument("--compare", action="store_true")
parser.add_argument("presets", nargs="+")
options = parser.parse_args()


def rows(name):
    path = options.results / name
    return [line.split() for line in path.read_text(encoding="utf-8").splitlines()] \
        if path.is_file() else []


counts = {"passed": 0, "failed": 0, "skipped": 0}
by_preset, by_label, failures = {}, {}, []


def count(preset, outcome, name):
    counts[outcome] += 1
    by_preset.setdefault(preset, dict.fromkeys(counts, 0))[outcome] += 1
    if outcome == "failed":
        failures.append(f"{preset} {name}")


def labels_in(preset):
    """CTest's JUnit form has no labels; its list of tests does."""
    path = options.results / f"{preset}.json"
    listed = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"tests": []}
    return {test["name"]: item["value"] for test in listed["tests"]
            for item in test.get("properties", []) if item["name"] == "LABELS"}


labels_of = {preset: labels_in(preset) for preset in options.presets}
for preset, step in rows("broken"):
    count(preset, "failed", step)
for preset in options.presets:
    path = options.results / f"{preset}.xml"
    if not path.is_file():
        continue
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        status = case.get("status")
        outcome = "passed" if status == "run" else "failed" if status == "fail" else "skipped"
        count(preset, outcome, case.get("name"))
        labels = labels_of[preset].get(case.get("name"), [])
        label = next((label for label in labels if label != "smoke"), "none")
        by_label[label] = by_label.get(label, 0.0) + float(case.get("time") or 0) / 60
for label, name, outcome, seconds in rows("whole"):
    count("all", outcome, name)
    by_label[label] = by_label.get(label, 0.0) + int(seconds) / 60
build_minutes = sum(int(seconds) for _, seconds in rows("build-seconds")) / 60

print("\n== summary ==")
if options.compare:
    done = subprocess.run([sys.executable, "-B", tree.ROOT / "tools/checks/differences.py",
                           *options.presets], capture_output=True, text=True, check=False)
    print(done.stdout.strip())
    count("all", "passed" if done.returncode == 0 else "failed", "unit tests differ by machine")

budgets = json.loads((tree.ROOT / "tools/budgets/minutes.json").read_text(encoding="utf-8"))
budget_of = {**budgets["labels"], "build": budgets["build"], "total": budgets["total"]}
minutes = {"build": build_minutes, **by_label, "total": options.seconds / 60}
print(f"{'minutes of':16} {'spent':>6} {'budget':>7}")
for label, spent in minutes.items():
    budget = budget_of.get(label)
    note = "  over budget" if budget is not None and spent > budget else ""
    print(f"{label:16} {spent:6.1f} {budget if budget is not None else '-':>7}{note}")
for preset, row in by_preset.items():
    print(f"{preset}: {row['passed']} passed, {row['failed']} failed, {row['skipped']} skipped")
for failure in failures:
    print(f"failed: {failure}")
if options.json is not None:
    with os.fdopen(options.json, "w", encoding="utf-8") as file:
        json.dump({**counts, "presets": by_preset, "failures": failures,
                   "minutes": {label: round(spent, 2) for label, spent in minutes.items()}}, file)
        file.write("\n")
print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
sys.exit(1 if counts["failed"] or not counts["passed"] else 0)
