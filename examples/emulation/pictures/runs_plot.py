# SPDX-License-Identifier: Apache-2.0
"""Many runs: how long until all met, by sync period and by how much the network loses. A table with the
figures, as dark as the median is long, and below it what share of the runs had met by when."""

import itertools
import json
import math
from dataclasses import dataclass

import look
from event_file import PictureError, is_of
from look import MARGIN, ms, number, plural
from svg import Svg, clipped, nice_step, width_of

WIDTH = 1080
CELL_MOST, CELL_HEIGHT = 150, 62
ROW_NAME = 110
SIDE_MOST = 10          # periods, and losses
PANELS, PANEL_HEIGHT = 3, 190
BYTES_MOST = 64 << 20


@dataclass(frozen=True)
class Cell:
    period: float
    loss: float         # per mille
    runs: int
    met: int
    quantiles: dict     # p50, p90, p99, max: ms
    histogram: tuple    # (ms, count), by ms


def read_runs(path):
    """(program, cells)"""
    try:
        if path.stat().st_size > BYTES_MOST:
            raise PictureError(f"{path}: larger than {BYTES_MOST >> 20} MiB: expected a runs file")
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise PictureError(f"{path}:{error.lineno}: not JSON, column {error.colno}: {error.msg}: "
                           "expected one object") from error
    except UnicodeDecodeError as error:
        raise PictureError(f"{path}: not UTF-8: expected a runs file") from error
    except (ValueError, RecursionError) as error:
        raise PictureError(f"{path}: not JSON that can be read: {error}") from error
    cells = told.get("cells") if isinstance(told, dict) else None
    if not isinstance(cells, list):
        raise PictureError(f'{path}: no "cells": expected a runs file, as --runs N writes it')
    if not cells:
        raise PictureError(f"{path}: no cells: there is nothing to draw")
    read = [cell_of(cell, told.get("runs"), f"{path}: cell {i}") for i, cell in enumerate(cells, 1)]
    places = [(cell.period, cell.loss) for cell in read]
    for place in places:
        if places.count(place) > 1:
            raise PictureError(f"{path}: two cells of sync period {place[0]:g} ms, "
                               f"loss {place[1]:g} per mille")
    for what, values in (("sync periods", {place[0] for place in places}),
                         ("losses", {place[1] for place in places})):
        if len(values) > SIDE_MOST:
            raise PictureError(f"{path}: {len(values)} {what}: at most {SIDE_MOST} fit in a picture")
    return str(told.get("program", "runs")), read


def cell_of(cell, runs, place):
    if not isinstance(cell, dict):
        raise PictureError(f"{place}: not an object")
    runs = cell.get("runs", runs)
    for name, value in (("runs", runs), *((name, cell.get(name)) for name in
                                          ("sync_period_ms", "loss_permille", "converged"))):
        if not is_of(value, float) or value < 0:
            raise PictureError(f'{place}: "{name}" is {json.dumps(value)[:40]}: '
                               "expected a number, 0 or more")
    if not 0 < runs >= cell["converged"]:
        raise PictureError(f'{place}: {cell["converged"]} of {runs} runs converged: '
                           "expected at least one run, and no more converged than that")
    quantiles = cell.get("ms") if cell["converged"] else {}
    histogram = cell.get("histogram", [])
    if not isinstance(quantiles, dict) or (cell["converged"] and not all(
            is_of(quantiles.get(name), float) for name in ("p50", "p90", "p99", "max"))):
        raise PictureError(f'{place}: "ms" lacks p50, p90, p99 or max')
    if not isinstance(histogram, list) or not all(
            isinstance(pair, list) and len(pair) == 2 and is_of(pair[0], float)
            and is_of(pair[1], float) and min(pair) >= 0 for pair in histogram):
        raise PictureError(f'{place}: "histogram" is not a list of [ms, count]')
    return Cell(cell["sync_period_ms"], cell["loss_permille"], int(runs), int(cell["converged"]),
                quantiles, tuple(sorted(map(tuple, histogram))))


def percent(part, whole=1000):
    return f"{part / whole * 100:.3g} %"


class RunsPlot:
    def __init__(self, program, cells):
        self.program, self.svg = program, Svg()
        self.cells = {(cell.period, cell.loss): cell for cell in cells}
        self.periods = sorted({cell.period for cell in cells})
        self.losses = sorted({cell.loss for cell in cells})
        medians = [cell.quantiles["p50"] for cell in cells if cell.met]
        self.low, self.high = (min(medians), max(medians)) if medians else (1, 1)
        slow = [cell.quantiles["p99"] for cell in cells if cell.met]
        self.slowest = max((cell.quantiles["max"] for cell in cells if cell.met), default=1)
        self.until = max(min(self.slowest, max(slow, default=1) * 1.15), 1)

    def draw(self):
        svg = self.svg
        svg.add('<rect width="100%" height="100%" class="ground"/>')
        self.title()
        below = self.table(100)
        height = self.panels(below + 46)
        return svg.document((WIDTH, height), f"{self.program}: time to converge",
                            self.description(), look.style())

    def description(self):
        best = [f"sync {ms(cell.period)}, loss {percent(cell.loss)}: "
                + (f"median {ms(cell.quantiles['p50'])}" if cell.met else "never")
                for cell in self.cells.values()]
        return "Time until all servers met, by sync period and loss. " + "; ".join(best) + "."

    def title(self):
        svg = self.svg
        runs = sorted({cell.runs for cell in self.cells.values()})
        many = plural(runs[0], "run") if len(runs) == 1 else f"{runs[0]:,} to {runs[-1]:,} runs"
        svg.text(MARGIN, 34, clipped(f"{self.program}: how long until all met", WIDTH - 2 * MARGIN,
                                     look.SIZES["title"], True), "title")
        total = sum(cell.runs for cell in self.cells.values())
        met = sum(cell.met for cell in self.cells.values())
        svg.text(MARGIN, 54, f"{many} a cell · {met:,} of {total:,} met · the slowest after "
                             f"{ms(self.slowest)}", "muted")

    # --- the table ---------------------------------------------------------------------------------

    def table(self, top):
        svg = self.svg
        width = min(CELL_MOST, (WIDTH - 2 * MARGIN - ROW_NAME) / len(self.losses))
        left = MARGIN + ROW_NAME
        svg.text(left, top - 22, "letters the network loses", "small muted")
        svg.text(MARGIN, top - 4, "sync period", "small muted")
        for column, loss in enumerate(self.losses):
            svg.text(left + (column + .5) * width, top - 4, percent(loss), "name middle")
        for row, period in enumerate(self.periods):
            y = top + 4 + row * CELL_HEIGHT
            svg.text(MARGIN, y + CELL_HEIGHT / 2 + 4, ms(period), "name")
            for column, loss in enumerate(self.losses):
                cell = self.cells.get((period, loss))
                if cell is not None:
                    self.cell(cell, left + column * width, y, width)
        bottom = top + 4 + len(self.periods) * CELL_HEIGHT
        svg.text(MARGIN, bottom + 18,
                 "large: the median of those that met; small: 99 of 100 of them were faster, and what "
                 "share met at all; the stronger the colour, the longer", "small muted")
        return bottom + 18

    def heat(self, value):
        if self.high <= self.low:
            return 1
        share = math.log((value + 1) / (self.low + 1)) / math.log((self.high + 1) / (self.low + 1))
        return min(int(share * look.HEATS), look.HEATS - 1)

    def cell(self, cell, x, y, width):
        svg = self.svg
        words = f"sync every {ms(cell.period)}, loss {percent(cell.loss)}\n"
        if not cell.met:
            svg.box(x + 1, y + 1, width - 2, CELL_HEIGHT - 2, "gap", words + "never met", 4)
            svg.text(x + width / 2, y + CELL_HEIGHT / 2 + 4, "never", "bad middle")
            return
        heat = self.heat(cell.quantiles["p50"])
        words += "".join(f"{name}: {ms(cell.quantiles[name])}\n" for name in ("p50", "p90", "p99", "max"))
        svg.box(x + 1, y + 1, width - 2, CELL_HEIGHT - 2, f"heat q{heat}",
                words + f"{cell.met:,} of {plural(cell.runs, 'run')} met", 4)
        middle = x + width / 2
        svg.text(middle, y + 23, ms(cell.quantiles["p50"]), f"figure middle on{heat}")
        svg.text(middle, y + 39, f"99 %: {ms(cell.quantiles['p99'])}", f"small middle on{heat}")
        share = "all met" if cell.met == cell.runs else \
            f"{math.floor(cell.met / cell.runs * 1000) / 10:g} % met"
        svg.text(middle, y + 53, share, f"small middle on{heat}")

    # --- shares by time ----------------------------------------------------------------------------

    def panels(self, y):
        svg = self.svg
        svg.text(MARGIN, y, "what share of the runs had met, by when", "name")
        y = self.legend(y + 22)
        across = 2 if len(self.periods) == 4 else min(PANELS, len(self.periods))
        width = (WIDTH - 2 * MARGIN) / across
        for index, period in enumerate(self.periods):
            row, column = divmod(index, across)
            self.panel(period, MARGIN + column * width, y + row * (PANEL_HEIGHT + 78), width)
        return y + math.ceil(len(self.periods) / across) * (PANEL_HEIGHT + 78) + 4

    def names(self, loss):
        return look.line_of(self.losses.index(loss))

    def legend(self, y):
        x = MARGIN
        for loss in self.losses:
            words = f"{percent(loss)} lost"
            self.svg.line(x, y, x + 30, y, self.names(loss))
            self.svg.text(x + 36, y + 4, words, "small muted")
            x += 36 + width_of(words, look.SIZES["small"]) + 18
        return y + 16

    def panel(self, period, x, y, width):
        svg = self.svg
        left, right, top = x + 40, x + width - 20, y + 26
        bottom = top + PANEL_HEIGHT
        svg.text(left, y + 16, f"sync every {ms(period)}", "name")
        for share in (0, 25, 50, 75, 100):
            at = bottom - share / 100 * PANEL_HEIGHT
            svg.line(left, at, right, at, "hair")
            svg.text(left - 6, at + 4, f"{share} %", "small muted right")
        step = nice_step(self.until, max(int((right - left) / 70), 2))
        for i in itertools.count():
            if i * step > self.until:
                break
            at = left + i * step / self.until * (right - left)
            svg.line(at, bottom, at, bottom + 5, "axis")
            svg.text(at, bottom + 18, number(i * step), "small muted middle")
        svg.line(left, bottom, right, bottom, "axis")
        svg.text((left + right) / 2, bottom + 36, "ms", "small muted middle")
        for loss in self.losses:
            cell = self.cells.get((period, loss))
            if cell is not None and cell.met:
                self.curve(cell, left, right, bottom)

    def curve(self, cell, left, right, bottom):
        """Through the ends of the bins, even within one; at most a corner a pixel."""
        times = [t for t, _ in cell.histogram]
        width = min((b - a for a, b in zip(times, times[1:])), default=0)
        done, data, last = 0, f"M{left:.1f},{bottom:.1f}", left
        for t, count in cell.histogram:
            begin, end = (left + min(each / self.until, 1) * (right - left) for each in (t, t + width))
            done += count
            if begin - last >= 1:
                data += f"H{begin:.1f}"
            y = bottom - min(done / cell.runs, 1) * PANEL_HEIGHT
            if end - last >= 1 or begin - last >= 1:
                last = end
                data += f"L{end:.1f},{y:.1f}"
            else:
                data += f"V{y:.1f}"
        self.svg.path(data + f"H{right:.1f}", self.names(cell.loss),
                      f"sync every {ms(cell.period)}, loss {percent(cell.loss)}: median "
                      f"{ms(cell.quantiles['p50'])}, {cell.met:,} of {cell.runs:,} met")


def draw(path):
    """The whole picture as text."""
    return RunsPlot(*read_runs(path)).draw()
