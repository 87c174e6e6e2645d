# SPDX-License-Identifier: Apache-2.0
"""What `tools/sim` is asked: words to values, and what is wrong with them. Nothing is built before
the words are good; names of profiles and faults are checked by the built program, which knows them."""

import argparse
import itertools
import re
from pathlib import Path

from runs import SimError

HOURS_MOST = 24
OF_A_RUN = ("profile", "nodes", "faults", "window", "length_ms")   # a trace says them by itself
NO_EFFECT = {   # of what is asked: what changes nothing of it
    "replay": (*OF_A_RUN, "first", "stop"),
    "seed": ("stop",),
    "diff": (*OF_A_RUN, "first", "stop", "shrink"),
    "mutations": (*OF_A_RUN, "first", "stop", "shrink", "program"),
}
SEEDS_MOST = 10**12
HELP = """
usage: tools/sim [--seeds N] [--first N] [options]      many runs
       tools/sim --seed N [options]                     one run
       tools/sim --long | --replay FILE | --diff A B | --mutations

  --seed N          one run: it is the whole story, of topology, programs and faults
  --seeds N         as many runs, on all cores (200 if nothing is said)
  --first N         the first of them (1)
  --long            run after run until a simulated year is done; Ctrl-C stops it with its sum

  --profile NAME    calm, net, disk, power, clock, pressure, hostile, swarm; without it all in turn
  --nodes N         machines, 2 ... 5; without it the seed draws
  --hours H         length of a run's part under faults, in simulated hours, at most 24
                    (a minute; with --long an hour)
  --seconds S       the same in simulated seconds
  --faults LIST     these kinds alone: a,b,c, or all, or none
  --window A:B      faults begin and end so many ms into that part

  --shrink          a failure is made smaller: fewer kinds, a shorter window, fewer nodes, less time
  --trace FILE      every event of one run, as JSON lines
  --timeline FILE   a picture of one run, SVG: machines, leases, faults, partitions
  --replay FILE     runs again what a trace file says, and compares each event
  --diff A B        two trace files: the first event that is not the same
  --mutations       planted bugs: which oracle finds each, with which seed, in what time;
                    --seeds N: its budget of each
  --only NAME       with --mutations: only this one; repeat for more

  --stop            at the first failure
  --json            one JSON object to stdout, everything else to stderr
  --no-build        takes the program as it is
  --program FILE    another grafos-sim than build/linux's, as it is
  --help            this text

examples:
  tools/sim                                    two hundred seeds, all profiles in turn
  tools/sim --seeds 1000 --profile swarm       any mixture of faults
  tools/sim --seed 31 --timeline run.svg       one run, drawn
  tools/sim --seed 31 --faults loss,crash      the same one, with two kinds of faults alone
  tools/sim --seed 31 --shrink                 the smallest run that still fails alike

A failure prints the invariant, who says so, the last events, and the one command that has it again.
Exit: 0 all held, 1 something that must hold was broken, 2 bad input, 3 it could not be built.
"""


class Words(argparse.ArgumentParser):
    def error(self, message):
        raise SimError(message.removeprefix("argument "))


def whole(least, most):
    def of(text):
        if not re.fullmatch(r"[0-9]{1,19}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"'{text}': expected a whole number, {least} ... {most}")
        return int(text)
    return of


def length(name, unit_ms):
    """Milliseconds of a length in `name`."""
    def of(text):
        is_number = re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,12})?", text)
        length_ms = round(float(text) * unit_ms) if is_number else 0
        if not 1 <= length_ms <= HOURS_MOST * 3_600_000:
            most = HOURS_MOST * 3_600_000 // unit_ms
            raise argparse.ArgumentTypeError(f"'{text}': expected {name} above 0, at most {most:,}, "
                                             "as 2 or 0.5 (more time: more seeds, --long)")
        return length_ms
    return of


def window(text):
    found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", text)
    if not found or int(found[1]) >= int(found[2]):
        raise argparse.ArgumentTypeError(
            f"'{text}': expected two times in ms, the first before the second, as 2000:9500")
    return int(found[1]), int(found[2])


def parser():
    words = Words(prog="sim", add_help=False, allow_abbrev=False)
    what = words.add_mutually_exclusive_group()
    what.add_argument("--seed", type=whole(1, 2**62))
    words.add_argument("--seeds", type=whole(1, SEEDS_MOST))
    what.add_argument("--long", action="store_true")
    what.add_argument("--replay", metavar="FILE", type=Path)
    what.add_argument("--diff", nargs=2, metavar=("A", "B"), type=Path)
    what.add_argument("--mutations", action="store_true")
    words.add_argument("--first", type=whole(1, 2**62))
    words.add_argument("--profile")
    words.add_argument("--nodes", type=whole(2, 5))
    how_long = words.add_mutually_exclusive_group()
    how_long.add_argument("--hours", type=length("hours", 3_600_000), dest="length_ms")
    how_long.add_argument("--seconds", type=length("seconds", 1_000), dest="length_ms")
    words.add_argument("--faults")
    words.add_argument("--window", type=window)
    words.add_argument("--shrink", action="store_true")
    words.add_argument("--trace", metavar="FILE", type=Path)
    words.add_argument("--timeline", metavar="FILE", type=Path)
    words.add_argument("--only", action="append", default=[])
    words.add_argument("--stop", action="store_true")
    words.add_argument("--json", action="store_true")
    words.add_argument("--no-build", action="store_true")
    words.add_argument("--program", metavar="FILE", type=Path)
    words.add_argument("--help", "-h", action="store_true")
    return words


def parse(words):
    options = parser().parse_args(words)
    is_one = options.seed is not None or options.replay is not None
    if options.seeds is not None and (is_one or options.long or options.diff):
        raise SimError("--seeds is not allowed with --seed, --long, --replay or --diff")
    for name in ("trace", "timeline"):
        if getattr(options, name) is not None and not is_one:
            raise SimError(f"--{name} is of one run: give --seed N with it")
    if options.first is not None and options.seed is not None:
        raise SimError("--first is where --seeds begin: leave it out with --seed")
    if options.only and not options.mutations:
        raise SimError("--only goes with --mutations")
    check_effects(options)
    check_files(options)
    for name, default in (("profile", "all"), ("nodes", 0), ("faults", "all"), ("window", (0, 0))):
        if getattr(options, name) is None:
            setattr(options, name, default)
    length_ms = options.length_ms or 60_000
    if options.window[1] > length_ms:
        raise SimError(f"--window ends at {options.window[1]} ms, behind the run's {length_ms} ms: "
                       "expected it within, or longer --hours")
    return options


def check_effects(options):
    for what, names in NO_EFFECT.items():
        if getattr(options, what) in (None, False):
            continue
        for name in names:
            if getattr(options, name) not in (None, False):
                word = "hours or --seconds" if name == "length_ms" else name
                raise SimError(f"--{word} has no effect with --{what}: leave it out")


def check_files(options):
    """What is written is no file that is read or written besides."""
    named = {name: getattr(options, name) for name in ("program", "replay", "trace", "timeline")
             if getattr(options, name) is not None}
    for one, other in itertools.combinations(named, 2):
        if other != "replay" and is_same_file(named[one], named[other]):
            raise SimError(f"--{one} and --{other} are the same file, {named[other]}, which would be "
                           "overwritten: expected two")


def is_same_file(one, other):
    try:
        return one.resolve() == other.resolve() or one.samefile(other)
    except (OSError, RuntimeError):
        return False    # one is not there; what it is worth is said where it is opened


def check_names(options, choices):
    """Against what the program knows."""
    if options.profile != "all" and options.profile not in choices["profiles"]:
        raise SimError(f"unknown profile '{options.profile}': expected all, "
                       + ", ".join(choices["profiles"]))
    if options.faults not in ("all", "none"):
        for name in options.faults.split(","):
            if name not in choices["faults"]:
                raise SimError(f"unknown fault '{name}': expected all, none, or some of "
                               + ", ".join(choices["faults"]))
