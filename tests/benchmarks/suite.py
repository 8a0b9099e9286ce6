# SPDX-License-Identifier: BSL-1.0
"""What the benchmark suite makes of programs that play, end, err or say nothing; no time is measured: suite.py BENCHMARKS"""
import json
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

BENCHMARKS = Path(sys.argv.pop(1))
sys.path.insert(0, str(BENCHMARKS))

# pylint: disable=wrong-import-position
from suite import building, machine, report, rounds, workloads  # noqa: E402
from suite.player import Player, PlayerFailed  # noqa: E402

ROW = """
[row]
about = "a < b"
program = "program"
data = { kind = "random", distinct = 0, check = 1, quick = 20, full = 300 }
passes = { quick = 2 }
contenders = ["hand", "leat -w1"]
goals = [{ of = "leat -w1", to = ["hand"], at_most = 1.5 }, { of = "leat -w1", to = ["peer"], at_most = 0.5 }]
peers.other = { contenders = ["peer"], records = 30 }
"""


class Said:
    """Plays what it was given: seconds and results by contender, in turn."""

    def __init__(self, pid=0, **said):
        self.pid, self.said, self.asked = pid, said, []

    def round(self, contender):
        self.asked.append(contender)
        told = self.said[contender]
        return told.pop(0) if len(told) > 1 else told[0]


def seats(player, *contenders, records=1000):
    return [rounds.Seat(name, player, records) for name in contenders]


class Suite(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="leat suite ")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def rows(self, text=ROW):
        path = self.folder / "rows.toml"
        path.write_text(text, encoding="utf-8")
        return workloads.read(path)

    def player(self, body, *, patience=60):
        script = self.folder / "player.py"
        script.write_text(body, encoding="utf-8")
        player = Player([sys.executable, script], "row", self.folder, 3, patience)
        self.addCleanup(player.close)
        return player

    # --- the rows ---

    def test_the_rows_of_the_suite_are_sound(self):
        rows = workloads.read(BENCHMARKS / "workloads.toml")
        self.assertGreater(len(rows), 5)
        for row in rows.values():
            self.assertTrue((BENCHMARKS / f"{row.program}.cpp").exists(), row.name)
            self.assertLessEqual(set(row.peers), set(building.PEERS), row.name)

    def test_what_a_row_says(self):
        row = self.rows()["row"]
        data, passes = row.share("quick")
        self.assertEqual((data.name, passes), ("random-20-0", 2))
        # A slow peer goes once through as much as it can bear.
        data, passes = row.share("quick", 30)
        self.assertEqual((data.name, passes), ("random-20-0", 1))
        data, passes = row.share("full", 30)
        self.assertEqual((data.name, passes), ("random-30-0", 1))
        self.assertEqual(row.played_as, "row")

    def test_a_row_that_is_wrong_is_named(self):
        for changed, said in ((("about", "abuot"), "'abuot' is not known"),
                              (("{ quick = 2 }", "{ quik = 2 }"), "'quik' is not known"), (("quick = 20, ", ""), "'quick' is missing"),
                              (('of = "leat -w1"', 'of = "laet"'), "no contender is called 'laet'"),
                              (("[row]", "[row"), "rows.toml")):
            with self.subTest(said), self.assertRaises(workloads.BadWorkloads) as raised:
                self.rows(ROW.replace(*changed, 1))
            self.assertIn(said, str(raised.exception))

    # --- the programs ---

    def test_a_program_plays_what_it_is_asked(self):
        player = self.player("import sys\nprint('ready', flush=True)\n"
                             "for asked in sys.stdin: print('1.5', sys.argv[1] + '-' + asked.strip()[:4], flush=True)")
        self.assertEqual(player.round("hand, best"), (1.5, "row-hand"))
        self.assertEqual(player.round("leat -w1"), (1.5, "row-leat"))

    def test_a_program_that_fails_is_told_with_what_it_said(self):
        ready = "import sys\nprint('ready', flush=True)\n"
        for body, said in (("import sys\nsys.exit('no such data')", "no such data"),
                           ("print('hello', flush=True)", "did not say that it is ready"),
                           (ready + "sys.stdin.readline()\nsys.exit('ran out')", "ran out"),
                           (ready + "sys.stdin.readline()\nprint('soon', flush=True)\nsys.stdin.read()", "said 'soon'"),
                           (ready + "sys.stdin.read()", "said nothing for 1 s")):
            with self.subTest(said), self.assertRaises(PlayerFailed) as raised:
                self.player(body, patience=1 if "nothing" in said else 60).round("hand")
            self.assertIn(said, str(raised.exception))

    # --- the rounds ---

    def test_a_result_that_differs_is_no_result(self):
        player = Said(hand=[(1, "a")], leat=[(1, "a"), (1, "a"), (1, "b")])
        with self.assertRaises(rounds.WrongResult) as raised:
            rounds.measure(self.rows()["row"], seats(player, "hand", "leat"), 5, watch_others=False)
        self.assertEqual(str(raised.exception), "row: 'leat' has the result b where 'hand' has a")

    def test_results_are_compared_among_those_on_the_same_records(self):
        player = Said(hand=[(1, "a")], few=[(1, "b")], peer=[(1, "c")])
        row = self.rows()["row"]
        two = seats(player, "hand") + seats(player, "few", records=10)
        rounds.check(row, two)
        with self.assertRaises(rounds.WrongResult):
            rounds.check(row, two + seats(player, "peer", records=10))

    def test_everybody_plays_in_turn_and_the_first_round_does_not_count(self):
        player = Said(hand=[(100, "a"), (2, "a"), (2, "a"), (4, "a")], leat=[(1, "a"), (3, "a"), (2, "a"), (2, "a")])
        result = rounds.measure(self.rows()["row"], seats(player, "hand", "leat"), 3, watch_others=False)
        self.assertEqual(player.asked, ["hand", "leat", "hand", "leat", "leat", "hand", "hand", "leat"])
        self.assertEqual(result.times["hand"].seconds, [2, 2, 4])
        self.assertEqual(result.times["hand"].nanoseconds, 2e6)
        self.assertEqual(result.ratio("leat", ("hand",)), (1, 0.5, 1.5))

    def test_a_ratio_is_of_single_records_and_to_the_fastest(self):
        player = Said(hand=[(8, "a")], better=[(4, "a")], few=[(1, "b")])
        result = rounds.measure(self.rows()["row"], seats(player, "hand", "better") + seats(player, "few", records=10),
                                1, watch_others=False)
        self.assertEqual(result.ratio("few", ("hand", "better"))[0], 25)

    def test_rounds_in_which_others_worked_are_repeated_and_many_are_too_many(self):
        foreign = []
        self.addCleanup(setattr, machine, "busy_seconds", machine.busy_seconds)
        self.addCleanup(setattr, machine, "used_seconds", machine.used_seconds)
        machine.used_seconds = lambda pids: 0
        machine.busy_seconds = lambda: foreign.pop(0) if foreign else 0
        player = Said(hand=[(1, "a")])
        # Two looks a round: the first is disturbed by a whole second.
        foreign[:] = [0, 1, 1, 1, 1, 1]
        result = rounds.measure(self.rows()["row"], seats(player, "hand"), 2)
        self.assertEqual((result.disturbed, result.loaded, len(result.times["hand"].seconds)), (1, False, 2))
        foreign[:] = [0, 1, 1, 2, 2, 3, 3, 4]
        result = rounds.measure(self.rows()["row"], seats(player, "hand"), 2)
        self.assertTrue(result.loaded)

    def test_own_processor_time_is_known(self):
        player = self.player("import sys, time\nprint('ready', flush=True)\nfor asked in sys.stdin:\n"
                             "  while time.process_time() < 0.5: pass\n  print('1 a', flush=True)")
        before, busy = machine.used_seconds([player.pid]), machine.busy_seconds()
        player.round("hand")
        self.assertGreaterEqual(machine.used_seconds([player.pid]) - before, 0.2)
        self.assertGreaterEqual(machine.busy_seconds() - busy, 0.2)
        self.assertEqual(machine.used_seconds([2 ** 30]), 0)

    # --- the reports ---

    def result(self, loaded=False):
        player = Said(hand=[(1, "a")], **{"leat -w1": [(2, "a")]})
        result = rounds.measure(self.rows()["row"], seats(player, "hand", "leat -w1"), 3, watch_others=False)
        result.loaded = loaded
        return result

    KNOWN = {"processor": "P", "cores": 2, "kernel": "6", "compiler": "g++", "flags": "-O2", "commit": "c", "rounds": 3}

    def test_the_table_shows_what_is_missed_and_leaves_out_goals_without_their_peer(self):
        table = report.markdown([self.result()], self.KNOWN)
        self.assertIn("| a < b | hand | 1,000 | 1,000,000 | 1.00 [1.00, 1.00] |  |", table)
        self.assertIn("|  | leat -w1 | 1,000 | 2,000,000 | 2.00 [2.00, 2.00] | **missed**: 2.00 of hand, goal 1.5 |", table)
        self.assertIn("not measured: the machine was loaded", report.markdown([self.result(True)], self.KNOWN))

    def test_a_goal_names_whom_it_is_compared_with(self):
        row = self.rows(ROW.replace('["hand", "leat -w1"]', '["hand", "better", "leat -w1"]')
                        .replace('to = ["hand"]', 'to = ["hand", "better"]'))["row"]
        player = Said(hand=[(2, "a")], better=[(1, "a")], **{"leat -w1": [(2, "a")]})
        result = rounds.measure(row, seats(player, *row.contenders), 1, watch_others=False)
        self.assertIn("**missed**: 2.00 of better, goal 1.5", report.markdown([result], self.KNOWN))

    def test_the_other_reports(self):
        told = json.loads(report.as_json([self.result()], self.KNOWN))
        self.assertEqual(told["results"][0]["contenders"]["leat -w1"], {"records": 1000, "seconds": [2, 2, 2]})
        picture = xml.etree.ElementTree.fromstring(report.svg([self.result(), self.result(True)]))
        texts = [node.text for node in picture.iter() if node.text and node.text.strip()]
        self.assertEqual(texts, ["a < b", "hand", "1.00", "leat -w1", "2.00"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
