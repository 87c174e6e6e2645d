#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""audit export, verify and collect: what is stored is whole and gap-free, whoever is killed when; a
full log is freed by collecting it; a fork is named and nothing is overwritten."""
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

BINARIES = sys.argv.pop(1)
VERIFIER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "audit-verify")
COLLECTOR_KILLS = 10
NODE_KILLS = 5


class Traffic(threading.Thread):
    """Grants and frees over the console until told to stop; a node that dies is waited for."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node = node
        self.lock = threading.Lock()
        self.is_over = False

    def run(self):
        while not self.is_over:
            with self.lock:
                try:
                    lease = self.node.grant()
                    self.node.ask(f"lease free {lease}")
                except (AssertionError, OSError):
                    pass
            time.sleep(0.001)


class Collect(unittest.TestCase):
    def make(self, **options):
        self.rig = rig.Rig(BINARIES, **options)
        self.addCleanup(self.rig.close)

    def collect(self, *words):
        return self.rig.run("--json", "audit", "collect", "--out", "store", *words)

    def stored(self):
        with open(self.rig.path("store/alpha.jsonl")) as file:
            return file.read()

    def verify_both(self):
        """Both verifiers' word; how many records."""
        path = self.rig.path("store/alpha.jsonl")
        second = subprocess.run([VERIFIER, "--unsigned", path], capture_output=True, text=True)
        self.assertEqual(second.returncode, 0, second.stdout + second.stderr)
        first = self.rig.run("--json", "audit", "verify", "--unsigned", "store/alpha.jsonl",
                             "--node-id", self.rig.node["node_id"])
        self.assertEqual(first.returncode, 0, first.stderr)
        shown = json.loads(first.stdout)
        self.assertTrue(shown["is_from_genesis"])
        self.assertEqual(shown["records"], self.stored().count("\n"))
        return shown["records"]

    def test_export_is_signed_and_verifies(self):
        self.make()
        self.rig.start()
        for _ in range(20):
            self.rig.grant()
        done = self.rig.run("--json", "audit", "export", "--out", "all.jsonl")
        self.assertEqual(done.returncode, 0, done.stderr)
        second = subprocess.run([VERIFIER, self.rig.path("all.jsonl")], capture_output=True)
        self.assertEqual(second.returncode, 0, second.stdout)
        shown = json.loads(self.rig.run("--json", "audit", "verify", "all.jsonl").stdout)
        self.assertTrue(shown["is_signed"])
        self.assertEqual(shown["records"], json.loads(done.stdout)["records"])
        part = self.rig.run("audit", "export", "--out", "part.jsonl", "--from", "5")
        self.assertEqual(part.returncode, 0, part.stderr)
        with open(self.rig.path("all.jsonl")) as whole, open(self.rig.path("part.jsonl")) as tail:
            records = whole.readlines()[5:-1]  # a slow turn may have added one since
            self.assertEqual(records, tail.readlines()[:len(records)])
        with open(self.rig.path("all.jsonl")) as file:
            lines = file.readlines()
        with open(self.rig.path("bad.jsonl"), "w") as file:
            file.writelines(lines[:7] + lines[8:])
        bad = self.rig.run("audit", "verify", "bad.jsonl")
        self.assertEqual(bad.returncode, 1)
        self.assertIn("bad.jsonl:8", bad.stderr)
        with open(self.rig.path("cut.jsonl"), "w") as file:
            file.writelines(lines[:7])
        cut = self.rig.run("audit", "verify", "cut.jsonl")
        self.assertEqual(cut.returncode, 1)
        self.assertIn("signature", cut.stderr)
        self.assertIn("--unsigned", cut.stderr)
        self.assertEqual(self.rig.run("audit", "verify", "--unsigned", "cut.jsonl").returncode, 0)

    def test_kills_of_either_side_leave_no_gap(self):
        self.make()
        self.rig.start()
        chance = random.Random(7)
        traffic = Traffic(self.rig)
        traffic.start()
        kills = ["collector"] * COLLECTOR_KILLS + ["node"] * NODE_KILLS
        chance.shuffle(kills)
        collector = self.rig.begin("audit", "collect", "--follow", "--out", "store")
        try:
            for kill in kills:
                time.sleep(chance.uniform(0.05, 0.6))
                if kill == "node":
                    with traffic.lock:
                        self.rig.kill()
                        self.rig.start()
                    continue
                self.assertIsNone(collector.poll(), "the collector gave up")
                collector.kill()
                collector.communicate()
                collector = self.rig.begin("audit", "collect", "--follow", "--out", "store")
            traffic.is_over = True
            traffic.join(rig.PATIENCE_S)
            time.sleep(0.3)
            self.assertIsNone(collector.poll(), "the collector gave up")
            collector.terminate()
            said = collector.communicate(timeout=rig.PATIENCE_S)
            self.assertEqual(collector.returncode, 0, said)
        finally:
            collector.kill()
            collector.communicate()
        with open(self.rig.path("store/alpha.jsonl"), "a") as file:
            file.write('{"prev_event_hash":"torn')
        last = self.collect()
        self.assertEqual(last.returncode, 0, last.stderr)
        records = self.verify_both()
        head = json.loads(self.rig.run("--json", "audit", "head").stdout)
        self.assertGreater(records, 2 * (COLLECTOR_KILLS + NODE_KILLS))
        boots = [line for line in self.stored().splitlines() if '"kind":"boot"' in line]
        self.assertEqual(len(boots), 2 + NODE_KILLS)
        print(f"collected {records} records over {len(kills)} kills; head {head}", file=sys.stderr)

    def test_how_many_records_a_second(self):
        self.make()
        self.rig.start()
        for _ in range(500):
            self.rig.ask(f"lease free {self.rig.grant()}")
        began = time.monotonic()
        done = self.collect()
        took = time.monotonic() - began
        self.assertEqual(done.returncode, 0, done.stderr)
        records = self.verify_both()
        print(f"{records} records in {took:.2f} s: {records / took:.0f} a second", file=sys.stderr)
        for line in done.stdout.splitlines():
            self.assertEqual(json.loads(line)["node"], "alpha")

    def test_a_full_log_still_ends_leases_and_is_freed_by_collecting(self):
        self.make(disk_bytes=2 << 20)
        self.rig.start()
        held = [self.rig.grant() for _ in range(4)]
        self.rig.grant(ttl_ms=3_000)
        lasting = self.rig.grant(ttl_ms=300_000)
        short = None
        for _ in range(50_000):
            lease = self.rig.grant()
            if lease.startswith("error"):
                break
            self.rig.ask(f"lease free {lease}")
            short = lease
        self.assertRegex(lease, "^error capacity_exceeded at log", "the log never filled")
        self.assertIsNotNone(short)
        self.assertRegex(self.rig.ask(f"lease free {held[0]}"), "^ok")
        time.sleep(3.2)
        self.rig.kill()
        self.rig.start()
        done = self.collect()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.stored().count('"kind":"lease_expired"'), 1)
        self.assertNotRegex(self.rig.grant(), "^error")
        self.assertRegex(self.rig.ask(f"lease free {lasting}"), "^error")  # of an earlier boot
        self.assertEqual(self.collect().returncode, 0)
        self.verify_both()

    def test_a_fork_is_named_and_nothing_is_overwritten(self):
        self.make()
        self.rig.start()
        self.rig.grant()
        self.rig.kill()
        shutil.copy(self.rig.path("alpha.disk"), self.rig.path("copy.disk"))
        self.rig.start()
        self.rig.grant()
        self.assertEqual(self.collect().returncode, 0)
        self.rig.kill()
        before = self.stored()
        self.rig.start(disk="copy.disk")  # the same keys, another life
        for _ in range(40):
            self.rig.ask("lease free " + self.rig.grant())
        for words in ((), ("--follow",)):
            forked = self.collect(*words)
            self.assertEqual(forked.returncode, 1, forked.stdout)
            fork = json.loads(forked.stderr.splitlines()[0])["fork"]
            self.assertEqual(len(fork["stored"]), 64)
            self.assertEqual(len(fork["node_has"]), 64)
            self.assertNotEqual(fork["stored"], fork["node_has"])
            self.assertIn(fork["stored"], before)
            self.assertEqual(self.stored(), before)

    def test_two_collectors_do_not_share_a_store(self):
        self.make()
        self.rig.start()
        first = self.rig.begin("--json", "audit", "collect", "--follow", "--out", "store")
        first.stdout.readline()
        second = self.collect()
        self.assertEqual(second.returncode, 2)
        self.assertIn("another collector", second.stderr)
        first.terminate()
        first.communicate(timeout=rig.PATIENCE_S)
        self.assertEqual(first.returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
