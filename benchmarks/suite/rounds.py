# SPDX-License-Identifier: BSL-1.0
"""Playing a workload: all contenders in turn, round after round, results compared, disturbed rounds repeated."""
import statistics
import time
from dataclasses import dataclass, field

from . import machine

# A round counts when others used less of the processors than this share of one, or three ticks of the clock.
MOST_OF_OTHERS = 0.15
TICKS_OF_GRACE = 3


class WrongResult(Exception):
    """Two contenders do not agree."""


@dataclass
class Times:
    """What one contender took, round by round, for each record."""
    contender: str
    records: int
    seconds: list = field(default_factory=list)

    @property
    def nanoseconds(self):
        return statistics.median(self.seconds) * 1e9 / self.records

    def ratios(self, other):
        """Its time beside that of `other`, taken round by round, both for a record."""
        return [(mine / self.records) / (theirs / other.records)
                for mine, theirs in zip(self.seconds, other.seconds)]


@dataclass
class Result:
    workload: object
    times: dict
    disturbed: int = 0     # rounds that were repeated
    loaded: bool = False   # so many that nothing can be said

    def fastest(self, names):
        return min(names, key=lambda name: self.times[name].nanoseconds)

    def ratio(self, of, to):
        """Median, least and greatest, beside the fastest of `to`."""
        ratios = self.times[of].ratios(self.times[self.fastest(to)])
        return statistics.median(ratios), min(ratios), max(ratios)


@dataclass
class Seat:
    """A contender, the process that plays it, and how many records a round of it has. `asked`: what the process knows
    it by, where that is something else."""
    contender: str
    player: object
    records: int
    asked: str = ""

    def round(self):
        return self.player.round(self.asked or self.contender)


def _agree(workload, seats, results):
    """All that were played on the same records have the same result. The first on them is the measure."""
    expected = {}
    for seat in seats:
        first, result = expected.setdefault(seat.records, (seat.contender, results[seat.contender]))
        if results[seat.contender] != result:
            raise WrongResult(f"{workload.name}: '{seat.contender}' has the result {results[seat.contender]} where "
                              f"'{first}' has {result}")


def _disturbed(seats, begin, busy, used):
    wall = time.monotonic() - begin
    others = (machine.busy_seconds() - busy) - (machine.used_seconds({seat.player.pid for seat in seats}) - used)
    return others > max(MOST_OF_OTHERS * wall, TICKS_OF_GRACE / machine.TICKS)


def check(workload, seats):
    """One round of each. Raises WrongResult where they do not agree."""
    _agree(workload, seats, {seat.contender: seat.round()[1] for seat in seats})


def measure(workload, seats, rounds, watch_others=True):
    """One round of each to warm up, then `rounds` that count."""
    check(workload, seats)
    times = {seat.contender: Times(seat.contender, seat.records) for seat in seats}
    result = Result(workload, times)
    played = 0
    while played != rounds:
        taken = {}
        results = {}
        begin, busy = time.monotonic(), machine.busy_seconds()
        used = machine.used_seconds({seat.player.pid for seat in seats})
        # Nobody is always behind the same one.
        for seat in seats[played % len(seats):] + seats[:played % len(seats)]:
            taken[seat.contender], results[seat.contender] = seat.round()
        _agree(workload, seats, results)
        if watch_others and _disturbed(seats, begin, busy, used):
            result.disturbed += 1
            if result.disturbed > rounds:
                result.loaded = True
                return result
            continue
        for contender, seconds in taken.items():
            times[contender].seconds.append(seconds)
        played += 1
    return result
