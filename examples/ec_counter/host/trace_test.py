# SPDX-License-Identifier: Apache-2.0
"""ec-counter as a program: what it prints, what it answers, and what it writes for others.

usage: trace_test.py EC_COUNTER [unittest's words]
"""

import json
import os
import pty
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

PROGRAM = os.path.abspath(sys.argv.pop(1)) if __name__ == "__main__" else ""
EXAMPLE = Path(__file__).resolve().parents[1] / "config.toml"
SMALL = "num_servers = 2\nnum_clients = 2\nrequests = 7\n"
QUICK = "first_wait_ms = 300\nsecond_wait_ms = 200\nsync_period_ms = 20\n"
HEADINGS = ["--- Final server counter values ---", "--- After additional sync ---"]


class TraceTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="grafos-ec-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return Path(self.folder.name, name)

    def run_with(self, settings, *words, status=0):
        self.path("config.toml").write_text(settings)
        done = subprocess.run([PROGRAM, *words], cwd=self.folder.name, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_the_trace_is_that_of_the_reference(self):
        lines = self.run_with(EXAMPLE.read_text()).stdout.splitlines()
        self.assertEqual(lines[0], "Starting ec-counter with 3 servers and 5 clients")
        self.assertEqual(lines[1:9], [f"Started server-{i}" for i in range(1, 4)]
                         + [f"Started client-{i}" for i in range(1, 6)])
        self.assertEqual(lines[9], "All clients started")
        value = lines[-1].removeprefix("All servers converged to ")
        checks = []
        for heading in HEADINGS:
            checks += ["", heading]
            for i in range(1, 4):
                checks += [f"[server-{i}] GET -> {value}", f"server-{i}: {value}"]
        self.assertEqual(lines[-len(checks) - 2:], [*checks, "", lines[-1]])
        for i in range(1, 6):
            own = [line for line in lines if line.startswith(f"[client-{i}] ")]
            self.assertEqual(own[0], f"[client-{i}] Starting — will send 100 requests")
            self.assertEqual(own[-1], f"[client-{i}] Finished all 100 requests")
            self.assertEqual(len(own), 102)

    def test_the_same_seed_is_the_same_trace(self):
        first = self.run_with(SMALL, "--seed", "5").stdout
        self.assertEqual(self.run_with(SMALL + "seed = 5\n").stdout, first)
        self.assertNotEqual(self.run_with(SMALL, "--seed", "6").stdout, first)

    def test_settings_are_followed(self):
        self.assertIn("[client-1] Starting — will send 7 requests", self.run_with(SMALL).stdout)
        self.assertIn("[server-1] Registered 0 peers",
                      self.run_with("num_servers = 1\nnum_clients = 0\n").stdout)
        self.assertIn("Starting ec-counter with 3 servers and 3 clients", self.run_with("").stdout)

    def test_without_syncs_they_do_not_converge(self):
        done = self.run_with('[network]\ndrop = ["SyncValue"]\n', status=1)
        self.assertTrue(done.stdout.endswith("\n\nServers have not yet fully converged\n"))
        self.assertIn("A property fell at 6012 ms: all counters are equal at the end", done.stderr)

    def test_a_request_that_times_out_is_said_and_counted(self):
        done = self.run_with("[network]\nloss_permille = 200\n", "--json", "--seed", "3")
        self.assertIn("timed out", done.stderr)
        self.assertGreater(json.loads(done.stdout)["timed_out"], 0)

    def test_a_hundred_servers_and_a_thousand_clients(self):
        done = self.run_with("num_servers = 100\nnum_clients = 1000\nrequests = 10\n")
        self.assertEqual(done.stdout.count(" Finished all 10 requests\n"), 1000)
        self.assertTrue(done.stdout.endswith("All servers converged to 999\n"))

    def test_explained_it_is_the_same_trace_with_rules(self):
        plain = self.run_with(SMALL).stdout.splitlines()
        explained = self.run_with(SMALL, "--explain").stdout.splitlines()
        rules = [line for line in explained if re.match(r"    [a-z_]+: [A-Z].*\.$", line)]
        self.assertEqual([line for line in explained if line not in rules], plain)
        self.assertEqual(len(rules), sum(line != "" for line in plain))

    def test_json_is_one_object_and_the_trace_is_on_stderr(self):
        plain = self.run_with(SMALL)
        done = self.run_with(SMALL, "--json")
        self.assertEqual(done.stderr, plain.stdout)
        told = json.loads(done.stdout)
        self.assertEqual((told["converged"], told["exit"], told["settings"]["requests"]), (True, 0, 7))
        self.assertEqual(told["value"], told["largest"])

    def test_real_time_takes_its_time(self):
        began = time.monotonic()
        done = self.run_with(SMALL + QUICK, "--real")
        self.assertGreaterEqual(time.monotonic() - began, 0.5)
        self.assertIn("All servers converged to ", done.stdout)

    def test_every_letter_of_the_event_file_has_a_beginning_and_an_end(self):
        settings = SMALL + '[network]\nloss_permille = 100\nduplicate_permille = 100\n' \
            '[[network.cut]]\nnodes = ["server-1"]\nfrom_ms = 500\nuntil_ms = 700\n'
        self.run_with(settings, "--events", "events.jsonl", "--seed", "2")
        events = [json.loads(line) for line in self.path("events.jsonl").read_text().splitlines()]
        self.assertEqual((events[0]["what"], events[-1]["what"]), ("run", "end"))
        self.assertEqual([actor["name"] for actor in events[0]["actors"]],
                         ["main", "server-1", "server-2", "client-1", "client-2"])
        self.assertEqual([event["t"] for event in events[1:]],
                         sorted(event["t"] for event in events[1:]))
        sent = {event["letter"]: event for event in events if event["what"] == "send"}
        ended = [event["letter"] for event in events if event["what"] in ("arrive", "lose")]
        self.assertLessEqual(set(ended), set(sent))
        self.assertEqual(len(ended), len(set(ended)))
        self.assertLess(len(sent) - len(ended), 8)  # on their way when main was done
        whys = {event["why"] for event in events if event["what"] == "lose"}
        self.assertLessEqual({"loss", "cut"}, whys)
        self.assertTrue(any("copy_of" in event for event in sent.values()))
        self.assertEqual([(event["t"], event["until"]) for event in events
                          if event["what"] == "fault"], [(500, 700)])
        lines = [event["text"] for event in events if event["what"] == "line"]
        self.assertEqual(lines, self.run_with(settings, "--seed", "2").stdout.split("\n")[:-1])

    def test_pictures_are_drawn(self):
        self.run_with(SMALL, "--diagram", "who.svg", "--chart", "counters.svg")
        for name in ("who.svg", "counters.svg"):
            self.assertIn("<svg", self.path(name).read_text()[:500])
            self.assertIn("server-1", self.path(name).read_text())
        self.run_with(SMALL, "--diagram", "part.svg", "--chart", "later.svg", "--from", "2", "--to",
                      "9", "--actors", "server", "--letters", "7")
        self.assertIn(">client-1<", self.path("who.svg").read_text())
        self.assertNotIn(">client-1<", self.path("part.svg").read_text())

    def test_each_planted_mistake_is_found(self):
        for mistake, property_ in (
                ("overwrite", "a set is accepted if and only if it is larger"),
                ("no-sync", "all counters are equal at the end"),
                ("exclusive-range", "as many servers and clients are started as were asked for")):
            with self.subTest(mistake=mistake):
                done = self.run_with(EXAMPLE.read_text(), "--break", mistake, "--events", "e.jsonl",
                                     status=1)
                report = done.stdout[done.stdout.index("\nA property fell at "):]
                self.assertRegex(report, rf"\A\nA property fell at \d+ ms: {property_}")
                self.assertRegex(report, r"\nWhat led there:\n +\d+ ms  ")
                self.assertIn('"what":"break"', self.path("e.jsonl").read_text())

    def test_many_runs_are_measured_and_drawn(self):
        done = self.run_with(SMALL, "--runs", "3", "--json", "--plot", "runs.svg")
        told = json.loads(done.stdout)
        self.assertEqual(len(told["cells"]), 20)
        for cell in told["cells"]:
            self.assertEqual(sum(count for _, count in cell["histogram"]), cell["converged"])
            self.assertLessEqual(cell["ms"]["p50"], cell["ms"]["max"])
        self.assertIn("<svg", self.path("runs.svg").read_text()[:500])
        self.assertEqual(self.run_with(SMALL, "--runs", "3", "--json").stdout, done.stdout)
        self.assertEqual(len(self.run_with(SMALL, "--runs", "2").stdout.splitlines()), 22)
        self.run_with(SMALL, "--runs", "2", "--seed", str(2**63 - 1))

    def step_with(self, typed):
        """What a terminal shows and how it ended."""
        self.path("config.toml").write_text(SMALL)
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "r+b", buffering=0) as screen:
            with subprocess.Popen([PROGRAM, "--step"], cwd=self.folder.name, stdin=theirs,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
                os.close(theirs)
                screen.write(typed)
                shown, said = running.communicate(timeout=30)
        return shown.decode(), said.decode(), running.returncode

    def test_step_waits_after_each_line(self):
        whole = self.run_with(SMALL).stdout
        shown, said, status = self.step_with(b"\n\nq\n")
        self.assertEqual(shown.splitlines(), whole.splitlines()[:3])
        self.assertEqual(status, 1)
        self.assertIn("no verdict", said)
        shown, said, status = self.step_with(b"\n" * (len(whole.splitlines()) + 1))
        self.assertEqual((shown, status), (whole, 0))

    def test_colours_are_for_terminals(self):
        self.path("config.toml").write_text(SMALL)
        for environment, has_colours in (({}, True), ({"NO_COLOR": "1"}, False)):
            ours, theirs = pty.openpty()
            with os.fdopen(ours, "rb") as screen:
                with subprocess.Popen([PROGRAM], cwd=self.folder.name, stdout=theirs,
                                      env={**os.environ, "NO_COLOR": "", **environment}):
                    os.close(theirs)
                    shown = b""
                    try:
                        while chunk := os.read(screen.fileno(), 65536):
                            shown += chunk
                    except OSError:
                        pass  # the other end is closed
            self.assertEqual(b"\x1b[" in shown, has_colours)


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
