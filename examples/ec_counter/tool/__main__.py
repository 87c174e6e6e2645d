# SPDX-License-Identifier: Apache-2.0
"""ec-counter on a fabric: started by `tools/run ec-counter --fabric`, which has built what it needs.

Prints the merged trace of all machines as it comes, then what was found. Exit: 0 all held, 1 it did
not or a machine died or is missing, 2 bad options.
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE), str(ROOT / "tools" / "tour"), str(ROOT / "tools" / "netem"),
                str(ROOT / "tests" / "network")]

import acts       # noqa: E402
import prepare    # noqa: E402
import settings as options_of  # noqa: E402
from console import Refused  # noqa: E402
from holder import NodeRefused  # noqa: E402
from machine import Machine, MachineError  # noqa: E402
from machines import DELAY, HOST, Machines, boards_of  # noqa: E402
from node import CheckFailed  # noqa: E402
from relay_client import NetemError  # noqa: E402
from story import Trace  # noqa: E402

FAILURES = (CheckFailed, MachineError, NetemError, NodeRefused, Refused, OSError)
SKIPPED = 77  # as CTest is told
STALE = ("report.json", "trace.txt", "audit/*.jsonl", "console/*.log", "disk/*.img")


def missing(options, settings) -> list[str]:
    """Images and programs that are not built."""
    images = [board.image(ROOT) for board in (*boards_of(options, settings), HOST)]
    absent = [str(image) for image in dict.fromkeys(images) if not image.is_file()]
    return absent + [name for name in ("grafos-netem", "grafos")
                     if not any(ROOT.glob(f"build/linux*/{name}"))]


def play(options, settings, say, work: Path) -> dict:
    """Both acts. The report; what failed is in it."""
    trace = Trace(say, settings.num_servers, HOST.name)
    machines = Machines(ROOT, options, settings, trace, work)
    report = {"program": "ec-counter", "seed": settings.seed, "ok": False, "failure": None,
              "settings": vars(settings), "nodes": [node.name for node in machines.servers],
              "first": None, "revoked": None, "crashed": None, "chains": []}
    began = time.monotonic()
    try:
        machines.make_keys()
        machines.connect()
        report["first"] = acts.first_act(machines, trace, options)
        if settings.is_durable:
            if not options.no_second:
                report["crashed"] = acts.crash_act(machines, trace, report["first"]["value"])
            report["chains"] = acts.prove_durable(machines)
        else:
            if not options.no_second:
                report["revoked"] = acts.second_act(machines, trace)
            report["chains"] = acts.prove(machines, report["revoked"])
        report["ok"] = True
    except FAILURES as failure:
        report["failure"] = str(failure) or type(failure).__name__
    finally:
        machines.close()
        Machine.kill_all()
        trace.settle()
    report |= {"lines": len(trace.lines), "ms": round((time.monotonic() - began) * 1000)}
    (options.out / "trace.txt").write_text(
        "".join(f"{at:9.3f} {who:<8} {line}\n" for at, who, line in trace.lines), encoding="utf-8")
    return report


def tell(report: dict, say) -> None:
    """For a person, after the trace."""
    say("")
    first = report["first"]
    if first and first["cut"]:
        cut = first["cut"]
        say(f"cut      server-{cut['server']} ({cut['node']}) was cut off for {cut['ms']} ms: "
            f"{cut['packets']} packets, {first['timed_out']} requests timed out")
    if first:
        say(f"agreed   {first['value']}, the largest that any server held; "
            f"{first['requests']} requests")
    if report["revoked"]:
        say(f"revoked  lease {report['revoked']['ref'][:8]}… on {report['revoked']['node']}: "
            f"{report['revoked']['line']}")
    if report["crashed"]:
        say(f"crashed  {report['crashed']['node']} lost its power, and with it nothing: "
            f"{report['crashed']['line']}")
    for proven in report["chains"]:
        leases = "; ".join(f"lease {ref[:8]}…: {told(kinds)}"
                           for ref, kinds in proven["leases"].items())
        say(f"chain    {proven['node']}: {proven['records']} records verify; {leases}")
    if report["ok"]:
        say(f"all of it held, in {report['ms'] / 1000:.1f} s")
    else:
        print(f"FAILED: {report['failure']}", file=sys.stderr, flush=True)


def told(kinds: list[str]) -> str:
    """`allocated, renewed 3 times, revoked`."""
    parts = []
    for kind in dict.fromkeys(kinds):
        count = kinds.count(kind)
        parts.append(kind.removeprefix("lease_") + (f" {count} times" if count > 1 else ""))
    return ", ".join(parts)


def bound(options) -> None:
    """Ends everything when the time is up, whatever hangs."""
    def end() -> None:
        print(f"FAILED: not done within {options.timeout:g} s (--timeout)", file=sys.stderr,
              flush=True)
        Machine.kill_all()
        os._exit(1)
    timer = threading.Timer(options.timeout, end)
    timer.daemon = True
    timer.start()


def hush(stream) -> None:
    """Whoever read it has enough, as `head` does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def run(options, settings) -> int:
    stream = sys.stderr if options.json else sys.stdout
    lock = threading.Lock()

    def say(text: str) -> None:
        with lock:
            try:
                print(text, file=stream, flush=True)
            except BrokenPipeError:     # perhaps in a machine's thread: the main one ends them all
                hush(stream)
                os.kill(os.getpid(), signal.SIGTERM)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    for pattern in STALE:
        for path in options.out.glob(pattern):
            path.unlink()
    bound(options)
    with tempfile.TemporaryDirectory(prefix="grafos-") as work:
        try:
            report = play(options, settings, say, Path(work))
        except KeyboardInterrupt:
            say("interrupted")
            return 130
        finally:
            Machine.kill_all()
    (options.out / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    tell(report, say)
    say(f"report, trace, exported chains and transcripts in {options.out}")
    if options.json:
        print(json.dumps(report, indent=2))
    return 0 if report["ok"] else 1


def settings_program() -> Path | None:
    """The program that reads the file: the newer one, since both are made of the same sources."""
    found = [path for path in (ROOT / "build" / preset / "ec-counter"
                               for preset in ("emulation", "linux")) if path.is_file()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def main() -> int:
    options = options_of.parse(sys.argv[1:], ROOT)
    if options.check_options:
        return 0
    program = settings_program()
    if program:
        try:
            settings, unused = options_of.read(options, program)
        except options_of.BadSetting as problem:
            print(f"{options_of.NAME}: {problem}", file=sys.stderr)
            return 2
        if options.check_settings:
            return 0
        absent = missing(options, settings)
    else:
        absent = ["ec-counter"]
    if absent and options.or_skip:
        print(f"skipped: not built: {', '.join(absent)}")
        return SKIPPED
    options.out = options.out.resolve()
    try:
        with prepare.claim(options.out):
            if absent:
                raise prepare.NotReady(f"not built: {', '.join(absent)}; next: the same without "
                                       f"--no-build", 1)
            if unused:
                print(f"{options_of.NAME}: {', '.join(unused)}: of the net in one process, without "
                      f"effect here: the relay delays {DELAY} ms each way", file=sys.stderr)
            return run(options, settings)
    except prepare.NotReady as problem:
        print(f"{options_of.NAME}: {problem}", file=sys.stderr)
        return problem.status


def quiet_main() -> int:
    """On any terminal, and into a pipe that nobody reads to its end."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        hush(sys.stdout)
        return 130


if __name__ == "__main__":
    sys.exit(quiet_main())
