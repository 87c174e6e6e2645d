#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every command there is, as a program sees it: done (0), refused (1), and bad usage (2).

Done: JSON on stdout and nothing on stderr. Refused: a typed error on stderr with the next step, as JSON
or for people, and nothing on stdout. Bad usage: the same, and nothing was tried. A command that is not in
the table fails the test.

usage: sweep_test.py GRAFOS GRAFOS_NODE
"""
import json
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

TOOL, NODE = (os.path.abspath(word) for word in (sys.argv.pop(1), sys.argv.pop(1)))
ID = "ab" * 16  # of no lease

# Command, words after it that are good (MEM, BLOCK: a lease's id; REF: its ref), words that a node can
# only refuse, the code, and who asks. A node that is away refuses all that ask one.
ASKING = [
    ("identity", [], [], None, None),
    ("inventory", [], [], None, None),
    ("readiness", [], [], None, None),
    ("ping", [], [], None, None),
    ("counters", [], [], "denied", "guest"),
    ("lease alloc", ["memory", "4KiB"], ["memory", "4KiB"], "denied", "guest"),
    ("lease renew", ["MEM"], [ID], "not_found", "op"),
    ("lease query", ["MEM"], [ID], "not_found", "op"),
    ("lease list", [], [], "denied", "guest"),
    ("mem write", ["MEM", "0", "--text", "abc"], ["MEM", "65536", "--text", "x"],
     "capacity_exceeded", "op"),
    ("mem read", ["MEM", "0", "3"], ["MEM", "0", "65537"], "capacity_exceeded", "op"),
    ("block write", ["BLOCK", "0", "--hex", "00" * 512], ["MEM", "0", "--hex", "00" * 512],
     "unsupported", "op"),
    ("block read", ["BLOCK", "0", "1"], ["BLOCK", "0", "1"], "denied", "guest"),
    ("lease revoke", ["REF", "--grace-ms", "20000"], [ID], "not_found", "op"),
    ("lease checkpoint", ["MEM"], ["BLOCK"], "denied", "op"),
    ("lease free", ["BLOCK"], ["MEM"], "revoked", "op"),
    ("hold", ["OTHER", "--for", "1"], [ID], "not_found", "op"),
    ("fence list", [], [], "denied", "guest"),
    ("fence clear", None, ["12345"], "not_found", "op"),  # one that is: fence_test.py
    ("time sync", [], [], "denied", "guest"),
    ("audit head", [], [], "denied", "guest"),
    ("audit export", ["--out", "all.jsonl"], ["--out", "x.jsonl", "--from", "1000000"], "not_found",
     "op"),
    ("audit collect", ["--out", "store"], ["--out", "guest"], "denied", "guest"),
]
LOCAL = [
    ("keygen", ["--out", "sweep.key"]),
    ("config check", []),
    ("audit verify", ["all.jsonl"]),
    ("top", ["--once"]),  # a node that is away is a row of it
]


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Sweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.fabric = rig.Fabric(cls.folder.name, TOOL, NODE)
        cls.addClassCleanup(cls.fabric.end)
        with open(cls.path("op.toml")) as file:
            text = file.read()
        with open(cls.path("away.toml"), "w") as file:
            file.write(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{rig.free_port()}", text, count=1))

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder.name, name)

    def run_one(self, command, words, config="op", node="alpha", form=("--json",)):
        words = [self.leases.get(word, word) for word in words]
        return self.fabric.run(*command.split(), *words, config=config, node=node, form=form)

    def check_done(self, done):
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(json_lines(done.stdout))

    def check_refused(self, done, code):
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        errors = [line["error"] for line in json_lines(done.stderr)]
        self.assertEqual({error["code"] for error in errors}, {code})
        for error in errors:
            more = {"address", "why"} if code == "disconnected" else set()
            self.assertEqual(set(error), {"operation", "code", "field", "value", "expected",
                                          "failure", "next"} | more)
            self.assertTrue(error["operation"] and error["next"], error)

    def check_refused_for_people(self, done, code):
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        first, second = done.stderr.splitlines()[:2]
        self.assertRegex(first, rf"^grafos: [a-z ]+.*: {code}")
        self.assertRegex(second, r"^  next: \S")

    def check_misuse(self, done):
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        (line,) = json_lines(done.stderr)
        self.assertEqual(line["error"]["code"], "bad_usage")
        self.assertTrue(line["error"]["why"] and line["error"]["next"])

    def setUp(self):
        self.leases = {}
        for name, kind in (("MEM", "memory"), ("OTHER", "memory"), ("BLOCK", "block")):
            done = self.run_one("lease alloc", [kind, "64KiB"])
            self.leases[name] = json.loads(done.stdout)["lease"]
            self.leases["REF"] = self.leases.get("REF", json.loads(done.stdout)["ref"])

    def commands(self):
        """All there are, as the tool says itself."""
        def below(*words):
            text = self.fabric.run(*words, "--help", config=None, form=()).stdout
            listed = text.split("Subcommands:\n")[1:]
            return re.findall(r"^  ([a-z]+)", listed[0], re.M) if listed else []
        found = set()
        for name in below():
            found |= {f"{name} {inner}" for inner in below(name)} or {name}
        return found

    def test_the_table_names_every_command(self):
        named = {row[0] for row in ASKING + LOCAL} | {"config init"}
        self.assertEqual(self.commands(), named)
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "README.md")) as file:
            readme = file.read()
        for command in sorted(named):
            self.assertRegex(readme, rf"`{command}[ `]", "a row of the table")
            self.assertRegex(readme, rf"\$ grafos (--\S+ \S+ )?{command}\b", "an example")

    def test_done_and_refused(self):
        for command, good, bad, code, who in ASKING:  # the order is a story of two leases
            with self.subTest(command=command):
                if code is not None:
                    self.check_refused(self.run_one(command, bad, config=who), code)
                    self.check_refused_for_people(self.run_one(command, bad, config=who, form=()),
                                                  code)
                if good is not None:
                    self.check_done(self.run_one(command, good))
        for command, good in LOCAL:
            with self.subTest(command=command):
                self.check_done(self.run_one(command, good, node=None))
        self.check_done(self.fabric.run("--config", "new.toml", "config", "init", config=None))

    def test_a_node_that_is_away(self):
        for command, good, bad, _, _ in ASKING:
            with self.subTest(command=command):
                words = ["--timeout-ms", "100", *(good if good is not None else bad)]
                asked = {"config": "away", "node": "alpha"}
                self.check_refused(self.run_one(command, words, **asked), "disconnected")
                self.check_refused_for_people(self.run_one(command, words, form=(), **asked),
                                              "disconnected")
        done = self.run_one("top", ["--once"], config="away", node=None)
        self.assertEqual([row["state"] for row in json.loads(done.stdout)["nodes"]],
                         ["down", "ready"])

    def test_bad_usage(self):
        for command in sorted(self.commands()):
            good = next(row[1] or row[2] for row in ASKING + [(*row, []) for row in LOCAL]
                        + [("config init", [], [])] if row[0] == command)
            with self.subTest(command=command):
                self.check_misuse(self.run_one(command, [*good, "--nonsense"]))
                self.check_misuse(self.run_one(command, [*good, "nonsense"]))
                if command not in ("keygen", "config init", "audit verify"):
                    missing = self.run_one(command, good, config="nonsense")
                    self.check_misuse(missing)
                    self.assertIn("nonsense.toml", missing.stderr)
                    people = self.run_one(command, good, config="nonsense", form=())
                    self.assertEqual((people.returncode, people.stdout), (2, ""))
                    self.assertRegex(people.stderr, r"^grafos: nonsense\.toml")
        self.check_misuse(self.run_one("identity", [], node="gamma"))
        self.check_misuse(self.run_one("lease free", [ID], node=None))  # which of the two?
        self.check_misuse(self.run_one("keygen", ["--out", "op.key"]))  # never replaced
        self.check_misuse(self.run_one("config init", []))
        self.check_misuse(self.run_one("audit export", ["--out", "no/such/folder/x"]))
        self.check_misuse(self.run_one("audit verify", ["nonsense.jsonl"]))

    def test_a_chain_that_does_not_prove_itself(self):
        self.check_done(self.run_one("audit export", ["--out", "bent.jsonl"]))
        with open(self.path("bent.jsonl")) as file:
            lines = file.readlines()
        with open(self.path("bent.jsonl"), "w") as file:
            file.writelines(lines[:1] + lines[2:])
        self.check_refused(self.run_one("audit verify", ["bent.jsonl"]), "corrupt")


if __name__ == "__main__":
    unittest.main(verbosity=1)
