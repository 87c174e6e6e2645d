# SPDX-License-Identifier: Apache-2.0
"""Where everything of a message sequence chart stands.

Time runs down, but not evenly: what happens in the same millisecond makes a band in which each lifeline
takes as many rows as it needs, and the way to the next band grows with the logarithm of the time
between. So an order can be read everywhere, a time beside each band, and long waits stay short.
No two labels touch: each is moved down until it stands free.
"""

import math
import re

from look import SIZES, ms, number, plural
from pieces import HEIGHT, Arrow, Boxes, Loop, Part
from svg import clipped, width_of
from window import ORDINARY, figure_of, meeting

LEFT = 82                   # the column of times ends here
INSET = 62                  # to the first lifeline
TOP = 132                   # the first row, below the heads
ROW = 14                    # of what was printed
LABEL_MOST, WHY_MOST = 200, 84
LOOP = (20, 13)             # width and height of a loop
BAND, BAND_MOST = 8, 34     # between two milliseconds with something in them
BREAK = 62                  # where letters are left out
FULL_ROW = 18
LOOP_ROOM = (122, 148)      # of a loop and its label, right of its lifeline: narrow, wide
TRACE_MOST = 380            # width of what was printed
TRACE_LINES = 14            # of it beside a band
LOST_AT = 0.62              # of its way a lost letter has made in the picture
FIELD = re.compile(r"(?:(?<=\()|(?<=, ))\w+=")
WHY = {"loss": "lost", "cut": "cut off", "full": "mailbox full", "stopped": "nobody there",
       "late": "too late"}


class Known:
    """What is known at some moment of the run, drawn or not."""

    def __init__(self, run):
        self._events, self._next = run.events, 0
        self.values, self.calls, self.faults, self.stops = {}, {}, [], set()

    def until(self, event):
        """Takes in all that was told before `event`."""
        while self._events[self._next] is not event:
            self._take(self._events[self._next])
            self._next += 1

    def _take(self, event):
        letter = event.letter
        if event.what == "show":
            self.values[event.actor, event.name] = event.value
        elif event.what == "send" and letter.kind == "call":
            self.calls[letter.sender] = letter
        elif event.what == "timeout" or event.what == "arrive" and letter.kind == "answer":
            self.calls.pop(event.actor, None)
        elif event.what == "fault":
            self.faults.append(event)
        elif event.what == "stop":
            self.stops.add(event.actor)


class Layout:
    def __init__(self, run, window):
        self.run, self.window = run, window
        count = len(window.actors)
        self.gap = 122 if count > 6 else 150 if count > 3 else 210
        self.x = {actor.number: LEFT + INSET + i * self.gap for i, actor in enumerate(window.actors)}
        self.loop_room = LOOP_ROOM[self.gap > LOOP_ROOM[1]]
        self.last_x = LEFT + INSET + (count - 1) * self.gap
        self.trace_x = self.last_x + self.loop_room + 6
        lines = [event.text for part in window.parts for event in part if event.what == "line"]
        self.trace_room = min(TRACE_MOST, max(
            (width_of(text, SIZES["code"], is_mono=True) for text in lines), default=0) + 2)
        self.width = self.trace_x + self.trace_room + 24
        self.known, self.met, self.figure = Known(run), meeting(run), figure_of(run)
        self.values = {}                # what the last part showed
        self.parts = []
        self.breaks = []                # (y, letters left out, (from, to))
        self.stopped = {}               # actor: y
        self.bottom = TOP
        for index, events in enumerate(window.parts):
            self.leave_out(index)
            self.one_part(events)
        self.leave_out(len(window.parts))

    def leave_out(self, index):
        span = self.window.until[index]
        if self.window.left_out[index] or span != (0, 0):
            self.breaks.append((self.bottom + 10, self.window.left_out[index], span))
            self.bottom += 10 + BREAK

    # --- a part ----------------------------------------------------------------------------------

    def one_part(self, events):
        shown_before = self.values
        self.known.until(events[0])
        for actor in sorted(self.known.stops & self.x.keys()):
            self.stopped.setdefault(actor, self.bottom - BREAK)
        self.part = Part(top=self.bottom)
        self.parts.append(self.part)
        self.boxes = Boxes()
        self.at = dict.fromkeys(self.x, self.bottom)
        self.now, self.trace_y, self.lines = events[0].t, self.bottom - 2, 0
        self.values = dict(self.known.values)
        self.on_way = {}                # letter: its arrow
        self.waiting = {actor: (self.bottom, letter) for actor, letter in self.known.calls.items()}
        self.faults = [(self.bottom, fault) for fault in self.known.faults
                       if fault.until is None or fault.until > self.now]
        self.begin_with(shown_before)
        for event in events:
            if event.t > self.now:
                self.new_band(event.t)
            getattr(self, "on_" + event.what)(event)
        self.end_part()

    def begin_with(self, shown_before):
        """The first rows: what goes on, and values that changed out of sight."""
        for _, fault in self.faults:
            self.full_row(f"still: {fault.text}", "cut")
        for (actor, name), value in sorted(self.values.items()):
            if actor in self.x and shown_before.get((actor, name)) != value and len(self.parts) > 1:
                self.chip(actor, name, value, True, f"{name} is {number(value)} by now")
        self.settle(0 if len(self.parts) == 1 else 8)
        self.part.times.append((self.at[self.window.actors[0].number], self.now))

    def end_part(self):
        self.end_trace()
        self.settle(16)
        self.part.bottom = self.bottom
        for arrow in self.on_way.values():
            self.leave_open(arrow)
        for actor, (y, letter) in sorted(self.waiting.items()):
            self.wait(actor, y, self.bottom, letter)
        for y, fault in self.faults:
            self.shade(y, fault)

    def shade(self, y, fault):
        below = [band for band, t in self.part.times if fault.until is not None and t >= fault.until]
        end = below[0] - 4 if below else self.bottom
        self.part.shades.append((y, max(end, y + 4), fault))

    def settle(self, more):
        """All lifelines go on at one height, below everything so far."""
        self.bottom = max(self.boxes.bottom(), self.trace_y + 3, *self.at.values()) + more
        self.at = dict.fromkeys(self.x, self.bottom)
        self.boxes.forget_above(self.bottom)

    def end_trace(self):
        """Says how many lines of the band had no room."""
        if self.lines > TRACE_LINES:
            self.trace_y += ROW
            more = f"… {plural(self.lines - TRACE_LINES, 'more line')}"
            self.part.trace.append((self.trace_y, more, None))
        self.lines = 0

    def new_band(self, t):
        self.end_trace()
        self.settle(BAND + min(BAND_MOST, 6.5 * math.log2(1 + t - self.now)))
        self.now = t
        self.trace_y = self.bottom - ROW + 4
        self.part.times.append((self.bottom, t))

    # --- what happens ----------------------------------------------------------------------------

    def on_send(self, event):
        letter = event.letter
        if letter.sender == letter.to:
            return
        x1, x2 = self.x[letter.sender], self.x[letter.to]
        room = min(abs(x2 - x1) - 20, LABEL_MOST)
        label = fitting(letter, room)
        width = width_of(label, SIZES["label"])
        left = x1 + 9 if x2 > x1 else x1 - 9 - width
        y = self.boxes.place(left, self.at[letter.sender] + 3, width) + HEIGHT
        self.at[letter.sender] = y
        arrow = Arrow(letter, x1, y, x2, label=label, label_x=x1 + 9 if x2 > x1 else x1 - 9,
                      label_y=y - 3, is_right=x2 < x1)
        self.on_way[letter.number] = arrow
        self.part.arrows.append(arrow)
        if letter.kind == "call" and letter.copy_of is None:
            self.waiting[letter.sender] = (y, letter)

    def arrow_of(self, letter):
        """Its arrow; one without a tail if it was sent above."""
        arrow = self.on_way.pop(letter.number, None)
        if arrow is None:
            x1, x2 = self.x[letter.sender], self.x[letter.to]
            done = fraction(letter.sent, self.part.times[0][1], letter.arrived)
            arrow = Arrow(letter, x1 + (x2 - x1) * done, self.part.top, x2, has_tail=False)
            self.part.arrows.append(arrow)
        return arrow

    def on_arrive(self, event):
        letter = event.letter
        if letter.sender == letter.to:
            self.loop(letter, False)
            return
        arrow = self.arrow_of(letter)
        arrow.how = "arrived"
        arrow.y2 = max(self.at[letter.to] + 8, arrow.y1 + (0 if letter.arrived == letter.sent else 5))
        self.at[letter.to] = arrow.y2
        if letter.kind == "answer" and letter.to in self.waiting:
            y, call = self.waiting.pop(letter.to)
            self.wait(letter.to, y, arrow.y2, call)

    def loop(self, letter, is_lost):
        x = self.x[letter.to]
        room = self.loop_room - LOOP[0] - 10
        delay = (letter.lost if is_lost else letter.arrived) - letter.sent
        words = [f"{letter.message} after {ms(delay)}"] if delay else []
        words = [WHY.get(letter.why, letter.why)] if is_lost else [*words, letter.message]
        label = next((each for each in words if width_of(each, SIZES["label"]) <= room),
                     clipped(words[-1], room, SIZES["label"]))
        y = self.boxes.place(x + LOOP[0] + 8, self.at[letter.to] + 6, width_of(label, SIZES["label"]))
        self.at[letter.to] = y + LOOP[1]
        self.part.loops.append(Loop(letter, x, y, label, is_lost))

    def on_lose(self, event):
        letter = event.letter
        if letter.sender == letter.to:
            self.loop(letter, True)
            return
        arrow = self.arrow_of(letter)
        arrow.how = "lost"
        arrow.why = clipped(WHY.get(letter.why, letter.why), WHY_MOST, SIZES["small"])
        arrow.x2 = arrow.x1 + (arrow.x2 - arrow.x1) * LOST_AT
        width = width_of(arrow.why, SIZES["small"]) + 26     # the cross, and the words behind it
        left = arrow.x2 - 10 if arrow.x2 > arrow.x1 else arrow.x2 + 10 - width
        floor = max(arrow.y1 + 4, self.part.times[-1][0])
        arrow.y2 = self.boxes.place(left, floor, width) + HEIGHT / 2

    def on_line(self, event):
        if not event.text.strip():
            return
        y = self.at[event.actor]
        self.part.notes.setdefault((event.actor, y), []).append(event)
        self.lines += 1
        if self.lines > TRACE_LINES:
            return
        self.trace_y = max(self.trace_y + ROW, y + 4)
        self.part.trace.append((self.trace_y, event.text.strip(), event))

    def on_timeout(self, event):
        words = "timed out"
        x = self.x[event.actor]
        y = self.boxes.place(x - 10, self.at[event.actor] + 3, 24 + width_of(words, SIZES["small"]), 16)
        self.at[event.actor] = y + 16
        self.part.alarms.append((event.actor, y + 8, words, event))
        if event.actor in self.waiting:
            since, call = self.waiting.pop(event.actor)
            self.wait(event.actor, since, y + 8, call)

    def wait(self, actor, y1, y2, call):
        if actor in self.x and y2 > y1:
            self.part.waits.append((actor, y1, y2, call))

    def on_show(self, event):
        if self.values.get((event.actor, event.name)) != event.value:
            self.values[event.actor, event.name] = event.value
            self.chip(event.actor, event.name, event.value, False,
                      f"{event.name} is {number(event.value)} since {ms(event.t)}")
        if event is self.met:
            self.full_row(f"met: all show {number(event.value)}", "good")

    def chip(self, actor, name, value, is_old, title):
        """The figure of the run by its value alone, others with their name."""
        words = number(value) if name == self.figure else f"{name}: {number(value)}"
        words = clipped(words, self.gap - 24, SIZES["value"], is_bold=True)
        width = width_of(words, SIZES["value"], is_bold=True) + 12
        y = self.boxes.place(self.x[actor] - width / 2, self.at[actor] + 4, width, 16)
        self.at[actor] = y + 16
        self.part.chips.append((actor, y, width, words, is_old, title))

    def on_stop(self, event):
        words = "done" if event.text in ORDINARY else f"stops: {event.text}"
        words = clipped(words, self.gap - 30, SIZES["small"])
        y = self.boxes.place(self.x[event.actor] - 10, self.at[event.actor] + 4,
                             24 + width_of(words, SIZES["small"]), 16)
        self.at[event.actor] = y + 16
        self.part.stops.append((event.actor, y + 8, words, event))
        self.stopped[event.actor] = y + 8
        self.waiting.pop(event.actor, None)

    def full_row(self, words, sort):
        self.settle(6)
        y = self.bottom
        self.part.rows.append((y, words, sort))
        self.boxes.place(0, y, self.width, FULL_ROW)
        self.settle(2)
        return y

    def on_fault(self, event):
        words = event.text + ("" if event.until is None else f", until {ms(event.until)}")
        y = self.full_row(f"fault: {words}", "cut")
        self.faults.append((y, event))

    def on_break(self, event):
        where = "" if event.actor is None else f"{self.run.actors[event.actor].name}: "
        self.full_row(f"a property falls: {event.name}", "fallen")
        self.full_row(where + event.text, "detail")

    def on_end(self, event):
        words, is_good = self.run.verdict()
        self.full_row(f"the run ends: {words}", "good" if is_good else "bad")

    def leave_open(self, arrow):
        """It goes on below: as far as it came in the time that is drawn."""
        letter = arrow.letter
        done = fraction(letter.sent, self.now, letter.arrived if letter.arrived is not None
                        else letter.lost)
        arrow.x2 = arrow.x1 + (arrow.x2 - arrow.x1) * done
        arrow.y2 = self.bottom


def fraction(begin, now, end):
    """What part of the way from `begin` to `end` is done; never so little or much that it misleads."""
    if end is None or end <= begin:
        return 0.5
    return min(max((now - begin) / (end - begin), 0.2), 0.8)


def said_by(letter):
    """Of an answer also what was asked."""
    if letter.kind == "answer" and not letter.text.startswith(letter.message):
        return f"{letter.message}: {letter.text}"
    return letter.text or letter.message


def fitting(letter, room):
    """What a letter says, without the names of its fields: the hint has them."""
    return clipped(FIELD.sub("", said_by(letter)), room, SIZES["label"])
