# SPDX-License-Identifier: BSL-1.0
"""What the README shows: killed, started again, and the same as undisturbed."""
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import PROGRAM, check, run  # noqa: E402

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "in").write_text("".join(f"line {i * i % 97}\n" for i in range(20000)))
    run(folder / "in", folder / "undisturbed")
    printed = run("--recovery-init=1", "-r", folder / "store")
    check("a store", printed, f"made a recovery store of 1 file in {folder / 'store'}\n")
    command = [PROGRAM, "-r", folder / "store", "-s", "0.05", folder / "in", folder / "out"]
    killed = subprocess.Popen(command)
    until = time.monotonic() + 20
    while time.monotonic() < until and not ((folder / "out").exists() and (folder / "out").stat().st_size > 0):
        time.sleep(0.01)
    killed.kill()
    check("killed", killed.wait(), -9)
    run(*command[1:])
    check("the same", (folder / "out").read_bytes() == (folder / "undisturbed").read_bytes(), True)
    drawn = run("--graph=mermaid", "in", "out")
    check("the picture says what is promised", [words in drawn for words in ('["in (input), exactly once"]', '["out (output), exactly once"]')],
          [True, True])
    status = run("-r", folder / "store", "--recovery-status")
    check("the status", [line.split()[0] for line in status.splitlines()], ["store", "the", "run", "run", *["step"] * 3])
