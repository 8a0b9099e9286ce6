# SPDX-License-Identifier: BSL-1.0
"""What a cluster of processes goes through: starting, running, stopping, starting again, and its end.

Nothing here starts a process, waits, or looks at a clock. Who does (`local.py`, `on_ray.py`) tells a Lifecycle what has
happened, and does what it answers. All processes live and die together: when one fails the others are stopped, and
either all are started again, or the cluster has failed.
"""
from __future__ import annotations

import signal
from dataclasses import dataclass, field
from enum import Enum
from typing import Union

OK = 0
USER_ERROR = 1
USAGE = 2
LOST = 75
REFUSED = 76


class State(Enum):
    STARTING = "starting"  #: some process has not said yet where it listens
    RUNNING = "running"
    STOPPING = "stopping"  #: some process still lives that was told to end
    RESTARTING = "restarting"  #: all have ended, and it is waited before they are started again
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Start:
    """Start this process, for the run of this number."""

    process: int
    run: int


@dataclass(frozen=True)
class GiveAddresses:
    """Tell this process where all of them listen, in the order of their numbers."""

    process: int
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Send:
    """Send this signal to this process."""

    process: int
    number: int


Command = Union[Start, GiveAddresses, Send]


@dataclass(frozen=True)
class Exit:
    """How a process ended: its exit status; or 128 and the number of the signal that ended it, with its name in
    `reason`; or, when whoever watched it is gone too, LOST and what is known of that."""

    status: int
    reason: str = ""
    #: The last lines that it printed.
    last_lines: tuple[str, ...] = ()
    #: It was not the process that ended it: it died of a signal, or its machine is gone.
    killed: bool = False

    @property
    def sentence(self) -> str:
        return self.reason or f"it ended with {self.status}"

    @property
    def may_be_restarted(self) -> bool:
        """Another try may end otherwise. A wrong argument or an error of the flow comes again."""
        return self.killed or self.status not in (OK, USER_ERROR, USAGE, REFUSED)


@dataclass(frozen=True)
class Failure:
    """The process that the others failed because of."""

    process: int
    run: int
    exit: Exit


@dataclass(frozen=True)
class Limits:
    """In seconds, but for the first."""

    restarts: int = 0
    #: From the start of a process until it has said where it listens.
    announce: float = 60.0
    #: From SIGTERM to SIGKILL.
    stop: float = 10.0
    #: Before the first restart. Each further one waits twice as long, at most a minute.
    back_off: float = 1.0


@dataclass
class _Process:
    alive: bool = False
    address: str | None = None
    exit: Exit | None = None
    #: The signals that were sent to it.
    sent: set[int] = field(default_factory=set)


@dataclass
class Lifecycle:
    """Call `begin` once, and then the methods for what happens; each returns what is to be done. `now` is in seconds, of
    any clock that does not go back. When `deadline` has come, call `look`."""

    processes: int
    limits: Limits = field(default_factory=Limits)
    state: State = field(default=State.STARTING, init=False)
    #: The number of the run under way, from 1.
    run: int = field(default=0, init=False)
    #: When `look` has something to do; None: never.
    deadline: float | None = field(default=None, init=False)
    #: What the last run failed of, if it did.
    failure: Failure | None = field(default=None, init=False)
    _all: list[_Process] = field(default_factory=list, init=False)
    _asked_to_stop: bool = field(default=False, init=False)

    @property
    def restarts(self) -> int:
        return max(0, self.run - 1)

    @property
    def over(self) -> bool:
        return self.state in (State.DONE, State.FAILED)

    @property
    def status(self) -> int:
        """The exit status of the cluster, once it is over."""
        return self.failure.exit.status if self.failure is not None else OK

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the processes listen; empty until all have said so."""
        known = tuple(each.address for each in self._all if each.address is not None)
        return known if len(known) == self.processes else ()

    def exit_of(self, process: int) -> Exit | None:
        """How this process of the last run ended; None while it lives."""
        return self._all[process].exit if self._all else None

    def waits_for(self) -> list[int]:
        """The processes that have not said yet where they listen."""
        return [number for number, each in enumerate(self._all) if each.alive and each.address is None]

    def begin(self, now: float) -> list[Command]:
        self.run += 1
        self.state = State.STARTING
        self.failure = None
        self._all = [_Process(alive=True) for _ in range(self.processes)]
        self.deadline = now + self.limits.announce
        return [Start(number, self.run) for number in range(self.processes)]

    def announced(self, process: int, address: str, now: float) -> list[Command]:
        """This process listens at this address, as the others reach it."""
        self._all[process].address = address
        if self.state is not State.STARTING or not self.addresses:
            return []
        self.state = State.RUNNING
        self.deadline = None
        return [GiveAddresses(number, self.addresses) for number in range(self.processes)]

    def ended(self, process: int, how: Exit, now: float) -> list[Command]:
        """This process has ended, or could not be started."""
        self._all[process].alive = False
        self._all[process].exit = how
        commands: list[Command] = []
        sent = self._all[process].sent
        if how.killed and how.status - 128 == signal.SIGKILL and signal.SIGKILL in sent:
            how = Exit(how.status, "it did not end when it was told to, and was killed", how.last_lines)
            self._all[process].exit = how
        if how.status != OK and not (how.killed and how.status - 128 in sent):
            self._note_failure(process, how)
        if how.status != OK or self.state is State.STARTING:
            commands = self._stop_all(now)
        if not any(each.alive for each in self._all):
            self._all_ended(now)
        return commands

    def stop(self, now: float, at_once: bool = False) -> list[Command]:
        """Ends the cluster for good: in order, or at once. Also before `begin`, which is not called then."""
        self._asked_to_stop = True
        if self.state is State.RESTARTING:
            self.state, self.deadline = State.FAILED, None
            return []
        if self.run == 0:  # nothing has begun
            self.state = State.DONE
            return []
        if self.over:
            return []
        return self._kill_all() if at_once else self._stop_all(now)

    def look(self, now: float) -> list[Command]:
        """When `deadline` has come."""
        if self.deadline is None or now < self.deadline:
            return []
        if self.state is State.STARTING:
            silent = self.waits_for()[0]
            seconds = f"{self.limits.announce:g}"
            self._note_failure(silent, Exit(LOST, f"it has not said within {seconds} s where it listens"))
            return self._stop_all(now)
        if self.state is State.STOPPING:
            return self._kill_all()
        if self.state is State.RESTARTING:
            return self.begin(now)
        return []

    def _note_failure(self, process: int, how: Exit) -> None:
        """Of several the cause is kept: those that only lost another process come after it, in whatever order they are
        heard of."""
        if self.failure is None or _rank(how) < _rank(self.failure.exit):
            self.failure = Failure(process, self.run, how)

    def _stop_all(self, now: float) -> list[Command]:
        if self.state is State.STOPPING:
            return []
        self.state = State.STOPPING
        self.deadline = now + self.limits.stop
        return self._send_all(int(signal.SIGTERM))

    def _kill_all(self) -> list[Command]:
        self.state = State.STOPPING
        self.deadline = None
        return self._send_all(int(signal.SIGKILL))

    def _send_all(self, number: int) -> list[Command]:
        alive = [process for process, each in enumerate(self._all) if each.alive]
        for process in alive:
            self._all[process].sent.add(number)
        return [Send(process, number) for process in alive]

    def _all_ended(self, now: float) -> None:
        self.deadline = None
        if self.failure is None:
            self.state = State.DONE
        elif self._asked_to_stop or self.restarts >= self.limits.restarts or not self.failure.exit.may_be_restarted:
            self.state = State.FAILED
        else:
            self.state = State.RESTARTING
            self.deadline = now + min(60.0, self.limits.back_off * 2**self.restarts)


def _rank(how: Exit) -> int:
    """The smaller, the nearer to the cause."""
    if how.killed:
        return 0
    return {USER_ERROR: 1, USAGE: 1, REFUSED: 2, LOST: 4, 128 + signal.SIGKILL: 5}.get(how.status, 3)
