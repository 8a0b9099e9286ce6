# SPDX-License-Identifier: BSL-1.0
"""The processes as children of this one, on this machine, without Ray."""
from __future__ import annotations

import signal
import tempfile
from collections.abc import Sequence

from .child import Child, Place, Program, not_started
from .lifecycle import Exit
from .output import LineSink


class LocalSupervisor:
    def __init__(self, lines: LineSink, host: str = "127.0.0.1", listens_at: str = "127.0.0.1") -> None:
        self._lines = lines
        self._host = host
        self._listens_at = listens_at
        self._child: Child | None = None
        self._files: tempfile.TemporaryDirectory[str] | None = None

    async def start(self, program: Program, process: int, cluster: str, secret: str) -> Exit | None:
        try:
            if program.shipped:
                self._files = tempfile.TemporaryDirectory(prefix="leat-")
                program = program.unpacked_in(self._files.name)
            child = Child(program, Place(process, cluster, secret, self._host, self._listens_at), self._lines)
            await child.start()
        except OSError as cause:
            return not_started(program, cause, self._host)
        self._child = child
        return None

    async def announced(self) -> str | None:
        assert self._child is not None
        return await self._child.announced()

    async def give_addresses(self, addresses: Sequence[str]) -> None:
        if self._child is not None:
            self._child.give_addresses(addresses)

    async def send(self, number: int) -> None:
        if self._child is not None:
            self._child.send(number)

    async def ended(self) -> Exit:
        assert self._child is not None
        how = await self._child.ended()
        self._remove_files()
        return how

    async def discard(self) -> None:
        await self.send(int(signal.SIGKILL))
        self._remove_files()

    def _remove_files(self) -> None:
        if self._files is not None:
            self._files.cleanup()
            self._files = None


class LocalBackend:
    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def supervisor(self, process: int, lines: LineSink) -> LocalSupervisor:
        return LocalSupervisor(lines)
