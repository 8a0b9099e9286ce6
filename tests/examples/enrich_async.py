# SPDX-License-Identifier: BSL-1.0
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import check, run  # noqa: E402

check("in order, with what failed", run().splitlines(), [
    "192.0.2.1 is in NL",
    "not found: the record took longer than 1000 ms",
    "192.0.2.77 is in NL",
    "not found: no such network",
    "198.18.0.4 is in DE",
])
