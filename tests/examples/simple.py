# SPDX-License-Identifier: BSL-1.0
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import check, run  # noqa: E402

check("one worker", run(), "1\n2\n3\n")
check("four workers", run("-w", "4"), "1\n2\n3\n")
