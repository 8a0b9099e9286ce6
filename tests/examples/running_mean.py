# SPDX-License-Identifier: BSL-1.0
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import check, run  # noqa: E402

KITCHEN = ["(kitchen, 21)", "(kitchen, 21.5)", "(kitchen, 23)", "(kitchen, 22)"]
CELLAR = ["(cellar, 12)", "(cellar, 12.5)"]
for workers in ("1", "4"):
    lines = run("-w", workers).splitlines()
    check("the kitchen", [line for line in lines if "kitchen" in line], KITCHEN)
    check("the cellar", [line for line in lines if "cellar" in line], CELLAR)
    check("nothing else", len(lines), 6)
