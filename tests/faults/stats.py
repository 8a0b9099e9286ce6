# SPDX-License-Identifier: BSL-1.0
"""What a run tells of itself while it runs: SIGUSR1 prints a table and the run goes on; a terminal shows how far it is."""
import os
import pty
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import PROGRAM, check, end  # noqa: E402

PROGRESS = "per second, epoch"


def begun(shape, **more):
    process = subprocess.Popen([PROGRAM, *shape], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **more)
    for _ in range(3 if shape[0] == "-p" else 1):
        check("it has begun", process.stdout.readline(), "begun\n")
    return process


def tables_of(lines, tables):
    """Reads until so many tables have come to their last line."""
    text = ""
    while text.count("out (output)") < tables:
        line = lines.readline()
        if not line:
            sys.exit(f"no table came, but {text!r}")
        text += line
    return text


for shape in (("-w", "2"), ("-p", "3")):
    processes = 3 if shape[0] == "-p" else 1
    process = begun(shape, stderr=subprocess.PIPE)
    for _ in range(2):
        process.send_signal(signal.SIGUSR1)
        text = tables_of(process.stderr, processes)
        check(f"each process of {shape} has a table: {text}", text.count('flow "busy"'), processes)
        check(f"and its steps: {text}", text.count("spread"), processes)
        check("it runs on", process.poll(), None)
    process.send_signal(signal.SIGTERM)
    check("it stops", end(process)[0], 0)

    # At the end, by the flag or by the environment; and no line of progress where there is no terminal.
    for arguments, environment in ((("--stats",), {}), ((), {"LEAT_STATS": "yes"})):
        with tempfile.TemporaryFile("w+") as said:
            process = begun((*shape, *arguments), stderr=said, env={**os.environ, **environment})
            process.send_signal(signal.SIGTERM)
            check("it stops", process.wait(60), 0)
            said.seek(0)
            text = said.read()
            check(f"tables at the end of {shape}: {text}", text.count('flow "busy"'), processes)
            check(f"no progress in a file: {text}", text.count(PROGRESS), 0)


def shown_on_terminal(*arguments, until):
    """What the program shows on a terminal until this text has come, it has been asked for its numbers, and has ended."""
    mine, theirs = pty.openpty()
    process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = ""
    asked = False
    while True:
        try:
            some = os.read(mine, 4096).decode()
        except OSError:  # all have closed it
            break
        shown += some
        if until in shown and not asked:
            asked = True
            process.send_signal(signal.SIGUSR1)
        if asked and "out (output)" in shown and process.poll() is None:
            process.send_signal(signal.SIGTERM)
    os.close(mine)
    check(f"it stops, after {shown!r}", process.wait(60), 0)
    return shown


shown = shown_on_terminal("-w", "2", until=PROGRESS)
check(f"the line is removed before the table: {shown!r}", "\r\x1b[Kleat: flow" in shown, True)
check(f"and at the end: {shown!r}", shown.rstrip("\r\n").rsplit("\r", 1)[-1] in ("", "\x1b[K") or PROGRESS not in
      shown[shown.rindex("out (output)"):], True)
