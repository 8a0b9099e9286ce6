# SPDX-License-Identifier: BSL-1.0
"""Hits per minute and the busiest hour of each day, against a calculation of our own: of a small log with a day of 23
hours in it, and of a real one where it is there; with any number of workers, of processes and of files."""
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from access_log import hits_of, judge, split  # noqa: E402
from example import PROGRAM, SKIPPED, check, run, run_cluster, shared_data  # noqa: E402

if not Path("/usr/share/zoneinfo/Europe/Berlin").exists():
    print("skipped: there are no time zones in /usr/share/zoneinfo (Debian: tzdata)")
    sys.exit(SKIPPED)


def wanted(text, place):
    zone = ZoneInfo(place)
    hits, _, bound = judge(hits_of(text)[0])

    def shown(at):
        return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"

    def so_far(close):
        return " so far" if close > bound else ""

    found = []
    for (minute, status), count in Counter((hit.at // 60 * 60, hit.status) for hit in hits).items():
        found.append(f"{shown(minute)} {status}: {count}{so_far(minute + 60)}")
    busiest = {}
    for hour, count in sorted(Counter(hit.at // 3600 * 3600 for hit in hits).items()):
        day = datetime.fromtimestamp(hour, zone).date()
        if count > busiest.get(day, (0, 0))[0]:
            busiest[day] = (count, hour)
    for day, (count, hour) in busiest.items():
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone).timestamp()
        found.append(f"{day} is busiest from {shown(hour)[11:]} to {shown(hour + 3600)[11:]}: {count}{so_far(midnight)}")
    return sorted(found)


# Clocks in Berlin were set from two to three in the night to the 29th of March 2015: a minute before one in UTC.
SMALL = """\
192.0.2.7 - - [28/Mar/2015:22:58:30 +0000] "GET / HTTP/1.1" 200 512
192.0.2.7 - - [28/Mar/2015:22:59:10 +0000] "GET /missing HTTP/1.1" 404 0 "-" "a browser (with \\"quotes\\")"
192.0.2.8 - - [28/Mar/2015:22:58:50 +0000] "GET /slow HTTP/1.1" 200 100000
192.0.2.8 - ann [29/Mar/2015:00:00:10 +0100] "GET / HTTP/1.1" 200 512
192.0.2.9 - - [29/Mar/2015:00:59:59 +0000] "GET / HTTP/1.1" 200 512
192.0.2.9 - - [28/Mar/2015:19:59:59 -0500] "GET /b HTTP/1.1" 200 512
192.0.2.9 - - [29/Mar/2015:01:00:00 +0000] "GET /a HTTP/1.1" 200 512
192.0.2.9 - - [29/Mar/2015:00:58:00 +0000] "GET /late HTTP/1.1" 200 512
192.0.2.9 - - [29/Mar/2015:01:01:00 +0000] "GET /c HTTP/1.1" 200 512
this is no line of a log
192.0.2.9 - - [29/Mar/2015:01:02:00 +0000] "GET /d HTTP/1.1" 500 512
192.0.2.9 - - [29/Mar/2015:21:59:59 +0000] "GET / HTTP/1.1" 200 512
192.0.2.9 - - [29/Mar/2015:22:01:30 +0000] "GET / HTTP/1.1" 200 512
"""
LINES = [
    "2015-03-28 23:58 200: 2", "2015-03-28 23:59 404: 1", "2015-03-29 00:00 200: 1", "2015-03-29 01:59 200: 2",
    "2015-03-29 03:00 200: 1", "2015-03-29 03:01 200: 1", "2015-03-29 03:02 500: 1", "2015-03-29 23:59 200: 1",
    "2015-03-30 00:01 200: 1 so far",
    "2015-03-28 is busiest from 23:00 to 00:00: 3", "2015-03-29 is busiest from 03:00 to 04:00: 3",
    "2015-03-30 is busiest from 00:00 to 01:00: 1 so far",
]
check("our own calculation", wanted(SMALL, "Europe/Berlin"), sorted(LINES))


def lines_of(*arguments):
    return sorted(run(*arguments).splitlines())


with tempfile.TemporaryDirectory() as name:
    log = Path(name, "access.log")
    log.write_text(SMALL)
    for workers in ("1", "4"):
        check(f"{workers} workers", lines_of("-w", workers, "Europe/Berlin", str(log)), sorted(LINES))
    check("two processes", sorted(run_cluster(2, "Europe/Berlin", str(log)).splitlines()), sorted(LINES))
    check("another place", lines_of("Asia/Kolkata", str(log)), wanted(SMALL, "Asia/Kolkata"))
    with open(log, encoding="utf-8") as opened:
        piped = subprocess.run([PROGRAM, "Europe/Berlin", "-"], stdin=opened, capture_output=True, text=True, check=True,
                               timeout=60)
    check("standard input", sorted(piped.stdout.splitlines()), sorted(LINES))
    check("what was left out is told", piped.stderr,
          'leat: step "hits_per_minute.dated" left records out: 1 came too late, 1 had no time; its stream late would '
          "have had them, and nothing reads it\n")

for arguments, status, said in (
    (["Europe/Berlin"], 2, "expected a time zone and a log"),
    (["Europe/Atlantis", "access.log"], 1, "Europe/Atlantis"),
):
    refused = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=60)
    check(f"refused: {refused.stderr}", (refused.returncode, said in refused.stderr), (status, True))

log = shared_data("apache", "apache_logs")
text = log.read_text(encoding="utf-8")
real = wanted(text, "America/New_York")
check("there is something to count", sum(int(line.split(": ")[1].split()[0]) for line in real if "busiest" not in line), 10000)
for workers in ("1", "3"):
    check(f"the real log, {workers} workers", lines_of("-w", workers, "America/New_York", str(log)), real)
check("the real log, two processes", lines_of("-p", "2", "-w", "2", "America/New_York", str(log)), real)
with tempfile.TemporaryDirectory() as name:
    files = split(text, Path(name), 5)
    for workers in ("1", "2", "4"):
        check(f"in five files, {workers} workers", lines_of("-w", workers, "America/New_York", *files), real)
    check("in five files, two processes", lines_of("-p", "2", "America/New_York", *files), real)
