# SPDX-License-Identifier: BSL-1.0
"""Calls upon the files of a recovery store, of inputs and of outputs fail, or kill the program, each in its turn: the
run ends with one sentence that names file and reason, and the same command without the fault ends with the output of an
undisturbed run. All calls with `./test --long`, else some of them, by chance; LEAT_SWEEP_POINTS says how many, and
LEAT_SWEEP_WAY of which way.
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
from example import LONG, PROGRAM, by_key, check, chosen_seed  # noqa: E402

LIBRARY = sys.argv[2]
SOME = int(os.environ.get("LEAT_SWEEP_POINTS") or 60)
WORKERS = 3  # attempts side by side: each waits for the disk most of its time
WAYS = {"open": ("EIO", "ENOSPC", "EINTR", "kill", "killed"), "read": ("EIO", "EINTR", "kill"), "pread": ("EIO", "EINTR", "kill"),
        "write": ("EIO", "ENOSPC", "EINTR", "short", "full", "torn", "kill", "killed", "power")}
WAYS["pwrite"] = WAYS["write"]
OTHER_WAYS = ("EIO", "ENOSPC", "kill", "killed", "power")
DEADLY = ("torn", "kill", "killed", "power")
# A part of what was asked for is no error: the rest is asked for again.
HARMLESS = ("short", "EINTR")
REASONS = ("Input/output error", "No space left on device", "Interrupted system call", "disk I/O error", "the disk is full",
           "it is damaged, or cannot be read",
           # SQLite opens what it cannot write for reading; that is found out when it is opened, or later.
           "it cannot be written: see to it that this user may write it",
           "attempt to write a readonly database", "Bad file descriptor")

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
    return {str(path.relative_to(folder)): path.read_text()
            for path in sorted([*folder.glob("out/values/*"), folder / "out/lines", folder / "out/totals"]) if path.exists()}


def log_of(folder):
    path = Path(f"{folder}.log")
    return path.read_text() if path.exists() else ""


def counts(log):
    return {name: int(count) for name, count in re.findall(r"^(\w+) (\d+)$", log, re.MULTILINE)}


class Beginning:
    """A folder as it is before the run in which a call fails."""

    def __init__(self, name, folder, arguments, wanted, processes=1):
        self.name, self.folder, self.arguments, self.wanted, self.processes = name, folder, arguments, wanted, processes
        if processes > 1:
            return
        counting = folder.parent / f"{folder.name}-counting"
        shutil.copytree(folder, counting)
        done = program(counting, *arguments, fault="none:0:EIO")
        check(f"{name}: it runs, and says {done.stderr!r}", done.returncode, 0)
        check(f"{name}: undisturbed", self.is_same(counting), True)
        self.counts = counts(log_of(counting))

    def points(self):
        return [(self, call, number, way, 0) for call, count in self.counts.items() for number in range(1, count + 1)
                for way in WAYS.get(call, OTHER_WAYS)]

    def is_same(self, folder):
        """Whether the output is that of an undisturbed run. Between keys several processes have no order."""
        got = outputs(folder)
        if self.processes == 1:
            return got == self.wanted
        return list(got) == list(self.wanted) and all(
            Counter(got[name].splitlines()) == Counter(text.splitlines()) if "part" in name else by_key(got[name]) == by_key(text)
            for name, text in self.wanted.items())


class OfThree(Beginning):
    """Any of three processes is killed; each has about half of the calls of one alone."""

    def __init__(self, alone, folder):
        arguments = ("-p", "3", *alone.arguments)
        super().__init__("three processes", folder, arguments, alone.wanted, 3)
        self.counts = alone.counts

    def points(self):
        return [(self, call, number, way, chance.randrange(3)) for call, count in self.counts.items()
                for number in range(1, count // 2 + 1) for way in WAYS.get(call, OTHER_WAYS) if way in DEADLY]


def check_sentence(what, done):
    said = [line for line in done.stderr.splitlines() if not line.startswith("leat: ")]
    check(f"{what}: the status, with {said}", done.returncode, 1)
    check(f"{what}: one sentence: {said}", len(said), 1)
    check(f"{what}: it names a file: {said}", re.search(r'"(store/part-\d\.sqlite3|out/[^"]+|in|store)"', said[0]) is not None, True)
    check(f"{what}: it gives a reason: {said}", any(reason in said[0] for reason in REASONS), True)


def may_be_passed_over(folder, call, number):
    """What SQLite may fail in without a word: it goes on where it cannot sync a directory (by fdatasync), for the sake of
    some file systems, which leat has done before it (by fsync); what it cannot open for writing it opens for reading,
    and fails where it has to write; and it syncs the journal once more when a file is closed, when nothing is in it. A
    look at whether a journal is of this file is not taken where it cannot be read: SQLite reads it next, and fails.
    """
    path = re.search("^failed (.*)$", log_of(folder), re.MULTILINE)[1]
    if path == f"{folder}/store":
        return call in ("open", "fdatasync")
    if call == "open":
        return path.startswith(f"{folder}/store/")
    if call == "read":
        return path.endswith("-journal")
    files = len([*folder.glob("store/*.sqlite3")])
    return call == "fdatasync" and path.endswith("-journal") and number > counts(log_of(folder))[call] - files


def attempt(point):
    of, call, number, way, process = point
    what = f"{of.name}, {call} {number} {way}" + (f" in process {process}" if of.processes > 1 else "")
    folder = of.folder.parent / f"{of.folder.name}-{call}-{number}-{way}"
    shutil.copytree(of.folder, folder)
    done = program(folder, *of.arguments, fault=f"{call}:{number}:{way}", process=str(process) if of.processes > 1 else None)
    if "failed" not in log_of(folder):
        check(f"{what}: no such call, so it runs, and says {done.stderr!r}", done.returncode, 0)
        result = "not reached"
    elif way in DEADLY:
        check(f"{what}: the status", done.returncode in (-signal.SIGKILL, 75, 128 + signal.SIGKILL), True)
        result = "killed" if of.processes == 1 else "killed of three"
    elif done.returncode == 0:
        check(f"{what}: nothing is missing", of.is_same(folder), True)
        result = "made up for"
        if way not in HARMLESS:
            check(f"{what}: it may be passed over, of {log_of(folder).splitlines()[0]!r}", may_be_passed_over(folder, call, number), True)
            result = f"passed over ({call})"
    else:
        check_sentence(what, done)
        result = "told"
    again = program(folder, *of.arguments)
    check(f"{what}: it goes on, and says {again.stderr!r}", again.returncode, 0)
    check(f"{what}: the output", of.is_same(folder), True)
    shutil.rmtree(folder)
    Path(f"{folder}.log").unlink(missing_ok=True)
    return result


def attempt_all(point):
    """A point that goes wrong, or never ends, does not keep the others from being tried."""
    try:
        return attempt(point)
    except (SystemExit, subprocess.TimeoutExpired) as failed:
        wrong.append(f"{point[0].name}, {point[1:]}: {failed}")
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
    three = root / "three"
    shutil.copytree(folder, three)
    return [empty, Beginning("behind a kill", killed, arguments, wanted), OfThree(empty, three)]


with tempfile.TemporaryDirectory() as name:
    of_all = [point for beginning in beginnings(Path(name)) for point in beginning.points()]
    if way := os.environ.get("LEAT_SWEEP_WAY"):
        of_all = [point for point in of_all if point[3] == way]
    points = of_all if LONG else chance.sample(of_all, min(SOME, len(of_all)))
    with ThreadPoolExecutor(WORKERS) as pool:
        happened.update(pool.map(attempt_all, points))
print(f"{len(points)} of {len(of_all)} calls failed: " + ", ".join(f"{what} {count}" for what, count in sorted(happened.items())))
if wrong:
    sys.exit("\n".join(wrong))
