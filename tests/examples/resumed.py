# SPDX-License-Identifier: BSL-1.0
"""What the README shows: killed, started again, and the same as undisturbed; and the README's own commands."""
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import LONG, PROGRAM, check, run  # noqa: E402

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

ROOT = Path(__file__).resolve().parents[2]
shown, = (block for block in re.findall(r"^```[^\n]*\n(.*?)^```$", (ROOT / "README.md").read_text(), re.S | re.M)
          if "kill -9" in block)
compiles, *commands = shown.splitlines()
check("what is compiled", re.search(r"^g\+\+ .* examples/(\w+)\.cpp -o (\w+) .*-lsqlite3$", compiles).groups(), ("resumed", "resumed"))
check("how many commands", len(commands), 5)
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    if LONG:  # as they are printed
        for part in ("include", "examples"):
            shutil.copytree(ROOT / part, folder / part)
        script = shown
    else:  # this program, a fifth of the records, and no waiting for what can be seen
        seen = "until [ -s out ]; do sleep 0.05; done"
        (folder / "resumed").symlink_to(Path(PROGRAM).resolve())
        script = "\n".join(commands).replace("100000", "20000").replace("sleep 2", seen)
        check("what is made shorter", (script.count("20000"), script.count(seen)), (1, 1))
    # Where the first one had ended, there is nobody to be killed, and bash stops there.
    done = subprocess.run(["bash", "-ec", script], cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    check(f"the README's commands, of which was said {done.stderr!r}", done.returncode, 0)
    check("the last one's word", done.stdout.splitlines()[-1], "the same")
    check("both outputs", (folder / "out").read_bytes(), (folder / "undisturbed").read_bytes())
