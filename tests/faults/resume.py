# SPDX-License-Identifier: BSL-1.0
"""A program with a recovery store is killed at random moments, and started again by the same command, with other workers
and processes too, until it ends: its output is that of an undisturbed run.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import LONG, PROGRAM, check, chosen_seed, gone  # noqa: E402

chance = random.Random(chosen_seed())
kills = {"process": 0, "recovering": 0, "stops": 0}


def write_inputs(folder):
    paths = []
    for name in range(4):
        paths.append(folder / f"in{name}")
        paths[-1].write_text("".join(f"w{chance.randrange(300)}\n" for _ in range(chance.choice((0, 500, 3000)))))
    paths[0].write_text(paths[0].read_text() + "w1\n" * 2000)
    return paths


def outputs(folder):
    """Each output as text; the values of a key are in one file, in their order."""
    return {path.name: path.read_text() for path in sorted([*folder.glob("values/*"), folder / "lines", folder / "totals"])}


def by_key(lines):
    """The lines of each key, in their order."""
    result = {}
    for line in lines.splitlines():
        result.setdefault(line.split()[0].strip("(,\"'"), []).append(line)
    return result


def check_same(what, folder, plain, exactly):
    got, wanted = outputs(folder), outputs(plain)
    check(f"{what}: the files", list(got), list(wanted))
    for name, text in wanted.items():
        if exactly:
            check(f"{what}: {name}", got[name] == text, True)
        elif name.startswith("part"):
            check(f"{what}: {name}", Counter(got[name].splitlines()), Counter(text.splitlines()))
        else:
            check(f"{what}: {name}", by_key(got[name]), by_key(text))


def children_of(process):
    try:
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def begin(folder, files):
    """Inputs, which it returns, their undisturbed result in `plain`, and an empty store of so many files."""
    inputs = write_inputs(folder)
    for results in ("out", "plain"):
        (folder / results).mkdir()
    subprocess.run([PROGRAM, folder / "plain", *inputs], check=True)
    subprocess.run([PROGRAM, f"--recovery-init={files}", "-r", folder / "store"], check=True, stdout=subprocess.DEVNULL)
    return inputs


def start(folder, inputs, *flags):
    return subprocess.Popen([PROGRAM, "-r", folder / "store", "-s", chance.choice(("0", "0.005", "0.02")), *flags, "slow",
                             folder / "out", *inputs], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def disturb(started, processes):
    """Kills the program, or one of its processes, or stops it, at some moment. False when it came too late."""
    time.sleep(chance.choice((0.01, 0.1, 0.4)) * chance.random())
    of_all = children_of(started.pid) if processes > 1 else [started.pid]
    if started.poll() is not None or not of_all:
        return started.poll() is None
    if chance.random() < 0.2:
        started.send_signal(signal.SIGTERM)
        kills["stops"] += 1
        return True
    try:
        os.kill(chance.choice(of_all), signal.SIGKILL)
        kills["process"] += 1
    except ProcessLookupError:
        return False
    if processes > 1 and chance.random() < 0.3:  # the launcher as well: all go on from what is left
        started.kill()
    return True


def survive(what, shapes, most_kills, exactly):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = begin(folder, chance.choice((1, 2, 3)))
        for attempt in range(most_kills + 1):
            workers, processes = chance.choice(shapes)
            flags = ["-w", str(workers)] + (["-p", str(processes)] if processes > 1 else [])
            started = start(folder, inputs, *flags)
            if attempt < most_kills:
                disturb(started, processes)
            left = children_of(started.pid) if processes > 1 else []
            try:
                said = started.communicate(timeout=60)[1]
            except subprocess.TimeoutExpired:
                keep = Path(tempfile.gettempdir()) / "leat-resume-hangs"
                shutil.copytree(folder, keep, dirs_exist_ok=True)
                sys.exit(f"{what}, attempt {attempt} with {flags}: it does not end (what there was: {keep})")
            for child in left:
                check("nobody is left", gone(child), True)
            if started.returncode not in (0, -signal.SIGKILL, -signal.SIGTERM, 75, 128 + signal.SIGKILL, 128 + signal.SIGTERM):
                sys.exit(f"{what}, attempt {attempt} with {flags} ended with {started.returncode}: {said}")
        check(f"{what}: the last run", started.returncode, 0)
        check_same(what, folder / "out", folder / "plain", exactly)
        # Nothing is new: nothing comes again.
        subprocess.run([PROGRAM, "-r", folder / "store", folder / "out", *inputs], check=True)
        check_same(f"{what}, once more", folder / "out", folder / "plain", exactly)


def restart_by_launcher():
    """-p starts its processes again when one was killed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = begin(folder, 2)
        started = start(folder, inputs, "-p", "2", "--max-restarts=1000")
        killed = 0
        for _ in range(3):
            time.sleep(0.2)
            for child in children_of(started.pid)[:1]:
                os.kill(child, signal.SIGKILL)
                killed += 1
        said = started.communicate(timeout=60)[1]
        check(f"the launcher, which said {said!r}", started.returncode, 0)
        check("it has told of each time", said.count("all are started again") in range(1, killed + 1), killed > 0)
        check_same("restarted by -p", folder / "out", folder / "plain", False)


rounds = 12 if LONG else 1
restart_by_launcher()
for number in range(8 * rounds):
    survive(f"one worker, round {number}", [(1, 1)], 6, True)
    survive(f"workers, round {number}", [(1, 1), (2, 1), (3, 1)], 6, False)
for number in range(6 * rounds):
    survive(f"processes, round {number}", [(1, 1), (1, 2), (2, 2), (1, 3)], 6, False)
print(f"{kills['process']} kills, {kills['stops']} stops; each output was that of an undisturbed run")
