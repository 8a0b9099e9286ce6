# SPDX-License-Identifier: BSL-1.0
"""A program with a recovery store is killed at random moments, also while it recovers, and started again by the same
command, with other workers and processes too, until it ends: its output is that of an undisturbed run.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import LONG, PROGRAM, by_key, check, chosen_seed, gone  # noqa: E402

SEED = chosen_seed()
ENOUGH = {"one of three": 3600, "while it recovered": 600} if LONG else {"one of three": 300, "while it recovered": 50}
AT_ONCE = 6  # histories: each waits for the disk, or for another moment, most of its time
counted = Counter()
counting = threading.Lock()


def count(what):
    with counting:
        counted[what] += 1


def children_of(process):
    try:
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


class History:
    """All runs of one flow upon one store. With one input and one worker no order is free."""

    def __init__(self, folder, chance, files, inputs, exactly=False):
        self.folder, self.chance, self.exactly = folder, chance, exactly
        self.inputs = []
        behind = chance.choice(("", " " + 1000 * "x"))  # of long lines a turn has few, so there are more epochs
        for name in range(inputs):
            self.inputs.append(folder / f"in{name}")
            words = [f"w{chance.randrange(300)}" for _ in range(chance.choice((0, 300, 1000)))]
            words += ["w1"] * (1000 if name == 0 else 0)
            self.inputs[-1].write_text("".join(f"{word}{behind}\n" for word in words))
        for results in ("out", "plain"):
            (folder / results).mkdir()
        subprocess.run([PROGRAM, folder / "plain", *self.inputs], check=True)
        subprocess.run([PROGRAM, f"--recovery-init={files}", "-r", folder / "store"], check=True,
                       stdout=subprocess.DEVNULL)

    def start(self, *flags):
        said = (self.folder / "said").open("w")
        interval = self.chance.choice(("0", "0.005", "0.02"))
        return subprocess.Popen([PROGRAM, "-r", self.folder / "store", "-s", interval, *flags, "slow", self.folder / "out",
                                 *self.inputs], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)

    def said(self):
        return (self.folder / "said").read_text()

    def recovers_still(self):
        """Of the run that goes on: it does not know yet what it goes on from."""
        return "leat: recovery: " not in self.said()

    def outputs(self, results):
        """Each output as text; the values of a key are in one file, in their order."""
        of = self.folder / results
        return {path.name: path.read_text() for path in sorted([*of.glob("values/*"), of / "lines", of / "totals"])}

    def check_same(self, what):
        got, wanted = self.outputs("out"), self.outputs("plain")
        check(f"{what}: the files", list(got), list(wanted))
        for name, text in wanted.items():
            if self.exactly:
                check(f"{what}: {name}", got[name] == text, True)
            elif name.startswith("part"):
                check(f"{what}: {name}", Counter(got[name].splitlines()), Counter(text.splitlines()))
            else:
                check(f"{what}: {name}", by_key(got[name]), by_key(text))

    def disturb(self, started, processes, after, recovering):
        """Kills the program, or one of its processes, or stops it, at some moment. False when it came too late."""
        of_all = [started.pid]
        while processes > 1 and started.poll() is None:  # so soon they may not be there yet
            of_all = children_of(started.pid)
            if len(of_all) == processes:
                break
            time.sleep(0.001)
        time.sleep(after)
        if started.poll() is not None or not of_all:
            return False
        if processes > 1 and self.chance.random() < 0.1:  # the others wait for one that stands still
            held = self.chance.choice(of_all)
            try:
                os.kill(held, signal.SIGSTOP)
                time.sleep(0.1 * self.chance.random())
                os.kill(held, signal.SIGCONT)
                count("held up")
            except ProcessLookupError:
                return False
        if not recovering and self.chance.random() < 0.1:
            started.send_signal(signal.SIGTERM)
            count("stops")
            return True
        recovers = self.recovers_still()
        try:
            os.kill(self.chance.choice(of_all), signal.SIGKILL)
        except ProcessLookupError:
            return False
        count("kills")
        if processes == 3:
            count("one of three")
        if recovering and recovers:
            count("while it recovered")
        if processes > 1 and self.chance.random() < 0.3:  # the launcher as well: all go on from what is left
            started.kill()
        return True

    def end(self, what, started, processes):
        left = children_of(started.pid) if processes > 1 else []
        try:
            status = started.wait(timeout=60)
        except subprocess.TimeoutExpired:
            sys.exit(f"{what}: it does not end")
        for child in left:
            check(f"{what}: nobody is left", gone(child), True)
        if status not in (0, -signal.SIGKILL, -signal.SIGTERM, 75, 128 + signal.SIGKILL, 128 + signal.SIGTERM):
            sys.exit(f"{what}: it ended with {status}: {self.said()}")
        return status

    def survive(self, name, shapes, most_kills):
        killed = False
        for attempt in range(most_kills + 1):
            workers, processes = self.chance.choice(shapes)
            what = f"{name}, attempt {attempt} with -w {workers} -p {processes}"
            started = self.start("-w", str(workers), *(["-p", str(processes)] if processes > 1 else []))
            recovering = killed and self.chance.random() < 0.4
            disturbed = False
            if attempt < most_kills:
                after = (0.03 if recovering else self.chance.choice((0.01, 0.1, 0.2))) * self.chance.random()
                disturbed = self.disturb(started, processes, after, recovering)
            status = self.end(what, started, processes)
            killed = disturbed and status != 0
            if not disturbed and status == 0:
                break
        check(f"{name}: the last run", status, 0)
        self.check_same(name)
        # Nothing is new: nothing comes again.
        with (self.folder / "said").open("w") as said:
            subprocess.run([PROGRAM, "-r", self.folder / "store", self.folder / "out", *self.inputs], check=True, stderr=said)
        self.check_same(f"{name}, once more")


def one_history(number):
    chance = random.Random(f"{SEED} {number}")
    files = chance.choice((1, 2, 3))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            kind = chance.choice(("exactly", "changing", *["three"] * 6))
            if kind == "exactly":
                History(folder, chance, files, 1, exactly=True).survive(f"history {number}", [(1, 1)], 8)
            elif kind == "changing":
                shapes = [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (1, 3)]
                History(folder, chance, files, 4).survive(f"history {number}", shapes, 8)
            else:
                History(folder, chance, files, 4).survive(f"history {number}", [(1, 3)], 8)
        except BaseException:
            keep = Path(tempfile.gettempdir()) / "leat-resume-failed"
            print(f"what there was of history {number}: {keep}")
            shutil.copytree(folder, keep, dirs_exist_ok=True)
            raise


def restart_by_launcher():
    """-p starts its processes again when one was killed."""
    with tempfile.TemporaryDirectory() as name:
        of = History(Path(name), random.Random(SEED), 2, 4)
        started = of.start("-p", "2", "--max-restarts=1000")
        killed = 0
        for _ in range(3):
            time.sleep(0.1)
            for child in children_of(started.pid)[:1]:
                os.kill(child, signal.SIGKILL)
                killed += 1
        check(f"the launcher, which said {of.said()!r}", started.wait(timeout=60), 0)
        check("it has told of each time", of.said().count("all are started again") in range(1, killed + 1), killed > 0)
        of.check_same("restarted by -p")


restart_by_launcher()
with ThreadPoolExecutor(AT_ONCE) as pool:
    begun, under_way = 0, set()
    while under_way or any(counted[what] < enough for what, enough in ENOUGH.items()):
        while len(under_way) < AT_ONCE and any(counted[what] < enough for what, enough in ENOUGH.items()):
            under_way.add(pool.submit(one_history, begun))
            begun += 1
        ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
        for each in ended:
            each.result()
print(f"{begun} histories, {counted['kills']} kills, of one of three processes {counted['one of three']}, while it "
      f"recovered {counted['while it recovered']}; {counted['stops']} stops, {counted['held up']} held up; each output was that of an undisturbed run")
