# SPDX-License-Identifier: Apache-2.0
"""A message sequence chart: a lifeline an actor, time downwards, a letter an arrow as steep as its way
was long. What the actors printed stands beside it and as hints of the dots on their lifelines."""

import look
import window
from layout import BREAK, LEFT, LOOP, TOP, Layout, said_by
from look import MARGIN, ms, plural
from svg import Svg, clipped, tip, width_of

HEAD = (104, 24)        # an actor's name
CROSS = 4.5
HINT = "--from MS, --to MS, --actors LIST and --letters N draw another part"
TITLE_LINES = 6         # printed lines told by one hint
MARKERS = "".join(
    f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
    f'markerUnits="userSpaceOnUse" orient="auto"><path d="{data}" class="head {name}"/></marker>'
    for name, data in (("call", "M0,0 10,5 0,10Z"), ("send", "M0,0 10,5 0,10 4,5Z"),
                       ("timer", "M0,0 10,5 0,10Z"), ("answer", "M0,0 10,5 0,10 4,5Z")))
LEGEND = (("call", "call: waits for an answer"), ("answer", "answer"),
          ("send", "sent: no answer wanted"), ("copy", "doubled by the network"),
          ("loop", "to itself, a timer"), ("cross", "lost"), ("wait", "waits for an answer"),
          ("alarm", "no answer in time"), ("chip", "value, when it changes"),
          ("known", "value that changed out of sight"), ("note", "prints a line: hover"),
          ("shade", "a fault of the network"))


class Diagram:
    def __init__(self, run, chosen):
        self.run, self.window = run, chosen
        self.layout = Layout(run, chosen)
        self.width = max(self.layout.width, 980)
        self.svg = Svg()

    def draw(self):
        layout, svg = self.layout, self.svg
        svg.add('<rect width="100%" height="100%" class="ground"/>')
        foot = layout.bottom + 14 + HEAD[1]
        for part in layout.parts:
            self.behind(part)
        self.lifelines(TOP - 8, layout.bottom + 14)
        for part in layout.parts:
            self.letters(part)
        for part in layout.parts:
            self.on_lifelines(part)
            self.words(part)
        for each in layout.breaks:
            self.left_out(*each)
        for y in (TOP - 8 - HEAD[1], layout.bottom + 14):
            self.heads(y)
        self.title()
        height = self.legend(foot + 26)
        return svg.document((self.width, height), f"{self.run.title()}: messages",
                            self.description(), look.style(), MARKERS)

    def description(self):
        names = ", ".join(actor.name for actor in self.window.actors)
        return (f"Message sequence chart of {names}. {self.counts()}. "
                + self.run.verdict()[0])

    def counts(self):
        drawn, total = self.window.drawn, self.window.total
        who = len(self.run.actors) - len(self.window.actors)
        return f"{drawn:,} of {plural(total, 'letter')} drawn" + \
            (f", {plural(who, 'actor')} left out" if who else "")

    def title(self):
        svg, run = self.svg, self.run
        words, is_good = run.verdict()
        svg.text(MARGIN, 34, clipped(f"{run.title()}: who told whom what, and when",
                                     self.width - 2 * MARGIN, look.SIZES["title"], True), "title")
        line = " · ".join(filter(None, (run.kinds(), f"{ms(run.end_ms)} in all", self.counts())))
        svg.text(MARGIN, 54, clipped(line, self.width - 2 * MARGIN, 11), "muted")
        svg.text(MARGIN, 72, words, "good" if is_good else "bad")
        svg.text(self.width - MARGIN, 72, HINT, "small muted right")
        if self.layout.trace_room > 60:
            svg.text(self.layout.trace_x, TOP - 16, "what they printed", "name muted")

    # --- behind everything -----------------------------------------------------------------------

    def behind(self, part):
        left, right = LEFT + 6, self.layout.last_x + 62
        for y1, y2, fault in part.shades:
            words = f"{fault.text}\n{ms(fault.t)} … " + \
                ("the end" if fault.until is None else ms(fault.until))
            self.svg.box(left, y1, right - left, round(y2 - y1, 1), "shade", words)
            self.svg.line(left, y1, left, y2, "edge")
        for y, t in part.times:
            self.svg.line(LEFT + 6, y, right, y, "hair")
            self.svg.text(LEFT, y + 4, ms(t), "small muted right")

    def lifelines(self, top, bottom):
        for number, x in self.layout.x.items():
            end = self.layout.stopped.get(number, bottom)
            self.svg.line(x, top, x, end, "life")
            if end < bottom:
                self.svg.line(x, end, x, bottom, "life gone")

    def heads(self, y):
        for actor in self.window.actors:
            x = self.layout.x[actor.number]
            kind = actor.kind if actor.kind in ("server", "client", "main") else "other"
            name = clipped(actor.name, HEAD[0] - 8, look.SIZES["name"], True)
            self.svg.box(x - HEAD[0] / 2, y, HEAD[0], HEAD[1], kind, actor.name, 6)
            self.svg.text(x, y + 16, name, "name middle")

    # --- letters ---------------------------------------------------------------------------------

    def letters(self, part):
        for actor, y1, y2, call in part.waits:
            self.svg.box(self.layout.x[actor] - 3, y1, 6, round(y2 - y1, 1), "wait",
                         f"{self.name(actor)} waits for the answer to {call.text}")
        for arrow in part.arrows:
            self.arrow(arrow)
        for loop in part.loops:
            self.loop(loop)

    def arrow(self, arrow):
        letter = arrow.letter
        x1, x2 = arrow.x1, arrow.x2
        side = 1 if x2 > x1 else -1
        if arrow.has_tail:
            x1 += 4 * side
        if arrow.how == "arrived":
            x2 -= 4 * side
        names = "arrow " + ("copy" if letter.copy_of is not None else letter.kind)
        names += " lost" if arrow.how == "lost" else ""
        head = f' marker-end="url(#{letter.kind})"' if arrow.how == "arrived" else ""
        self.svg.add(f'<path d="M{x1:.1f},{arrow.y1:.1f} {x2:.1f},{arrow.y2:.1f}" class="{names}"{head}>'
                     f"{tip(self.told(letter))}</path>")
        if arrow.how == "lost":
            self.cross(x2, arrow.y2, letter)

    def cross(self, x, y, letter):
        self.svg.path(f"M{x - CROSS:.1f},{y - CROSS:.1f}l{2 * CROSS},{2 * CROSS}"
                      f"m0,{-2 * CROSS}l{-2 * CROSS},{2 * CROSS}", "cross", self.told(letter))

    def loop(self, loop):
        x, y = loop.x + 4, loop.y
        width, height = LOOP
        head = "" if loop.is_lost else ' marker-end="url(#timer)"'
        self.svg.add(f'<path d="M{x:.1f},{y:.1f}h{width - 10}q6,0 6,{height / 2}'
                     f't-6,{height / 2}h{10 - width}" class="loop"{head}>'
                     f"{tip(self.told(loop.letter))}</path>")
        if loop.is_lost:
            self.cross(x + 2, y + height, loop.letter)

    def name(self, number):
        return self.run.actors[number].name

    def told(self, letter):
        """All there is to say of a letter."""
        who = f"{self.name(letter.sender)} to {self.name(letter.to)}"
        who = f"{self.name(letter.to)} to itself" if letter.sender == letter.to else who
        copy = "" if letter.copy_of is None else f", a copy of {letter.copy_of}"
        lines = [said_by(letter), f"{letter.kind}, {who} (letter {letter.number}{copy})"]
        if letter.arrived is not None:
            lines.append(f"sent {ms(letter.sent)}, arrived {ms(letter.arrived)}: "
                         f"{ms(letter.arrived - letter.sent)} on its way")
        elif letter.lost is not None:
            lines.append(f"sent {ms(letter.sent)}, lost {ms(letter.lost)}: {letter.why}")
        else:
            lines.append(f"sent {ms(letter.sent)}, still on its way when the run ended")
        return "\n".join(line[:300] for line in lines)

    # --- on and beside the lifelines ---------------------------------------------------------------

    def on_lifelines(self, part):
        x_of = self.layout.x
        for actor, y, width, words, is_old, title in part.chips:
            x = x_of[actor]
            self.svg.box(x - width / 2, y, width, 16, "chip known" if is_old else "chip",
                         f"{self.name(actor)}: {title}", 8)
            self.svg.text(x, y + 12, words, "value middle")
        for actor, y, words, event in part.alarms:
            x = x_of[actor]
            self.svg.add(f'<g>{tip(self.overdue(event))}<circle cx="{x:.1f}" cy="{y:.1f}" r="7" '
                         f'class="alarm"/><path d="M{x:.1f},{y - 4:.1f}v4h3" class="alarm"/></g>')
            self.svg.text(x + 11, y + 4, words, "small bad halo")
        for actor, y, words, event in part.stops:
            x = x_of[actor]
            self.svg.path(f"M{x - 5:.1f},{y:.1f}h10M{x - 5:.1f},{y + 3:.1f}h10", "axis",
                          f"{self.name(actor)} stops at {ms(event.t)}: {event.text}")
            self.svg.text(x + 11, y + 4, words, "small muted halo")
        for (actor, y), lines in part.notes.items():
            told = [line.text[:300] for line in lines[:TITLE_LINES]]
            told += [f"… {len(lines) - TITLE_LINES} more"] if len(lines) > TITLE_LINES else []
            self.svg.add(f'<circle cx="{x_of[actor]:.1f}" cy="{y:.1f}" r="3" class="note">'
                         + tip("\n".join([f"{ms(lines[0].t)}: {self.name(actor)} prints", *told]))
                         + "</circle>")

    def overdue(self, event):
        letter = event.letter
        return (f"{self.name(event.actor)}: no answer to {letter.text} after "
                f"{ms(event.t - letter.sent)}")

    def words(self, part):
        """Of letters and rows, above all lines; and what was printed."""
        svg, layout = self.svg, self.layout
        for arrow in part.arrows:
            title = self.told(arrow.letter)
            if arrow.label:
                side = " right" if arrow.is_right else ""
                colour = " of-send" if arrow.letter.kind == "send" else ""
                svg.text(arrow.label_x, arrow.label_y, arrow.label, "label halo" + side + colour, title)
            if arrow.why:
                is_left = arrow.letter.to in layout.x and arrow.x2 < arrow.x1
                svg.text(arrow.x2 + (-9 if is_left else 9), arrow.y2 + 4, arrow.why,
                         "small bad halo" + (" right" if is_left else ""), title)
        for loop in part.loops:
            svg.text(loop.x + LOOP[0] + 8, loop.y + 10, loop.label,
                     "label halo " + ("bad" if loop.is_lost else "of-timer"), self.told(loop.letter))
        right = layout.last_x + 62
        for y, words, sort in part.rows:
            colour = "good" if sort == "good" else "bad"
            size = "label" if sort == "detail" else "name"
            svg.text(LEFT + 14, y + 13, clipped(words, self.width - LEFT - 40, look.SIZES[size],
                                                size in look.BOLD), f"{size} {colour} halo", words)
            if sort == "fallen":
                svg.line(LEFT + 6, y, right, y, "edge")
        for y, words, event in part.trace:
            words = clipped(words, layout.trace_room, look.SIZES["code"], is_mono=True)
            main = self.run.main
            is_main = event is not None and (main is None or event.actor == main.number)
            svg.text(layout.trace_x, y, words, "code" + ("" if is_main else " muted"),
                     event.text[:300] if event is not None else "")

    # --- what is left out, and the legend ----------------------------------------------------------

    def left_out(self, y, letters, span):
        left, right = LEFT + 6, self.layout.last_x + 62
        middle = y + 17
        self.svg.box(left, y + 4, right - left, 26, "gap")
        for edge in (y + 4, y + 30):
            waves = "".join(f"q3.5,{3 if i % 2 else -3} 7,0" for i in range(int((right - left) / 7)))
            self.svg.path(f"M{left},{edge:.1f}{waves}", "zigzag")
        begin, end = span
        when = ms(begin) if begin == end else f"{ms(begin)} to {ms(end)}"
        self.svg.text((left + right) / 2, middle + 4,
                      f"… {plural(letters, 'letter')} left out ({when})", "name middle")
        for actor in self.window.actors:
            self.svg.text(self.layout.x[actor.number], y + BREAK - 14,
                          clipped(actor.name, self.layout.gap - 12, look.SIZES["small"]),
                          "small muted middle halo")

    def legend(self, y):
        x = MARGIN
        seen = self.seen()
        for sort, words in LEGEND:
            if sort not in seen:
                continue
            width = 38 + width_of(words, look.SIZES["small"]) + 18
            if x + width > self.width - MARGIN:
                x, y = MARGIN, y + 22
            self.sample(x, y, sort)
            self.svg.text(x + 38, y + 4, words, "small muted")
            x += width
        return y + 26

    def seen(self):
        """Of what a legend explains, what this picture has."""
        found = set()
        for part in self.layout.parts:
            found |= {arrow.letter.kind if arrow.letter.copy_of is None else "copy"
                      for arrow in part.arrows}
            found |= {"cross" for arrow in part.arrows if arrow.how == "lost"}
            found |= {"known" if is_old else "chip" for *_, is_old, _ in part.chips}
            found |= {sort for sort, have in (
                ("loop", part.loops), ("wait", part.waits), ("alarm", part.alarms),
                ("note", part.notes), ("shade", part.shades)) if have}
        return found

    def sample(self, x, y, sort):
        svg = self.svg
        if sort in ("call", "answer", "send", "copy"):
            head = "send" if sort == "copy" else sort
            svg.add(f'<path d="M{x},{y}h30" class="sample arrow {sort}" '
                    f'marker-end="url(#{head})"/>')
        elif sort == "loop":
            svg.add(f'<path d="M{x + 4},{y - 5}h14q6,0 6,5t-6,5h-14" class="sample loop" '
                    'marker-end="url(#timer)"/>')
        elif sort == "cross":
            svg.path(f"M{x},{y}h20", "sample arrow lost")
            svg.path(f"M{x + 16},{y - 4}l8,8m0,-8l-8,8", "sample cross")
        elif sort == "alarm":
            svg.add(f'<circle cx="{x + 16}" cy="{y}" r="7" class="alarm"/>'
                    f'<path d="M{x + 16},{y - 4}v4h3" class="alarm"/>')
        elif sort == "note":
            svg.add(f'<circle cx="{x + 16}" cy="{y}" r="3" class="note"/>')
        elif sort == "wait":
            svg.box(x + 13, y - 7, 6, 14, "wait")
        else:
            svg.box(x + 4, y - 7, 26, 14, "chip known" if sort == "known" else sort,
                    round_by=0 if sort == "shade" else 7)


def draw(run, begin=None, end=None, actors=None, letters=window.LETTERS):
    """The whole picture as text."""
    return Diagram(run, window.choose(run, begin, end, actors, letters)).draw()
