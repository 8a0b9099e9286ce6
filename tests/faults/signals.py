# SPDX-License-Identifier: BSL-1.0
"""Whoever ends a flow, the way the system does it: one signal stops it in order, however often it comes."""
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import LONG, PROGRAM, check, end, gone  # noqa: E402

SHAPES = (("-p", "3"), ("-w", "2"))


def begun(shape, *before, **more):
    """The flow, once records have come everywhere."""
    process = subprocess.Popen([*before, PROGRAM, *shape], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True, **more)
    for _ in range(3 if shape[0] == "-p" else 1):
        check("it has begun", process.stdout.readline(), "begun\n")
    return process


def children(process):
    return [int(each) for each in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def check_end(what, process, wanted=0):
    status, said = end(process)
    check(f"{what}; it said {said!r}", status, wanted)


for shape in SHAPES:
    for number in (signal.SIGTERM, signal.SIGINT):
        for _ in range(40 if LONG else 8):
            process = begun(shape)
            os.killpg(process.pid, number)
            check_end(f"{number} to the group of {shape}", process)
            process = begun(shape)
            process.send_signal(number)
            process.send_signal(number)
            check_end(f"{number} twice to {shape}", process)
    for _ in range(40 if LONG else 8):
        # It sends the signal to its child and to the group.
        process = begun(shape, "timeout", "--preserve-status", "1000")
        process.send_signal(signal.SIGTERM)
        check_end(f"under timeout, {shape}", process)
    # systemd: to each process by itself.
    process = begun(shape)
    for each in (process.pid, *children(process)):
        try:
            os.kill(each, signal.SIGTERM)
        except ProcessLookupError:
            pass  # the launcher has passed the signal on already, and this process has ended
    check_end(f"to each of {shape}", process)
    if shape[0] == "-p":
        process = begun(shape)
        os.kill(children(process)[1], signal.SIGTERM)
        check_end("to one of its processes", process)
    # Whoever waits for the whole result is told that this is not it.
    process = begun((*shape, "--stopped-status=75"))
    process.send_signal(signal.SIGTERM)
    check_end(f"SIGTERM to {shape} with --stopped-status", process, 75)

    # A terminal's Ctrl-C.
    mine, theirs = pty.openpty()
    process = subprocess.Popen([PROGRAM, *shape], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                               preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(theirs)
    shown = ""
    while shown.count("begun") != (3 if shape[0] == "-p" else 1):
        shown += os.read(mine, 4096).decode()
    os.write(mine, b"\x03")
    check(f"Ctrl-C ends {shape}, which showed {shown!r}", process.wait(60), 0)
    os.close(mine)
    check("lines on a terminal have the number of their process", "[2] begun" in shown, shape[0] == "-p")

    # What was ignored stays so (nohup, a shell's background).
    for ignored, other in ((signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)):
        process = begun(shape, preexec_fn=lambda: signal.signal(ignored, signal.SIG_IGN))
        for each in (process.pid, *children(process)):
            mask = next(line for line in Path(f"/proc/{each}/status").read_text().splitlines() if line.startswith("SigIgn"))
            check(f"{ignored} is ignored", int(mask.split()[1], 16) >> (ignored - 1) & 1, 1)
        process.send_signal(other)
        check_end(f"the other signal ends {shape}", process)

# The second one, a second later, ends what does not end by itself; and nobody is left.
process = begun(("-p", "3"))
stopped = children(process)
os.kill(stopped[0], signal.SIGSTOP)
until = time.monotonic() + 60
while process.poll() is None and time.monotonic() < until:
    os.killpg(process.pid, signal.SIGTERM)
    time.sleep(0.01)
check("the second signal ends it", process.returncode, 128 + signal.SIGTERM)
for child in stopped:
    check("nobody is left", gone(child), True)

# systemd's way where a process does not end by itself: SIGTERM to each, then, without a second one, SIGKILL to all that
# are left, or to the first alone, or to the others alone. Nobody is left then, and it has not ended well.
for victims in ("all", "the launcher", "the others"):
    process = begun(("-p", "3"))
    others = children(process)
    os.kill(others[0], signal.SIGSTOP)
    for each in (process.pid, *others):
        os.kill(each, signal.SIGTERM)
    for each in {"all": (process.pid, *others), "the launcher": (process.pid,), "the others": others}[victims]:
        try:
            os.kill(each, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended in order
    status, said = end(process)
    check(f"after SIGKILL to {victims} it ends, saying {said!r}", status in (-signal.SIGKILL, 1, 128 + signal.SIGKILL), True)
    for each in others:
        check(f"after SIGKILL to {victims} nobody is left", gone(each), True)

# A stop that comes as early as can be, when some of the processes have not begun yet.
for there in (1, 2, 3):
    for _ in range(40 if LONG else 5):
        process = subprocess.Popen([PROGRAM, "-p", "3"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, start_new_session=True)
        until = time.monotonic() + 60
        while len(children(process)) < there and time.monotonic() < until:
            pass
        process.send_signal(signal.SIGTERM)
        check_end(f"as soon as there are {there} processes", process)
