# SPDX-License-Identifier: Apache-2.0
"""ec-counter and what is given to it wrongly: each refusal says what, where and what is accepted, with
exit code 2, and nothing was started.

usage: bad_input_test.py EC_COUNTER [unittest's words]
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.path.abspath(sys.argv.pop(1)) if __name__ == "__main__" else ""
README = Path(__file__).resolve().parent / "README.md"
GOOD = """\
num_servers = 3
num_clients = 2
requests = 5

[network]
loss_permille = 0
drop = ["SyncValue"]

[[network.cut]]
nodes = ["server-1"]
from_ms = 10
until_ms = 20
"""

# What is replaced, by what; line and column; key, value shown, a part of what is accepted.
BAD = [
    ("num_servers = 3", "num_servers = 0", "1:15", "num_servers", "0", "an integer, 1 to 100"),
    ("num_servers = 3", "num_servers = -3", "1:15", "num_servers", "-3", "an integer, 1 to 100"),
    ("num_servers = 3", "num_servers = 101", "1:15", "num_servers", "101", "an integer, 1 to 100"),
    ("num_servers = 3", 'num_servers = "3"', "1:15", "num_servers", '"3"', "an integer"),
    ("num_servers = 3", "num_servers = 3.0", "1:15", "num_servers", "3.0", "an integer"),
    ("num_servers = 3", "num_servers = true", "1:15", "num_servers", "true", "an integer"),
    ("num_servers = 3", "num_servers = [3]", "1:15", "num_servers", "a list", "an integer"),
    ("num_clients = 2", "num_clients = -1", "2:15", "num_clients", "-1", "0 to 1000"),
    ("num_clients = 2", "num_clients = 1001", "2:15", "num_clients", "1001", "0 to 1000"),
    ("num_clients = 2", "num_cleints = 2", "2:1", "num_cleints", "an unknown key",
     "nearest: num_clients"),
    ("requests = 5", "requests = 9223372036854775807", "3:12", "requests", "9223372036854775807",
     "an integer"),
    ("loss_permille = 0", "loss_permille = 1001", "6:17", "network.loss_permille", "1001",
     "0 to 1000"),
    ("loss_permille = 0", "loss_permile = 0", "6:1", "network.loss_permile", "an unknown key",
     "nearest: network.loss_permille"),
    ('"SyncValue"', '"SyncValeu"', "7:9", "network.drop", '"SyncValeu"', "nearest: SyncValue"),
    ('["SyncValue"]', '"SyncValue"', "7:8", "network.drop", '"SyncValue"', "a list"),
    ("[[network.cut]]", "[network.cut]", "9:1", "network.cut", "a table", "[[network.cut]] for each"),
    ('["server-1"]', '["server-4"]', "10:10", "network.cut[1].nodes", '"server-4"',
     "nearest: server-1; one of server-1, server-2, server-3, client-1, client-2"),
    ('["server-1"]', '"server-1"', "10:9", "network.cut[1].nodes", '"server-1"',
     "a list of 1 to 64, each one of server-1, "),
    ('["server-1"]', "[]", "10:9", "network.cut[1].nodes", "a list", "a list of 1 to 64"),
    ('nodes = ["server-1"]', "", "9:1", "network.cut[1].nodes", "nothing", "this key is needed"),
    ("from_ms = 10", "", "9:1", "network.cut[1].from_ms", "nothing", "this key is needed"),
    ("until_ms = 20", "", "9:1", "network.cut[1].until_ms", "nothing", "this key is needed"),
    ("from_ms = 10", "from = 10", "11:1", "network.cut[1].from", "an unknown key",
     "nearest: network.cut[1].from_ms"),
    ("until_ms = 20", "until_ms = 10", "12:12", "network.cut[1].until_ms", "10", "more than from_ms"),
]
NO_TOML = ["num_servers = \n", "num_servers 3\n", "num_servers = 3\nnum_servers = 4\n",
           "num_servers = 99999999999999999999\n", "[network\n", "x = \"\n", "\xff\n"]
OPTIONS = [
    (("--sede", "1"), "--sede: no option; nearest: --seed"),
    (("--seed", "one"), "--seed: got one, accepted: an integer, 0 to 9223372036854775807"),
    (("--seed", "-1"), "accepted: an integer"),
    (("--seed", "9223372036854775808"), "accepted: an integer"),
    (("--seed", "18446744073709551616"), "accepted: an integer"),
    (("--seed",), "--seed"),
    (("--break", "overwrit"), "--break: got overwrit, accepted: nearest: overwrite; one of"),
    (("--runs", "0"), "--runs: got 0, accepted: an integer, 1 to"),
    (("--plot", "x.svg"), "--plot: "),
    (("--step",), "--step: got no terminal on stdin"),
    (("--step", "--real"), "--step: got --real too"),
    (("--runs", "1", "--real"), "--runs: got --real too"),
    (("--runs", "1", "--to", "7"), "--runs: got --to too"),
    (("--diagram", ""), "--diagram: got nothing, accepted: FILE.svg"),
    (("--events", "config.toml"), "--events: got config.toml, the file of --config"),
    (("--diagram", "x.svg", "--chart", "./x.svg"), "--chart: got ./x.svg, the file of --diagram"),
    (("--runs", "1", "--plot", "config.toml"), "--plot: got config.toml, the file of --config"),
    (("seven",), "seven: no option"),
    (("--events", "no/such/folder/e"), "--events: got no/such/folder/e (No such file or directory)"),
    (("--diagram", "/"), "--diagram: got / (Is a directory)"),
    (("--from", "5"), "got neither --diagram nor --chart"),
    (("--chart", "x.svg", "--from", "9", "--to", "5"), "--to: got 5, accepted: at least --from, 9"),
    (("--chart", "no/such/c.svg"), "--chart: got no/such/c.svg"),
    (("--runs", "1", "--plot", "no/such/p.svg"), "--plot: got no/such/p.svg"),
]


class BadInputTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="grafos-ec-")
        self.addCleanup(self.folder.cleanup)

    def run_with(self, text, *words):
        if text is not None:
            Path(self.folder.name, "config.toml").write_bytes(
                text if isinstance(text, bytes) else text.encode("latin-1"))
        return subprocess.run([PROGRAM, *words], cwd=self.folder.name, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=30, check=False)

    def check_refused(self, done, *parts):
        """One line, and nothing that was started."""
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        (line,) = done.stderr.splitlines()
        self.assertTrue(line.startswith("ec-counter: "), line)
        for part in parts:
            self.assertIn(part, line)

    def test_the_good_file_is_good(self):
        done = self.run_with(GOOD)
        self.assertIn("have not yet fully converged", done.stdout)  # all SyncValues are dropped
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.run_with(GOOD.replace('["SyncValue"]', "[]")).returncode, 0)

    def test_a_file_is_checked_and_nothing_is_started(self):
        done = self.run_with(GOOD, "--check", "--seed", "7", "--events", "no/such/folder/e")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        (line,) = done.stdout.splitlines()
        read = json.loads(line)
        self.assertEqual((read["num_clients"], read["seed"], read["first_wait_ms"], read["drop"]),
                         (2, 7, 5000, ["SyncValue"]))
        self.check_refused(self.run_with("num_servers = 0", "--check"), "num_servers: got 0")

    def test_each_mistake_is_said_with_its_place(self):
        for old, new, place, key, value, accepted in BAD:
            with self.subTest(new=new):
                self.assertEqual(GOOD.count(old), 1, old)
                done = self.run_with(GOOD.replace(old, new))
                self.check_refused(done, f"config.toml:{place}: {key}: got {value}, accepted: ",
                                   accepted)
        self.check_refused(self.run_with("network = 3"),
                           "config.toml:1:11: network: got 3, accepted: a table: [network]")
        self.check_refused(self.run_with("value_least = 7\nvalue_most = 6"),
                           "config.toml:2:14: value_most: got 6, accepted: at least value_least, 7")

    def test_what_is_no_toml_is_said_with_its_place(self):
        for text in NO_TOML:
            with self.subTest(text=text):
                done = self.run_with(text)
                self.check_refused(done, "no TOML")
                self.assertRegex(done.stderr, r"config\.toml:\d+:\d+: ")

    def test_a_file_that_is_not_there(self):
        self.check_refused(self.run_with(None), "config.toml: got a file that cannot be read",
                           "--config FILE")
        self.check_refused(self.run_with(None, "--config", "/"), "/: got a file that cannot be read")
        self.check_refused(self.run_with(None, "--config"), "--config")

    def test_each_option_says_what_it_accepts(self):
        for words, part in OPTIONS:
            with self.subTest(words=words):
                self.check_refused(self.run_with(GOOD, *words), part)
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["config.toml"])
        done = self.run_with("num_servers = 1", "--seed", "9223372036854775807")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_cut_at_every_byte_it_never_crashes(self):
        for size in range(0, len(GOOD), 5):
            self.assertIn(self.run_with(GOOD[:size]).returncode, (0, 1, 2), GOOD[:size])

    def test_what_cannot_be_written_to_its_end_is_no_success(self):
        for words in (("--events", "/dev/full"),):
            done = self.run_with("num_servers = 1\n", *words)
            self.assertEqual(done.returncode, 1)
            self.assertIn("/dev/full: not all of it could be written", done.stderr)

    def test_every_key_is_explained(self):
        said = self.run_with("nonsense = 1\n").stderr
        known = set(said.split("one of ")[1].strip().split(", ")) - {"network.cut"}  # has entries
        rows = re.findall(r"^\| `([\w.]+)` \|.*\|.*\|.*\|$", README.read_text(), re.M)
        self.assertEqual(sorted(rows), sorted(known))

    def test_help_names_every_option(self):
        done = self.run_with(None, "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--config", "--seed", "--real", "--step", "--explain", "--json", "--events",
                       "--diagram", "--chart", "--break", "--runs", "--plot", "--check"):
            self.assertIn(option, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
