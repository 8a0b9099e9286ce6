# SPDX-License-Identifier: BSL-1.0
"""The visits of a web server's visitors, against a calculation of our own: of a small log, and of a real one where it is
there; with any number of workers, of processes and of files."""
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from access_log import hits_of, judge, split  # noqa: E402
from example import PROGRAM, check, run, run_cluster, shared_data  # noqa: E402

GAP = 30 * 60


def shown(at):
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def wanted(text):
    hits, others = hits_of(text)
    on_time, late, _ = judge(hits)
    found = [f"behind: {shown(hit.at)} {hit.visitor} {hit.path}" for hit in late] + ["undated: no time  "] * others
    visitors = {}
    for hit in sorted(on_time, key=lambda hit: hit.at):  # hits of one second stay in the order of the log
        visits = visitors.setdefault(hit.visitor, [])
        if not visits or hit.at - visits[-1][-1].at > GAP:
            visits.append([])
        visits[-1].append(hit)
    for visitor, visits in visitors.items():
        for visit in visits:
            first, last = visit[0], visit[-1]
            found.append(f"{shown(first.at)} {visitor}: {len(visit)} hits in {last.at - first.at}s, "
                         f"{first.path} to {last.path}")
    return sorted(found)


SMALL = """\
192.0.2.7 - - [17/May/2015:10:00:00 +0000] "GET /in HTTP/1.1" 200 512
192.0.2.8 - - [17/May/2015:10:00:30 +0000] "GET /other HTTP/1.1" 200 512
192.0.2.7 - - [17/May/2015:10:29:59 +0000] "GET /last HTTP/1.1" 200 512 "-" "a browser"
192.0.2.7 - - [17/May/2015:10:29:00 +0000] "GET /slow HTTP/1.1" 200 512
this is no line of a log
192.0.2.7 - - [17/May/2015:11:00:00 +0000] "GET /again HTTP/1.1" 200 512
192.0.2.7 - - [17/May/2015:10:40:00 +0000] "GET /between HTTP/1.1" 200 512
192.0.2.8 - - [17/May/2015:13:30:00 +0200] "GET /zone HTTP/1.1" 200 512
192.0.2.7 - - [17/May/2015:11:30:00 +0000] "GET /end HTTP/1.1" 200 512
"""
LINES = [
    "2015-05-17T10:00:00Z 192.0.2.7: 3 hits in 1799s, /in to /last",
    "2015-05-17T11:00:00Z 192.0.2.7: 2 hits in 1800s, /again to /end",
    "2015-05-17T10:00:30Z 192.0.2.8: 1 hits in 0s, /other to /other",
    "2015-05-17T11:30:00Z 192.0.2.8: 1 hits in 0s, /zone to /zone",
    "behind: 2015-05-17T10:40:00Z 192.0.2.7 /between",
    "undated: no time  ",
]
check("our own calculation", wanted(SMALL), sorted(LINES))

with tempfile.TemporaryDirectory() as name:
    log = Path(name, "access.log")
    log.write_text(SMALL)
    for workers in ("1", "4"):
        check(f"{workers} workers", sorted(run("-w", workers, str(log)).splitlines()), sorted(LINES))
    check("two processes", sorted(run_cluster(2, str(log)).splitlines()), sorted(LINES))

refused = subprocess.run([PROGRAM], capture_output=True, text=True, check=False, timeout=60)
check(f"without a log: {refused.stderr}", (refused.returncode, "expected a log" in refused.stderr), (2, True))

log = shared_data("apache", "apache_logs")
text = log.read_text(encoding="utf-8")
real = wanted(text)
for workers in ("1", "3"):
    check(f"the real log, {workers} workers", sorted(run("-w", workers, str(log)).splitlines()), real)
check("the real log, two processes", sorted(run("-p", "2", "-w", "2", str(log)).splitlines()), real)
with tempfile.TemporaryDirectory() as name:
    files = split(text, Path(name), 5)
    # Hits of one second, of one visitor, in two files have no order: what is told of first and last pages is not compared.
    for workers in ("1", "3"):
        lines = run("-w", workers, *files).splitlines()
        check(f"in five files, {workers} workers", sorted(line.split(", ")[0] for line in lines),
              sorted(line.split(", ")[0] for line in real))
