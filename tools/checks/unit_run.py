# SPDX-License-Identifier: Apache-2.0
"""Runs a whole test executable once and writes down each test's outcome.

unit_run.py OUTPUT COMMAND...               writes `name outcome` lines to OUTPUT; fails if the run does
unit_run.py --selfcheck OUTPUT COMMAND...   each test's outcome must be the one its suite is named after,
                                            and the run as a whole must fail
"""
import re
import subprocess
import sys

LINE = re.compile(r"^\[ *(OK|FAILED|SKIP|SKIPPED) *\] (\w+\.\w+)")
OUTCOME = {"OK": "passed", "FAILED": "failed", "SKIP": "skipped", "SKIPPED": "skipped"}
WANTED = {"Passes": "passed", "Fixture": "passed", "Fails": "failed", "Skips": "skipped"}

words = sys.argv[1:]
selfcheck = words[0] == "--selfcheck"
output, command = words[int(selfcheck)], words[int(selfcheck) + 1:]
done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
text = done.stdout.decode("utf-8", "replace").replace("\r", "")
outcomes = {}
for line in text.splitlines():
    found = LINE.match(line)
    if found:
        outcomes.setdefault(found.group(2), OUTCOME[found.group(1)])
with open(output, "w", encoding="utf-8") as file:
    file.writelines(f"{name} {outcome}\n" for name, outcome in sorted(outcomes.items()))
counts = {outcome: list(outcomes.values()).count(outcome) for outcome in ("passed", "failed", "skipped")}

if selfcheck:
    wrong = [f"{name}: {outcome}, expected {WANTED[name.split('.')[0]]}"
             for name, outcome in outcomes.items() if WANTED[name.split(".")[0]] != outcome]
    missing = {suite for suite in WANTED} - {name.split(".")[0] for name in outcomes}
    print(text if wrong or missing else "", *wrong, *sorted(missing), sep="\n")
    print(f"selfcheck: {counts}, exit status {done.returncode}")
    sys.exit(1 if wrong or missing or done.returncode == 0 else 0)

if done.returncode != 0:
    print(text)
print("\n".join(f"skipped: {name}" for name, outcome in outcomes.items() if outcome == "skipped"))
print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped, "
      f"exit status {done.returncode}")
sys.exit(1 if done.returncode != 0 or counts["failed"] or not outcomes else 0)
