# SPDX-License-Identifier: Apache-2.0
"""Reads a picture again, as a test does: where its shapes and words lie."""

import re
import xml.etree.ElementTree
from dataclasses import dataclass

from svg import width_of

SVG = "{http://www.w3.org/2000/svg}"
SIZE = re.compile(r"\.([a-z]+) \{ font-size: ([0-9.]+)px;( font-weight: 600;)?( font-family)?")
PLAIN_SIZE = 11
TOKEN = re.compile(r"[A-Za-z]|-?[0-9]+(?:\.[0-9]+)?")
NUMBERS = {"m": 2, "l": 2, "h": 1, "v": 1, "q": 4, "t": 2, "a": 7, "z": 0}


@dataclass
class Shape:
    tag: str
    names: list
    box: tuple         # left, top, right, bottom
    words: str = ""
    title: str = ""
    has_head: bool = False


class Picture:
    def __init__(self, text):
        self.root = xml.etree.ElementTree.fromstring(text)
        self.size = tuple(float(each) for each in self.root.get("viewBox").split()[2:])
        style = self.root.find(f"{SVG}style").text
        self._fonts = {name: (float(size), bool(bold), bool(mono))
                       for name, size, bold, mono in SIZE.findall(style)}
        self.shapes = [shape for child in self.root for element in child.iter()
                       if child.tag not in (f"{SVG}defs", f"{SVG}style")
                       and (shape := self._shape(element)) is not None]

    def of(self, tag, name):
        """Shapes of that class; the samples of a legend are none."""
        return [shape for shape in self.shapes if shape.tag == tag and name in shape.names
                and "sample" not in shape.names]

    def words(self):
        return [shape.words for shape in self.shapes if shape.tag == "text"]

    def overlaps(self):
        """Pairs of labels that touch, by what they say."""
        texts = [shape for shape in self.shapes if shape.tag == "text" and shape.words]
        texts.sort(key=lambda shape: shape.box[1])
        found = []
        for index, one in enumerate(texts):
            for other in texts[index + 1:]:
                if other.box[1] >= one.box[3]:
                    break
                if one.box[0] < other.box[2] and other.box[0] < one.box[2]:
                    found.append((one.words, other.words, one.box, other.box))
        return found

    def outside(self):
        width, height = self.size
        return [(shape.tag, shape.names, shape.words, shape.box) for shape in self.shapes
                if shape.box[0] < -.05 or shape.box[1] < -.05 or shape.box[2] > width + .05
                or shape.box[3] > height + .05]

    def _shape(self, element):
        tag = element.tag.removeprefix(SVG)
        if tag not in ("text", "rect", "line", "path", "circle"):
            return None
        names = (element.get("class") or "").split()
        title = element.findtext(f"{SVG}title") or ""
        words = (element.text or "") if tag == "text" else ""
        box = getattr(self, "_" + tag)(element, names)
        return Shape(tag, names, box, words, title, element.get("marker-end") is not None)

    def _text(self, element, names):
        size, bold, mono = next((self._fonts[name] for name in names if name in self._fonts),
                                (PLAIN_SIZE, False, False))
        wide = width_of(element.text or "", size, bold, mono)
        before = wide / 2 if "middle" in names else wide if "right" in names else 0
        turned = element.get("transform")
        if turned:
            x, y = (float(each) for each in re.findall(r"translate\((\S+) (\S+)\)", turned)[0])
            return x - size * .8, y - wide / 2, x + size * .2, y + wide / 2
        x, y = float(element.get("x")), float(element.get("y"))
        return x - before, y - size * .76, x - before + wide, y + size * .22

    def _rect(self, element, _):
        if element.get("width") == "100%":
            return 0, 0, *self.size
        x, y, width, height = (float(element.get(name)) for name in ("x", "y", "width", "height"))
        return x, y, x + width, y + height

    def _line(self, element, _):
        x1, y1, x2, y2 = (float(element.get(name)) for name in ("x1", "y1", "x2", "y2"))
        return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)

    def _circle(self, element, _):
        x, y, r = (float(element.get(name)) for name in ("cx", "cy", "r"))
        return x - r, y - r, x + r, y + r

    def _path(self, element, _):
        points = points_of(element.get("d"))
        return (min(x for x, _ in points), min(y for _, y in points),
                max(x for x, _ in points), max(y for _, y in points))


def points_of(data):
    """The points of a path, of curves the controlling ones too."""
    x = y = 0.0
    points, command, tokens = [], "", TOKEN.findall(data)
    while tokens:
        if tokens[0].isalpha():
            command = tokens.pop(0)
        kind = command.lower()
        numbers = [float(tokens.pop(0)) for _ in range(NUMBERS[kind])]
        dx, dy = (x, y) if command.islower() else (0.0, 0.0)
        if kind == "h":
            x = dx + numbers[0]
        elif kind == "v":
            y = dy + numbers[0]
        elif kind != "z":
            if kind == "q":
                points.append((dx + numbers[0], dy + numbers[1]))
            x, y = dx + numbers[-2], dy + numbers[-1]
        points.append((x, y))
    return points
