# SPDX-License-Identifier: Apache-2.0
"""tools/sim as a person uses it: what it prints, what it refuses, and a failing run told, had again,
made smaller and drawn.

usage: sim_test.py GRAFOS_SIM GRAFOS_SIM_BROKEN [unittest's words]
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SVG = "{http://www.w3.org/2000/svg}"
PROGRAM, BROKEN = (sys.argv.pop(1), sys.argv.pop(1)) if __name__ == "__main__" else ("", "")
PATIENCE_S = 100
INTERRUPTED_AFTER_S = 5
SEEDS = 100           # of BROKEN, in profile net: one of them fails


def sim(*words, program=None, cwd=ROOT):
    """(exit status, stdout, stderr)"""
    done = subprocess.run([ROOT / "tools" / "sim", *words, "--program", program or PROGRAM],
                          capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd=cwd,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


class WithFolder(unittest.TestCase):
    def setUp(self):
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name)

    def tearDown(self):
        self._temporary.cleanup()


class Words(WithFolder):
    def refuses(self, words, *expected):
        status, out, err = sim(*words)
        self.assertEqual(status, 2, f"{words}: {out}{err}")
        self.assertEqual(out, "")
        self.assertEqual(len(err.splitlines()), 1, err)
        for text in expected:
            self.assertIn(text, err)

    def test_help_says_every_option_and_examples(self):
        status, out, _ = sim("--help")
        self.assertEqual(status, 0)
        source = (ROOT / "tests/sim/tool/options.py").read_text(encoding="utf-8")
        for option in re.findall(r'"(--[a-z-]+)"', source):
            self.assertIn(option, out)
        self.assertIn("examples:", out)
        self.assertIn("Exit: 0", out)

    def test_unknown_names_are_refused_with_all_that_are_known(self):
        self.refuses(["--profile", "storm"], "'storm'", "calm", "swarm")
        self.refuses(["--faults", "loss,fire"], "'fire'", "loss", "clock_drift", "none")
        self.refuses(["--faults", ""], "loss")
        self.refuses(["--faults", "loss,"], "loss")

    def test_topologies_that_cannot_be_are_refused(self):
        for nodes in ("1", "0", "6", "99", "-2", "two", "0x3", "2.0", ""):
            self.refuses(["--nodes", nodes], "--nodes", "2 ... 5")

    def test_lengths_that_cannot_be_are_refused(self):
        for hours in ("0", "-1", "0.0", "24.5", "1000000000", "nan", "inf", "1e3", "0x2", "ten"):
            self.refuses(["--hours", hours], "--hours", "at most 24")
        self.refuses(["--seconds", "0"], "--seconds", "at most 86,400")

    def test_counts_that_cannot_be_are_refused(self):
        for seeds in ("0", "-1", "1.5", "many", "99999999999999999999"):
            self.refuses(["--seeds", seeds], "--seeds", "whole number")
        self.refuses(["--seed", "0"], "--seed", "1 ...")

    def test_windows_that_cannot_be_are_refused(self):
        for window in ("5", "9:3", "3:3", "a:b", "-1:4", "0:60001"):
            self.refuses(["--seed", "1", "--window", window], "--window")

    def test_words_that_do_not_go_together_are_refused(self):
        self.refuses(["--seed", "1", "--seeds", "2"], "not allowed with")
        self.refuses(["--seeds", "2", "--trace", "x"], "--trace", "--seed")
        self.refuses(["--seeds", "2", "--timeline", "x"], "--timeline", "--seed")
        self.refuses(["--only", "x"], "--mutations")
        self.refuses(["--wat"], "--wat")

    def test_words_without_effect_are_refused(self):
        for words in (["--profile", "all"], ["--nodes", "2"], ["--faults", "all"], ["--hours", "1"],
                      ["--seconds", "1"], ["--window", "1:2"], ["--first", "2"], ["--stop"]):
            self.refuses(["--replay", "x", *words], words[0], "no effect", "--replay")
            self.refuses(["--diff", "x", "y", *words], words[0], "no effect", "--diff")
        self.refuses(["--seed", "1", "--stop"], "--stop", "--seed")
        self.refuses(["--mutations"], "--program", "--mutations")

    def test_a_file_is_not_written_over_what_is_read_or_written_besides(self):
        kept = self.folder / "kept"
        kept.write_text("kept", encoding="utf-8")
        (self.folder / "link").symlink_to(kept)
        new = self.folder / "new"
        for words in (["--replay", kept, "--trace", kept],
                      ["--replay", kept, "--timeline", self.folder / "link"],
                      ["--seed", "1", "--trace", new, "--timeline", f"{self.folder}/./new"]):
            self.refuses([str(word) for word in words], "same file", words[2])
        self.assertEqual(kept.read_text(encoding="utf-8"), "kept")
        self.assertFalse(new.exists())

    def test_files_that_cannot_be_written_are_refused(self):
        for option in ("--trace", "--timeline"):
            self.refuses(["--seed", "1", option, str(self.folder)], "cannot write")
            self.refuses(["--seed", "1", option, str(self.folder / "no" / "x")], "cannot write")
        self.refuses(["--seed", "1", "--seconds", "1", "--trace", "/dev/full"], "/dev/full")

    def test_a_program_that_is_none_is_refused(self):
        done = subprocess.run([ROOT / "tools" / "sim", "--program", "/dev/null"], check=False,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("expected a grafos-sim", done.stderr)

    def test_a_program_that_says_something_else_is_refused(self):
        listed = '{"profiles":["calm"],"faults":["loss"]}'
        old = subprocess.run([PROGRAM, "--seed", "1", "--length-ms", "100"], check=True, text=True,
                             capture_output=True).stdout.strip()
        for number, (choices, said, expected) in enumerate((
                ("{}", "", "--list"), ("7", "", "--list"), ("no", "", "not grafos-sim"),
                (listed, "no", "its JSON"), (listed, "7", "its JSON"), (listed, "{}", "'plan'"),
                (listed, old.replace('"asked"', '"said"'), "'asked'"),
                (listed, old.replace('"operations":', '"operations":"x","o":'), "'operations'"))):
            program = self.folder / f"program{number}"
            program.write_text(f"#!/bin/sh\ncase $1 in --list) echo {shlex.quote(choices)};; "
                               f"*) echo {shlex.quote(said)};; esac\n", encoding="utf-8")
            program.chmod(0o755)
            for words in (["--seed", "1"], ["--seeds", "3"]):
                status, _, err = sim(*words, program=str(program))
                self.assertEqual((status, len(err.splitlines())), (2, 1), err)
                self.assertIn(expected, err)

    def test_an_error_is_json_where_json_is_wanted(self):
        status, out, err = sim("--nodes", "7", "--json")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("2 ... 5", json.loads(err)["error"]["why"])

    def test_the_program_refuses_by_itself_too(self):
        for words in (["--nodes", "1"], ["--faults", "fire"], ["--profile", "storm"],
                      ["--length-ms", "0"], ["--seed", "0"], ["--from-ms", "70000"],
                      ["--count", "2", "--trace", "x"], ["--trace", str(self.folder)]):
            done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertNotEqual(done.stderr, "")


class Runs(WithFolder):
    def test_many_seeds_are_summed_by_profile(self):
        status, out, err = sim("--seeds", "8", "--seconds", "5", "--json")
        self.assertEqual(status, 0, err)
        told = json.loads(out)
        self.assertEqual((told["good"], told["seeds"], told["failed"]), (True, 8, []))
        self.assertEqual(sum(one["seeds"] for one in told["profiles"].values()), 8)
        self.assertEqual(len(told["profiles"]), 8)
        for name in ("simulated_ms", "operations", "leases", "cpu_s"):
            self.assertGreater(told[name], 0)
            self.assertAlmostEqual(told[name], sum(one[name] for one in told["profiles"].values()), 1)
        self.assertRegex(err, r"all held: 8 seeds, .* simulated in .* \(×[\d,]+\); "
                              r"a second: [\d.,MG ]+ operations, [\d.,MG ]+ faults, [\d.,MG ]+ checks")
        self.assertIn("profile", err)

    def test_one_profile_alone_has_its_faults_alone(self):
        status, out, _ = sim("--seeds", "4", "--seconds", "10", "--profile", "clock", "--json")
        told = json.loads(out)
        self.assertEqual((status, list(told["profiles"])), (0, ["clock"]))
        self.assertTrue(all(kind.startswith("clock_") for kind in told["fault_counts"]))

    def test_without_faults_there_are_none(self):
        status, out, _ = sim("--seed", "7", "--seconds", "5", "--faults", "none", "--json")
        self.assertEqual((status, json.loads(out)["outcome"]["fault_counts"]), (0, {}))

    def test_faults_that_stay_off_though_asked_for_are_said(self):
        note = "of the faults asked for"
        for words, expected in (
                (["--seed", "7", "--profile", "calm", "--faults", "loss"],
                 "seed 7 in profile calm switches on: none"),
                (["--seeds", "2", "--profile", "calm", "--faults", "loss"], "switch on: none"),
                (["--seed", "7", "--profile", "net", "--faults", "loss,crash"], "switches on: loss")):
            status, out, err = sim(*words, "--seconds", "1")
            self.assertEqual((status, err.splitlines()[-1].startswith(note)), (0, True), err)
            self.assertIn(expected, err)
            self.assertNotIn(note, out)
        self.assertEqual(sim("--seed", "7", "--profile", "net", "--faults", "loss", "--seconds", "1")[2],
                         "")

    def test_the_examples_of_the_help_have_the_faults_that_they_name(self):
        example = re.search(r"tools/sim (--seed \d+ --faults (\S+))", sim("--help")[1])
        _, out, _ = sim(*example[1].split(), "--json")
        self.assertEqual(json.loads(out)["outcome"]["faults_on"], example[2])

    def test_nodes_are_as_many_as_asked(self):
        for nodes in (2, 5):
            _, out, _ = sim("--seed", "3", "--seconds", "1", "--nodes", str(nodes), "--json")
            self.assertEqual(json.loads(out)["outcome"]["nodes"], nodes)

    def test_an_interrupt_prints_the_sum_so_far(self):
        process = subprocess.Popen([ROOT / "tools" / "sim", "--long", "--seconds", "1", "--program",
                                    PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, start_new_session=True)
        time.sleep(INTERRUPTED_AFTER_S)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, err)
        self.assertRegex(out, r"all held: stopped; [\d,]+ seeds?, .* simulated in")


class Traces(WithFolder):
    def trace(self, name, *words):
        path = self.folder / name
        status, out, err = sim("--seconds", "3", *words, "--trace", str(path))
        self.assertEqual(status, 0, out + err)
        return path

    def test_the_same_seed_gives_the_same_events_twice_and_another_seed_others(self):
        one, again = self.trace("one", "--seed", "7"), self.trace("again", "--seed", "7")
        self.assertEqual(one.read_bytes(), again.read_bytes())
        self.assertEqual(sim("--diff", str(one), str(again))[0], 0)
        other = self.trace("other", "--seed", "15")
        status, out, _ = sim("--diff", str(one), str(other))
        self.assertEqual(status, 1)
        self.assertIn("the first event that does", out)

    def test_every_line_is_an_event_in_words(self):
        lines = [json.loads(line) for line in
                 self.trace("one", "--seed", "7").read_text(encoding="utf-8").splitlines()]
        self.assertEqual(lines[0]["grafos_trace"], 1)
        self.assertIn("outcome", lines[-1])
        events = lines[1:-1]
        self.assertEqual([event["n"] for event in events], list(range(1, len(events) + 1)))
        self.assertTrue(all(event["text"] for event in events))
        self.assertFalse([event for event in events if "unnamed" in event.values()])
        self.assertTrue({"sent", "delivered", "program", "anchored", "write_started"}
                        <= {event["what"] for event in events})

    def test_a_trace_is_replayed_and_a_changed_byte_is_found(self):
        path = self.trace("one", "--seed", "7", "--nodes", "3")
        self.assertEqual(sim("--replay", str(path))[0], 0)
        text = path.read_text(encoding="utf-8")
        place = text.index('"sum":"', len(text) // 2) + 7
        changed = text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1:]
        path.write_text(changed, encoding="utf-8")
        status, out, _ = sim("--replay", str(path))
        self.assertEqual(status, 1, out)
        self.assertIn("the traces differ", out)
        self.assertRegex(out, r'differs in "sum": "[0-9a-f]{8}" and "[0-9a-f]{8}"')

    def test_a_changed_outcome_is_found(self):
        path = self.trace("one", "--seed", "7")
        text = path.read_text(encoding="utf-8")
        self.assertFalse([line for line in text.splitlines() if " none " in line])
        other = self.folder / "other"
        other.write_text(text.replace('"good":true', '"good":false'), encoding="utf-8")
        for words in (["--replay", str(other)], ["--diff", str(other), str(path)]):
            status, out, _ = sim(*words)
            self.assertEqual(status, 1, out)
            self.assertIn('differs in "good": false and true', out)

    def test_what_is_no_trace_is_refused(self):
        good = self.trace("good", "--seed", "7").read_text(encoding="utf-8").splitlines(True)
        for name, text, expected in (
                ("empty", "", "empty"), ("noise", "\x00\xff", "not JSON"), ("list", "[]\n", "object"),
                ("other", '{"a":1}\n', "not a trace"), ("bare", '{"grafos_trace":1}\n', "missing"),
                ("cut", "".join(good[:-1]), "is cut"), ("torn", "".join(good)[:-9], "not JSON"),
                ("alien", good[0] + '{"a":1}\n' + good[-1], "not an event"),
                ("more", "".join(good) + good[1], "behind the outcome"),
                ("plan", good[0].replace('"plan":', '"plan":7,"p":'), "1: "),
                ("length", good[0].replace('"length_ms":', '"length_ms":"x","l":'), "'length_ms'"),
                ("time", good[0] + good[1].replace('"at":', '"at":"x","a":'), "not an event"),
                ("huge", good[0] + good[1].replace('"at":', '"at":1' + "0" * 400 + ',"a":'),
                 "not an event"),
                ("end", good[0] + '{"outcome":7}\n', "not an outcome"),
                ("deep", good[0] + "[" * 99_999 + "\n", "not JSON")):
            path = self.folder / name
            path.write_text(text, encoding="utf-8")
            for words in (["--diff", str(path), str(self.folder / "good")],
                          ["--replay", str(path)]):
                status, out, err = sim(*words)
                self.assertEqual(status, 2, f"{name}: {out}{err}")
                self.assertIn(expected, err)
                self.assertIn("grafos_trace", err)
        (self.folder / "bytes").write_bytes(b"\xff\xfe" * 40)
        self.assertEqual(sim("--replay", str(self.folder / "bytes"))[0], 2)
        self.assertEqual(sim("--replay", str(self.folder))[0], 2)
        self.assertEqual(sim("--replay", str(self.folder / "nowhere"))[0], 2)


class Failures(WithFolder):
    """With a bug in it: a holder uses a lease half as long again."""

    @classmethod
    def setUpClass(cls):
        """A seed that fails, and with more than one kind of fault, so that some can be left out."""
        runs = subprocess.Popen([BROKEN, "--profile", "net", "--count", str(SEEDS)],
                                stdout=subprocess.PIPE, text=True)
        for line in runs.stdout:
            outcome = json.loads(line)
            if not outcome["good"] and len(outcome["fault_counts"]) > 1:
                cls.outcome = outcome
                runs.kill()
                break
        runs.communicate()

    def test_a_failure_says_what_broke_what_came_before_and_the_command_that_has_it_again(self):
        seed = self.outcome["plan"]["seed"]
        status, out, _ = sim("--seeds", "2", "--first", str(seed), "--profile", "net", "--stop",
                             program=BROKEN)
        self.assertEqual(status, 1, out)
        self.assertRegex(out, rf"FAILED  seed {seed}, profile net, \d nodes, after [\d.]+ s")
        self.assertRegex(out, r"broken    [a-z-]+: .{10,}")
        events = re.findall(r"^ +[\d.]+ s  .+", out, re.M)
        self.assertEqual(len(events), 20)
        self.assertTrue(any("program" in event for event in events))
        command = shlex.split(re.search(r"^  again +(.*)$", out, re.M)[1])
        self.assertEqual(command[0], "tools/sim")
        again = subprocess.run([ROOT / command[0], *command[1:], "--json"], capture_output=True,
                               text=True, check=False)
        told = json.loads(again.stdout)
        self.assertEqual((again.returncode, told["good"]), (1, False))
        self.assertIn(told["outcome"]["failure"], out)
        self.assertTrue(told["failure"]["is_same_again"])
        self.assertEqual(len(told["failure"]["last_events"]), 20)

    def test_it_is_made_smaller_and_still_fails_alike(self):
        picture = self.folder / "run.svg"
        status, out, err = sim("--seed", str(self.outcome["plan"]["seed"]), "--profile", "net", "--shrink", "--json",
                               "--timeline", str(picture), program=BROKEN)
        self.assertEqual(status, 1, err)
        told = json.loads(out)
        before, after = told["failure"], told["shrunk"]["outcome"]
        self.assertEqual(after["oracle"], before["oracle"])
        self.assertLess(len(after["fault_counts"]), len(before["fault_counts"]))
        self.assertLess(after["plan"]["length_ms"], 60_000)
        self.assertLessEqual(after["nodes"], before["nodes"])
        command = shlex.split(told["shrunk"]["command"])
        again = subprocess.run([ROOT / command[0], *command[1:], "--json"], capture_output=True,
                               text=True, check=False)
        self.assertEqual(json.loads(again.stdout)["outcome"]["trace"], after["trace"])
        self.check_picture(picture, after, told["shrunk"]["command"])

    def check_picture(self, path, outcome, command):
        root = xml.etree.ElementTree.parse(path).getroot()
        words = [element.text for element in root.iter(f"{SVG}text")]
        for name in ("east", "west"):
            self.assertIn(name, words)
        self.assertTrue(any(outcome["failure"] in text for text in words))
        self.assertIn(command, words)
        self.assertIn(BROKEN, command)
        classes = [element.get("class") or "" for element in root.iter()]
        self.assertEqual(classes.count("fail"), 2, "the line, and its place in the legend")
        self.assertTrue(any(name.startswith("bar") for name in classes))
        self.assertLess(path.stat().st_size, 2_000_000)

    def test_a_run_that_kills_the_program_is_a_failure_of_its_seed(self):
        killer = self.folder / "killer"
        killer.write_text(f'#!/bin/sh\ncase "$*" in --list) exec {shlex.quote(PROGRAM)} --list;; '
                          f'*"--seed 3 "*) kill -SEGV $$;; esac\n'
                          f'exec {shlex.quote(PROGRAM)} "$@" --stop\n', encoding="utf-8")
        killer.chmod(0o755)
        status, out, _ = sim("--seeds", "1", "--first", "3", "--seconds", "1", program=str(killer))
        self.assertEqual(status, 1, out)
        self.assertRegex(out, r"crash: the process died: killed by SIGSEGV")


class Pictures(WithFolder):
    def test_a_run_is_drawn_with_all_its_machines(self):
        for nodes in (2, 5):
            path = self.folder / f"{nodes}.svg"
            status, out, err = sim("--seed", "15", "--nodes", str(nodes), "--timeline", str(path))
            self.assertEqual(status, 0, out + err)
            root = xml.etree.ElementTree.parse(path).getroot()
            names = [element.text for element in root.iter(f"{SVG}text")
                     if element.get("class") == "name"]
            self.assertEqual(len(names), nodes + 2)
            titles = [element.text for element in root.iter(f"{SVG}title")]
            self.assertTrue(any(title.startswith("lease ") for title in titles))
            self.assertTrue(any("loses power" in title for title in titles))
            self.assertTrue(any("is lost" in title for title in titles))
            self.assertLess(path.stat().st_size, 2_000_000)


if __name__ == "__main__":
    unittest.main()
