# SPDX-License-Identifier: BSL-1.0
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import PROGRAM, check, run  # noqa: E402

check("one worker", run(), "1\n2\n3\n")
check("four workers", run("-w", "4"), "1\n2\n3\n")
alone = subprocess.run([PROGRAM, "-i0", "-a", "one:2101;two:2101"], capture_output=True, text=True, check=False, timeout=60)
check("a program without a network as one of several processes", (alone.returncode, alone.stderr.splitlines()[0]),
      (2, "simple: -i: this program cannot be run as several processes: it has to #include <leat/run/tcp.hpp>, or "
          "<leat/run/cluster.hpp> and be given a link"))
