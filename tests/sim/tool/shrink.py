# SPDX-License-Identifier: Apache-2.0
"""Makes a failing run smaller, as long as the same oracle still says no.

Kinds of faults first: each draws from a stream of its own, so the others keep their draws. Then
machines, time, and the part of it in which faults may come; then kinds once more, until nothing gets
smaller. All candidates of a round run at once, and the first that fails in their order is taken: the
order is from smallest to largest, so what comes out does not depend on which core was faster.
"""

import time
from dataclasses import replace

import screen as words
from runs import Plan

ROUNDS_MOST = 4
FINEST_MS = 50        # lengths and windows are whole multiples of it
LADDER = (1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000)


class Shrinker:
    def __init__(self, simulator, outcome, screen):
        self.oracle = outcome["oracle"]
        self.outcome = outcome
        self.plan = Plan.of(outcome)
        self.runs = 0
        self.began = time.monotonic()
        self._simulator = simulator
        self._screen = screen

    # --- one round -------------------------------------------------------------------------------

    def answers_of(self, candidates, is_first_enough):
        answers = {}

        def take(index, outcome):
            self.runs += 1
            answers[index] = outcome
            self._screen.progress(self._progress)
            earliest = min((i for i in answers if self._fails(answers[i])), default=None)
            return not is_first_enough or earliest is None or any(
                i not in answers for i in range(earliest))

        self._simulator.run_each(candidates, take)
        return answers

    def take_first(self, candidates):
        """The first of them that fails alike becomes the plan; whether any did."""
        candidates = [plan for plan in candidates if plan != self.plan]
        answers = self.answers_of(candidates, True)
        return self._take(candidates, answers,
                          [index for index in sorted(answers) if self._fails(answers[index])])

    def take_earliest(self, candidates):
        """The one that fails soonest in its world."""
        answers = self.answers_of(candidates, False)
        found = [index for index in answers if self._fails(answers[index])]
        return self._take(candidates, answers,
                          sorted(found, key=lambda i: (answers[i]["failed_at"], i)))

    def _take(self, candidates, answers, found):
        if found:
            self.plan, self.outcome = candidates[found[0]], answers[found[0]]
        return bool(found)

    def _fails(self, outcome):
        return not outcome["good"] and outcome["oracle"] == self.oracle

    def _progress(self):
        return (f"shrinking: {self.runs} runs, kinds {kinds_text(self.kinds())}, "
                f"{self.outcome['nodes']} nodes, {words.span(self.plan.length_ms)}")

    # --- what gets smaller -----------------------------------------------------------------------

    def kinds(self):
        """Those that matter: allowed, switched on by the seed."""
        on = self.outcome["faults_on"]
        return [] if on == "none" else on.split(",")

    def with_kinds(self, kinds):
        return replace(self.plan, faults=",".join(kinds) or "none")

    def shrink_kinds(self):
        kinds = self.kinds() if self.outcome["faults_on"] != "all" else None
        if not kinds or self.plan.faults == "none":
            return False
        if self.take_first([self.with_kinds([])]):
            return True
        if len(kinds) > 1 and self.take_earliest([self.with_kinds([one]) for one in kinds]):
            return True
        changed = self.take_first([self.with_kinds(kinds)])  # says what the seed had drawn
        size = len(kinds) // 2
        while size >= 1 and len(kinds) > 1:
            parts = [kinds[:i] + kinds[i + size:] for i in range(0, len(kinds), size)]
            if self.take_first([self.with_kinds(part) for part in parts]):
                changed, kinds = True, self.kinds()
                size = min(size, len(kinds) // 2)
            else:
                size //= 2
        return changed

    def shrink_nodes(self):
        fewer = range(2, self.outcome["nodes"])
        return self.take_first([replace(self.plan, nodes=number) for number in fewer])

    def with_length(self, length_ms):
        to_ms = min(self.plan.to_ms, length_ms)
        from_ms = min(self.plan.from_ms, max((to_ms or length_ms) - 1, 0))
        return replace(self.plan, length_ms=length_ms, from_ms=from_ms, to_ms=to_ms)

    def shrink_length(self):
        shorter = [length for length in LADDER if length < self.plan.length_ms]
        changed = self.take_first([self.with_length(length) for length in shorter])
        least = max((length for length in LADDER if length < self.plan.length_ms), default=0)
        while self.plan.length_ms - least - FINEST_MS > max(FINEST_MS, self.plan.length_ms // 20):
            middle = on_grid((self.plan.length_ms + least) // 2)
            if self.take_first([self.with_length(middle)]):
                changed = True
            else:
                least = middle
        return changed

    def shrink_window(self):
        """Its end from the front, then its beginning from the back."""
        if self.plan.faults == "none":
            return self.take_first([replace(self.plan, from_ms=0, to_ms=0)])
        return self._move("to_ms") | self._move("from_ms")

    def _move(self, side):
        plan = self.plan
        low, high = plan.from_ms, plan.to_ms or plan.length_ms
        bad, good = (high, low) if side == "to_ms" else (low, high)
        changed = False
        while abs(bad - good) > FINEST_MS:
            middle = on_grid((bad + good) // 2)
            if middle in (bad, good):
                break
            if self.take_first([replace(self.plan, **{"to_ms": high, side: middle})]):
                bad, changed = middle, True
            else:
                good = middle
        return changed

    def shrink(self):
        for _ in range(ROUNDS_MOST):
            changed = self.shrink_kinds()
            changed |= self.shrink_nodes()
            changed |= self.shrink_length()
            changed |= self.shrink_window()
            if not changed:
                return


def on_grid(ms):
    return max(ms // FINEST_MS, 1) * FINEST_MS


def kinds_text(kinds):
    return ", ".join(kinds) if len(kinds) <= 4 else str(len(kinds))


def window_text(plan):
    end = plan.to_ms or plan.length_ms
    return f"{words.at(plan.from_ms)} ... {words.at(end)}" if plan.faults != "none" else "none"


def smallest(simulator, outcome, screen, command_of):
    """The smallest run that fails alike, told; its JSON form, with the outcome in it."""
    shrinker = Shrinker(simulator, outcome, screen)
    before = (shrinker.kinds(), Plan.of(outcome), outcome)
    is_cut = False
    try:
        shrinker.shrink()
    except KeyboardInterrupt:
        is_cut = True
    plan, now = shrinker.plan, shrinker.outcome
    rows = [["kinds of faults", kinds_text(before[0]), kinds_text(shrinker.kinds()) or "none"],
            ["faults come", window_text(before[1]), window_text(plan)],
            ["nodes", outcome["nodes"], now["nodes"]],
            ["length", words.span(before[1].length_ms), words.span(plan.length_ms)],
            ["fails after", words.at(outcome["failed_at"]), words.at(now["failed_at"])],
            ["events until then", words.count(outcome["events"]), words.count(now["events"])]]
    seconds = time.monotonic() - shrinker.began
    screen.line(f"shrunk{' (stopped)' if is_cut else ''} in {shrinker.runs} runs, {seconds:.1f} s, "
                f"still {shrinker.oracle}: {now['failure']}")
    screen.line(words.table(rows, ["", "before", "after"]))
    screen.line(f"\n  again     {command_of(plan)}")
    return {"runs": shrinker.runs, "seconds": round(seconds, 3), "is_stopped": is_cut,
            "oracle": shrinker.oracle, "failure": now["failure"], "command": command_of(plan),
            "outcome": now}
