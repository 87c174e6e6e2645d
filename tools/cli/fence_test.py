#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fences from the command line: a unit whose teardown failed is listed, refused, not cleared while its
disk is bad, and cleared once the disk is well.

usage: fence_test.py FOLDER_OF_BINARIES
"""
import json
import os
import resource
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

BINARIES = sys.argv.pop(1)
BLOCK = 512
PATIENCE_S = 20


class Fences(unittest.TestCase):
    def setUp(self):
        self.rig = rig.Rig(BINARIES)
        self.addCleanup(self.rig.close)
        self.rig.start()

    def good(self, *words):
        done = self.rig.run("--json", *words)
        self.assertEqual(done.returncode, 0, (words, done.stderr))
        return json.loads(done.stdout)

    def refused(self, code, *words):
        done = self.rig.run("--json", *words)
        self.assertEqual((done.returncode, done.stdout), (1, ""), (words, done.stderr))
        error = json.loads(done.stderr)["error"]
        self.assertEqual(error["code"], code, error)
        self.assertTrue(error["next"], error)
        return error

    def blocks(self):
        rows = self.good("inventory")["resources"]
        return next(row for row in rows if row["kind"] == "block")

    def wait_for_available(self, size):
        until = time.monotonic() + PATIENCE_S
        while self.blocks()["available_bytes"] != size and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(self.blocks()["available_bytes"], size)

    def alloc(self, size):
        return self.good("lease", "alloc", "block", str(size), "--ttl-ms", "60000")

    def break_disk(self, offset):
        """Writes from `offset` on fail with EFBIG, as on a bad sector."""
        resource.prlimit(self.rig.process.pid, resource.RLIMIT_FSIZE,
                         (offset, resource.RLIM_INFINITY))

    def mend_disk(self):
        self.break_disk(resource.RLIM_INFINITY)

    def make_fence(self):
        """Fences the last unit. Answers its size and what there is in all."""
        capacity = self.blocks()["capacity_bytes"]
        self.wait_for_available(capacity)  # a boot zeroes them in slices
        first = self.alloc(512)
        unit_bytes = first["unit_bytes"]
        rest = self.alloc(capacity - 2 * unit_bytes)
        last = self.alloc(unit_bytes)
        marker = os.urandom(BLOCK)
        self.good("block", "write", last["lease"], str(unit_bytes // BLOCK - 1), "--hex",
                  marker.hex())
        with open(self.rig.path("alpha.disk"), "rb") as disk:
            offset = disk.read().find(marker)
        self.assertGreater(offset, 0)
        self.break_disk(offset)
        for lease in (last, rest, first):
            self.good("lease", "free", lease["lease"])
        self.wait_for_available(capacity - unit_bytes)
        return unit_bytes, capacity

    def only_fence(self):
        (fence,) = self.good("fence", "list")["fences"]
        self.assertEqual((fence["node"], fence["kind"], fence["units"]), ("alpha", "block", 1))
        return fence

    def test_a_fence_is_cleared_once_its_disk_is_well(self):
        _, capacity = self.make_fence()
        first = self.only_fence()
        self.refused("capacity_exceeded", "lease", "alloc", "block", str(capacity))
        self.refused("not_found", "fence", "clear", "12345")
        self.refused("not_found", "fence", "clear", str(first["fence"]), "--resource", "ab" * 16)
        error = self.refused("fenced", "fence", "clear", str(first["fence"]))
        second = self.only_fence()
        self.assertGreater(second["fence"], first["fence"])  # the teardown failed again
        self.assertEqual(error["value"], second["fence"])
        self.refused("not_found", "fence", "clear", str(first["fence"]))

        self.mend_disk()
        cleared = self.good("fence", "clear", str(second["fence"]))
        self.assertEqual([cleared["node"], cleared["fence"], cleared["resource"]],
                         ["alpha", second["fence"], second["resource"]])
        self.assertGreater(cleared["record"], second["fence"])
        self.assertEqual(self.good("fence", "list"), {"fences": []})
        self.wait_for_available(capacity)
        whole = self.alloc(capacity)
        last_block = str(capacity // BLOCK - 1)
        self.assertEqual(self.good("block", "read", whole["lease"], last_block, "1")["data"],
                         "00" * BLOCK)

    def test_a_fence_is_cleared_by_the_name_of_its_resource(self):
        self.make_fence()
        fence = self.only_fence()
        self.mend_disk()
        done = self.rig.run("fence", "clear", str(fence["fence"]), "--resource", fence["resource"])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn(fence["resource"], done.stdout)
        self.assertEqual(self.good("fence", "list"), {"fences": []})


if __name__ == "__main__":
    unittest.main(verbosity=1)
