# SPDX-License-Identifier: BSL-1.0
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import check, run  # noqa: E402

for workers in ("1", "4"):
    lines = run("-w", workers).splitlines()
    check("final rows", sorted(line for line in lines if line.startswith("final")),
          ["final 123: Bee, queen@hive.example", "final 456: Hive, hive@hive.example"])
    complete = sorted(line for line in lines if line.startswith("complete"))
    check("complete rows", len(complete), 2)
    # Whether the third address comes before or after the name is up to how the sides run.
    if complete[0] not in ("complete 123: Bee, bee@hive.example", "complete 123: Bee, queen@hive.example"):
        check("the row of 123", complete[0], "one of the two addresses")
    check("the row of 456", complete[1], "complete 456: Hive, hive@hive.example")
