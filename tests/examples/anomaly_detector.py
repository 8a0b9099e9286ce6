# SPDX-License-Identifier: BSL-1.0
"""Random metrics, recorded ones against a calculation of our own, and the machine's until a signal."""
import csv
import re
import select
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import PROGRAM, check, run, shared_data, start_cluster  # noqa: E402

RESULT = re.compile(r"^(.+): value = (.+), mu = (\d+\.\d\d), sigma = (\d+\.\d\d), (True|False)$")


def by_metric(lines):
    found = defaultdict(list)
    for line in lines:
        match = RESULT.match(line)
        if not match:
            sys.exit(f"not a line of the anomaly detector: {line!r}")
        found[match[1]].append((float(match[2]), match[3], match[4], match[5] == "True"))
    return found


def total(numbers):
    """From left to right: `sum` of newer Pythons corrects what is rounded off."""
    result = 0.0
    for number in numbers:
        result += number
    return result


def detect(values):
    """As Bytewax's example computes it, to the last digit: some values lie just at the limit."""
    last = []
    mu = sigma = None
    for value in values:
        verdict = bool(mu and sigma) and abs(value - mu) / sigma > 2.0
        last.insert(0, value)
        del last[10:]
        mu = total(last) / len(last)
        sigma = (total((x - mu) ** 2 for x in last) / len(last)) ** 0.5
        yield value, mu, sigma, verdict


def check_metric(metric, got, values):
    check(f"{metric}: every row comes out", len(got), len(values))
    for row, (seen, wanted) in enumerate(zip(got, detect(values))):
        close = (seen[0] == wanted[0] and abs(float(seen[1]) - wanted[1]) < 0.0051
                 and abs(float(seen[2]) - wanted[2]) < 0.0051 and wanted[3] == seen[3])
        check(f"{metric}, row {row}: {seen} for {wanted}", close, True)


def check_files(files):
    wanted = {}
    for file in files:
        with open(file, newline="", encoding="utf-8") as rows:
            wanted[file.name.removesuffix(".csv")] = [float(row["value"]) for row in csv.DictReader(rows)]
    outputs = []
    for workers in ("1", "4"):
        found = by_metric(run("-w", workers, "--", "--csv", *map(str, files)).splitlines())
        check("the metrics", sorted(found), sorted(wanted))
        for metric, values in wanted.items():
            check_metric(metric, found[metric], values)
        outputs.append(found)
    check("one worker and four", outputs[0], outputs[1])


for workers in ("1", "3"):
    lines = run("-w", workers).splitlines()
    debug = [line for line in lines if line.startswith("anomaly_detector.dist W")]
    check("what was distributed", all(re.match(r"^anomaly_detector\.dist W\d @\d+: \((v|hz), \d\)$", d) for d in debug), True)
    results = by_metric(line for line in lines if line not in debug)
    check("the random metrics", {metric: len(rows) for metric, rows in results.items()}, {"v": 40, "hz": 40})
    for metric, rows in results.items():
        check_metric(metric, rows, [row[0] for row in rows])

with tempfile.TemporaryDirectory() as folder:
    # Of ten values two are far out: their distance is just 2.0, so that what is rounded off decides.
    limits = Path(folder, "limits.csv")
    limits.write_text("timestamp,value\n" + "".join(f"{i},{0.1 if i % 5 else 0.3}\n" for i in range(500)))
    check_files([limits])
    steady = Path(folder, "steady.csv")
    steady.write_text("timestamp,value\n" + "".join(f"2026-01-01 00:{i:02},{10 + i % 2}\n" for i in range(20)) + "x,50\n")
    check_files([steady])
    last = run("--csv", str(steady)).splitlines()[-1]
    check("a value that stands out", last, "steady: value = 50, mu = 14.50, sigma = 11.84, True")
    broken = Path(folder, "broken.csv")
    broken.write_text("timestamp,value\na,1\nb\n")
    refused = subprocess.run([PROGRAM, "--csv", str(broken)], capture_output=True, text=True, check=False)
    check("a malformed row", (refused.returncode, "broken.csv:3" in refused.stderr or "line 3" in refused.stderr), (1, True))

wrong = subprocess.run([PROGRAM, "--cvs"], capture_output=True, text=True, check=False)
check("an argument that is none", wrong.returncode, 2)

live = subprocess.Popen([PROGRAM, "--proc"], stdout=subprocess.PIPE, text=True)
for _ in range(8):
    check("live readings", bool(RESULT.match(live.stdout.readline().rstrip("\n"))), True)
live.send_signal(signal.SIGTERM)
live.communicate(timeout=60)
check("stopped in order", live.returncode, 0)


def watching_cluster(processes):
    """Live readings by several processes, of which one at least has printed some."""
    all_of_it = start_cluster(processes, "--proc")
    select.select([one.stdout for one in all_of_it], [], [], 60)
    return all_of_it


launched = subprocess.Popen([PROGRAM, "-p", "2", "--proc"], stdout=subprocess.PIPE, text=True)
check("live readings of two processes", bool(RESULT.match(launched.stdout.readline().rstrip("\n"))), True)
launched.send_signal(signal.SIGTERM)
launched.communicate(timeout=60)
check("all stopped in order", launched.returncode, 0)

stopped = watching_cluster(2)
stopped[1].send_signal(signal.SIGTERM)
for one in stopped:
    one.communicate(timeout=60)
check("a signal to one process stops all in order", [one.returncode for one in stopped], [0, 0])

for victim in range(3):
    cluster = watching_cluster(3)
    cluster[victim].kill()
    for i, one in enumerate(cluster):
        said = one.communicate(timeout=60)[1]
        if i != victim:
            check(f"process {i} says that process {victim} is gone", one.returncode, 75)
            check("and who it was", f"process {victim} was lost" in said, True)

check_files(sorted(shared_data("nab", "realAWSCloudwatch").glob("*.csv")))
