# SPDX-License-Identifier: Apache-2.0
"""Plants one bug after another in the core and looks which oracle of the simulator finds it.

Reads table.toml, builds the simulator and the unit tests anew around each edited file, and runs
seeds 1, 2, … of the mutation's profile until one of the oracles expected fires.

Exit: 0 all as it must be, 1 not (which, and what to do next, is said), 2 bad usage.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import workshop  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", "..", ".."))
MUTATIONS_LEAST = 25
SIMULATOR = "grafos-sim"
UNIT_TESTS = "grafos-tests"
ORACLES = ("authority exclusion holder-first at-most-once anchored chain fence residue lock "
           "conservation liveness turn deadline programs linearizable hostile").split()
SEEDS_AT_ONCE = 20
FIELDS = {"name", "breaks", "rule", "oracles", "profile", "seeds", "file", "before", "after",
          "edit", "why"}


class Refused(Exception):
    """A table or a word of the command line that is not accepted."""


def read_table(path):
    try:
        with open(path, "rb") as file:
            rows = tomllib.load(file)["mutation"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise Refused(f"{path}: {error}") from error
    names = set()
    for row in rows:
        name = row.get("name", "(no name)")
        unknown = set(row) - FIELDS
        missing = {"name", "breaks", "rule", "oracles"} - set(row)
        if unknown or missing:
            raise Refused(f"{name}: unknown fields {sorted(unknown)}, missing {sorted(missing)}")
        strange = [each for each in row["oracles"] if each not in ORACLES]
        if strange or not row["oracles"]:
            raise Refused(f"{name}: oracles {strange}, expected some of {', '.join(ORACLES)}")
        if name in names:
            raise Refused(f"{name} stands in the table twice")
        names.add(name)
        if "edit" not in row:
            row["edit"] = [{key: row[key] for key in ("file", "before", "after")}]
        for edit in row["edit"]:  # TOML's ''' keeps a line's end that belongs to the table
            edit["before"] = edit["before"].strip("\n")
            edit["after"] = edit["after"].strip("\n")
        row.setdefault("profile", "all")
    return rows


# --- one simulator, one test program -----------------------------------------------------------------


class Hunt:
    """Seeds of one mutated simulator."""

    def __init__(self, program, row, args, stop):
        self.program = program
        self.row = row
        self.args = args
        self.stop = stop
        self.tried = 0
        self.others = {}  # oracle that was not expected -> seed

    def run(self):
        """The first verdict by an oracle that is expected; None: none within the budget."""
        seed = 1
        while seed <= self.args.seeds and not self.stop.is_set():
            count = min(SEEDS_AT_ONCE, self.args.seeds - seed + 1)
            for verdict in self.run_seeds(seed, count):
                self.tried = verdict["seed"]
                oracle = verdict["oracle"]
                if oracle is not None and not self.is_good_without(verdict):
                    oracle = "(without it too)"
                if oracle in self.row["oracles"]:
                    return verdict
                if oracle is not None:
                    self.others.setdefault(oracle, verdict["seed"])
            self.tried = seed + count - 1
            seed += count
        return None

    def is_good_without(self, verdict):
        """Whether the same seed passes as long as nothing is mutated."""
        own, self.program = self.program, os.path.join(self.args.build, SIMULATOR)
        try:
            return all(each["oracle"] is None for each in self.run_seeds(verdict["seed"], 1))
        finally:
            self.program = own

    def run_seeds(self, first, count):
        """Verdicts of `count` seeds. A process that dies takes its seed with it: the next goes on."""
        at = first
        while at < first + count:
            seen = 0
            command = [self.program, "--seed", str(at), "--count", str(first + count - at),
                       "--profile", self.row["profile"]]
            try:
                done = subprocess.run(command, capture_output=True, text=True,
                                      timeout=self.args.patience, stdin=subprocess.DEVNULL)
                out, died = done.stdout, done.returncode not in (0, 1)
            except subprocess.TimeoutExpired as error:
                out, died = (error.stdout or b"").decode(errors="replace"), True
            for line in out.splitlines():
                if line.startswith("{"):
                    try:
                        said = json.loads(line)
                    except ValueError:
                        continue
                    seen += 1
                    yield {"seed": said["plan"]["seed"], "profile": said["plan"]["profile"],
                           "oracle": said["oracle"], "failure": said["failure"],
                           "at_ms": said["failed_at"]}
            at += seen
            if died and at < first + count:
                yield {"seed": at, "profile": self.row["profile"], "oracle": "died",
                       "failure": "the process did not end by itself", "at_ms": 0}
                at += 1
            elif seen == 0:
                raise workshop.Broken(f"{' '.join(command)}: no verdict\n{done.stderr[:500]}")


def run_unit_tests(program, patience):
    """Green, or the tests that noticed."""
    try:
        done = subprocess.run([program], capture_output=True, text=True, timeout=patience,
                              cwd=os.path.dirname(program), stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return {"green": False, "failed": ["(did not end)"]}
    failed = re.findall(r"^\[  FAILED  \] ([A-Za-z]\w+\.\w+)(?:,.*)?$", done.stdout, re.M)
    if done.returncode != 0 and not failed:
        begun = re.findall(r"^\[ RUN      \] (\S+)", done.stdout, re.M)
        failed = [begun[-1] + " (died)"] if begun else ["(died)"]
    return {"green": done.returncode == 0, "failed": sorted(set(failed))}


def try_mutation(shop, row, args, stop):
    """All that is to be learnt of one; never raises for what the mutation itself does wrong."""
    began = time.monotonic()
    result = {"name": row["name"], "breaks": row["breaks"], "rule": row["rule"],
              "expected": row["oracles"], "profile": row["profile"], "oracle": None, "seed": None,
              "seeds_needed": None, "seconds": 0.0, "unit": None, "problem": None, "others": {}}
    place = tempfile.mkdtemp(prefix=f"mutation-{row['name']}-", dir=args.work)
    try:
        paths = shop.edit(row["edit"], place)
        names = [name for name in shop.objects_of(paths) if shop.is_used(name, args.targets)]
        if not names:
            raise workshop.Broken(f"no object is made of {', '.join(paths)}")
        objects = {name: shop.compile(name, place, paths) for name in names}
        if args.sim:
            program = shop.link(SIMULATOR, objects, place)
            hunting = time.monotonic()
            hunt = Hunt(program, row, args, stop)
            verdict = hunt.run()
            result["seconds"] = round(time.monotonic() - hunting, 1)
            result["others"] = hunt.others
            result["tried"] = hunt.tried
            if verdict is not None:
                result.update(oracle=verdict["oracle"], seed=verdict["seed"],
                              profile=verdict["profile"], seeds_needed=verdict["seed"],
                              failure=verdict["failure"], at_ms=verdict["at_ms"])
        if args.unit:
            result["unit"] = run_unit_tests(shop.link(UNIT_TESTS, objects, place), args.patience)
    except (workshop.Stale, workshop.Broken) as error:
        result["problem"] = str(error)
    finally:
        if not args.keep:
            shutil.rmtree(place, ignore_errors=True)
    result["seconds_in_all"] = round(time.monotonic() - began, 1)
    return result


# --- what comes of it --------------------------------------------------------------------------------


def row_of(result):
    unit = "-" if result["unit"] is None else "green" if result["unit"]["green"] else "red"
    found = result["oracle"] or ("PROBLEM" if result["problem"] else "NOT FOUND")
    return [result["name"], found, result["profile"] if result["seed"] else "-",
            str(result["seed"] or "-"), str(result["seeds_needed"] or "-"),
            f"{result['seconds']:.1f}", unit]


def print_table(results):
    rows = [["bug", "oracle", "profile", "seed", "seeds needed", "seconds", "unit tests"]]
    rows += [row_of(result) for result in results]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for at, row in enumerate(rows):
        print("| " + " | ".join(cell.ljust(widths[i]) for i, cell in enumerate(row)) + " |")
        if at == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def problems_of(results, args):
    """What is not as it must be, each with what to do next."""
    found = []
    for result in results:
        name = result["name"]
        if result["problem"]:
            found.append(f"{name}: {result['problem']}\n    next: see whether the rule still "
                         "stands there, and write its edit in table.toml anew")
        elif args.sim and result["oracle"] is None:
            others = ", ".join(f"{oracle} (seed {seed})"
                               for oracle, seed in result["others"].items())
            found.append(f"{name}: not found by {' or '.join(result['expected'])} within "
                         f"{result.get('tried', 0)} seeds of profile {result['profile']}"
                         f"{'; fired: ' + others if others else ''}\n    next: a workload that "
                         "gets there, an oracle that sees it, or a longer --seeds")
    if args.only:
        return found
    if len(results) < MUTATIONS_LEAST:
        found.append(f"{len(results)} mutations, expected at least {MUTATIONS_LEAST}\n    next: "
                     "add some (README.md)")
    if args.unit:
        green = sum(1 for each in results if each["unit"] and each["unit"]["green"])
        if 2 * green < len(results):
            found.append(f"{green} of {len(results)} leave the unit tests green, expected half\n"
                         "    next: subtler edits of the same nature")
    return found


def parse(words):
    parser = argparse.ArgumentParser(
        prog="mutate.py", description="Plants bugs and looks which oracle of the simulator finds "
        "them.", epilog="Exit: 0 all found, 1 something is not as it must be, 2 bad usage.")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "linux"),
                        help="build folder of the linux preset (default: build/linux)")
    parser.add_argument("--table", default=os.path.join(HERE, "table.toml"))
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="this one; may be given several times")
    parser.add_argument("--seeds", type=int, default=1000, help="budget of each (default: 1000)")
    parser.add_argument("--jobs", type=int, default=2, help="at once (default: 2)")
    parser.add_argument("--patience", type=int, default=300, metavar="SECONDS",
                        help="for one process (default: 300)")
    parser.add_argument("--no-unit", dest="unit", action="store_false",
                        help="do not ask whether unit tests notice")
    parser.add_argument("--no-sim", dest="sim", action="store_false",
                        help="ask only whether unit tests notice")
    parser.add_argument("--list", action="store_true", help="names and what they break")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--keep", action="store_true", help="leave the mutated programs behind")
    args = parser.parse_args(words)
    if args.seeds < 1 or args.jobs < 1 or args.patience < 1:
        parser.error("--seeds, --jobs and --patience are at least 1")
    if not args.sim and not args.unit:
        parser.error("--no-sim and --no-unit leave nothing to do")
    args.targets = ([SIMULATOR] if args.sim else []) + ([UNIT_TESTS] if args.unit else [])
    return args


def choose(rows, only):
    names = [row["name"] for row in rows]
    for name in only:
        if name not in names:
            raise Refused(f"unknown mutation {name!r}: expected one of {', '.join(names)}")
    return [row for row in rows if not only or row["name"] in only]


def run_all(rows, args):
    shop = workshop.Workshop(ROOT, args.build)
    shop.check_targets(args.targets)
    before = shop.digests()
    stop = threading.Event()
    results = {}
    with tempfile.TemporaryDirectory(prefix="grafos-mutations-") as work:
        args.work = work if not args.keep else tempfile.mkdtemp(prefix="grafos-mutations-kept-")
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            futures = [pool.submit(try_mutation, shop, row, args, stop) for row in rows]
            try:
                for future in concurrent.futures.as_completed(futures):
                    result = future.result()
                    results[result["name"]] = result
                    cells = row_of(result)
                    print(f"[{len(results)}/{len(rows)}] {cells[0]}: {cells[1]}, seed {cells[3]}, "
                          f"{result['seconds_in_all']} s, unit tests {cells[6]}", file=sys.stderr,
                          flush=True)
            except BaseException:
                stop.set()
                for future in futures:
                    future.cancel()
                raise
    if args.keep:
        print(f"kept: {args.work}", file=sys.stderr)
    after = shop.digests()
    touched = sorted(path for path in before if before[path] != after.get(path))
    if touched:
        raise workshop.Broken("the build was changed meanwhile, so nothing is known: "
                              + ", ".join(touched))
    return [results[row["name"]] for row in rows]


def main(words):
    args = parse(words)
    began = time.monotonic()
    try:
        rows = choose(read_table(args.table), args.only)
        if args.list:
            for row in rows:
                print(f"{row['name']:32} {row['breaks']}  ({row['rule']})")
            return 0
        results = run_all(rows, args)
    except Refused as error:
        print(f"mutate.py: {error}", file=sys.stderr)
        return 2
    except (workshop.Broken, OSError) as error:
        print(f"mutate.py: {error}\n    next: build it first: cmake --preset linux && ninja -C "
              f"build/linux {SIMULATOR} {UNIT_TESTS}", file=sys.stderr)
        return 2
    seconds = round(time.monotonic() - began, 1)
    problems = problems_of(results, args)
    found = sum(1 for each in results if each["oracle"])
    green = sum(1 for each in results if each["unit"] and each["unit"]["green"])
    if args.json:
        print(json.dumps({"mutations": results, "found": found, "unit_green": green,
                          "seconds": seconds, "problems": problems}, indent=1))
    else:
        print_table(results)
        said = f", {green} leave the unit tests green" if args.unit else ""
        print(f"{len(results)} mutations, {found} found{said}, {seconds} s")
    for problem in problems:
        print(f"mutate.py: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
