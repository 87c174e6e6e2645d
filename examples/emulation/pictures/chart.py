# SPDX-License-Identifier: Apache-2.0
"""A figure of several actors over time, as steps, until all show the same."""

import math
from dataclasses import dataclass, field

import look
from event_file import PictureError
from look import MARGIN, ms, number, plural
from pieces import Boxes
from svg import Svg, clipped, nice_step, said, tip, width_of
from window import figure_of, meeting, named

WIDTH, LEFT, RIGHT = 1080, 84, 76
PLOT, BETWEEN, LOWER = 330, 34, 120     # heights: the values, and how far behind each is
COLUMNS = WIDTH - LEFT - RIGHT
APART = 0.5             # px: changes that are closer are one step
AIR, MARK = 1.12, 1.02  # of the time until the last change is drawn, and at least
FAULTS_TOLD = 8         # in words; the others as bands
LINES_TOLD = 12         # in the legend


@dataclass
class Series:
    actor: object
    steps: list = field(default_factory=list)      # (t, value, the letter that brought it)


def series_of(run, name, actors):
    """Who shows it, with each change; an unchanged value is none."""
    found = {actor.number: Series(actor) for actor in actors}
    brought = {}
    for event in run.events:
        if event.what == "arrive":
            brought[event.actor] = event.letter
        elif event.what == "show" and event.name == name and event.actor in found:
            steps = found[event.actor].steps
            letter = brought.get(event.actor)
            is_fresh = letter is not None and letter.arrived == event.t
            if not steps or steps[-1][1] != event.value:
                steps.append((event.t, event.value, letter if is_fresh else None))
    return [each for each in found.values() if each.steps]


class Chart:
    def __init__(self, run, name, begin, end, names):
        self.run, self.svg = run, Svg()
        self.name = name or figure_of(run)
        known = sorted({event.name for event in run.events if event.what == "show"})
        if not known:
            raise PictureError("no actor of this run shows a figure: there is nothing to chart")
        if self.name not in known:
            raise PictureError(f"no figure '{name}' in this run: expected one of {', '.join(known)}")
        actors = named(run, names, most=None) if names else list(run.actors.values())
        self.series = series_of(run, self.name, actors)
        if not self.series:
            raise PictureError(f"none of these actors shows '{self.name}'")
        self.met = meeting(run, self.name)
        last = max(step[0] for each in self.series for step in each.steps)
        self.begin = 0 if begin is None else begin
        self.end = end if end is not None else max(min(last * AIR, run.end_ms), last * MARK)
        self.end = max(self.end, self.begin + 1)
        self.last = min(self.end, run.end_ms)        # lines go on until there
        values = [value for each in self.series for _, value, _ in each.steps]
        self.low, self.high = min(0, *values), max(1, *values)
        self.high += (self.high - self.low) * .06
        self.has_lower = len(self.series) > 1

    def x(self, t):
        t = min(max(t, self.begin), self.end)
        return LEFT + (t - self.begin) / (self.end - self.begin) * COLUMNS

    def y(self, value):
        return self.top + PLOT - (value - self.low) / (self.high - self.low) * PLOT

    def is_in(self, t):
        return self.begin <= t <= self.end

    def draw(self):
        svg = self.svg
        svg.add('<rect width="100%" height="100%" class="ground"/>')
        below = self.legend(self.title())
        self.top = self.flags(below + 6) + 8
        self.bottom = self.top + PLOT + (BETWEEN + LOWER if self.has_lower else 0)
        self.values_axis()
        self.time_axis()
        self.meeting_line()
        for index in reversed(range(len(self.series))):
            self.steps(index)
        for index in range(min(len(self.series), LINES_TOLD)):
            self.points(index)
        if self.has_lower:
            self.behind()
        return svg.document((WIDTH, self.bottom + 58), f"{self.run.title()}: {self.name} over time",
                            self.description(), look.style())

    def description(self):
        met = f"All met at {number(self.met.value)} after {ms(self.met.t)}." if self.met else \
            "They did not meet."
        last = ", ".join(f"{each.actor.name} {number(each.steps[-1][1])}"
                         for each in self.series[:LINES_TOLD])
        return f"{self.name} of {plural(len(self.series), 'actor')} over time. {met} At the end: {last}."

    def title(self):
        svg, run = self.svg, self.run
        svg.text(MARGIN, 34, clipped(f"{run.title()}: {self.name} {self.aim()}", WIDTH - 2 * MARGIN,
                                     look.SIZES["title"], True), "title")
        line = [run.kinds(), f"{ms(run.end_ms)} in all"]
        if self.last < run.end_ms:
            line.append(f"drawn to {ms(round(self.end))}")
        svg.text(MARGIN, 54, clipped(" · ".join(filter(None, line)), WIDTH - 2 * MARGIN, 11), "muted")
        if self.met:
            words = f"all met at {number(self.met.value)} after {ms(self.met.t)}"
        else:
            last = {each.steps[-1][1] for each in self.series}
            words = f"only one shows {self.name}" if len(self.series) == 1 else \
                "they did not meet" if len(last) > 1 else f"all show {number(last.pop())} all the time"
        is_bad = words == "they did not meet"
        svg.text(MARGIN, 72, words, "good" if self.met else "bad" if is_bad else "muted")
        return 92

    def aim(self):
        return "until they meet" if len(self.series) > 1 else "over time"

    def names_of(self, index):
        if index >= LINES_TOLD:
            return "series others", "dot"
        return look.line_of(index), f"f{index % look.LINES}"

    def legend(self, y):
        svg, x = self.svg, MARGIN
        entries = [(self.names_of(i)[0], each.actor.name)
                   for i, each in enumerate(self.series[:LINES_TOLD])]
        if len(self.series) > LINES_TOLD:
            entries.append(("series others", f"{len(self.series) - LINES_TOLD:,} others"))
        kinds = {letter.kind == "call" for each in self.series for _, _, letter in each.steps if letter}
        entries += [("call", "changed by who asked (call)")] if True in kinds else []
        entries += [("told", "learned from another (sent)")] if False in kinds else []
        if any(event.what == "fault" for event in self.run.events):
            entries.append(("shade", "a fault of the network"))
        for names, words in entries:
            words = clipped(words, 200, look.SIZES["small"])
            width = 36 + width_of(words, look.SIZES["small"]) + 18
            if x + width > WIDTH - MARGIN:
                x, y = MARGIN, y + 20
            if names == "shade":
                svg.box(x + 4, y - 7, 24, 14, "shade")
            elif names in ("call", "told"):
                self.point(x + 15, y, names == "call", "dot", "series")
            else:
                svg.line(x, y, x + 30, y, names)
            svg.text(x + 36, y + 4, words, "small muted")
            x += width
        return y + 14

    # --- faults, and where they met ----------------------------------------------------------------

    def flags(self, top):
        """Words above the plot that say what the bands and the line are; y below them."""
        boxes, bottom, flags = Boxes(), top, []
        faults = [event for event in self.run.events if event.what == "fault"
                  and event.t <= self.end and (event.until or self.end) >= self.begin]
        for event in faults[:FAULTS_TOLD]:
            until = "" if event.until is None else f", until {ms(event.until)}"
            flags.append((self.x(event.t), event.text + until, "bad"))
        if self.met and self.is_in(self.met.t):
            flags.append((self.x(self.met.t), f"met: {number(self.met.value)}", "good"))
        flags += [(self.x(event.t), f"falls: {event.name}", "bad") for event in self.run.events
                  if event.what == "break" and self.is_in(event.t)][:FAULTS_TOLD]
        placed = []
        for x, words, names in flags:
            words = clipped(words, COLUMNS / 2, look.SIZES["small"])
            width = width_of(words, look.SIZES["small"])
            left = min(x, WIDTH - MARGIN - width)
            y = boxes.place(left, top, width + 10, 14)
            placed.append((x, left, y, words, names))
            bottom = max(bottom, y + 14)
        for event in faults:
            x, end = self.x(event.t), self.x(self.end if event.until is None else event.until)
            until = "the end" if event.until is None else ms(event.until)
            lower = BETWEEN + LOWER if self.has_lower else 0
            self.svg.box(x, bottom + 4, end - x, PLOT + 4 + lower, "shade",
                         f"{event.text}\n{ms(event.t)} … {until}")
        for x, left, y, words, names in placed:
            edge = "edge" if names == "bad" else "met"
            self.svg.line(x, y + 13 if left == x else bottom, x, bottom + 8, edge)
            self.svg.text(left, y + 10, words, f"small {names} halo")
        return bottom

    def meeting_line(self):
        if not self.met:
            self.last_values()
            return
        y = self.y(self.met.value)
        self.svg.line(LEFT, y, LEFT + COLUMNS, y, "met dash2")
        self.svg.text(LEFT + COLUMNS + 8, y + 4, clipped(number(self.met.value), RIGHT - 14,
                                                         look.SIZES["value"], True), "value good")
        if self.is_in(self.met.t):
            x = self.x(self.met.t)
            self.svg.line(x, self.top, x, self.bottom, "met dash1")
            self.svg.add(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" class="met"/>')

    def last_values(self):
        """Beside the ends of the lines, the largest above."""
        boxes = Boxes()
        rows = sorted((-each.steps[-1][1], index) for index, each in enumerate(self.series))
        for value, index in rows[:LINES_TOLD]:
            words = clipped(number(-value), RIGHT - 14, look.SIZES["value"], True)
            y = boxes.place(0, self.y(-value) - 6, 1, 13)
            self.svg.text(LEFT + COLUMNS + 8, y + 10, words, f"value l{index % look.LINES}")

    # --- axes --------------------------------------------------------------------------------------

    def values_axis(self):
        svg = self.svg
        step = nice_step(self.high - self.low, 6)
        value = -int(-self.low // step) * step
        while value <= self.high:
            y = self.y(value)
            svg.line(LEFT, y, LEFT + COLUMNS, y, "hair")
            svg.text(LEFT - 8, y + 4, clipped(number(value), LEFT - 34, 10), "small muted right")
            value += step
        svg.line(LEFT, self.top + PLOT, LEFT + COLUMNS, self.top + PLOT, "axis")
        svg.add(f'<text transform="translate(22 {self.top + PLOT / 2:.0f}) rotate(-90)" '
                f'class="muted middle">{said(clipped(self.name, PLOT, 11))}</text>')

    def time_axis(self):
        svg, bottom = self.svg, self.bottom
        step = nice_step(self.end - self.begin, 9)
        value = -int(-self.begin // step) * step
        while value <= self.end:
            x = self.x(value)
            svg.line(x, self.top, x, bottom, "hair")
            svg.line(x, bottom, x, bottom + 5, "axis")
            svg.text(x, bottom + 19, number(value), "small muted middle")
            value += step
        svg.line(LEFT, bottom, LEFT + COLUMNS, bottom, "axis")
        svg.text(LEFT + COLUMNS / 2, bottom + 42, "time since the start, ms", "muted middle")

    # --- how far behind the largest of the moment each is --------------------------------------------

    def behind(self):
        svg, top = self.svg, self.top + PLOT + BETWEEN
        changes = sorted((step[0], index, step[1]) for index, each in enumerate(self.series)
                         for step in each.steps)
        values, paths, most = {}, {}, 1
        for position, (t, index, value) in enumerate(changes):
            values[index] = value
            if position + 1 < len(changes) and changes[position + 1][0] == t:
                continue
            largest = max(values.values())
            for each, own in values.items():
                paths.setdefault(each, []).append((t, largest - own))
                if self.is_in(t):
                    most = max(most, largest - own)

        def y(behind):
            return top + LOWER - math.log10(1 + behind) / math.log10(1 + most) * (LOWER - 8)
        for value in (0, *(10 ** power for power in range(int(math.log10(most)) + 1))):
            svg.line(LEFT, y(value), LEFT + COLUMNS, y(value), "hair" if value else "axis")
            if y(value) < y(0) - 12 or not value:
                svg.text(LEFT - 8, y(value) + 4, number(value), "small muted right")
        svg.add(f'<text transform="translate(22 {top + LOWER / 2:.0f}) rotate(-90)" '
                'class="muted middle">behind</text>')
        svg.text(LEFT, top - 8, "how far behind the largest of that moment; 0 for all: they have met",
                 "small muted halo")
        for index in sorted(paths, reverse=True):    # the first on top
            self.path([(t, y(value)) for t, value in paths[index]], index,
                      f"{self.series[index].actor.name}: behind the largest")

    # --- lines and points --------------------------------------------------------------------------

    def steps(self, index):
        steps = self.series[index].steps
        self.path([(t, self.y(value)) for t, value, _ in steps], index,
                  f"{self.series[index].actor.name}: {number(steps[-1][1])} at the end, "
                  + plural(len(steps) - 1, "change"))

    def path(self, steps, index, title):
        """`steps`: (ms, y), the first where the line begins. Changes closer than APART are one."""
        begin = max(steps[0][0], self.begin)
        if begin > self.end:
            return
        before = [y for t, y in steps if t <= begin]
        data, last_x = f"M{self.x(begin):.1f},{before[-1]:.1f}", self.x(begin)
        for t, y in steps:
            if begin < t <= self.end:
                x = self.x(t)
                if x - last_x >= APART:
                    data, last_x = data + f"H{x:.1f}", x
                data += f"V{y:.1f}"
        self.svg.path(data + f"H{self.x(self.last):.1f}", self.names_of(index)[0], title)

    def points(self, index):
        seen = set()
        for t, value, letter in self.series[index].steps:
            if letter is None or not self.is_in(t):
                continue
            x, y = self.x(t), self.y(value)
            if (round(x), round(y)) in seen:
                continue
            seen.add((round(x), round(y)))
            who = self.run.actors[letter.sender].name
            self.point(x, y, letter.kind == "call", *reversed(self.names_of(index)),
                       f"{self.series[index].actor.name}: {number(value)} at {ms(t)}, "
                       f"{letter.text} of {who}")

    def point(self, x, y, is_call, fill, line, title=""):
        tail = f">{tip(title)}</path>" if title else "/>"
        if is_call:
            data = f"M{x - 4:.1f},{y:.1f}a4,4 0 1 1 8,0a4,4 0 1 1 -8,0Z"
            self.svg.add(f'<path d="{data}" class="point call {fill}"{tail}')
        else:
            data = f"M{x:.1f},{y - 4.5:.1f}l4.5,4.5 -4.5,4.5 -4.5,-4.5Z"
            names = " ".join(name for name in line.split() if name[0] == "l")
            self.svg.add(f'<path d="{data}" class="point told {names}"{tail}')


def draw(run, name=None, begin=None, end=None, actors=None):
    """The whole picture as text. `name`: which figure, the first that is shown if none is named."""
    return Chart(run, name, begin, end, actors).draw()
