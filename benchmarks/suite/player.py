# SPDX-License-Identifier: BSL-1.0
"""A program that plays rounds when it is told to: see ../play.hpp."""
import contextlib
import select
import subprocess
import tempfile
import time


class PlayerFailed(Exception):
    """A program ended, or said what it must not, or nothing in time."""


class Player:
    """One process that has loaded the data of one workload. What it prints as errors is shown when it fails."""

    def __init__(self, command, workload, data, passes, patience=600):
        self.command = [str(part) for part in [*command, workload, data, passes]]
        self.patience = patience
        self.errors = tempfile.TemporaryFile()  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        self.unread = b""
        if self._line() != "ready":
            raise self._failure("did not say that it is ready")

    @property
    def pid(self):
        return self.process.pid

    def round(self, contender):
        """Seconds and result of one round."""
        try:
            self.process.stdin.write(contender.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise self._failure("has ended") from error
        said = self._line()
        try:
            seconds, result = said.split()
            return float(seconds), result
        except ValueError as error:
            raise self._failure(f"said '{said}' where the seconds and the result of '{contender}' belong") from error

    def close(self):
        """Ends the process, if it has not failed before."""
        if self.errors.closed:
            return
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._leave()

    def _leave(self):
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def _line(self):
        until = time.monotonic() + self.patience
        while b"\n" not in self.unread:
            if not select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))[0]:
                raise self._failure(f"said nothing for {self.patience} s")
            more = self.process.stdout.read1(65536)
            if not more:
                raise self._failure(f"ended with {self.process.wait()}")
            self.unread += more
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode(errors="replace").strip()

    def _failure(self, what):
        self.process.kill()
        self.process.wait()
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace").strip()
        self._leave()
        return PlayerFailed(f"{' '.join(self.command)} {what}" + (f":\n{said[-2000:]}" if said else ""))
