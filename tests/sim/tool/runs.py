# SPDX-License-Identifier: Apache-2.0
"""Runs of grafos-sim: what is asked of it, what it answers, and many of them on all cores."""

import json
import os
import queue
import shlex
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, replace

DEFAULT_LENGTH_MS = 60_000
CHUNK = 8             # seeds a process runs before it is asked for others
PATIENCE_S = 300.0    # without a word from one run, before it is taken for endless
SLOWEST_RATIO = 20    # simulated time to real, that a long run is given besides
PATIENCE_AT_END_S = 20.0


class SimError(Exception):
    """Something that the user has to put right."""


@dataclass(frozen=True)
class Plan:
    """What one run is to be. `profile`: all = the seed's own, in turn; `nodes` 0: the seed draws."""

    seed: int = 1
    profile: str = "all"
    nodes: int = 0
    faults: str = "all"
    length_ms: int = DEFAULT_LENGTH_MS
    from_ms: int = 0
    to_ms: int = 0

    def __post_init__(self):
        for name, value in vars(self).items():
            is_word = isinstance(value, str) and value.isprintable()
            if not (is_word if name in ("profile", "faults") else is_whole(value)):
                raise ValueError(f"'{name}' cannot be {json.dumps(value)}")

    def words(self):
        """For grafos-sim."""
        words = ["--seed", str(self.seed), "--profile", self.profile, "--faults", self.faults,
                 "--length-ms", str(self.length_ms)]
        words += ["--nodes", str(self.nodes)] if self.nodes else []
        words += ["--from-ms", str(self.from_ms)] if self.from_ms else []
        return words + (["--to-ms", str(self.to_ms)] if self.to_ms else [])

    def command(self, program=None):
        """What a person types to have it again."""
        words = ["tools/sim", "--seed", str(self.seed), "--profile", self.profile]
        words += ["--nodes", str(self.nodes)] if self.nodes else []
        words += ["--faults", self.faults] if self.faults != "all" else []
        if self.length_ms != DEFAULT_LENGTH_MS:
            words += length_words(self.length_ms)
        if self.from_ms or self.to_ms:
            words += ["--window", f"{self.from_ms}:{self.to_ms or self.length_ms}"]
        words += ["--program", str(program)] if program else []
        return shlex.join(words)

    @staticmethod
    def of(outcome):
        """The plan that an outcome says it was, all drawn that the tool draws."""
        return Plan(**{name: outcome["plan"][name] for name in Plan.__dataclass_fields__})


def is_whole(value):
    return type(value) is int and 0 <= value < 2**64


def length_words(length_ms):
    """Hours if they are whole, else seconds."""
    if length_ms % 3_600_000 == 0:
        return ["--hours", str(length_ms // 3_600_000)]
    return ["--seconds", f"{length_ms // 1000}.{length_ms % 1000:03}".rstrip("0").rstrip(".")]


def cut_short(plan, profiles, why, oracle):
    """The outcome of a run that did not say its own. Each seed has a profile in turn."""
    profile = profiles[plan.seed % len(profiles)] if plan.profile == "all" else plan.profile
    return {"plan": {"seed": plan.seed, "profile": profile, "nodes": plan.nodes,
                     "faults": plan.faults, "length_ms": plan.length_ms, "from_ms": plan.from_ms,
                     "to_ms": plan.to_ms},
            "good": False, "oracle": oracle, "failure": why, "failed_at": 0, "ended_at": 0,
            "nodes": plan.nodes, "faults_on": plan.faults, "fault_counts": {}, "faults": 0,
            "operations": 0, "checks": 0, "asked": {}, "excused": 0, "histories": 0,
            "history_operations": 0, "history_largest": 0, "histories_undecided": 0, "leases": 0, "ended": 0, "mended_ms": 0, "given_back_ms": 0, "steps": 0, "events": 0, "cpu_us": 0,
            "trace": ""}


class Simulator:
    """An executable grafos-sim."""

    def __init__(self, program):
        self.program = program
        self.cores = max(1, len(os.sched_getaffinity(0)))
        self._running = set()
        self._lock = threading.Lock()
        self.choices = self._choices()

    def _choices(self):
        """Profiles, faults, bounds, as it knows them."""
        try:
            done = subprocess.run([self.program, "--list"], capture_output=True, text=True,
                                  timeout=60, check=False)
            choices = json.loads(done.stdout)
            return {name: list(choices[name]) for name in ("profiles", "faults")}
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise SimError(f"{self.program} is not grafos-sim: {error}") from error
        except (KeyError, TypeError) as error:
            raise SimError(f"{self.program} is not grafos-sim, or of another version: its --list "
                           "does not say 'profiles' and 'faults'") from error

    def _outcome(self, line):
        """What a run said, if it is all that is asked of it here."""
        try:
            outcome = json.loads(line)
            Plan.of(outcome)
            for name, usual in cut_short(Plan(), ["all"], "", "").items():
                kind = (str, type(None)) if name in ("oracle", "failure") else type(usual)
                if not isinstance(outcome[name], kind):
                    raise ValueError(f"'{name}' cannot be {json.dumps(outcome[name])}")
            return outcome
        except KeyError as error:
            raise SimError(f"{self.program} is a grafos-sim of another version: what it says of a "
                           f"run has no {error}") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise SimError(f"{self.program} is not grafos-sim: what it says of a run is not its "
                           f"JSON ({error})") from error

    def run(self, plan, trace=None):
        """One run, here and now."""
        outcomes = list(self._runs_of(plan, 1, trace))
        return outcomes[0]

    def run_each(self, plans, take):
        """Each plan once, on all cores. `take(index, outcome)` answers whether to go on."""
        jobs = queue.SimpleQueue()
        for job in enumerate(plans):
            jobs.put(job)

        def next_job():
            try:
                index, plan = jobs.get_nowait()
                return index, plan, 1
            except queue.Empty:
                return None

        self._work(next_job, take)

    def run_seeds(self, plan, seeds, take):
        """`plan` with each of `seeds`, a range or an endless iterator of first seeds of chunks."""
        chunks = iter(seeds)
        lock = threading.Lock()

        def next_job():
            with lock:
                first, number = next(chunks, (0, 0))
            return (first, replace(plan, seed=first), number) if number else None

        self._work(next_job, take)

    def _work(self, next_job, take):
        answers = queue.Queue()
        stopped = threading.Event()

        def work():
            try:
                while not stopped.is_set():
                    job = next_job()
                    if job is None:
                        break
                    for outcome in self._runs_of(job[1], job[2], None, stopped):
                        answers.put((job[0], outcome))
            except Exception as error:  # is raised again where it is waited for
                if not stopped.is_set():  # else a line may have been cut
                    answers.put((None, error))
            answers.put((None, None))

        workers = [threading.Thread(target=work, daemon=True) for _ in range(self.cores)]
        for worker in workers:
            worker.start()
        left = len(workers)
        try:
            while left:
                index, outcome = answers.get()
                if isinstance(outcome, Exception):
                    raise outcome
                if outcome is None:
                    left -= 1
                elif not stopped.is_set() and not take(index, outcome):
                    stopped.set()
                    self._end_all()
        finally:
            stopped.set()
            self._end_all()

    def _end_all(self):
        with self._lock:
            for process in self._running:
                process.terminate()

    def _runs_of(self, plan, number, trace, stopped=None):
        """Outcomes of so many seeds from `plan.seed` on. One that kills its process is an outcome
        too; the rest goes on behind it."""
        at = plan.seed
        end = plan.seed + number
        while at < end and not (stopped is not None and stopped.is_set()):
            begun_at = at
            words = [self.program, *replace(plan, seed=at).words(), "--count", str(end - at)]
            process = subprocess.Popen(words + (["--trace", trace] if trace else []),
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, errors="replace",
                                       start_new_session=True)
            with self._lock:
                self._running.add(process)
            if stopped is not None and stopped.is_set():  # nobody else ends this one
                process.terminate()
            watch = Watch(process, PATIENCE_S + plan.length_ms / 1000 / SLOWEST_RATIO)
            said = []
            drain = threading.Thread(target=lambda p=process, s=said: s.append(p.stderr.read()),
                                     daemon=True)
            drain.start()
            for line in process.stdout:
                watch.heard()
                try:
                    outcome = self._outcome(line)
                except SimError:
                    watch.stop()
                    process.kill()
                    raise
                yield outcome
                at += 1
            watch.stop()
            process.wait()
            drain.join(PATIENCE_AT_END_S)
            with self._lock:
                self._running.discard(process)
            if stopped is not None and stopped.is_set():
                return
            if process.returncode == 2:
                told = "".join(said).strip() or f"{self.program} refuses {shlex.join(words[1:])}"
                raise SimError(told.splitlines()[0])
            if at < end and (process.returncode not in (0, 1) or at == begun_at):
                yield cut_short(replace(plan, seed=at), self.choices["profiles"],
                                *why_ended(process, watch, said))
                at += 1


def why_ended(process, watch, said):
    """(what happened, who says so) of a run without a word of its own."""
    if watch.is_over:
        return f"no end and no word for {watch.patience_s:.0f} s", "endless"
    how = (f"killed by {signal.Signals(-process.returncode).name}" if process.returncode < 0
           else f"exit status {process.returncode}")
    told = [line for line in "".join(said).splitlines() if line.strip()]
    summary = [line for line in told if "ERROR" in line or "runtime error" in line] or told[:1]
    return f"the process died: {how}" + (f": {summary[0].strip()}" if summary else ""), "crash"


class Watch:
    """Kills a process that says nothing for too long."""

    def __init__(self, process, patience_s):
        self.patience_s = patience_s
        self.is_over = False
        self._process = process
        self._heard_at = time.monotonic()
        self._stopped = threading.Event()
        threading.Thread(target=self._wait, daemon=True).start()

    def heard(self):
        self._heard_at = time.monotonic()

    def stop(self):
        self._stopped.set()

    def _wait(self):
        while not self._stopped.wait(1.0):
            if time.monotonic() - self._heard_at > self.patience_s:
                self.is_over = True
                self._process.kill()
                return


def chunks_of(first, number, size=CHUNK):
    """(first seed, how many) until there are `number`; without end if that is None."""
    at = 0
    while number is None or at < number:
        some = size if number is None else min(size, number - at)
        yield first + at, some
        at += some
