#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the models of the protocol with Spin: that all of them hold, exhaustively, and that each
rule of the protocol that is taken out of them breaks an invariant.

Exit: 0 everything holds and every missing rule was noticed, 1 something was not as it should be,
2 bad option, 77 no Spin or no C compiler here.
"""
import argparse
import collections
import json
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
MEMORY_MIB = 4000

# A model, and how far it goes: each is searched to the end. The long ones add to the default ones.
Bounds = collections.namedtuple("Bounds", "model name flags is_long")
CONFIGURATIONS = [
    Bounds("lease", "one session", "-DSESSIONS=1 -DREQUESTS=3 -DREQUESTS_OTHER=2", False),
    Bounds("lease", "two sessions", "-DSESSIONS=2 -DREQUESTS=2 -DREQUESTS_OTHER=1", False),
    Bounds("clock", "two renewals", "-DREQUESTS=2 -DREQUESTS_OTHER=2", False),
    Bounds("clock", "three requests", "-DREQUESTS=3 -DREQUESTS_OTHER=1 -DRENEWALS=1", False),
    Bounds("fence", "two crashes", "-DCRASHES=2 -DFAILURES=1 -DCLEARS=1", False),
    Bounds("fence", "two fences", "-DCRASHES=1 -DFAILURES=2 -DCLEARS=2", False),
    Bounds("lock", "one session", "-DSESSIONS=1 -DREQUESTS=3 -DREQUESTS_OTHER=3", False),
    Bounds("lock", "two sessions", "-DSESSIONS=2 -DREQUESTS=2 -DREQUESTS_OTHER=2", False),
    Bounds("lease", "four requests", "-DSESSIONS=1 -DREQUESTS=4 -DREQUESTS_OTHER=2", True),
    Bounds("lease", "two crashes", "-DSESSIONS=2 -DREQUESTS=2 -DREQUESTS_OTHER=1 -DCRASHES=2", True),
    Bounds("clock", "three each", "-DREQUESTS=3 -DREQUESTS_OTHER=2 -DRENEWALS=3", True),
    Bounds("fence", "two of each", "-DCRASHES=2 -DFAILURES=2 -DCLEARS=2", True),
    Bounds("lock", "four requests", "-DSESSIONS=1 -DREQUESTS=4 -DREQUESTS_OTHER=3 -DCALLS=2", True),
]

# A rule of the protocol, the section that states it, and what breaks without it: the number of an
# invariant in section 10.
Rule = collections.namedtuple("Rule", "name section model macro broken flags text")
NINE = [
    Rule("epoch-check", 4, "lease", "NO_EPOCH_CHECK", {1}, "-DSESSIONS=1 -DREQUESTS_OTHER=1",
         "access demands the epoch of the lease"),
    Rule("generation-check", 3, "lease", "NO_GENERATION_CHECK", {1},
         "-DSESSIONS=1 -DREQUESTS=4 -DREQUESTS_OTHER=0 -DCRASHES=0",
         "the generation, or the one before it, is accepted"),
    Rule("reply-cache", 2, "lease", "NO_REPLY_CACHE", {4},
         "-DSESSIONS=1 -DREQUESTS_OTHER=0 -DCRASHES=0",
         "what is done is answered from the cache"),
    Rule("session-floor", 2, "lease", "NO_FLOOR", {4}, "-DSESSIONS=1 -DREQUESTS_OTHER=0 -DCRASHES=0",
         "below the floor nothing is executed"),
    Rule("flush-first", 5, "lease", "ANSWER_BEFORE_FLUSH", {5}, "-DSESSIONS=1 -DREQUESTS_OTHER=0",
         "an answer leaves when its record is flushed"),
    Rule("holder-margin", 1, "clock", "NO_MARGIN", {3}, "-DREQUESTS=1 -DREQUESTS_OTHER=0",
         "the holder stops a margin before its deadline"),
    Rule("epoch-mark", 4, "fence", "NO_EPOCH_MARK", {2}, "-DCRASHES=1 -DFAILURES=0 -DCLEARS=0",
         "the mark is durable before an epoch above it is used"),
    Rule("fence-record", 5, "fence", "NO_FENCE_RECORD", {7}, "-DCRASHES=1 -DFAILURES=1 -DCLEARS=0",
         "a fence is a record"),
    Rule("lock-proof", 7, "lock", "NO_LOCK_PROOF", {9}, "-DSESSIONS=1",
         "a commit shows the generation and the nonce of its grant"),
]
MORE = [
    Rule("unknown-session", 2, "lease", "NO_SESSION_CHECK", {4}, "-DREQUESTS_OTHER=0 -DCRASHES=0",
         "nothing of an unknown session is executed"),
    Rule("first-transmission", 1, "clock", "DEADLINE_FROM_LAST_SEND", {3},
         "-DREQUESTS=1 -DREQUESTS_OTHER=0", "a deadline counts from the first transmission"),
    Rule("request-not-reply", 1, "clock", "DEADLINE_FROM_REPLY", {3},
         "-DREQUESTS=1 -DREQUESTS_OTHER=0", "… and not from the answer"),
    Rule("both-turns", 1, "clock", "ONE_TURN_MARGIN", {3}, "-DREQUESTS=1 -DREQUESTS_OTHER=0",
         "the margin has the turns of both machines"),
    Rule("drain", 6, "fence", "NO_DRAIN", {8}, "-DCRASHES=0 -DFAILURES=0 -DCLEARS=0",
         "nothing is wiped while an operation of its lease is in flight"),
    Rule("zeroing", 6, "fence", "NO_ZEROING", {8}, "-DCRASHES=0 -DFAILURES=0 -DCLEARS=0",
         "what a lease leaves is zeroed"),
    Rule("wipe-flush", 6, "fence", "NO_WIPE_FLUSH", {8}, "-DCRASHES=1 -DFAILURES=1 -DCLEARS=1",
         "a wipe is done when it is flushed"),
    Rule("boot-reset", 6, "fence", "NO_BOOT_RESET", {8}, "-DCRASHES=1 -DFAILURES=1 -DCLEARS=1",
         "boot resets the device"),
    Rule("clear-names-fence", 4, "fence", "CLEAR_ANY_FENCE", {7},
         "-DCRASHES=0 -DFAILURES=1 -DCLEARS=1", "a clear lifts the fence it names"),
    Rule("clear-tears-down", 4, "fence", "CLEAR_WITHOUT_TEARDOWN", {7},
         "-DCRASHES=0 -DFAILURES=1 -DCLEARS=1", "a clear is a new teardown"),
    Rule("export-anchored", 5, "fence", "EXPORT_UNANCHORED", {5},
         "-DCRASHES=1 -DFAILURES=0 -DCLEARS=0", "only anchored records are exported"),
    Rule("cell-after-group", 5, "fence", "CELL_BEFORE_GROUP", {5},
         "-DCRASHES=1 -DFAILURES=0 -DCLEARS=0", "a checkpoint is written after what it covers"),
    Rule("lock-deadline", 7, "lock", "NO_LOCK_DEADLINE", {9}, "-DSESSIONS=1 -DREQUESTS_OTHER=0",
         "a commit comes before the deadline on the home clock"),
    Rule("lock-release", 7, "lock", "NO_RELEASE", {9}, "-DREQUESTS_OTHER=0",
         "no commit follows the releasing one"),
]
# Readings that promise more than any node can keep. Each has its counterexample too.
READINGS = [
    Rule("fence-unrecorded", 10, "fence", "LITERAL_FENCE", {7}, "-DCRASHES=1 -DFAILURES=1 -DCLEARS=0",
         "a fence holds from the failure, also if a crash keeps its record from the disk"),
    Rule("resolve-any", 7, "lock", "LITERAL_RESOLUTION", {4}, "-DSESSIONS=1",
         "the header resolves a lost answer, whoever has committed since"),
]
RULES = NINE + MORE + READINGS
DEPTHS = [30, 45, 60, 75, 100, 130, 170, 400]  # in statements; an action has several


def say(text):
    print(f"model: {text}", file=sys.stderr, flush=True)


class Broken(Exception):
    """The run itself went wrong: nothing is known about the model."""


def run(command, folder, seconds):
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds,
                              check=False)
    except subprocess.TimeoutExpired as late:
        raise Broken(f"{' '.join(map(str, command))}: not done in {seconds} s") from late


def build(model, flags, options, folder):
    made = run(["spin", "-a", *flags, HERE / f"{model}.pml"], folder, 60)
    if not (folder / "pan.c").exists() or "rror" in made.stdout:
        raise Broken(f"{model}: {made.stdout.strip()} {made.stderr.strip()}")
    compiled = run(["cc", "-w", *options, "-DSAFETY", "-DNOFAIR", f"-DMEMLIM={MEMORY_MIB}", "-o", "pan",
                    "pan.c"], folder, 300)
    if compiled.returncode != 0:
        raise Broken(f"{model}: {compiled.stderr.strip()[:400]}")


def figure(pattern, text):
    found = re.search(pattern, text)
    return int(float(found.group(1))) if found else 0


def plain(statement):
    """A statement without the holder it is about, since Spin copies an inline for each."""
    return re.sub(r"\[[01]\]", "[h]", statement.replace("\\\\", "\\").replace("\\n", "")
                  .replace("\\", "")).replace("',1", "',h").replace("',0", "',h")


def statements_of(text):
    """How often each statement stands in a model."""
    found = re.findall(r"// STATE \d+ - \S+:\d+ - \[(.*)\] \(", text)
    found += re.findall(r"/\* merge: (.*)\(\d+, \d+, \d+\) \*/", text)
    return collections.Counter(plain(statement) for statement in found)


def unreached_of(text):
    process, unreached = "", {}
    for line in text.splitlines():
        found = re.match(r"unreached in proctype (\w+)", line)
        process = found.group(1) if found else process
        found = re.match(r"\s+\S+:(\d+), state (\d+), \"(.*)\"$", line)
        if found and found.group(3) != "-end-":
            unreached[process, int(found.group(2))] = plain(found.group(3))
    return unreached


def search(bounds, seconds):
    """One exhaustive search."""
    with tempfile.TemporaryDirectory(prefix="grafos-model-") as name:
        folder = pathlib.Path(name)
        build(bounds.model, bounds.flags.split(),
              ["-O2", "-DCOLLAPSE"] if bounds.is_long else ["-O1"], folder)
        statements = statements_of((folder / "pan.m").read_text(encoding="utf-8"))
        started = time.monotonic()
        text = run(["./pan", "-E", "-m100000", f"-w{26 if bounds.is_long else 23}"], folder,
                   seconds).stdout
        taken = time.monotonic() - started
    is_whole = "errors:" in text and not re.search(
        r"max search depth too small|memory limit|out of memory|Search not completed|hash-compact"
        r"|Bit statespace", text)
    return {"model": bounds.model, "bounds": bounds.name, "flags": bounds.flags,
            "states": figure(r"([\d.e+]+) states, stored", text),
            "transitions": figure(r"([\d.e+]+) transitions", text),
            "depth": figure(r"depth reached (\d+)", text), "seconds": round(taken, 1),
            "memory_mib": figure(r"([\d.]+)\s+total actual memory", text),
            "holds": is_whole and "errors: 0" in text, "is_whole": is_whole,
            "statements": statements, "unreached": unreached_of(text)}


def coverage(runs):
    """Of each model: what no search of it ever did. What only a broken invariant does is not
    counted."""
    result = {}
    for model in dict.fromkeys(run_["model"] for run_ in runs):
        of_it = [run_ for run_ in runs if run_["model"] == model]
        never = set.intersection(*(set(run_["unreached"].items()) for run_ in of_it))
        times = collections.Counter(statement for _, statement in never)
        left = sorted(statement for statement in times
                      if times[statement] >= of_it[0]["statements"][statement]
                      and statement not in ("else", "assert(0)") and "INVARIANT" not in statement)
        actions = {statement for statement in of_it[0]["statements"]
                   if statement.startswith("printf('~") and "INVARIANT" not in statement}
        result[model] = {"actions": len(actions), "done": len(actions - set(left)),
                         "unreached": left}
    return result


def counterexample(rule):
    """What a model does without the rule, as short as the depths tried allow; None if all is well."""
    with tempfile.TemporaryDirectory(prefix="grafos-model-") as name:
        folder = pathlib.Path(name)
        build(rule.model, [*rule.flags.split(), f"-D{rule.macro}"], ["-O0", "-DREACH"], folder)
        for depth in DEPTHS:
            run(["./pan", "-E", "-n", f"-m{depth}", "-w20"], folder, 120)
            trail = next(folder.glob("*.trail"), None)
            if trail is None:
                continue
            replay = run(["./pan", "-r", trail.name], folder, 60).stdout
            steps = [line.split("~ ", 1)[1].rstrip() for line in replay.splitlines()
                     if line.lstrip().startswith("~ ")]
            broken = figure(r"INVARIANT (\d+) is broken", replay)
            return {"invariant": broken, "steps": [step for step in steps if "INVARIANT" not in step],
                    "depth": depth}
    return None


def check_rule(rule):
    started = time.monotonic()
    found = counterexample(rule)
    broken = found["invariant"] if found else 0
    return {"rule": rule.name, "section": rule.section, "model": rule.model, "text": rule.text,
            "invariant": broken, "steps": found["steps"] if found else [],
            "is_caught": broken in rule.broken, "seconds": round(time.monotonic() - started, 1)}


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, ["-" * width for width in widths], *rows]:
        cells = [f"{cell:>{width}}" if isinstance(cell, (int, float)) else f"{cell:<{width}}"
                 for cell, width in zip(row, widths)]
        print("  ".join(cells).rstrip())
    print()


def show_steps(result):
    print(f"without {result['rule']} (§{result['section']}: {result['text']}):")
    number = 0
    for step in result["steps"]:
        if step.startswith(" "):
            print(f"          {step.strip()}")
        else:
            number += 1
            print(f"    {number:3}  {step}")
    print(f"         invariant {result['invariant']} is broken\n" if result["invariant"]
          else "         nothing is broken\n")


def count(steps):
    return sum(1 for step in steps if not step.startswith(" "))


def show_rules(title, results):
    print(title)
    table(["removed", "§", "model", "breaks invariant", "steps", "verdict"],
          [[r["rule"], r["section"], r["model"], r["invariant"] or "none", count(r["steps"]),
            "caught" if r["is_caught"] else "NOT CAUGHT"] for r in results])


def parse(arguments):
    parser = argparse.ArgumentParser(
        description="Checks the models of the protocol: exhaustively, whole, and without each rule.")
    parser.add_argument("--rule", metavar="NAME", choices=[rule.name for rule in RULES],
                        help="only this rule's counterexample, step by step; one of: "
                        + ", ".join(rule.name for rule in RULES))
    parser.add_argument("--trails", action="store_true", help="print every counterexample")
    parser.add_argument("--long", action="store_true", help="larger bounds too: some 5 minutes, 1.5 GB")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser.parse_args(arguments)


def search_all(is_long):
    runs = []
    for bounds in CONFIGURATIONS:
        if bounds.is_long and not is_long:
            continue
        say(f"{bounds.model}, {bounds.name} …")
        runs.append(search(bounds, 3600 if bounds.is_long else 400))
        say(f"  {runs[-1]['states']:,} states in {runs[-1]['seconds']} s, "
            + ("holds" if runs[-1]["holds"] else "DOES NOT HOLD"))
    return runs


def check_rules(rules):
    results = []
    for rule in rules:
        results.append(check_rule(rule))
        say(f"without {rule.name}: " + (f"invariant {results[-1]['invariant']} broken"
                                        if results[-1]["invariant"] else "nothing broken"))
    return results


def main():
    options = parse(sys.argv[1:])
    for tool in ("spin", "cc"):
        if shutil.which(tool) is None:
            say(f"no '{tool}' here; tools/setup installs it")
            return 77
    try:
        if options.rule:
            result = check_rule(next(rule for rule in RULES if rule.name == options.rule))
            if options.json:
                print(json.dumps(result))
            else:
                show_steps(result)
            return 0 if result["is_caught"] else 1
        runs = search_all(options.long)
        results = check_rules(RULES)
    except Broken as broken:
        say(str(broken))
        return 1
    covered = coverage(runs)
    is_good = (all(run_["holds"] for run_ in runs) and all(r["is_caught"] for r in results)
               and not any(model["unreached"] for model in covered.values()))
    if options.json:
        print(json.dumps({"models": [{key: value for key, value in run_.items()
                                      if key not in ("statements", "unreached")} for run_ in runs],
                          "coverage": covered, "rules": results, "is_good": is_good}))
        return 0 if is_good else 1
    table(["model", "bounds", "states", "transitions", "depth", "MiB", "seconds", "verdict"],
          [[r["model"], r["bounds"], r["states"], r["transitions"], r["depth"], r["memory_mib"],
            r["seconds"], "holds" if r["holds"] else "BROKEN" if r["is_whole"] else "NOT SEARCHED"]
           for r in runs])
    for model, cover in covered.items():
        print(f"{model}: {cover['done']} of {cover['actions']} actions happen in some run")
        for statement in cover["unreached"]:
            print(f"  never: {statement}")
    print()
    show_rules("Nine rules, each removed:", results[:len(NINE)])
    show_rules("More rules, each removed:", results[len(NINE):len(NINE) + len(MORE)])
    show_rules("Readings that do not hold, assumed:", results[len(NINE) + len(MORE):])
    if options.trails:
        for result in results:
            show_steps(result)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{sum(run_['states'] for run_ in runs):,} states, {len(results)} counterexamples, "
          f"{used.ru_utime + used.ru_stime:.0f} s of CPU")
    print("all as it should be" if is_good else "NOT as it should be")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
