# SPDX-License-Identifier: Apache-2.0
"""Shapes as the text of an SVG, and how wide words will be.

A picture is one file without scripts and without fonts of its own, so where words end depends on who
looks at it. `width_of` therefore answers for a wide font (DejaVu Sans): what fits with it fits with the
fonts other systems take for sans-serif. The same calls give the same bytes.
"""

import re
from xml.sax.saxutils import escape

MONO = 0.602           # em, every letter of a fixed pitch font
BOLD = 1.13            # what bold letters are wider
FIRST = 32
WIDTHS = (             # 1/100 em, from the blank to ~
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79,
    60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63,
    63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84)
NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Svg:
    def __init__(self):
        self.parts = []

    def add(self, text):
        self.parts.append(text)

    def text(self, x, y, words, names="", title=""):
        self.add(f'<text x="{x:.1f}" y="{y:.1f}"' + (f' class="{names}"' if names else "")
                 + f">{said(words)}{tip(title)}</text>")

    def box(self, x, y, width, height, names, title="", round_by=0):
        corner = f' rx="{round_by}"' if round_by else ""
        head = f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, .6):.1f}" height="{height:g}"'
        tail = f">{tip(title)}</rect>" if title else "/>"
        self.add(f'{head}{corner} class="{names}"{tail}')

    def line(self, x1, y1, x2, y2, names):
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{names}"/>')

    def path(self, data, names, title=""):
        tail = f">{tip(title)}</path>" if title else "/>"
        self.add(f'<path d="{data}" class="{names}"{tail}')

    def document(self, size, title, description, style, patterns=""):
        """The whole file. `size`: width and height, px."""
        width, height = size
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
                f'width="{width:.0f}" height="{height:.0f}" role="img" '
                f'aria-labelledby="title desc">\n<title id="title">{said(title)}</title>\n'
                f'<desc id="desc">{said(description)}</desc>\n'
                f"<style>{style}</style>\n<defs>{patterns}</defs>\n"
                + "\n".join(self.parts) + "\n</svg>\n")


def said(words):
    """As XML takes it: what it cannot hold is shown as U+FFFD."""
    return escape(NOT_XML.sub("\ufffd", words))


def tip(text):
    return f"<title>{said(text)}</title>" if text else ""


def width_of(words, size, is_bold=False, is_mono=False):
    """px at a font size of `size` px, rather too much than too little."""
    if is_mono:
        return sum(MONO if ord(each) < 0x1100 else 2 * MONO for each in words) * size
    wide = sum(WIDTHS[ord(each) - FIRST] if FIRST <= ord(each) < FIRST + len(WIDTHS) else 100
               for each in words)
    return wide / 100 * size * (BOLD if is_bold else 1)


def clipped(words, room, size, is_bold=False, is_mono=False):
    """`words`, or as much of them as `room` px hold, with … behind."""
    if width_of(words, size, is_bold, is_mono) <= room:
        return words
    while words and width_of(words + "…", size, is_bold, is_mono) > room:
        words = words[:-1]
    return words.rstrip() + "…"


def nice_step(length, most):
    """1, 2 or 5 times a power of ten: at most `most` of it make up `length`. Both above 0."""
    for power in range(-6, 16):
        for base in (1, 2, 5):
            step = base * 10 ** power
            if step >= length / most * (1 - 1e-9):
                return step
    return 10 ** 16
