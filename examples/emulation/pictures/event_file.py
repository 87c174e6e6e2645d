# SPDX-License-Identifier: Apache-2.0
"""What a run told, read from its event file: one JSON object a line, as host programs write them.

A letter is one message on its way; what became of it (arrived, lost, timed out) is said by later
lines. Kinds of lines that are not known here are passed over, so that an older tool draws newer
files; a known kind that lacks what it must have is refused with its line.
"""

import json
import math
from dataclasses import dataclass, field

MAIN = "main"          # a kind; a system may have none
ELSEWHERE = 65535      # somebody on another machine, whose number is not known here
BYTES_MOST = 512 << 20
KINDS = ("send", "call", "answer", "timer")
MUST = {               # what: its fields, and their types
    "run": (("program", str), ("actors", list)),
    "send": (("t", float), ("letter", int), ("from", int), ("to", int), ("kind", str),
             ("message", str)),
    "arrive": (("t", float), ("letter", int)),
    "lose": (("t", float), ("letter", int), ("why", str)),
    "line": (("t", float), ("actor", int), ("text", str)),
    "timeout": (("t", float), ("actor", int), ("letter", int)),
    "show": (("t", float), ("actor", int), ("name", str), ("value", float)),
    "fault": (("t", float), ("text", str)),
    "stop": (("t", float), ("actor", int)),
    "break": (("t", float), ("property", str)),
    "end": (("t", float),),
}
SAID = {str: "text", int: "a whole number", float: "a number", list: "a list"}


class PictureError(Exception):
    """What is wrong and where, in words for who asked."""


@dataclass(frozen=True)
class Actor:
    number: int
    name: str
    kind: str


@dataclass(slots=True)
class Letter:
    number: int
    sender: int
    to: int
    kind: str
    message: str
    text: str
    sent: float
    copy_of: int | None = None
    arrived: float | None = None
    lost: float | None = None
    why: str = ""


@dataclass(slots=True)
class Event:
    what: str
    t: float
    actor: int | None = None        # where it happened; None: everywhere
    letter: Letter | None = None
    text: str = ""
    rule: str = ""
    name: str = ""
    value: float = 0
    until: float | None = None      # of a fault; None: to the end


@dataclass
class Run:
    program: str
    seed: int | None
    settings: dict
    actors: dict = field(default_factory=dict)     # by number
    letters: dict = field(default_factory=dict)    # by number
    events: list = field(default_factory=list)     # by time; what is not known here is not among them
    end: dict | None = None

    @property
    def end_ms(self):
        return self.events[-1].t

    @property
    def main(self):
        """Who starts and asks the others; None: nobody does."""
        return next((each for each in self.actors.values() if each.kind == MAIN), None)

    def title(self):
        return self.program + ("" if self.seed is None else f", seed {self.seed}")

    def kinds(self):
        """'3 servers, 5 clients'"""
        counts = {}
        for actor in self.actors.values():
            if actor.number != ELSEWHERE and actor.kind != MAIN:
                counts[actor.kind] = counts.get(actor.kind, 0) + 1
        return ", ".join(f"{count:,} {kind}" + ("" if count == 1 else "s")
                         for kind, count in counts.items())

    def verdict(self):
        """(text, whether it is good); nothing if the run has no end."""
        if self.end is None:
            return "the event file ends before the run does", False
        status = self.end.get("exit", 0)
        if "converged" not in self.end or not self.can_meet():
            return f"exit status {status}", status == 0
        value = self.end.get("value")
        if self.end["converged"]:
            return "all met" + ("" if value is None else f" at {value}"), True
        return "not converged", False

    def can_meet(self):
        """Whether to converge is to meet: not with a figure that only one shows, nor with one that
        differs although it converged, as who counts its own does."""
        shows = [event for event in self.events if event.what == "show"]
        last = {each.actor: each.value for each in shows if each.name == shows[0].name}
        return not last or len(last) > 1 and (len(set(last.values())) == 1
                                              or not self.end["converged"])


def read_lines(path):
    """(line number, object) of each line that is not empty."""
    try:
        if path.stat().st_size > BYTES_MOST:
            raise PictureError(f"{path}: larger than {BYTES_MOST >> 20} MiB: expected an event file")
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, parsed(line, f"{path}:{number}")
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror}") from error


def parsed(line, place):
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise PictureError(f"{place}: not UTF-8 (byte {error.start + 1}): "
                           "expected one JSON object a line") from error
    except json.JSONDecodeError as error:
        raise PictureError(f"{place}: not JSON, column {error.colno}: {error.msg}: "
                           "expected one object a line") from error
    except (RecursionError, ValueError) as error:
        raise PictureError(f"{place}: not JSON that can be read: {error}") from error
    if not isinstance(value, dict):
        raise PictureError(f"{place}: not an object: expected one JSON object a line")
    return value


def is_of(value, kind):
    if kind is float:
        return (isinstance(value, (int, float)) and not isinstance(value, bool)
                and abs(value) < 2**63 and math.isfinite(value))
    return isinstance(value, kind) and not isinstance(value, bool)


class Reader:
    def __init__(self, path):
        self.path = path
        self.place = str(path)
        self.run = None

    def fail(self, words):
        raise PictureError(f"{self.place}: {words}")

    def read(self):
        for number, line in read_lines(self.path):
            self.place = f"{self.path}:{number}"
            what = line.get("what")
            if not isinstance(what, str):
                self.fail('no "what": expected one of ' + ", ".join(MUST))
            if self.run is None and what != "run":
                self.fail(f'begins with "{what[:40]}": expected the line "what":"run" first')
            if what in MUST:
                self.check(what, line)
                getattr(self, "on_" + what)(line)
        if self.run is None:
            raise PictureError(f"{self.path}: empty: expected the events of a run")
        if not self.run.events:
            raise PictureError(f"{self.path}: nothing happened in this run: there is nothing to draw")
        self.run.events.sort(key=lambda each: each.t)
        return self.run

    def check(self, what, line):
        for name, kind in MUST[what]:
            if name not in line:
                self.fail(f'"{what}" without "{name}"')
            if not is_of(line[name], kind):
                self.fail(f'"{name}" of "{what}" is {json.dumps(line[name])[:40]}: '
                          f"expected {SAID[kind]}")
        if line.get("t", 0) < 0:
            self.fail(f'"t" of "{what}" is {line["t"]}: expected 0 or more')
        if ELSEWHERE in (line.get("from"), line.get("to")):
            self.run.actors.setdefault(ELSEWHERE, Actor(ELSEWHERE, "elsewhere", "elsewhere"))
        for name in ("actor", "from", "to"):
            is_nobody = what == "break" and line.get(name) == ELSEWHERE
            if name in line and line[name] not in self.run.actors and not is_nobody:
                self.fail(f'"{name}" is {line[name]}: no actor of that number in the first line')

    def add(self, what, line, **more):
        self.run.events.append(Event(what, line["t"], **more))

    def letter(self, line):
        found = self.run.letters.get(line["letter"])
        if found is None:
            self.fail(f'letter {line["letter"]} was not sent before')
        return found

    def on_run(self, line):
        if self.run is not None:
            self.fail('a second "run": expected one run a file')
        settings = line.get("settings")
        seed = line.get("seed")
        self.run = Run(line["program"], seed if is_of(seed, int) else None,
                       settings if isinstance(settings, dict) else {})
        for each in line["actors"]:
            if not (isinstance(each, dict) and is_of(each.get("number"), int)
                    and is_of(each.get("name"), str)):
                self.fail("an actor without number and name")
            if each["number"] in self.run.actors:
                self.fail(f'two actors of the number {each["number"]}')
            self.run.actors[each["number"]] = Actor(each["number"], each["name"],
                                                    str(each.get("kind", "actor")))

    def on_send(self, line):
        if line["letter"] in self.run.letters:
            self.fail(f'letter {line["letter"]} is sent twice')
        if line["kind"] not in KINDS:
            self.fail(f'"kind" is "{line["kind"][:40]}": expected one of ' + ", ".join(KINDS))
        copy_of = line.get("copy_of")
        letter = Letter(line["letter"], line["from"], line["to"], line["kind"], line["message"],
                        str(line.get("text", line["message"])), line["t"],
                        copy_of if is_of(copy_of, int) else None)
        self.run.letters[letter.number] = letter
        self.add("send", line, actor=letter.sender, letter=letter)

    def on_arrive(self, line):
        letter = self.letter(line)
        if letter.arrived is not None or letter.lost is not None:
            self.fail(f"letter {letter.number} arrived or was lost before")
        letter.arrived = line["t"]
        self.add("arrive", line, actor=letter.to, letter=letter)

    def on_lose(self, line):
        letter = self.letter(line)
        if letter.arrived is not None or letter.lost is not None:
            self.fail(f"letter {letter.number} arrived or was lost before")
        letter.lost, letter.why = line["t"], line["why"]
        self.add("lose", line, actor=letter.to, letter=letter)

    def on_line(self, line):
        self.add("line", line, actor=line["actor"], text=line["text"],
                 rule=str(line.get("rule", "")))

    def on_timeout(self, line):
        self.add("timeout", line, actor=line["actor"], letter=self.letter(line))

    def on_show(self, line):
        self.add("show", line, actor=line["actor"], name=line["name"], value=line["value"])

    def on_fault(self, line):
        until = line.get("until")
        until = until if is_of(until, float) and until > line["t"] else None
        self.add("fault", line, text=line["text"], until=until)

    def on_stop(self, line):
        self.add("stop", line, actor=line["actor"], text=str(line.get("why", "stopped")))

    def on_break(self, line):
        actor = line.get("actor")
        actor = actor if is_of(actor, int) and actor != ELSEWHERE else None
        self.add("break", line, actor=actor, name=line["property"], text=str(line.get("text", "")))

    def on_end(self, line):
        self.run.end = line
        self.add("end", line)


def read_run(path):
    return Reader(path).read()
