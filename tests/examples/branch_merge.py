# SPDX-License-Identifier: BSL-1.0
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import check, run  # noqa: E402

WANTED = [-1, 1, 0, 5, 1, 9, 2, 13, 3, 17]
for workers in ("1", "3"):
    got = run("-w", workers).split("\n")[:-1]
    numbers = [int(line.removeprefix("<dance>").removesuffix("</dance>")) for line in got]
    check("as a multiset", sorted(numbers), sorted(WANTED))
    check("the halves in their order", [n for n in numbers if n in (0, 2, 3)], [0, 2, 3])
    check("the doubles in their order", [n for n in numbers if n >= 5], [5, 9, 13, 17])
