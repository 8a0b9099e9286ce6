# SPDX-License-Identifier: BSL-1.0
"""Lines on their way from a process to who reads them. Whoever reads slowly holds the processes back: so many bytes are
kept, then nothing more is taken from a process's pipe, and it waits there when it prints. No line is lost."""
from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Protocol

#: Bytes of lines that are kept for who reads, in the launcher and in each actor.
MOST_KEPT = 4 << 20
#: What a line costs besides its bytes.
_BESIDE = 128

#: (process, "stdout" or "stderr", the line without its newline)
OnLine = Callable[[int, str, bytes], None]


class LineSink(Protocol):
    """Takes the lines of one process, on an event loop."""

    def put(self, name: str, line: bytes) -> None:
        """"stdout" or "stderr", and a line without its newline."""

    async def room(self) -> None:
        """Returns when more may be put."""


class Kept:
    """How many bytes are kept. On one event loop."""

    def __init__(self) -> None:
        self._bytes = 0
        self._below = asyncio.Event()
        self._below.set()
        self._bounded = True

    def add(self, line: bytes) -> int:
        """What the line costs, to be given back."""
        cost = len(line) + _BESIDE
        self._bytes += cost
        if self._bounded and self._bytes >= MOST_KEPT:
            self._below.clear()
        return cost

    def give_back(self, cost: int) -> None:
        self._bytes -= cost
        if self._bytes < MOST_KEPT:
            self._below.set()

    def lift(self) -> None:
        """There is always room from now on: what is still to come ends."""
        self._bounded = False
        self._below.set()

    async def room(self) -> None:
        await self._below.wait()


class Output:
    """Calls `on_line` for each line, on a thread of its own, so that a reader that is slow, or has stopped, holds up the
    processes and not the launcher."""

    def __init__(self, on_line: OnLine, not_taken: Callable[[Exception], None]) -> None:
        """`not_taken` is told on the event loop what `on_line` has raised. It is not called again then."""
        self._on_line = on_line
        self._not_taken = not_taken
        self._loop = asyncio.get_running_loop()
        self._kept = Kept()
        self._lines: queue.SimpleQueue[tuple[int, str, bytes, int] | None] = queue.SimpleQueue()
        self._ended = asyncio.Event()
        self._hurried = asyncio.Event()
        threading.Thread(target=self._run, name="leat_ray output", daemon=True).start()

    def of(self, process: int) -> LineSink:
        return _OfProcess(self, process)

    def put(self, process: int, name: str, line: bytes) -> None:
        self._lines.put((process, name, line, self._kept.add(line)))

    async def room(self) -> None:
        await self._kept.room()

    def hurry(self) -> None:
        """Nobody is waited for any more, whoever reads."""
        self._kept.lift()
        self._hurried.set()

    async def close(self) -> bool:
        """Once there are no more lines. Returns when all have been taken; False when, in a hurry, some have not been within
        a second."""
        self._lines.put(None)
        ended = asyncio.ensure_future(self._ended.wait())
        hurried = asyncio.ensure_future(self._hurried.wait())
        await asyncio.wait((ended, hurried), return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        await asyncio.wait((ended,), timeout=None if ended.done() else 1.0)
        ended.cancel()
        return self._ended.is_set()

    def _run(self) -> None:
        taken, failed = 0, False
        while (kept := self._lines.get()) is not None:
            process, name, line, cost = kept
            taken += cost
            if not failed:
                try:
                    self._on_line(process, name, line)
                except Exception as cause:
                    failed = True
                    self._tell(self._not_taken, cause)
            if taken >= MOST_KEPT // 8 or self._lines.empty():
                self._tell(self._kept.give_back, taken)
                taken = 0
        self._tell(self._ended.set)

    def _tell(self, what: Callable[..., object], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *arguments)
        except RuntimeError:
            pass  # the launcher has ended without it


class _OfProcess:
    def __init__(self, output: Output, process: int) -> None:
        self._output = output
        self._process = process

    def put(self, name: str, line: bytes) -> None:
        self._output.put(self._process, name, line)

    async def room(self) -> None:
        await self._output.room()
