# SPDX-License-Identifier: BSL-1.0
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import check, run  # noqa: E402

check("what both processes print", sorted(run().splitlines()), [f"({rest}, 20000)" for rest in range(5)])
