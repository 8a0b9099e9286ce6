# SPDX-License-Identifier: BSL-1.0
"""A TCP proxy for tests: what it lets through, and how it ends, is chosen while it runs."""
import collections
import selectors
import socket
import struct
import threading
import time


class Proxy:
    """Connections made to `port` go on to another port of loopback. `delay`: seconds that each byte takes. `lose`: the
    directions ("there", from whoever connected, and "back") whose bytes are dropped. `stuck`: nothing is read, so that both
    sides see a connection that stands still."""

    def __init__(self):
        self.delay = 0.0
        self.lose = frozenset()
        self.stuck = False
        self.goes_to = None
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.port = self._listens.getsockname()[1]
        self._pairs = []
        self._ended = False
        self._end_with = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def reset(self):
        """RST to both sides, of all connections."""
        self._end_with = "reset"

    def finish(self):
        """FIN to both sides, of all connections."""
        self._end_with = "finish"

    def close(self):
        self._ended = True
        self._thread.join()

    def _run(self):
        self._listens.setblocking(False)
        while not self._ended:
            if self._end_with:
                self._end_pairs(self._end_with)
                self._end_with = None
            with selectors.DefaultSelector() as ready:
                ready.register(self._listens, selectors.EVENT_READ, None)
                if not self.stuck:
                    for pair in self._pairs:
                        pair.register(ready)
                for key, events in ready.select(0.005):
                    if key.data is None:
                        self._accept()
                    else:
                        key.data.move(key.fileobj, events, self)
            for pair in self._pairs:
                pair.forward()
            for pair in [pair for pair in self._pairs if pair.closed]:
                self._pairs.remove(pair)
        self._listens.close()
        self._end_pairs("reset")

    def _accept(self):
        came, _ = self._listens.accept()
        try:
            goes = socket.create_connection(("127.0.0.1", self.goes_to), timeout=5)
        except OSError:
            came.close()
            return
        self._pairs.append(_Pair(came, goes))

    def _end_pairs(self, how):
        for pair in self._pairs:
            pair.end(how)
        self._pairs.clear()


class _Pair:
    MOST_WAITING = 1 << 20

    def __init__(self, came, goes):
        self.closed = False
        self._to = {came: goes, goes: came}
        self._direction = {came: "there", goes: "back"}
        self._waiting = {came: collections.deque(), goes: collections.deque()}  # (due, bytes; empty: the end), to it
        self._over = set()  # nothing more is read of it
        for one in self._to:
            one.setblocking(False)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def register(self, ready):
        for one, other in self._to.items():
            room = sum(len(data) for _, data in self._waiting[other]) < self.MOST_WAITING
            if one not in self._over and room and not self.closed:
                ready.register(one, selectors.EVENT_READ, self)

    def move(self, one, _events, by):
        try:
            data = one.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            self.end("reset")
            return
        if not data:
            self._over.add(one)
        if not data or self._direction[one] not in by.lose:
            self._waiting[self._to[one]].append((time.monotonic() + by.delay, data))

    def forward(self):
        for one, waiting in self._waiting.items():
            while waiting and waiting[0][0] <= time.monotonic() and not self.closed:
                due, data = waiting.popleft()
                try:
                    if not data:
                        one.shutdown(socket.SHUT_WR)
                        continue
                    sent = one.send(data)
                except BlockingIOError:
                    sent = 0
                except OSError:
                    self.end("reset")
                    return
                if sent < len(data):
                    waiting.appendleft((due, data[sent:]))
                    break
        if len(self._over) == 2 and not any(self._waiting.values()):
            self.end("finish")

    def end(self, how):
        self.closed = True
        for one in self._to:
            if how == "reset":
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.close()
