# SPDX-License-Identifier: BSL-1.0
from run import check, run

check("one worker", run(), "###\n#####\n####\n######\n")
graph = run("--graph=mermaid")
check("the inner steps are inside", graph.index("bars (compose)") < graph.index("draw (map)") < graph.index("end"), True)
