# SPDX-License-Identifier: BSL-1.0
"""What the tests of the examples that read a web server's log have in common."""
import re
from datetime import datetime
from typing import NamedTuple

_LINE = re.compile(r'(\S+) \S+ \S+ \[([^]]+)\] "\S+ (\S+)[^"]*" (\d+) ')
LATE_BY = 60  # seconds, in both examples


class Hit(NamedTuple):
    visitor: str
    at: int
    path: str
    status: int


def hits_of(text):
    """The hits of a log, and how many lines are none."""
    found = [_LINE.match(line) for line in text.splitlines()]
    hits = [Hit(one[1], int(datetime.strptime(one[2], "%d/%b/%Y:%H:%M:%S %z").timestamp()), one[3], int(one[4]))
            for one in found if one]
    return hits, len(found) - len(hits)


def judge(hits):
    """(those that are on time, those that are late, the bound at the end), of a log that is read as one file."""
    latest = hits[0].at
    on_time, late = [], []
    for hit in hits:
        (late if hit.at < latest - LATE_BY else on_time).append(hit)
        latest = max(latest, hit.at)
    return on_time, late, latest - LATE_BY


def split(text, folder, files):
    """The log as so many files, one behind the other."""
    lines = text.splitlines(keepends=True)
    size = -(-len(lines) // files)
    paths = []
    for i in range(files):
        paths.append(folder / f"access.log.{files - i}")
        paths[-1].write_text("".join(lines[i * size : (i + 1) * size]))
    return [str(path) for path in paths]
