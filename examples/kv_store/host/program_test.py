# SPDX-License-Identifier: Apache-2.0
"""kv-store as a program: what it prints, what it answers, and what is given to it wrongly.

usage: program_test.py KV_STORE [unittest's words]
"""

import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = os.path.abspath(sys.argv.pop(1)) if __name__ == "__main__" else ""
BREAKS = {
    "overwrite": "the first put of a key wins",
    "forget": "a value stays until its key is deleted",
    "invent": "a key that nobody put is not found",
    "mumble": "a refusal says what and which key",
    "boast": "a line says what was answered",
    "wander": "clients know five keys and a hundred values",
    "exclusive-range": "as many clients are started as were asked for",
}
CLIENT = re.compile(r'\[client\] (?:GET "([a-e])" -> ("val_\d\d?"|key not found: \1|timed out)|'
                    r'PUT "([a-e])" = "(val_\d\d?)" -> (OK|key already exists: \3|timed out))$')
SERVER = re.compile(r'\[server\] (?:GET "([a-e])" -> ("val_\d\d?"|NOT FOUND)|'
                    r'PUT "([a-e])"(?: = "(val_\d\d?)" -> OK| -> REJECTED \(key exists\)))$')


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="grafos-kv-")
        self.addCleanup(self.folder.cleanup)

    def run_with(self, *words, status=0):
        done = subprocess.run([PROGRAM, *words], cwd=self.folder.name, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def check_trace(self, lines, clients):
        """The reference, line by line: main's, then for each request the server's before the client's."""
        head = ["Started KV server", *(f"Started client {i + 1}" for i in range(clients)),
                f"All {clients} clients started"]
        self.assertEqual(lines[:len(head)], head)
        self.assertEqual(lines[-1], "Done")
        body = collections.Counter(line for line in lines[len(head):-1]
                                   if not re.match(r'\[\w+\] (GET|PUT) ', line))
        self.assertEqual(body, {"[client] Starting — will send 10 requests": clients,
                                "[client] Finished all 10 requests": clients})
        stored, open_answers, requests = {}, collections.Counter(), 0
        for line in lines[len(head):-1]:
            if line.startswith("[server] "):
                get, value, put, put_value = SERVER.match(line).groups()
                if get:
                    self.assertEqual(value, f'"{stored[get]}"' if get in stored else "NOT FOUND")
                    due = value if get in stored else f"key not found: {get}"
                    open_answers[f'GET "{get}" -> {due}'] += 1
                else:
                    self.assertEqual(put_value is None, put in stored)
                    stored.setdefault(put, put_value)
                    open_answers[f'PUT "{put}" -> ' + ("OK" if put_value else
                                                       f"key already exists: {put}")] += 1
            elif CLIENT.match(line):
                requests += 1
                told = re.sub(r' = "val_\d+"', "", line.removeprefix("[client] "))
                open_answers[told] -= 1
                self.assertGreaterEqual(open_answers[told], 0, line)
        self.assertEqual(requests, 10 * clients)
        self.assertEqual(set(open_answers.values()), {0})

    def test_the_trace_is_that_of_the_reference(self):
        for words, clients in (((), 3), (("1",), 1), (("07",), 7), (("1000",), 1000)):
            with self.subTest(words=words):
                self.check_trace(self.run_with(*words).stdout.splitlines(), clients)

    def test_the_same_seed_is_the_same_trace(self):
        first = self.run_with("--seed", "5").stdout
        self.assertEqual(self.run_with("3", "--seed", "5").stdout, first)
        self.assertNotEqual(self.run_with("--seed", "6").stdout, first)

    def test_what_is_no_positive_integer_starts_nothing(self):
        for words in (["0"], ["-1"], ["+3"], ["three"], ["3.5"], ["0x3"], [" 3"], [""], ["000"], ["3 4"]):
            with self.subTest(words=words):
                done = self.run_with(*words, "--events", "events", status=2)
                self.assertEqual(done.stdout, "")
                self.assertEqual(done.stderr, "Usage: kv-store <num_clients>\n"
                                 "kv-store: num_clients must be a positive integer\n")
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_too_many_clients_start_nothing(self):
        for count in ("1001", "18446744073709551616", "9" * 40):
            done = self.run_with(count, status=2)
            self.assertEqual((done.stdout, done.stderr), (
                "", f"kv-store: num_clients: got {count}, accepted: an integer, 1 to 1000\n"))

    def test_each_option_says_what_it_accepts(self):
        for words, part in ((("3", "4"), "4: no option"), (("--sede", "1"), "nearest: --seed"),
                            (("--loss-permille", "1001"), "accepted: an integer, 0 to 1000"),
                            (("--latency-ms", "x"), "accepted: an integer, 0 to 10000"),
                            (("--break", "forgets"), "nearest: forget"),
                            (("--events", "no/such/folder/e"), "--events: got no/such/folder/e")):
            done = self.run_with(*words, status=2)
            self.assertEqual(done.stdout, "")
            self.assertIn(part, done.stderr)

    def test_a_lost_request_times_out_and_the_client_goes_on(self):
        done = self.run_with("5", "--json", "--loss-permille", "60")
        told = json.loads(done.stdout)
        self.assertTrue(told["kept"])
        self.assertGreater(told["timed_out"], 0)
        self.assertEqual(told["timed_out"], done.stderr.count(" -> timed out\n"))
        self.assertTrue(done.stderr.endswith("Done\n"))

    def test_who_is_late_has_broken_nothing(self):
        for latency, unfinished, first in (("50", 0, 30), ("500", 3, 3), ("10000", 3, 0)):
            with self.subTest(latency=latency):
                told = json.loads(self.run_with("--json", "--latency-ms", latency).stdout)
                self.assertEqual((told["kept"], told["fallen"]), (True, ""))
                self.assertEqual(told["unfinished"], unfinished)
                self.assertGreaterEqual(told["requests"], first)

    def test_the_defaults_of_the_help_are_those_of_a_run(self):
        text = " ".join(self.run_with("--help").stdout.split())
        for name, value in json.loads(self.run_with("--json").stdout)["settings"].items():
            if name != "num_clients":
                option = "--" + name.replace("_", "-")
                self.assertRegex(text, rf"{option} N [^(]*\({value}\)")

    def test_what_led_there_are_the_last_lines(self):
        for name in BREAKS:
            with self.subTest(name=name):
                self.run_with("--break", name, "--events", "events", status=1)
                events = [json.loads(line) for line in
                          Path(self.folder.name, "events").read_text().splitlines()]
                fall = next(i for i, event in enumerate(events) if event["what"] == "break")
                lines = [event for event in events[:fall] if event["what"] == "line"]
                own = [line for line in lines if line["actor"] == events[fall]["actor"]][-4:]
                due = [f"{line['t']:8} ms  {line['text']}" for i, line in enumerate(lines)
                       if i >= len(lines) - 12 or any(line is other for other in own)]
                report = self.run_with("--break", name, status=1).stdout
                self.assertIn("\nWhat led there:\n" + "\n".join(due) + "\n", report)

    def test_each_break_makes_its_property_fall(self):
        for name, text in BREAKS.items():
            with self.subTest(name=name):
                done = self.run_with("--break", name, "--events", "events", status=1)
                self.assertRegex(done.stdout, rf"\nA property fell at \d+ ms: {text}\n  .+\n")
                events = [json.loads(line) for line in
                          Path(self.folder.name, "events").read_text().splitlines()]
                fallen = [event["property"] for event in events if event["what"] == "break"]
                self.assertEqual(fallen[0], text)
                self.assertEqual(events[-1]["exit"], 1)
        shown = " ".join(self.run_with("--help").stdout.split())
        self.assertRegex(shown, r"\([^)]+\); ".join(f"{word} " for word in BREAKS))

    def test_explained_it_is_the_same_trace_with_rules(self):
        plain = self.run_with().stdout.splitlines()
        explained = self.run_with("--explain").stdout.splitlines()
        rules = [line for line in explained if re.match(r"    [a-z_]+: [A-Z].*\.$", line)]
        self.assertEqual([line for line in explained if line not in rules], plain)
        self.assertEqual(len(rules), len(plain))

    def test_the_event_file_names_everybody(self):
        self.run_with("2", "--events", "events")
        events = [json.loads(line) for line in
                  Path(self.folder.name, "events").read_text().splitlines()]
        self.assertEqual([actor["name"] for actor in events[0]["actors"]],
                         ["main", "server", "client-1", "client-2"])
        self.assertEqual((events[0]["program"], events[-1]["what"]), ("kv-store", "end"))
        lines = [event["text"] for event in events if event["what"] == "line"]
        self.assertEqual(lines, self.run_with("2").stdout.splitlines())

    def test_pictures_are_drawn(self):
        self.run_with("--diagram", "who.svg")
        self.assertIn("<svg", Path(self.folder.name, "who.svg").read_text()[:500])

    def test_real_time_takes_its_time_and_ends_alike(self):
        began = time.monotonic()
        lines = self.run_with("2", "--real").stdout.splitlines()
        self.assertGreaterEqual(time.monotonic() - began, 2.0)
        self.check_trace(lines, 2)


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
