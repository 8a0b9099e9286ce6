# SPDX-License-Identifier: BSL-1.0
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import check, run  # noqa: E402

check("one worker", run(), "###\n#####\n####\n######\n")
graph = run("--graph=mermaid")
check("the inner steps are inside", graph.index("bars (compose)") < graph.index("draw (map)") < graph.index("end"), True)
