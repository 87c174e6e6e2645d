# SPDX-License-Identifier: Apache-2.0
"""What a person sees: a progress line, tables, and figures in units that can be read."""

import os
import sys
import time

EVERY_S = 0.2          # on a terminal
EVERY_PLAIN_S = 60.0   # elsewhere: a line now and then
YEAR_MS = 365.25 * 24 * 3_600_000


class Screen:
    """Progress goes to stderr; colours only on a terminal, and never with NO_COLOR."""

    def __init__(self, out=sys.stdout, progress=sys.stderr):
        self.out = out
        self._progress = progress
        self._is_terminal = progress.isatty()
        self._colour = out.isatty() and not os.environ.get("NO_COLOR")
        self._said_at = time.monotonic()
        self._is_shown = False

    def line(self, text=""):
        self.clear()
        print(text, file=self.out, flush=True)

    def progress(self, text):
        """Shown if it is time to; `text` may be a function."""
        now = time.monotonic()
        if now - self._said_at < (EVERY_S if self._is_terminal else EVERY_PLAIN_S):
            return
        self._said_at = now
        text = text() if callable(text) else text
        if self._is_terminal:
            width = os.get_terminal_size(self._progress.fileno()).columns
            self._progress.write("\r\033[K" + text[:max(width - 1, 20)])
            self._is_shown = True
        else:
            self._progress.write(text + "\n")
        self._progress.flush()

    def clear(self):
        if self._is_shown:
            self._progress.write("\r\033[K")
            self._progress.flush()
            self._is_shown = False

    def red(self, text):
        return f"\033[31;1m{text}\033[0m" if self._colour else text

    def green(self, text):
        return f"\033[32m{text}\033[0m" if self._colour else text

    def bold(self, text):
        return f"\033[1m{text}\033[0m" if self._colour else text


def table(rows, titles):
    """Columns as wide as they need; whatever is a number or a quantity stands right."""
    cells = [titles] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(titles))]
    lines = []
    for row in cells:
        parts = [row[i].ljust(widths[i]) if i == 0 else row[i].rjust(widths[i])
                 for i in range(len(titles))]
        lines.append("  " + "  ".join(parts).rstrip())
    lines.insert(1, "  " + "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def wrapped(title, words, width=100):
    """Lines of words, two blanks apart, that begin below each other."""
    lines = [title]
    for word in words:
        if len(lines[-1]) + 2 + len(word) > width:
            lines.append(" " * len(title))
        lines[-1] += word + "  "
    return [line.rstrip() for line in lines]


def span(ms):
    """A simulated time: 950 ms, 61.2 s, 4.1 min, 3.2 h, 12 days, 1.02 years."""
    for bound, unit, name in ((1_000, 1, "ms"), (120_000, 1_000, "s"), (7_200_000, 60_000, "min"),
                              (172_800_000, 3_600_000, "h"), (YEAR_MS, 86_400_000, "days")):
        if ms < bound:
            return f"{ms:.0f} ms" if unit == 1 else f"{ms / unit:.1f} {name}"
    return f"{ms / YEAR_MS:.2f} years"


def years(ms):
    value = ms / YEAR_MS
    return f"{value:.2f}" if value >= 0.1 else f"{value:.6f}"


def count(value):
    """1,234 or 12.3 M."""
    if value >= 10_000_000_000:
        return f"{value / 1e9:.1f} G"
    return f"{value / 1e6:.1f} M" if value >= 10_000_000 else f"{value:,.0f}"


def at(ms):
    """A time since the world's start, as events are shown with: 61.204 s."""
    return f"{ms / 1000:.3f} s"


def plural(number, word):
    return f"{number:,} {word}" + ("" if number == 1 else "s")
