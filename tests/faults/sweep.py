# SPDX-License-Identifier: BSL-1.0
"""Calls upon the files of a recovery store, of inputs and of outputs fail, or kill the program, each in its turn: the
run ends with one sentence that names file and reason, and the same command without the fault ends with the output of an
undisturbed run. All calls with `./test --long`, else some of them, by chance.
"""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import LONG, PROGRAM, check, chosen_seed  # noqa: E402

LIBRARY = sys.argv[2]
SOME = 60
WORKERS = 3  # attempts side by side: each waits for the disk most of its time
WAYS = {"open": ("EIO", "ENOSPC", "EINTR", "kill", "killed"), "read": ("EIO", "EINTR", "kill"), "pread": ("EIO", "EINTR", "kill"),
        "write": ("EIO", "ENOSPC", "EINTR", "short", "full", "torn", "kill", "killed")}
WAYS["pwrite"] = WAYS["write"]
OTHER_WAYS = ("EIO", "ENOSPC", "kill", "killed")
DEADLY = ("torn", "kill", "killed")
# A part of what was asked for is no error: the rest is asked for again.
HARMLESS = ("short", "EINTR")
REASONS = ("Input/output error", "No space left on device", "Interrupted system call", "disk I/O error", "the disk is full")

chance = random.Random(chosen_seed())
happened = Counter()
wrong = []


def program(folder, *arguments, fault=None, process=None):
    """One run in this folder, which every path is relative to: a file is known by its path as it was given."""
    environment = dict(os.environ)
    if fault is not None:
        environment |= {"LD_PRELOAD": LIBRARY, "LEAT_FAIL": fault, "LEAT_FAIL_IN": str(folder) + "/",
                        "LEAT_FAIL_LOG": str(folder) + ".log", "LEAT_FAIL_PROCESS": process or ""}
    return subprocess.run([PROGRAM, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=120, check=False)


def outputs(folder):
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted([*folder.glob("out/values/*"), folder / "out/lines", folder / "out/totals"]) if path.exists()}


def log_of(folder):
    path = Path(f"{folder}.log")
    return path.read_text() if path.exists() else ""


def counts(log):
    return {name: int(count) for name, count in re.findall(r"^(\w+) (\d+)$", log, re.MULTILINE)}


class Beginning:
    """A folder as it is before the run in which a call fails."""

    def __init__(self, name, folder, arguments, wanted):
        self.name, self.folder, self.arguments, self.wanted = name, folder, arguments, wanted
        counting = folder.parent / f"{folder.name}-counting"
        shutil.copytree(folder, counting)
        done = program(counting, *arguments, fault="none:0:EIO")
        check(f"{name}: it runs, and says {done.stderr!r}", done.returncode, 0)
        check(f"{name}: undisturbed", outputs(counting) == wanted, True)
        self.counts = counts(log_of(counting))

    def points(self):
        return [(self, call, number, way) for call, count in self.counts.items() for number in range(1, count + 1)
                for way in WAYS.get(call, OTHER_WAYS)]


def check_sentence(what, done):
    said = [line for line in done.stderr.splitlines() if not line.startswith("leat: ")]
    check(f"{what}: the status, with {said}", done.returncode, 1)
    check(f"{what}: one sentence: {said}", len(said), 1)
    check(f"{what}: it names a file: {said}", re.search(r'"(store/part-\d\.sqlite3|out/[^"]+|in|store)"', said[0]) is not None, True)
    check(f"{what}: it gives a reason: {said}", any(reason in said[0] for reason in REASONS), True)


def attempt(point):
    of, call, number, way = point
    what = f"{of.name}, {call} {number} {way}"
    folder = of.folder.parent / f"{of.folder.name}-{call}-{number}-{way}"
    shutil.copytree(of.folder, folder)
    done = program(folder, *of.arguments, fault=f"{call}:{number}:{way}")
    if "failed" not in log_of(folder):
        check(f"{what}: no such call, so it runs, and says {done.stderr!r}", done.returncode, 0)
        result = "not reached"
    elif way in DEADLY:
        check(f"{what}: the status", done.returncode, -signal.SIGKILL)
        result = "killed"
    elif done.returncode == 0:
        # Nobody needs what has failed, as the name of a file that is removed: then nothing is missing.
        check(f"{what}: it has been passed over, and nothing is missing", outputs(folder) == of.wanted, True)
        result = "made up for" if way in HARMLESS else f"passed over ({call})"
    else:
        check_sentence(what, done)
        result = "told"
    again = program(folder, *of.arguments)
    check(f"{what}: it goes on, and says {again.stderr!r}", again.returncode, 0)
    check(f"{what}: the output", outputs(folder) == of.wanted, True)
    shutil.rmtree(folder)
    Path(f"{folder}.log").unlink(missing_ok=True)
    return result


def attempt_all(point):
    """A point that goes wrong does not keep the others from being tried."""
    try:
        return attempt(point)
    except SystemExit as failed:
        wrong.append(str(failed))
        return "wrong"


def beginnings(root):
    """An empty store, and one of a run that was killed while it committed, whose journal is to be taken back."""
    folder = root / "empty"
    (folder / "out").mkdir(parents=True)
    words = [f"w{chance.randrange(40)} {'x' * 4000}\n" for _ in range(200)]  # long ones, so that a turn has few of them
    (folder / "in").write_text("".join(words))
    check("the plain run", program(folder, "out", "in").returncode, 0)
    wanted = outputs(folder)
    shutil.rmtree(folder / "out")
    (folder / "out").mkdir()
    check("the store", program(folder, "--recovery-init=2", "-r", "store").returncode, 0)
    arguments = ("-r", "store", "-s", "0", "out", "in")
    empty = Beginning("an empty store", folder, arguments, wanted)
    killed = root / "killed"
    shutil.copytree(folder, killed)
    middle = empty.counts["pwrite"] // 2
    check("it is killed", program(killed, *arguments, fault=f"pwrite:{middle}:torn").returncode, -signal.SIGKILL)
    return [empty, Beginning("behind a kill", killed, arguments, wanted)]


with tempfile.TemporaryDirectory() as name:
    of_all = [point for beginning in beginnings(Path(name)) for point in beginning.points()]
    points = of_all if LONG else chance.sample(of_all, SOME)
    with ThreadPoolExecutor(WORKERS) as pool:
        happened.update(pool.map(attempt_all, points))
print(f"{len(points)} of {len(of_all)} calls failed: " + ", ".join(f"{what} {count}" for what, count in sorted(happened.items())))
if wrong:
    sys.exit("\n".join(wrong))
