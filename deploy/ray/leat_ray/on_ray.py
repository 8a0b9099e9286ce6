# SPDX-License-Identifier: BSL-1.0
"""The processes as children of Ray's actors: Ray places them and tells when one is lost; their data go past it."""
from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ray
from ray import cloudpickle
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from . import child, lifecycle, local, output, recovery
from .child import Program
from .lifecycle import Exit

#: Between two sentences on what is waited for.
_REPORT_INTERVAL = 5.0
#: Lines that an actor sends in one answer.
_MOST_LINES = 10_000

for _module in (child, lifecycle, local, output, recovery):  # a node need not have this package
    cloudpickle.register_pickle_by_value(_module)


class NoPlaces(Exception):
    """Ray has not got what was asked for; the text says what that is, and what there is."""


class Misplaced(Exception):
    """The program asks for what the places cannot give it; the text says what to do."""


class _Watcher:
    """In an actor beside the process: on its event loop, so that a stop does not wait behind what runs."""

    def __init__(self) -> None:
        self._kept = output.Kept()
        self._lines: asyncio.Queue[tuple[str, bytes, int] | None] = asyncio.Queue()
        self._supervisor = local.LocalSupervisor(self, ray.util.get_node_ip_address(), "0.0.0.0")

    def put(self, name: str, line: bytes) -> None:
        self._lines.put_nowait((name, line, self._kept.add(line)))

    async def room(self) -> None:
        await self._kept.room()

    async def start(self, program: Program, process: int, cluster: str, secret: str) -> Exit | None:
        _end_with_the_raylet()
        return await self._supervisor.start(program, process, cluster, secret)

    async def announced(self) -> str | None:
        return await self._supervisor.announced()

    async def give_addresses(self, addresses: Sequence[str]) -> None:
        await self._supervisor.give_addresses(addresses)

    async def send(self, number: int) -> None:
        await self._supervisor.send(number)

    async def lines(self) -> list[tuple[str, bytes]] | None:
        """What has been printed since the last call, at least one line; None when that was all."""
        taken = await self._lines.get()
        ready: list[tuple[str, bytes]] = []
        while taken is not None:
            name, line, cost = taken
            ready.append((name, line))
            self._kept.give_back(cost)
            if self._lines.empty() or len(ready) == _MOST_LINES:
                return ready
            taken = self._lines.get_nowait()
        if ready:
            self._lines.put_nowait(None)
        return ready or None

    async def ended(self) -> Exit:
        how = await self._supervisor.ended()
        self._lines.put_nowait(None)
        return how


class RaySupervisor:
    def __init__(self, actor: Any, lines: output.LineSink) -> None:
        self._actor = actor
        self._lines = lines
        self._relay: asyncio.Future[None] | None = None

    async def start(self, program: Program, process: int, cluster: str, secret: str) -> Exit | None:
        failed = await self._actor.start.remote(program, process, cluster, secret)
        if failed is None:
            self._relay = asyncio.ensure_future(self._relay_lines())
        return failed

    async def announced(self) -> str | None:
        return await self._actor.announced.remote()

    async def give_addresses(self, addresses: Sequence[str]) -> None:
        await self._actor.give_addresses.remote(tuple(addresses))

    async def send(self, number: int) -> None:
        await self._actor.send.remote(number)

    async def ended(self) -> Exit:
        how = await self._actor.ended.remote()
        if self._relay is not None:
            await self._relay
        return how

    async def discard(self) -> None:
        if self._relay is not None:
            self._relay.cancel()
        ray.kill(self._actor)

    async def _relay_lines(self) -> None:
        while (lines := await self._actor.lines.remote()) is not None:
            for name, line in lines:
                self._lines.put(name, line)
            await self._lines.room()


class RayBackend:
    """`open` before the cluster is run, `close` when it is over."""

    def __init__(self, address: str | None, processes: int, workers: int, strategy: str, resources: Mapping[str, float],
                 patience: float, report: Callable[[str], None], recovery_directory: str | None = None) -> None:
        """`recovery_directory` has to be the same for all processes."""
        self._recovery_directory = recovery_directory
        self._address = address
        self._bundle = {"CPU": float(workers), **resources}
        self._processes = processes
        self._strategy = strategy
        self._patience = patience
        self._report = report
        self._places: PlacementGroup | None = None
        self._began_ray = False

    async def open(self) -> None:
        """Raises NoPlaces when Ray has not got what is asked for within the time, and Misplaced when the processes would
        not find the same recovery directory."""
        if not ray.is_initialized():
            handler = signal.getsignal(signal.SIGTERM)
            self._begin_ray()
            self._began_ray = True
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, handler)  # Ray has set one that ends the program at once
        self._places = placement_group([dict(self._bundle)] * self._processes, strategy=self._strategy)
        ready = asyncio.ensure_future(_as_future(self._places.ready()))
        until = time.monotonic() + self._patience
        while not (await asyncio.wait((ready,), timeout=min(_REPORT_INTERVAL, max(0.01, until - time.monotonic()))))[0]:
            if time.monotonic() >= until:
                raise NoPlaces(f"Ray has no {self._wanted()} within {self._patience:g} s: {_there_is()}")
            self._report(f"waiting for {self._wanted()}: {_there_is()}")
        if self._recovery_directory is not None and self._processes > 1:
            await self._check_directory(self._recovery_directory)

    async def _check_directory(self, directory: str) -> None:
        first, name = await self._at(0, recovery.mark, directory)
        try:
            others = await asyncio.gather(
                *(self._at(process, recovery.look, directory, name) for process in range(1, self._processes)))
        finally:
            await self._at(0, recovery.unmark, directory, name, told=False)
        fault = recovery.fault_of(directory, (first, *others))
        if fault is not None:
            raise Misplaced(fault)

    async def _at(self, process: int, function: Callable[..., Any], *arguments: Any, told: bool = True) -> Any:
        """Calls it where this process is going to be; where it is told, with the name of the node behind the arguments."""
        there = ray.remote(_called).options(num_cpus=0, scheduling_strategy=self._place(process))
        return await there.remote(function, arguments, told)

    def _place(self, process: int) -> PlacementGroupSchedulingStrategy:
        assert self._places is not None
        return PlacementGroupSchedulingStrategy(self._places, placement_group_bundle_index=process)

    def _begin_ray(self) -> None:
        """Joins the cluster that is meant, else one that runs on this machine, else starts one here."""
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        quiet = {"log_to_driver": False, "logging_level": "ERROR"}
        address = self._address or os.environ.get("RAY_ADDRESS")
        try:
            if address != "local":
                self._look_for(address)
                ray.init(address=address or "auto", **quiet)
                return
        except OSError as cause:
            if address is not None:
                raise NoPlaces(f"no Ray cluster can be joined at {address}: {cause}") from None
        cpus = max(os.cpu_count() or 1, int(self._processes * self._bundle["CPU"]))
        try:
            ray.init(address="local", num_cpus=cpus, include_dashboard=False, **quiet)
        except Exception as cause:  # Ray has no type for it
            raise NoPlaces(f"Ray does not start on this machine: {cause}") from None

    def _look_for(self, address: str | None) -> None:
        """Ray itself tries for minutes where nobody is. Raises OSError."""
        host, _, port = (address or "").rpartition(":")
        if host and port.isdigit() and "/" not in host:
            socket.create_connection((host.strip("[]"), int(port)), timeout=self._patience).close()

    def supervisor(self, process: int, lines: output.LineSink) -> RaySupervisor:
        actor = ray.remote(_Watcher).options(
            num_cpus=self._bundle["CPU"],
            resources={name: number for name, number in self._bundle.items() if name != "CPU"} or None,
            max_restarts=0,
            max_concurrency=16,
            scheduling_strategy=self._place(process),
        ).remote()
        return RaySupervisor(actor, lines)

    async def close(self) -> None:
        if self._places is not None:
            remove_placement_group(self._places)
        if self._began_ray:
            ray.shutdown()

    def _wanted(self) -> str:
        each = ", ".join(f"{number:g} {name}" for name, number in self._bundle.items())
        return f"{self._processes} places of {each} ({self._strategy})"


def _called(function: Callable[..., Any], arguments: Sequence[Any], told: bool) -> Any:
    return function(*arguments, ray.util.get_node_ip_address()) if told else function(*arguments)


def _end_with_the_raylet() -> None:
    """An actor that is at work outlives the raylet of its node, and nobody can end it from then on; so it does so itself.
    Its process goes with it."""
    try:
        raylet = os.pidfd_open(int(os.environ.get("RAY_RAYLET_PID") or os.getppid()))
    except OSError:
        return  # the actor is in a container that does not see it, and ends with that
    asyncio.get_running_loop().add_reader(raylet, os._exit, 1)


async def _as_future(ref: Any) -> Any:
    return await ref


def _there_is() -> str:
    def shown(resources: Mapping[str, float]) -> str:
        # Ray lists the places of other placement groups by names of their own.
        kept = {name: number for name, number in resources.items()
                if not name.startswith(("node:", "memory", "object_store")) and "_group_" not in name}
        return ", ".join(f"{number:g} {name}" for name, number in sorted(kept.items())) or "nothing"

    nodes = sum(1 for node in ray.nodes() if node["Alive"])
    return f"{nodes} node(s) with {shown(ray.cluster_resources())}, of which {shown(ray.available_resources())} are free"
