# SPDX-License-Identifier: BSL-1.0
"""Functions of Python, methods of Ray's actors and tasks of Ray for a flow to call (`leat/connect/bridge.hpp`).

    model = Model.options(max_restarts=1).remote()
    with leat_ray.Bridge({"score": model.score}) as bridge:
        leat_ray.run(["./flow"], procs=2, bridge=bridge)

Who calls sends the types of argument and result, so a function is given values of Python (`codec.py` has the table), and
returns one. What is said on a connection stands in leat/run/bridge/bridge_session.hpp.
"""
from __future__ import annotations

import asyncio
import concurrent.futures
import hashlib
import hmac
import inspect
import os
import secrets
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import codec
from .child import BridgeAddress

#: The largest body of a frame.
MOST = 16 << 20
#: Connections that have proved nothing yet, and the seconds that each has to do so.
MOST_GREETING = 16
GREETING = 5.0

_MAGIC = b"leat bridge 1\n\n\n"
_HEADER = struct.Struct("<IQB")
_COUNTER = struct.Struct("<Q")
_SEAL = 16
_DEFINE, _CALL, _RESULT, _FAILED, _UNAVAILABLE = 1, 2, 3, 4, 5
_LONGEST_TEXT = 4000


class _Broken(Exception):
    """Who is on the other side does not speak as a program does."""


@dataclass(frozen=True)
class _Function:
    """What a flow calls, as it has said that it will."""

    name: str
    call: Callable[..., Any]
    takes: codec.Codec
    gives: codec.Codec


class Bridge:
    """Answers on a thread of its own, until it is closed. A method of an actor is called by Ray; a coroutine function runs
    on that thread; another function runs on one of `threads` threads, one unless said, so that what it belongs to need
    not be thread-safe."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]], *, listen: str = "127.0.0.1:0", host: str | None = None,
                 secret: str | None = None, at_once: int = 64, threads: int = 1) -> None:
        """`listen` is HOST:PORT, of which port 0 is one that the system chooses, or unix:PATH. `host` is how others reach
        this machine; unless said that of `listen`, or where that is 0.0.0.0 the address that Ray knows. `at_once` calls
        are under way for each connection; more wait in it. Raises OSError when it cannot listen there."""
        if secret is not None and len(secret) < 16:
            raise ValueError("the secret of a bridge has 16 characters at least: secrets.token_hex(32) makes one")
        self._functions = dict(functions)
        self._secret = secret or secrets.token_hex(32)
        self._at_once = at_once
        self._threads = concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix="leat_ray bridge")
        self._greeting: list[asyncio.StreamWriter] = []
        self._connections: set[asyncio.Task[Any]] = set()
        self._loop = asyncio.new_event_loop()
        self._closing: asyncio.Event | None = None
        started: concurrent.futures.Future[str] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, args=(listen, host, started), name="leat_ray bridge", daemon=True)
        self._thread.start()
        self._where = BridgeAddress(started.result(), self._secret)

    @property
    def where(self) -> BridgeAddress:
        """Its address and secret, which may be sent to another process: `leat_ray.run(..., bridge=where)`."""
        return self._where

    def close(self) -> None:
        """Breaks all connections. Calls that are under way come to nothing."""
        if self._closing is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()
        self._threads.shutdown(wait=False)

    def __enter__(self) -> Bridge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, listen: str, host: str | None, started: concurrent.futures.Future[str]) -> None:
        try:
            self._loop.run_until_complete(self._listen(listen, host, started))
        except BaseException as cause:
            if started.done():
                raise
            started.set_exception(cause)
        finally:
            self._loop.close()

    async def _listen(self, listen: str, host: str | None, started: concurrent.futures.Future[str]) -> None:
        self._closing = closing = asyncio.Event()
        if listen.startswith("unix:"):
            path = listen[len("unix:"):]
            server = await asyncio.start_unix_server(self._connected, path)
            started.set_result(listen)
        else:
            path = None
            at, _, port = listen.rpartition(":")
            server = await asyncio.start_server(self._connected, at.strip("[]"), int(port))
            started.set_result(f"{host or _name_of(at)}:{server.sockets[0].getsockname()[1]}")
        await closing.wait()
        server.close()
        for each in tuple(self._connections):
            each.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if path is not None:
            os.unlink(path)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        assert me is not None
        self._connections.add(me)
        connection = _Connection(reader, writer, self._secret)
        try:
            if await self._greets(connection):
                await self._answer_all(connection)
        except (_Broken, OSError, EOFError):
            pass  # who called finds the connection closed
        except asyncio.CancelledError:
            pass  # this is being closed
        finally:
            self._connections.discard(me)
            writer.close()

    async def _greets(self, connection: _Connection) -> bool:
        """Whoever stands at the door the longest makes room for who comes."""
        self._greeting.append(connection.writer)
        if len(self._greeting) > MOST_GREETING:
            self._greeting[0].close()
        try:
            return await asyncio.wait_for(connection.greets(), GREETING)
        except asyncio.TimeoutError:
            return False
        finally:
            self._greeting.remove(connection.writer)

    async def _answer_all(self, connection: _Connection) -> None:
        known: dict[int, _Function | str] = {}
        free = asyncio.Semaphore(self._at_once)
        answering: set[asyncio.Task[None]] = set()
        try:
            while True:
                number, kind, body = await connection.read()
                if kind == _DEFINE:
                    known[number] = self._known(body.decode(errors="replace"))
                elif kind == _CALL and len(body) >= 4 and int.from_bytes(body[:4], "little") in known:
                    await free.acquire()  # with that many under way nothing more is read
                    task = self._loop.create_task(
                        self._answer(connection, number, known[int.from_bytes(body[:4], "little")], body[4:]))
                    answering.add(task)
                    task.add_done_callback(lambda done: (answering.discard(done), free.release()))
                else:
                    raise _Broken
        finally:
            for task in answering:
                task.cancel()

    def _known(self, defined: str) -> _Function | str:
        """The function, or why it cannot be called."""
        name, _, types = defined.partition("\n")
        takes, _, gives = types.partition("\n")
        if name not in self._functions:
            return f"the bridge has no function {name!r}: it has {', '.join(sorted(self._functions)) or 'none'}"
        try:
            return _Function(name, self._functions[name], codec.of(takes), codec.of(gives))
        except codec.CodecError as cause:
            return f"{name}: {cause}"

    async def _answer(self, connection: _Connection, number: int, of: _Function | str, argument: bytes) -> None:
        kind, body = (_FAILED, of.encode()) if isinstance(of, str) else await self._result(of, argument)
        if kind != _RESULT:
            body = body[:_LONGEST_TEXT]
        elif len(body) > MOST:
            kind, body = _FAILED, f"the result has {len(body)} bytes, and {MOST} is the most".encode()
        try:
            await connection.write(number, kind, body)
        except OSError:
            pass  # it is gone, which is heard of by who reads

    async def _result(self, of: _Function, argument: bytes) -> tuple[int, bytes]:
        try:
            given = of.takes.decode(argument)
        except Exception as cause:  # also what Python cannot make of it: a map whose keys are lists
            return _FAILED, f"the argument of {of.name} cannot be read: {_text_of(cause)}".encode(errors="replace")
        try:
            returned = await self._called(of.call, given)
        except (Exception, SystemExit) as cause:
            return _kind_of(cause), _sentence_of(of.name, cause).encode(errors="replace")
        try:
            return _RESULT, of.gives.encode(returned)
        except Exception as cause:
            return _FAILED, f"{of.name} returned what the flow does not expect: {_text_of(cause)}".encode(errors="replace")

    async def _called(self, call: Callable[..., Any], argument: Any) -> Any:
        if hasattr(call, "remote"):
            return await call.remote(argument)
        if inspect.iscoroutinefunction(call):
            return await call(argument)
        return await self._loop.run_in_executor(self._threads, _called_here, call, argument)


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secret: str) -> None:
        self.writer = writer
        self._reader = reader
        self._secret = secret.encode()
        self._read = 0
        self._written = 0
        self._calls_key = b""
        self._replies_key = b""

    async def greets(self) -> bool:
        """Whether it knows the secret. It proves that first."""
        hello = await self._reader.readexactly(len(_MAGIC) + 32)
        if not hello.startswith(_MAGIC):
            return False
        own = secrets.token_bytes(32)
        self.writer.write(_MAGIC + own)
        both = hello[len(_MAGIC):] + own
        proof = await self._reader.readexactly(32)
        if not hmac.compare_digest(proof, self._derived(b"leat bridge who asks proves", both)):
            self.writer.write(b"\0")
            return False
        self.writer.write(b"\1" + self._derived(b"leat bridge who answers proves", both))
        self._calls_key = self._derived(b"leat bridge calls", both)
        self._replies_key = self._derived(b"leat bridge replies", both)
        return True

    async def read(self) -> tuple[int, int, bytes]:
        header = await self._reader.readexactly(_HEADER.size)
        size, number, kind = _HEADER.unpack(header)
        if size > MOST:
            raise _Broken
        body = await self._reader.readexactly(size)
        seal = await self._reader.readexactly(_SEAL)
        if not hmac.compare_digest(seal, _seal(self._calls_key, self._read, header, body)):
            raise _Broken
        self._read += 1
        return number, kind, body

    async def write(self, number: int, kind: int, body: bytes) -> None:
        header = _HEADER.pack(len(body), number, kind)
        self.writer.write(header + body + _seal(self._replies_key, self._written, header, body))
        self._written += 1
        await self.writer.drain()

    def _derived(self, label: bytes, both: bytes) -> bytes:
        return hmac.digest(self._secret, label.ljust(32, b"\0") + both, hashlib.sha256)


def _seal(key: bytes, number: int, header: bytes, body: bytes) -> bytes:
    return hmac.digest(key, _COUNTER.pack(number) + header + body, hashlib.sha256)[:_SEAL]


def _called_here(call: Callable[..., Any], argument: Any) -> Any:
    try:
        return call(argument)
    except StopIteration as cause:  # a future cannot hold it
        raise RuntimeError(f"StopIteration: {cause}") from cause


def _text_of(cause: BaseException) -> str:
    try:
        return str(cause).strip() or type(cause).__name__
    except Exception:
        return "an exception without a text"


def _kind_of(cause: BaseException) -> int:
    """What Ray could not do may be done another time; what the function has raised comes again."""
    ray = sys.modules.get("ray")
    if ray is not None and isinstance(cause, ray.exceptions.RayError) \
            and not isinstance(cause, ray.exceptions.RayTaskError):
        return _UNAVAILABLE
    return _FAILED


def _sentence_of(name: str, cause: BaseException) -> str:
    if _kind_of(cause) == _UNAVAILABLE:
        return f"{name} could not be called: {_text_of(cause).splitlines()[0]}"
    raised = getattr(cause, "cause", None) or cause  # Ray wraps it
    return f"{name} raised {type(raised).__name__}: {_text_of(raised)}"


def _name_of(host: str) -> str:
    if host not in ("0.0.0.0", "[::]", ""):
        return host
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        return ray.util.get_node_ip_address()
    return socket.gethostname()
