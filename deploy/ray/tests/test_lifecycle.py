# SPDX-License-Identifier: BSL-1.0
"""The states of a cluster, without any process."""
import signal
import unittest

from leat_ray.lifecycle import LOST, OK, REFUSED, USAGE, USER_ERROR, Exit, GiveAddresses, Lifecycle, Limits, Send, Start, State

TERM, KILL = int(signal.SIGTERM), int(signal.SIGKILL)


def killed(number=KILL):
    return Exit(128 + number, "it was killed", killed=True)


def running(processes=3, **limits):
    cluster = Lifecycle(processes, Limits(**limits))
    cluster.begin(0)
    for number in range(processes):
        cluster.announced(number, f"host{number}:1", 0)
    return cluster


class Starting(unittest.TestCase):
    def test_all_are_started_and_told_of_each_other_once_all_have_said_where_they_listen(self):
        cluster = Lifecycle(2)
        self.assertEqual(cluster.begin(0), [Start(0, 1), Start(1, 1)])
        self.assertEqual(cluster.announced(1, "b:2", 1), [])
        self.assertEqual(cluster.waits_for(), [0])
        self.assertEqual(cluster.addresses, ())
        self.assertEqual(cluster.announced(0, "a:1", 2),
                         [GiveAddresses(0, ("a:1", "b:2")), GiveAddresses(1, ("a:1", "b:2"))])
        self.assertEqual((cluster.state, cluster.deadline), (State.RUNNING, None))

    def test_one_that_never_says_where_it_listens_is_the_failure(self):
        cluster = Lifecycle(2, Limits(announce=5))
        cluster.begin(10)
        cluster.announced(0, "a:1", 11)
        self.assertEqual(cluster.look(14.9), [])
        self.assertEqual(cluster.look(15), [Send(0, TERM), Send(1, TERM)])
        for number in (0, 1):
            cluster.ended(number, killed(TERM), 16)
        self.assertEqual((cluster.state, cluster.status, cluster.failure.process), (State.FAILED, LOST, 1))
        self.assertIn("has not said within 5 s", cluster.failure.exit.reason)

    def test_one_that_ends_before_it_listens_stops_the_others(self):
        for status, over in ((OK, State.DONE), (USAGE, State.FAILED)):
            cluster = Lifecycle(2)
            cluster.begin(0)
            self.assertEqual(cluster.ended(0, Exit(status), 1), [Send(1, TERM)])
            cluster.ended(1, killed(TERM), 2)
            self.assertEqual((cluster.state, cluster.status), (over, status))


class Ending(unittest.TestCase):
    def test_all_end_well(self):
        cluster = running()
        for number in (2, 0, 1):
            self.assertEqual(cluster.ended(number, Exit(OK), 1), [])
        self.assertEqual((cluster.state, cluster.status, cluster.failure), (State.DONE, OK, None))

    def test_the_others_are_stopped_in_order_and_then_killed(self):
        cluster = running(stop=10)
        self.assertEqual(cluster.ended(1, killed(), 100), [Send(0, TERM), Send(2, TERM)])
        cluster.ended(0, killed(TERM), 101)
        self.assertEqual(cluster.look(109), [])
        self.assertEqual(cluster.look(110), [Send(2, KILL)])
        self.assertFalse(cluster.over)
        cluster.ended(2, killed(KILL), 111)
        self.assertEqual((cluster.state, cluster.status, cluster.failure.process), (State.FAILED, 128 + KILL, 1))

    def test_the_cause_is_kept_in_whatever_order_the_ends_are_heard_of(self):
        for first, then, cause in ((Exit(LOST), killed(), 1), (killed(), Exit(LOST), 0), (Exit(LOST), Exit(USER_ERROR), 1),
                                   (Exit(USER_ERROR), killed(TERM), 0), (Exit(REFUSED), Exit(LOST), 0)):
            with self.subTest(first=first, then=then):
                cluster = running(2)
                cluster.ended(0, first, 1)
                cluster.ended(1, then, 1)
                self.assertEqual(cluster.failure.process, cause)

    def test_a_stop_that_is_asked_for_is_no_failure(self):
        cluster = running(2, restarts=5)
        self.assertEqual(cluster.stop(1), [Send(0, TERM), Send(1, TERM)])
        self.assertEqual(cluster.stop(1), [])
        cluster.ended(0, Exit(OK), 2)
        cluster.ended(1, killed(TERM), 2)  # before it had begun
        self.assertEqual((cluster.state, cluster.status), (State.DONE, OK))

    def test_a_stop_at_once(self):
        cluster = running(2)
        cluster.stop(1)
        self.assertEqual(cluster.stop(2, at_once=True), [Send(0, KILL), Send(1, KILL)])
        cluster.ended(0, Exit(OK), 3)
        cluster.ended(1, killed(KILL), 3)
        self.assertEqual((cluster.state, cluster.status), (State.FAILED, 128 + KILL))
        self.assertIn("did not end when it was told to", cluster.failure.exit.reason)

    def test_one_that_fails_while_it_is_stopped_has_failed(self):
        cluster = running(2, restarts=5)
        cluster.stop(1)
        cluster.ended(0, Exit(USER_ERROR), 2)
        cluster.ended(1, Exit(OK), 2)
        self.assertEqual((cluster.state, cluster.status), (State.FAILED, USER_ERROR))


class Restarting(unittest.TestCase):
    def fail(self, cluster, how, now):
        cluster.ended(0, how, now)
        cluster.ended(1, killed(TERM), now)

    def test_all_are_started_again_as_often_as_allowed_and_later_each_time(self):
        cluster = running(2, restarts=2, back_off=1)
        self.fail(cluster, killed(), 10)
        self.assertEqual((cluster.state, cluster.deadline), (State.RESTARTING, 11))
        self.assertEqual(cluster.look(10.5), [])
        self.assertEqual(cluster.look(11), [Start(0, 2), Start(1, 2)])
        self.assertEqual((cluster.addresses, cluster.failure), ((), None))
        self.fail(cluster, killed(), 20)
        self.assertEqual((cluster.state, cluster.deadline), (State.RESTARTING, 22))
        cluster.look(22)
        self.fail(cluster, killed(), 30)
        self.assertEqual((cluster.state, cluster.restarts, cluster.status), (State.FAILED, 2, 128 + KILL))

    def test_what_would_come_again_is_not_tried_again(self):
        for status in (USER_ERROR, USAGE, REFUSED):
            cluster = running(2, restarts=2)
            self.fail(cluster, Exit(status), 10)
            self.assertEqual((cluster.state, cluster.status), (State.FAILED, status))
        cluster = running(2, restarts=2)
        self.fail(cluster, Exit(LOST), 10)
        self.assertEqual(cluster.state, State.RESTARTING)

    def test_a_stop_while_it_waits_ends_it(self):
        cluster = running(2, restarts=2)
        self.fail(cluster, killed(), 10)
        self.assertEqual(cluster.stop(11), [])
        self.assertEqual((cluster.state, cluster.deadline), (State.FAILED, None))


if __name__ == "__main__":
    unittest.main()
