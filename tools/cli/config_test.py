#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""keygen and config: what is accepted, and that each refusal names file, line, field, value and what
is accepted."""
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import tomllib
import unittest

TOOL = os.path.abspath(sys.argv.pop(1))
README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "README.md")
KEY = "ab" * 32
OTHER = "cd" * 32

GOOD = f"""\
[me]
name = "operator"
key = "operator.key"
tenant = 7

[[node]]
name = "alpha"
address = "127.0.0.1:7001"
exchange_key = "{KEY}"
node_id = "{OTHER}"

[daemon]
name = "beta"
listen = "127.0.0.1:7002"
disk = "beta.disk"

[[principal]]
name = "operator"
exchange_key = "{KEY}"
roles = ["cap", "observe"]
tenant = "any"
ttl_max_ms = 60000
"""

# What is replaced, by what, the line, the field, the value shown, a part of what is accepted.
BAD = [
    ('name = "operator"\nkey', 'name = 5\nkey', 2, "me.name", "5", "1 to 24"),
    ('tenant = 7', 'tenant = -1', 4, "me.tenant", "-1", "0 to 4294967295"),
    ('tenant = 7', 'tennant = 7', 4, "me.tennant", "an unknown key", "name, key, tenant"),
    ('127.0.0.1:7001', '127.0.0.1', 8, "node[1].address", "127.0.0.1", "A.B.C.D:PORT"),
    ('127.0.0.1:7001', '127.0.0.256:1', 8, "node[1].address", "127.0.0.256:1", "A.B.C.D:PORT"),
    ('127.0.0.1:7001', '127.0.0.1:0', 8, "node[1].address", "127.0.0.1:0", "A.B.C.D:PORT"),
    ('127.0.0.1:7001', '127.0.0.1:65536', 8, "node[1].address", "127.0.0.1:65536", "A.B.C.D:PORT"),
    ('127.0.0.1:7001', '0.0.0.0:7001', 8, "node[1].address", "0.0.0.0:7001", "A.B.C.D:PORT"),
    (f'exchange_key = "{KEY}"\nnode', f'exchange_key = "{KEY[1:]}"\nnode', 9, "node[1].exchange_key",
     KEY[1:], "64 hexadecimal digits"),
    (f'exchange_key = "{KEY}"\nnode', f'exchange_key = "{"0" * 64}"\nnode', 9,
     "node[1].exchange_key", "0" * 64, "not all zero"),
    (f'exchange_key = "{KEY}"\nnode', 'node', 6, "node[1].exchange_key", "nothing", "needed"),
    ('disk = "beta.disk"', 'disk = "beta.disk"\ndisk_bytes = 12', 16, "daemon.disk_bytes", "12",
     "1048576 to"),
    ('"cap", "observe"', '"cap", "root"', 20, "principal[1].roles", "root", "fence_clear"),
    ('["cap", "observe"]', '"cap"', 20, "principal[1].roles", "cap", "a list of"),
    ('tenant = "any"', 'tenant = "seven"', 21, "principal[1].tenant", "seven", "a number"),
    ('ttl_max_ms = 60000', 'ttl_max_ms = 99', 22, "principal[1].ttl_max_ms", "99", "100 to 300000"),
    ('ttl_max_ms = 60000', 'ttl_max_ms = 60000.5', 22, "principal[1].ttl_max_ms", "60000.5",
     "a number"),
    ('[me]', '[mee]', 1, "mee", "an unknown section", "me, node, daemon"),
    ('[[node]]', '[node]', 6, "node", "not a list of tables", "[[node]]"),
]


def run(folder, *words):
    return subprocess.run([TOOL, *words], cwd=folder, capture_output=True, text=True, timeout=20)


class Config(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.made = run(self.folder.name, "keygen", "--out", "operator.key", "--json")

    def check(self, text):
        with open(os.path.join(self.folder.name, "fabric.toml"), "w") as file:
            file.write(text)
        return run(self.folder.name, "config", "check")

    def test_a_good_file_is_accepted_and_shown(self):
        self.assertEqual(self.check(GOOD).returncode, 0)
        shown = json.loads(run(self.folder.name, "config", "check", "--json").stdout)
        self.assertEqual([shown["me"], shown["daemon"], shown["nodes"], shown["principals"]],
                         ["operator", "beta", 1, 1])

    def test_each_mistake_names_line_field_value_and_what_is_accepted(self):
        for old, new, line, field, value, accepted in BAD:
            with self.subTest(new=new):
                self.assertEqual(GOOD.count(old), 1, old)
                done = self.check(GOOD.replace(old, new))
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(f"fabric.toml:{line}: {field}: got {value}, accepted: ", done.stderr)
                self.assertIn(accepted, done.stderr.split("accepted: ", 1)[1])
                self.assertEqual(done.stdout, "")

    def test_twins_and_too_many_entries_are_refused(self):
        entry = '\n[[node]]\nname = "{}"\naddress = "127.0.0.1:7003"\nexchange_key = "{}"\n'
        twin = self.check(GOOD + entry.format("alpha", OTHER))
        self.assertIn("node[2].name: got alpha, accepted: a name that node[1]", twin.stderr)
        twin = self.check(GOOD + entry.format("gamma", KEY))
        self.assertIn("node[2].exchange_key: got the key of node[1]", twin.stderr)
        many = "".join(entry.format(f"n{i}", f"{i:064x}") for i in range(1, 17))
        self.assertIn("got 17 entries, accepted: at most 16", self.check(GOOD + many).stderr)

    def test_what_is_not_toml_says_its_line(self):
        done = self.check(GOOD + '\nthis is not toml\n')
        self.assertEqual(done.returncode, 2)
        self.assertIn("fabric.toml:24: ", done.stderr)

    def test_truncated_at_every_byte_it_never_crashes(self):
        for size in range(0, len(GOOD), 7):
            self.assertIn(self.check(GOOD[:size]).returncode, (0, 2), GOOD[:size])

    def test_keys_are_private_and_never_replaced(self):
        public = json.loads(self.made.stdout)
        self.assertEqual(len(public["exchange_key"]), 64)
        path = os.path.join(self.folder.name, "operator.key")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        again = run(self.folder.name, "keygen", "--out", "operator.key")
        self.assertEqual(again.returncode, 2)
        self.assertIn("never replaced", again.stderr)
        shown = json.loads(run(self.folder.name, "keygen", "--out", "operator.key", "--show",
                               "--json").stdout)
        self.assertEqual(shown["exchange_key"], public["exchange_key"])
        with open(path) as file:
            secret = file.read()
        self.assertNotIn(public["exchange_key"], secret)
        os.chmod(path, 0o640)
        self.assertIn("mode 0600", self.check(GOOD).stderr)
        os.chmod(path, 0o600)
        with open(path, "w") as file:
            file.write(secret[:-2])
        self.assertIn("not a grafos-key-v1 file", self.check(GOOD).stderr)

    def known_keys(self):
        """Of each section, as the tool names them when it refuses another one."""
        known = {}
        for section, place in (("me", 'key = "operator.key"\n'), ("node", 'name = "alpha"\n'),
                               ("daemon", 'name = "beta"\n'), ("principal", 'roles = ["cap", "observe"]\n')):
            said = self.check(GOOD.replace(place, place + "nonsense = 1\n")).stderr
            self.assertIn(f"{section}", said)
            known[section] = set(said.split("accepted: one of ")[1].strip().split(", "))
        return known

    def test_every_key_is_explained(self):
        with open(README) as file:
            rows = re.findall(r"^\| `(me|node|daemon|principal)\.(\w+)` \| \S.*\|$", file.read(), re.M)
        self.assertEqual(len(rows), len(set(rows)))
        known = self.known_keys()
        self.assertEqual({section: {key for name, key in rows if name == section} for section in known},
                         known)

    def test_the_file_to_start_from_names_every_key(self):
        self.assertEqual(run(self.folder.name, "config", "init").returncode, 0)
        with open(os.path.join(self.folder.name, "fabric.toml")) as file:
            text = file.read()
        self.assertEqual(self.check(text).returncode, 0)
        text = re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.M)  # as somebody fills it in
        for key in (KEY, OTHER, KEY):
            text = text.replace("<64 hex digits>", key, 1)
        done = self.check(text)
        self.assertEqual(done.returncode, 0, done.stderr)
        read = tomllib.loads(text)
        read = {section: value[0] if isinstance(value, list) else value for section, value in read.items()}
        self.assertEqual({section: set(value) for section, value in read.items()}, self.known_keys())

    def test_usage(self):
        for words in ([], ["nonsense"], ["--timeout-ms", "1", "config", "check"], ["keygen"]):
            self.assertEqual(run(self.folder.name, *words).returncode, 2, words)
        self.assertEqual(run(self.folder.name, "--help").returncode, 0)
        self.assertIn("cannot be read", run(self.folder.name, "config", "check").stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
