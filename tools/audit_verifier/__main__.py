# SPDX-License-Identifier: Apache-2.0
"""audit-verify: reads exported audit chains and says whether they prove themselves."""

import argparse
import collections
import json
import re
import sys

from chain import Chain
from life import Life
from record import Head, Problem, read_line

OK, NOT_OK, USAGE = 0, 1, 2

HELP = """\
Reads exports of audit chains, one record a line, and recomputes everything from the format alone:
canonical bytes, hashes, links, sequence, node, boots, the signature of the last line, and the life of
each lease and fence. Shares no code with the core.

Exit: 0 everything holds, 1 something does not, 2 the command line or a file cannot be used."""


class Report:
    """What is known of one chain: one file, or several joined ones."""

    def __init__(self, name, chain, life):
        self.name = name
        self.chain = chain
        self.life = life
        self.kinds = collections.Counter()
        self.problems = []

    def read(self, name, lines, needs_head):
        number = 0
        try:
            for number, line in enumerate(lines, 1):
                self._take(line)
            if needs_head and self.chain.head is None:
                number += 1
                raise Problem("checkpoint", "the file ends without a signed head")
        except Problem as problem:
            self.problems.append({"file": name, "line": number, "field": problem.field,
                                  "message": problem.message})

    def _take(self, line):
        if not line.endswith(b"\n"):
            raise Problem("line", "is cut: no line end")
        found = read_line(line[:-1])
        if isinstance(found, Head):
            self.chain.end(found)
            return
        self.chain.take(found)
        if self.chain.count == 1 and found.sequence == 0 and found.kind != "boot":
            raise Problem("kind", f"the first record is {found.kind}, expected boot")
        self.life.take(found)
        self.kinds[found.kind] += 1

    def as_dict(self):
        chain = self.chain
        return {
            "name": self.name, "ok": not self.problems,
            "node_id": chain.node_id.hex() if chain.node_id else None,
            "records": chain.count, "first": chain.first,
            "last": chain.last if chain.count else None,
            "anchor": chain.hash.hex() if chain.count else None,
            "signed": chain.head is not None, **self.life.counts, "live": self.life.live_count,
            "fenced": len(self.life.open_fences), "kinds": dict(self.kinds),
            "problems": self.problems,
        }


def parse_anchor(text):
    found = re.fullmatch(r"([0-9a-f]{64}):([0-9]{1,20})", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"got {text!r}, expected HEX:SEQ, the hash of record SEQ")
    return bytes.fromhex(found[1]), int(found[2])


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(prog="audit-verify", description=HELP,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", default=["-"], metavar="FILE",
                        help="exported JSONL; - or none: standard input")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")
    parser.add_argument("--join", action="store_true",
                        help="the files are one chain in pieces, in this order")
    parser.add_argument("--from-anchor", type=parse_anchor, metavar="HEX:SEQ",
                        help="the first record follows record SEQ, whose hash is HEX and trusted")
    parser.add_argument("--unanchored", action="store_true",
                        help="believe the first record's previous hash: the export starts anywhere")
    parser.add_argument("--unsigned", action="store_true",
                        help="do not insist on the signed last line")
    options = parser.parse_args(arguments)
    if options.from_anchor and options.unanchored:
        parser.error("--from-anchor and --unanchored exclude each other")
    if options.from_anchor and len(options.files) > 1 and not options.join:
        parser.error("--from-anchor with several files needs --join")
    return options


def new_report(name, options):
    is_from_genesis = options.from_anchor is None and not options.unanchored
    return Report(name, Chain(options.from_anchor, not options.unanchored), Life(is_from_genesis))


def read_lines(name):
    if name == "-":
        return sys.stdin.buffer.read().splitlines(keepends=True)
    with open(name, "rb") as file:
        return file.read().splitlines(keepends=True)


def verify(options):
    reports = []
    for name in options.files:
        lines = read_lines(name)
        if options.join and reports:
            report = reports[0]
            report.name += f" + {name}"
            if report.problems:
                continue
            report.chain.reopen()
        else:
            report = new_report(name, options)
            reports.append(report)
        report.read(name, lines, not options.unsigned)
    return [report.as_dict() for report in reports]


COLUMNS = ("records", "first", "last", "boots", "leases", "ended", "ended_by_boot", "live", "fences",
           "clears", "fenced")


def show(results):
    width = max([4] + [len(result["name"]) for result in results])
    heads = [name.replace("ended_by_boot", "by boot") for name in COLUMNS]
    print(f"{'file':{width}}  {'node':16}  " + "  ".join(f"{head:>7}" for head in heads)
          + "  signed  verdict")
    for result in results:
        cells = ("-" if result[name] is None else result[name] for name in COLUMNS)
        print(f"{result['name']:{width}}  {(result['node_id'] or '-')[:16]:16}  "
              + "  ".join(f"{cell:>7}" for cell in cells)
              + f"  {'yes' if result['signed'] else 'no':6}  {'ok' if result['ok'] else 'NOT OK'}")
    for result in results:
        for problem in result["problems"]:
            print(f"{problem['file']}:{problem['line']}: {problem['field']}: {problem['message']}",
                  file=sys.stderr)
        if result["ok"] and result["anchor"]:
            print(f"anchor {result['anchor']}  record {result['last']}  {result['name']}")


def main(arguments):
    options = parse_arguments(arguments)
    try:
        results = verify(options)
    except OSError as error:
        print(f"audit-verify: {error.filename}: {error.strerror}", file=sys.stderr)
        return USAGE
    is_ok = all(result["ok"] for result in results)
    if options.json:
        print(json.dumps({"ok": is_ok, "chains": results}, indent=1))
    else:
        show(results)
    return OK if is_ok else NOT_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
