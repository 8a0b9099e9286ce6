# SPDX-License-Identifier: BSL-1.0
from run import check, run

check("one worker", run(), "1\n2\n3\n")
check("four workers", run("-w", "4"), "1\n2\n3\n")
