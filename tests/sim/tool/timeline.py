# SPDX-License-Identifier: Apache-2.0
"""Draws a run as SVG: machines as lanes, leases as bars in the lane of their home, in the colour of
their holder; ways that are closed between the lanes; faults as marks; a failure as a red line.

No script, no font of its own; light and dark by the viewer's wish; every shape has a tooltip; what is
too small to be seen apart is drawn as one, so that an hour is no larger a file than a minute.
"""

import bisect

from runs import SimError
from screen import at, count, plural, span
from svg import Svg, tip
from timeline_story import Span, Story

WIDTH, LEFT, RIGHT = 1400, 148, 28
PLOT = WIDTH - LEFT - RIGHT
HEAD, AXIS = 88, 22
STRIP, ROW, BAR = 12, 13, 10           # power; a program's leases, and the bar in it
TRACK = 12                             # a pair of machines' closed ways
LENGTH_MOST_MS = 2 * 3_600_000
APART = 5.0                            # marks of a kind that are closer are one
NARROW = 4.0                           # a bar that has no room for how it ended, px
THIN = 1.2                             # so are leases that are narrower, px

STYLE = """
svg { background: #fcfcfb; }
text { font-family: system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; font-size: 11px; fill: #26292e; }
.title { font-size: 17px; font-weight: 600; } .name { font-size: 14px; font-weight: 600; }
.small { font-size: 9.5px; } .tiny { font-size: 8px; } .muted { fill: #6b7078; }
.code { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: 10.5px; fill: #555b64; }
.right { text-anchor: end; } .middle { text-anchor: middle; }
.good { fill: #1a7f37; font-weight: 600; } .bad { fill: #c8102e; font-weight: 600; }
.lane { fill: #f0f1f2; } .grid { stroke: #d9dbde; } .tick { stroke: #9aa0a8; }
.phase { stroke: #9aa0a8; stroke-dasharray: 4 3; } .on { fill: #b9d9bf; } .unready { fill: url(#boot); } .off { fill: #565b63; } .paused { fill: #e2a336; }
.way { fill: #d9573f; } .waits { fill: url(#held); } .pair { stroke: #c9ccd1; stroke-dasharray: 1 3; }
.fenced { fill: url(#fence); stroke: #8b2fb0; stroke-width: .7; }
.mark { fill: #a8520a; stroke: #fcfcfb; stroke-width: .6; } .power { fill: #b3261e; }
.fail { stroke: #e00025; stroke-width: 1.6; } .cap { stroke: #c8102e; stroke-width: 2; }
.lost { stroke: #fcfcfb; stroke-width: 2; stroke-dasharray: 2 1.5; }
.block { stroke: #26292e; stroke-width: 1; stroke-opacity: .65; } .bar { fill-opacity: .9; }
.in { fill: #fff; font-size: 8px; pointer-events: none; }
.sent { fill: #b4b9c1; } .gone { fill: #d9573f; } .done { fill: #7fae88; }
.h0 { fill: #3f74b5; } .h1 { fill: #d97b29; } .h2 { fill: #2a8a57; } .h3 { fill: #a23f8c; }
.h4 { fill: #8d7a14; } .h5 { fill: #5f6670; } .hatch { stroke: #5b6068; } .stripe { stroke: #d9573f; }
.fencing { stroke: #8b2fb0; } .ground { fill: #f4e6f8; } .pale { fill: #f7ded8; } .early { fill: #e4e6e9; }
@media (prefers-color-scheme: dark) {
svg { background: #16181c; }
text { fill: #e4e6ea; } .muted { fill: #9097a1; } .code { fill: #a3aab4; }
.good { fill: #4cc46c; } .bad { fill: #ff6b78; }
.lane { fill: #1f2227; } .grid { stroke: #30343b; } .tick, .phase { stroke: #6b727c; }
.on { fill: #2f5d3a; } .off { fill: #747b86; } .paused { fill: #d9982b; } .pair { stroke: #3b4048; }
.mark { fill: #f0a35a; stroke: #16181c; } .power { fill: #ff7a6b; } .lost { stroke: #16181c; }
.fail { stroke: #ff4058; } .cap { stroke: #ff6b78; } .block { stroke: #f1f2f4; }
.sent { fill: #4a515b; } .done { fill: #4f8a5b; } .way, .gone { fill: #e0664d; }
.h0 { fill: #4d86cf; } .h1 { fill: #d9822f; } .h2 { fill: #35a069; } .h3 { fill: #bb55a4; }
.h4 { fill: #a8921c; } .h5 { fill: #7c8490; } .hatch { stroke: #9aa1ab; }
.ground { fill: #3a2743; } .pale { fill: #47261f; } .early { fill: #2a2e34; } .fencing { stroke: #cf8be6; }
}
"""

PATTERNS = """
<pattern id="boot" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect class="early" width="6" height="6"/><line class="hatch" y2="6" stroke-width="2"/></pattern>
<pattern id="held" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
<rect class="pale" width="7" height="7"/><line class="stripe" y2="7" stroke-width="4"/></pattern>
<pattern id="fence" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect class="ground" width="5" height="5"/><line class="fencing" y2="5" stroke-width="2"/></pattern>
"""

MARKS = {  # group: what it looks like, around (0, 0); what it is
    "power": ("M-4.5,-3 -3,-4.5 0,-1.5 3,-4.5 4.5,-3 1.5,0 4.5,3 3,4.5 0,1.5 -3,4.5 -4.5,3 -1.5,0Z",
              "power lost, another disk"),
    "disk": ("M-3,-3H3V3H-3Z", "disk fails or lies"),
    "clock": ("M0,-4.5L4.5,0 0,4.5 -4.5,0Z", "clock set or stalled"),
    "turn": ("M-4,3.5H4L0,-4Z", "long turn"),
    "trick": ("M0,-4A4,4 0 1 1 0,4A4,4 0 1 1 0,-4Z", "hostile peer"),
}


class Picture:
    def __init__(self, story, command):
        self.story = story
        self.command = command
        self.svg = Svg()
        self.names = list(story.machines)
        self.y = 0.0

    def x(self, ms):
        return LEFT + min(ms, self.story.end_ms) / self.story.end_ms * PLOT

    def colour(self, name):
        return f"h{self.names.index(name)}" if name in self.names else "h5"

    # --- the whole -------------------------------------------------------------------------------

    def draw(self):
        rows = {name: self.rows_of(name) for name in self.names}
        pairs = {name: self.pairs_of(index) for index, name in enumerate(self.names)}
        lanes = sum(self.lane_height(len(rows[name])) + self.gap_height(len(pairs[name]))
                    for name in self.names)
        top = HEAD + AXIS
        bottom = top + lanes + 2 * 56
        self.axis(top, bottom)
        self.y = top
        for name in self.names:
            self.lane(self.story.machines[name], rows[name])
            self.gap(pairs[name])
        self.columns("datagrams", self.story.sent, self.story.lost, ("sent", "gone"),
                     ("sent", "lost"), self.net_words())
        self.columns("accesses", self.story.done, self.story.failed, ("done", "gone"),
                     ("answered", "failed"), count(sum(self.story.done)) + " done")
        self.phases(top, bottom)
        self.failure_line(top - 4, bottom)
        self.head()
        height = self.legend(bottom + AXIS + 22)
        return self.wrapped(height)

    def wrapped(self, height):
        plan = self.story.plan
        return self.svg.document(
            (WIDTH, height), f"seed {plan.seed}, profile {plan.profile}",
            f"A simulated run of {len(self.names)} machines: power, faults and leases over time.",
            STYLE, PATTERNS)

    def head(self):
        svg, outcome, plan = self.svg, self.story.outcome, self.story.plan
        svg.text(24, 32, f"seed {plan.seed} · {plan.profile} · {len(self.names)} machines · "
                         f"{span(self.story.end_ms)}", "title")
        if outcome["good"]:
            svg.text(24, 52, "all that must hold held", "good")
        else:
            svg.text(24, 52, f"{outcome['oracle']}: {outcome['failure']} "
                             f"(after {at(outcome['failed_at'])})", "bad")
        svg.text(24, 69, self.command, "code")
        figures = (f"{count(outcome['operations'])} operations · {plural(len(self.story.leases), 'lease')}"
                   f" · {count(outcome['faults'])} faults · {count(outcome['checks'])} checks")
        svg.text(WIDTH - RIGHT, 32, figures, "right")
        svg.text(WIDTH - RIGHT, 52, "trace " + (outcome["trace"] or "none")[:16], "code right")

    # --- time ------------------------------------------------------------------------------------

    def axis(self, top, bottom):
        step = nice_step(self.story.end_ms)
        number = int(self.story.end_ms // step)
        for i in range(number + 1):
            x = self.x(i * step)
            self.svg.line(x, top, x, bottom, "grid")
            for y in (top - 8, bottom + 15):
                self.svg.text(x, y, axis_words(i * step, step), "small muted middle")

    def phases(self, top, bottom):
        """Of a run that came to its end: where its faults began and ended."""
        outcome = self.story.outcome
        if not outcome["good"]:
            return
        given_back = self.story.end_ms - outcome["given_back_ms"]
        healed = given_back - outcome["mended_ms"]
        begun = healed - self.story.plan.length_ms
        for when, until, words in ((0, begun, "boot"), (begun, healed, "faults may come"),
                                   (healed, given_back, "mended"),
                                   (given_back, self.story.end_ms, "given back")):
            x, end = self.x(max(when, 0)), self.x(until)
            if when > 0:
                self.svg.line(x, top - 22, x, bottom, "phase")
            if end - x > 6 * len(words):
                self.svg.text(x + 4, top - 22, words, "small muted")

    # --- a machine -------------------------------------------------------------------------------

    def rows_of(self, home):
        """[(holder, program, leases)], the home's own first, then by program."""
        rows = {}
        for lease in self.story.leases:
            if lease.home == home:
                rows.setdefault((lease.holder != home, lease.holder, lease.program), []).append(lease)
        found = []
        for key in sorted(rows, key=lambda k: (k[0], self.names.index(k[1]), k[2])):
            for part in without_overlaps(rows[key]):
                found.append((key[1], key[2], part))
        return found

    @staticmethod
    def lane_height(rows):
        return STRIP + 18 + max(rows, 1) * ROW + 8

    @staticmethod
    def gap_height(pairs):
        return 10 + pairs * TRACK

    def lane(self, machine, rows):
        svg, y = self.svg, self.y
        height = self.lane_height(len(rows))
        svg.box(LEFT, y, PLOT, height, "lane", round_by=2)
        svg.text(24, y + 14, machine.name, "name")
        svg.text(24, y + 29, f"{plural(machine.boots, 'boot')}, {plural(machine.leases, 'lease')}",
                 "small muted")
        self.power(machine, y)
        self.marks(machine, y + STRIP + 9)
        for index, row in enumerate(rows):
            self.leases(row, y + STRIP + 18 + index * ROW)
        for each in machine.fenced:
            shown = Span(each.begin, max(each.end, each.begin + 3 * self.story.end_ms / PLOT))
            self.span(shown, y + height - 8, 6, "fenced", f"{machine.name}: {each.text}")
        self.y += height

    def span(self, each, y, height, names, words):
        self.svg.box(self.x(each.begin), y, self.x(each.end) - self.x(each.begin), height, names,
                     f"{words}\n{at(each.begin)} … {at(each.end)}")

    def power(self, machine, y):
        self.svg.box(LEFT, y, PLOT, STRIP, "on", f"{machine.name} is on", 2)
        for each in machine.unready:
            self.span(each, y, STRIP, "unready", f"{machine.name} {each.text}: it is not ready")
        for each in machine.off:
            self.span(each, y, STRIP, "off", f"{machine.name} is off")
        for each in machine.paused:
            self.span(each, y + 2, STRIP - 4, "paused", each.text)

    def marks(self, machine, y):
        """Those of a group that touch are one, which says all that it stands for."""
        last = {}
        merged = []
        for when, group, words in machine.marks:
            x = self.x(when)
            if group in last and x - last[group][0] < APART:
                last[group][2].append((when, words))
            else:
                last[group] = (x, group, [(when, words)])
                merged.append(last[group])
        for x, group, told in merged:
            lines = [f"{at(when)}  {words}" for when, words in told[:8]]
            lines += [f"… {len(told) - 8} more"] if len(told) > 8 else []
            names = "mark power" if group == "power" else "mark"
            self.svg.add(f'<path transform="translate({x:.1f} {y:.1f})" class="{names}" '
                         f'd="{MARKS[group][0]}">{tip(chr(10).join(lines))}</path>')

    # --- leases ----------------------------------------------------------------------------------

    def leases(self, row, y):
        holder, program, leases = row
        self.svg.text(LEFT - 6, y + 8, f"{holder} {program}", "tiny muted right")
        group = []
        for lease in leases:
            if group and not (self.is_thin(lease) and self.is_thin(group[-1])
                              and self.x(lease.begin) - self.x(group[-1].end) < THIN):
                self.bar(group, y)
                group = []
            group.append(lease)
        if group:
            self.bar(group, y)

    def is_thin(self, lease):
        return self.x(lease.end) - self.x(lease.begin) < THIN

    def bar(self, group, y):
        first, last = group[0], group[-1]
        x, end = self.x(first.begin), self.x(last.end)
        names = "bar fenced" if first.how == "fenced" else "bar " + self.colour(first.holder)
        is_block = first.kind == "block"
        names += " block" if is_block else ""
        self.svg.box(x, y, end - x, BAR, names, lease_words(group), 0 if is_block else 3)
        if end - x > 62:
            self.svg.text(x + 5, y + 7.7, first.name, "in")
        if end - x < NARROW:
            return
        if last.how == "power":
            self.svg.line(end - 1, y, end - 1, y + BAR, "lost")
        elif last.how not in ("", "given back"):
            self.svg.line(end - 1, y - 1, end - 1, y + BAR + 1, "cap")

    # --- ways ------------------------------------------------------------------------------------

    def pairs_of(self, index):
        """The machines further down to or from which something was closed."""
        name = self.names[index]
        return [(name, other) for other in self.names[index + 1:]
                if self.story.ways.get((name, other)) or self.story.ways.get((other, name))]

    def gap(self, pairs):
        y = self.y + 5
        for upper, lower in pairs:
            self.svg.text(LEFT - 6, y + 8, f"{upper} ↕ {lower}", "tiny muted right")
            self.svg.line(LEFT, y + 5, LEFT + PLOT, y + 5, "pair")
            self.way(upper, lower, y)
            self.way(lower, upper, y + 5)
            y += TRACK
        self.y += self.gap_height(len(pairs))

    def way(self, sender, receiver, y):
        for each in self.story.ways.get((sender, receiver), ()):
            waits = each.text == "waits"
            words = f"what {sender} sends {receiver} {'waits' if waits else 'is lost'}"
            self.span(each, y, 5, "waits" if waits else "way", words)

    # --- figures over time -----------------------------------------------------------------------

    def net_words(self):
        story = self.story
        lost = sum(story.lost)
        return f"{count(story.sent_count)} sent" + (f", {count(lost)} lost" if lost else "")

    def columns(self, name, whole, part, classes, words, sum_words):
        """`part` of `whole` for failures: drawn over it."""
        height, y = 40, self.y + 8
        step = PLOT / len(whole)
        most = max(max(whole), max(part), 1)
        self.svg.text(24, y + 14, name, "name")
        for i, line in enumerate(sum_words.split(", ")):
            self.svg.text(24, y + 27 + 11 * i, line, "tiny muted")
        self.svg.text(LEFT - 6, y + 9, count(most), "tiny muted right")
        for values, names in ((whole, classes[0]), (part, classes[1])):
            path = "".join(f"M{LEFT + i * step:.1f},{y + height}v{-values[i] / most * height:.1f}"
                           f"h{step * .82:.2f}V{y + height}Z" for i in range(len(values)) if values[i])
            if path:
                self.svg.add(f'<path class="{names}" d="{path}">'
                             f"{tip(f'{name}, {words[0]} and {words[1]} over time')}</path>")
        self.svg.line(LEFT, y + height, LEFT + PLOT, y + height, "tick")
        self.y += height + 16

    # --- failure and legend ------------------------------------------------------------------------

    def failure_line(self, top, bottom):
        outcome = self.story.outcome
        if outcome["good"] or not outcome["failed_at"]:
            return
        x = self.x(outcome["failed_at"])
        words = f"{outcome['oracle']}: {outcome['failure']}, after {at(outcome['failed_at'])}"
        self.svg.add(f'<g>{tip(words)}<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" '
                     f'class="fail"/></g>')
        anchor = "bad right" if x > WIDTH - 160 else "bad"
        self.svg.text(x + (-5 if "right" in anchor else 5), top - 12, outcome["oracle"], anchor)

    def legend(self, y):
        """Wraps; the height of the picture."""
        entries = [(self.colour(name), f"held by {name}") for name in self.names]
        entries += [("h5", "memory"), ("h5 block", "block"), ("cap", "ended with a code"),
                    ("lost", "holder lost power"), ("fenced", "fenced"), ("on", "on"),
                    ("unready", "boots or degraded"), ("off", "off"), ("paused", "paused"),
                    ("way", "lost on this way"), ("waits", "waits on this way")]
        entries += [(group, MARKS[group][1]) for group in MARKS if group != "trick" or any(
            mark[1] == "trick" for machine in self.story.machines.values() for mark in machine.marks)]
        entries += [] if self.story.outcome["good"] else [("fail", "what must hold was broken")]
        x = LEFT
        for names, words in entries:
            width = 34 + 5.9 * len(words)
            if x + width > WIDTH - RIGHT:
                x, y = LEFT, y + 20
            self.sample(x, y, names)
            self.svg.text(x + 22, y + 9, words, "small")
            x += width
        return y + 30

    def sample(self, x, y, names):
        if names in MARKS:
            power = " power" if names == "power" else ""
            self.svg.add(f'<path transform="translate({x + 9:.1f} {y + 5:.1f})" '
                         f'class="mark{power}" d="{MARKS[names][0]}"/>')
        elif names in ("cap", "lost"):
            self.svg.box(x, y, 18, BAR, "bar h5", round_by=3)
            self.svg.line(x + 17, y - 1, x + 17, y + BAR + 1, names)
        elif names == "fail":
            self.svg.line(x + 9, y - 2, x + 9, y + 12, names)
        else:
            is_way = names in ("way", "waits")
            self.svg.box(x, y + (2 if is_way else 0), 18, 5 if is_way else BAR, names,
                         round_by=3 if names[0] == "h" and "block" not in names else 0)


def lease_words(group):
    first = group[0]
    if len(group) > 1:
        return f"{len(group)} leases of {first.home} held by {first.holder}, program {first.program}" \
               f"\n{at(first.begin)} … {at(group[-1].end)}"
    how = {"": "until the end of the run", "given back": "given back",
           "power": "its holder lost power"}.get(first.how, f"over: {first.how}")
    return (f"lease {first.name}: {first.kind} of {first.home}\nheld by program {first.program} on "
            f"{first.holder}, renewed {first.renewals} times\n"
            f"{at(first.begin)} … {at(first.end)}, {how}")


def without_overlaps(leases):
    """The fewest lists in which no lease begins before the one before it is over."""
    lists, ends = [], []
    for lease in leases:
        for index, end in enumerate(ends):
            if end <= lease.begin:
                lists[index].append(lease)
                ends[index] = lease.end
                break
        else:
            lists.append([lease])
            ends.append(lease.end)
    return lists


def nice_step(length_ms, most=16):
    steps = [base * 10 ** power for power in range(2, 5) for base in (1, 2, 5)]
    steps += [60_000 * minutes for minutes in (1, 2, 5, 10, 20, 30, 60)]
    steps = sorted(set(steps))
    return steps[min(bisect.bisect_left(steps, length_ms / most), len(steps) - 1)]


def axis_words(ms, step):
    if step >= 60_000:
        return f"{ms / 60_000:g} min"
    return f"{ms / 1000:.1f} s" if step < 1000 else f"{ms / 1000:.0f} s"


def draw(trace, outcome, command, path):
    """`command`: has the run again."""
    if outcome["plan"]["length_ms"] > LENGTH_MOST_MS:
        raise SimError(f"--timeline draws at most {span(LENGTH_MOST_MS)}: expected shorter --hours")
    picture = Picture(Story(trace, outcome), command)
    try:
        path.write_text(picture.draw(), encoding="utf-8")
    except OSError as error:
        raise SimError(f"cannot write {path}: {error.strerror}") from error
