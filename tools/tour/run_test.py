# SPDX-License-Identifier: Apache-2.0
"""tools/run as somebody meets it who has just cloned the project: what is not there yet, two at once,
progress, and a console at once.

usage: run_test.py GRAFOS_NODE [unittest's words]
"""

import fcntl
import json
import os
import pty
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
NODE = Path(sys.argv.pop(1)) if __name__ == "__main__" else Path()
PROGRESS = HERE.parent / "cmake" / "progress"
TIMEOUT_S = 50


class RunTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="grafos-run-")
        self.addCleanup(self.folder.cleanup)
        self.out = Path(self.folder.name) / "out"

    def run_tour(self, *words, image=NODE, out=None, said=""):
        return subprocess.run(
            [sys.executable, "-B", str(HERE), "--node", "linux", "--image", str(image),
             "--out", str(out or self.out), "--timeout", "40", *words],
            input=said, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)

    def check_refused(self, done, status, *parts):
        """One plain line with the next step, and nothing that was started."""
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        (line,) = done.stderr.splitlines()
        for part in ("tools/run: ", "; next: ", *parts):
            self.assertIn(part, line)

    def test_what_is_not_built_is_said(self):
        self.check_refused(self.run_tour(image="/no/such/image"), 1, "not built: /no/such/image")

    def test_a_folder_that_cannot_be_written_is_said(self):
        file = Path(self.folder.name) / "file"
        file.write_text("")
        self.check_refused(self.run_tour(out=file / "out"), 2, f"--out: {file}/out cannot be")
        self.check_refused(self.run_tour("--check-options", out="/proc/none"), 2, "/proc/none")

    def test_two_in_one_folder_do_not_collide(self):
        self.out.mkdir()
        with open(self.out / "lock", "a+", encoding="utf-8") as first:
            fcntl.flock(first, fcntl.LOCK_EX)
            first.write("process 1234\n")
            first.flush()
            self.check_refused(self.run_tour(), 2, "in use by process 1234", "--out")
            self.check_refused(self.run_tour("--check-options"), 2, "in use by process 1234")
        self.assertEqual(self.run_tour("--check-options").returncode, 0)

    def test_stay_is_a_console_at_once(self):
        done = self.run_tour("--stay", said="readiness\nlease list\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("ok state=ready", done.stdout)
        self.assertIn("ok leases=0", done.stdout)
        report = json.loads((self.out / "report.json").read_text())
        self.assertEqual([step["name"] for step in report["steps"]], ["boot"])

    def test_stay_takes_the_steps_it_is_told(self):
        done = self.run_tour("--stay", "--only", "grant", said="lease list\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads((self.out / "report.json").read_text())
        self.assertEqual([step["name"] for step in report["steps"]], ["boot", "grant"])

    def test_a_build_shows_how_far_it_is(self):
        build = "echo '[1/9] one'; sleep 2.5; echo '[2/9] two'; echo warning; sleep 1.2"
        done = subprocess.run(["bash", "-c", f"({build}) | {PROGRESS} linux 2"], text=True,
                              capture_output=True, timeout=TIMEOUT_S, check=False)
        self.assertRegex(done.stdout, r"^build    linux \[1/9\] [23] s so far\n(build .*\n)?$")
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", closefd=True) as screen:
            subprocess.run(["bash", "-c", f"({build}) | {PROGRESS} linux"], stdout=theirs,
                           timeout=TIMEOUT_S, check=False)
            os.close(theirs)
            shown = os.read(screen.fileno(), 65536).decode()
        self.assertIn("\rbuild    linux [1/9]", shown)
        self.assertIn("\rbuild    linux [2/9]", shown)
        self.assertNotIn("\n", shown)


if __name__ == "__main__":
    unittest.main(verbosity=1, warnings="ignore")
