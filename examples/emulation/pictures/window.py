# SPDX-License-Identifier: Apache-2.0
"""Which part of a run is drawn: thousands of letters are too many for anyone to read.

Unless told otherwise: how it begins, what is worth seeing (the first fault, the first letter lost, the
first time-out, a property that falls, where the values met), and how it ends. What lies between is left
out and counted.
"""

from dataclasses import dataclass

from event_file import PictureError

LETTERS, LETTERS_MOST = 64, 1000
LIFELINES, LIFELINES_MOST = 12, 24
OF_FIRST_KIND = 4      # lifelines, when there are too many actors for all
NAMES_TOLD = 12
BEFORE = {"lose": .4, "timeout": .3, "fault": .3, "break": .7, "stop": .5, "met": .8}
TOO_FEW = 12           # letters that are drawn instead of a break that counts them
ORDINARY = ("released", "finished", "done")   # why an actor stops that has done its work


@dataclass
class Window:
    actors: list       # lifelines from left to right
    parts: list        # of lists of events
    left_out: list     # letters before each part, and behind the last
    until: list        # (from, to) in ms of each of those
    drawn: int
    total: int         # letters of the whole run


def weight(event):
    """A message counts where it is sent; what an actor sends itself where it arrives."""
    if event.what not in ("send", "arrive"):
        return 0
    is_own = event.letter.sender == event.letter.to
    return int(is_own == (event.what == "arrive"))


def choose(run, begin=None, end=None, names=None, letters=LETTERS):
    actors = named(run, names) if names else usual(run)
    shown = {actor.number for actor in actors}
    events = [event for event in run.events if concerns(event, shown)
              and (begin is None or event.t >= begin) and (end is None or event.t <= end)]
    if not events:
        raise PictureError(f"nothing happened between {begin or 0:g} ms and "
                           f"{run.end_ms if end is None else end:g} ms among "
                           + ", ".join(actor.name for actor in actors[:NAMES_TOLD])
                           + f": the run goes from {run.events[0].t:g} ms to {run.end_ms:g} ms")
    sums = [0]
    for event in events:
        sums.append(sums[-1] + weight(event))
    spans = spans_of(run, events, sums, letters)
    edges = [0, *(edge for span in spans for edge in span), len(events)]
    gaps = [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]
    return Window(actors, [events[first:last] for first, last in spans],
                  [sums[last] - sums[first] for first, last in gaps],
                  [(events[first].t, events[last - 1].t) if last > first else (0, 0)
                   for first, last in gaps],
                  sum(sums[last] - sums[first] for first, last in spans), len(run.letters))


def concerns(event, shown):
    if event.letter is not None:
        return event.letter.sender in shown and event.letter.to in shown
    return event.what == "break" or event.actor is None or event.actor in shown


def named(run, names, most=LIFELINES_MOST):
    """What `--actors` lists: names, or a kind for all of it, in that order."""
    found = []
    for name in names:
        these = [actor for actor in run.actors.values() if actor.name == name] or \
                [actor for actor in run.actors.values() if actor.kind == name]
        if not these:
            known = [actor.name for actor in run.actors.values()]
            more = f" and {len(known) - NAMES_TOLD:,} more" if len(known) > NAMES_TOLD else ""
            raise PictureError(f"no actor '{name}' in this run: expected some of "
                               + ", ".join(known[:NAMES_TOLD]) + more)
        found += [actor for actor in these if actor not in found]
    if most is not None and len(found) > most:
        raise PictureError(f"--actors lists {len(found):,}: at most {most} fit in a picture")
    return found


def usual(run):
    """All if they fit; otherwise main, some of the first kind, and whom they have to do with."""
    main = [] if run.main is None else [run.main]
    others = [actor for actor in run.actors.values() if actor not in main]
    if len(others) < LIFELINES:
        return [*main, *others]
    some = [actor for actor in others if actor.kind == others[0].kind][:OF_FIRST_KIND]
    known = {actor.number for actor in some}
    friends = {letter.sender for letter in run.letters.values() if letter.to in known}
    rest = [actor for actor in others if actor not in some]
    rest.sort(key=lambda actor: (actor.kind == others[0].kind, actor.number not in friends))
    return [*main, *some, *rest[:LIFELINES - 3 - len(some)]]


# --- which events --------------------------------------------------------------------------------


def spans_of(run, events, sums, letters):
    """(first, behind the last) of each part, in order and apart."""
    if sums[-1] <= letters:
        return [(0, len(events))]
    moments = moments_of(run, events)
    share = min(letters // 4, letters // 2 // max(len(moments), 1))
    at_end = letters // 6
    spans = [reach(sums, 0, 0, letters - at_end - share * len(moments)),
             reach(sums, len(events) - 1, at_end, 0)]
    for index, before in moments:
        spans.append(reach(sums, index, int(share * before), share - int(share * before)))
    joined = []
    for first, last in sorted(spans):
        if joined and sums[first] - sums[min(joined[-1][1], first)] <= TOO_FEW:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def reach(sums, index, before, after):
    """Around the event at `index` so many letters; events without a letter come along."""
    first, last = index, index + 1
    while first > 0 and sums[index] - sums[first - 1] <= before:
        first -= 1
    while last < len(sums) - 1 and sums[last + 1] - sums[index + 1] <= after:
        last += 1
    return first, last


def moments_of(run, events):
    """Where something is worth seeing, the first of each sort; and what share stands before it."""
    found = {}
    for index, event in enumerate(events):
        if event.what in BEFORE and (event.what != "stop" or event.text not in ORDINARY):
            found.setdefault(event.what, (index, BEFORE[event.what]))
    met = meeting(run)
    if met is not None:
        index = next((i for i, event in enumerate(events) if event is met), None)
        if index is not None:
            found["met"] = (index, BEFORE["met"])
    return sorted(set(found.values()))


def meeting(run, name=None):
    """The event since which all who show the figure show the same; None if they do not, or always did."""
    name = name or figure_of(run)
    values, met, has_differed = {}, None, False
    who = {event.actor for event in run.events if event.what == "show" and event.name == name}
    for event in run.events:
        if event.what != "show" or event.name != name:
            continue
        values[event.actor] = event.value
        if len(set(values.values())) > 1:
            met, has_differed = None, True
        elif met is None and len(values) == len(who):
            met = event
    return met if has_differed else None


def figure_of(run):
    """The figure of a chart when none is named: the first that changes."""
    return next((event.name for event in run.events if event.what == "show"), None)
