# SPDX-License-Identifier: BSL-1.0
"""One process of the flow, as a child of this one: started, listened to, stopped, and never left behind."""
from __future__ import annotations

import asyncio
import collections
import ctypes
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .lifecycle import LOST, Exit
from .output import LineSink

#: A line that gets longer is passed on in pieces of this size.
MOST_OF_A_LINE = 1 << 20
#: Of the last lines, for the error: so many, and of each so many characters.
LAST_LINES = 50
MOST_OF_A_LAST_LINE = 2000

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class ShippedFile:
    """A file that is brought along, as it was read where the launcher runs."""

    name: str
    mode: int
    content: bytes

    @classmethod
    def read(cls, path: str) -> ShippedFile:
        """Raises OSError."""
        with open(path, "rb") as file:
            return cls(os.path.basename(path), os.fstat(file.fileno()).st_mode & 0o777, file.read())


@dataclass(frozen=True)
class BridgeAddress:
    """Where a bridge is (`bridge.py`), and what has to be known to be let in."""

    address: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Program:
    """What is run in each process. Where files are shipped, the first is the program itself; it is run in the directory
    that has them all."""

    command: Sequence[str]
    workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str | None = None
    shipped: Sequence[ShippedFile] = ()
    #: The bridge that it calls functions by.
    bridge: BridgeAddress | None = None

    def unpacked_in(self, directory: str) -> Program:
        """The program, once its files are in this directory. Raises OSError."""
        for file in self.shipped:
            path = os.path.join(directory, file.name)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o700), "wb") as to:
                to.write(file.content)
            os.chmod(path, file.mode)
        program = os.path.join(directory, self.shipped[0].name)
        return replace(self, command=(program, *self.command[1:]), directory=directory, shipped=())


@dataclass(frozen=True)
class Place:
    """Which process of which run it is, and how the others get there."""

    process: int
    cluster: str
    secret: str
    #: The name or address of this machine for the others.
    host: str
    #: Where it listens; every interface, when the others reach it by another address than it has itself.
    listens_at: str


class Child:
    """`start`, then `ended` for as long as it lives; `give_addresses` and `send` at any time. On one event loop, whose
    thread has to outlive the child: with the thread the child is ended."""

    def __init__(self, program: Program, place: Place, lines: LineSink) -> None:
        self._program = program
        self._place = place
        self._lines = lines
        self._chunks = 0
        self._held_up = 0
        self._process: asyncio.subprocess.Process | None = None
        self._announced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._addresses_to = -1
        self._last: collections.deque[str] = collections.deque(maxlen=LAST_LINES)
        self._relays: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Raises OSError when the program cannot be run."""
        announce_from, announce_to = os.pipe()
        addresses_from, self._addresses_to = os.pipe()
        secret = _file_of(self._place.secret)
        bridge = self._program.bridge
        given = [announce_to, addresses_from, secret]
        variables = self._variables(announce_to, addresses_from, secret)
        if bridge is not None:
            given.append(_file_of(bridge.secret))
            variables.update(LEAT_BRIDGE=bridge.address, LEAT_BRIDGE_SECRET_FILE=f"/proc/self/fd/{given[-1]}")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=self._program.directory,
                env={**os.environ, **self._program.environment, **variables},
                pass_fds=given,
                preexec_fn=_die_with_the_parent(os.getpid()),
            )
        except BaseException:
            os.close(announce_from)
            os.close(self._addresses_to)
            self._addresses_to = -1
            raise
        finally:
            for descriptor in given:
                os.close(descriptor)
        assert self._process.stdout is not None and self._process.stderr is not None
        self._relays = [
            asyncio.ensure_future(self._relay("stdout", self._process.stdout)),
            asyncio.ensure_future(self._relay("stderr", self._process.stderr)),
            asyncio.ensure_future(self._hear_address(announce_from)),
        ]

    async def announced(self) -> str | None:
        """HOST:PORT by which the others reach it; None when it ended before it had said so."""
        return await asyncio.shield(self._announced)

    def give_addresses(self, addresses: Sequence[str]) -> None:
        """Where all processes listen. Once."""
        if self._addresses_to < 0:
            return
        try:
            os.write(self._addresses_to, (";".join(addresses) + "\n").encode())
        except BrokenPipeError:
            pass  # it has ended, and says so by its exit
        self._close_addresses()

    def send(self, number: int) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def ended(self) -> Exit:
        """Waits until it has ended and all that it printed has been passed on."""
        assert self._process is not None
        returned = await self._process.wait()
        # What a grandchild still has open is not waited for, but who reads is.
        chunks = -1
        while chunks != self._chunks or self._held_up:
            chunks = self._chunks
            if not (await asyncio.wait(self._relays, timeout=1.0))[1]:
                break
        for relay in self._relays:
            relay.cancel()
        self._close_addresses()
        last = tuple(self._last)
        if returned >= 0:
            return Exit(returned, "", last)
        return Exit(128 - returned, f"it was killed by {signal.Signals(-returned).name}", last, killed=True)

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def _variables(self, announce: int, addresses: int, secret: int) -> dict[str, str]:
        """Not in the arguments, which are the program's own; and the secret stands in neither."""
        return {
            "LEAT_PROCESS_ID": str(self._place.process),
            "LEAT_WORKERS_PER_PROCESS": str(self._program.workers),
            "LEAT_LISTEN": f"{self._place.listens_at}:0",
            "LEAT_ANNOUNCE_FD": str(announce),
            "LEAT_ADDRESSES_FD": str(addresses),
            "LEAT_SECRET_FILE": f"/proc/self/fd/{secret}",
            "LEAT_CLUSTER": self._place.cluster,
        }

    async def _hear_address(self, descriptor: int) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0))
        try:
            line = (await reader.readline()).decode(errors="replace").strip()
            host, _, port = line.rpartition(":")
            if not port:
                self._announced.set_result(None)
            else:
                everywhere = host in ("0.0.0.0", "[::]")
                self._announced.set_result(f"{self._place.host}:{port}" if everywhere else line)
        finally:
            transport.close()
            if not self._announced.done():
                self._announced.set_result(None)

    async def _relay(self, name: str, stream: asyncio.StreamReader) -> None:
        unended = b""
        while chunk := await stream.read(1 << 16):
            self._chunks += 1
            *lines, unended = (unended + chunk).split(b"\n")
            if len(unended) >= MOST_OF_A_LINE:
                lines.append(unended)
                unended = b""
            for line in lines:
                self._pass_on(name, line)
            self._held_up += 1
            await self._lines.room()
            self._held_up -= 1
        if unended:
            self._pass_on(name, unended)

    def _pass_on(self, name: str, line: bytes) -> None:
        self._last.append(line[:MOST_OF_A_LAST_LINE].decode(errors="replace"))
        self._lines.put(name, line)

    def _close_addresses(self) -> None:
        if self._addresses_to >= 0:
            os.close(self._addresses_to)
            self._addresses_to = -1


def not_started(program: Program, cause: OSError, where: str) -> Exit:
    """How a process ended that could not be started on the machine of this name."""
    return Exit(LOST if cause.errno is None else 127, f"{program.command[0]} cannot be run on {where}: {cause.strerror}")


def _file_of(secret: str) -> int:
    """A file without a name that has this in it, which only the owner may read."""
    descriptor = os.memfd_create("leat secret", os.MFD_CLOEXEC)
    os.fchmod(descriptor, 0o600)
    os.write(descriptor, secret.encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _die_with_the_parent(parent: int) -> Callable[[], None]:
    def die() -> None:
        # Ray's workers may ignore it, and then nobody could wait for a child.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # it has died already

    return die
