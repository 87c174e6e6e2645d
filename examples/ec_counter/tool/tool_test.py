# SPDX-License-Identifier: Apache-2.0
"""The judge of a trace, and the options, without machines."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent)]

import settings as options_of  # noqa: E402
from story import Trace, judge  # noqa: E402

GOOD = """[client-1] Starting — will send 2 requests
[server-1] SET 323 -> accepted (was 0)
[client-1] SET 323 -> accepted
[server-2] SYNC received 323 -> updated (was 0)
[server-1] GET -> 323
[client-1] GET -> 323
[client-1] Finished all 2 requests
[server-2] SET 7 -> rejected (current 323)
[server-2] SET 323 -> rejected (current 323)
[client-2] SET 7 -> rejected
[client-2] SET 323 -> timed out
[client-2] Finished all 2 requests

All servers converged to 323"""


def judged(lines: str, notices: tuple = (), **given):
    trace = Trace(lambda line: None)
    claims = trace.claimer("host")
    for line in lines.split("\n"):
        assert claims("| " + line)
    for line in notices:
        assert claims(line)
    given = {"num_clients": 2, "requests": 2} | given
    return judge(trace, options_of.Settings(**given))


class JudgeTest(unittest.TestCase):
    def test_a_sound_run_is_taken(self):
        done = judged(GOOD)
        self.assertEqual(done.broken, [])
        self.assertEqual((done.largest, done.requests, done.timed_out), (323, 4, 1))

    def test_each_rule_is_seen_to_be_broken(self):
        cases = (
            ("SET 7 -> rejected (current 323)", "SET 7 -> accepted (was 323)", "only if it is larger"),
            ("received 323 -> updated (was 0)", "received 323 -> updated (was 5)", "only if it is larger"),
            ("SET 7 -> rejected (current 323)", "SET 700 -> rejected (current 323)", "not larger"),
            ("[server-1] GET -> 323", "[server-1] GET -> 322", "answers the counter"),
            ("converged to 323", "converged to 300", "largest"),
            ("All servers converged to 323", "Servers have not yet fully converged", "converge"),
            ("\n[client-1] GET -> 323", "", "sends 2 requests"),
            ("[client-1] Finished all 2 requests", "", "finishes"),
            ("[client-1] SET 323", "[client-1] SET 1000", "a set is of 0"),
        )
        for before, after, said in cases:
            self.assertIn(before, GOOD)
            broken = judged(GOOD.replace(before, after)).broken
            self.assertTrue(any(said in each for each in broken), f"{after}: {broken}")

    def test_lost_lines_are_no_proof(self):
        self.assertTrue(judged(GOOD, ("grafos program_lines_lost=3",)).broken)

    def test_the_console_keeps_its_own_lines(self):
        claims = Trace(lambda line: None).claimer("host")
        for line in ("ok", "grafos name=x state=ready", "lease ref=1", "error busy"):
            self.assertFalse(claims(line))
        self.assertTrue(claims("grafos program=ec-counter failed: revoked"))

    def test_a_server_stands_before_its_client(self):
        trace = Trace(lambda line: None, 3, "host")
        host, arm = trace.claimer("host"), trace.claimer("arm")
        for line in ("[client-5] SET 7 -> accepted", "[client-5] Finished all 1 requests"):
            host("| " + line)
        for line in ("[server-1] SET 7 -> accepted (was 0)", "[server-2] SET 7 -> rejected (current 8)",
                     "[server-2] SET 7 -> accepted (was 0)", "[server-3] GET -> 7"):
            arm("| " + line)
        host("| server-3: 7")
        self.assertEqual([line for _, _, line in trace.lines],
                         ["[server-1] SET 7 -> accepted (was 0)",
                          "[server-2] SET 7 -> rejected (current 8)",
                          "[server-2] SET 7 -> accepted (was 0)", "[client-5] SET 7 -> accepted",
                          "[client-5] Finished all 1 requests", "[server-3] GET -> 7",
                          "server-3: 7"])

    def test_a_line_whose_server_is_never_heard_comes_all_the_same(self):
        trace = Trace(lambda line: None, 3, "host")
        trace.claimer("host")("| [client-1] GET -> 1")
        self.assertEqual(trace.lines, [])
        trace.settle()
        self.assertEqual([line for _, _, line in trace.lines], ["[client-1] GET -> 1"])

    def test_what_became_of_a_program(self):
        trace = Trace(lambda line: None)
        claims = trace.claimer("linux")
        self.assertEqual(trace.notice("linux"), "")
        claims("grafos program=ec-counter started")
        claims("grafos program_lines_lost=3")
        trace.settle()
        self.assertEqual(trace.notice("linux"), "started")
        claims("grafos program=ec-counter failed: revoked at lease")
        trace.settle()
        self.assertEqual(trace.notice("linux"), "failed: revoked at lease")


class OptionsTest(unittest.TestCase):
    def parse(self, text: str, *words: str):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "config.toml"
            path.write_text(text, encoding="utf-8")
            return options_of.parse(["--config", str(path), *words], Path("/nowhere"))[1]

    def refused(self, text: str, *words: str) -> str:
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as end:
            self.parse(text, *words)
        self.assertEqual(end.exception.code, 2)
        return said.getvalue()

    def test_defaults_and_keys(self):
        given = self.parse("num_servers = 2\nnum_clients = 'many'\nlatency_ms = 3\n", "--seed", "9")
        self.assertEqual((given.num_servers, given.num_clients, given.seed), (2, 3, 9))
        self.assertIn("value_most=999", given.words())
        self.assertFalse([word for word in given.words() if word.startswith(("num_", "seed"))])

    def test_bad_input_says_what_where_and_what_is_accepted(self):
        for text, said in (("num_servers = 0", "num_servers: got 0, expected 1 … 3"),
                           ("num_servers = 4", "num_servers: got 4, expected 1 … 3"),
                           ("num_clients = -1", "num_clients: got -1, expected 0 … 12"),
                           ("requests = 'x'", "requests: got 'x', expected an integer"),
                           ("value_least = 5\nvalue_most = 4", "value_least: got 5"),
                           ("x = 1\nnum_servers = q\n", "line 2, column")):
            self.assertIn(said, self.refused(text))
        self.assertIn("--seed: got -1", self.refused("", "--seed=-1"))
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit):
            options_of.parse(["--config", "/nowhere/config.toml"], Path("/nowhere"))


if __name__ == "__main__":
    unittest.main()
