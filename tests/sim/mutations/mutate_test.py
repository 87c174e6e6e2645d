# SPDX-License-Identifier: Apache-2.0
"""The runner's own rules: edits that no longer apply, tables and words that are not accepted, and
when a set of results is not as it must be. Builds nothing.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import mutate  # noqa: E402
import workshop  # noqa: E402

ROW = """
[[mutation]]
name = "one"
breaks = "something"
rule = "§1"
oracles = ["{oracle}"]
file = "{file}"
before = "a < b"
after = "a <= b"
"""


def written(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".toml", delete=False)
    file.write(text)
    file.close()
    return file.name


def result(name, oracle="chain", green=True, problem=None):
    return {"name": name, "oracle": oracle, "expected": ["chain"], "problem": problem,
            "profile": "all", "others": {}, "unit": {"green": green, "failed": []}}


class Edits(unittest.TestCase):
    def test_the_one_text_is_replaced(self):
        self.assertEqual(workshop.apply("x a < b y", "a < b", "a <= b", "f"), "x a <= b y")

    def test_a_text_that_is_gone_or_there_twice_is_stale(self):
        for text in ("x", "a < b a < b"):
            with self.assertRaisesRegex(workshop.Stale, "edit stale: f .* a < b"):
                workshop.apply(text, "a < b", "a <= b", "f")

    def test_an_edit_that_changes_nothing_is_stale(self):
        with self.assertRaisesRegex(workshop.Stale, "the same"):
            workshop.apply("a < b", "a < b", "a < b", "f")

    def test_every_edit_of_the_table_applies(self):
        shop = workshop.Workshop.__new__(workshop.Workshop)
        shop.root = mutate.ROOT
        rows = mutate.read_table(os.path.join(HERE, "table.toml"))
        self.assertGreaterEqual(len(rows), mutate.MUTATIONS_LEAST)
        for row in rows:
            with self.subTest(row["name"]), tempfile.TemporaryDirectory() as place:
                self.assertTrue(shop.edit(row["edit"], place))

    def test_an_archives_own_member_is_seen_in_a_map(self):
        path = written("x\nlibgrafos_core_lease.a(lessor.cpp.o)\n")
        with self.assertRaisesRegex(workshop.Broken, "linked too"):
            workshop.Workshop.check_map(path, {"libgrafos_core_lease.a(lessor.cpp.o)": "lessor"})
        workshop.Workshop.check_map(path, {"libgrafos_core_lease.a(table.cpp.o)": "table"})


class Tables(unittest.TestCase):
    def test_an_oracle_that_nobody_knows_is_refused_with_those_that_there_are(self):
        with self.assertRaisesRegex(mutate.Refused, "at-most-once"):
            mutate.read_table(written(ROW.format(oracle="luck", file="x")))

    def test_a_name_twice_is_refused(self):
        row = ROW.format(oracle="chain", file="x")
        with self.assertRaisesRegex(mutate.Refused, "twice"):
            mutate.read_table(written(row + row))

    def test_what_is_no_table_is_refused(self):
        for text in ("[[mutation]", "", "[[mutation]]\nname = \"one\"\n"):
            with self.assertRaises(mutate.Refused):
                mutate.read_table(written(text))

    def test_words_that_are_not_accepted_end_with_2(self):
        for words in (["--only", "luck"], ["--seeds", "0"], ["--no-sim", "--no-unit"], ["--luck"],
                      ["--table", "/nowhere"]):
            done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "mutate.py"), *words],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr)


class Outcomes(unittest.TestCase):
    def problems(self, results, only=()):
        return mutate.problems_of(results, argparse.Namespace(sim=True, unit=True, only=only))

    def test_all_found_and_half_of_them_unnoticed_by_unit_tests_is_good(self):
        results = [result(f"m{i}", green=i % 2 == 0) for i in range(26)]
        self.assertEqual(self.problems(results), [])

    def test_each_way_to_be_bad_is_said(self):
        many = [result(f"m{i}") for i in range(25)]
        lost = many + [result("lost", oracle=None)]
        self.assertIn("lost: not found by chain", self.problems(lost)[0])
        stale = many + [result("stale", oracle=None, problem="edit stale: x")]
        self.assertIn("stale: edit stale: x", self.problems(stale)[0])
        self.assertIn("expected at least 25", self.problems(many[1:])[0])
        red = [result(f"m{i}", green=i < 12) for i in range(25)]
        self.assertIn("12 of 25 leave the unit tests green", self.problems(red)[0])

    def test_one_alone_need_not_be_many(self):
        self.assertEqual(self.problems([result("m", green=False)], only=["m"]), [])


if __name__ == "__main__":
    unittest.main()
