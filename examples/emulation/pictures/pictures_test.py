# SPDX-License-Identifier: Apache-2.0
"""The pictures of runs: valid, readable, all that happened in them, and bad input told apart.

usage: pictures_test.py [--programs EC_COUNTER KV_STORE] [unittest's words]
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[2] / "tools" / "svg")]

import chart  # noqa: E402
import command  # noqa: E402
import diagram  # noqa: E402
import event_file  # noqa: E402
import look  # noqa: E402
import make_events  # noqa: E402
import runs_plot  # noqa: E402
import window  # noqa: E402
from svg_reading import Picture  # noqa: E402

BYTES_MOST = 1_000_000
EC_COUNTER = KV_STORE = ""
if __name__ == "__main__" and sys.argv[1:2] == ["--programs"]:
    EC_COUNTER, KV_STORE = sys.argv[2:4]
    del sys.argv[1:4]
STORMY = """
num_servers = 3
num_clients = 5
requests = 12
latency_ms = 2
jitter_ms = 6
first_wait_ms = 2000
second_wait_ms = 300
network.loss_permille = 20
network.duplicate_permille = 40
[[network.cut]]
nodes = ["server-1"]
from_ms = 60
until_ms = 500
"""
HOSTILE = 'a <b> & "c" \x07 ]]> </title> ' + "long " * 60


class WithFolder(unittest.TestCase):
    def setUp(self):
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name)
        self.file = self.folder / "run.jsonl"

    def tearDown(self):
        self._temporary.cleanup()

    def run_of(self, lines):
        make_events.write(self.file, lines)
        return event_file.read_run(self.file)

    def readable(self, text):
        """The picture, once it is seen to be one that can be read."""
        picture = Picture(text)
        self.assertEqual(picture.overlaps(), [])
        self.assertEqual(picture.outside(), [])
        self.assertLess(len(text.encode()), BYTES_MOST)
        for part in ("title", "desc"):
            self.assertTrue(picture.root.findtext("{http://www.w3.org/2000/svg}" + part))
        self.assertIn("prefers-color-scheme: dark", text)
        for word in ("<script", "href", "@import", "url(http", "NaN", "inf,"):
            self.assertNotIn(word, text)
        return picture


class Counting(WithFolder):
    def count(self, picture, sends, arrivals, losses):
        """Expected: numbers of letters to others, loops, and lost ones."""
        self.assertEqual(len(picture.of("path", "arrow")), sends)
        self.assertEqual(len(picture.of("path", "loop")), arrivals)
        self.assertEqual(len(picture.of("path", "cross")), losses)

    @staticmethod
    def in_file(lines, begin, end):
        """Letters to others seen between two times, loops, and lost ones; by the file alone."""
        own = {line["letter"] for line in lines if line["what"] == "send" and line["from"] == line["to"]}
        inside = [line for line in lines if line.get("letter") and begin <= line["t"] <= end]
        others = {line["letter"] for line in inside if line["what"] != "timeout"} - own
        loops = [line for line in inside if line["what"] == "arrive" and line["letter"] in own]
        return len(others), len(loops), sum(line["what"] == "lose" for line in inside)


class WithoutMain(WithFolder):
    def ring(self, tokens):
        """Three stations, of which nobody is main, each with its figure at the end."""
        actors = [{"number": n, "name": f"station-{n + 1}", "kind": "station"} for n in range(3)]
        shows = [{"what": "show", "t": 5, "actor": n, "name": "tokens", "value": value}
                 for n, value in enumerate(tokens)]
        line = {"what": "line", "t": 5, "actor": 1, "text": "[station-2] token"}
        end = {"what": "end", "t": 6, "converged": True, "value": 9, "exit": 0}
        return self.run_of([{"what": "run", "program": "ring", "actors": actors}, *shows, line, end])

    def test_all_are_counted_and_drawn(self):
        run = self.ring((3, 3, 3))
        self.assertIsNone(run.main)
        self.assertEqual(run.kinds(), "3 stations")
        picture = self.readable(diagram.draw(run))
        self.assertFalse([shape for shape in picture.of("rect", "main")])
        self.assertEqual({shape.title for shape in picture.of("rect", "other")},
                         {"station-1", "station-2", "station-3"})

    def test_all_met_only_if_the_figures_are_equal(self):
        self.assertEqual(self.ring((9, 9, 9)).verdict(), ("all met at 9", True))
        self.assertEqual(self.ring((4, 3, 2)).verdict(), ("exit status 0", True))


class Diagrams(Counting):
    def test_a_short_run_is_drawn_whole(self):
        lines = make_events.World(requests=3, end_ms=1500).run()
        picture = self.readable(diagram.draw(self.run_of(lines), letters=1000))
        self.count(picture, *self.in_file(lines, 0, 1500))
        self.assertFalse(any("left out" in words for words in picture.words()))
        self.assertIn("fault: cut server-1 | server-2 server-3, until 260 ms", picture.words())
        self.assertTrue(picture.of("circle", "alarm"))
        self.assertIn("timed out", picture.words())
        self.assertTrue(any(words.startswith("the run ends: ") for words in picture.words()))

    def test_a_part_of_the_time_is_drawn_as_told(self):
        lines = make_events.World().run()
        run = self.run_of(lines)
        for begin, end in ((0, 40), (50, 110), (1000, 1010), (5890, 6000)):
            picture = self.readable(diagram.draw(run, begin, end, letters=1000))
            self.count(picture, *self.in_file(lines, begin, end))

    def test_a_long_run_says_what_it_leaves_out(self):
        for seed in range(1, 8):
            run = self.run_of(make_events.World(seed).run())
            chosen = window.choose(run)
            picture = self.readable(diagram.draw(run))
            weights = [window.weight(event) for part in chosen.parts for event in part]
            self.assertLessEqual(chosen.drawn, window.LETTERS + len(chosen.parts) * window.TOO_FEW)
            self.assertEqual(chosen.drawn, sum(weights))
            breaks = [words for words in picture.words() if "left out (" in words]
            self.assertEqual(len(breaks), sum(gap > 0 for gap in chosen.left_out))
            told = sum(int(words.split()[1].replace(",", "")) for words in breaks)
            self.assertEqual(told, sum(window.weight(event) for event in run.events) - chosen.drawn)
            losses = sum(event.what == "lose" for part in chosen.parts for event in part)
            self.assertGreater(losses, 0)
            self.assertEqual(len(picture.of("path", "cross")), losses)
            for words in ("fault: cut", "timed out", "the run ends"):
                self.assertTrue(any(each.startswith(words) for each in picture.words()), words)

    def test_arrows_have_heads_where_letters_arrived_and_say_all(self):
        lines = make_events.World(requests=2, end_ms=300).run()
        picture = self.readable(diagram.draw(self.run_of(lines), letters=1000))
        own = {line["letter"] for line in lines if line["what"] == "send" and line["from"] == line["to"]}
        arrived = [line for line in lines if line["what"] == "arrive" and line["letter"] not in own]
        arrows = picture.of("path", "arrow")
        self.assertEqual(sum(shape.has_head for shape in arrows), len(arrived))
        for shape in arrows:
            self.assertRegex(shape.title, r"letter \d+")
        printed = [line["text"] for line in lines if line["what"] == "line"]
        hints = "\n".join(shape.title for shape in picture.of("circle", "note"))
        for text in printed:
            self.assertIn(text, hints)

    def test_time_runs_down_and_nothing_arrives_before_it_is_sent(self):
        run = self.run_of(make_events.World().run())
        drawing = diagram.Diagram(run, window.choose(run))
        for part in drawing.layout.parts:
            bands = [y for y, _ in part.times]
            self.assertEqual(bands, sorted(bands))
            for arrow in part.arrows:
                self.assertLessEqual(arrow.y1, arrow.y2)
                self.assertLessEqual(part.top, arrow.y1)
                self.assertLessEqual(arrow.y2, part.bottom + 1)

    def test_chosen_actors_alone_are_drawn_in_their_order(self):
        run = self.run_of(make_events.World().run())
        picture = self.readable(diagram.draw(run, actors=["client-2", "server"]))
        heads = [words for shape in picture.of("text", "name") if (words := shape.words)
                 and "middle" in shape.names and "left out" not in words]
        self.assertEqual(heads[:4], ["client-2", "server-1", "server-2", "server-3"])
        with self.assertRaisesRegex(event_file.PictureError, "no actor 'bob' in this run: expected some "
                                                             "of main, server-1"):
            diagram.draw(run, actors=["bob"])

    def test_a_run_of_a_thousand_actors_still_is_a_picture(self):
        run = self.run_of(make_events.World(servers=40, clients=400, requests=1, end_ms=150).run())
        picture = self.readable(diagram.draw(run))
        self.assertTrue(any("actors left out" in words for words in picture.words()))
        self.readable(chart.draw(run))
        with self.assertRaisesRegex(event_file.PictureError, "lists 400: at most 24 fit"):
            diagram.draw(run, actors=["client"])

    def test_where_the_values_met_and_who_had_stopped_is_seen(self):
        run = self.run_of(make_events.World(loss=0, cut=None).run())
        picture = self.readable(diagram.draw(run))
        value = max(event.value for event in run.events if event.what == "show")
        self.assertIn(f"met: all show {value}", picture.words())
        stops = [event for event in run.events if event.what == "stop"]
        self.assertEqual(len(stops), 5)
        lines = [shape for shape in picture.of("line", "gone")]
        self.assertEqual(len(lines), 5, "a client's lifeline is dotted behind its end, seen or not")

    def test_more_lines_than_there_is_room_for_are_counted(self):
        lines = make_events.World(requests=1, end_ms=40).run()
        lines[2:2] = [{"what": "line", "t": 0, "actor": 0, "text": f"line {i}"} for i in range(1200)]
        picture = self.readable(diagram.draw(self.run_of(lines)))
        self.assertIn("line 12", picture.words())
        self.assertIn("… 1,193 more lines", picture.words())
        self.assertLess(picture.size[1], 2000)

    def test_somebody_on_another_machine_has_a_lifeline(self):
        lines = make_events.World(servers=1, clients=1, requests=1, end_ms=90).run()
        far = event_file.ELSEWHERE
        lines[-1:-1] = [{"what": "send", "t": 90, "letter": 9000, "from": far, "to": 1, "kind": "call",
                         "message": "Get", "text": "Get"}, {"what": "arrive", "t": 90, "letter": 9000}]
        picture = self.readable(diagram.draw(self.run_of(lines)))
        self.assertEqual(picture.words().count("elsewhere"), 2, "above and below")

    def test_a_property_that_falls_is_shown(self):
        lines = make_events.World(requests=60).run()
        lines.insert(-900, {"what": "break", "t": lines[-900]["t"], "actor": 2,
                            "property": "a counter never decreases", "text": "from 963 to 12"})
        picture = self.readable(diagram.draw(self.run_of(lines)))
        self.assertIn("a property falls: a counter never decreases", picture.words())
        self.assertIn("server-2: from 963 to 12", picture.words())

    def test_most_letters_stay_below_a_bound(self):
        run = self.run_of(make_events.World(requests=100).run())
        self.readable(diagram.draw(run, letters=window.LETTERS_MOST))


class Charts(WithFolder):
    def test_a_line_a_server_and_where_they_met(self):
        lines = make_events.World().run()
        picture = self.readable(chart.draw(self.run_of(lines)))
        drawn = [shape for shape in picture.of("path", "series")]
        self.assertEqual(len(drawn), 6, "the values, and how far behind each is")
        changes = {}
        for line in lines:
            if line["what"] == "show" and line["value"]:
                changes[line["actor"], line["value"]] = line["t"]
        self.assertIn(f"all met at 993 after {max(changes.values()):,} ms", picture.words())
        self.assertIn("met: 993", picture.words())
        self.assertEqual(len(picture.of("circle", "met")), 1)
        self.assertEqual(len(picture.of("rect", "shade")), 2, "the fault, and its place in the legend")

    def test_points_are_the_sets_that_were_accepted(self):
        lines = make_events.World(clients=2, requests=6, loss=0, cut=None).run()
        picture = self.readable(chart.draw(self.run_of(lines), end=6000))
        accepted = [line for line in lines if line.get("rule") == "set_accepted"]
        points = [shape for shape in picture.of("path", "point") if "call" in shape.names
                  and shape.title]
        self.assertEqual(len(points), len(accepted))

    def test_servers_that_never_meet_are_told(self):
        lines = [line for line in make_events.World(requests=4).run()
                 if "SYNC" not in line.get("text", "")]
        lines[-1] = {"what": "end", "t": 6000, "converged": False, "value": 0, "exit": 1}
        kept, values = [], {}
        for line in lines:     # without what the servers told each other
            if line["what"] == "show" and line["actor"] != 1 and line["value"]:
                line = {**line, "value": values.setdefault(line["actor"], line["value"] - line["actor"])}
            kept.append(line)
        picture = self.readable(chart.draw(self.run_of(kept)))
        self.assertIn("they did not meet", picture.words())
        last = {line["actor"]: line["value"] for line in kept if line["what"] == "show"}
        said = [shape.words for shape in picture.of("text", "value")]
        self.assertEqual(said, [look.number(value) for value in sorted(last.values(), reverse=True)])

    def test_a_figure_that_is_not_there_is_refused(self):
        run = self.run_of(make_events.World().run())
        with self.assertRaisesRegex(event_file.PictureError, "no figure 'keys' in this run: expected one "
                                                             "of counter"):
            chart.draw(run, "keys")
        run.events = [event for event in run.events if event.what != "show"]
        with self.assertRaisesRegex(event_file.PictureError, "nothing to chart"):
            chart.draw(run)


class Runs(WithFolder):
    def draw(self, told):
        self.file.write_text(json.dumps(told), encoding="utf-8")
        return self.readable(runs_plot.draw(self.file))

    def test_a_cell_and_a_curve_for_each(self):
        for periods, losses in (((20, 50, 100, 200), (0, 100, 300, 500, 800)), ((100,), (0,)),
                                ((50, 100), tuple(range(0, 1000, 100))),
                                (tuple(range(10, 110, 10)), (5,))):
            told = make_events.make_runs(1, periods, losses, 60)
            picture = self.draw(told)
            self.assertEqual(len(picture.of("rect", "heat")), len(periods) * len(losses))
            self.assertEqual(len(picture.of("path", "series")), len(periods) * len(losses))
            for cell in told["cells"]:
                self.assertIn(look.ms(cell["ms"]["p50"]), picture.words())

    def test_runs_that_never_met_are_told(self):
        told = make_events.make_runs(1, (100,), (0, 900), 50)
        told["cells"][1].update(converged=0, ms=None, histogram=[])
        picture = self.draw(told)
        self.assertIn("never", picture.words())
        self.assertEqual(len(picture.of("path", "series")), 1)


@unittest.skipUnless(EC_COUNTER, "no --programs")
class OfThePrograms(Counting):
    """The same holds of files that the programs themselves write."""

    def events(self, config, *words):
        (self.folder / "c.toml").write_text(config, encoding="utf-8")
        return self.events_of(EC_COUNTER, "--config", "c.toml", *words)

    def events_of(self, *command_line):
        subprocess.run([*command_line, "--events", self.file], check=False, cwd=self.folder,
                       stdout=subprocess.DEVNULL, timeout=60)
        lines = [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]
        return lines, event_file.read_run(self.file)

    def test_a_stormy_run_is_drawn_whole(self):
        for seed in ("1", "2", "3"):
            lines, run = self.events(STORMY, "--seed", seed)
            picture = self.readable(diagram.draw(run, letters=1000))
            self.assertFalse(any("left out (" in words for words in picture.words()))
            self.count(picture, *self.in_file(lines, 0, run.end_ms))
            self.assertTrue(any(words.startswith("fault: cut server-1") for words in picture.words()))
            self.readable(chart.draw(run))
            self.readable(diagram.draw(run))

    def test_a_planted_mistake_is_drawn(self):
        for word in ("overwrite", "no-sync", "exclusive-range"):
            _, run = self.events("num_clients = 5", "--break", word)
            words = self.readable(diagram.draw(run)).words()
            self.assertTrue(any(each.startswith("a property falls: ") for each in words), word)
            self.readable(chart.draw(run))

    def test_a_store_of_keys_is_drawn(self):
        lines, run = self.events_of(KV_STORE, "4")
        picture = self.readable(diagram.draw(run, letters=1000))
        self.count(picture, *self.in_file(lines, 0, run.end_ms))
        self.assertIn("the run ends: exit status 0", picture.words())
        self.assertIn("kv-store, seed 1: keys over time", self.readable(chart.draw(run)).words())
        _, run = self.events_of(KV_STORE, "--break", "overwrite")
        self.assertIn("a property falls: the first put of a key wins",
                      self.readable(diagram.draw(run)).words())

    def test_one_server_without_clients_is_drawn(self):
        _, run = self.events("num_servers = 1\nnum_clients = 0")
        self.readable(diagram.draw(run))
        self.assertIn("only one shows counter", self.readable(chart.draw(run)).words())


class Command(WithFolder):
    @staticmethod
    def process(*words, seed="0"):
        """(exit status, stdout, stderr)"""
        done = subprocess.run([sys.executable, "-B", HERE, *map(str, words)], capture_output=True,
                              text=True, check=False, env={**os.environ, "PYTHONHASHSEED": seed})
        return done.returncode, done.stdout, done.stderr

    @staticmethod
    def pictures(*words):
        """The same without a process of its own, which takes longer than what it does."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = command.main([str(word) for word in words])
        return status, out.getvalue(), err.getvalue()

    def refuses(self, words, *expected):
        status, out, err = self.pictures(*words)
        self.assertEqual((status, out), (2, ""), err)
        self.assertEqual(len(err.splitlines()), 1, err)
        for text in expected:
            self.assertIn(text, err)

    def test_the_same_run_gives_the_same_bytes(self):
        make_events.write(self.file, make_events.World(requests=5).run())
        for what in ("diagram", "chart"):
            one, other = self.folder / "one.svg", self.folder / "other.svg"
            for path, seed in ((one, "1"), (other, "2")):
                status, out, err = self.process(what, self.file, "--out", path, seed=seed)
                self.assertEqual((status, err), (0, ""))
                self.assertEqual(out, f"{what} {path}\n")
            self.assertEqual(one.read_bytes(), other.read_bytes())

    def test_a_refusal_is_the_exit_status(self):
        status, out, err = self.process("diagram", self.file, "--out", "x.svg")
        self.assertEqual((status, out), (2, ""))
        self.assertEqual(err, f"pictures: cannot read {self.file}: No such file or directory\n")

    def test_help_says_every_option(self):
        status, out, _ = self.pictures("--help")
        self.assertEqual(status, 0)
        for option in ("diagram", "chart", "runs", "--out", "--from", "--to", "--actors", "--letters",
                       "--figure", "examples:", "Exit:"):
            self.assertIn(option, out)

    def test_bad_words_are_refused(self):
        make_events.write(self.file, make_events.World(requests=1, end_ms=50).run())
        out = ("--out", self.folder / "x.svg")
        for words, expected in (
                ((), ("required", "EVENTS")), (("paint", self.file), ("'paint'", "diagram")),
                (("diagram", self.file), ("--out FILE.svg",)),
                (("diagram", self.file, *out, "--letters", "0"), ("'0'", "1 ... 1000")),
                (("diagram", self.file, *out, "--letters", "many"), ("--letters", "'many'")),
                (("diagram", self.file, *out, "--from", "9", "--to", "3"), ("--from 9", "--to 3")),
                (("diagram", self.file, *out, "--from", "-9"), ("--from",)),
                (("diagram", self.file, *out, "--from", "7000"), ("nothing happened between 7000 ms",)),
                (("diagram", self.file, *out, "--actors", "a,,b"), ("'a,,b'", "commas")),
                (("diagram", self.file, *out, "--actors", "bob"), ("no actor 'bob'", "client-5")),
                (("diagram", self.file, *out, "--figure", "x"), ("--figure has no effect",)),
                (("chart", self.file, *out, "--letters", "9"), ("--letters has no effect",)),
                (("diagram", self.file, "--out", self.file), ("expected another",)),
                (("diagram", self.file, "--out", self.folder / "no" / "x.svg"),
                 ("cannot write", "no/x.svg")),
                (("diagram", self.folder / "gone", *out), ("cannot read", "gone", "No such file")),
                (("runs", self.folder / "gone", *out), ("cannot read", "gone"))):
            with self.subTest(words=words):
                self.refuses(words, *expected)
        self.assertFalse((self.folder / "x.svg").exists())

    def test_bad_event_files_are_refused_with_their_line(self):
        run = '{"what":"run","program":"p","seed":1,"actors":[{"number":1,"name":"a"}]}'
        send = '{"what":"send","t":1,"letter":1,"from":1,"to":1,"kind":"send","message":"M"}'
        arrive = '{"what":"arrive","t":2,"letter":1}'
        for lines, line, expected in (
                ([], "", "empty"), ([run], "", "nothing happened"), (["{"], ":1", "not JSON, column 2"),
                ([run, "[1]"], ":2", "not an object"), ([run, "", '{"t":1}'], ":3", 'no "what"'),
                ([send], ":1", 'begins with "send"'), ([run, run], ":2", 'a second "run"'),
                ([run, '{"what":"send","t":1}'], ":2", '"send" without "letter"'),
                ([run, send.replace('"t":1', '"t":"1"')], ":2", 'expected a number'),
                ([run, send.replace('"t":1', '"t":-1')], ":2", "0 or more"),
                ([run, send.replace('"t":1', '"t":NaN')], ":2", "expected a number"),
                ([run, send.replace('"to":1', '"to":7')], ":2", '"to" is 7: no actor'),
                ([run, send.replace('"send","m', '"sent","m')], ":2", '"kind" is "sent"'),
                ([run, send, send], ":3", "letter 1 is sent twice"),
                ([run, arrive], ":2", "letter 1 was not sent before"),
                ([run, send, arrive, arrive], ":4", "arrived or was lost before"),
                (['{"what":"run","program":"p","actors":[{"name":"a"}]}'], ":1",
                 "without number and name"),
                ([run, '{"what":"show","t":1,"actor":1,"name":"x","value":true}'], ":2", "true")):
            with self.subTest(expected=expected):
                self.file.write_text("\n".join(lines), encoding="utf-8")
                self.refuses(("diagram", self.file, "--out", self.folder / "x.svg"),
                             f"{self.file}{line}: ", expected)
        self.file.write_bytes(b"\xff\xfe{}")
        self.refuses(("chart", self.file, "--out", self.folder / "x.svg"), f"{self.file}:1: not UTF-8")

    def test_bad_runs_files_are_refused(self):
        good = make_events.make_runs(1, (100,), (0,), 20)
        cell = good["cells"][0]
        for told, expected in (
                ("[", "not JSON, column 2"), ([], 'no "cells"'), ({"cells": []}, "no cells"),
                ({**good, "cells": [5]}, "cell 1: not an object"),
                ({**good, "runs": "9"}, '"runs" is "9"'), ({**good, "runs": 3}, "20 of 3 runs"),
                ({**good, "cells": [cell, cell]}, "two cells"),
                ({**good, "cells": [{**cell, "ms": {}}]}, "lacks p50"),
                ({**good, "cells": [{**cell, "histogram": [[1]]}]}, "histogram"),
                ({**good, "cells": [{**cell, "loss_permille": i} for i in range(11)]}, "11 losses")):
            with self.subTest(expected=expected):
                text = told if isinstance(told, str) else json.dumps(told)
                self.file.write_text(text, encoding="utf-8")
                self.refuses(("runs", self.file, "--out", self.folder / "x.svg"), str(self.file),
                             expected)

    def test_what_others_wrote_cannot_break_the_picture(self):
        lines = make_events.World(requests=2, end_ms=400).run()
        lines[0]["program"] = HOSTILE
        for actor in lines[0]["actors"]:
            actor["name"] = f'{actor["number"]} {HOSTILE}'
        for line in lines[1:]:
            for name in ("text", "message", "why"):
                if name in line and line["what"] != "stop":
                    line[name] = f"{line[name]} {HOSTILE}"
        lines.append({"what": "dance", "t": "never"})       # a kind of later days
        run = self.run_of(lines)
        self.readable(diagram.draw(run))
        self.readable(chart.draw(run))

    def test_a_run_that_was_cut_short_is_drawn(self):
        lines = make_events.World(requests=2, end_ms=300).run()
        picture = self.readable(diagram.draw(self.run_of(lines[:-40])))
        self.assertIn("the event file ends before the run does", picture.words())


if __name__ == "__main__":
    unittest.main()
