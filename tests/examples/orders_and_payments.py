# SPDX-License-Identifier: BSL-1.0
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import PROGRAM, check, run  # noqa: E402

ORDERS = """at,order,what
2025-11-30T12:16:40Z,1,a kettle
2025-11-30T12:16:50Z,2,a lamp
2025-11-30T12:17:00Z,3,a chair
2025-11-30T13:23:20Z,1,a cup
2025-11-30T13:06:40Z,1,a spoon
"""
PAYMENTS = """at,order,what
2025-11-30T12:18:20Z,1,card
2025-11-30T12:31:51Z,2,cash
2025-11-30T12:16:30Z,3,card
2025-11-30T12:32:00Z,3,transfer
2025-11-30T13:38:20Z,1,cash
"""
WANTED = [
    "1 came too late",
    "order 1 (a cup) paid by cash after 900s",
    "order 1 (a kettle) paid by card after 100s",
    "order 2 (a lamp) not paid in time",
    "order 3 (a chair) paid by transfer after 900s",
]

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "payments.csv").write_text(PAYMENTS)
    files = (str(folder / "orders.csv"), str(folder / "payments.csv"))
    for more in ((), ("-w", "4"), ("-p", "2")):
        check(f"all lines, {more}", sorted(run(*more, *files).splitlines()), WANTED)

done = subprocess.run([PROGRAM, "only_one.csv"], capture_output=True, text=True, timeout=60, check=False)
check("one file is too few", done.returncode, 2)
check("and it is said", "expected ORDERS and PAYMENTS, two files" in done.stderr, True)
