# SPDX-License-Identifier: BSL-1.0
"""Drives one cluster from its start to its end, over whoever runs the processes (`local.py`, `on_ray.py`)."""
from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .child import Program
from .lifecycle import LOST, Command, Exit, Failure, GiveAddresses, Lifecycle, Limits, Send, Start, State
from .output import LineSink, OnLine, Output


class Supervisor(Protocol):
    """Runs one process of the flow, somewhere. A new one is made for each process of each run."""

    async def start(self, program: Program, process: int, cluster: str, secret: str) -> Exit | None:
        """None when the program has been started, otherwise why it has not."""

    async def announced(self) -> str | None:
        """Where it listens; None when it has ended before it said so."""

    async def give_addresses(self, addresses: Sequence[str]) -> None: ...

    async def send(self, number: int) -> None: ...

    async def ended(self) -> Exit: ...

    async def discard(self) -> None:
        """Gives back what the supervisor holds. Its process has ended, or is ended by this."""


class Backend(Protocol):
    async def open(self) -> None:
        """Finds the places for the processes."""

    async def close(self) -> None: ...

    def supervisor(self, process: int, lines: LineSink) -> Supervisor: ...


@dataclass(frozen=True)
class Result:
    """How a cluster has ended."""

    #: The exit status for the whole: 0, or that of the process that the others failed because of.
    status: int
    #: The exits of the processes of the last run, in the order of their numbers.
    exits: tuple[Exit | None, ...]
    #: How often all were started again.
    restarts: int
    failure: Failure | None

    @property
    def last_lines(self) -> tuple[tuple[str, ...], ...]:
        """What each process printed last, in the order of their numbers."""
        return tuple(() if each is None else each.last_lines for each in self.exits)


class Cluster:
    """`run` returns when all is over. `stop` may be called meanwhile, on the same event loop."""

    def __init__(self, backend: Backend, program: Program, processes: int, limits: Limits, on_line: OnLine,
                 report: Callable[[str], None], name: str | None = None) -> None:
        """`report` takes sentences for the person who waits. The name of the cluster is made up when it is not given."""
        self.lifecycle = Lifecycle(processes, limits)
        self._backend = backend
        self._program = program
        self._output = Output(on_line, self._give_up)
        self._report = report
        self._name = name or f"leat-{secrets.token_hex(8)}"
        self._secret = ""
        self._asked_to_stop = asyncio.Event()
        self._not_taken: Exception | None = None
        self._supervisors: dict[int, Supervisor] = {}
        self._happened: asyncio.Queue[Callable[[], list[Command]]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> Result:
        """Raises what the backend raises when it finds no places, and what `on_line` has raised."""
        try:
            if await self._found_places():
                await self._go_through()
        finally:
            await self._discard_all()
            await self._backend.close()
            if not await self._output.close():
                self._report("the last of the output has not been taken by who reads it")
        if self._not_taken is not None:
            raise self._not_taken
        return Result(self.lifecycle.status, tuple(map(self.lifecycle.exit_of, range(self.lifecycle.processes))),
                      self.lifecycle.restarts, self.lifecycle.failure)

    async def _found_places(self) -> bool:
        """False when it has been asked to stop meanwhile."""
        opening = asyncio.ensure_future(self._backend.open())
        asked = asyncio.ensure_future(self._asked_to_stop.wait())
        await asyncio.wait((opening, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if opening.done():
            await opening  # which raises what it has raised
        else:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
        if self._asked_to_stop.is_set():
            self.lifecycle.stop(time.monotonic())
            self._report("it was told to stop before its processes were started")
        return not self.lifecycle.over

    async def _go_through(self) -> None:
        state = self.lifecycle.state
        await self._do(self.lifecycle.begin(time.monotonic()))
        while not self.lifecycle.over:
            await self._do(await self._next())
            if self.lifecycle.state is not state:
                state = self.lifecycle.state
                self._tell(state)

    def stop(self, at_once: bool = False) -> None:
        """In order: each process finishes what it has begun. Or at once, and then whoever reads the output is waited for no
        longer."""
        self._asked_to_stop.set()
        if at_once:
            self._output.hurry()
        self._happened.put_nowait(lambda: self.lifecycle.stop(time.monotonic(), at_once))

    async def _next(self) -> list[Command]:
        deadline = self.lifecycle.deadline
        wait = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            happened = await asyncio.wait_for(self._happened.get(), wait)
        except asyncio.TimeoutError:
            return self.lifecycle.look(time.monotonic())
        return happened()

    async def _do(self, commands: Sequence[Command]) -> None:
        if any(isinstance(each, Start) for each in commands):
            await self._discard_all()
            self._secret = secrets.token_hex(32)  # of this run: who is left of an earlier one gets in nowhere
        for each in commands:
            if isinstance(each, Start):
                self._begin(each)
            elif isinstance(each, GiveAddresses):
                self._in_background(self._supervisors[each.process].give_addresses(each.addresses))
            elif isinstance(each, Send):
                self._in_background(self._supervisors[each.process].send(each.number))

    def _begin(self, command: Start) -> None:
        number = command.process
        supervisor = self._backend.supervisor(number, self._output.of(number))
        self._supervisors[number] = supervisor
        self._in_background(self._watch(supervisor, command))

    def _give_up(self, cause: Exception) -> None:
        """The first line that is not taken ends the cluster: its output is wanted no more."""
        self._not_taken = cause
        self.stop()

    async def _watch(self, supervisor: Supervisor, command: Start) -> None:
        number = command.process
        try:
            how = await supervisor.start(self._program, number, f"{self._name}/{command.run}", self._secret)
            if how is None:
                address = await supervisor.announced()
                if address is not None:
                    self._put(command, lambda: self.lifecycle.announced(number, address, time.monotonic()))
                how = await supervisor.ended()
        except Exception as cause:  # whoever watched it is gone
            how = Exit(LOST, str(cause), killed=True)
        ended = how
        self._put(command, lambda: self.lifecycle.ended(number, ended, time.monotonic()))

    def _put(self, of: Start, happened: Callable[[], list[Command]]) -> None:
        self._happened.put_nowait(lambda: happened() if of.run == self.lifecycle.run else [])

    def _in_background(self, work: Awaitable[None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except Exception:
                pass  # of a supervisor that is gone: `_watch` hears of that

        task = asyncio.ensure_future(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _discard_all(self) -> None:
        await asyncio.gather(*(each.discard() for each in self._supervisors.values()), return_exceptions=True)
        self._supervisors.clear()

    def _tell(self, state: State) -> None:
        failure = self.lifecycle.failure
        if state is State.RESTARTING and failure is not None:
            self._report(f"process {failure.process} failed ({failure.exit.sentence}); all are started again")
