# SPDX-License-Identifier: Apache-2.0
"""What is asked of the pictures: words to values, and what is wrong with them."""

import argparse
import os
import re
import sys
from pathlib import Path

import chart
import diagram
import runs_plot
from event_file import PictureError, read_run
from window import LETTERS, LETTERS_MOST

GOOD, BAD_INPUT = 0, 2
TIME_MOST = 2**53
HELP = f"""
usage: pictures diagram EVENTS --out FILE.svg [--from MS] [--to MS] [--actors LIST] [--letters N]
       pictures chart EVENTS --out FILE.svg [--from MS] [--to MS] [--actors LIST] [--figure NAME]
       pictures runs RUNS --out FILE.svg

  diagram           a message sequence chart: who told whom what, and when; what was lost, who waited
  chart             a figure that actors show (a counter), over time, until all show the same
  runs              many runs: how long until all met, by sync period and loss

  EVENTS            an event file, as `--events FILE` of an emulation writes it
  RUNS              a runs file, as `--runs N` of an emulation writes it
  --out FILE        the picture: SVG, without scripts; light and dark by the viewer's wish
  --from MS, --to MS   only what happened then
  --actors LIST     these lifelines or lines, in this order: names, or a kind for all of it, as
                    main,server,client-2; without it as many as fit
  --letters N       about so many letters, {LETTERS} if nothing is said, {LETTERS_MOST} at most:
                    how the run begins, what is worth seeing, how it ends; a break says how many
                    are left out
  --figure NAME     which figure, the first that is shown if nothing is said
  --help            this text

examples:
  pictures diagram run.jsonl --out run.svg
  pictures diagram run.jsonl --out cut.svg --from 900 --to 1200 --actors server --letters 200
  pictures chart run.jsonl --out counters.svg

Exit: 0 drawn, 2 bad input; nothing is written then.
"""


class Words(argparse.ArgumentParser):
    def error(self, message):
        raise PictureError(message.removeprefix("argument "))


def whole(least, most):
    def of(text):
        if not re.fullmatch(r"[0-9]{1,16}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"'{text}': expected a whole number, {least} ... {most}")
        return int(text)
    return of


def list_of(text):
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"'{text}': expected names with commas between, "
                                         "as server-1,client-2")
    return names


def parse(words):
    parser = Words(prog="pictures", add_help=False, allow_abbrev=False)
    parser.add_argument("what", choices=("diagram", "chart", "runs"))
    parser.add_argument("file", type=Path, metavar="EVENTS")
    parser.add_argument("--out", type=Path, metavar="FILE")
    parser.add_argument("--from", type=whole(0, TIME_MOST), dest="begin")
    parser.add_argument("--to", type=whole(0, TIME_MOST), dest="end")
    parser.add_argument("--actors", type=list_of)
    parser.add_argument("--letters", type=whole(1, LETTERS_MOST))
    parser.add_argument("--figure")
    options = parser.parse_args(words)
    if options.out is None:
        raise PictureError("no --out FILE.svg: expected where the picture goes")
    for name, of in (("letters", ("diagram",)), ("figure", ("chart",)),
                     ("actors", ("diagram", "chart")), ("begin", ("diagram", "chart")),
                     ("end", ("diagram", "chart"))):
        if getattr(options, name) is not None and options.what not in of:
            word = {"begin": "from", "end": "to"}.get(name, name)
            raise PictureError(f"--{word} has no effect with {options.what}: leave it out")
    if options.begin is not None and options.end is not None and options.begin > options.end:
        raise PictureError(f"--from {options.begin} lies behind --to {options.end}: "
                           "expected the earlier first")
    if options.out.exists() and options.file.exists() and options.out.samefile(options.file):
        raise PictureError(f"--out is the file that is read, {options.out}: expected another")
    return options


def drawn(options):
    if options.what == "runs":
        return runs_plot.draw(options.file)
    run = read_run(options.file)
    if options.what == "chart":
        return chart.draw(run, options.figure, options.begin, options.end, options.actors)
    return diagram.draw(run, options.begin, options.end, options.actors, options.letters or LETTERS)


def main(words):
    try:
        status = answered(words)
        sys.stdout.flush()
        return status
    except BrokenPipeError:     # whoever read has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD


def answered(words):
    if "--help" in words or "-h" in words:
        print(HELP.strip())
        return GOOD
    try:
        options = parse(words)
        picture = drawn(options)
        try:
            options.out.write_bytes(picture.encode())
        except OSError as error:
            raise PictureError(f"cannot write {options.out}: {error.strerror}") from error
    except PictureError as error:
        print(f"pictures: {error}", file=sys.stderr)
        return BAD_INPUT
    print(f"{options.what} {options.out}")
    return GOOD
