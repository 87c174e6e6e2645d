# SPDX-License-Identifier: Apache-2.0
"""The judge of a trace, and the options, without machines.

usage: tool_test.py EC_COUNTER [unittest's words]
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parents[2] / "tools"
sys.path[:0] = [str(HERE), str(TOOLS / "tour"), str(TOOLS / "netem"),
                str(HERE.parents[2] / "tests" / "network")]
PROGRAM = Path(os.path.abspath(sys.argv.pop(1))) if __name__ == "__main__" else Path()

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
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="grafos-ec-")
        self.addCleanup(folder.cleanup)
        self.file = Path(folder.name) / "config.toml"

    def read(self, text: str, *words: str):
        """Settings and what is passed over, as a run has them."""
        self.file.write_text(text, encoding="utf-8")
        options = options_of.parse(["--config", str(self.file), *words], HERE.parents[2])
        return options_of.read(options, PROGRAM)

    def check_refused(self, text: str, said: str, *words: str):
        with self.assertRaises(options_of.BadSetting) as problem:
            self.read(text, *words)
        self.assertIn(said, str(problem.exception))
        self.assertTrue(str(problem.exception).startswith(str(self.file)), problem.exception)

    def run_tool(self, *words: str):
        return subprocess.run(["/usr/bin/python3", "-B", str(HERE), *words], capture_output=True,
                              text=True, timeout=60, check=False)

    def check_bad_option(self, said: str, *words: str):
        done = self.run_tool("--check-options", *words)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(said, done.stderr)

    def test_defaults_and_keys(self):
        given, unused = self.read("num_servers = 2\nrequests = 20\n", "--seed", "9")
        self.assertEqual((given.num_servers, given.num_clients, given.requests, given.seed,
                          given.first_wait_ms), (2, 3, 20, 9, options_of.FIRST_WAIT_MS))
        self.assertEqual(unused, [])
        self.assertIn("value_most=999", given.words())
        self.assertFalse([word for word in given.words()
                          if word.startswith(("num_", "seed", "is_durable"))])
        self.assertEqual(self.read("first_wait_ms = 5000")[0].first_wait_ms, 5_000)
        self.assertEqual(vars(self.read("")[0]), vars(options_of.Settings()))

    def test_the_program_itself_reads_the_file(self):
        for text, said in (
                ('num_servers = "3"', ':1:15: num_servers: got "3", accepted: an integer, 1 to 100'),
                ("num_servers = true", "num_servers: got true, accepted: an integer"),
                ("num_server = 1", "num_server: got an unknown key, accepted: nearest: num_servers"),
                ("[network]\nloss_permile = 3", ":2:1: network.loss_permile: got an unknown key"),
                ("[network]\nloss_permille = 1001", "network.loss_permille: got 1001"),
                ("[[network.cut]]\nnodes = ['server-1']", "network.cut[1].from_ms: got nothing"),
                ("network = 3", "network: got 3, accepted: a table"),
                ("value_most = 4000000000", "value_most: got 4000000000, accepted: an integer, 0 to"),
                ("value_least = 5\nvalue_most = 4", "value_most: got 4, accepted: at least"),
                ("requests = true", "requests: got true, accepted: an integer, 0 to 100000")):
            with self.subTest(text=text):
                self.check_refused(text, said)
        for text in ("seed = -1", "latency_ms = 'x'", "jitter_ms = 10001"):
            self.check_refused(text, f"{text.split()[0]}: got ")

    def test_what_a_fabric_takes_less_of_is_told_at_once(self):
        for text, said in (("num_servers = 0", "num_servers: got 0, accepted: 1 to 3 on a fabric"),
                           ("num_servers = 4", "num_servers: got 4, accepted: 1 to 3 on a fabric"),
                           ("num_clients = 13", "num_clients: got 13, accepted: 0 to 12"),
                           ("call_timeout_ms = 99", "call_timeout_ms: got 99, accepted: 100 to"),
                           ("x = 1\nnum_servers = q\n", "line 2, column")):
            self.file.write_text(text, encoding="utf-8")
            self.check_bad_option(said, "--config", str(self.file))
        self.check_bad_option("/nowhere/config.toml: No such file", "--config", "/nowhere/config.toml")

    def test_what_cannot_work_is_told_before_anything_starts(self):
        for text, said in (
                ("requests = 0", "requests: got 0, accepted: 10 to 1000 with a partition; or --no-p"),
                ("requests = 9", "requests: got 9, accepted: 10 to 1000"),
                ("call_timeout_ms = 1201", "call_timeout_ms: got 1201, accepted: 100 to 1200 with"),
                ("requests = 1000", "first_wait_ms + second_wait_ms: got 9000, accepted: at least "
                                    "14500 for 1000 requests and a partition"),
                ("first_wait_ms = 0", "first_wait_ms + second_wait_ms: got 1000, accepted: at least")):
            self.check_refused(text, said)
        for text in ("requests = 0", "call_timeout_ms = 10000", "requests = 600"):
            self.read(text, "--no-partition")
        self.check_refused("requests = 1000", "at least 12000 for 1000 requests", "--no-partition")
        for text in ("requests = 10", "num_clients = 0\nrequests = 0\nfirst_wait_ms = 0",
                     "num_servers = 1\nrequests = 1"):
            self.read(text)
        self.check_refused("num_servers = 1", "num_servers: got 1, accepted: 2 to 3 with --durable",
                           "--durable")

    def test_keys_of_the_net_in_one_process_are_named(self):
        _, unused = self.read("latency_ms = 3\njitter_ms = 2\n[network]\nloss_permille = 3\n"
                              "drop = []\n[[network.cut]]\nnodes = ['server-1']\nfrom_ms = 1\n"
                              "until_ms = 2\n")
        self.assertEqual(unused, ["latency_ms", "jitter_ms", "network.loss_permille", "network.drop",
                                  "network.cut"])

    def test_options_are_bounded(self):
        for word in ("0", "-1", "nan", "inf", "x", "0.5"):
            self.check_bad_option(f"--timeout: got {word}, accepted: 1 to 86400 seconds",
                                  f"--timeout={word}")
        for word in ("-1", str(2 ** 63), "one", "1.0", ""):
            self.check_bad_option(f"--seed: got {word}, accepted: an integer, 0 to", f"--seed={word}")
        self.assertEqual(self.run_tool("--check-options", f"--seed={2 ** 63 - 1}").returncode, 0)

    def test_its_seeds_are_the_programs(self):
        self.file.write_text("", encoding="utf-8")
        for seed, status in ((options_of.SEED_MOST, 0), (options_of.SEED_MOST + 1, 2)):
            done = subprocess.run([PROGRAM, "--config", self.file, "--check", "--seed", str(seed)],
                                  capture_output=True, timeout=30, check=False)
            self.assertEqual(done.returncode, status)


if __name__ == "__main__":
    unittest.main()
