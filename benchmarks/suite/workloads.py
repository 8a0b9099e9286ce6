# SPDX-License-Identifier: BSL-1.0
"""The rows of the suite, as workloads.toml says them."""
import tomllib
from dataclasses import dataclass, field

MODES = ("check", "quick", "full")


@dataclass(frozen=True)
class Data:
    """What `generate` is to write."""
    kind: str
    count: int
    distinct: int

    @property
    def name(self):
        return f"{self.kind}-{self.count}-{self.distinct}"


@dataclass(frozen=True)
class Goal:
    """`of` takes at most `at_most` times as long as the fastest of `to`."""
    of: str
    to: tuple
    at_most: float


@dataclass(frozen=True)
class Peer:
    contenders: tuple
    most_records: int | None


@dataclass(frozen=True)
class Workload:
    name: str
    about: str
    program: str
    played_as: str
    counts: dict
    passes_in: dict
    kind: str
    distinct: int
    contenders: tuple
    goals: tuple = ()
    peers: dict = field(default_factory=dict)

    def share(self, mode, most_records=None):
        """The data of a round and how often it goes through them, of no more records than that."""
        count, passes = self.counts[mode], self.passes_in.get(mode, 1)
        if most_records is not None and count * passes > most_records:
            count, passes = min(count, most_records), 1
        return Data(self.kind, count, self.distinct), passes


class BadWorkloads(Exception):
    """The file of the workloads says what it must not."""


def _known(table, keys, where):
    for key in table:
        if key not in keys:
            raise BadWorkloads(f"{where}: '{key}' is not known: {', '.join(sorted(keys))}")


def read(path):
    """The workloads by name, in the order of the file."""
    with open(path, "rb") as file:
        try:
            rows = tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise BadWorkloads(f"{path}: {error}") from error
    return {name: _workload(name, row, f"{path}: [{name}]") for name, row in rows.items()}


def _workload(name, row, where):
    _known(row, {"about", "program", "workload", "data", "passes", "contenders", "goals", "peers"}, where)
    for key in ("about", "program", "data", "contenders"):
        if key not in row:
            raise BadWorkloads(f"{where}: '{key}' is missing")
    _known(row.get("passes", {}), MODES, f"{where} passes")
    data = row["data"]
    _known(data, {"kind", "distinct", *MODES}, f"{where} data")
    for key in ("kind", "distinct", *MODES):
        if key not in data:
            raise BadWorkloads(f"{where} data: '{key}' is missing")
    peers = {}
    for peer, what in row.get("peers", {}).items():
        _known(what, {"contenders", "records"}, f"{where} peers.{peer}")
        peers[peer] = Peer(tuple(what["contenders"]), what.get("records"))
    known = {*row["contenders"], *(c for peer in peers.values() for c in peer.contenders)}
    goals = []
    for goal in row.get("goals", []):
        _known(goal, {"of", "to", "at_most"}, f"{where} goals")
        for contender in (goal["of"], *goal["to"]):
            if contender not in known:
                raise BadWorkloads(f"{where} goals: no contender is called '{contender}'")
        goals.append(Goal(goal["of"], tuple(goal["to"]), goal["at_most"]))
    return Workload(name, row["about"], row["program"], row.get("workload", name), {m: data[m] for m in MODES},
                    row.get("passes", {}), data["kind"], data["distinct"], tuple(row["contenders"]), tuple(goals), peers)
