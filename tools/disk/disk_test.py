# SPDX-License-Identifier: Apache-2.0
"""grafos-disk against a session made for it: what it prints, and that its check can fail.

usage: disk_test.py GRAFOS_DISK MAKE_SESSION AUDIT_VERIFY
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

DISK, MAKE, VERIFY = sys.argv[1:4]


def run(*words):
    return subprocess.run([DISK, *map(str, words)], capture_output=True, text=True, timeout=120)


class DiskTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.folder.name)
        cls.before, cls.after, cls.log = root / "before", root / "after", root / "writes"
        subprocess.run([MAKE, cls.before, cls.after, cls.log], check=True, timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_anchor_names_the_node_and_the_end_of_its_chain(self):
        said = json.loads(run("anchor", "--json", self.after).stdout)
        self.assertEqual(("ready", 48, 2), (said["state"], said["records"], said["boot"]))
        self.assertIn(f"anchor={said['anchor']} records=48", run("anchor", self.after).stdout)
        empty = json.loads(run("anchor", "--json", self.before).stdout)
        self.assertEqual((0, "0" * 64), (empty["records"], empty["anchor"]))

    def test_an_image_is_never_changed(self):
        before = self.after.read_bytes()
        run("anchor", self.after)
        run("export", self.after)
        self.assertEqual(before, self.after.read_bytes())

    def test_an_export_verifies_and_ends_at_the_anchor(self):
        said = run("export", self.after)
        self.assertEqual(0, said.returncode)
        lines = said.stdout.splitlines()
        self.assertEqual(49, len(lines))
        anchor = json.loads(run("anchor", "--json", self.after).stdout)["anchor"]
        self.assertEqual(anchor, json.loads(lines[-1])["current_event_hash"])
        path = pathlib.Path(self.folder.name) / "export.jsonl"
        path.write_text(said.stdout)
        verified = subprocess.run([VERIFY, "--json", path], capture_output=True, text=True,
                                  timeout=60)
        chain = json.loads(verified.stdout)["chains"][0]
        self.assertEqual((anchor, True), (chain["anchor"], chain["signed"]))

    def test_every_cut_of_the_session_holds(self):
        said = run("replay", self.before, "--log", self.log, "--json")
        self.assertEqual(0, said.returncode, said.stderr)
        figures = json.loads(said.stdout)
        self.assertEqual(0, figures["faults"])
        self.assertEqual(48, figures["records"])
        self.assertGreater(figures["prefixes"], 15)
        self.assertGreater(figures["subsets"], 50)
        self.assertGreater(figures["torn"], 10)

    def test_the_same_seed_tries_the_same_cuts(self):
        once = run("replay", self.before, "--log", self.log, "--seed", 7).stdout
        self.assertEqual(once, run("replay", self.before, "--log", self.log, "--seed", 7).stdout)

    def test_a_dropped_flush_is_found(self):
        flushes = json.loads(run("replay", self.before, "--log", self.log, "--json").stdout)["flushes"]
        found = 0
        for number in range(1, flushes + 1):
            said = run("replay", self.before, "--log", self.log, "--drop-flush", number)
            found += said.returncode == 1 and "lost:" in said.stderr
        # All but those that only covered a checkpoint or the start of a boot.
        self.assertGreaterEqual(found, 16)

    def test_damage_is_named_and_exits_1(self):
        image = bytearray(self.after.read_bytes())
        image[48 * 512 + 600] ^= 1
        path = pathlib.Path(self.folder.name) / "damaged"
        path.write_bytes(image)
        said = run("anchor", path)
        self.assertEqual(1, said.returncode)
        self.assertIn("state=degraded reason=corrupt", said.stdout)
        blank = pathlib.Path(self.folder.name) / "blank"
        blank.write_bytes(bytes(400 * 512))
        self.assertIn("state=blank", run("anchor", blank).stdout)

    def test_bad_options_and_files_exit_2_and_say_what(self):
        cases = [((), "usage"), (("frob",), "frob"), (("anchor", "/nonexistent"), "/nonexistent"),
                 (("anchor", "--wat", "x"), "--wat"),
                 (("replay", self.before, "--log", self.before), "magic"),
                 (("replay", self.before, "--log", self.log, "--seed", "x"), "--seed")]
        for words, expected in cases:
            said = run(*words)
            self.assertEqual(2, said.returncode, words)
            self.assertIn(expected, said.stderr)

    def test_a_write_log_cut_anywhere_is_read_as_far_as_it_goes_or_refused(self):
        whole = self.log.read_bytes()
        path = pathlib.Path(self.folder.name) / "cut"
        for size in (0, 10, 511, 512, 700, len(whole) // 2, len(whole) - 600):
            path.write_bytes(whole[:size])
            self.assertIn(run("replay", self.before, "--log", path).returncode, (1, 2), size)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
