# SPDX-License-Identifier: BSL-1.0
"""Any process of three is killed, at any moment: the others end with 75, soon, and nobody is left."""
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import LONG, PROGRAM, check, chosen_seed, end, end_all, gone, start_cluster  # noqa: E402

chance = random.Random(chosen_seed())
moments = 1000 if LONG else 50
slowest = 0.0
for moment in range(moments):
    victim = chance.randrange(3)
    # A good part of the moments are while the cluster forms, which takes a few milliseconds.
    after = chance.choice((0.001, 0.01, 0.3)) * chance.random()
    cluster = start_cluster(3, "--formation-timeout=0.7")
    time.sleep(after)
    cluster[victim].kill()
    killed_at = time.monotonic()
    ended = end_all(cluster)
    slowest = max(slowest, time.monotonic() - killed_at)
    what = f"moment {moment}, process {victim} after {after:.4f} s"
    for i, (status, said) in enumerate(ended):
        check(f"{what}: the status of process {i}, which said {said!r}", status, -signal.SIGKILL if i == victim else 75)
print(f"{moments} processes killed; the others ended within {slowest:.2f} s")

# The cause is named by all, in the same words, whichever process it came from.
for failing in range(3):
    causes = set()
    for i, (status, said) in enumerate(end_all(start_cluster(3, f"fails={failing}"))):
        check(f"process {i} fails as process {failing} does: {said}", status, 1)
        causes.add(next(line for line in said.splitlines() if not line.startswith("leat: ")))
    check("one cause", len(causes), 1)
    check("the cause", causes.pop().endswith("two thousand came"), True)

# Started by one program: it ends as the first that failed did, and takes all with it.
for number, wanted in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
    launcher = subprocess.Popen([PROGRAM, "-p", "3"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.DEVNULL)
    begun = {launcher.stdout.readline() for _ in range(3)}
    check("all have begun", begun, {"begun\n"})
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()
    check("its processes", len(children), 3)
    launcher.send_signal(number)
    check("the status of all", end(launcher)[0], wanted)
    for child in children:
        check("nobody is left", gone(int(child)), True)
launcher = subprocess.Popen([PROGRAM, "-p", "3"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL)
for _ in range(3):
    launcher.stdout.readline()
child = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split()[chance.randrange(3)]
os.kill(int(child), signal.SIGKILL)
check("the status of the first that failed", end(launcher)[0] in (75, 128 + signal.SIGKILL), True)
