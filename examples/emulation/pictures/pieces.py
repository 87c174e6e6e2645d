# SPDX-License-Identifier: Apache-2.0
"""What a message sequence chart is made of, once its place is known; and which places are taken."""

import math
from dataclasses import dataclass, field

HEIGHT = 12             # of a label
STEP = 3                # a label that is in the way goes down by this at least


@dataclass
class Arrow:
    letter: object
    x1: float
    y1: float
    x2: float
    y2: float = 0.0
    label: str = ""
    label_x: float = 0.0
    label_y: float = 0.0
    is_right: bool = False       # the label ends at label_x
    how: str = "open"            # arrived, lost, open: goes on below the picture
    has_tail: bool = True        # not: it was sent above
    why: str = ""                # beside the cross


@dataclass
class Loop:
    letter: object
    x: float
    y: float
    label: str
    is_lost: bool = False


@dataclass
class Part:
    """What is drawn of one part of the window; y of its first and last row."""
    top: float = 0.0
    bottom: float = 0.0
    arrows: list = field(default_factory=list)
    loops: list = field(default_factory=list)
    chips: list = field(default_factory=list)      # (actor, y, width, words, is from before, title)
    notes: dict = field(default_factory=dict)      # (actor, y): lines printed there
    alarms: list = field(default_factory=list)     # (actor, y, words, event)
    stops: list = field(default_factory=list)      # (actor, y, words, event)
    waits: list = field(default_factory=list)      # (actor, y1, y2, call)
    rows: list = field(default_factory=list)       # (y, words, sort)
    shades: list = field(default_factory=list)     # (y1, y2, fault)
    times: list = field(default_factory=list)      # (y, t): bands
    trace: list = field(default_factory=list)      # (y, words, line)


class Boxes:
    """Which places are taken by words."""

    def __init__(self):
        self._taken = []

    def place(self, x, y, width, height=HEIGHT):
        """The first y, not above the given one, where such a box touches no other."""
        moved = True
        while moved:
            moved = False
            for left, top, right, bottom in self._taken:
                if x < right and left < x + width and y < bottom and top < y + height:
                    y += max(STEP, math.ceil(bottom - y))
                    moved = True
        self._taken.append((x, y, x + width, y + height))
        return y

    def forget_above(self, y):
        self._taken = [box for box in self._taken if box[3] > y]

    def bottom(self):
        return max((box[3] for box in self._taken), default=0.0)
