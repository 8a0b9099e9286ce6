# SPDX-License-Identifier: BSL-1.0
"""What the starting process of -p does with what its processes print, and with an output that does not take it."""
import fcntl
import os
import resource
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import PROGRAM, check, end, gone  # noqa: E402


def started(*arguments, **more):
    given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([PROGRAM, *arguments], **{**given, **more})


def whole(*arguments, wanted=0, **more):
    """Both outputs of one that ends."""
    process = started(*arguments, **more)
    out, said = process.communicate(timeout=120)
    check(f"the status of {arguments}, which said {said!r}", process.returncode, wanted)
    return out, said


def children(process):
    return [int(each) for each in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


# All bytes pass.
check("NUL", sorted(whole("-p", "2", "nul")[0].split(b"\n")), sorted([b"\0\0after", b"mid\0dle"] * 2 + [b""]))
check("NUL behind numbers", set(whole("-p", "2", "--prefix=always", "nul")[0].splitlines()),
      {b"[0] \0\0after", b"[0] mid\0dle", b"[1] \0\0after", b"[1] mid\0dle"})
check("a line that is not ended stays so, but when another follows", sorted(whole("-p", "2", "unended")[0].split(b"\n")),
      [b"one", b"one", b"two", b"two"])
check("behind numbers each ends", whole("-p", "2", "--prefix=always", "unended")[0].endswith(b"two\n"), True)
check("results have no number where nobody looks", set(whole("-p", "2", "--prefix=auto", "unended")[0].split(b"\n")),
      {b"one", b"two"})
said = whole("-p", "2", "unended", env={**os.environ, "LEAT_PREFIX": "always"})[1]
check("messages have one", sorted(said.splitlines()),
      [f"[{i}] leat: process {i} of 2 (from -p), 1 worker".encode() for i in range(2)])
said = whole("unended", env={**os.environ, "LEAT_PROCESSES": "2"})[1]
check("who asked for it", b"(from LEAT_PROCESSES)" in said, True)
check("another word", whole("-p", "2", "--prefix=yes", "unended", wanted=2)[1].splitlines()[0],
      b'speaker: --prefix: "yes" is none of auto, always, never')

# A line without an end: all of it, in bounded memory.
long_line = started("-p", "2", "long", stderr=subprocess.DEVNULL)
count = 0
while some := os.read(long_line.stdout.fileno(), 1 << 20):
    count += len(some)
long_line.stdout.close()
_, status, used = os.wait4(long_line.pid, 0)
long_line.returncode = os.waitstatus_to_exitcode(status)
check("all of two lines of 64 MiB", (long_line.returncode, count), (0, 2 * ((64 << 20) + 1)))
# The first child of a child's: what it had before it became the program counts too, so the bound is generous.
check("KiB of the launcher", used.ru_maxrss < 48 * 1024 or used.ru_maxrss, True)


# What cannot be written is an error, of which there is one message; and nobody is left.
def refused(what, reason, **more):
    process = started("-p", "3", "count", **more)
    status, said = end(process)
    check(f"{what}: {said!r}", status, 1)
    messages = [line for line in said.decode().splitlines() if "leat: process" not in line]
    check(what, messages, [f"{PROGRAM.rsplit('/', 1)[1]}: cannot write to standard output: {reason}"])


with open("/dev/full", "wb") as full:
    refused("a full device", "No space left on device", stdout=full)
refused("closed", "Bad file descriptor", stdout=None, preexec_fn=lambda: os.close(1))
reads, writes = os.pipe()
os.close(reads)
refused("a reader that has gone", "Broken pipe", stdout=writes, restore_signals=False)
os.close(writes)
piped = started("-p", "2", "for-ever")
piped.stdout.readline()
piped.stdout.close()
said = piped.stderr.read().decode().splitlines()
check("a reader that goes ends it as it ends any program", piped.wait(60), -signal.SIGPIPE)
check("and without a word", [line for line in said if "leat: process" not in line], [])
scratch = os.memfd_create("full")
refused("a full disk", "File too large", stdout=scratch, restore_signals=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)))

# An output that was made non-blocking is waited for, by one process as by several.
for flags in (("-p", "2"), ("-w", "2")):
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    process = started(*flags, "count", stdout=writes, stderr=subprocess.DEVNULL)
    os.close(writes)
    lines = 0
    while some := os.read(reads, 4096):
        lines += some.count(b"\n")
    os.close(reads)
    check(f"all lines of {flags}", (process.wait(60), lines), (0, 400_000))

# While nobody reads, signals are heard: the second ends it.
stuck = started("-p", "2", "for-ever", stderr=subprocess.DEVNULL)
full, same = 0, 0
while same < 50:
    before, full = full, int.from_bytes(fcntl.ioctl(stuck.stdout, termios.FIONREAD, b"\0\0\0\0"), sys.byteorder)
    same = same + 1 if full == before != 0 else 0
    time.sleep(0.01)
of_stuck = children(stuck)
check("its processes", len(of_stuck), 2)
for _ in range(6000):
    stuck.send_signal(signal.SIGTERM)
    if stuck.poll() is not None:
        break
    time.sleep(0.01)
check("the second signal ends it", stuck.returncode, 128 + signal.SIGTERM)
for child in of_stuck:
    check("nobody is left", gone(child), True)

# Whoever started it may have had the system forget how children end.
for status, what in ((0, "nul"), (128 + signal.SIGKILL, "dies")):
    process = started("-p", "2", what, preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    check("children are heard of", end(process)[0], status)

# A program that a process has left behind holds its output.
leaving = started("-p", "2", "leaves")
left_behind = [int(leaving.stdout.readline()) for _ in range(2)]
check("it ends", leaving.wait(60), 0)
for each in left_behind:
    os.kill(each, signal.SIGKILL)
check("and says so", leaving.stderr.read().count(b"has ended, but a program that it started has not"), 4)

# A stop that waits for what nobody answers says so, and then gives it up, with an error.
for flags in (("-p", "2"), ("-w", "2")):
    asking = started(*flags, "--suspect-after=0.1", "--stop-timeout=0.5", "asks", text=True)
    check("it has asked", asking.stdout.readline(), "asked\n")
    asking.send_signal(signal.SIGTERM)
    status, said = end(asking)
    check(f"the stop fails: {said}", status, 1)
    check("having told what it waits for", said.count('waits for step "speaker.ask" (async_map, '), 1)
    check("and of what it failed", "1 record is under way and nothing has come of it for 0.5 s (--stop-timeout)" in said, True)
