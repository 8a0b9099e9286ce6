# SPDX-License-Identifier: BSL-1.0
"""What is said of a recovery directory, and how it is looked for, on this machine."""
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from leat_ray.recovery import Sight, directory_of, fault_of, look, mark, unmark  # noqa: E402


class WhichDirectory(unittest.TestCase):
    def test_as_the_program_is_told(self):
        for words, found in (("-r a", "a"), ("-ra", "a"), ("--recovery-directory a", "a"), ("--recovery-directory=a", "a"),
                             ("-w 2", None), ("-- -r a", None), ("-r a -r b", "b"), ("--rate 2", None), ("-r", None)):
            with self.subTest(words):
                self.assertEqual(directory_of(["./flow", *words.split()], {}), found)

    def test_or_by_the_environment(self):
        both = {"LEAT_RECOVERY_DIRECTORY": "a", "BYTEWAX_RECOVERY_DIRECTORY": "b"}
        self.assertEqual(directory_of(["./flow"], both), "a")
        self.assertEqual(directory_of(["./flow"], {"BYTEWAX_RECOVERY_DIRECTORY": "b", "LEAT_RECOVERY_DIRECTORY": ""}), "b")
        self.assertEqual(directory_of(["./flow", "-r", "c"], both), "c")


class WhatIsFound(unittest.TestCase):
    def test_a_directory_is_known_by_its_mark_which_does_not_stay(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            first, name = mark(one, "n0")
            self.assertEqual(first, Sight("n0", True, True))
            self.assertEqual(look(one, name, "n1"), Sight("n1", True, True))
            self.assertEqual(look(other, name, "n1"), Sight("n1", True, False))
            self.assertEqual(look(f"{one}/none", name, "n1"), Sight("n1", False, False))
            unmark(one, name)
            unmark(one, name)
            self.assertEqual(os.listdir(one), [])

    def test_one_that_cannot_be_marked(self):
        with tempfile.TemporaryDirectory() as one:
            first, _ = mark(f"{one}/none", "n0")
            self.assertEqual(first, Sight("n0", False))
        first, _ = mark("/proc/self", "n0")  # where nobody may make files
        self.assertTrue(first.there and first.trouble)


class WhatIsSaid(unittest.TestCase):
    def test_nothing_when_all_see_the_same_or_nobody_sees_one(self):
        self.assertIsNone(fault_of("d", [Sight("a", True, True), Sight("b", True, True)]))
        self.assertIsNone(fault_of("d", [Sight("a", False), Sight("b", False)]))

    def test_who_sees_another_and_what_to_do(self):
        said = fault_of("d", [Sight("a", True, True), Sight("b", True), Sight("c", False), Sight("a", True, True)])
        self.assertRegex(said, "^the recovery directory d is another one, or none, for process 1 on b and process 2 on c than "
                               "for process 0 on a: give -r a directory that all nodes share .*--strategy STRICT_PACK")

    def test_the_first_has_none(self):
        self.assertRegex(fault_of("d", [Sight("a", False), Sight("b", True)]),
                         "^the recovery directory d is not there for process 0 on a, though it is for others: give -r")

    def test_the_first_may_not_write(self):
        self.assertEqual(fault_of("d", [Sight("a", True, trouble="Read-only file system"), Sight("b", True)]),
                         "the recovery directory d cannot be written to on a, where process 0 runs: Read-only file system")


if __name__ == "__main__":
    unittest.main()
