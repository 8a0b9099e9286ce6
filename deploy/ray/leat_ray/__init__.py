# SPDX-License-Identifier: BSL-1.0
"""Runs a leat program as one cluster of processes that Ray, or this machine alone, places, watches and restarts.

    result = leat_ray.run(["./wordcount", "text"], procs=2, workers=2)

The same from the command line: python -m leat_ray --procs 2 --workers 2 -- ./wordcount text
"""
from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import BinaryIO

from .bridge import Bridge
from .child import BridgeAddress, Program, ShippedFile
from .cluster import Backend, Cluster, Result
from .lifecycle import Exit, Failure, Limits, State
from .output import OnLine
from .recovery import directory_of

__all__ = ["Bridge", "BridgeAddress", "Exit", "Failure", "Handle", "Limits", "Result", "State", "run", "start"]


class Handle:
    """A cluster that has been started. It has a thread of its own, so it may be used from any thread, from a task of Ray,
    and where an event loop runs."""

    def __init__(self, backend: Backend, program: Program, processes: int, limits: Limits, on_line: OnLine,
                 report: Callable[[str], None]) -> None:
        self._loop = asyncio.new_event_loop()
        self._result: Future[Result] = Future()
        self._cluster: Cluster | None = None
        self._make = lambda: Cluster(backend, program, processes, limits, on_line, report)
        made = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(made,), name="leat_ray", daemon=True)
        self._thread.start()
        made.wait()

    def wait(self, timeout: float | None = None) -> Result:
        """How it has ended. Raises TimeoutError when that takes longer than so many seconds, and what kept it from being
        started."""
        return self._result.result(timeout)

    async def ended(self) -> Result:
        """The same, for an event loop."""
        return await asyncio.wrap_future(self._result)

    def stop(self, at_once: bool = False) -> None:
        """Ends it in order, or at once. Does not wait for that."""
        cluster = self._cluster
        if cluster is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(cluster.stop, at_once)

    @property
    def status(self) -> State:
        assert self._cluster is not None
        return self._cluster.lifecycle.state

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the processes listen, in the order of their numbers; empty until all have said so."""
        assert self._cluster is not None
        return self._cluster.lifecycle.addresses

    def _run(self, made: threading.Event) -> None:
        async def through() -> Result:
            self._cluster = self._make()
            made.set()
            return await self._cluster.run()

        try:
            self._result.set_result(self._loop.run_until_complete(through()))
        except BaseException as cause:
            self._result.set_exception(cause)
        finally:
            made.set()
            self._loop.close()


def start(program: Sequence[str], *, procs: int = 1, workers: int = 1, backend: str = "ray", address: str | None = None,
          strategy: str = "SPREAD", resources: Mapping[str, float] | None = None, limits: Limits | None = None,
          shipped: Sequence[str] = (),
          on_line: OnLine | None = None, environment: Mapping[str, str] | None = None,
          bridge: Bridge | BridgeAddress | None = None, directory_check: bool = True) -> Handle:
    """Starts `procs` processes of a leat program, of so many workers each, as one cluster. `on_line(process, "stdout" or
    "stderr", line)` is called for each line that they print, on a thread of its own; unless it is given, they are printed.
    Where it is slow the processes wait when they print. `backend` is "ray" or "local". `shipped` are files that are brought
    to the nodes, the program first; it is run in the directory that has them. `bridge` is where the program calls
    functions. Raises OSError when a file cannot be read. What kept it from being started comes out of `wait`:
    on_ray.NoPlaces, or, with `directory_check`, on_ray.Misplaced where the program's recovery directory (-r) is not the same
    for all processes."""
    limits = limits or Limits()
    places: Backend
    if backend == "local":
        from .local import LocalBackend

        places = LocalBackend()
    elif backend == "ray":
        from .on_ray import RayBackend

        places = RayBackend(address, procs, workers, strategy, resources or {}, limits.announce, _report,
                            directory_of(program, {**os.environ, **(environment or {})}) if directory_check else None)
    else:
        raise ValueError(f"backend {backend!r} is neither 'ray' nor 'local'")
    files = tuple(map(ShippedFile.read, shipped))
    where = bridge.where if isinstance(bridge, Bridge) else bridge
    return Handle(places, Program(tuple(program), workers, environment or {}, shipped=files, bridge=where), procs, limits,
                  on_line or lines_to(sys.stdout.buffer, sys.stderr.buffer), _report)


def run(program: Sequence[str], **how: object) -> Result:
    """`start`, and its end."""
    return start(program, **how).wait()  # type: ignore[arg-type]


def lines_to(out: BinaryIO, err: BinaryIO) -> OnLine:
    """Writes `[process k] line` to one of them, by where the process has printed it."""

    def write(process: int, name: str, line: bytes) -> None:
        to = err if name == "stderr" else out
        to.write(b"[process %d] " % process + line + b"\n")
        to.flush()

    return write


def _report(sentence: str) -> None:
    print(f"leat_ray: {sentence}", file=sys.stderr, flush=True)
