# SPDX-License-Identifier: BSL-1.0
"""instructions.py BENCHMARKS PROGRAMS COMPILER [--write]: what a record costs, without a clock: instructions under
callgrind, against what stands in instructions.json beside this file, with 3 % of room. PROGRAMS is the
folder of the programs of the suite, in a build of the type release.

A workload of the suite is played on some data and on twice as many; the difference belongs to the records alone.
Where a new cost is right, --write notes it.
"""
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BENCHMARKS = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(BENCHMARKS))

# pylint: disable=wrong-import-position
from suite import building, workloads  # noqa: E402

BASELINE = Path(__file__).resolve().parent / "instructions.json"
ROOM = 1.03
RECORDS = 100_000
HOT = ("five_maps", "filter_all", "filter_half", "filter_percent", "running_count", "count_final", "word_count",
       "temperatures")
CONTENDER = "leat -w1"


class ValgrindFailed(Exception):
    """A program did not play under valgrind."""


def instructions(command):
    """How many the program needs to play one round."""
    ran = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                         input=f"{CONTENDER}\n", capture_output=True, text=True, check=False)
    counted = re.search(r"Collected : (\d+)", ran.stderr)
    if ran.returncode != 0 or counted is None:
        raise ValgrindFailed(f"{' '.join(map(str, command))} under valgrind ended with {ran.returncode}:\n"
                             f"{ran.stderr[-2000:]}")
    return int(counted[1])


def less_and_more(row, programs, folder):
    """The commands that play some records and RECORDS more: numbers, which are read into memory before they are played,
    twice, and files that are twice as long."""
    passes = 1 if row.kind in ("words", "stations") else 2
    for count, times in ((RECORDS, 1), (RECORDS * (3 - passes), passes)):
        data = programs.write(workloads.Data(row.kind, count, row.distinct), folder)
        yield [*programs.command(row.program), row.played_as, data, str(times)]


def main(programs, compiler, write):
    try:
        subprocess.run(["valgrind", "--version"], capture_output=True, check=True)
    except OSError:
        print("skipped: valgrind is not installed")
        return 77
    if " avx2 " not in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        print("skipped: without AVX2 the C library has other functions than those that were counted")
        return 77
    version = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    baseline = json.loads(BASELINE.read_text(encoding="ascii")) if BASELINE.exists() else {}
    if not write and baseline.get("compiler") != f"{compiler} {version}":
        print(f"skipped: the figures are those of {baseline.get('compiler')}, and this is {compiler} {version}")
        return 77
    rows = workloads.read(BENCHMARKS / "workloads.toml")
    with tempfile.TemporaryDirectory(prefix="leat-instructions-") as folder, ThreadPoolExecutor(2) as pool:
        commands = [command for name in HOT
                    for command in less_and_more(rows[name], building.Programs(programs), Path(folder))]
        counts = list(pool.map(instructions, commands))
    costs = {name: round((more - less) / RECORDS, 1) for name, less, more in zip(HOT, counts[::2], counts[1::2])}
    if write:
        BASELINE.write_text(json.dumps({"compiler": f"{compiler} {version}", "instructions": costs}, indent=2) + "\n",
                            encoding="ascii")
        return 0
    dearer = 0
    for name, cost in costs.items():
        allowed = baseline["instructions"].get(name, 0)
        over = cost > allowed * ROOM
        dearer += over
        print(f"{name}: {cost} instructions a record, {allowed} before{': more than 3 % dearer' if over else ''}")
    if dearer:
        print("Find what they are with valgrind --tool=callgrind, or note the new cost with --write.")
    return 1 if dearer else 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[2]).resolve(), sys.argv[3], "--write" in sys.argv[4:]))
    except (building.CannotBuild, ValgrindFailed) as failure:
        sys.exit(str(failure))
